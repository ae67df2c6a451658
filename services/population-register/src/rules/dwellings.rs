//! Who has to agree that somebody moves in.

use jiff::civil::Date;

use super::is_minor;
use crate::records::Person;

/// Whether somebody has to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Nobody has to agree, or it was agreed to.
    NobodyToAsk,
    /// The main occupant, by number.
    Ask(String),
}

/// Whose consent a move into a dwelling needs that `declarant` reports.
#[must_use]
pub fn consent(
    main_occupant: Option<&str>,
    declarant: &str,
    has_proof: bool,
    consents: &[String],
) -> Consent {
    match main_occupant {
        Some(occupant)
            if occupant != declarant && !has_proof && !consents.iter().any(|it| it == declarant) =>
        {
            Consent::Ask(occupant.to_owned())
        }
        _ => Consent::NobodyToAsk,
    }
}

/// Who of those who were ever registered at a place is its main occupant on a day: of the adults who live there the
/// one who has for longest, of those the eldest.
#[must_use]
pub fn main_occupant<'a>(registered: &'a [(String, Person)], place: &str, on: Date) -> Option<&'a str> {
    let since = |person: &Person| {
        let here = person.residence(on).filter(|it| it.place == place)?;
        (person.death().is_none() && !is_minor(person.birth_date, on)).then_some(here.from)
    };
    registered
        .iter()
        .filter_map(|(number, person)| Some((since(person)?, person.birth_date.last(), number)))
        .min()
        .map(|(_, _, number)| number.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::records::tests::{person, residence};
    use crate::records::{DeathEntry, place};

    const TODAY: Date = date(2026, 11, 20);

    #[test]
    fn the_main_occupant_is_asked_unless_there_is_another_right() {
        let asked = Consent::Ask("1".to_owned());
        assert_eq!(consent(Some("1"), "2", false, &[]), asked);
        assert_eq!(consent(Some("1"), "2", false, &["3".to_owned()]), asked);
        assert_eq!(consent(None, "2", false, &[]), Consent::NobodyToAsk);
        assert_eq!(consent(Some("1"), "1", false, &[]), Consent::NobodyToAsk);
        assert_eq!(consent(Some("1"), "2", true, &[]), Consent::NobodyToAsk);
        assert_eq!(consent(Some("1"), "2", false, &["2".to_owned()]), Consent::NobodyToAsk);
    }

    #[test]
    fn the_main_occupant_is_the_adult_who_lives_there_for_longest() {
        let here = place("1000XZ", "5");
        let child = Person { birth_date: date(2015, 1, 1).into(), ..person() };
        let newer = Person { residences: vec![residence(date(2001, 1, 1), "5")], ..person() };
        let elder = Person { birth_date: date(1960, 1, 1).into(), ..person() };
        let of = |people: &[&Person]| {
            let all: Vec<_> =
                people.iter().zip(1..).map(|(it, at): (_, u8)| (at.to_string(), (*it).clone())).collect();
            main_occupant(&all, &here, TODAY).map(str::to_owned)
        };
        assert_eq!(of(&[&newer, &person(), &child]).as_deref(), Some("2"));
        assert_eq!(of(&[&person(), &elder]).as_deref(), Some("2"), "since the same day: the eldest");
        assert_eq!(of(&[&child]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn who_left_or_died_is_no_main_occupant_and_who_comes_is_one_from_their_day_on() {
        let here = place("1000XZ", "5");
        let left = Person {
            residences: vec![residence(date(1990, 1, 1), "5"), residence(date(2020, 1, 1), "7")],
            ..person()
        };
        let died = Person {
            deaths: vec![DeathEntry {
                record: "D-1".to_owned(),
                died_on: TODAY.into(),
                widowed: None,
                cancelled: false,
            }],
            ..person()
        };
        let comes = Person { residences: vec![residence(date(2026, 12, 1), "5")], ..person() };
        for absent in [left, died, comes.clone()] {
            assert_eq!(main_occupant(&[("1".to_owned(), absent)], &here, TODAY), None);
        }
        let coming = [("1".to_owned(), comes)];
        assert_eq!(main_occupant(&coming, &here, date(2026, 12, 1)), Some("1"));
    }
}
