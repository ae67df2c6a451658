//! What people are asked: beforehand, from the plan alone; and in a case, from what its services turned out not to know.

use crate::case::Case;
use crate::dictionary::{AskOf, Dictionary};
use crate::name::{ConceptName, FactKey, FactName, PartyId, Role, ServiceId, StepId};
use crate::plan::Plan;
use crate::rulebook::Rulebook;

/// A question that the plan foresees: what steps need, no service gives, and a party may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The fact.
    pub fact: FactName,
    /// Its concept: the dictionary has label, help, type, evidence and assurance.
    pub concept: ConceptName,
    /// The group that it is asked of each member of.
    pub group: Option<Role>,
    /// Who may be asked.
    pub of: AskOf,
    /// Whether a service cannot do without it.
    pub required: bool,
    /// The services that need it, or whose condition does.
    pub services: Vec<ServiceId>,
}

/// A question that is open in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The fact.
    pub key: FactKey,
    /// Its concept.
    pub concept: ConceptName,
    /// Why it is asked.
    pub why: Why,
    /// Who may answer. Empty: whoever reported.
    pub of: Vec<PartyId>,
    /// Whether a step waits for the answer. Otherwise an answer is welcome and nothing waits.
    pub required: bool,
    /// The steps that need it, or whose condition does.
    pub steps: Vec<StepId>,
}

/// Why something is asked in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It was not answered yet.
    Unanswered,
    /// The party said that they do not know; they may know now.
    SaidUnknown,
    /// Its giver says that there is none.
    GiverSaysAbsent(StepId),
    /// Its giver refused, or does not apply.
    GiverGone(StepId),
}

/// What is asked before there is a case.
#[must_use]
pub fn foreseen(plan: &Plan, dictionary: &Dictionary) -> Vec<Foreseen> {
    let _ = (plan, dictionary);
    Vec::new()
}

/// What is open to answer now.
#[must_use]
pub fn questions(rules: &Rulebook<'_>, case: &Case) -> Vec<Question> {
    let _ = (rules, case);
    Vec::new()
}
