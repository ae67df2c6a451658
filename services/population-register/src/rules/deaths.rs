//! Deaths in the population register.

use agency_kit::Conclusion;

use crate::records::{DeathEntry, Person};

/// Version of the rules by which a death is entered.
pub const ENTRY: &str = "death-entry/2026-11";
/// Version of the rules by which the entry of a death is corrected.
pub const CORRECTION: &str = "death-entry-correction/2026-01";

/// Whether a death is entered.
#[must_use]
pub fn enter(person: Option<&Person>, record: &str) -> Conclusion {
    match person {
        None => Conclusion::refused("unknown-person"),
        Some(it) if entered(it, record).is_some() => Conclusion::granted().because("already-entered"),
        Some(_) => Conclusion::granted(),
    }
}

/// The valid entry of a death by this record.
#[must_use]
pub fn entered<'p>(person: &'p Person, record: &str) -> Option<&'p DeathEntry> {
    person.death().filter(|death| death.record == record)
}

/// Whether the entry of a death is cancelled: the one of `record`, or without one whichever is valid.
#[must_use]
pub fn correct(person: Option<&Person>, record: Option<&str>) -> Conclusion {
    let entered = person.and_then(Person::death);
    match entered.filter(|death| record.is_none_or(|it| death.record == it)) {
        Some(_) => Conclusion::granted(),
        None => Conclusion::not_applicable("no-valid-entry"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::records::tests::person;

    fn died(cancelled: bool) -> Person {
        let entry = DeathEntry {
            record: "D-1".to_owned(),
            died_on: date(2026, 11, 20).into(),
            widowed: None,
            cancelled,
        };
        Person { deaths: vec![entry], ..person() }
    }

    #[test]
    fn a_death_is_entered_once_under_one_record() {
        assert_eq!(enter(Some(&person()), "D-1"), Conclusion::granted());
        let known = Conclusion::granted().because("already-entered");
        assert_eq!(enter(Some(&died(false)), "D-1"), known);
        assert_eq!(enter(Some(&died(false)), "D-2"), Conclusion::granted(), "a later record takes its place");
        assert_eq!(enter(Some(&died(true)), "D-1"), Conclusion::granted(), "the first entry was cancelled");
        assert_eq!(enter(None, "D-1"), Conclusion::refused("unknown-person"));
    }

    #[test]
    fn only_a_valid_entry_of_that_record_is_cancelled() {
        let nothing = Conclusion::not_applicable("no-valid-entry");
        assert_eq!(correct(Some(&died(false)), Some("D-1")), Conclusion::granted());
        assert_eq!(correct(Some(&died(false)), None), Conclusion::granted());
        assert_eq!(correct(Some(&died(false)), Some("D-2")), nothing);
        assert_eq!(correct(Some(&died(true)), Some("D-1")), nothing);
        assert_eq!(correct(Some(&person()), None), nothing);
        assert_eq!(correct(None, None), nothing);
    }
}
