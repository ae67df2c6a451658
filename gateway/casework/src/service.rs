//! A public service as an agency declares it: what it needs, gives, may and must. Lowered at the edge from
//! annotations in a proto, or from rules beside an OpenAPI document; casework does not know which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::dictionary::Texts;
use crate::name::{AgencyId, ConceptName, FactName, LifeEventId, Role, ServiceId};

/// Longest that a direct answer may take. Longer work is an operation, or is pulled.
pub const TIMEOUT_MS_MAX: u32 = 4_000;

/// A public service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its names for people.
    pub titles: Texts,
    /// The life events it serves; empty for a reversal.
    pub life_events: Vec<LifeEventUse>,
    /// What kind of act it is.
    pub act: Act,
    /// How far it goes without being asked.
    pub mode: Mode,
    /// What a repeated or lost call would do.
    pub effect: Effect,
    /// Runs only where this holds; its facts are words.
    pub when: Option<Condition>,
    /// What the law wants before it.
    pub after: Vec<After>,
    /// Its legal term.
    pub term: Option<Term>,
    /// The law it rests on.
    pub legal_basis: String,
    /// Purpose of the processing.
    pub purpose: String,
    /// Whether others may be stopped by its refusal, and the case waits for it.
    pub essential: bool,
    /// The word that chooses between several agencies that offer it.
    pub competence: Option<FactName>,
    /// Whether it can be undone by key alone, leaving a tombstone.
    pub cancel: bool,
    /// Whether it tells by key what became of a call.
    pub status: bool,
    /// The fields of its own request by whose facts it finds the effect; empty: it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finds_by: Vec<String>,
    /// Its legal reversal.
    pub reversal: Option<Reversal>,
    /// Longest that a direct answer takes, in milliseconds.
    pub timeout_ms: u32,
    /// How long a step waits for optional needs before it goes without, ISO 8601.
    pub wait_for: Option<String>,
    /// How to object.
    pub remedy: Option<Remedy>,
    /// How long it usually takes, ISO 8601.
    pub usual_time: Option<String>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// What it gives.
    pub gifts: Vec<Gift>,
    /// Fingerprint of everything above as it is on the wire: all offers of one service share it.
    pub contract: String,
}

impl Service {
    /// Whether it finds the effect by business facts.
    #[must_use]
    pub fn finds(&self) -> bool {
        !self.finds_by.is_empty()
    }
}

/// A life event that a service serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeEventUse {
    /// The life event.
    pub id: LifeEventId,
    /// The service's word -> the role.
    pub bind: BTreeMap<String, Role>,
    /// Condition for this life event alone; its facts are words.
    pub when: Option<Condition>,
}

/// What kind of act a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The party must report it; it stays reported.
    Duty,
    /// The party applies; it can be withdrawn.
    Application,
    /// The agency acts by itself.
    ExOfficio,
    /// No legal effect.
    Information,
}

/// How far a service goes without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Tells that it exists; nothing is called.
    Inform,
    /// Waits until the party accepts.
    Offer,
    /// Called as soon as it is due.
    Automatic,
}

/// What a call does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing, owes nothing.
    Read,
    /// Same key, same answer.
    Idempotent,
    /// Repeats are recognised while its status answers.
    Guarded,
    /// Tried once; silence is in doubt.
    Unguarded,
}

/// What must come before a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// This service, where the plan has it.
    Service(ServiceId),
    /// All services of this agency.
    Agency(AgencyId),
}

/// A legal term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Whose it is.
    pub bearer: Bearer,
    /// ISO 8601, in whole days, weeks, months or years.
    pub length: String,
    /// The word it counts from; none: receipt.
    pub from: Option<FactName>,
    /// Which days count.
    pub calendar: CalendarKind,
    /// The law that sets it.
    pub legal_basis: String,
}

/// Whose term it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The agency's.
    Agency,
    /// The party's.
    Party,
}

/// Which days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarKind {
    /// All.
    Days,
    /// Monday to Friday without public holidays.
    WorkingDays,
}

/// The legal undoing of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The service that does it.
    pub service: ServiceId,
    /// What it is in law.
    pub kind: ReversalKind,
}

/// What a reversal is in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalKind {
    /// A register is corrected.
    Correction,
    /// A decision is revoked.
    Revocation,
    /// An application is withdrawn.
    Withdrawal,
}

/// How to object to a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// `objection`, `appeal`, `correction`.
    pub kind: String,
    /// ISO 8601, from the notification.
    pub term: String,
    /// Where it is lodged.
    pub lodged_at: String,
}

/// A need: a fact that a request field carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The word.
    pub name: FactName,
    /// Whether the service can go without it.
    pub optional: bool,
    /// The field, from the request down: `given_names`, `children.birth_date`.
    pub field: String,
    /// What the field can carry.
    pub shape: Shape,
    /// Whether a message it is in is repeated, or the field itself: it takes the facts of all members at once. A repeated
    /// field ([`Shape::List`]) in no repeated message, of a concept that is a list, is that list and not of all members.
    pub repeated: bool,
}

/// A gift: a fact that a response field carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// The word.
    pub name: FactName,
    /// The field, from the response down.
    pub field: String,
    /// What the field can carry.
    pub shape: Shape,
    /// Whether a message it is in is repeated: each element is a member that the gift creates.
    pub repeated: bool,
    /// Whether the field tells unset from empty. A gift must.
    pub presence: bool,
}

/// What a field on the wire can carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A string.
    String,
    /// A bool.
    Bool,
    /// A signed whole number of 64 bits or fewer.
    Integer {
        /// Bits: 32 or 64.
        bits: u8,
        /// Whether negatives fit.
        signed: bool,
    },
    /// Bytes.
    Bytes,
    /// A floating-point number: carries nothing without loss.
    Float,
    /// An enum with these codes (value names without the enum's prefix, lower case, hyphens for underscores).
    Enum(Vec<String>),
    /// A message of this full name: `google.type.Date`.
    Message(String),
    /// Several of one shape.
    List(Box<Self>),
}

/// An agency's consent that a fact it gives goes to a service of another agency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The agency (or kind of agency) that gives the fact.
    pub from: AgencyId,
    /// The concept.
    pub concept: ConceptName,
    /// The service that may have it.
    pub to: ServiceId,
    /// For what purpose: the service's own, or the flow is not granted.
    pub purpose: String,
    /// The law that allows it.
    pub legal_basis: String,
}

/// The grants in force. A flow is granted or it is not; there is no default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<(AgencyId, ConceptName, ServiceId), Grant>);

impl Grants {
    /// The grant for a flow from a giver's agency to a service, for the service's purpose.
    #[must_use]
    pub fn find(
        &self,
        from: &AgencyId,
        concept: &ConceptName,
        to: &ServiceId,
        purpose: &str,
    ) -> Option<&Grant> {
        self.0.get(&(from.clone(), concept.clone(), to.clone())).filter(|grant| grant.purpose == purpose)
    }

    /// Gives a grant; it replaces one for the same flow.
    pub fn give(&mut self, grant: Grant) {
        self.0.insert((grant.from.clone(), grant.concept.clone(), grant.to.clone()), grant);
    }

    /// Revokes the grant for a flow. False: there was none.
    pub fn revoke(&mut self, from: &AgencyId, concept: &ConceptName, to: &ServiceId) -> bool {
        self.0.remove(&(from.clone(), concept.clone(), to.clone())).is_some()
    }

    /// All grants in force, by giver, concept and taker.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.values()
    }
}
