//! What one party may see of a case: the facts that are about them or that they supplied, the state of every step,
//! and who saw which of their facts. Others' facts are not in it, and a protected address never is.

mod beside;
mod steps;

pub use beside::{Beside, BesideWait, beside_steps};
pub(crate) use steps::is_offered_to;

use crate::case::Case;
use crate::decide::PERSON;
use crate::dictionary::{AskOf, Texts};
use crate::entry::{Actor, CallKind, Decision, Entry, Known, Owner, Recorded, Source, StandsReason};
use crate::life_event::Shared;
use crate::name::{AgencyId, ConceptName, FactKey, FactName, PartyId, Role, ServiceId, StepId};
use crate::rulebook::Rulebook;
use crate::service::Remedy;
use crate::time::Instant;
use crate::value::{Value, ValueType};

/// The kind of thing that people live at.
const ADDRESS: &str = "address";
/// The attribute of a person that says that their address is secret.
const PROTECTED: &str = "protected";

/// What one party sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Whose view it is.
    pub party: PartyId,
    /// The facts about them, and those they supplied.
    pub facts: Vec<SeenFact>,
    /// Every step.
    pub steps: Vec<SeenStep>,
    /// Who saw which of their facts, oldest first.
    pub disclosures: Vec<SeenDisclosure>,
}

/// A fact that a party sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFact {
    /// The fact.
    pub key: FactKey,
    /// Its concept.
    pub concept: Option<ConceptName>,
    /// Which revision it is: what a dispute names.
    pub revision: u32,
    /// What is known.
    pub known: Known,
    /// Where it comes from.
    pub source: Source,
    /// Since when.
    pub at: Instant,
    /// Whether it is disputed.
    pub disputed: bool,
}

/// A step that a party sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenStep {
    /// The step.
    pub step: StepId,
    /// Its service's names.
    pub titles: Texts,
    /// The agency, once it is chosen.
    pub agency: Option<AgencyId>,
    /// In a citizen's words.
    pub status: Status,
    /// Since when.
    pub since: Instant,
    /// When its legal term ends.
    pub term_ends: Option<Instant>,
    /// The decision. None where the step is about another party, with whom it is not shared.
    pub decision: Option<Decision>,
}

/// The state of a step in a citizen's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Comes later: these are done first.
    Later(Vec<StepId>),
    /// You are asked these.
    YouMustAnswer(Vec<FactKey>),
    /// You are offered it.
    YouMayAccept,
    /// Somebody is waited for.
    WaitingFor(Owner),
    /// The agency is at it.
    InProgress(AgencyId),
    /// Done.
    Done,
    /// Refused: the decision says why and how to object.
    Refused,
    /// Does not apply, or was not wanted.
    NotApplicable,
    /// Being taken back.
    BeingUndone,
    /// Taken back.
    Undone,
    /// Stands although the case was withdrawn.
    Stands(StandsReason, Option<Remedy>),
}

/// That an agency was given facts of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDisclosure {
    /// When.
    pub at: Instant,
    /// To whom.
    pub agency: AgencyId,
    /// For which service.
    pub service: ServiceId,
    /// For what purpose.
    pub purpose: String,
    /// On what legal basis.
    pub legal_basis: String,
    /// Which of their facts.
    pub facts: Vec<FactKey>,
}

/// Every step as the party sees it, in the order of the plan: what a view tells besides facts.
#[must_use]
pub fn steps(rules: &Rulebook<'_>, case: &Case, party: &PartyId) -> Vec<SeenStep> {
    steps::seen(rules, case, party)
}

/// What the party sees of the case. `log` is the case's whole log: what was disclosed follows from it.
#[must_use]
pub fn view<'a>(
    rules: &Rulebook<'_>,
    case: &Case,
    log: impl IntoIterator<Item = &'a Recorded>,
    party: &PartyId,
) -> View {
    let facts = case
        .facts
        .iter()
        .filter(|(key, _)| may_see(rules, case, key, party))
        .filter_map(|(key, fact)| {
            let current = fact.current()?;
            Some(SeenFact {
                concept: rules.plan.life_event.concept_of(&key.name),
                key: key.clone(),
                revision: current.number,
                known: current.known.clone(),
                source: current.source.clone(),
                at: current.at,
                disputed: fact.dispute.is_some(),
            })
        })
        .collect();
    let disclosures =
        log.into_iter().filter_map(|recorded| disclosure(rules, case, recorded, party)).collect();
    View { party: party.clone(), facts, steps: steps::seen(rules, case, party), disclosures }
}

/// What this entry told an agency about the party.
fn disclosure(
    rules: &Rulebook<'_>,
    case: &Case,
    recorded: &Recorded,
    party: &PartyId,
) -> Option<SeenDisclosure> {
    let Entry::Called { step, call, agency, discloses, purpose, legal_basis, .. } = &recorded.entry else {
        return None;
    };
    let mut facts: Vec<FactKey> = discloses.iter().map(|disclosure| disclosure.key.clone()).collect();
    facts.retain(|key| concerns(rules, case, key, party));
    facts.sort();
    facts.dedup();
    let own = rules.plan.step(&step.service);
    let service = match call {
        CallKind::Reverse => own.and_then(|own| own.service.reversal.as_ref()).map(|r| r.service.clone()),
        CallKind::Perform | CallKind::Status | CallKind::Cancel => None,
    };
    (!facts.is_empty()).then(|| SeenDisclosure {
        at: recorded.at,
        agency: agency.clone(),
        service: service.unwrap_or_else(|| step.service.clone()),
        purpose: purpose.clone(),
        legal_basis: legal_basis.clone(),
        facts,
    })
}

/// Whether a fact is about the party, or about somebody the party acts for, or was supplied by them.
fn concerns(rules: &Rulebook<'_>, case: &Case, key: &FactKey, party: &PartyId) -> bool {
    let supplied =
        case.facts.get(key).and_then(|fact| fact.current()).is_some_and(
            |revision| matches!(&revision.source, Source::Party { party: Some(by) } if by == party),
        );
    let theirs = |about: PartyId| {
        is_or_acts_for(rules, party, &about) || shares(rules, case, party, &about, Shared::Everything)
    };
    !rules.plan.life_event.hears_nothing(&party.role)
        && (supplied || about(rules, case, key).is_some_and(theirs))
}

/// Whether the life event shares that much of what is about one party with another.
fn shares(rules: &Rulebook<'_>, case: &Case, party: &PartyId, whose: &PartyId, what: Shared) -> bool {
    let holds = |name: &FactName| {
        let member = whose.member.clone().filter(|_| name.is_of(&whose.role));
        let known = case.facts.get(&FactKey { name: name.clone(), member }).and_then(|fact| fact.current());
        known.is_some_and(
            |revision| matches!(&revision.known, Known::Value(value) if *value != Value::Bool(false)),
        )
    };
    let spec = rules.plan.life_event.role(&whose.role);
    party.member.is_none()
        && spec
            .into_iter()
            .flat_map(|spec| &spec.shared_with)
            .any(|shared| shared.role == party.role && shared.what >= what && shared.once.iter().all(holds))
}

/// Whether a party is this one, or acts for it: the life event says who speaks for a role that cannot.
fn is_or_acts_for(rules: &Rulebook<'_>, party: &PartyId, other: &PartyId) -> bool {
    let spoken_for = rules.plan.life_event.role(&other.role).and_then(|spec| spec.about.as_ref());
    party == other || (spoken_for == Some(&party.role) && party.member.is_none())
}

/// Whether the party may see this fact: it is about them (or whom they act for) or they supplied it; and it is not the
/// address of somebody else whose address is protected.
#[must_use]
pub fn may_see(rules: &Rulebook<'_>, case: &Case, key: &FactKey, party: &PartyId) -> bool {
    concerns(rules, case, key, party) && !is_protected(rules, case, key, party)
}

/// Whether the fact is where somebody else lives, and that is secret.
fn is_protected(rules: &Rulebook<'_>, case: &Case, key: &FactKey, viewer: &PartyId) -> bool {
    let life_event = &rules.plan.life_event;
    let concept = life_event.concept_of(&key.name);
    let kind = life_event.role_of(&key.name).map(|spec| spec.kind.as_str());
    let typed = concept.and_then(|concept| rules.dictionary.concept(&concept)).map(|concept| &concept.value);
    let place = kind == Some(ADDRESS) || typed == Some(&ValueType::Address);
    let Some(whose) = about(rules, case, key).filter(|whose| place && whose != viewer) else { return false };
    let Ok(name) = FactName::of(&whose.role, PROTECTED) else { return true };
    let flag = case.facts.get(&FactKey { name, member: whose.member }).and_then(|fact| fact.current());
    flag.is_some_and(|flag| flag.known == Known::Value(Value::Bool(true)))
}

/// The party that a fact is about: who plays its role; of a thing, the role its life event names, or the reporter.
#[must_use]
pub fn about(rules: &Rulebook<'_>, case: &Case, key: &FactKey) -> Option<PartyId> {
    let role = key.name.role();
    let spec = rules.plan.life_event.role(&role)?;
    if spec.kind.as_str() == PERSON {
        return Some(PartyId { role, member: key.member.clone() });
    }
    match &spec.about {
        Some(role) => Some(PartyId { role: role.clone(), member: None }),
        None => case.receipts.first().and_then(|receipt| match &receipt.by {
            Actor::Party { party, .. } => party.clone(),
            Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
        }),
    }
}

/// The role whose party the facts of a role are about; none for a thing that is the reporter's.
pub(crate) fn about_role(rules: &Rulebook<'_>, role: &Role) -> Option<Role> {
    let spec = rules.plan.life_event.role(role)?;
    if spec.kind.as_str() == PERSON { Some(role.clone()) } else { spec.about.clone() }
}

/// Whether the dictionary lets nobody answer for a fact but the person it is about. For who hears nothing others
/// answer.
pub(crate) fn asks_only_whom_it_is_about(rules: &Rulebook<'_>, name: &FactName) -> bool {
    if about_role(rules, &name.role()).is_some_and(|role| rules.plan.life_event.hears_nothing(&role)) {
        return false;
    }
    let concept = rules.plan.life_event.concept_of(name);
    let ask = concept.and_then(|name| rules.dictionary.concept(&name)).and_then(|c| c.ask.as_ref());
    ask.is_some_and(|ask| ask.of == AskOf::About)
}
