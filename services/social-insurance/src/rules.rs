//! The rules of social insurance. Each says what it concludes and why; none knows books, wire or clock.

mod child_benefit;
mod pension;
mod reasons;
mod survivor_benefit;

use agency_kit::{Conclusion, Remedy};

pub use child_benefit::{Parent, child_benefit, child_benefit_running, child_benefit_withdrawal};
pub use pension::{pension_resumption, pension_stop};
pub use reasons::REASONS;
pub use survivor_benefit::{survivor_benefit, survivor_benefit_withdrawal};

use crate::records::File;

/// How a party objects to what the ministry decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://social-insurance.example/objection" };

/// Whether a new address is taken over.
#[must_use]
pub fn address_change(file: Option<&File>) -> Conclusion {
    if file.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("no-file") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    pub(super) fn file(born: Date) -> File {
        File {
            born,
            insured: true,
            account: None,
            letters_to: None,
            contact: None,
            pension: None,
            monthly_income_cents: 0,
            incapable: false,
            children: Vec::new(),
        }
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }

    #[test]
    fn an_address_is_taken_over_where_there_is_a_file() {
        assert_eq!(address_change(Some(&file(date(1990, 1, 1)))), Conclusion::granted());
        assert_eq!(address_change(None), Conclusion::not_applicable("no-file"));
    }
}
