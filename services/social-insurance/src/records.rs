//! What social insurance keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the files of persons; their id is the number.
pub const FILE: &str = "file";
/// Kind of the records of child benefit; their id is the child's number.
pub const CHILD_BENEFIT: &str = "child-benefit";
/// Kind of the index of child benefit by parent; its ids are `<parent>/<child>`.
pub const BENEFIT_OF: &str = "benefit-of";
/// Kind of the records of survivors' benefit; their id is the partner's number.
pub const SURVIVOR_BENEFIT: &str = "survivor-benefit";

/// The file of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Date of birth.
    pub born: Date,
    /// Whether the person is insured: a resident.
    pub insured: bool,
    /// Where payments go.
    pub account: Option<String>,
    /// Where letters go; none: by way of the population register.
    pub letters_to: Option<Vec<String>>,
    /// Who gets letters since the person died: the contact's number; none: the heirs, by way of the notary.
    pub contact: Option<String>,
    /// The state pension.
    pub pension: Option<Pension>,
    /// Income from work per month, in euro cents.
    pub monthly_income_cents: i64,
    /// Whether the person is incapable of work.
    pub incapable: bool,
    /// The dates of birth of the children in the household.
    pub children: Vec<Date>,
}

/// A state pension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pension {
    /// Per month, in euro cents.
    pub monthly_cents: i64,
    /// The first day for which none is paid.
    pub stopped_on: Option<Date>,
}

/// Child benefit for one child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildBenefit {
    /// The number of the parent who is entitled.
    pub parent: String,
    /// Per month, in euro cents.
    pub monthly_cents: i64,
    /// The first day for which it is paid.
    pub from: Date,
    /// The account.
    pub account: String,
}

/// Survivor's benefit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurvivorBenefit {
    /// Per month, in euro cents.
    pub monthly_cents: i64,
    /// The first day for which it is paid.
    pub from: Date,
}
