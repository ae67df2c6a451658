//! Simulated ministries: they keep the promise of their contract and nothing more. They refuse, take their time, take
//! it up and report later, call facts stale, forward, break their contract; their own books say what they did.

use std::collections::BTreeMap;

use casework::entry::{CallKind, DecidedBy, Decision, DecisionResult, NotDoneReason, Reason};
use casework::input::{Answer, Content, Gifts, RequestField};
use casework::name::{AgencyId, MemberId, ServiceId, StepId};
use casework::plan::{Plan, PlanStep};
use casework::rulebook::Offers;
use casework::service::Effect;

use crate::rng::{Rng, mix};
use crate::values::Values;

/// More editions than the registers of one case have.
const EDITIONS: u64 = 1_000;

/// A request as it arrives.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) service: ServiceId,
    pub(crate) step: StepId,
    pub(crate) call: CallKind,
    pub(crate) key: String,
    pub(crate) attempt: u32,
    pub(crate) agency: AgencyId,
    pub(crate) body: Vec<RequestField>,
    /// When the caller stops waiting: work on it must not begin later.
    pub(crate) deadline: i64,
    /// The gateway that called, and which life of it.
    pub(crate) from: (usize, u64),
}

/// Something that a ministry did and has not undone.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) step: StepId,
    pub(crate) agency: AgencyId,
    pub(crate) key: String,
    pub(crate) stands: bool,
}

/// What a ministry knows of a key.
#[derive(Debug, Clone)]
enum Held {
    Done(Answer),
    Pending { operation: String, request: Request },
    Tombstone,
}

/// What a ministry is like, today.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mood {
    pub(crate) refuses: u64,
    pub(crate) pending: u64,
    pub(crate) odd: u64,
}

/// All ministries and their books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ministries {
    values: Values,
    held: BTreeMap<(AgencyId, String), Held>,
    /// Answers of services whose books are searched by business facts, not by key: what came of the last request, and
    /// what it said.
    found: BTreeMap<StepId, (u64, Answer)>,
    reversals: BTreeMap<(AgencyId, String), Answer>,
    bodies: BTreeMap<(AgencyId, String), u64>,
    pub(crate) deeds: Vec<Deed>,
    /// The edition of the registers: another one gives other values.
    pub(crate) edition: u64,
    stale: BTreeMap<StepId, u32>,
    /// What was answered to an attempt that did nothing: a repeat of the very same request is told the same.
    turned_away: BTreeMap<(String, u32), Answer>,
    forwarded: BTreeMap<StepId, u32>,
    pub(crate) violations: Vec<String>,
    /// Deeds undone by the request just handled, for the order to be checked.
    pub(crate) undone: Vec<StepId>,
}

/// What comes of a request.
pub(crate) enum Reaction {
    Answer(Answer),
    /// Taken up: it is completed later.
    TakenUp(Answer),
    /// No answer ever.
    Nothing,
}

impl Ministries {
    /// Ministries whose books say what this seed makes them say.
    pub(crate) fn new(values: Values, seed: u64) -> Self {
        Self { values, edition: seed.wrapping_mul(EDITIONS), ..Self::default() }
    }

    pub(crate) fn handle(
        &mut self,
        plan: &Plan,
        offers: &Offers,
        rng: &mut Rng,
        mood: Mood,
        now: i64,
        request: &Request,
    ) -> Reaction {
        let Some(step) = plan.step(&request.step.service) else { return Reaction::Nothing };
        match request.call {
            CallKind::Perform => self.perform(step, offers, rng, mood, now, request),
            CallKind::Status => Reaction::Answer(self.status(step, request)),
            CallKind::Cancel => Reaction::Answer(self.cancel(request)),
            CallKind::Reverse => Reaction::Answer(self.reverse(plan, rng, mood, request)),
        }
    }

    fn perform(
        &mut self,
        step: &PlanStep,
        offers: &Offers,
        rng: &mut Rng,
        mood: Mood,
        now: i64,
        request: &Request,
    ) -> Reaction {
        let key = (request.agency.clone(), request.key.clone());
        if step.service.effect == Effect::Read {
            return Reaction::Answer(self.answer(step, request, mood, rng));
        }
        // Without a tombstone nothing else keeps a late call out: it is not begun once its caller waits no more.
        if !step.service.cancel && now >= request.deadline {
            return Reaction::Nothing;
        }
        let body = body_hash(&request.body);
        if *self.bodies.entry(key.clone()).or_insert(body) != body {
            self.violations.push(format!("{}: one key, two requests", request.step));
        }
        match self.held.get(&key) {
            Some(Held::Tombstone) => return Reaction::Answer(Answer::Tombstoned),
            Some(Held::Done(answer)) if step.service.effect != Effect::Unguarded => {
                return Reaction::Answer(answer.clone());
            }
            Some(Held::Pending { operation, .. }) if step.service.effect != Effect::Unguarded => {
                return Reaction::Answer(Answer::Pending { operation: operation.clone() });
            }
            _ => {}
        }
        let attempt = (request.key.clone(), request.attempt);
        if let Some(answer) = self.turned_away.get(&attempt) {
            return Reaction::Answer(answer.clone());
        }
        if let Some(odd) = self.odd(step, offers, rng, mood, request) {
            self.turned_away.insert(attempt, odd.clone());
            return Reaction::Answer(odd);
        }
        self.found.remove(&request.step);
        if rng.chance(mood.pending) {
            let operation = format!("operation-{}", self.held.len());
            let held = Held::Pending { operation: operation.clone(), request: request.clone() };
            self.held.insert(key, held);
            return Reaction::TakenUp(Answer::Pending { operation });
        }
        let answer = self.answer(step, request, mood, rng);
        self.enter(step, request, &answer);
        // What was done may be said in words that mean nothing.
        let garbled = rng.chance(mood.odd) && rng.chance(20);
        Reaction::Answer(if garbled { breach() } else { answer })
    }

    /// Answers that are neither yes nor no; each step has a few of them at most.
    fn odd(
        &mut self,
        step: &PlanStep,
        offers: &Offers,
        rng: &mut Rng,
        mood: Mood,
        request: &Request,
    ) -> Option<Answer> {
        if !rng.chance(mood.odd) {
            return None;
        }
        let stale = self.stale.entry(request.step.clone()).or_default();
        if *stale < 2 && !request.body.is_empty() && rng.chance(50) {
            *stale += 1;
            self.bodies.remove(&(request.agency.clone(), request.key.clone()));
            return Some(Answer::StaleFact { facts: vec![request.body[0].field.clone()] });
        }
        let forwarded = self.forwarded.entry(request.step.clone()).or_default();
        if *forwarded < 1 && step.competence.is_some() && rng.chance(50) {
            *forwarded += 1;
            let others = offers.0.get(&step.service.id).into_iter().flatten();
            let other = others.map(|offer| offer.agency.clone()).find(|agency| *agency != request.agency);
            return Some(Answer::NotCompetent { forward_to: other.filter(|_| rng.chance(70)) });
        }
        rng.chance(10).then(breach)
    }

    /// Writes what was decided into the books.
    fn enter(&mut self, step: &PlanStep, request: &Request, answer: &Answer) {
        let key = (request.agency.clone(), request.key.clone());
        if matches!(answer, Answer::Done { decision, .. } if applies(decision.as_ref())) {
            let twice = |deed: &&Deed| deed.stands && deed.step == request.step;
            if self.deeds.iter().any(|deed| twice(&deed)) {
                self.violations.push(format!("{} was done twice", request.step));
            }
            self.deeds.push(Deed {
                step: request.step.clone(),
                agency: request.agency.clone(),
                key: request.key.clone(),
                stands: true,
            });
        }
        if step.service.finds() {
            self.found.insert(request.step.clone(), (body_hash(&request.body), answer.clone()));
        }
        self.held.insert(key, Held::Done(answer.clone()));
    }

    /// Completes what was taken up: the report, where there is still something to complete.
    pub(crate) fn complete(
        &mut self,
        plan: &Plan,
        rng: &mut Rng,
        mood: Mood,
        key: &(AgencyId, String),
    ) -> Option<(Request, Answer)> {
        let Some(Held::Pending { request, .. }) = self.held.get(key).cloned() else { return None };
        let step = plan.step(&request.step.service)?;
        if step.service.effect != Effect::Unguarded && rng.chance(5) {
            self.held.remove(key);
            let reason = NotDoneReason::Unavailable;
            return Some((request, Answer::NotDone { reason, retry_after: None }));
        }
        let answer = self.answer(step, &request, mood, rng);
        self.enter(step, &request, &answer);
        Some((request, answer))
    }

    fn status(&self, step: &PlanStep, request: &Request) -> Answer {
        if !step.service.status && step.service.finds() {
            let pending = self.held.values().find_map(|held| match held {
                Held::Pending { operation, request: held } if held.step == request.step => Some(operation),
                _ => None,
            });
            // One that said something else is another one.
            let found = self.found.get(&request.step).filter(|(body, _)| *body == body_hash(&request.body));
            return match (found, pending) {
                (Some((_, answer)), _) => answer.clone(),
                (None, Some(operation)) => Answer::Pending { operation: operation.clone() },
                (None, None) => Answer::NeverSeen,
            };
        }
        match self.held.get(&(request.agency.clone(), request.key.clone())) {
            Some(Held::Done(answer)) => answer.clone(),
            Some(Held::Pending { operation, .. }) => Answer::Pending { operation: operation.clone() },
            Some(Held::Tombstone) => Answer::Tombstoned,
            None => Answer::NeverSeen,
        }
    }

    fn cancel(&mut self, request: &Request) -> Answer {
        let key = (request.agency.clone(), request.key.clone());
        self.undo(|deed| deed.key == request.key && deed.agency == request.agency);
        self.held.insert(key, Held::Tombstone);
        Answer::Undone
    }

    fn reverse(&mut self, plan: &Plan, rng: &mut Rng, mood: Mood, request: &Request) -> Answer {
        let key = (request.agency.clone(), request.key.clone());
        if let Some(answer) = self.reversals.get(&key) {
            return answer.clone();
        }
        let known = plan.reversals.iter().any(|reversal| reversal.service.id == request.service);
        if !known {
            self.violations.push(format!("{} reverses nothing", request.service));
        }
        let answer = if rng.chance(mood.refuses / 2) {
            let decision = Some(decision(DecisionResult::Refused));
            Answer::Done { gifts: Gifts::default(), decision }
        } else {
            let before = self.undone.len();
            self.undo(|deed| deed.step == request.step && deed.agency == request.agency);
            if self.undone.len() == before {
                self.violations.push(format!("{} was reversed without having been done", request.step));
            }
            self.found.remove(&request.step);
            Answer::Undone
        };
        self.reversals.insert(key, answer.clone());
        answer
    }

    fn undo(&mut self, which: impl Fn(&Deed) -> bool) {
        for deed in self.deeds.iter_mut().filter(|deed| deed.stands && which(deed)) {
            deed.stands = false;
            self.undone.push(deed.step.clone());
        }
    }

    /// What the books say of a step, for an officer who looks it up.
    pub(crate) fn books(&self, step: &StepId) -> Option<&Answer> {
        let deed = self.deeds.iter().rev().find(|deed| deed.stands && deed.step == *step)?;
        match self.held.get(&(deed.agency.clone(), deed.key.clone())) {
            Some(Held::Done(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Whether a step is taken up and not completed: an officer who looks it up waits.
    pub(crate) fn is_at_it(&self, step: &StepId) -> bool {
        self.held.values().any(|held| matches!(held, Held::Pending { request, .. } if request.step == *step))
    }

    fn answer(&self, step: &PlanStep, request: &Request, mood: Mood, rng: &mut Rng) -> Answer {
        let result = match rng.below(100) {
            n if n < mood.refuses => Some(DecisionResult::Refused),
            n if n < mood.refuses + 4 => Some(DecisionResult::NotApplicable),
            n if n < mood.refuses + 20 => Some(DecisionResult::Granted),
            n if n < mood.refuses + 25 => Some(DecisionResult::PartlyGranted),
            _ => None,
        };
        let gifts = match result {
            Some(DecisionResult::Refused | DecisionResult::NotApplicable) => Gifts::default(),
            _ => self.gifts(step, &request.step, body_hash(&request.body)),
        };
        Answer::Done { gifts, decision: result.map(decision) }
    }

    /// What a step gives: it follows from the step, its member and what it was told.
    fn gifts(&self, step: &PlanStep, id: &StepId, body: u64) -> Gifts {
        let mut gifts = Gifts::default();
        let member = id.member.as_ref().map_or("", MemberId::as_str);
        let edition = if step.service.effect == Effect::Read { self.edition } else { 0 };
        let number = mix(&[id.service.as_str(), member, &(body % 3).to_string(), &edition.to_string()]);
        for gift in step.gifts.iter().filter(|gift| !gift.creates) {
            let absent = mix(&[gift.fact.as_str(), &number.to_string()]).is_multiple_of(6);
            let value = self.values.value(&gift.fact, id.service.as_str(), member, number);
            gifts.facts.insert(gift.fact.clone(), Some(value).filter(|_| !absent));
        }
        let count = mix(&[id.service.as_str(), "how many", &(self.edition / EDITIONS).to_string()]) % 3;
        for gift in step.gifts.iter().filter(|gift| gift.creates) {
            let members = gifts.members.entry(gift.fact.role()).or_default();
            for index in 0..count {
                if members.len() <= usize::try_from(index).unwrap() {
                    members.push(BTreeMap::new());
                }
                let of = &mut members[usize::try_from(index).unwrap()];
                let value = self.values.value(&gift.fact, id.service.as_str(), &format!("v{index}"), index);
                of.insert(gift.fact.clone(), Some(value));
            }
        }
        gifts
    }
}

/// Whether the decision leaves something done.
pub(crate) fn applies(decision: Option<&Decision>) -> bool {
    decision.is_none_or(|decision| {
        matches!(decision.result, DecisionResult::Granted | DecisionResult::PartlyGranted)
    })
}

fn breach() -> Answer {
    Answer::Breach { what: "answers with something else".to_owned() }
}

/// A refusal.
pub(crate) fn refusal() -> Answer {
    Answer::Done { gifts: Gifts::default(), decision: Some(decision(DecisionResult::Refused)) }
}

fn decision(result: DecisionResult) -> Decision {
    Decision {
        result,
        reasons: vec![Reason {
            code: "rule-7".to_owned(),
            texts: BTreeMap::new(),
            legal_basis: "Act 7".to_owned(),
        }],
        rule_version: "rules/1".to_owned(),
        decided_by: DecidedBy::Machine,
        notified_at: None,
        remedy: None,
        reference: "reference".to_owned(),
    }
}

/// A hash of what a request says.
pub(crate) fn body_hash(body: &[RequestField]) -> u64 {
    let mut parts = Vec::new();
    for field in body {
        parts.push(field.field.clone());
        match &field.content {
            Content::One(value) => parts.push(serde_json::to_string(value).unwrap()),
            Content::Each(values) => parts.push(serde_json::to_string(values).unwrap()),
        }
    }
    mix(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}
