//! What entries tell of facts and calls.

use serde::{Deserialize, Serialize};

use crate::name::{AgencyId, FactKey, PartyId, StepId};
use crate::value::Value;

/// What is known of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// It has this value.
    Value(Value),
    /// There is none: its giver said so, or the party did.
    Absent,
    /// The party does not know.
    Unknown,
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A party said it.
    Party {
        /// The part they play; none for a reporter who plays none.
        party: Option<PartyId>,
    },
    /// A step gave it.
    Step {
        /// The step.
        step: StepId,
        /// The agency.
        agency: AgencyId,
    },
    /// An agency reported it.
    Agency(AgencyId),
}

/// A fact revision that a call discloses, and the field it goes into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Disclosure {
    /// The fact.
    pub key: FactKey,
    /// Its revision.
    pub revision: u32,
    /// The request field.
    pub field: String,
}

/// What a call asks of the agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Do it.
    Perform,
    /// What became of it?
    Status,
    /// Undo it by key, leaving a tombstone.
    Cancel,
    /// Undo it in law, by the reversal's own service.
    Reverse,
}

impl Source {
    /// The step that gave it, where one did.
    pub(crate) fn step(&self) -> Option<&StepId> {
        match self {
            Self::Step { step, .. } => Some(step),
            Self::Party { .. } | Self::Agency(_) => None,
        }
    }
}
