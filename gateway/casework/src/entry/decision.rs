//! What agencies conclude.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::service::Remedy;
use crate::time::Instant;

/// What an agency concluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The result.
    pub result: DecisionResult,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The rules applied.
    pub rule_version: String,
    /// By whom.
    pub decided_by: DecidedBy,
    /// When the party was notified, if the agency did it.
    pub notified_at: Option<Instant>,
    /// How to object.
    pub remedy: Option<Remedy>,
    /// The agency's own reference.
    pub reference: String,
}

/// The result of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionResult {
    /// As asked.
    Granted,
    /// Partly.
    PartlyGranted,
    /// Refused.
    Refused,
    /// The law does not apply.
    NotApplicable,
}

/// A reason of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// In words, by language.
    pub texts: BTreeMap<String, String>,
    /// Article of law.
    pub legal_basis: String,
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A machine.
    Machine,
    /// A person in this function.
    Officer(String),
}
