//! The rules of the civil registry. Each says what it concludes and why; none knows books, wire or clock.

pub mod again;
pub mod birth;
pub mod death;
pub mod marriage;
pub mod parentage;
mod reasons;

pub use reasons::REASONS;

use agency_kit::Remedy;
use jiff::ToSpan;
use jiff::civil::Date;

/// How a record that is wrong, or that was refused, is put right.
pub const CORRECTION: Remedy =
    Remedy { kind: "correction", term: "P6W", lodged_at: "https://civil-registry.example/correction" };
/// How a party contests what a registrar found about a marriage.
pub const APPEAL: Remedy =
    Remedy { kind: "appeal", term: "P6W", lodged_at: "https://civil-registry.example/appeal" };
/// How a child that was not acknowledged still is.
pub const ACKNOWLEDGEMENT: Remedy =
    Remedy { kind: "correction", term: "P6W", lodged_at: "https://civil-registry.example/acknowledgement" };
/// How a record is had of what happened too long ago for the registrar: by order of the court.
const COURT_ORDER: Remedy =
    Remedy { kind: "court-order", term: "P1Y", lodged_at: "https://court.example/late-registration" };

/// Years after which the registrar makes no record without an order of the court.
const COURT_AFTER_YEARS: i32 = 2;

/// Whether what happened on a day is too long ago for the registrar.
fn needs_the_court(happened_on: Date, received_on: Date) -> bool {
    happened_on.checked_add(COURT_AFTER_YEARS.years()).is_ok_and(|last| received_on > last)
}

/// Years that somebody born on a day has completed; negative before.
fn years_completed(born: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

/// Whether a reference is of the form `<prefix>-<year>-<six digits>`.
fn is_reference(prefix: &str, reference: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|it| it.is_ascii_digit());
    let parts: Vec<&str> = reference.split('-').collect();
    matches!(parts[..], [kind, year, number] if kind == prefix && digits(year, 4) && digits(number, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_prefix_a_year_and_six_digits() {
        assert!(is_reference("BN", "BN-2026-000123"));
        for wrong in
            ["", "BN", "BN-2026-123", "DC-2026-000123", "BN-26-000123", "BN-2026-00012x", "BN-2026-000123-1"]
        {
            assert!(!is_reference("BN", wrong), "{wrong}");
        }
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }

    #[test]
    fn who_was_born_on_a_leap_day_has_a_birthday_on_the_first_of_march() {
        let leap = jiff::civil::date(2008, 2, 29);
        assert_eq!(years_completed(leap, jiff::civil::date(2026, 2, 28)), 17);
        assert_eq!(years_completed(leap, jiff::civil::date(2026, 3, 1)), 18);
        assert_eq!(years_completed(leap, jiff::civil::date(2008, 2, 28)), -1);
    }
}
