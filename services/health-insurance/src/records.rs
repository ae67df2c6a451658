//! What the health insurer keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the records of policies; their id is the insured person's number.
pub const POLICY: &str = "policy";
/// Kind of the records of letters sent; their id is their number.
pub const LETTER: &str = "letter";

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// `HP-<eight digits>`.
    pub number: String,
    /// First day of cover.
    pub from: Date,
    /// First day without cover.
    pub ended_on: Option<Date>,
    /// Whether a premium is paid for it: children pay none.
    pub premium: bool,
    /// Where letters go; none: by way of the population register.
    pub letters_to: Option<Vec<String>>,
    /// Who gets letters since the person died: the contact's number; none: the heirs, by way of the notary.
    pub contact: Option<String>,
    /// Municipality in whose region care is paid for; none: where the insured lived when the books began.
    pub region: Option<String>,
}

impl Policy {
    /// Whether it covers this day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.ended_on.is_none_or(|ended| day < ended)
    }
}

/// A letter that the printing house was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The policy.
    pub policy: String,
    /// To whom.
    pub names: String,
    /// Where.
    pub to: Vec<String>,
}
