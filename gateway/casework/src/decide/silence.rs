//! What follows when nobody answers. The same key is asked again where a repeat does no harm; where it would, the
//! agency is asked what became of it, or a person is.

use super::{Draft, advance, call, redo};
use crate::case::{Case, StepState};
use crate::entry::{CallKind, Disclosure, Entry, Owner, StandsReason};
use crate::gate;
use crate::name::StepId;
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::reversal::Hindrance;
use crate::rulebook::retry_wait;
use crate::service::Effect;
use crate::time::Instant;

/// What stands in the log where nobody answered.
pub(super) const SILENCE: &str = "silence";

/// Whether the agency can be asked what became of a call.
pub(super) fn can_ask(step: &PlanStep) -> bool {
    step.service.status || step.service.finds()
}

/// A call that is out: past its time it counts as unanswered.
pub(super) fn calling(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, kind: CallKind) {
    let Some((attempt, unanswered)) = expired(draft, id, kind) else { return };
    let later = draft.now.plus(retry_wait(&draft.case.seed, attempt));
    let ask_at = match (kind, step.service.effect) {
        (CallKind::Perform, Effect::Unguarded) if !planted(Fault::UnguardedRepeated) => {
            can_ask(step).then_some(draft.now)
        }
        // Most likely a gateway that died: asked again at once, and with patience from the second silence on.
        (CallKind::Perform, _) if unanswered <= 1 => Some(draft.now),
        _ => Some(later),
    };
    let reason = SILENCE.to_owned();
    draft.follow(Entry::InDoubt { step: id.clone(), call: kind, reason, ask_at });
}

/// The attempt, and how many of this run have no answer, of a call that nobody answered in time.
fn expired(draft: &Draft<'_>, id: &StepId, kind: CallKind) -> Option<(u32, u32)> {
    let state = draft.case.steps.get(id)?;
    let call = state.calls.get(&kind)?;
    (call.open && draft.now >= call.until).then_some((call.attempt, state.unanswered))
}

/// Whether Loket can find out by itself how far an agency is that has taken a step up. The same key gives the same
/// answer: to call again is to ask what became of it, but nothing is called again in a case that was withdrawn.
pub(crate) fn can_be_asked(step: &PlanStep, case: &Case) -> bool {
    let repeats = matches!(step.service.effect, Effect::Read | Effect::Idempotent);
    can_ask(step) || (repeats && case.withdrawal.is_none())
}

/// A step whose agency should have reported by now.
pub(super) fn pending(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    if can_ask(step) {
        ask(draft, step, id);
    } else if can_be_asked(step, &draft.case) {
        advance::consider(draft, step, id);
    }
}

/// A step that perhaps was done, at the time to find out.
pub(super) fn in_doubt(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    match step.service.effect {
        Effect::Unguarded if planted(Fault::UnguardedRepeated) => advance::consider(draft, step, id),
        Effect::Read | Effect::Idempotent => advance::consider(draft, step, id),
        Effect::Guarded | Effect::Unguarded if can_ask(step) => ask(draft, step, id),
        Effect::Guarded | Effect::Unguarded => {
            let reason = match draft.case.steps.get(id).map(|state| &state.state) {
                Some(StepState::InDoubt { reason, .. }) => reason.clone(),
                _ => SILENCE.to_owned(),
            };
            let call = CallKind::Perform;
            draft.follow(Entry::InDoubt { step: id.clone(), call, reason, ask_at: None });
        }
    }
}

/// Asks the agency that was called what became of it.
pub(super) fn ask(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let Some(state) = draft.case.steps.get(id) else { return };
    let Some(agency) = state.agency.clone() else { return };
    let by_facts = !step.service.status;
    // No key tells what is found from what an earlier run left: it is the last word only once nothing of this run can
    // be on its way any more.
    let on_its_way = state.performed().map(|call| call.until).filter(|until| draft.now < *until);
    if let Some(until) = on_its_way.filter(|_| by_facts && state.operation.is_none()) {
        return not_before(draft, id, until);
    }
    // Where only facts find it, these are disclosed once more, and only with consent.
    let discloses = if by_facts { found_by(step, &state.consumed) } else { Vec::new() };
    match gate::consents(draft.picture(), step, &agency, &discloses) {
        Ok(()) => call::ask(draft, step, id, agency, discloses),
        Err(why) => advance::wait(draft, id, why, None),
    }
}

/// What was told when it was to be done, and it is found by.
fn found_by(step: &PlanStep, told: &[Disclosure]) -> Vec<Disclosure> {
    told.iter().filter(|disclosure| step.service.finds_by.contains(&disclosure.field)).cloned().collect()
}

/// A question that is put off.
fn not_before(draft: &mut Draft<'_>, id: &StepId, until: Instant) {
    let reason = match draft.case.steps.get(id).map(|state| &state.state) {
        Some(StepState::InDoubt { ask_at: Some(ask_at), .. }) if *ask_at == until => return,
        Some(StepState::InDoubt { reason, .. }) => reason.clone(),
        _ => SILENCE.to_owned(),
    };
    let (step, call) = (id.clone(), CallKind::Perform);
    draft.follow(Entry::InDoubt { step, call, reason, ask_at: Some(until) });
}

/// An undoing that is out, or to be tried again.
pub(super) fn reversing(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, kind: CallKind) {
    let Some(last) = draft.case.steps.get(id).and_then(|state| state.calls.get(&kind)).cloned() else {
        return;
    };
    if last.open {
        if draft.now >= last.until {
            in_vain(draft, step, id, kind, SILENCE);
        }
        return;
    }
    if last.again_at.is_none_or(|again: Instant| draft.now < again) {
        return;
    }
    match kind {
        CallKind::Reverse => {
            let Some(reversal) = crate::reversal::service(draft.rules.plan, step) else { return };
            match gate::consents(draft.picture(), reversal, &last.agency, &last.discloses) {
                Ok(()) => {
                    call::reverse(draft, reversal, id, last.agency.clone(), last.discloses.clone());
                }
                Err(why) => {
                    let reason = redo::hindered(&Hindrance::Waits(why));
                    draft.follow(Entry::Parked { step: id.clone(), owner: Owner::Operators, reason });
                }
            }
        }
        CallKind::Cancel => call::cancel(draft, step, id, last.agency.clone()),
        CallKind::Perform | CallKind::Status => {}
    }
}

/// Nobody knows whether the undoing was done: a cancellation is repeated, and a reversal where a repeat does no harm.
pub(super) fn in_vain(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, kind: CallKind, reason: &str) {
    let attempt = draft.case.steps.get(id).and_then(|state| state.calls.get(&kind)).map_or(1, |c| c.attempt);
    let reversal = crate::reversal::service(draft.rules.plan, step);
    let unguarded = reversal.is_some_and(|reversal| reversal.service.effect == Effect::Unguarded);
    if kind == CallKind::Reverse && unguarded {
        let entry = if draft.case.withdrawal.is_some() {
            let (reason, remedy) = (StandsReason::InDoubt, step.service.remedy.clone());
            Entry::Stands { step: id.clone(), reason, remedy }
        } else {
            let owner = owner(draft, id);
            let reason = "nobody knows whether the correction was made".to_owned();
            Entry::Parked { step: id.clone(), owner, reason }
        };
        return draft.follow(entry);
    }
    let ask_at = Some(draft.now.plus(retry_wait(&draft.case.seed, attempt)));
    draft.follow(Entry::InDoubt { step: id.clone(), call: kind, reason: reason.to_owned(), ask_at });
}

/// Who answers for a step: its agency, or the operators where none is chosen.
pub(super) fn owner(draft: &Draft<'_>, id: &StepId) -> Owner {
    let agency = draft.case.steps.get(id).and_then(|state| state.agency.clone());
    agency.map_or(Owner::Operators, Owner::Agency)
}
