//! Whether a step can go: what it still waits for, why it does not run, or what its call would disclose.
//!
//! How a need that cannot be met ends, precisely:
//!
//! - Its givers refused, were skipped, or say that the law does not apply: the step is skipped, `Missing`.
//! - Its source says that there is none (or the party that they do not know), and nobody else can be asked: a step
//!   that is essential waits, with that source as owner, since the case may not complete without it; one that is not
//!   is skipped, `Missing`. A service that rather wants to be skipped then says `when: has(…)`.
//! - Either way a party is asked first, where the dictionary lets one be asked.
//!
//! What a party was asked beforehand and left open in their report is gone without wherever it can be: an optional need is
//! not waited for, and a condition takes it for absent. It stays open to answer.
//!
//! The facts of a condition count as needs: where its truth cannot be said without a fact that will not come, the
//! same holds.

use crate::case::Offer;
use crate::condition::Truth;
use crate::entry::{Disclosure, Known, Owner, SkipReason, Source, Waiting};
use crate::name::{FactKey, Role, StepId};
use crate::picture::{Picture, Settled, Standing};
use crate::plan::{Because, PlanNeed, PlanStep};
use crate::service::Mode;
use crate::term;
use crate::time::Instant;

/// Whether a step can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Not yet: these come first.
    Later(Vec<Blocker>),
    /// It does not run.
    Skip(SkipReason),
    /// It could go, but for this.
    Wait(Waiting, Option<Instant>),
    /// It is to be offered, or the answer to the offer is awaited.
    Offer,
    /// It can go, and would disclose this.
    Go(Vec<Disclosure>),
}

/// What comes before a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Blocker {
    /// A step.
    Step(StepId),
    /// A group of which not all members are known.
    Group(Role),
    /// The answer to a question.
    Question(FactKey),
    /// The settlement of a dispute.
    Dispute(FactKey),
}

/// What is found while the needs of a step are gone through.
#[derive(Default)]
struct Found {
    later: Vec<Blocker>,
    /// What is awaited only for as long as the service wants to.
    optional: Vec<(FactKey, Blocker)>,
    missing: Option<Missing>,
    /// A group that it needs somebody of, and that has nobody.
    empty: Option<Role>,
    discloses: Vec<Disclosure>,
}

/// A need that cannot be met.
struct Missing {
    fact: FactKey,
    giver: Option<StepId>,
    /// Who says so; none where the giver is gone for good.
    owner: Option<Owner>,
}

/// Whether the step can go now.
pub(crate) fn readiness(picture: Picture<'_>, step: &PlanStep, id: &StepId, now: Instant) -> Readiness {
    // A condition that is false needs no patience, whatever comes before the step.
    if let Some(readiness) = condition(picture, step, id).or_else(|| order(picture, step, id)) {
        return readiness;
    }
    if step.service.mode == Mode::Inform {
        return Readiness::Skip(SkipReason::Informed);
    }
    if let Some(by) = given_first(picture, step, id) {
        return Readiness::Skip(SkipReason::Given { by });
    }
    let mut found = Found::default();
    for need in &step.needs {
        if need.collects {
            collect(picture, need, &mut found)
        } else {
            take(picture, step, id, need, &mut found)
        }
    }
    if let Some(fact) = &step.competence {
        let key = picture.key(fact, step.per.as_ref(), id.member.as_ref());
        require(picture, key, &mut found);
    }
    conclude(picture, step, id, found, now)
}

fn conclude(picture: Picture<'_>, step: &PlanStep, id: &StepId, found: Found, now: Instant) -> Readiness {
    let offered = step.service.mode == Mode::Offer
        && picture.step(id).and_then(|state| state.offer) != Some(Offer::Accepted);
    if let Some(role) = found.empty {
        return Readiness::Skip(SkipReason::EmptyGroup { role });
    }
    if let Some(missing) = found.missing {
        return without(step, missing);
    }
    if offered {
        return Readiness::Offer;
    }
    if !found.later.is_empty() {
        return Readiness::Later(found.later);
    }
    let patience = step.service.wait_for.as_ref().and_then(|text| term::millis(text).ok());
    match (found.optional.is_empty(), patience) {
        (true, _) => Readiness::Go(found.discloses),
        (false, None) => {
            let coming = found.optional.into_iter().filter(|(_, by)| !matches!(by, Blocker::Question(_)));
            let coming: Vec<_> = coming.map(|(_, blocker)| blocker).collect();
            if coming.is_empty() { Readiness::Go(found.discloses) } else { Readiness::Later(coming) }
        }
        (false, Some(patience)) => {
            let until = optional_until(picture, id).unwrap_or_else(|| now.plus(patience));
            if now >= until {
                return Readiness::Go(found.discloses);
            }
            let facts = found.optional.into_iter().map(|(key, _)| key).collect();
            Readiness::Wait(Waiting::Optional(facts), Some(until))
        }
    }
}

/// What becomes of a step that cannot have a fact it needs.
fn without(step: &PlanStep, missing: Missing) -> Readiness {
    match missing {
        Missing { fact, owner: Some(owner), .. } if step.essential => {
            Readiness::Wait(Waiting::Fact { fact, owner }, None)
        }
        Missing { fact, giver, .. } => Readiness::Skip(SkipReason::Missing { fact, giver }),
    }
}

/// When the step goes without its optional needs, once that is decided.
fn optional_until(picture: Picture<'_>, id: &StepId) -> Option<Instant> {
    picture.step(id)?.goes_without_at
}

/// What comes before it for another reason than a fact: what the law wants first, and who gives the same fact first.
fn order(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<Readiness> {
    let mut later = Vec::new();
    for wait in &step.waits_for {
        match wait.because {
            Because::Law | Because::GivesFirst(_) => {}
            Because::Needs(_) | Because::CanUse(_) | Because::Condition(_) => continue,
        }
        let before = picture.waited_for(wait, step, id).into_iter();
        later.extend(before.filter(|other| picture.settled(other) == Settled::No).map(Blocker::Step));
        later.extend(picture.more_may_come(wait, step).cloned().map(Blocker::Group));
    }
    (!later.is_empty()).then_some(Readiness::Later(later))
}

/// What the step's condition says of it; none where it holds.
fn condition(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<Readiness> {
    let when = step.when.as_ref()?;
    let (per, member) = (step.per.as_ref(), id.member.as_ref());
    match picture.truth(when, per, member) {
        Truth::True => None,
        Truth::False => {
            Some(Readiness::Skip(SkipReason::Condition { facts: when.facts().into_iter().collect() }))
        }
        Truth::Unknown => {
            let mut found = Found::default();
            for fact in when.facts() {
                let key = picture.key(&fact, per, member);
                // What was left open is absent to a condition.
                if !matches!(picture.standing(&key), Standing::LeftOpen) {
                    require(picture, key, &mut found);
                }
            }
            match found.missing {
                Some(missing) if found.later.is_empty() => Some(without(step, missing)),
                _ => Some(Readiness::Later(found.later)),
            }
        }
    }
}

/// The step that has given all that this one would give, and comes before it.
fn given_first(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<StepId> {
    if !step.waits_for.iter().any(|wait| matches!(wait.because, Because::GivesFirst(_))) {
        return None;
    }
    let mut by = None;
    for gift in &step.gifts {
        let key = picture.key(&gift.fact, step.per.as_ref(), id.member.as_ref());
        by = Some(giver_before(picture, &key, id)?);
    }
    by
}

/// The step that has given this fact a value and comes before `id` in the choice of givers.
pub(crate) fn giver_before(picture: Picture<'_>, key: &FactKey, id: &StepId) -> Option<StepId> {
    let current = picture.current(key)?;
    let Source::Step { step: by, .. } = &current.source else { return None };
    let (givers, _) = picture.givers(key);
    let place = |wanted: &StepId| givers.iter().position(|giver| giver == wanted);
    let before = place(by)? < place(id)?;
    let holds = matches!(current.known, Known::Value(_)) && picture.settled(by) == Settled::Done;
    (before && holds).then(|| by.clone())
}

/// A need of one fact.
fn take(picture: Picture<'_>, step: &PlanStep, id: &StepId, need: &PlanNeed, found: &mut Found) {
    let key = picture.key(&need.fact, step.per.as_ref(), id.member.as_ref());
    let standing = picture.standing(&key);
    if let Standing::Known(revision) = &standing {
        found.discloses.push(Disclosure { key, revision: revision.number, field: need.field.clone() });
    } else if need.optional {
        match blocker(&key, &standing).filter(|_| !matches!(standing, Standing::LeftOpen)) {
            Some(dispute @ Blocker::Dispute(_)) => found.later.push(dispute),
            Some(blocker) => found.optional.push((key, blocker)),
            None => {}
        }
    } else {
        lack(key, &standing, found);
    }
}

/// A need of the facts of all members: it is met once one of them has it, and goes without those of the others.
fn collect(picture: Picture<'_>, need: &PlanNeed, found: &mut Found) {
    let role = need.fact.role();
    if !picture.closed(&role) {
        found.later.push(Blocker::Group(role));
        return;
    }
    let (mut any, mut blocked, mut lacking) = (false, false, None);
    for member in picture.members(&role) {
        let key = FactKey { name: need.fact.clone(), member: Some(member.clone()) };
        let standing = picture.standing(&key);
        match (&standing, blocker(&key, &standing)) {
            (Standing::Known(revision), _) => {
                any = true;
                let revision = revision.number;
                found.discloses.push(Disclosure { key, revision, field: need.field.clone() });
            }
            (Standing::LeftOpen, _) if need.optional => {}
            (_, Some(blocker)) if need.optional && !matches!(blocker, Blocker::Dispute(_)) => {
                found.optional.push((key, blocker));
            }
            (_, Some(blocker)) => {
                blocked = true;
                found.later.push(blocker);
            }
            (_, None) => lacking = Some((key, standing)),
        }
    }
    if any || blocked || need.optional {
        return;
    }
    match lacking {
        Some((key, standing)) => lack(key, &standing, found),
        None => found.empty = Some(role),
    }
}

/// A fact that must be known although it is not disclosed.
fn require(picture: Picture<'_>, key: FactKey, found: &mut Found) {
    let standing = picture.standing(&key);
    if !matches!(standing, Standing::Known(_)) {
        lack(key, &standing, found);
    }
}

/// What a fact that is not known is waited for with; none where waiting is of no use.
fn blocker(key: &FactKey, standing: &Standing<'_>) -> Option<Blocker> {
    match standing {
        Standing::Coming(Some(giver)) => Some(Blocker::Step(giver.clone())),
        Standing::Coming(None) => Some(Blocker::Group(key.name.role())),
        Standing::Askable(_) | Standing::LeftOpen => Some(Blocker::Question(key.clone())),
        Standing::Disputed => Some(Blocker::Dispute(key.clone())),
        Standing::Known(_) | Standing::Absent(_) | Standing::Unsaid(_) | Standing::Lost(_) => None,
    }
}

fn lack(key: FactKey, standing: &Standing<'_>, found: &mut Found) {
    if let Some(blocker) = blocker(&key, standing) {
        found.later.push(blocker);
        return;
    }
    let missing = match standing {
        Standing::Absent(revision) | Standing::Unsaid(revision) => {
            let giver = match &revision.source {
                Source::Step { step, .. } => Some(step.clone()),
                Source::Party { .. } | Source::Agency(_) => None,
            };
            Missing { fact: key, giver, owner: Some(owner(&revision.source)) }
        }
        Standing::Lost(giver) => Missing { fact: key, giver: giver.clone(), owner: None },
        Standing::Known(_)
        | Standing::Coming(_)
        | Standing::Askable(_)
        | Standing::LeftOpen
        | Standing::Disputed => return,
    };
    // A giver that is gone for good outweighs one that may yet say otherwise.
    if found.missing.as_ref().is_none_or(|before| before.owner.is_some()) {
        found.missing = Some(missing);
    }
}

/// Who answers for a fact from this source.
pub(crate) fn owner(source: &Source) -> Owner {
    match source {
        Source::Party { party: Some(party) } => Owner::Party(party.clone()),
        Source::Party { party: None } => Owner::Operators,
        Source::Step { agency, .. } | Source::Agency(agency) => Owner::Agency(agency.clone()),
    }
}
