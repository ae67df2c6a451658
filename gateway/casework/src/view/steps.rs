//! The steps of a case as one party sees them.

use super::{SeenStep, Status, about, is_or_acts_for, shares};
use crate::case::{Case, Step, StepState};
use crate::entry::{Owner, Waiting};
use crate::life_event::Shared;
use crate::name::{FactKey, PartyId, StepId};
use crate::picture::{Picture, Standing};
use crate::plan::PlanStep;
use crate::questions::{Question, answers_for_the_reporter, questions};
use crate::readiness::{Blocker, Readiness, owner, readiness};
use crate::rulebook::Rulebook;
use crate::service::Act;
use crate::time::Instant;

/// Every step, in the order of the plan.
pub(super) fn seen(rules: &Rulebook<'_>, case: &Case, party: &PartyId) -> Vec<SeenStep> {
    let picture = Picture { rules, case };
    let asked = questions(rules, case);
    let mut seen = Vec::new();
    for step in &rules.plan.steps {
        for id in picture.instances(step) {
            let state = picture.step(&id);
            let theirs = is_told(picture, step, &id, party);
            seen.push(SeenStep {
                titles: step.service.titles.clone(),
                agency: state.and_then(|state| state.agency.clone()),
                status: status(picture, step, &id, party, &asked),
                since: since(picture, step, &id),
                term_ends: state.and_then(|state| state.term_ends),
                decision: state.filter(|_| theirs).and_then(|state| state.decision.clone()),
                step: id,
            });
        }
    }
    seen
}

/// Since when the step is in its state; one whose turn has not come, since when it waits for an answer.
fn since(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Instant {
    let state = picture.step(id);
    if let Some(state) = state.filter(|state| state.state != StepState::NotDue) {
        return state.since;
    }
    let opened = picture.case.opened_at;
    let Readiness::Later(blockers) = readiness(picture, step, id, picture.case.changed_at) else {
        return state.map_or(opened, |state| state.since);
    };
    let asked = blockers.iter().filter_map(|blocker| match blocker {
        Blocker::Question(key) => Some(asked_since(picture, key)),
        Blocker::Dispute(key) => picture.case.facts.get(key)?.dispute.as_ref().map(|dispute| dispute.since),
        Blocker::Step(_) | Blocker::Group(_) => None,
    });
    asked.min().unwrap_or(opened)
}

/// Since when a fact is asked: since its giver turned out not to have it, or from the beginning.
fn asked_since(picture: Picture<'_>, key: &FactKey) -> Instant {
    let (givers, _) = picture.givers(key);
    let given_up = givers.iter().filter_map(|giver| picture.step(giver)).map(|step| step.since);
    given_up.max().unwrap_or(picture.case.opened_at)
}

/// Whether an offer of the step is to this party. What is not in the plan is offered to nobody.
pub(crate) fn is_offered_to(picture: Picture<'_>, id: &StepId, party: &PartyId) -> bool {
    picture.rules.plan.step(&id.service).is_some_and(|step| is_about(picture, step, id, party))
}

/// Whether what the step decides is about the party, or whom they act for.
fn is_about(picture: Picture<'_>, step: &PlanStep, id: &StepId, party: &PartyId) -> bool {
    !picture.rules.plan.life_event.hears_nothing(&party.role)
        && whose(picture, step, id).iter().any(|whose| is_or_acts_for(picture.rules, party, whose))
}

/// Whether the party is told what the step decides: it is about them, the life event shares it with them, or it is the
/// answer to a duty to report that they fulfilled by opening the case.
fn is_told(picture: Picture<'_>, step: &PlanStep, id: &StepId, party: &PartyId) -> bool {
    let (rules, case) = (picture.rules, picture.case);
    if rules.plan.life_event.hears_nothing(&party.role) {
        return false;
    }
    let declared = step.service.act == Act::Duty && picture.reporters().next() == Some(party);
    declared
        || whose(picture, step, id).iter().any(|whose| {
            is_or_acts_for(rules, party, whose) || shares(rules, case, party, whose, Shared::Decisions)
        })
}

/// Whom the step decides about: whom what it gives is about; where it gives nothing, what it needs.
fn whose(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Vec<PartyId> {
    let gives = step.gifts.iter().map(|gift| &gift.fact);
    let needs = step.needs.iter().filter(|need| !need.collects).map(|need| &need.fact);
    let facts: Vec<_> = if step.gifts.is_empty() { needs.collect() } else { gives.collect() };
    let keys = facts.into_iter().map(|fact| picture.key(fact, step.per.as_ref(), id.member.as_ref()));
    keys.filter_map(|key| about(picture.rules, picture.case, &key)).collect()
}

fn status(picture: Picture<'_>, step: &PlanStep, id: &StepId, party: &PartyId, asked: &[Question]) -> Status {
    let Some(state) = picture.step(id) else { return not_due(picture, step, id, party, asked) };
    let agency = || state.agency.clone().map_or(Status::WaitingFor(Owner::Operators), Status::InProgress);
    match &state.state {
        StepState::NotDue => not_due(picture, step, id, party, asked),
        StepState::Waiting { why: Waiting::OfferAnswer, .. } => offered(picture, step, id, party),
        StepState::Waiting { why, .. } => waiting(picture, state, why, party),
        StepState::Calling(_) | StepState::Pending { .. } | StepState::InDoubt { ask_at: Some(_), .. } => {
            agency()
        }
        StepState::InDoubt { ask_at: None, .. } => {
            Status::WaitingFor(state.agency.clone().map_or(Owner::Operators, Owner::Agency))
        }
        StepState::Parked { owner, .. } => Status::WaitingFor(owner.clone()),
        StepState::Done => Status::Done,
        StepState::Refused => Status::Refused,
        StepState::Skipped(_) => Status::NotApplicable,
        StepState::Reversing(_) => Status::BeingUndone,
        StepState::Reversed(_) => Status::Undone,
        StepState::Stands { reason, remedy } => Status::Stands(*reason, remedy.clone()),
    }
}

/// An offer is to whom it is about, or who speaks for them: nobody else takes or declines it.
fn offered(picture: Picture<'_>, step: &PlanStep, id: &StepId, party: &PartyId) -> Status {
    if is_about(picture, step, id, party) {
        return Status::YouMayAccept;
    }
    let first =
        step.gifts.iter().map(|gift| &gift.fact).chain(step.needs.iter().map(|need| &need.fact)).next();
    let key = first.map(|fact| picture.key(fact, step.per.as_ref(), id.member.as_ref()));
    let whose = key.and_then(|key| about(picture.rules, picture.case, &key));
    Status::WaitingFor(whose.map_or(Owner::Operators, Owner::Party))
}

fn waiting(picture: Picture<'_>, state: &Step, why: &Waiting, party: &PartyId) -> Status {
    match why {
        // Whose offer it is, `offered` says.
        Waiting::OfferAnswer => Status::Later(Vec::new()),
        Waiting::Agency(_) => {
            Status::WaitingFor(state.agency.clone().map_or(Owner::Operators, Owner::Agency))
        }
        Waiting::NoAgency | Waiting::SeveralAgencies(_) | Waiting::Plan => {
            Status::WaitingFor(Owner::Operators)
        }
        Waiting::Endpoint(agency)
        | Waiting::Contract(agency)
        | Waiting::Withdrawn(agency)
        | Waiting::Grant { from: agency, .. } => Status::WaitingFor(Owner::Agency(agency.clone())),
        Waiting::Fact { fact, owner: Owner::Party(owner) } if owner == party => {
            Status::YouMustAnswer(vec![fact.clone()])
        }
        Waiting::Fact { owner, .. } => Status::WaitingFor(owner.clone()),
        Waiting::Optional(facts) => {
            let givers = facts.iter().filter_map(|fact| match picture.standing(fact) {
                Standing::Coming(giver) => giver,
                _ => None,
            });
            Status::Later(givers.collect())
        }
    }
}

/// A step whose turn has not come: because of the party, of somebody else, or of other steps.
fn not_due(
    picture: Picture<'_>,
    step: &PlanStep,
    id: &StepId,
    party: &PartyId,
    asked: &[Question],
) -> Status {
    if picture.case.withdrawal.is_some() {
        return Status::NotApplicable;
    }
    let now = picture.case.changed_at;
    let Readiness::Later(blockers) = readiness(picture, step, id, now) else {
        return Status::Later(Vec::new());
    };
    let (mut yours, mut others, mut before) = (Vec::new(), None, Vec::new());
    for blocker in blockers {
        match blocker {
            Blocker::Question(key) => match asked_of(picture, asked, &key, party) {
                Ok(()) => yours.push(key),
                Err(owner) => others = Some(owner),
            },
            Blocker::Dispute(key) => {
                others = Some(picture.current(&key).map_or(Owner::Operators, |r| owner(&r.source)));
            }
            Blocker::Step(step) => before.push(step),
            Blocker::Group(_) => {}
        }
    }
    match others {
        _ if !yours.is_empty() => Status::YouMustAnswer(yours),
        Some(owner) => Status::WaitingFor(owner),
        None => Status::Later(before),
    }
}

/// Whether the party may answer the question; otherwise who may.
fn asked_of(picture: Picture<'_>, asked: &[Question], key: &FactKey, party: &PartyId) -> Result<(), Owner> {
    let of = asked.iter().find(|question| question.key == *key).map_or(&[][..], |question| &question.of);
    match of.first() {
        Some(_) if of.contains(party) => Ok(()),
        Some(other) => Err(Owner::Party(other.clone())),
        None if answers_for_the_reporter(picture, party) => Ok(()),
        None => Err(picture.reporters().next().map_or(Owner::Operators, |other| Owner::Party(other.clone()))),
    }
}
