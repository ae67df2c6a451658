//! The rules of the population register. Each says what it concludes and why; none knows books, wire or clock.

use agency_kit::{PartialDate, Remedy};
use jiff::civil::Date;

pub mod deaths;
pub mod dwellings;
pub mod marriages;
pub mod moves;
pub mod newborns;
mod reasons;

pub use reasons::REASONS;

/// How a party objects to what the register decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://population-register.example/objection" };

/// Codes of the municipalities of the Republic.
pub const MUNICIPALITIES: [&str; 3] = ["oosterdam", "westerveen", "zuiderhaven"];

/// Years that somebody has completed on a day; of a partial date of birth its last possible day counts.
#[must_use]
pub fn age(birth_date: PartialDate, on: Date) -> i16 {
    let born = birth_date.last();
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

/// Whether somebody is under eighteen.
#[must_use]
pub fn is_minor(birth_date: PartialDate, on: Date) -> bool {
    age(birth_date, on) < 18
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn eighteen_is_completed_on_the_birthday() {
        let born: PartialDate = date(2008, 3, 14).into();
        assert!(is_minor(born, date(2026, 3, 13)));
        assert!(!is_minor(born, date(2026, 3, 14)));
    }

    #[test]
    fn of_a_partial_date_of_birth_the_last_day_counts() {
        let that_year = PartialDate::of(&WireDate { year: 2008, month: 0, day: 0 }).unwrap();
        assert!(is_minor(that_year, date(2026, 12, 30)));
        assert!(!is_minor(that_year, date(2026, 12, 31)));
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }
}
