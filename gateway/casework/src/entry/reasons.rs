//! Why something does not go on, and who must act.

use serde::{Deserialize, Serialize};

use crate::name::{AgencyId, FactKey, FactName, PartyId, Role, StepId};

/// Why a step does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its condition is false.
    Condition {
        /// The facts that made it false.
        facts: Vec<FactName>,
    },
    /// A fact that it cannot do without will not come.
    Missing {
        /// The fact.
        fact: FactKey,
        /// The step that would have given it, where one would.
        giver: Option<StepId>,
    },
    /// Its group is known and empty.
    EmptyGroup {
        /// The group.
        role: Role,
    },
    /// Another service gave what it gives, and comes first.
    Given {
        /// The step that gave it.
        by: StepId,
    },
    /// The party declined the offer.
    Declined,
    /// The party did not answer the offer within its term.
    Lapsed,
    /// It only informs: the citizen was told.
    Informed,
    /// The case was withdrawn before it began.
    Withdrawn,
    /// A person decided so.
    Person {
        /// On what legal ground.
        reason: String,
    },
}

/// Why something was surely not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotDoneReason {
    /// The agency cannot be reached, or said UNAVAILABLE.
    Unavailable,
    /// The agency said that it is overloaded, or Loket's own limit for it was reached.
    Overloaded,
    /// Too many failures in a row: not even tried.
    BreakerOpen,
    /// The agency has no live endpoint.
    NoEndpoint,
    /// A fact is out of date: its source is asked again.
    StaleFact,
    /// It does not know the key, or only as one that was cancelled: the call never did anything.
    NeverSeen,
}

/// What a step waits for that could go otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The party's answer to an offer.
    OfferAnswer,
    /// The agency was asked and surely did nothing: it is asked again.
    Agency(NotDoneReason),
    /// No agency is registered as competent. The code is that of the competence fact, where it is known.
    NoAgency,
    /// Several agencies are registered as competent: they must say which one is.
    SeveralAgencies(Vec<AgencyId>),
    /// The agency has no live endpoint.
    Endpoint(AgencyId),
    /// The agency's contract is no longer the one of the plan.
    Contract(AgencyId),
    /// The agency that is competent has withdrawn the service: it takes no new steps.
    Withdrawn(AgencyId),
    /// The plan of the case was revoked: a person publishes the one that it moves to.
    Plan,
    /// The giver's consent that the fact goes to this service.
    Grant {
        /// The agency (or kind of agency) that gives the fact.
        from: AgencyId,
        /// The agency that needs it.
        to: AgencyId,
        /// The fact.
        fact: FactName,
    },
    /// Facts that it can do without, for a while.
    Optional(Vec<FactKey>),
    /// A fact that it cannot do without and that is said not to exist: its source may know better.
    Fact {
        /// The fact.
        fact: FactKey,
        /// Who must act.
        owner: Owner,
    },
}

/// Who must act on a step that stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The agency: it broke its contract or a person of it must decide.
    Agency(AgencyId),
    /// The operators of the counter.
    Operators,
    /// A party.
    Party(PartyId),
}

/// Why an effect stands although the case was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandsReason {
    /// A duty reported stays reported.
    Duty,
    /// The service has no reversal.
    NoReversal,
    /// The agency refused to reverse it.
    Refused,
    /// Nobody knows whether it was done, and a person must find out.
    InDoubt,
}
