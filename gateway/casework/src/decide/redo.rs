//! What is done anew because something it rested on changed. It goes no further than the change: a step whose inputs
//! are the same as before is left alone, whatever happened upstream.

use super::{Draft, call, outcomes, silence};
use crate::case::{Footprint, Step, StepState};
use crate::entry::{CallKind, Entry, Known, Owner, SkipReason, Source, Waiting};
use crate::name::{FactKey, StepId};
use crate::picture::{Picture, Settled, Standing};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::readiness::{Readiness, readiness};
use crate::reversal::{self, Hindrance};
use crate::service::{Effect, ReversalKind};
use crate::time::Instant;

/// A step that was skipped runs after all where the reason is gone. What a person or a party decided stays decided.
pub(super) fn skipped(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, reason: &SkipReason) {
    match reason {
        SkipReason::Condition { .. }
        | SkipReason::Missing { .. }
        | SkipReason::EmptyGroup { .. }
        | SkipReason::Given { .. } => {}
        SkipReason::Declined
        | SkipReason::Lapsed
        | SkipReason::Informed
        | SkipReason::Withdrawn
        | SkipReason::Person { .. } => return,
    }
    match readiness(draft.picture(), step, id, draft.now) {
        _ if planted(Fault::SkippedForEver) => {}
        Readiness::Skip(now) if now == *reason => {}
        Readiness::Skip(reason) => draft.follow(Entry::Skipped { step: id.clone(), reason }),
        Readiness::Later(_) | Readiness::Wait(..) | Readiness::Offer | Readiness::Go(_) => {
            draft.follow(Entry::Reopened { step: id.clone() });
        }
    }
}

/// A step that was done or refused on facts that are no longer what they were.
pub(super) fn settled(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    let Some(state) = draft.case.steps.get(id).filter(|_| !planted(Fault::CorrectionIgnored)) else { return };
    let Some(fact) = changed(draft.picture(), state) else { return };
    if step.service.effect == Effect::Read || state.footprint == Footprint::Nothing {
        return draft.follow(Entry::Reopened { step: id.clone() });
    }
    if rests_on_what_is_done_anew(draft.picture(), state, draft.now) {
        return;
    }
    let owner = silence::owner(draft, id);
    let corrects = step.service.reversal.as_ref().is_some_and(|r| r.kind == ReversalKind::Correction);
    let reversal = reversal::service(draft.rules.plan, step).filter(|_| corrects);
    let (Some(reversal), Some(agency)) = (reversal, state.agency.clone()) else {
        let reason = format!("`{fact}` was corrected, and what was done with it cannot be undone by itself");
        return draft.follow(Entry::Parked { step: id.clone(), owner, reason });
    };
    match reversal::discloses(draft.picture(), step, reversal, id, &agency) {
        Ok(discloses) => call::reverse(draft, reversal, id, agency, discloses),
        Err(hindrance) => {
            let reason = format!("`{fact}` was corrected; {}", hindered(&hindrance));
            draft.follow(Entry::Parked { step: id.clone(), owner, reason });
        }
    }
}

/// A step that stands still with its agency, which did not take what it was told or answered with something else: once a
/// fact that it was told is another, it is told what holds now. What perhaps was done is cancelled first; where that
/// cannot be, and where a person stopped it, it goes on standing still.
pub(super) fn parked(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, owner: &Owner) {
    let Some(state) = draft.case.steps.get(id).filter(|_| !planted(Fault::CorrectionIgnored)) else { return };
    let with_agency = matches!(owner, Owner::Agency(_)) && state.footprint != Footprint::Surely;
    if !with_agency
        || changed(draft.picture(), state).is_none()
        || rests_on_what_is_done_anew(draft.picture(), state, draft.now)
    {
        return;
    }
    let nothing = state.footprint == Footprint::Nothing || planted(Fault::ToldAnewTooEarly);
    if step.service.effect == Effect::Read || nothing {
        return draft.follow(Entry::Reopened { step: id.clone() });
    }
    // Who answered the cancellation with something else is not asked again and again.
    let cancelled =
        state.calls.get(&CallKind::Cancel).is_some_and(|call| call.generation == state.generation);
    if let Some(agency) = state.agency.clone().filter(|_| step.service.cancel && !cancelled) {
        call::cancel(draft, step, id, agency);
    }
}

/// Why a reversal could not be asked for, in words.
pub(super) fn hindered(hindrance: &Hindrance) -> String {
    match hindrance {
        Hindrance::Lacks(fact) => format!("its reversal needs `{fact}`, which is not known"),
        Hindrance::Waits(Waiting::Grant { from, to, fact }) => {
            format!("its reversal needs `{fact}`, and {from} does not consent that it goes to {to}")
        }
        Hindrance::Waits(_) => "its reversal cannot be asked for".to_owned(),
    }
}

/// A fact that the step's last call disclosed and that is now something else. What is on its way, in dispute or will
/// not come again changes nothing: a refusal or a reversal elsewhere never undoes what others did.
fn changed(picture: Picture<'_>, state: &Step) -> Option<FactKey> {
    let different = |disclosure: &&crate::entry::Disclosure| {
        let before = picture.disclosed(disclosure).map(|revision| &revision.known);
        match picture.standing(&disclosure.key) {
            Standing::Known(now) | Standing::Absent(now) => before.is_some_and(|before| *before != now.known),
            Standing::Unsaid(_)
            | Standing::Disputed
            | Standing::Coming(_)
            | Standing::Askable(_)
            | Standing::LeftOpen
            | Standing::Lost(_) => false,
        }
    };
    state.consumed.iter().find(different).map(|disclosure| disclosure.key.clone())
}

/// Whether something that the step rests on is itself being done anew: it is corrected once, with all that is known then.
/// What the case does not stay open for is not waited for.
fn rests_on_what_is_done_anew(picture: Picture<'_>, state: &Step, now: Instant) -> bool {
    let sources = state.consumed.iter().filter_map(|told| Some(&picture.disclosed(told)?.source));
    let open = |giver: &&StepId| picture.settled(giver) == Settled::No;
    let mut givers = sources.filter_map(Source::step).filter(open).peekable();
    givers.peek().is_some() && {
        let excused = outcomes::excused(picture, now);
        givers.any(|giver| !excused.contains(giver))
    }
}

/// A step that is being taken back so that it can be done anew.
pub(super) fn reversing(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId) {
    if let Some(StepState::Reversing(kind)) = draft.case.steps.get(id).map(|state| state.state.clone()) {
        silence::reversing(draft, step, id, kind);
    }
}

/// The facts that the step gave and that still hold, with their revisions.
pub(super) fn given_by(picture: Picture<'_>, id: &StepId) -> Vec<(FactKey, u32)> {
    let gave = |source: &Source| source.step() == Some(id);
    let held = picture.case.facts.iter().filter_map(|(key, fact)| Some((key, fact.current()?)));
    held.filter(|(_, revision)| gave(&revision.source) && revision.known != Known::Unknown)
        .map(|(key, revision)| (key.clone(), revision.number))
        .collect()
}
