//! What an agency answers. Only the call that is open is answered, by the agency that was called, with the key it was
//! called with; a late answer to an earlier attempt of the same run counts, since it says what was done.

use super::{Draft, gifts, redo, silence};
use crate::case::{Call, CaseState, Footprint, Step, StepState};
use crate::entry::{Actor, CallKind, Decision, DecisionResult, Entry, NotDoneReason, Owner, StandsReason};
use crate::input::{Answer, Gifts, Rejected};
use crate::name::{AgencyId, StepId};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::rulebook::{patience, retry_wait};
use crate::service::Effect;
use crate::time::Instant;

/// Runs of a step that its agency refused as cancelled, after which a person looks why.
const TOMBSTONES_MAX: u32 = 3;

/// Which call is answered, and by whom.
pub(super) struct Told {
    pub(super) step: StepId,
    pub(super) call: CallKind,
    pub(super) key: String,
    pub(super) attempt: Option<u32>,
    pub(super) agency: AgencyId,
}

/// Records an answer.
pub(super) fn take(draft: &mut Draft<'_>, told: Told, answer: Answer) -> Result<(), Rejected> {
    let state = draft.case.steps.get(&told.step).ok_or_else(|| Rejected::NoSuchStep(told.step.clone()))?;
    let unasked = || Rejected::Unasked { step: told.step.clone(), state: state.state.word().to_owned() };
    let call = state.calls.get(&told.call).ok_or_else(unasked)?;
    if call.agency != told.agency && !planted(Fault::OtherAgencyTaken) {
        return Err(Rejected::OtherAgency { step: told.step.clone(), agency: told.agency.clone() });
    }
    let fits = (planted(Fault::FenceDropped)
        || (call.key == told.key && call.generation == state.generation))
        && (planted(Fault::UnaskedTaken) || is_awaited(state, call, &told, &answer));
    if !fits {
        return Err(unasked());
    }
    let by = Actor::Agency(told.agency.clone());
    let told = Open { attempt: call.attempt, told, by };
    match told.told.call {
        CallKind::Perform | CallKind::Status => told.performed(draft, answer),
        CallKind::Cancel | CallKind::Reverse => told.undone(draft, answer),
    }
    Ok(())
}

/// Whether the state of the step awaits such an answer.
fn is_awaited(state: &Step, call: &Call, told: &Told, answer: &Answer) -> bool {
    let this_attempt = told.attempt.is_none_or(|attempt| attempt == call.attempt);
    let settles = matches!(answer, Answer::Done { .. });
    match (&state.state, told.call) {
        (StepState::Calling(CallKind::Perform), CallKind::Perform)
        | (StepState::Calling(CallKind::Status), CallKind::Status) => {
            settles || matches!(answer, Answer::Pending { .. }) || this_attempt
        }
        // A late answer: what was done was done, whichever attempt it was.
        (StepState::Calling(CallKind::Status), CallKind::Perform)
        | (StepState::InDoubt { .. }, CallKind::Perform | CallKind::Status) => {
            settles
                || matches!(answer, Answer::Pending { .. })
                || (told.attempt == Some(call.attempt) && matches!(answer, Answer::NotDone { .. }))
        }
        (StepState::Pending { .. }, CallKind::Perform) => {
            settles || (told.attempt.is_none() && matches!(answer, Answer::NotDone { .. }))
        }
        (StepState::Pending { .. }, CallKind::Status) => settles,
        (StepState::Waiting { .. } | StepState::Parked { .. }, CallKind::Perform | CallKind::Status) => {
            settles && state.footprint != Footprint::Surely && state.performed().is_some()
        }
        (StepState::Stands { reason: StandsReason::InDoubt, .. }, CallKind::Perform | CallKind::Status) => {
            settles && state.footprint == Footprint::Perhaps
        }
        (StepState::Reversing(kind), _) => *kind == told.call && this_attempt,
        _ => false,
    }
}

/// An answer to a call that awaits it.
struct Open {
    attempt: u32,
    told: Told,
    by: Actor,
}

impl Open {
    fn id(&self) -> StepId {
        self.told.step.clone()
    }

    /// An answer to whether it was done.
    fn performed(self, draft: &mut Draft<'_>, answer: Answer) {
        let (step, call) = (self.id(), self.told.call);
        match answer {
            Answer::Done { gifts, decision } => self.done(draft, gifts, decision),
            Answer::Pending { operation } => {
                let ask_at = ask_pending_at(draft, &step);
                draft.put(self.by, Entry::Pending { step, operation, ask_at });
            }
            Answer::NotDone { reason, retry_after } => {
                let retry_at = self.retry_at(draft, retry_after);
                draft.put(self.by, Entry::NotDone { step, call, reason, retry_at });
            }
            Answer::InDoubt { reason } => self.in_doubt(draft, reason),
            Answer::NeverSeen if call == CallKind::Status => self.never_seen(draft),
            Answer::Tombstoned => self.tombstoned(draft),
            Answer::StaleFact { facts } => self.stale(draft, &facts),
            Answer::NotCompetent { forward_to } => self.not_competent(draft, forward_to),
            Answer::Breach { what } => self.breach(draft, what),
            Answer::NeverSeen => self.breach(draft, "says that it does not know the key".to_owned()),
            Answer::Undone => self.breach(draft, "says that it undid what it was to do".to_owned()),
        }
    }

    fn retry_at(&self, draft: &Draft<'_>, retry_after: Option<i64>) -> Instant {
        let wait = retry_wait(&draft.case.seed, self.attempt);
        draft.now.plus(wait.max(retry_after.unwrap_or(0).min(patience::RETRY_MAX_MS)))
    }

    fn done(self, draft: &mut Draft<'_>, gifts: Gifts, decision: Option<Decision>) {
        let step = self.id();
        let plan_step = draft.rules.plan.step(&step.service);
        match decision {
            Some(decision) if decision.result == DecisionResult::Refused => {
                draft.put(self.by, Entry::Refused { step, decision });
                if planted(Fault::RefusalWithdraws) {
                    draft.follow(Entry::WithdrawalAsked { reason: "a refusal".to_owned() });
                }
            }
            decision => {
                let rules = draft.rules;
                let checked = plan_step.map_or(Ok(()), |plan_step| gifts::check(rules, plan_step, &gifts));
                if let Err(what) = checked {
                    return self.breach(draft, what);
                }
                let applies = decision.as_ref().is_none_or(|d| d.result != DecisionResult::NotApplicable);
                let gifts = if applies { gifts } else { Gifts::default() };
                draft.put(self.by.clone(), Entry::Done { step: step.clone(), decision, rests_on: None });
                if let Some(plan_step) = plan_step {
                    gifts::learn(draft, plan_step, &step, &self.by, gifts);
                }
            }
        }
    }

    fn in_doubt(self, draft: &mut Draft<'_>, reason: String) {
        let (step, call) = (self.id(), self.told.call);
        let plan_step = draft.rules.plan.step(&step.service);
        let unguarded = plan_step.is_some_and(|plan_step| plan_step.service.effect == Effect::Unguarded);
        let retry = self.retry_at(draft, None);
        let ask_at = match (unguarded && call == CallKind::Perform, plan_step) {
            (true, Some(plan_step)) if silence::can_ask(plan_step) => Some(retry),
            (true, _) => None,
            (false, _) => Some(retry),
        };
        draft.put(self.by, Entry::InDoubt { step, call, reason, ask_at });
    }

    /// The agency does not know the key. That says that nothing was done only once nothing can be on its way any more:
    /// past the call's time, where what is late is refused. Where the key can be cancelled, a late call is not refused,
    /// and a withdrawal still has to cancel it.
    fn never_seen(self, draft: &mut Draft<'_>) {
        let step = self.id();
        let service = draft.rules.plan.step(&step.service).map(|plan_step| &plan_step.service);
        let cancels = service.is_some_and(|service| service.cancel);
        let until = draft.case.steps.get(&step).and_then(|state| state.performed()).map(|call| call.until);
        let nothing = !cancels && until.is_none_or(|until| draft.now >= until);
        let call = if nothing { CallKind::Perform } else { CallKind::Status };
        let retry_at = self.retry_at(draft, None);
        draft.put(self.by, Entry::NotDone { step, call, reason: NotDoneReason::NeverSeen, retry_at });
    }

    /// The key was cancelled: nothing was done with it, and nothing ever will be.
    fn tombstoned(self, draft: &mut Draft<'_>) {
        let (step, call) = (self.id(), CallKind::Perform);
        let generation = draft.case.steps.get(&step).map_or(1, |state| state.generation);
        let retry_at = self.retry_at(draft, None);
        let reason = NotDoneReason::NeverSeen;
        draft.put(self.by.clone(), Entry::NotDone { step: step.clone(), call, reason, retry_at });
        if draft.case.state == CaseState::Withdrawing {
            return;
        }
        if generation < TOMBSTONES_MAX {
            draft.follow(Entry::Reopened { step });
        } else {
            self.breach(draft, "refuses every key as cancelled, though nobody cancelled it".to_owned());
        }
    }

    /// A fact is out of date: it is read anew from its giver, then the step is tried again.
    fn stale(self, draft: &mut Draft<'_>, facts: &[String]) {
        let step = self.id();
        let retry_at = self.retry_at(draft, None);
        let (call, reason) = (self.told.call, NotDoneReason::StaleFact);
        let givers: Vec<StepId> = stale_givers(draft, &step, facts);
        draft.put(self.by, Entry::NotDone { step, call, reason, retry_at });
        for giver in givers {
            draft.follow(Entry::Reopened { step: giver });
        }
    }

    fn not_competent(self, draft: &mut Draft<'_>, forward_to: Option<AgencyId>) {
        let (step, agency) = (self.id(), self.told.agency.clone());
        let Some(state) = draft.case.steps.get(&step) else { return };
        if state.unanswered > 1 {
            // An earlier attempt may have been taken up by it: only its people know.
            return self
                .breach(draft, "says that it is not competent after an attempt nobody answered".to_owned());
        }
        let asked_before = |other: &AgencyId| *other == agency || state.not_competent.contains(other);
        let offers = draft.rules.offers.0.get(&step.service).map_or(&[][..], Vec::as_slice);
        let next = forward_to.clone().filter(|other| {
            !asked_before(other) && offers.iter().any(|offer| offer.agency == *other && !offer.withdrawn)
        });
        draft.put(self.by.clone(), Entry::NotCompetent { step: step.clone(), agency, forward_to });
        if let Some(agency) = next {
            draft.put(self.by, Entry::AgencyChosen { step, agency });
        }
    }

    fn breach(self, draft: &mut Draft<'_>, reason: String) {
        let owner = Owner::Agency(self.told.agency.clone());
        draft.put(self.by, Entry::Parked { step: self.told.step, owner, reason });
    }

    /// An answer to whether it was undone.
    fn undone(self, draft: &mut Draft<'_>, answer: Answer) {
        let (step, call) = (self.id(), self.told.call);
        match answer {
            Answer::Done { decision: Some(decision), .. } if decision.result == DecisionResult::Refused => {
                self.will_not_undo(draft, decision);
            }
            Answer::Undone | Answer::Done { .. } => self.reversed(draft),
            Answer::Tombstoned if call == CallKind::Cancel => self.reversed(draft),
            Answer::NotDone { reason, retry_after } => {
                let retry_at = self.retry_at(draft, retry_after);
                draft.put(self.by, Entry::NotDone { step, call, reason, retry_at });
            }
            Answer::StaleFact { .. } => {
                let retry_at = self.retry_at(draft, None);
                let reason = NotDoneReason::StaleFact;
                draft.put(self.by, Entry::NotDone { step, call, reason, retry_at });
            }
            Answer::InDoubt { reason } => {
                if let Some(plan_step) = draft.rules.plan.step(&step.service) {
                    silence::in_vain(draft, plan_step, &step, call, &reason);
                }
            }
            Answer::Pending { .. } => {
                let ask_at = Some(ask_pending_at(draft, &step));
                let reason = "pending".to_owned();
                draft.put(self.by, Entry::InDoubt { step, call, reason, ask_at });
            }
            Answer::Breach { what } => self.breach(draft, what),
            Answer::NeverSeen | Answer::Tombstoned | Answer::NotCompetent { .. } => {
                self.breach(draft, "answers an undoing with something else".to_owned());
            }
        }
    }

    fn reversed(self, draft: &mut Draft<'_>) {
        let step = self.id();
        let service = draft.rules.plan.step(&step.service).map(|plan_step| &plan_step.service);
        let legal = service.and_then(|service| service.reversal.as_ref()).map(|reversal| reversal.kind);
        let kind = legal.filter(|_| self.told.call == CallKind::Reverse);
        let given = redo::given_by(draft.picture(), &step);
        for (key, revision) in given.into_iter().filter(|_| !planted(Fault::NothingRetracted)) {
            draft.put(self.by.clone(), Entry::Retracted { key, revision });
        }
        draft.put(self.by, Entry::Reversed { step, kind });
    }

    /// The agency decided that it stands.
    fn will_not_undo(self, draft: &mut Draft<'_>, decision: Decision) {
        let step = self.id();
        if draft.case.withdrawal.is_none() {
            return self
                .breach(draft, "refuses to correct what it did on facts that were corrected".to_owned());
        }
        let service = draft.rules.plan.step(&step.service).map(|plan_step: &PlanStep| &plan_step.service);
        let remedy = decision.remedy.or_else(|| service.and_then(|service| service.remedy.clone()));
        draft.put(self.by, Entry::Stands { step, reason: StandsReason::Refused, remedy });
    }
}

/// When an agency that reports back is asked: later each time, with how long it has taken so far.
fn ask_pending_at(draft: &Draft<'_>, id: &StepId) -> Instant {
    let called = draft.case.steps.get(id).and_then(|state| state.calls.get(&CallKind::Perform)).map(|c| c.at);
    let taken = called.map_or(0, |at| draft.now.0.saturating_sub(at.0));
    draft.now.plus((taken / 2).clamp(patience::ASK_PENDING_MS, patience::LOOK_AT_PEOPLE_MS))
}

/// The steps that read the facts named, by field or by fact, of the step's last call.
fn stale_givers(draft: &Draft<'_>, id: &StepId, named: &[String]) -> Vec<StepId> {
    let Some(state) = draft.case.steps.get(id) else { return Vec::new() };
    let plan = draft.rules.plan;
    let mut givers: Vec<StepId> = state
        .consumed
        .iter()
        .filter(|disclosure| {
            named.iter().any(|name| *name == disclosure.field || *name == disclosure.key.name.as_str())
        })
        .filter_map(|disclosure| match &draft.picture().current(&disclosure.key)?.source {
            crate::entry::Source::Step { step, .. } => Some(step.clone()),
            crate::entry::Source::Party { .. } | crate::entry::Source::Agency(_) => None,
        })
        .filter(|giver| {
            let reads = plan.step(&giver.service).is_some_and(|step| step.service.effect == Effect::Read);
            reads && draft.case.steps.get(giver).is_some_and(|giver| giver.state == StepState::Done)
        })
        .collect();
    givers.sort();
    givers.dedup();
    givers
}
