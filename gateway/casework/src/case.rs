//! A case: the fold of its entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::entry::{
    Actor, CallKind, Decision, Disclosure, Known, OtherCase, Owner, SkipReason, Source, StandsReason, Waiting,
};
use crate::life_event::LifeEvent;
use crate::name::{AgencyId, FactKey, FactName, LifeEventId, MemberId, OutcomeId, PartyId, Role, StepId};
use crate::plan::PlanHash;
use crate::service::{Remedy, ReversalKind};
use crate::time::Instant;
use crate::value::Value;

/// The attribute of a person that is their national number.
pub(crate) const NUMBER: &str = "number";

/// The state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseState {
    /// Something is owed or awaited.
    Open,
    /// Being undone.
    Withdrawing,
    /// Every outcome is reached or decided and nothing is owed.
    Completed,
    /// Undone, as far as it could be.
    Withdrawn,
    /// A person must decide.
    NeedsPerson,
}

/// A case, as it follows from its entries. A decision is made upon a copy: copies share the facts and steps that nothing
/// has happened to since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The life event.
    pub life_event: LifeEventId,
    /// The plan it is on.
    pub plan: PlanHash,
    /// From which the keys of its steps follow.
    pub seed: [u8; 16],
    /// The short reference for people.
    pub reference: String,
    /// Its state.
    pub state: CaseState,
    /// How many entries it has.
    pub entries: u64,
    /// When it was opened: the first receipt.
    pub opened_at: Instant,
    /// When the last entry was stored.
    pub changed_at: Instant,
    /// Who reported, oldest first.
    pub receipts: Vec<Receipt>,
    /// The parts and who plays them.
    pub parties: BTreeMap<PartyId, Party>,
    /// Parts that reporters say they play, without anybody bearing it out so far.
    pub claims: Vec<Claim>,
    /// The groups that anybody has mentioned.
    pub groups: BTreeMap<Role, Group>,
    /// The facts, each with its revisions.
    pub facts: BTreeMap<FactKey, Arc<Fact>>,
    /// The steps that anything has happened to. Others are not due.
    pub steps: BTreeMap<StepId, Arc<Step>>,
    /// The outcomes settled.
    pub outcomes: BTreeMap<(OutcomeId, Option<MemberId>), bool>,
    /// Members mentioned that are none of those known, until a person decides who they are.
    pub unmatched: BTreeMap<(Role, u16), Mention>,
    /// How many such mentions there were.
    pub mentions: u16,
    /// When a party withdrew it.
    pub withdrawal: Option<Instant>,
    /// Cases whose happening is perhaps the same, undecided.
    pub perhaps_same: Vec<OtherCase>,
    /// That it was found to be the same as one of these, which has not taken up all that was reported here yet.
    pub found_same: Option<FoundSame>,
    /// The case that took up all that was reported here, and goes on.
    pub joined_to: Option<OtherCase>,
    /// References of later cases that are perhaps of this happening: they wait for a person, this one goes on.
    pub resembled_by: Vec<String>,
    /// References of later cases whose reports this one took up.
    pub took_up: Vec<String>,
    /// Why a person must decide, where they must.
    pub needs_person: Option<String>,
}

impl Case {
    /// The parts that the person with this number plays. Whoever was named by a number that was corrected since plays
    /// none by it.
    pub fn parts_of(&self, person: &str) -> impl Iterator<Item = &PartyId> {
        let named = self.parties.iter().filter(move |(_, party)| party.persons.iter().any(|it| it == person));
        named.map(|(part, _)| part).filter(move |part| !self.was_corrected_away(part, person))
    }

    /// Whether the person with this number is to hear nothing of the case, in whatever parts they are named.
    #[must_use]
    pub fn is_kept_from(&self, life_event: &LifeEvent, person: &str) -> bool {
        self.parts_of(person).any(|part| life_event.hears_nothing(&part.role))
    }

    /// The case in which this one's happening goes on, where a person found the two to be the same.
    #[must_use]
    pub fn goes_on_in(&self) -> Option<&OtherCase> {
        self.joined_to.as_ref().or(self.found_same.as_ref().map(|found| &found.other))
    }

    /// Whether the number was said of the part, and then another one.
    fn was_corrected_away(&self, part: &PartyId, person: &str) -> bool {
        let Ok(name) = FactName::of(&part.role, NUMBER) else { return false };
        let Some(fact) = self.facts.get(&FactKey { name, member: part.member.clone() }) else { return false };
        let is_it = |known: &Known| matches!(known, Known::Value(Value::Person(number)) if number == person);
        let now = fact.revisions.last().filter(|revision| !revision.retracted);
        let other = now.is_some_and(|now| matches!(now.known, Known::Value(_)) && !is_it(&now.known));
        other && fact.revisions.iter().any(|revision| is_it(&revision.known))
    }
}

/// That a person found a case to be of the same happening as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSame {
    /// The other case.
    pub other: OtherCase,
    /// Who decided it.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// A report's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, from 1.
    pub number: u32,
    /// The request, hashed.
    pub request: String,
    /// When it was received, in law.
    pub received_at: Instant,
    /// Who reported.
    pub by: Actor,
}

/// Who plays a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// Their numbers, newest last: numbers change, merge, are not yet issued.
    pub persons: Vec<String>,
}

/// That a reporter says they play a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The receipt of their report.
    pub receipt: u32,
    /// The part.
    pub party: PartyId,
    /// Their number, where they have one.
    pub person: Option<String>,
    /// What they say of the part, and what nobody else said: held until they are named for it.
    pub facts: Vec<(FactKey, Known)>,
    /// Whether a person decided that they do not play it.
    pub dismissed: bool,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its members, in the order of mention.
    pub members: Vec<MemberId>,
    /// Whether these are all.
    pub closed: bool,
}

/// A member that a report mentions and that is none of those known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What was said of it.
    pub facts: Vec<(FactName, Known)>,
    /// Who said it.
    pub source: Source,
    /// Since when.
    pub since: Instant,
}

/// A fact of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    /// Its revisions, oldest first; the last one holds unless retracted.
    pub revisions: Vec<Revision>,
    /// A dispute about the last revision.
    pub dispute: Option<Dispute>,
}

/// A revision of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// What is known.
    pub known: Known,
    /// Where it comes from.
    pub source: Source,
    /// When it was learnt.
    pub at: Instant,
    /// Whether it no longer holds.
    pub retracted: bool,
}

/// A dispute about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// What it should be, as the party says.
    pub proposed: Option<Value>,
    /// In their words.
    pub reason: String,
    /// Since when.
    pub since: Instant,
}

/// A step of a case that something has happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its state.
    pub state: StepState,
    /// Since when it is in that state.
    pub since: Instant,
    /// Which run this is, from 1: a step that is done anew runs with keys of its own.
    pub generation: u32,
    /// The agency chosen for it.
    pub agency: Option<AgencyId>,
    /// Agencies that said they are not competent.
    pub not_competent: Vec<AgencyId>,
    /// What it has left at the agency in this run.
    pub footprint: Footprint,
    /// How many attempts of this run have no sure answer: while there is one, "not done" of another proves nothing.
    pub unanswered: u32,
    /// Whether somebody else than the registry chose the agency: an operator, or an agency that forwarded it.
    pub routed: bool,
    /// The last call of each kind.
    pub calls: BTreeMap<CallKind, Arc<Call>>,
    /// The revisions that its last performing call disclosed: what its answer rests on.
    pub consumed: Vec<Disclosure>,
    /// The decision, where there is one.
    pub decision: Option<Decision>,
    /// The offer: none before it is made.
    pub offer: Option<Offer>,
    /// When it goes without its optional needs, once that was set.
    pub goes_without_at: Option<Instant>,
    /// When its term ends.
    pub term_ends: Option<Instant>,
    /// The agency's name for the operation that it reports back on.
    pub operation: Option<String>,
}

/// What a step has left at the agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Footprint {
    /// Surely nothing.
    Nothing,
    /// Perhaps its effect: it was called and nobody knows.
    Perhaps,
    /// Surely its effect.
    Surely,
}

/// An offer to a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Made, not answered.
    Open,
    /// Taken.
    Accepted,
    /// Declined.
    Declined,
}

/// The last call of one kind that a step made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The number of the entry that recorded its intent.
    pub intent: u64,
    /// Whether its answer is awaited.
    pub open: bool,
    /// How many there were, over all runs.
    pub attempt: u32,
    /// The run of the step that it belongs to.
    pub generation: u32,
    /// The agency.
    pub agency: AgencyId,
    /// The key.
    pub key: String,
    /// The purpose.
    pub purpose: String,
    /// The contract it was made under.
    pub contract: String,
    /// When it was made.
    pub at: Instant,
    /// When it counts as unanswered.
    pub until: Instant,
    /// When it is made again, where it surely or perhaps was not done.
    pub again_at: Option<Instant>,
    /// What it disclosed.
    pub discloses: Vec<Disclosure>,
}

impl StepState {
    /// In one word or two, for people and for `explain`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotDue => "not due",
            Self::Waiting { .. } => "waiting",
            Self::Calling(_) => "calling",
            Self::Pending { .. } => "pending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Skipped(_) => "skipped",
            Self::InDoubt { .. } => "in doubt",
            Self::Parked { .. } => "parked",
            Self::Reversing(_) => "reversing",
            Self::Reversed(_) => "reversed",
            Self::Stands { .. } => "stands",
        }
    }
}

/// The state of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Something it depends on is not settled.
    NotDue,
    /// It could go, but waits: for an answer to an offer, for a competent agency, for a time.
    Waiting {
        /// What for.
        why: Waiting,
        /// When it is looked at again.
        until: Option<Instant>,
    },
    /// A call is out, or owed.
    Calling(CallKind),
    /// The agency works on it and reports back.
    Pending {
        /// When Loket asks.
        ask_at: Instant,
    },
    /// Done.
    Done,
    /// Refused.
    Refused,
    /// Does not run.
    Skipped(SkipReason),
    /// Perhaps done.
    InDoubt {
        /// When the agency is asked. None: a person decides.
        ask_at: Option<Instant>,
        /// Why.
        reason: String,
    },
    /// A person must act.
    Parked {
        /// Who.
        owner: Owner,
        /// Why.
        reason: String,
    },
    /// Being undone.
    Reversing(CallKind),
    /// Undone.
    Reversed(Option<ReversalKind>),
    /// Stands although the case was withdrawn.
    Stands {
        /// Why.
        reason: StandsReason,
        /// What the party can do.
        remedy: Option<Remedy>,
    },
}
