//! The entries of a case: what happened, in words that never change their meaning. The log of a case is a list of
//! these; everything else about the case follows from it.

mod decision;
mod reasons;
mod told;

use serde::{Deserialize, Serialize};

use crate::name::{
    AgencyId, FactKey, FactName, LifeEventId, MemberId, OutcomeId, PartyId, Role, ServiceId, StepId,
};
use crate::plan::PlanHash;
use crate::service::{Remedy, ReversalKind};
use crate::time::Instant;
use crate::value::Value;

pub use decision::{DecidedBy, Decision, DecisionResult, Reason};
pub use reasons::{NotDoneReason, Owner, SkipReason, StandsReason, Waiting};
pub use told::{CallKind, Disclosure, Known, Source};

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number in the case, from 1, without gaps.
    pub number: u64,
    /// When it was stored.
    pub at: Instant,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    pub entry: Entry,
}

/// Who caused an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A party of the case, through a portal.
    Party {
        /// The part they play; none for a reporter who plays none.
        party: Option<PartyId>,
        /// The portal.
        portal: String,
    },
    /// An agency.
    Agency(AgencyId),
    /// An officer of an agency: the function, never a name.
    Officer {
        /// The agency.
        agency: AgencyId,
        /// The subject, as authenticated.
        subject: String,
    },
    /// An operator of the counter.
    Operator {
        /// The subject, as authenticated.
        subject: String,
    },
    /// Loket itself: what follows from the rest, and time.
    Loket,
}

/// Another case, as a case names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherCase {
    /// Its short reference for people.
    pub reference: String,
    /// What the store knows it by. Casework only hands it on.
    pub case: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The case was opened. Always the first entry, only there.
    Opened {
        /// The life event.
        life_event: LifeEventId,
        /// The plan.
        plan: PlanHash,
        /// 16 random bytes, from which the keys of its steps follow.
        seed: [u8; 16],
        /// The short reference for people.
        reference: String,
        /// The version of the registry that it was decided with.
        registry: u64,
    },
    /// Somebody reported the happening: each has a receipt.
    Reported {
        /// The receipt's number in the case, from 1.
        receipt: u32,
        /// The request, hashed with a key.
        request: String,
        /// The moment of receipt: the date that counts in law.
        received_at: Instant,
    },
    /// A person plays this part; a second time with another number: their number changed.
    PartyNamed {
        /// The part.
        party: PartyId,
        /// Their number, where they have one.
        person: Option<String>,
    },
    /// A reporter says that they play a part in a case that is somebody else's already, and nobody bears that out: they
    /// have a receipt and are no party. What they add is held until somebody names them for the part.
    PartClaimed {
        /// The receipt of their report.
        receipt: u32,
        /// The part.
        party: PartyId,
        /// Their number, where they have one.
        person: Option<String>,
        /// What they say of the part, and what nobody else said.
        facts: Vec<(FactKey, Known)>,
    },
    /// A claim is borne out: somebody else named them for the part, or a person decided so. They play it from here on.
    ClaimUpheld {
        /// The receipt of their report.
        receipt: u32,
        /// Why, where a person decided it.
        reason: Option<String>,
    },
    /// A person decided that a reporter does not play the part that they claim. Should somebody name them for it after all,
    /// that counts.
    ClaimDismissed {
        /// The receipt of their report.
        receipt: u32,
        /// Why.
        reason: String,
    },
    /// A member of a group was mentioned for the first time.
    MemberAdded {
        /// The group.
        role: Role,
        /// The member.
        member: MemberId,
    },
    /// A report mentions a member that is none of those known: a person decides who it is.
    MemberUnmatched {
        /// The group.
        role: Role,
        /// The mention's number in its group, from 1.
        mention: u16,
        /// What was said of it.
        facts: Vec<(FactName, Known)>,
        /// Who said it.
        source: Source,
    },
    /// A person decided who the unmatched member is; what was said of it follows as [`Entry::Learnt`].
    MemberMatched {
        /// The group.
        role: Role,
        /// The mention.
        mention: u16,
        /// The member. None: a mistake, nobody.
        member: Option<MemberId>,
    },
    /// All members of the group are known.
    GroupClosed {
        /// The group.
        role: Role,
    },
    /// A fact, or the lack of one, was learnt: a new revision of it.
    Learnt {
        /// The fact.
        key: FactKey,
        /// Which revision this is, from 1.
        revision: u32,
        /// What is known.
        known: Known,
        /// Where it comes from.
        source: Source,
    },
    /// What a step gave no longer holds: the step was reversed.
    Retracted {
        /// The fact.
        key: FactKey,
        /// The revision that no longer holds.
        revision: u32,
    },
    /// A party says that a known fact is not right. It parks what depends on it until its source has answered.
    Disputed {
        /// The fact.
        key: FactKey,
        /// The revision in dispute.
        revision: u32,
        /// What the party says it should be, if they say.
        proposed: Option<Value>,
        /// In their words.
        reason: String,
    },
    /// The source has answered a dispute: what is known holds. Where it does not hold, a new revision is learnt.
    DisputeSettled {
        /// The fact.
        key: FactKey,
        /// The revision that holds.
        revision: u32,
    },
    /// The step does not run, for this reason.
    Skipped {
        /// The step.
        step: StepId,
        /// Why.
        reason: SkipReason,
    },
    /// The step could go, were it not for this. Said once, for as long as it waits for the same.
    Waits {
        /// The step.
        step: StepId,
        /// What it waits for.
        why: Waiting,
        /// When it goes without. None: it does not.
        until: Option<Instant>,
    },
    /// A step that was skipped or settled may run again, with a key of its own: something it depends on changed.
    Reopened {
        /// The step.
        step: StepId,
    },
    /// The step is offered to the party.
    Offered {
        /// The step.
        step: StepId,
    },
    /// The party took or declined the offer.
    OfferAnswered {
        /// The step.
        step: StepId,
        /// Taken?
        accepted: bool,
    },
    /// The agency that is competent for the step was chosen; retries, status and reversal stay with it.
    AgencyChosen {
        /// The step.
        step: StepId,
        /// The agency.
        agency: AgencyId,
    },
    /// The agency says that it is not competent: nothing was done.
    NotCompetent {
        /// The step.
        step: StepId,
        /// The agency that was asked.
        agency: AgencyId,
        /// Who is competent, if it says.
        forward_to: Option<AgencyId>,
    },
    /// A term runs: computed once.
    TermSet {
        /// The step.
        step: StepId,
        /// When it ends.
        ends_at: Instant,
        /// The calendar and time zone data it was computed with.
        computed_with: String,
    },
    /// A call is about to leave: stored before it does. It names what is disclosed, and takes the right to call out
    /// until `until`.
    Called {
        /// The step.
        step: StepId,
        /// What is asked.
        call: CallKind,
        /// Which attempt this is, from 1, over all of the step's calls of this kind.
        attempt: u32,
        /// The agency.
        agency: AgencyId,
        /// The idempotency key: the same for every attempt.
        key: String,
        /// The revisions disclosed.
        discloses: Vec<Disclosure>,
        /// For what purpose.
        purpose: String,
        /// On what legal basis.
        legal_basis: String,
        /// The contract it is made under.
        contract: String,
        /// The registry's version whose grants allow it.
        registry: u64,
        /// When it counts as unanswered.
        until: Instant,
    },
    /// The agency has done what was asked, or decided; its gifts follow as [`Entry::Learnt`].
    Done {
        /// The step.
        step: StepId,
        /// The decision, where it decided.
        decision: Option<Decision>,
        /// What it rests on, where that is not what the call disclosed: a person found it done.
        rests_on: Option<Vec<Disclosure>>,
    },
    /// The agency refused: an answer, not an error.
    Refused {
        /// The step.
        step: StepId,
        /// The decision.
        decision: Decision,
    },
    /// The agency has taken it up and reports back.
    Pending {
        /// The step.
        step: StepId,
        /// The agency's name for the operation.
        operation: String,
        /// When Loket asks, should the agency not have reported.
        ask_at: Instant,
    },
    /// It was surely not done, and will be tried again.
    NotDone {
        /// The step.
        step: StepId,
        /// Which call.
        call: CallKind,
        /// Why.
        reason: NotDoneReason,
        /// When it is tried again.
        retry_at: Instant,
    },
    /// Nobody knows whether it was done.
    InDoubt {
        /// The step.
        step: StepId,
        /// Which call.
        call: CallKind,
        /// Why: a status code or `silence`.
        reason: String,
        /// When the agency is asked, or the next attempt made. None: a person decides.
        ask_at: Option<Instant>,
    },
    /// The step stands still until a person acts.
    Parked {
        /// The step.
        step: StepId,
        /// Who must act.
        owner: Owner,
        /// Why, for that person.
        reason: String,
    },
    /// A person lets a parked, doubtful or waiting step go on at once.
    Resumed {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// A person has found out that a step in doubt was surely not done.
    FoundNotDone {
        /// The step.
        step: StepId,
        /// How they know.
        reason: String,
    },
    /// A party withdraws what can be withdrawn.
    WithdrawalAsked {
        /// In their words.
        reason: String,
    },
    /// The step's effect is gone: cancelled by key, withdrawn, corrected or revoked.
    Reversed {
        /// The step.
        step: StepId,
        /// How. None: cancelled by key, technically.
        kind: Option<ReversalKind>,
    },
    /// The step's effect stands although the case was withdrawn.
    Stands {
        /// The step.
        step: StepId,
        /// Why.
        reason: StandsReason,
        /// What the party can do about it.
        remedy: Option<Remedy>,
    },
    /// The case goes on under another plan.
    PlanMoved {
        /// The new plan.
        to: PlanHash,
    },
    /// Perhaps this happening is the same as that of another case: a named person decides.
    PerhapsSame {
        /// The other case.
        other: OtherCase,
    },
    /// A case opened later is perhaps of the same happening as this one, which goes on: that one waits for a person.
    ResembledBy {
        /// The later case's reference.
        other: String,
    },
    /// The person decided that it is a happening of its own.
    NotTheSame {
        /// Why.
        reason: String,
    },
    /// The person decided that it is the other case's happening. From here on this one takes nothing more: the other is
    /// given what was reported here.
    FoundSame {
        /// The other case.
        other: OtherCase,
        /// Why.
        reason: String,
    },
    /// The other case cannot take up what was reported here: a person decides anew.
    NotJoined {
        /// Why not.
        reason: String,
    },
    /// The other case holds all that was reported here, and goes on; this one, in which nothing was begun, ends.
    Joined {
        /// The other case.
        other: OtherCase,
    },
    /// A person decided that a later case is of this happening: its reports follow, each with its receipt.
    TookUp {
        /// The later case.
        other: OtherCase,
        /// Why.
        reason: String,
    },
    /// An outcome was reached or decided.
    OutcomeSettled {
        /// The outcome.
        outcome: OutcomeId,
        /// For the member of its group.
        member: Option<MemberId>,
        /// Reached? False: decided otherwise.
        reached: bool,
    },
    /// Everything owed is done. A state, not an end.
    Completed,
    /// Everything that could be undone is.
    Withdrawn,
    /// Nobody but a person can take it further.
    NeedsPerson {
        /// Why.
        reason: String,
    },
}

impl Entry {
    /// The step it is about, if it is about one.
    #[must_use]
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::Skipped { step, .. }
            | Self::Waits { step, .. }
            | Self::Reopened { step }
            | Self::Offered { step }
            | Self::OfferAnswered { step, .. }
            | Self::AgencyChosen { step, .. }
            | Self::NotCompetent { step, .. }
            | Self::TermSet { step, .. }
            | Self::Called { step, .. }
            | Self::Done { step, .. }
            | Self::Refused { step, .. }
            | Self::Pending { step, .. }
            | Self::NotDone { step, .. }
            | Self::InDoubt { step, .. }
            | Self::Parked { step, .. }
            | Self::Resumed { step, .. }
            | Self::FoundNotDone { step, .. }
            | Self::Reversed { step, .. }
            | Self::Stands { step, .. } => Some(step),
            Self::Opened { .. }
            | Self::Reported { .. }
            | Self::PartyNamed { .. }
            | Self::PartClaimed { .. }
            | Self::ClaimUpheld { .. }
            | Self::ClaimDismissed { .. }
            | Self::MemberAdded { .. }
            | Self::MemberUnmatched { .. }
            | Self::MemberMatched { .. }
            | Self::GroupClosed { .. }
            | Self::Learnt { .. }
            | Self::Retracted { .. }
            | Self::Disputed { .. }
            | Self::DisputeSettled { .. }
            | Self::WithdrawalAsked { .. }
            | Self::PlanMoved { .. }
            | Self::PerhapsSame { .. }
            | Self::ResembledBy { .. }
            | Self::NotTheSame { .. }
            | Self::FoundSame { .. }
            | Self::NotJoined { .. }
            | Self::Joined { .. }
            | Self::TookUp { .. }
            | Self::OutcomeSettled { .. }
            | Self::Completed
            | Self::Withdrawn
            | Self::NeedsPerson { .. } => None,
        }
    }

    /// The service of the step it is about.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceId> {
        self.step().map(|step| &step.service)
    }
}
