//! What a gateway does: load, decide, append, call. It can die between any two of these.

use casework::case::{Case, CaseState};
use casework::decide::{decide, open, stamp};
use casework::duties::{due_at, duties};
use casework::entry::{Entry, NotDoneReason, OtherCase};
use casework::input::{Answer, Duty, Input, Opening};
use casework::time::Instant;

use crate::ministry::Request;
use crate::world::{Event, Must, Trial, World};

/// Tries of one input after which something is wrong.
const TRIES_MAX: u32 = 200;

impl World<'_> {
    /// The report opens the case.
    pub(crate) fn open(&mut self) {
        let (by, report, person) = self.first_report();
        let seed = std::array::from_fn(|_| u8::try_from(self.rng.below(256)).unwrap());
        let other = || OtherCase { reference: "L-0".to_owned(), case: "another case".to_owned() };
        let perhaps_same = if self.rng.chance(5) { vec![other()] } else { Vec::new() };
        let opening = Opening {
            by,
            report,
            request: "request-1".to_owned(),
            person,
            seed,
            reference: "L-1".to_owned(),
            perhaps_same,
        };
        let entries = match open(&self.country.rules(), opening, Instant(self.now)) {
            Ok(entries) => entries,
            Err(rejected) => return self.violation(format!("the case does not open: {rejected}")),
        };
        let batch = stamp(None, Instant(self.now), entries);
        let at = self.any_gateway();
        self.land(at, batch);
    }

    /// What the gateway knows of the case, once it has read what is new.
    fn load(&mut self, gateway: usize) -> Option<Case> {
        let state = &mut self.gateways[gateway];
        match &mut state.known {
            Some(case) => self.log[state.read..].iter().for_each(|recorded| case.apply(recorded)),
            None => {
                self.course.recovered += 1;
                state.known = Case::folded(&self.log);
            }
        }
        state.read = self.log.len();
        state.known.clone()
    }

    pub(crate) fn decide(&mut self, at: (usize, u64), input: Input, tries: u32, must: Must) {
        // The connection, or the task, died with the gateway. What people and agencies send, they send again.
        if self.gateways[at.0].life != at.1 {
            let resent = !matches!(input, Input::Look | Input::Answer { attempt: Some(_), .. });
            if resent && tries < 5 {
                let (at, input) = (self.any_gateway(), Box::new(input));
                self.at(500, Event::Decide { at, input, tries: tries + 1, must });
            }
            return;
        }
        if let Input::Answer { step, attempt: Some(attempt), call, .. } = &input {
            let case = self.gateways[at.0].known.as_ref();
            let called = case.and_then(|case| case.steps.get(step)).and_then(|step| step.calls.get(call));
            if let Some(called) = called.filter(|called| called.attempt == *attempt) {
                self.gateways[at.0].answered.push(called.intent);
            }
        }
        let Some(case) = self.load(at.0) else { return };
        // The store's clock, read a little earlier.
        let now = Instant(self.now - i64::try_from(self.rng.below(20)).unwrap());
        let decided = decide(&self.country.rules(), &case, input.clone(), now);
        match decided {
            Err(_) => {}
            Ok(_) if must == Must::BeRefused => {
                self.violation(format!("took what was out of turn: {}", name(&input)));
            }
            // There is nothing to store: the next look is put off to when it is due.
            Ok(entries) if entries.is_empty() => {
                if input == Input::Look && self.gateways[at.0].read == self.log.len() {
                    let due = due_at(&self.country.rules(), &case, Instant(self.now));
                    self.check_due(&case, due);
                    self.due = due.map(|due| due.0);
                }
            }
            Ok(entries) => {
                let batch = stamp(Some(&case), now, entries);
                let prev = self.log.len();
                let delay = self.some(30);
                self.at(delay, Event::Append { at, prev, batch, input: Box::new(input), tries });
            }
        }
    }

    pub(crate) fn append(
        &mut self,
        at: (usize, u64),
        prev: usize,
        batch: Vec<casework::entry::Recorded>,
        input: Input,
        tries: u32,
    ) {
        if self.rng.chance(self.faults.crash) {
            self.crash(at.0);
        }
        if self.gateways[at.0].life != at.1 {
            let resent = !matches!(input, Input::Look | Input::Answer { attempt: Some(_), .. });
            if resent {
                let at = self.any_gateway();
                self.at(
                    500,
                    Event::Decide { at, input: Box::new(input), tries: tries + 1, must: Must::Anything },
                );
            }
            return;
        }
        if prev != self.log.len() {
            self.course.stale += 1;
            if tries > TRIES_MAX {
                return self.violation("loses every race".to_owned());
            }
            return self.decide(at, input, tries + 1, Must::Anything);
        }
        self.land(at, batch);
    }

    /// A batch is stored; its calls leave, if the gateway lives.
    pub(crate) fn land(&mut self, at: (usize, u64), batch: Vec<casework::entry::Recorded>) {
        let first = batch.first().map_or(0, |recorded| recorded.number);
        self.check_batch(&batch);
        self.log.extend(batch);
        let Some(case) = self.load(at.0) else { return };
        if self.rng.chance(5) && Case::folded(&self.log).as_ref() != Some(&case) {
            self.violation("the log folds to another case".to_owned());
        }
        let now = Instant(self.now);
        let due = due_at(&self.country.rules(), &case, now);
        self.check_due(&case, due);
        self.due = due.map(|due| due.0);
        // After the append, before the calls. Or the store's answer is lost, and the gateway does not know.
        let tried = self.log.iter().skip_while(|recorded| recorded.number < first).any(|recorded| {
            matches!((&recorded.entry, &self.trial), (Entry::Called { step, attempt: 1, .. }, Some((tried, Trial::CrashedAfter))) if step == tried)
        });
        if tried || self.rng.chance(self.faults.crash) {
            return self.crash(at.0);
        }
        if self.rng.chance(self.faults.crash / 2) {
            return;
        }
        for duty in duties(&self.country.rules(), &case, now) {
            if duty.intent >= first {
                let delay =
                    if self.rng.chance(self.faults.slow / 4) { self.some(12_000) } else { self.some(5) };
                self.at(delay, Event::Call { at, duty: Box::new(duty) });
            }
        }
    }

    /// A call leaves the gateway.
    pub(crate) fn call(&mut self, at: (usize, u64), duty: Duty) {
        if self.gateways[at.0].life != at.1 || self.now >= duty.until.0 {
            return;
        }
        self.check_duty(&duty);
        let offers = self.country.offers.0.get(&duty.service).into_iter().flatten();
        let live =
            offers.into_iter().find(|offer| offer.agency == duty.agency).is_none_or(|offer| offer.live);
        if !live || self.rng.chance(self.faults.down) {
            let reason = if live { NotDoneReason::Unavailable } else { NotDoneReason::NoEndpoint };
            let answer = Answer::NotDone { reason, retry_after: None };
            return self.answered(at, &duty, answer, 1);
        }
        let until = duty.until.0 - self.now;
        self.at(until.min(2_500), Event::TimedOut { at, duty: Box::new(duty.clone()) });
        let request = Request {
            service: duty.service,
            step: duty.step,
            call: duty.call,
            key: duty.key,
            attempt: duty.attempt,
            agency: duty.agency,
            body: duty.request,
            deadline: duty.until.0,
            from: at,
        };
        if self.rng.chance(self.faults.loss) {
            return;
        }
        // Only where a repeat is recognised does anything on the way repeat.
        let step = self.country.plan.step(&request.step.service);
        let once = step.is_none_or(|step| step.service.effect == casework::service::Effect::Unguarded);
        let copies = 1 + u64::from(!once && self.rng.chance(self.faults.repeat));
        for _ in 0..copies {
            let delay = self.delay();
            self.at(delay, Event::Arrive(Box::new(request.clone())));
        }
    }

    fn answered(&mut self, at: (usize, u64), duty: &Duty, answer: Answer, delay: i64) {
        let input = Input::Answer {
            step: duty.step.clone(),
            call: duty.call,
            key: duty.key.clone(),
            attempt: Some(duty.attempt),
            agency: duty.agency.clone(),
            answer,
        };
        self.at(delay, Event::Decide { at, input: Box::new(input), tries: 0, must: Must::Anything });
    }

    /// The gateway has waited long enough: in doubt, if it says so at all.
    pub(crate) fn timed_out(&mut self, at: (usize, u64), duty: &Duty) {
        let heard = self.gateways[at.0].answered.contains(&duty.intent);
        if !heard && self.rng.chance(60) {
            self.answered(at, duty, Answer::InDoubt { reason: "DEADLINE_EXCEEDED".to_owned() }, 0);
        }
    }

    /// The case as the log has it.
    pub(crate) fn case(&self) -> Option<Case> {
        Case::folded(&self.log)
    }

    /// Whether the case has come to its end.
    pub(crate) fn is_over(case: &Case) -> bool {
        match case.state {
            CaseState::Completed | CaseState::Withdrawn => true,
            CaseState::NeedsPerson => case.withdrawal.is_some(),
            CaseState::Open | CaseState::Withdrawing => false,
        }
    }
}

/// What an input is, without what it says.
fn name(input: &Input) -> String {
    match input {
        Input::Answer { step, call, .. } => format!("an answer to {call:?} of {step}"),
        Input::Offer { step, .. } => format!("an answer to the offer of {step}"),
        Input::Steer { step, .. } => format!("steering of {step}"),
        _ => "an input".to_owned(),
    }
}
