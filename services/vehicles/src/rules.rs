//! The rules of the vehicle authority. Each says what it concludes and why; none knows books, wire or clock.

use agency_kit::{Conclusion, ReasonTexts, Remedy};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::records::{Licence, Vehicle};

/// Most vehicles that are told of one holder.
pub const VEHICLES_OF_HOLDER_MAX: usize = 5;
/// Most vehicles that are told in one answer.
pub const VEHICLES_MAX: usize = 50;

/// How a party objects to what the ministry decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://vehicles.example/objection" };

/// The reasons that the authority gives.
pub const REASONS: ReasonTexts = &[
    (
        "not-the-holder",
        "The vehicle is held by somebody else by now.",
        "Het voertuig staat inmiddels op naam van iemand anders.",
        "eli/xz/act/1994/475/art-50-2",
    ),
    (
        "suspended",
        "The registration is suspended and stays so at the new address.",
        "De tenaamstelling is geschorst en blijft dat op het nieuwe adres.",
        "eli/xz/act/1994/475/art-67",
    ),
    (
        "transferred",
        "The vehicle has a new holder already.",
        "Het voertuig heeft al een nieuwe houder.",
        "eli/xz/act/1994/475/art-51",
    ),
    (
        "insurance-duty",
        "The vehicle has to stay insured until it is transferred.",
        "Het voertuig moet verzekerd blijven tot het is overgeschreven.",
        "eli/xz/act/1963/228/art-2",
    ),
    (
        "not-marked",
        "The vehicle is part of no estate.",
        "Het voertuig hoort bij geen nalatenschap.",
        "eli/xz/act/1994/475/art-52",
    ),
    (
        "no-licence",
        "There was no valid driving licence.",
        "Er was geen geldig rijbewijs.",
        "eli/xz/act/1994/475/art-123",
    ),
    (
        "address-protected",
        "The address is secret: the reminder goes by way of the population register.",
        "Het adres is geheim: de herinnering gaat via het bevolkingsregister.",
        "eli/xz/act/1994/475/art-113",
    ),
    (
        "not-withdrawn",
        "The licence was not withdrawn because of a death.",
        "Het rijbewijs is niet vanwege een overlijden vervallen.",
        "eli/xz/act/1994/475/art-124",
    ),
];

/// Whether a vehicle goes to the new address of `holder`, and from which day.
#[must_use]
pub fn holder_address(
    vehicle: Option<&Vehicle>,
    holder: &str,
    move_due: Date,
    received_on: Date,
) -> (Conclusion, Option<Date>) {
    match vehicle.filter(|it| it.holder == holder) {
        None => (Conclusion::refused("not-the-holder"), None),
        Some(it) if it.suspended => (Conclusion::partly("suspended"), Some(move_due.max(received_on))),
        Some(_) => (Conclusion::granted(), Some(move_due.max(received_on))),
    }
}

/// Whether a vehicle becomes part of an estate, and by which day it has to be transferred.
#[must_use]
pub fn estate_transfer(vehicle: Option<&Vehicle>, received_on: Date) -> (Conclusion, Option<Date>) {
    if vehicle.is_none() {
        return (Conclusion::not_applicable("transferred"), None);
    }
    let transfer_by = received_on.checked_add(5.weeks()).ok();
    (Conclusion::granted().because("insurance-duty"), transfer_by)
}

/// Whether the mark of the estate is taken off.
#[must_use]
pub fn estate_transfer_revocation(vehicle: Option<&Vehicle>) -> Conclusion {
    match vehicle.and_then(|it| it.transfer_by) {
        Some(_) => Conclusion::granted(),
        None => Conclusion::not_applicable("not-marked"),
    }
}

/// Whether the reminder to renew a licence goes to the new address of its holder.
#[must_use]
pub fn licence_address(licence: Option<&Licence>, protected: bool) -> Conclusion {
    match licence {
        Some(Licence { withdrawn_on: None, .. }) if protected => {
            Conclusion::granted().because("address-protected")
        }
        Some(Licence { withdrawn_on: None, .. }) => Conclusion::granted(),
        Some(Licence { withdrawn_on: Some(_), .. }) | None => Conclusion::not_applicable("no-licence"),
    }
}

/// Whether a licence ends by death, and on which day.
#[must_use]
pub fn licence_withdrawal(licence: Option<&Licence>, died_on: Date) -> (Conclusion, Option<Date>) {
    match licence {
        Some(Licence { withdrawn_on: None, .. }) => (Conclusion::granted(), Some(died_on)),
        Some(Licence { withdrawn_on: Some(_), .. }) | None => {
            (Conclusion::not_applicable("no-licence"), None)
        }
    }
}

/// Whether a licence is given back.
#[must_use]
pub fn licence_restoration(licence: Option<&Licence>) -> Conclusion {
    match licence {
        Some(Licence { withdrawn_on: Some(_), .. }) => Conclusion::granted(),
        Some(Licence { withdrawn_on: None, .. }) | None => Conclusion::not_applicable("not-withdrawn"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn vehicle() -> Vehicle {
        Vehicle {
            holder: "999000003".into(),
            address: None,
            address_from: None,
            suspended: false,
            transfer_by: None,
        }
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }

    #[test]
    fn a_vehicle_follows_its_holder_from_the_later_of_move_and_receipt() {
        let (moved, received) = (date(2026, 12, 1), date(2026, 12, 4));
        assert_eq!(
            holder_address(Some(&vehicle()), "999000003", moved, received),
            (Conclusion::granted(), Some(received))
        );
        assert_eq!(holder_address(Some(&vehicle()), "999000003", received, moved).1, Some(received));
    }

    fn licence(withdrawn_on: Option<Date>) -> Licence {
        Licence { withdrawn_on, reminder_to: None }
    }

    #[test]
    fn the_reminder_follows_who_holds_a_valid_licence() {
        assert_eq!(licence_address(Some(&licence(None)), false), Conclusion::granted());
        let secret = Conclusion::granted().because("address-protected");
        assert_eq!(licence_address(Some(&licence(None)), true), secret);
        for none in [None, Some(&licence(Some(date(2026, 1, 1))))] {
            assert_eq!(licence_address(none, false), Conclusion::not_applicable("no-licence"));
        }
    }

    #[test]
    fn a_suspended_vehicle_moves_and_stays_suspended() {
        let suspended = Vehicle { suspended: true, ..vehicle() };
        let (conclusion, from) =
            holder_address(Some(&suspended), "999000003", date(2026, 12, 1), date(2026, 11, 1));
        assert_eq!((conclusion, from), (Conclusion::partly("suspended"), Some(date(2026, 12, 1))));
    }

    #[test]
    fn somebody_elses_vehicle_does_not_move() {
        let day = date(2026, 12, 1);
        for unknown in [None, Some(&vehicle())] {
            assert_eq!(
                holder_address(unknown, "999000004", day, day),
                (Conclusion::refused("not-the-holder"), None)
            );
        }
    }

    #[test]
    fn heirs_have_five_weeks_from_receipt() {
        let (conclusion, by) = estate_transfer(Some(&vehicle()), date(2026, 11, 23));
        assert_eq!(
            (conclusion, by),
            (Conclusion::granted().because("insurance-duty"), Some(date(2026, 12, 28)))
        );
        assert_eq!(estate_transfer(None, date(2026, 11, 23)).0, Conclusion::not_applicable("transferred"));
    }

    #[test]
    fn a_mark_or_a_licence_is_given_back_only_where_it_was_taken() {
        let marked = Vehicle { transfer_by: Some(date(2026, 12, 28)), ..vehicle() };
        assert_eq!(estate_transfer_revocation(Some(&marked)), Conclusion::granted());
        assert_eq!(estate_transfer_revocation(Some(&vehicle())), Conclusion::not_applicable("not-marked"));
        let (valid, ended) = (licence(None), licence(Some(date(2026, 1, 1))));
        assert_eq!(
            licence_withdrawal(Some(&valid), date(2026, 11, 20)),
            (Conclusion::granted(), Some(date(2026, 11, 20)))
        );
        assert_eq!(
            licence_withdrawal(Some(&ended), date(2026, 11, 20)).0,
            Conclusion::not_applicable("no-licence")
        );
        assert_eq!(licence_withdrawal(None, date(2026, 11, 20)).0, Conclusion::not_applicable("no-licence"));
        assert_eq!(licence_restoration(Some(&ended)), Conclusion::granted());
        assert_eq!(licence_restoration(Some(&valid)), Conclusion::not_applicable("not-withdrawn"));
    }
}
