//! The rules of the tax office. Each says what it concludes and why; none knows books, wire or clock.

mod child_budget;
mod death;
mod moving;
mod reasons;

pub use child_budget::{child_budget, child_budget_revocation, child_budget_running};
pub use death::{allowances_resumption, allowances_stop};
pub use moving::{address_change, household_recheck, rent_allowance, rent_allowance_withdrawal};
pub use reasons::REASONS;

use agency_kit::Remedy;
use jiff::civil::Date;

/// How a party objects to what the tax office decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://tax.example/objection" };

/// The first of the month after a day.
fn next_month(day: Date) -> Date {
    day.last_of_month().tomorrow().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }
}
