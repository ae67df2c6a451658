//! The rules of the tax office. Each says what it concludes and why; none knows books, wire or clock.

mod child_budget;
mod death;
mod moving;
mod reasons;

pub use child_budget::{child_budget, child_budget_revocation};
pub use death::{allowances_resumption, allowances_stop};
pub use moving::{address_change, household_recheck, rent_allowance, rent_allowance_withdrawal};
pub use reasons::REASONS;

use jiff::civil::Date;

/// The first of the month after a day.
fn next_month(day: Date) -> Date {
    day.last_of_month().tomorrow().unwrap_or(day)
}
