//! What the citizen must end up with: when each outcome is reached or decided, and when nothing is owed any more.

use std::collections::BTreeSet;

use super::Draft;
use crate::case::{CaseState, StepState};
use crate::condition::{Condition, Truth};
use crate::entry::{Entry, Waiting};
use crate::name::{FactName, MemberId, OutcomeId, Role, StepId};
use crate::picture::{Picture, Settled, Standing};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::questions::is_unwanted;
use crate::readiness::{Blocker, Readiness, readiness};
use crate::time::Instant;

/// Settles the outcomes that changed, and completes the case where all are settled and nothing is owed.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let plan = draft.rules.plan;
    let mut all = true;
    for outcome in &plan.life_event.outcomes {
        let Some(condition) = plan.outcomes.get(&outcome.id) else { continue };
        let per = outcome.per.as_ref();
        for member in draft.picture().each(per) {
            match reached(draft.picture(), condition, per, member.as_ref()) {
                Some(reached) => note(draft, &outcome.id, member, reached),
                None => all = false,
            }
        }
        all &= per.is_none_or(|role| draft.picture().closed(role));
    }
    if all
        && draft.case.state == CaseState::Open
        && (planted(Fault::CompletedTooEarly) || !owes(draft.picture(), draft.now))
    {
        draft.follow(Entry::Completed);
    }
}

/// What was reached and no longer is, now that steps were taken back.
pub(super) fn take_back(draft: &mut Draft<'_>) {
    let plan = draft.rules.plan;
    for outcome in &plan.life_event.outcomes {
        let Some(condition) = plan.outcomes.get(&outcome.id) else { continue };
        let per = outcome.per.as_ref();
        for member in draft.picture().each(per) {
            let key = (outcome.id.clone(), member.clone());
            let was_reached = draft.case.outcomes.get(&key) == Some(&true);
            if was_reached && draft.picture().truth(condition, per, member.as_ref()) != Truth::True {
                note(draft, &outcome.id, member, false);
            }
        }
    }
}

fn note(draft: &mut Draft<'_>, outcome: &OutcomeId, member: Option<MemberId>, reached: bool) {
    let key = (outcome.clone(), member);
    if draft.case.outcomes.get(&key) != Some(&reached) {
        let (outcome, member) = key;
        draft.follow(Entry::OutcomeSettled { outcome, member, reached });
    }
}

/// Whether the outcome is reached, or decided otherwise because all that could have reached it has ended; none while
/// that is open.
fn reached<'a>(
    picture: Picture<'a>,
    condition: &'a Condition,
    per: Option<&Role>,
    member: Option<&MemberId>,
) -> Option<bool> {
    if picture.truth(condition, per, member) == Truth::True {
        return Some(true);
    }
    let final_ = |standing| match standing {
        Standing::Known(_)
        | Standing::Absent(_)
        | Standing::Unsaid(_)
        | Standing::LeftOpen
        | Standing::Lost(_) => true,
        Standing::Coming(_) | Standing::Askable(_) | Standing::Disputed => false,
    };
    let mut is_final = |fact: &FactName| final_(picture.standing(&picture.key(fact, per, member)));
    condition.each_fact(&mut is_final).then_some(false)
}

/// Whether anything is owed: a step that has not ended, a dispute, a member whom nobody has matched.
fn owes(picture: Picture<'_>, now: Instant) -> bool {
    let mut excused = BTreeSet::new();
    let disputed = picture.case.facts.values().any(|fact| fact.dispute.is_some());
    disputed
        || !picture.case.unmatched.is_empty()
        || picture.rules.plan.steps.iter().any(|step| {
            let owed = picture.instances(step).into_iter().any(|id| {
                let ended = picture.settled(&id) != Settled::No;
                let excuse = !ended && is_excused(picture, step, &id, &excused, now);
                if excuse {
                    excused.insert(id);
                }
                !ended && !excuse
            });
            owed || step.per.as_ref().is_some_and(|role| more_may_come(picture, role, &excused))
        })
}

/// The steps that have not ended and that the case does not stay open for.
pub(super) fn excused(picture: Picture<'_>, now: Instant) -> BTreeSet<StepId> {
    let mut excused = BTreeSet::new();
    for step in &picture.rules.plan.steps {
        for id in picture.instances(step) {
            if picture.settled(&id) == Settled::No && is_excused(picture, step, &id, &excused, now) {
                excused.insert(id);
            }
        }
    }
    excused
}

/// Whether a case may complete although this step has not ended: an offer that nobody has answered, or that nobody has
/// said enough for to be made, a step that is not essential and that only people can take further, and what waits for
/// either.
fn is_excused(
    picture: Picture<'_>,
    step: &PlanStep,
    id: &StepId,
    excused: &BTreeSet<StepId>,
    now: Instant,
) -> bool {
    match picture.step(id).map_or(&StepState::NotDue, |state| &state.state) {
        StepState::Waiting { why: Waiting::OfferAnswer, .. } => true,
        StepState::Waiting { why, .. } => {
            let by_people = match why {
                Waiting::NoAgency
                | Waiting::SeveralAgencies(_)
                | Waiting::Contract(_)
                | Waiting::Withdrawn(_)
                | Waiting::Plan
                | Waiting::Grant { .. }
                | Waiting::Fact { .. } => true,
                Waiting::OfferAnswer | Waiting::Agency(_) | Waiting::Endpoint(_) | Waiting::Optional(_) => {
                    false
                }
            };
            by_people && !step.essential
        }
        StepState::Parked { .. } | StepState::InDoubt { ask_at: None, .. } => !step.essential,
        StepState::NotDue => match readiness(picture, step, id, now) {
            Readiness::Later(blockers) => blockers.iter().any(|blocker| match blocker {
                Blocker::Step(before) => excused.contains(before),
                Blocker::Question(_) => !step.essential && is_unwanted(picture, step, id),
                Blocker::Group(_) | Blocker::Dispute(_) => false,
            }),
            _ => false,
        },
        _ => false,
    }
}

/// Whether steps may still come of members that nobody has named yet, and not only of excused givers.
fn more_may_come(picture: Picture<'_>, role: &Role, excused: &BTreeSet<StepId>) -> bool {
    let creates = |step: &&PlanStep| step.gifts.iter().any(|gift| gift.creates && gift.fact.is_of(role));
    let mut givers = picture.rules.plan.steps.iter().filter(creates).flat_map(|step| picture.instances(step));
    !picture.closed(role) && !givers.any(|id| excused.contains(&id))
}
