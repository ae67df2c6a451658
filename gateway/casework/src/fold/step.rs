//! One step as the fold of the entries about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::{Call, Footprint, Offer, Step, StepState};
use crate::entry::{Actor, CallKind, Decision, DecisionResult, Entry, NotDoneReason, Recorded, Waiting};
use crate::time::Instant;

impl Step {
    /// A step that nothing has happened to yet.
    #[must_use]
    pub fn new(at: Instant) -> Self {
        Self {
            state: StepState::NotDue,
            since: at,
            generation: 1,
            agency: None,
            not_competent: Vec::new(),
            footprint: Footprint::Nothing,
            unanswered: 0,
            routed: false,
            calls: BTreeMap::new(),
            consumed: Vec::new(),
            decision: None,
            offer: None,
            goes_without_at: None,
            term_ends: None,
            operation: None,
        }
    }

    /// The last performing call of this run; none where it was not called in this run.
    #[must_use]
    pub fn performed(&self) -> Option<&Call> {
        let call = self.calls.get(&CallKind::Perform).map(AsRef::as_ref);
        call.filter(|call: &&Call| call.generation == self.generation)
    }

    /// Takes one more entry about it.
    pub(super) fn apply(&mut self, recorded: &Recorded) {
        let at = recorded.at;
        match &recorded.entry {
            Entry::Skipped { reason, .. } => self.set(StepState::Skipped(reason.clone()), at),
            Entry::Waits { why, until, .. } => {
                self.goes_without_at = self.goes_without_at.or(*until);
                self.set(StepState::Waiting { why: why.clone(), until: *until }, at);
            }
            Entry::Reopened { .. } => self.reopen(at),
            Entry::Offered { .. } => {
                self.offer = Some(Offer::Open);
                self.set(StepState::Waiting { why: Waiting::OfferAnswer, until: None }, at);
            }
            Entry::OfferAnswered { accepted, .. } => {
                self.offer = Some(if *accepted { Offer::Accepted } else { Offer::Declined });
                self.set(StepState::NotDue, at);
            }
            Entry::AgencyChosen { agency, .. } => {
                self.agency = Some(agency.clone());
                self.routed = recorded.by != Actor::Loket;
                // Who names it again knows better than what it said before.
                self.not_competent.retain(|refused| !self.routed || refused != agency);
            }
            Entry::NotCompetent { agency, .. } => {
                self.not_competent.push(agency.clone());
                self.surely_nothing(at);
            }
            Entry::TermSet { ends_at, .. } => self.term_ends = Some(*ends_at),
            Entry::Called { .. } => self.called(recorded),
            Entry::Parked { owner, reason, .. } => {
                self.close();
                self.set(StepState::Parked { owner: owner.clone(), reason: reason.clone() }, at);
            }
            Entry::Resumed { .. } => self.resume(at),
            Entry::FoundNotDone { .. } => self.surely_nothing(at),
            _ => self.answered(&recorded.entry, at),
        }
    }

    fn answered(&mut self, entry: &Entry, at: Instant) {
        match entry {
            Entry::Done { decision, rests_on, .. } => {
                if let Some(rests_on) = rests_on {
                    self.consumed = rests_on.clone();
                }
                self.settle(decision.clone(), StepState::Done, at);
                let applies = !matches!(decision, Some(d) if d.result == DecisionResult::NotApplicable);
                self.footprint = if applies { Footprint::Surely } else { Footprint::Nothing };
            }
            Entry::Refused { decision, .. } => {
                self.settle(Some(decision.clone()), StepState::Refused, at);
                self.footprint = Footprint::Nothing;
            }
            Entry::Pending { operation, ask_at, .. } => {
                self.close();
                self.footprint = self.footprint.max(Footprint::Perhaps);
                self.operation = Some(operation.clone());
                self.set(StepState::Pending { ask_at: *ask_at }, at);
            }
            Entry::NotDone { call, reason, retry_at, .. } => self.not_done(*call, reason, *retry_at, at),
            Entry::InDoubt { call, reason, ask_at, .. } => self.in_doubt(*call, reason, *ask_at, at),
            Entry::Reversed { kind, .. } => {
                self.surely_nothing(at);
                self.set(StepState::Reversed(*kind), at);
            }
            Entry::Stands { reason, remedy, .. } => {
                self.close();
                self.set(StepState::Stands { reason: *reason, remedy: remedy.clone() }, at);
            }
            _ => {}
        }
    }

    fn set(&mut self, state: StepState, at: Instant) {
        if self.state != state {
            self.state = state;
            self.since = at;
        }
    }

    fn close(&mut self) {
        self.calls.values_mut().filter(|call| call.open).for_each(|call| Arc::make_mut(call).open = false);
    }

    fn surely_nothing(&mut self, at: Instant) {
        self.close();
        self.unanswered = 0;
        self.footprint = Footprint::Nothing;
        self.operation = None;
        self.set(StepState::NotDue, at);
    }

    fn reopen(&mut self, at: Instant) {
        self.surely_nothing(at);
        self.generation = self.generation.saturating_add(1);
        self.goes_without_at = None;
        self.routed = false;
        self.not_competent.clear();
        self.consumed.clear();
        self.decision = None;
    }

    fn settle(&mut self, decision: Option<Decision>, state: StepState, at: Instant) {
        self.close();
        self.unanswered = 0;
        self.operation = None;
        self.decision = decision;
        self.set(state, at);
    }

    fn called(&mut self, recorded: &Recorded) {
        let Entry::Called { call, attempt, agency, key, discloses, purpose, contract, until, .. } =
            &recorded.entry
        else {
            return;
        };
        if *call == CallKind::Perform {
            self.unanswered = self.unanswered.saturating_add(1);
            self.footprint = self.footprint.max(Footprint::Perhaps);
            self.consumed.clone_from(discloses);
        }
        self.close();
        let made = Call {
            intent: recorded.number,
            open: true,
            attempt: *attempt,
            generation: self.generation,
            agency: agency.clone(),
            key: key.clone(),
            purpose: purpose.clone(),
            contract: contract.clone(),
            at: recorded.at,
            until: *until,
            again_at: None,
            discloses: discloses.clone(),
        };
        self.calls.insert(*call, made.into());
        let state = match call {
            CallKind::Perform | CallKind::Status => StepState::Calling(*call),
            CallKind::Cancel | CallKind::Reverse => StepState::Reversing(*call),
        };
        self.set(state, recorded.at);
    }

    fn not_done(&mut self, call: CallKind, reason: &NotDoneReason, retry_at: Instant, at: Instant) {
        self.again(call, Some(retry_at));
        match call {
            CallKind::Perform => {
                self.unanswered = match reason {
                    NotDoneReason::NeverSeen => 0,
                    _ => self.unanswered.saturating_sub(1),
                };
                if self.unanswered == 0 && self.footprint == Footprint::Perhaps {
                    self.footprint = Footprint::Nothing;
                    self.operation = None;
                }
                let why = Waiting::Agency(reason.clone());
                self.set(StepState::Waiting { why, until: Some(retry_at) }, at);
            }
            // The key is unknown, but a call that is still on its way may yet make it known.
            CallKind::Status if *reason == NotDoneReason::NeverSeen => {
                self.operation = None;
                let why = Waiting::Agency(reason.clone());
                self.set(StepState::Waiting { why, until: Some(retry_at) }, at);
            }
            CallKind::Status => self.ask_again("silence", Some(retry_at), at),
            CallKind::Cancel | CallKind::Reverse => self.set(StepState::Reversing(call), at),
        }
    }

    fn in_doubt(&mut self, call: CallKind, reason: &str, ask_at: Option<Instant>, at: Instant) {
        self.again(call, ask_at);
        match call {
            CallKind::Perform => {
                self.footprint = self.footprint.max(Footprint::Perhaps);
                self.set(StepState::InDoubt { ask_at, reason: reason.to_owned() }, at);
            }
            CallKind::Status => self.ask_again(reason, ask_at, at),
            CallKind::Cancel | CallKind::Reverse => self.set(StepState::Reversing(call), at),
        }
    }

    fn again(&mut self, call: CallKind, when: Option<Instant>) {
        self.close();
        if let Some(call) = self.calls.get_mut(&call) {
            Arc::make_mut(call).again_at = when;
        }
    }

    /// The question what became of it was not answered: the step is again what it was before the question.
    fn ask_again(&mut self, reason: &str, ask_at: Option<Instant>, at: Instant) {
        let state = match (&self.operation, ask_at) {
            (Some(_), Some(ask_at)) => StepState::Pending { ask_at },
            _ => StepState::InDoubt { ask_at, reason: reason.to_owned() },
        };
        self.set(state, at);
    }

    fn resume(&mut self, at: Instant) {
        let state = match &self.state {
            StepState::Parked { .. } => match self.footprint {
                Footprint::Nothing => StepState::NotDue,
                Footprint::Perhaps => StepState::InDoubt { ask_at: Some(at), reason: "resumed".to_owned() },
                Footprint::Surely => StepState::Done,
            },
            StepState::Waiting { .. } => StepState::NotDue,
            StepState::Pending { .. } => StepState::Pending { ask_at: at },
            StepState::InDoubt { reason, .. } => {
                StepState::InDoubt { ask_at: Some(at), reason: reason.clone() }
            }
            other => other.clone(),
        };
        let closed = self.calls.values_mut().filter(|call| !call.open);
        closed.for_each(|call| Arc::make_mut(call).again_at = Some(at));
        self.set(state, at);
    }
}
