//! Who arrives, who leaves, and what the municipality does for them.

use agency_kit::Conclusion;
use agency_kit::calendar::first_of_next_month;
use jiff::civil::Date;

use super::Place;
use crate::records::{End, Leaving, Resident};

/// Version of the rules by which somebody becomes a resident.
pub const ARRIVAL: &str = "arrival/2026-01";
/// Version of the rules by which somebody who moves is no resident any more.
pub const DEPARTURE: &str = "departure/2026-01";
/// Version of the rules by which somebody who died is no resident any more.
pub const DEATH: &str = "resident-services-end/2026-01";

/// Somebody who arrives.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The day from which they are registered at the new address.
    pub resident_from: Date,
    /// Whether they are under eighteen.
    pub minor: bool,
    /// Whether the address is secret.
    pub protected: bool,
    /// Lines of the new address.
    pub lines: &'a [String],
    /// Postal code of the new address.
    pub postal_code: &'a str,
}

/// What a municipality does for somebody who arrives; `known` is what it did before.
#[must_use]
pub fn arrive(place: Place, arrival: &Arrival<'_>, known: Option<&Resident>) -> (Conclusion, Resident) {
    let within = known.filter(|it| it.ended.is_none());
    let waits_for_parking = place == Place::Oosterdam && arrival.postal_code.trim().starts_with("10");
    let mut conclusion = Conclusion::granted();
    if within.is_some() {
        conclusion = conclusion.because("moved-within");
    }
    if arrival.protected {
        conclusion = conclusion.because("address-protected");
    }
    if waits_for_parking {
        conclusion = conclusion.because("parking-waiting-list");
    }
    let resident = Resident {
        from: arrival.resident_from,
        electoral_roll: !arrival.minor,
        taxed_from: within.map_or_else(|| first_of_next_month(arrival.resident_from), |it| it.taxed_from),
        listed_address: (!arrival.protected).then(|| arrival.lines.to_vec()),
        waits_for_parking,
        ended: None,
    };
    (conclusion, resident)
}

/// What ends for somebody who leaves on `on`.
#[must_use]
pub fn leave(place: Place, known: Option<&Resident>, on: Date) -> (Conclusion, Option<Resident>) {
    let (conclusion, resident) = end(known, on, Leaving::Moved);
    match place {
        Place::Zuiderhaven if conclusion.gives() => (conclusion.because("harbour-pass-returned"), resident),
        _ => (conclusion, resident),
    }
}

/// What ends for somebody who died: they hear nothing of it, the contact does.
#[must_use]
pub fn close(
    known: Option<&Resident>,
    record: &str,
    contact: Option<String>,
    received_on: Date,
) -> (Conclusion, Option<Resident>) {
    end(known, received_on, Leaving::Died { record: record.to_owned(), letters_to: contact })
}

fn end(known: Option<&Resident>, on: Date, why: Leaving) -> (Conclusion, Option<Resident>) {
    let Some(resident) = known.filter(|it| it.ended.is_none()) else {
        return (Conclusion::not_applicable("not-a-resident"), None);
    };
    let ended = Resident {
        electoral_roll: false,
        waits_for_parking: false,
        ended: Some(End { on, taxed_until: first_of_next_month(on), why }),
        ..resident.clone()
    };
    (Conclusion::granted(), Some(ended))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const FROM: Date = date(2026, 12, 5);

    fn arrival(lines: &[String]) -> Arrival<'_> {
        Arrival { resident_from: FROM, minor: false, protected: false, lines, postal_code: "3012 AB" }
    }

    fn resident() -> Resident {
        Resident {
            from: date(2020, 1, 1),
            electoral_roll: true,
            taxed_from: date(2020, 2, 1),
            listed_address: None,
            waits_for_parking: true,
            ended: None,
        }
    }

    #[test]
    fn an_adult_who_arrives_votes_and_pays_from_the_first_of_the_next_month() {
        let lines = ["Nieuwe Kade 7".to_owned()];
        let (conclusion, new) = arrive(Place::Westerveen, &arrival(&lines), None);
        assert_eq!(conclusion, Conclusion::granted());
        assert_eq!((new.from, new.taxed_from, new.electoral_roll), (FROM, date(2027, 1, 1), true));
        assert_eq!(new.listed_address.as_deref(), Some(&lines[..]));
        let child = Arrival { minor: true, ..arrival(&lines) };
        assert!(!arrive(Place::Westerveen, &child, None).1.electoral_roll);
    }

    #[test]
    fn who_moves_within_the_municipality_goes_on_paying() {
        let (conclusion, moved) = arrive(Place::Westerveen, &arrival(&[]), Some(&resident()));
        assert_eq!(conclusion, Conclusion::granted().because("moved-within"));
        assert_eq!(moved.taxed_from, date(2020, 2, 1));
        let back = leave(Place::Westerveen, Some(&resident()), FROM).1.unwrap();
        assert_eq!(arrive(Place::Westerveen, &arrival(&[]), Some(&back)).0, Conclusion::granted());
    }

    #[test]
    fn a_protected_person_is_in_no_list_with_an_address() {
        let lines = ["Nieuwe Kade 7".to_owned()];
        let protected = Arrival { protected: true, ..arrival(&lines) };
        let (conclusion, new) = arrive(Place::Zuiderhaven, &protected, None);
        assert_eq!(conclusion, Conclusion::granted().because("address-protected"));
        assert!(new.listed_address.is_none());
    }

    #[test]
    fn in_the_middle_of_oosterdam_one_waits_for_a_parking_permit() {
        let middle = Arrival { postal_code: "1012 AB", ..arrival(&[]) };
        let (conclusion, new) = arrive(Place::Oosterdam, &middle, None);
        assert_eq!(conclusion, Conclusion::granted().because("parking-waiting-list"));
        assert!(new.waits_for_parking);
        assert_eq!(arrive(Place::Westerveen, &middle, None).0, Conclusion::granted());
    }

    #[test]
    fn who_leaves_keeps_nothing() {
        let (conclusion, left) = leave(Place::Oosterdam, Some(&resident()), FROM);
        let left = left.unwrap();
        assert_eq!(conclusion, Conclusion::granted());
        assert!(!left.electoral_roll && !left.waits_for_parking);
        let ended = left.ended.unwrap();
        assert_eq!((ended.on, ended.taxed_until), (FROM, date(2027, 1, 1)));
        assert!(ended.why == Leaving::Moved);
    }

    #[test]
    fn in_zuiderhaven_the_harbour_pass_ends_as_well() {
        assert_eq!(
            leave(Place::Zuiderhaven, Some(&resident()), FROM).0,
            Conclusion::granted().because("harbour-pass-returned")
        );
    }

    #[test]
    fn letters_about_somebody_who_died_go_to_the_contact_or_the_heirs() {
        let closed = |contact: Option<&str>| {
            let (conclusion, closed) = close(Some(&resident()), "D-1", contact.map(str::to_owned), FROM);
            assert_eq!(conclusion, Conclusion::granted());
            closed.unwrap().ended.unwrap().why
        };
        let died = |letters_to| Leaving::Died { record: "D-1".to_owned(), letters_to };
        assert!(closed(Some("999000009")) == died(Some("999000009".to_owned())));
        assert!(closed(None) == died(None));
    }

    #[test]
    fn nothing_ends_for_somebody_who_is_no_resident() {
        let gone = leave(Place::Zuiderhaven, Some(&resident()), FROM).1;
        for known in [None, gone.as_ref()] {
            let nothing = Conclusion::not_applicable("not-a-resident");
            assert_eq!(leave(Place::Zuiderhaven, known, FROM).0, nothing);
            assert_eq!(close(known, "D-1", None, FROM).0, nothing);
        }
    }
}
