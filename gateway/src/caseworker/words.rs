//! The words that the edges and the caseworker speak.

use std::fmt;
use std::str::FromStr;

use casestore::{CaseId, Head, StoreError};
use casework::case::CaseState;
use casework::entry::Actor;
use casework::input::{Rejected, Report};
use casework::name::{AgencyId, FactKey, LifeEventId};
use casework::time::Instant;

use crate::cases::CaseFile;

/// A report that wants to become a case, or to join one.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The portal's id of the request: 1 to 64 printable characters, remembered 400 days.
    pub request_id: String,
    /// Who sends it.
    pub reporter: Reporter,
    /// The life event.
    pub life_event: LifeEventId,
    /// What they say.
    pub report: Report,
}

/// Who sends a report.
#[derive(Clone)]
pub struct Reporter {
    /// Who it is, as authenticated: the same text whenever they come. Request ids are told apart by it.
    pub subject: String,
    /// Who the entries name.
    pub actor: Actor,
    /// Their own number, where they have one and play a part.
    pub person: Option<String>,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}

/// What somebody decides about a case that is perhaps of another's happening.
#[derive(Debug, Clone)]
pub struct Sameness {
    /// Who decides.
    pub by: Actor,
    /// What they found.
    pub found: Found,
    /// Why.
    pub reason: String,
}

/// What is found of a case that resembles others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is of a happening of its own.
    ItsOwn,
    /// It is of the same happening as the one case that it resembles.
    TheSame,
    /// It is of the same happening as this one of them: its reference or its id.
    TheSameAs(String),
}

/// The accepted report.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The case as it is now.
    pub file: CaseFile,
    /// The number of this report's receipt in the case.
    pub receipt: u32,
    /// Whether this request had been accepted before.
    pub replayed: bool,
    /// Whether the happening had a case already, which the report joined.
    pub attached: bool,
}

/// A line of a person's list of cases. What the case is now is read from the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCase {
    /// The case.
    pub case: CaseId,
    /// When it came on the list.
    pub at: Instant,
    /// The short reference for people.
    pub reference: String,
    /// The life event.
    pub life_event: LifeEventId,
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken {
    /// When the last case of the page came on the list; 0 in a list of live cases.
    pub at: i64,
    /// The last case of the page.
    pub case: CaseId,
}

/// A text that is no page token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no page token: give back the one of the previous answer as it was")]
pub struct NotAPageToken;

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.at, self.case)
    }
}

impl FromStr for PageToken {
    type Err = NotAPageToken;

    fn from_str(text: &str) -> Result<Self, NotAPageToken> {
        let (at, case) = text.split_once('-').ok_or(NotAPageToken)?;
        let at = i64::from_str_radix(at, 16).map_err(|_| NotAPageToken)?;
        Ok(Self { at, case: case.parse().map_err(|_| NotAPageToken)? })
    }
}

/// That somebody reads facts of a case: recorded before the facts leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Who.
    pub by: Actor,
    /// Which facts.
    pub facts: Vec<FactKey>,
    /// For what purpose.
    pub purpose: String,
    /// On what legal basis.
    pub legal_basis: String,
}

/// A recorded reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Its number in the case's access log, from 1.
    pub number: u64,
    /// When, by the store's clock.
    pub at: Instant,
    /// What.
    pub reading: Reading,
}

/// What verifying a case's two chains found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Rows in the case chain.
    pub case_rows: u64,
    /// Its head.
    pub case_head: Head,
    /// Rows in the access chain.
    pub access_rows: u64,
    /// Its head.
    pub access_head: Head,
    /// What is wrong, naming chain and row. Empty: nothing.
    pub faults: Vec<String>,
}

/// A live case in one line: no facts, no parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveCase {
    /// The case.
    pub case: CaseId,
    /// Its state.
    pub state: CaseState,
    /// The life event.
    pub life_event: LifeEventId,
    /// The short reference for people.
    pub reference: String,
    /// Agencies waited for; the longest waited for first.
    pub waiting_for: Vec<AgencyId>,
    /// How many more than `waiting_for` names.
    pub waiting_for_more: u32,
    /// Since when the longest wait lasts.
    pub since: Option<Instant>,
    /// When the next legal term ends.
    pub next_term: Option<Instant>,
}

/// Why the caseworker did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CaseworkError {
    /// There is no such case.
    #[error("there is no such case")]
    NotFound,
    /// The request id is none.
    #[error("request_id must be 1 to 64 printable ASCII characters")]
    RequestId,
    /// The input changes nothing, for this reason.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The request id was used before for other content.
    #[error(
        "this request_id was used before for other content{}; use a new one for a new report",
        .first.as_ref().map(|first| format!(" and made case {first}")).unwrap_or_default()
    )]
    RequestConflict {
        /// The case that the first content made. None: it made none (yet).
        first: Option<CaseId>,
    },
    /// The life event is not known, or has no published plan: it cannot be reported.
    #[error("`{0}` cannot be reported: no plan is published for it")]
    NoPlan(LifeEventId),
    /// The plan that the case is on is not known to this gateway yet.
    #[error("the case is on plan {plan}, which this gateway does not know yet; try again")]
    UnknownPlan {
        /// The plan's hash.
        plan: String,
    },
    /// The store did not confirm the registry's version: nothing may be decided upon it.
    #[error("the store does not answer, so that the registry could not be confirmed; try again")]
    RegistryStale,
    /// Too many others write to the case or its happening at this moment.
    #[error("too many others write to this case at this moment; try again")]
    Contended,
    /// What is stored of the case cannot be read by this version. Nothing is lost; nothing is written.
    #[error("the case is quarantined: {place}: {reason}")]
    Quarantined {
        /// Which row or entry.
        place: String,
        /// Why.
        reason: String,
    },
    /// The case has more than the store takes in one piece.
    #[error("the case has become too large: {0}")]
    TooLarge(String),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CaseworkError {
    /// Whether it is the store's being away. That is said once, by whoever observes the store, and not once per case.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_outage(),
            Self::RegistryStale => true,
            _ => false,
        }
    }
}
