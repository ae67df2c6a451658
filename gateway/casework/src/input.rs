//! Everything that can happen to a case is one variant of [`Input`], into one function.

use std::collections::BTreeMap;

use crate::entry::{Actor, CallKind, Decision, NotDoneReason, OtherCase};
use crate::name::{AgencyId, FactKey, FactName, MemberId, PartyId, Role, ServiceId, StepId};
use crate::plan::PlanHash;
use crate::time::Instant;
use crate::value::Value;

/// What somebody says about a happening: the facts of one report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The part that the reporter plays; none for one who plays none (a hospital).
    pub reporter: Option<PartyId>,
    /// Facts of roles that are no group.
    pub facts: BTreeMap<FactName, Given>,
    /// Facts of groups: one map per member mentioned, in the reporter's order.
    pub members: BTreeMap<Role, Vec<BTreeMap<FactName, Given>>>,
}

/// What a party gives when asked for a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A value.
    Value(Value),
    /// There is none.
    Absent,
    /// They do not know.
    Unknown,
}

/// What a case is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Who reports.
    pub by: Actor,
    /// What they say.
    pub report: Report,
    /// The request, hashed with a key.
    pub request: String,
    /// The reporter's own number, where they have one and play a part.
    pub person: Option<String>,
    /// 16 random bytes, from which the keys of its steps follow.
    pub seed: [u8; 16],
    /// The short reference for people.
    pub reference: String,
    /// Cases whose happening is perhaps the same: nothing is called until a person has decided.
    pub perhaps_same: Vec<OtherCase>,
}

/// A report as a case received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who reports.
    pub by: Actor,
    /// What they say.
    pub report: Report,
    /// The request, hashed with a key.
    pub request: String,
    /// The reporter's own number, where they have one and play a part.
    pub person: Option<String>,
    /// The moment of receipt: the date that counts in law.
    pub received_at: Instant,
}

/// Everything that can happen to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The happening was reported: the first time, or again by somebody else.
    Report {
        /// Who reports.
        by: Actor,
        /// What they say.
        report: Report,
        /// The request, hashed with a key.
        request: String,
        /// The reporter's own number, where they have one and play a part.
        person: Option<String>,
    },
    /// A party answers questions.
    Answers {
        /// Who.
        by: Actor,
        /// What.
        facts: BTreeMap<FactKey, Given>,
    },
    /// A party says that a fact is not right.
    Dispute {
        /// Who.
        by: Actor,
        /// The fact.
        key: FactKey,
        /// What it should be, if they say.
        proposed: Option<Value>,
        /// In their words.
        reason: String,
    },
    /// The source of a fact settles a dispute, corrects what it said, or says it late: an agency that owns or gave the
    /// fact, an officer of it, or the party that supplied it.
    Correct {
        /// Who.
        by: Actor,
        /// What holds.
        facts: BTreeMap<FactKey, Given>,
        /// Why.
        reason: String,
    },
    /// A person decided who an unmatched member is.
    MemberDecided {
        /// Who decides.
        by: Actor,
        /// The group.
        role: Role,
        /// The mention's number in its group.
        mention: u16,
        /// Who it is.
        member: Mentioned,
    },
    /// A party takes or declines an offer.
    Offer {
        /// Who.
        by: Actor,
        /// The step.
        step: StepId,
        /// Taken?
        accepted: bool,
    },
    /// A party withdraws.
    Withdraw {
        /// Who.
        by: Actor,
        /// In their words.
        reason: String,
    },
    /// An agency answered a call, at once or at the desk.
    Answer {
        /// The step.
        step: StepId,
        /// Which call.
        call: CallKind,
        /// The key it was called with; that of an earlier run is refused.
        key: String,
        /// Which attempt it answers, where that is known: a direct answer knows, a report at the desk does not. Only of
        /// a known attempt is it believed that it was not done.
        attempt: Option<u32>,
        /// The agency that answered; another than the one called is refused.
        agency: AgencyId,
        /// What it said.
        answer: Answer,
    },
    /// An operator or officer acts on a step.
    Steer {
        /// Who.
        by: Actor,
        /// The step.
        step: StepId,
        /// What they do.
        act: Steering,
        /// Why.
        reason: String,
    },
    /// A later case is perhaps of the same happening.
    Resembled {
        /// The later case's reference.
        other: String,
    },
    /// A person decided about a happening that is perhaps another case's.
    SamenessDecided {
        /// Who.
        by: Actor,
        /// The reference of the case that it is the same as. None: it is one of its own.
        same_as: Option<String>,
        /// Why.
        reason: String,
    },
    /// A later case was found to be of the same happening: what was reported in it is taken up, all of it or nothing, and
    /// what was taken up before is not taken up again.
    TakeUp {
        /// Who decided that it is.
        by: Actor,
        /// The later case.
        other: OtherCase,
        /// Its reports, oldest first.
        reports: Vec<Received>,
        /// Why.
        reason: String,
    },
    /// The case that this one was found to be the same as has taken up its reports, or cannot.
    HandedOver {
        /// That case's reference.
        to: String,
        /// Why it cannot, where it cannot.
        refused: Option<String>,
    },
    /// A person decided whether a reporter plays the part that they claim.
    ClaimDecided {
        /// Who.
        by: Actor,
        /// The receipt of the report.
        receipt: u32,
        /// Whether they do.
        upheld: bool,
        /// Why.
        reason: String,
    },
    /// The case goes on under another plan: the one it is now decided with.
    Move {
        /// The plan.
        to: PlanHash,
    },
    /// Time has passed, or the registry changed: look again.
    Look,
}

/// Who a member is that a report mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mentioned {
    /// This known member.
    Known(MemberId),
    /// One more, not known before.
    New,
    /// Nobody: a mistake.
    Nobody,
}

/// What an agency says to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one exists per call and is moved once; a box would only add a name"
)]
pub enum Answer {
    /// It did it, or decided.
    Done {
        /// What it gives.
        gifts: Gifts,
        /// The decision, where it decided: also a refusal.
        decision: Option<Decision>,
    },
    /// It has taken it up and reports back.
    Pending {
        /// Its name for the operation.
        operation: String,
    },
    /// Surely not done.
    NotDone {
        /// Why.
        reason: NotDoneReason,
        /// When it wants to be asked again, in milliseconds, if it says.
        retry_after: Option<i64>,
    },
    /// Perhaps done.
    InDoubt {
        /// A status code, or `silence`.
        reason: String,
    },
    /// It does not know the key: surely not done (an answer to status).
    NeverSeen,
    /// The call came after its cancellation: refused, nothing done.
    Tombstoned,
    /// The key is cancelled and will never do anything (an answer to cancel), or the act is reversed (to reverse).
    Undone,
    /// A fact it was given is out of date.
    StaleFact {
        /// The fields or facts it names.
        facts: Vec<String>,
    },
    /// It is not the competent agency.
    NotCompetent {
        /// Who is, if it says.
        forward_to: Option<AgencyId>,
    },
    /// It broke its contract.
    Breach {
        /// How, for the agency's people.
        what: String,
    },
}

/// What an answer gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gifts {
    /// Facts of the step's member, or of roles that are no group. None: absent.
    pub facts: BTreeMap<FactName, Option<Value>>,
    /// Members that the answer creates: all there are of the group.
    pub members: BTreeMap<Role, Vec<BTreeMap<FactName, Option<Value>>>>,
}

/// What a person does to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steering {
    /// Go on at once.
    Retry,
    /// Stand still.
    Park,
    /// It was surely not done: go on.
    NotDone,
    /// It was done, as the agency's own books show; with these gifts.
    Done(Gifts),
    /// It does not run, on this legal ground.
    Skip,
    /// This agency does it.
    Route(AgencyId),
}

/// Why an input changes nothing: an answer to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The case has no such step.
    #[error("the case has no step {0}")]
    NoSuchStep(StepId),
    /// The answer fits no call that is open: it came twice, too late or unasked.
    #[error("{step} awaits no such answer: it is {state}")]
    Unasked {
        /// The step.
        step: StepId,
        /// What it is.
        state: String,
    },
    /// The agency that answered is not the one that was called.
    #[error("{agency} was not asked to do {step}")]
    OtherAgency {
        /// The step.
        step: StepId,
        /// The agency that answered.
        agency: AgencyId,
    },
    /// The plan asks nobody for this fact.
    #[error("`{0}` is not asked in this case; leave it out")]
    NotAsked(String),
    /// The fact is known already; what is known can be disputed.
    #[error("`{0}` is known already; if it is not right, dispute it")]
    AlreadyKnown(FactKey),
    /// The value is not of the fact's type or list.
    #[error("`{fact}` must be {expected}")]
    WrongType {
        /// The fact.
        fact: String,
        /// The type, as the dictionary writes it.
        expected: String,
    },
    /// A report lacks what identifies the happening, or what opens the case.
    #[error("the report lacks {}", .0.join(", "))]
    Lacking(Vec<String>),
    /// Two members of one report are the same one.
    #[error(
        "`{role}[{first}]` and `{role}[{second}]` are the same one: both have the same {}; leave one out, or say how they differ",
        .attributes.join(" and ")
    )]
    SameMember {
        /// The group.
        role: Role,
        /// The place of the one in the report, from 0.
        first: usize,
        /// The place of the other.
        second: usize,
        /// What tells members apart.
        attributes: Vec<String>,
    },
    /// There is no such offer, or it was answered.
    #[error("{0} is not on offer: it was answered, or is not offered yet")]
    NoSuchOffer(StepId),
    /// The case cannot be withdrawn (any more).
    #[error("the case cannot be withdrawn: {0}")]
    CannotWithdraw(String),
    /// The party may not do that.
    #[error("{0}")]
    NotYours(String),
    /// The step is not in a state in which this can be done.
    #[error("{step} is {state}; {act} is not possible then")]
    NotNow {
        /// The step.
        step: StepId,
        /// What it is.
        state: String,
        /// What was tried.
        act: &'static str,
    },
    /// A limit was reached.
    #[error("{0}")]
    Limit(String),
    /// The case has ended.
    #[error("the case has ended: {0}")]
    Ended(String),
    /// The plan that it would be decided with is not the case's.
    #[error("the case is on plan {}, not on the one given", .0.0)]
    OtherPlan(PlanHash),
    /// There is no such mention to decide about.
    #[error("`{role}` has no unmatched member {mention}")]
    NoSuchMention {
        /// The group.
        role: Role,
        /// The mention.
        mention: u16,
    },
    /// The case resembles others, and not the one that it is said to be the same as; or it was not said which.
    #[error("say which case it is the same as: it resembles {}", .0.join(", "))]
    NotOneOf(
        /// The references of those that it resembles.
        Vec<String>,
    ),
    /// There is no such claim to decide about.
    #[error("receipt {0} claims no part in this case that anybody could decide about")]
    NoSuchClaim(u32),
    /// Somebody else is named for the part that is claimed.
    #[error("`{0}` is somebody else, by what is known; who named them corrects that first")]
    PartTaken(PartyId),
    /// The life event has outcomes that no service of the plan can reach.
    #[error("no registered service can bring about {}", .0.join(", "))]
    Unreachable(Vec<String>),
}

/// A call that is owed now: what the caseworker performs, after a crash as after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// The number of the entry that records its intent. Only the process whose append stored that entry performs the
    /// duty, once; for everybody else it is owed at `until`, through [`Input::Look`].
    pub intent: u64,
    /// The step.
    pub step: StepId,
    /// What is asked.
    pub call: CallKind,
    /// Which attempt.
    pub attempt: u32,
    /// The agency.
    pub agency: AgencyId,
    /// The idempotency key.
    pub key: String,
    /// The service that is called: the step's own, or its reversal.
    pub service: ServiceId,
    /// The contract that the call was decided under.
    pub contract: String,
    /// For what purpose.
    pub purpose: String,
    /// The moment of receipt that counts in law.
    pub received_at: Instant,
    /// When it counts as unanswered.
    pub until: Instant,
    /// The operation asked about, for a status call to a pending step.
    pub operation: Option<String>,
    /// What the request carries.
    pub request: Vec<RequestField>,
}

/// A field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestField {
    /// The field, from the request down.
    pub field: String,
    /// What goes into it.
    pub content: Content,
}

/// What goes into a field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One value.
    One(Value),
    /// One per member of the group, in the order of members; none where a member has none.
    Each(Vec<Option<Value>>),
}
