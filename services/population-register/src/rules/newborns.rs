//! National numbers, and whom they are given to.

use agency_kit::Conclusion;

use super::MUNICIPALITIES;
use crate::records::Person;

/// Version of the rules.
pub const VERSION: &str = "person-number/2026-11";

/// Version of the rules of its correction.
pub const CORRECTION: &str = "person-number-correction/2026-01";

/// The ordinal of the last number that can be given.
pub const LAST: u64 = 9_899_999;

/// Whether a newborn is registered as a resident with the mother.
#[must_use]
pub fn register(region_code: &str, municipality: &str) -> Conclusion {
    if region_code != "XZ" || !MUNICIPALITIES.contains(&municipality) {
        return Conclusion::refused("not-resident");
    }
    Conclusion::granted().because("registered-with-mother")
}

/// What a newborn is answered that has its number: what the register holds of it stands, wherever the mother lives now.
#[must_use]
pub fn known() -> Conclusion {
    Conclusion::granted().because("already-numbered")
}

/// Whether what was entered of somebody is entered anew under the same number.
#[must_use]
pub fn correct(person: Option<&Person>) -> Conclusion {
    match person.filter(|it| it.death().is_none()) {
        Some(_) => Conclusion::granted().because("number-kept"),
        None => Conclusion::not_applicable("no-valid-entry"),
    }
}

/// A child as it is entered anew: what is said now, and what it was registered as since then.
#[must_use]
pub fn entered_anew(before: Person, now: Person) -> Person {
    let moved = before.residences.len() > 1;
    Person {
        given_names: now.given_names,
        family_name: now.family_name,
        birth_date: now.birth_date,
        gender: now.gender,
        parents: now.parents,
        protected: if moved { before.protected } else { now.protected },
        residences: if moved { before.residences } else { now.residences },
        ..before
    }
}

/// The `ordinal`th number to give to a newborn, from 1; none where they are used up, or this one has no check digit:
/// take the next. It begins with 90 to 99 and never with 999: those are the invented ones of the beginning.
#[must_use]
pub fn number(ordinal: u64) -> Option<String> {
    let first_eight = 90_000_000 + Some(ordinal).filter(|it| *it <= LAST)?;
    let digits: Vec<u64> = (0..8).rev().map(|power| first_eight / 10_u64.pow(power) % 10).collect();
    let weighed: u64 = digits.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = weighed % 11;
    (check < 10).then(|| format!("{first_eight}{check}"))
}

/// Parts the name of a record of birth into given names and family name: the family name is a parent's where it ends
/// in one, else its last word.
#[must_use]
pub fn part_name(registered: &str, of_parents: &[&str]) -> (Option<String>, Option<String>) {
    let registered = registered.trim();
    let ends_in = |family: &&&str| {
        registered.strip_suffix(**family).is_some_and(|given| given.ends_with(' ') && !family.is_empty())
    };
    let family = match of_parents.iter().find(ends_in) {
        Some(family) => family,
        None => registered.rsplit(' ').next().unwrap_or(registered),
    };
    let given = registered.strip_suffix(family).unwrap_or_default().trim();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(given), some(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newborn_is_a_resident_where_the_mother_is_one() {
        let granted = Conclusion::granted().because("registered-with-mother");
        assert_eq!(register("XZ", "westerveen"), granted);
        for (region, municipality) in
            [("BE", "westerveen"), ("XZ", ""), ("XZ", "Brussels"), ("", "westerveen")]
        {
            assert_eq!(register(region, municipality), Conclusion::refused("not-resident"));
        }
    }

    #[test]
    fn only_the_entry_of_somebody_who_lives_is_made_anew() {
        use crate::records::DeathEntry;
        use crate::records::tests::person;
        assert_eq!(correct(Some(&person())), Conclusion::granted().because("number-kept"));
        let died_on = person().birth_date;
        let entry = DeathEntry { record: "D-1".to_owned(), died_on, widowed: None, cancelled: false };
        for nobody in [None, Some(&Person { deaths: vec![entry], ..person() })] {
            assert_eq!(correct(nobody), Conclusion::not_applicable("no-valid-entry"));
        }
    }

    #[test]
    fn who_has_moved_since_stays_where_they_are() {
        use crate::records::tests::{person, residence};
        let on = |year| jiff::civil::date(year, 1, 1);
        let said = Person {
            given_names: Some("Evi".to_owned()),
            residences: vec![residence(on(1990), "9")],
            ..person()
        };
        assert!(entered_anew(person(), said.clone()) == said);
        let mut moved = person();
        moved.residences.push(residence(on(2020), "7"));
        let anew = entered_anew(moved.clone(), said);
        assert_eq!(anew.given_names.as_deref(), Some("Evi"));
        assert!(anew.residences == moved.residences);
    }

    #[test]
    fn every_number_passes_the_check_and_none_is_given_twice() {
        let numbers: Vec<String> = (1..2_000).filter_map(number).collect();
        assert!(numbers.len() > 1_700, "one in eleven has no check digit");
        for given in &numbers {
            let digits: Vec<i64> = given.bytes().map(|it| i64::from(it - b'0')).collect();
            let weighed: i64 = (0..8).map(|at| digits[at] * (9 - at as i64)).sum();
            assert_eq!((digits.len(), (weighed - digits[8]) % 11), (9, 0), "{given}");
        }
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn numbers_end_before_those_of_invented_citizens() {
        assert_eq!((number(LAST + 1), number(u64::MAX)), (None, None));
        assert!(number(LAST).is_none_or(|it| !it.starts_with("999")));
    }

    #[test]
    fn a_name_ends_in_the_family_name_of_a_parent() {
        let parted = |given: &str, family: &str| (Some(given.to_owned()), Some(family.to_owned()));
        assert_eq!(part_name("Fien Marie van Dijk", &["Vos", "van Dijk"]), parted("Fien Marie", "van Dijk"));
        assert_eq!(part_name("Fien Marie Vos", &["van Dijk"]), parted("Fien Marie", "Vos"));
        assert_eq!(part_name("Vos", &[]), (None, Some("Vos".to_owned())));
        assert_eq!(part_name(" ", &[""]), (None, None));
    }
}
