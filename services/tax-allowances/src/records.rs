//! What the tax office keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the books of persons; their id is the number.
pub const BOOKS: &str = "books";
/// Kind of the allowances; their ids are `<person>/rent` and `<person>/child-budget/<child>`.
pub const ALLOWANCE: &str = "allowance";
/// Kind of the index of child budgets by child; its records are ids of allowances.
pub const BUDGET_OF: &str = "budget-of";
/// Kind of the applications for rent allowance; their id is the person, their record the allowance before.
pub const RENT_APPLICATION: &str = "rent-application";

/// The books of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonBooks {
    /// Income of a year, in euro cents.
    pub income_cents: i64,
    /// Where letters go; none: by way of the population register, or for the dead to nobody.
    pub letters_to: Option<Vec<String>>,
    /// Who gets letters since the person died: the contact's number; none: the heirs, by way of the notary.
    pub contact: Option<String>,
    /// Since when the income of others of the household is not counted any more.
    pub alone_from: Option<Date>,
}

/// An allowance, paid in advance on the 20th of the month before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Per month, in euro cents.
    pub monthly_cents: i64,
    /// The first day for which it is paid.
    pub from: Date,
    /// The first day for which it is not paid any more.
    pub stopped_on: Option<Date>,
    /// Whether a death stopped it.
    pub stopped_by_death: bool,
}

impl Allowance {
    /// An allowance that runs from a day on.
    #[must_use]
    pub fn running(monthly_cents: i64, from: Date) -> Self {
        Self { monthly_cents, from, stopped_on: None, stopped_by_death: false }
    }

    /// Whether it is paid for this day or a later one.
    #[must_use]
    pub fn runs_after(&self, day: Date) -> bool {
        self.stopped_on.is_none_or(|stopped| day < stopped)
    }
}
