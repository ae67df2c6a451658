//! A withdrawal: nothing more is called, what is out is waited for, and everything that may have happened is undone,
//! what was built last first. What stands is listed, with its remedy.

use std::collections::BTreeMap;

use super::{Draft, call, outcomes, redo, silence};
use crate::case::{CaseState, Footprint, Step, StepState};
use crate::entry::{Actor, CallKind, Entry, SkipReason, StandsReason};
use crate::input::Rejected;
use crate::name::StepId;
use crate::picture::{Picture, Settled};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::reversal::{self, Hindrance};
use crate::service::{Act, Effect, ReversalKind};

/// A party withdraws.
pub(super) fn ask(draft: &mut Draft<'_>, by: Actor, reason: String) -> Result<(), Rejected> {
    match &by {
        Actor::Party { party: Some(_), .. } | Actor::Operator { .. } => {}
        Actor::Party { party: None, .. } | Actor::Agency(_) | Actor::Officer { .. } | Actor::Loket => {
            return Err(Rejected::NotYours("only a party of the case may withdraw it".to_owned()));
        }
    }
    let cannot = |why: &str| Err(Rejected::CannotWithdraw(why.to_owned()));
    if let Some(other) = draft.case.goes_on_in() {
        return cannot(&super::sameness::where_it_goes_on(other));
    }
    match draft.case.state {
        CaseState::Withdrawn => return cannot("it was withdrawn"),
        _ if draft.case.withdrawal.is_some() => return cannot("it is being withdrawn"),
        _ if !anything_to_withdraw(draft.picture()) => {
            return cannot("all that was done stands; its decisions say how to object");
        }
        _ => {}
    }
    draft.put(by, Entry::WithdrawalAsked { reason });
    Ok(())
}

/// Whether a party may withdraw the case as it is.
pub(super) fn is_possible(picture: Picture<'_>) -> bool {
    let case = picture.case;
    let ended = case.state == CaseState::Withdrawn || case.withdrawal.is_some();
    !ended && case.goes_on_in().is_none() && anything_to_withdraw(picture)
}

fn anything_to_withdraw(picture: Picture<'_>) -> bool {
    picture.rules.plan.steps.iter().any(|step| {
        picture.instances(step).iter().any(|id| match picture.settled(id) {
            Settled::No => true,
            Settled::Gone => false,
            Settled::Done => picture.step(id).is_some_and(|state| {
                state.footprint == Footprint::Surely
                    && step.service.effect != Effect::Read
                    && !stays_reported(picture, step, id)
                    && reversal::service(picture.rules.plan, step).is_some()
            }),
        })
    })
}

/// How far a step is, in a case that is being withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undone {
    /// Nothing of it is left, or what is left stands.
    Yes,
    /// It is being undone, or still has to be.
    NotYet,
    /// Only a person can take it further.
    Stuck,
}

/// What follows by itself in a case that is being withdrawn.
pub(super) fn advance(draft: &mut Draft<'_>) {
    let plan = draft.rules.plan;
    for step in &plan.steps {
        for id in draft.picture().instances(step) {
            if never_began(draft.picture().step(&id), step) {
                draft.follow(Entry::Skipped { step: id, reason: SkipReason::Withdrawn });
            }
        }
    }
    let dependents = reversal::dependents(draft.picture());
    // What is built on a step comes after it in the plan: backwards, it is known of all of them how far they are.
    let mut reached: BTreeMap<StepId, Undone> = BTreeMap::new();
    for step in plan.steps.iter().rev() {
        for id in draft.picture().instances(step).into_iter().rev() {
            let above = dependents.get(&id).into_iter().flatten();
            let above = above.map(|other| reached.get(other).copied().unwrap_or(Undone::Yes));
            let above = above.max_by_key(|undone| *undone as u8).unwrap_or(Undone::Yes);
            let above = if planted(Fault::OrderIgnored) { Undone::Yes } else { above };
            if above == Undone::Yes && how_far(draft.picture().step(&id), step) == Undone::NotYet {
                undo(draft, step, &id);
            }
            let own = how_far(draft.picture().step(&id), step);
            reached.insert(id, if own as u8 > above as u8 { own } else { above });
        }
    }
    outcomes::take_back(draft);
    conclude(draft, &reached);
}

/// A step that has left nothing, and now will not. A reading leaves nothing: its answer is not waited for.
fn never_began(state: Option<&Step>, step: &PlanStep) -> bool {
    let Some(state) = state else { return true };
    let reads = step.service.effect == Effect::Read
        || (planted(Fault::PendingForgotten) && matches!(state.state, StepState::Pending { .. }))
        || (planted(Fault::DoubtForgotten) && matches!(state.state, StepState::InDoubt { .. }));
    match &state.state {
        StepState::NotDue | StepState::Waiting { .. } | StepState::Parked { .. } => {
            reads || state.footprint == Footprint::Nothing
        }
        StepState::Calling(_) | StepState::Pending { .. } | StepState::InDoubt { .. } => reads,
        StepState::Done
        | StepState::Refused
        | StepState::Skipped(_)
        | StepState::Reversing(_)
        | StepState::Reversed(_)
        | StepState::Stands { .. } => false,
    }
}

fn how_far(state: Option<&Step>, step: &PlanStep) -> Undone {
    let Some(state) = state else { return Undone::Yes };
    let this_run = |kind| state.calls.get(&kind).is_some_and(|call| call.generation == state.generation);
    match &state.state {
        // A reading may be skipped while it is out.
        StepState::Skipped(_) => Undone::Yes,
        StepState::Done if step.service.effect == Effect::Read => Undone::Yes,
        StepState::Stands { .. } => Undone::Yes,
        StepState::Done | StepState::Refused | StepState::Reversed(_)
            if state.footprint == Footprint::Nothing =>
        {
            Undone::Yes
        }
        StepState::Parked { .. } if this_run(CallKind::Cancel) || this_run(CallKind::Reverse) => {
            Undone::Stuck
        }
        _ => Undone::NotYet,
    }
}

/// Undoes what a step has done, or may have done.
fn undo(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let Some(state) = draft.case.steps.get(id) else { return };
    let awaited = |kind| state.calls.get(&kind).is_some_and(|call| call.open && draft.now < call.until);
    match state.state.clone() {
        StepState::Calling(kind) if awaited(kind) => {}
        StepState::Reversing(kind) => silence::reversing(draft, step, id, kind),
        _ if state.footprint == Footprint::Surely => take_back(draft, step, id),
        _ if step.service.cancel && planted(Fault::TombstoneSkipped) => {
            draft.follow(Entry::Reversed { step: id.clone(), kind: None });
        }
        _ if step.service.cancel => {
            if let Some(agency) = state.agency.clone() {
                call::cancel(draft, step, id, agency);
            }
        }
        StepState::Calling(kind) => silence::calling(draft, step, id, kind),
        StepState::Pending { ask_at } if draft.now >= ask_at => silence::pending(draft, step, id),
        StepState::Pending { .. } => {}
        StepState::InDoubt { ask_at: Some(ask_at), .. } if draft.now < ask_at => {}
        StepState::InDoubt { .. } | StepState::Waiting { .. } | StepState::Parked { .. }
            if silence::can_ask(step) =>
        {
            silence::ask(draft, step, id);
        }
        _ => stands(draft, step, id, StandsReason::InDoubt),
    }
}

/// Whether it is a duty that was fulfilled, or what a register entered by itself because of one: nothing in it is wrong
/// because somebody withdraws.
fn stays_reported(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> bool {
    let corrects = step.service.reversal.as_ref().is_some_and(|it| it.kind == ReversalKind::Correction);
    let of_a_duty = || {
        let state = picture.step(id).into_iter();
        let rests_on = state.flat_map(|state| &state.consumed).filter_map(|told| picture.disclosed(told));
        let mut givers =
            rests_on.filter_map(|revision| picture.rules.plan.step(&revision.source.step()?.service));
        givers.any(|giver| giver.service.act == Act::Duty)
    };
    step.service.act == Act::Duty || (step.service.act == Act::ExOfficio && corrects && of_a_duty())
}

/// Undoes in law what was surely done.
fn take_back(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    if stays_reported(draft.picture(), step, id) {
        return stands(draft, step, id, StandsReason::Duty);
    }
    let agency = draft.case.steps.get(id).and_then(|state| state.agency.clone());
    let (Some(reversal), Some(agency)) = (reversal::service(draft.rules.plan, step), agency) else {
        return stands(draft, step, id, StandsReason::NoReversal);
    };
    match reversal::discloses(draft.picture(), step, reversal, id, &agency) {
        Ok(discloses) => call::reverse(draft, reversal, id, agency, discloses),
        Err(Hindrance::Lacks(_)) => stands(draft, step, id, StandsReason::NoReversal),
        Err(hindrance @ Hindrance::Waits(_)) => {
            let (owner, reason) = (crate::entry::Owner::Operators, redo::hindered(&hindrance));
            let parked = StepState::Parked { owner: owner.clone(), reason: reason.clone() };
            if draft.case.steps.get(id).is_some_and(|state| state.state != parked) {
                draft.follow(Entry::Parked { step: id.clone(), owner, reason });
            }
        }
    }
}

fn stands(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, reason: StandsReason) {
    let decided = draft.case.steps.get(id).and_then(|state| state.decision.as_ref());
    let remedy = decided.and_then(|decision| decision.remedy.clone()).or_else(|| step.service.remedy.clone());
    draft.follow(Entry::Stands { step: id.clone(), reason, remedy });
}

/// The case is withdrawn once nothing is left to undo, or needs a person once nobody else can take it further.
fn conclude(draft: &mut Draft<'_>, reached: &BTreeMap<StepId, Undone>) {
    if draft.case.state != CaseState::Withdrawing || reached.values().any(|undone| *undone == Undone::NotYet)
    {
        return;
    }
    let for_a_person = |state: &Step| {
        matches!(
            state.state,
            StepState::Stands { reason: StandsReason::InDoubt, .. } | StepState::Parked { .. }
        )
    };
    let open: Vec<String> = draft
        .case
        .steps
        .iter()
        .filter(|(_, state)| for_a_person(state))
        .map(|(id, _)| id.to_string())
        .collect();
    let reason = format!("nobody but a person can find out or undo {}", open.join(", "));
    draft.follow(if open.is_empty() { Entry::Withdrawn } else { Entry::NeedsPerson { reason } });
}
