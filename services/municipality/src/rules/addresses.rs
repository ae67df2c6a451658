//! What an inspector finds at an address that is not in the register of addresses.

use agency_kit::Conclusion;

use super::Place;
use crate::records::Investigation;

/// Version of the rules.
pub const VERSION: &str = "address-investigation/2026-01";
/// The function of the person who decides.
pub const OFFICER: &str = "address-inspector";

/// Whether people can live there.
#[must_use]
pub fn investigate(place: Place, address: &Investigation) -> Conclusion {
    let house_number = address.house_number.to_uppercase();
    let built_for_things = ["GARAGE", "STORAGE"].iter().any(|it| house_number.contains(it));
    if built_for_things || address.administrative_area != place.code() {
        return Conclusion::refused("no-dwelling");
    }
    if place == Place::Westerveen && address.postal_code.trim().to_uppercase().ends_with("ZZ") {
        return Conclusion::refused("holiday-home");
    }
    Conclusion::granted().because("habitable")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(place: Place, postal_code: &str, house_number: &str) -> Investigation {
        Investigation {
            lines: vec![format!("Steiger {house_number}")],
            administrative_area: place.code().to_owned(),
            postal_code: postal_code.to_owned(),
            house_number: house_number.to_owned(),
        }
    }

    #[test]
    fn people_can_live_on_a_houseboat() {
        for place in Place::ALL {
            assert_eq!(
                investigate(place, &address(place, "1099 XX", "7-B")),
                Conclusion::granted().because("habitable")
            );
        }
    }

    #[test]
    fn nobody_lives_in_a_garage_or_a_storage() {
        for number in ["GARAGE 3", "12-storage"] {
            assert_eq!(
                investigate(Place::Oosterdam, &address(Place::Oosterdam, "1099 XX", number)),
                Conclusion::refused("no-dwelling")
            );
        }
    }

    #[test]
    fn an_address_of_another_municipality_is_no_dwelling_here() {
        assert_eq!(
            investigate(Place::Oosterdam, &address(Place::Westerveen, "1099 XX", "7")),
            Conclusion::refused("no-dwelling")
        );
    }

    #[test]
    fn westerveen_has_holiday_homes() {
        assert_eq!(
            investigate(Place::Westerveen, &address(Place::Westerveen, "3099 zz", "7")),
            Conclusion::refused("holiday-home")
        );
        assert!(investigate(Place::Oosterdam, &address(Place::Oosterdam, "1099 ZZ", "7")).gives());
    }
}
