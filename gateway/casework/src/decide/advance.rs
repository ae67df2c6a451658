//! What follows by itself: the case is gone through, in the order of the plan, until nothing more follows.

use super::{Draft, call, claims, outcomes, redo, silence, withdraw};
use crate::case::{Footprint, Offer, Step, StepState};
use crate::entry::{CallKind, Disclosure, Entry, Known, NotDoneReason, SkipReason, Waiting};
use crate::gate;
use crate::life_event::ClosedBy;
use crate::name::StepId;
use crate::picture::{Picture, Settled, Standing};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::readiness::{Readiness, readiness};
use crate::service::{Bearer, Effect};
use crate::term::{self, TermStart};
use crate::time::Instant;
use crate::value::Value;

/// More rounds than any case needs: each round settles, calls or reopens something, and a case that would go on for
/// ever stops here instead, to be looked at again.
const ROUNDS_MAX: usize = 64;

/// Advances the case until nothing more follows.
pub(super) fn advance(draft: &mut Draft<'_>) {
    for _ in 0..ROUNDS_MAX {
        let before = draft.entries.len();
        if draft.case.withdrawal.is_some() {
            withdraw::advance(draft);
        } else if draft.case.perhaps_same.is_empty() {
            progress(draft);
        }
        if draft.entries[before..].iter().all(|(_, entry)| leads_to_nothing(entry)) {
            return;
        }
    }
}

/// Whether nothing else can follow by itself from an entry: the step that it is about is as unsettled as it was, or it is
/// the end of all that follows.
fn leads_to_nothing(entry: &Entry) -> bool {
    match entry {
        Entry::Called { call, .. } => matches!(call, CallKind::Perform | CallKind::Status),
        Entry::AgencyChosen { .. }
        | Entry::TermSet { .. }
        | Entry::Offered { .. }
        | Entry::Waits { .. }
        | Entry::OutcomeSettled { .. }
        | Entry::Completed => true,
        _ => false,
    }
}

fn progress(draft: &mut Draft<'_>) {
    let plan = draft.rules.plan;
    claims::uphold(draft);
    close_groups(draft);
    for step in &plan.steps {
        for id in draft.picture().instances(step) {
            one(draft, step, &id);
        }
        empty(draft, step);
    }
    outcomes::settle(draft);
}

/// A group that services give is known, and empty, once none of them can give it any more.
fn close_groups(draft: &mut Draft<'_>) {
    let plan = draft.rules.plan;
    for spec in &plan.life_event.roles {
        let by_gift = spec.group.as_ref().is_some_and(|group| group.closed_by == ClosedBy::Gift);
        if !by_gift || draft.case.groups.get(&spec.id).is_some_and(|group| group.closed) {
            continue;
        }
        let picture = draft.picture();
        let creates =
            |step: &&PlanStep| step.gifts.iter().any(|gift| gift.creates && gift.fact.is_of(&spec.id));
        let awaited = plan.steps.iter().filter(creates).any(|step| {
            let open = step.per.as_ref().is_some_and(|role| !picture.closed(role));
            open || picture.instances(step).iter().any(|id| picture.settled(id) == Settled::No)
        });
        if !awaited {
            draft.follow(Entry::GroupClosed { role: spec.id.clone() });
        }
    }
}

/// A step of a group that is known and empty is skipped once, for nobody.
fn empty(draft: &mut Draft<'_>, step: &PlanStep) {
    let Some(role) = &step.per else { return };
    let id = StepId { service: step.service.id.clone(), member: None };
    let picture = draft.picture();
    if picture.closed(role) && picture.members(role).is_empty() && picture.step(&id).is_none() {
        draft.follow(Entry::Skipped { step: id, reason: SkipReason::EmptyGroup { role: role.clone() } });
    }
}

/// One step of one member, whatever state it is in.
fn one(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let now = draft.now;
    let known = draft.case.steps.get(id).cloned();
    let is_back = || known.as_ref().is_some_and(|state| gate::is_back(draft.picture(), step, state));
    match known.as_ref().map_or(&StepState::NotDue, |state| &state.state) {
        StepState::Waiting { why: Waiting::Agency(_), until: Some(until) } if now < *until && !is_back() => {}
        StepState::NotDue | StepState::Waiting { .. } => consider(draft, step, id),
        StepState::Skipped(reason) => redo::skipped(draft, step, id, reason),
        StepState::Calling(call) => silence::calling(draft, step, id, *call),
        StepState::Pending { ask_at } if now >= *ask_at => silence::pending(draft, step, id),
        StepState::InDoubt { ask_at: Some(ask_at), .. } if now >= *ask_at || is_back() => {
            silence::in_doubt(draft, step, id);
        }
        StepState::Reversing(_) => redo::reversing(draft, step, id),
        StepState::Reversed(_) => draft.follow(Entry::Reopened { step: id.clone() }),
        StepState::Done | StepState::Refused => {
            // A term may count from what the step itself gave.
            set_term(draft, step, id);
            redo::settled(draft, step, id);
        }
        StepState::Parked { owner, .. } => redo::parked(draft, step, id, owner),
        StepState::Pending { .. } | StepState::InDoubt { .. } | StepState::Stands { .. } => {}
    }
}

/// A step that has not been called yet, or whose call was surely not done, or that waited.
pub(super) fn consider(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let state = draft.case.steps.get(id);
    if state.is_some_and(|state| state.footprint == Footprint::Perhaps) {
        return again(draft, step, id);
    }
    match readiness(draft.picture(), step, id, draft.now) {
        Readiness::Later(_) => {}
        Readiness::Skip(reason) => draft.follow(Entry::Skipped { step: id.clone(), reason }),
        Readiness::Offer | Readiness::Go(_) if draft.rules.revoked => wait(draft, id, Waiting::Plan, None),
        Readiness::Wait(why, until) => {
            set_term(draft, step, id);
            wait(draft, id, why, until);
        }
        Readiness::Offer => offer(draft, step, id),
        Readiness::Go(discloses) => {
            set_term(draft, step, id);
            go(draft, step, id, discloses);
        }
    }
}

/// It perhaps did something: the very same call again, or none.
fn again(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    if step.service.effect == Effect::Unguarded && !planted(Fault::UnguardedRepeated) {
        silence::in_doubt(draft, step, id);
        return;
    }
    let Some(state) = draft.case.steps.get(id) else { return };
    let (Some(agency), discloses) = (state.agency.clone(), state.consumed.clone()) else { return };
    let stale =
        matches!(state.state, StepState::Waiting { why: Waiting::Agency(NotDoneReason::StaleFact), .. });
    if stale && step.service.cancel {
        match readiness(draft.picture(), step, id, draft.now) {
            // What may still be on its way says what is out of date: it is cancelled before it is said anew.
            Readiness::Go(now) if !same(draft.picture(), state, &now) => {
                return call::cancel(draft, step, id, agency);
            }
            Readiness::Later(_) => return,
            _ => {}
        }
    }
    if draft.rules.revoked {
        return wait(draft, id, Waiting::Plan, None);
    }
    match gate::passes(draft.picture(), step, &agency, &discloses) {
        Ok(()) => call::perform(draft, step, id, agency, discloses),
        Err(why) => wait(draft, id, why, None),
    }
}

fn go(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, discloses: Vec<Disclosure>) {
    // The same key means the same request: one that would say something else is a run of its own.
    let said = draft.case.steps.get(id).filter(|state| state.performed().is_some());
    if said.is_some_and(|state| !same(draft.picture(), state, &discloses)) {
        return draft.follow(Entry::Reopened { step: id.clone() });
    }
    let agency = match gate::agency(draft.picture(), step, id) {
        Ok(agency) => agency,
        Err(why) => return wait(draft, id, why, None),
    };
    if draft.case.steps.get(id).is_none_or(|state| state.agency.as_ref() != Some(&agency)) {
        draft.follow(Entry::AgencyChosen { step: id.clone(), agency: agency.clone() });
    }
    if let Err(why) = gate::passes(draft.picture(), step, &agency, &discloses) {
        return wait(draft, id, why, None);
    }
    call::perform(draft, step, id, agency, discloses);
}

/// Whether the step's last call said the same as this would.
fn same(picture: Picture<'_>, state: &Step, discloses: &[Disclosure]) -> bool {
    let value = |disclosure| picture.disclosed(disclosure).map(|revision| &revision.known);
    state.consumed.len() == discloses.len()
        && state.consumed.iter().zip(discloses).all(|(before, now)| {
            before.key == now.key && before.field == now.field && value(before) == value(now)
        })
}

/// Says what the step waits for, where that is not said already.
pub(super) fn wait(draft: &mut Draft<'_>, id: &StepId, why: Waiting, until: Option<Instant>) {
    let waits = StepState::Waiting { why: why.clone(), until };
    if draft.case.steps.get(id).is_none_or(|state| state.state != waits) {
        draft.follow(Entry::Waits { step: id.clone(), why, until });
    }
}

fn offer(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let state = draft.case.steps.get(id);
    let on_offer = StepState::Waiting { why: Waiting::OfferAnswer, until: None };
    match state.and_then(|state| state.offer) {
        Some(Offer::Open) if state.is_some_and(|state| state.state == on_offer) => {
            if state.and_then(|state| lapses_at(step, state)).is_some_and(|ends| draft.now >= ends) {
                draft.follow(Entry::Skipped { step: id.clone(), reason: SkipReason::Lapsed });
            }
        }
        None | Some(Offer::Open) => {
            set_term(draft, step, id);
            draft.follow(Entry::Offered { step: id.clone() });
        }
        Some(Offer::Declined) => {
            draft.follow(Entry::Skipped { step: id.clone(), reason: SkipReason::Declined });
        }
        Some(Offer::Accepted) => {}
    }
}

/// When an offer lapses: at the end of the party's term, where it was made before.
pub(crate) fn lapses_at(step: &PlanStep, state: &Step) -> Option<Instant> {
    let partys = step.service.term.as_ref().is_some_and(|term| term.bearer == Bearer::Party);
    state.term_ends.filter(|ends| partys && *ends > state.since)
}

/// A term is computed once, when its step is due and what it counts from is known.
fn set_term(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let Some(law) = &step.service.term else { return };
    if draft.case.steps.get(id).is_some_and(|state| state.term_ends.is_some()) {
        return;
    }
    let Some(from) = term_start(draft.picture(), step, id) else { return };
    if let Ok((ends_at, computed_with)) = term::ends_at(law, from) {
        draft.follow(Entry::TermSet { step: id.clone(), ends_at, computed_with });
    }
}

fn term_start(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<TermStart> {
    let Some(fact) = &step.term_from else {
        return picture.case.receipts.first().map(|receipt| TermStart::Instant(receipt.received_at));
    };
    let key = picture.key(fact, step.per.as_ref(), id.member.as_ref());
    let Standing::Known(revision) = picture.standing(&key) else { return None };
    match &revision.known {
        Known::Value(Value::Date(date)) => Some(TermStart::Date(*date)),
        Known::Value(Value::Instant(instant)) => Some(TermStart::Instant(*instant)),
        _ => None,
    }
}
