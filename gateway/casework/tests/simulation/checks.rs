//! What must always hold, checked against the log and the ministries' books.

use std::collections::BTreeSet;

use casework::case::{Case, CaseState, Footprint, StepState};
use casework::condition::{Lookup, Truth};
use casework::entry::{Actor, CallKind, Disclosure, Entry, Known, Recorded, Source, Waiting};
use casework::input::{Content, Duty};
use casework::name::{FactKey, FactName, Role, StepId};
use casework::plan::PlanStep;
use casework::service::Effect;
use casework::time::Instant;
use casework::value::Value;

use crate::ministry::Request;
use crate::world::World;

impl World<'_> {
    /// Each entry as it is stored.
    pub(crate) fn check_batch(&mut self, batch: &[Recorded]) {
        let Some(first) = batch.first() else { return };
        let mut case = match self.case() {
            Some(case) => case,
            None => match Case::opened(first) {
                Some(case) => case,
                None => return self.violation("the log does not begin with an opening".to_owned()),
            },
        };
        let rest = if self.log.is_empty() { &batch[1..] } else { batch };
        for recorded in rest {
            if recorded.at < case.changed_at || recorded.number != case.entries + 1 {
                self.violation(format!("entry {} is out of order", recorded.number));
            }
            match &recorded.entry {
                Entry::Called { step, call, key, discloses, .. } => {
                    self.check_intent(&case, recorded, step, *call, key, discloses);
                }
                Entry::Completed => self.check_completion(&case),
                Entry::Joined { .. } if case.steps.values().any(|step| !step.calls.is_empty()) => {
                    self.violation("something was begun in a case that ends in another".to_owned());
                }
                Entry::WithdrawalAsked { .. } if !is_withdrawn_by_somebody(&recorded.by) => {
                    self.violation("was withdrawn by nobody".to_owned());
                }
                Entry::Learnt {
                    key, known: Known::Value(value), source: Source::Step { step, .. }, ..
                } => {
                    self.check_member(key, value, step);
                }
                _ => {}
            }
            case.apply(recorded);
        }
    }

    fn check_intent(
        &mut self,
        case: &Case,
        recorded: &Recorded,
        id: &StepId,
        call: CallKind,
        key: &str,
        discloses: &[Disclosure],
    ) {
        let plan = self.country.plan.clone();
        let Some(step) = plan.step(&id.service) else { return };
        let state = case.steps.get(id);
        let before = state.and_then(|state| state.performed());
        if call == CallKind::Perform {
            if case.withdrawal.is_some() {
                self.violation(format!("{id} is called although the case was withdrawn"));
            }
            if before.is_some_and(|before| before.key != key && Some(&before.agency) == agency_of(recorded)) {
                self.violation(format!("{id} is called again with another key"));
            }
            let perhaps = state.is_some_and(|state| state.footprint == Footprint::Perhaps);
            if step.service.effect == Effect::Unguarded && perhaps {
                self.violation(format!("{id} is repeated although a repeat does it twice"));
            }
            self.check_needs(case, step, id, discloses);
        }
        // A call that is repeated says what it said before.
        let repeated = before.is_some_and(|before| before.discloses == discloses);
        for disclosure in discloses {
            let fact = case.facts.get(&disclosure.key);
            let holds = fact.and_then(|fact| fact.current()).is_some_and(|r| r.number == disclosure.revision);
            let disputed = fact.is_some_and(|fact| fact.dispute.is_some());
            if call == CallKind::Perform && !repeated && (!holds || disputed) {
                self.violation(format!("{id} discloses {} which does not hold", disclosure.key));
            }
            self.check_consent(case, recorded, step, call, disclosure);
        }
    }

    fn check_needs(&mut self, case: &Case, step: &PlanStep, id: &StepId, discloses: &[Disclosure]) {
        for need in step.needs.iter().filter(|need| !need.optional && !need.collects) {
            if !discloses.iter().any(|disclosure| disclosure.field == need.field) {
                self.violation(format!("{id} is called without {}", need.fact));
            }
        }
        let Some(when) = &step.when else { return };
        // What a party reported without, and no service gives, is absent to a condition.
        let reported = case.receipts.iter().any(|receipt| matches!(receipt.by, Actor::Party { .. }));
        let facts = self.country.plan.facts.clone();
        let left_open = |name: &FactName| {
            reported && facts.get(name).is_some_and(|it| it.askable && it.givers.is_empty())
        };
        let truth = when.truth(&|name| {
            let member = id.member.clone().filter(|_| step.per.as_ref() == Some(&name.role()));
            let fact = case.facts.get(&FactKey { name: name.clone(), member });
            match fact.and_then(|fact| fact.current()).map(|revision| &revision.known) {
                Some(Known::Value(value)) => Lookup::Known(value),
                Some(Known::Absent) => Lookup::Absent,
                None if left_open(name) => Lookup::Absent,
                Some(Known::Unknown) | None => Lookup::Unknown,
            }
        });
        let first = case.steps.get(id).is_none_or(|state| state.performed().is_none());
        if first && truth != Truth::True {
            self.violation(format!("{id} is called although its condition does not hold"));
        }
    }

    fn check_consent(
        &mut self,
        case: &Case,
        recorded: &Recorded,
        step: &PlanStep,
        call: CallKind,
        disclosure: &Disclosure,
    ) {
        let Entry::Called { registry, .. } = &recorded.entry else { return };
        let plan = &self.country.plan;
        let reversal = step.service.reversal.as_ref().and_then(|r| plan.step(&r.service));
        let taker = if call == CallKind::Reverse { reversal.unwrap_or(step) } else { step };
        let named =
            taker.needs.iter().any(|need| need.field == disclosure.field && need.fact == disclosure.key.name);
        let revisions = case.facts.get(&disclosure.key).map_or(&[][..], |fact| &fact.revisions);
        let source = revisions.iter().find(|r| r.number == disclosure.revision).map(|r| &r.source);
        let granted = match source {
            Some(Source::Step { step: giver, .. }) if giver.service.agency() != taker.service.id.agency() => {
                let concept = plan.life_event.concept_of(&disclosure.key.name);
                let (from, to) = (giver.service.agency(), &taker.service.id);
                concept.is_some_and(|concept| {
                    self.editions[registry].find(&from, &concept, to, &taker.service.purpose).is_some()
                })
            }
            Some(_) => true,
            None => false,
        };
        if !named || !granted {
            let what = if named { "without consent" } else { "without a name for it" };
            let field = disclosure.field.clone();
            self.violation(format!("{} gets {field} {what}", taker.service.id));
        }
    }

    /// A member's step gives facts of that member.
    fn check_member(&mut self, key: &FactKey, value: &Value, step: &StepId) {
        let (Value::Text(text) | Value::Person(text)) = value else { return };
        let mut tag = text.split('|');
        let of = (tag.next(), tag.next());
        if let (Some(member), (Some(service), Some(told))) = (&key.member, of)
            && service == step.service.as_str()
            && step.member.is_some()
            && told != member.as_str()
        {
            self.violation(format!("{key} has the value of {told}"));
        }
    }

    /// Nothing is owed: told from the steps alone, without the core's own idea of it.
    fn check_completion(&mut self, case: &Case) {
        let plan = self.country.plan.clone();
        for step in &plan.steps {
            let ids: Vec<StepId> = match &step.per {
                None => vec![StepId { service: step.service.id.clone(), member: None }],
                Some(role) => {
                    let group = case.groups.get(role);
                    if !group.is_some_and(|group| group.closed) && !self.giver_is_with_people(case, role) {
                        self.violation(format!("completed before all of {role} were known"));
                    }
                    let members = group.map_or(&[][..], |group| &group.members).iter();
                    let of = |member: &_| StepId {
                        service: step.service.id.clone(),
                        member: Some(Clone::clone(member)),
                    };
                    members.map(of).collect()
                }
            };
            for id in ids {
                let state = case.steps.get(&id).map(|state| &state.state);
                let busy = matches!(
                    state,
                    Some(StepState::Calling(_) | StepState::Reversing(_) | StepState::Pending { .. })
                );
                let ended =
                    matches!(state, Some(StepState::Done | StepState::Refused | StepState::Skipped(_)));
                let offered = matches!(state, Some(StepState::Waiting { why: Waiting::OfferAnswer, .. }));
                let waits_for_offer =
                    matches!(state, None | Some(StepState::NotDue)) && !step.waits_for.is_empty();
                if busy || (step.essential && !ended && !offered && !waits_for_offer) {
                    self.violation(format!("completed although {id} is owed"));
                }
            }
        }
        if case.facts.values().any(|fact| fact.dispute.is_some()) || !case.unmatched.is_empty() {
            self.violation("completed although something is in dispute".to_owned());
        }
    }

    /// Whether who would name the members of a group is a step that only people can take further and that the case can do
    /// without.
    fn giver_is_with_people(&self, case: &Case, role: &Role) -> bool {
        let creates =
            |step: &&PlanStep| step.gifts.iter().any(|gift| gift.creates && gift.fact.role() == *role);
        let with_people = |state: &StepState| {
            matches!(
                state,
                StepState::NotDue
                    | StepState::Waiting { .. }
                    | StepState::Parked { .. }
                    | StepState::InDoubt { ask_at: None, .. }
            )
        };
        let mut givers = self.country.plan.steps.iter().filter(creates).filter(|step| !step.essential);
        givers.any(|giver| {
            let steps = case.steps.iter().filter(|(id, _)| id.service == giver.service.id);
            steps.map(|(_, step)| &step.state).any(with_people)
        })
    }

    /// Somebody looks again, and not later than anything is due.
    pub(crate) fn check_due(&mut self, case: &Case, due: Option<Instant>) {
        let held = case.state == CaseState::NeedsPerson;
        if due.is_none() && !Self::is_over(case) && !held {
            self.violation("nobody will look at it again".to_owned());
        }
        if due.is_some_and(|due| due.0 <= self.now) {
            self.violation("is due in the past".to_owned());
        }
        let soonest = case.steps.values().filter_map(|state| match &state.state {
            StepState::Calling(kind) => state.calls.get(kind).map(|call| call.until),
            StepState::InDoubt { ask_at, .. } => *ask_at,
            StepState::Waiting { until, .. } => *until,
            StepState::Reversing(kind) => state
                .calls
                .get(kind)
                .and_then(|call| if call.open { Some(call.until) } else { call.again_at }),
            _ => None,
        });
        let soonest = soonest.filter(|at| at.0 > self.now).min().filter(|_| !Self::is_over(case));
        if let Some(soonest) = soonest
            && due.is_none_or(|due| due > soonest)
        {
            self.violation("would be looked at too late".to_owned());
        }
    }

    /// A call that leaves was recorded before, and carries what was recorded.
    pub(crate) fn check_duty(&mut self, duty: &Duty) {
        let recorded = self.log.iter().find_map(|recorded| match &recorded.entry {
            Entry::Called { step, call, attempt, key, agency, discloses, .. }
                if recorded.number == duty.intent
                    && *step == duty.step
                    && *call == duty.call
                    && *attempt == duty.attempt
                    && *key == duty.key
                    && *agency == duty.agency =>
            {
                Some(discloses.clone())
            }
            _ => None,
        });
        let Some(discloses) = recorded else {
            return self.violation(format!("{} is called before that is in the log", duty.step));
        };
        let fields: BTreeSet<&str> = discloses.iter().map(|disclosure| disclosure.field.as_str()).collect();
        let Some(case) = self.case() else { return };
        let mut wrong = None;
        for field in &duty.request {
            let known: Vec<&Value> = discloses
                .iter()
                .filter(|disclosure| disclosure.field == field.field)
                .filter_map(|disclosure| {
                    let revisions = &case.facts.get(&disclosure.key)?.revisions;
                    match &revisions.iter().find(|r| r.number == disclosure.revision)?.known {
                        Known::Value(value) => Some(value),
                        Known::Absent | Known::Unknown => None,
                    }
                })
                .collect();
            let carried: Vec<&Value> = match &field.content {
                Content::One(value) => vec![value],
                Content::Each(values) => values.iter().flatten().collect(),
            };
            if !fields.contains(field.field.as_str()) || carried != known {
                wrong = Some(field.field.clone());
            }
        }
        if let Some(field) = wrong {
            self.violation(format!("{} carries another {field} than was recorded", duty.step));
        }
    }

    pub(crate) fn check_request(&mut self, request: &Request) {
        let recorded = self.log.iter().any(|recorded| {
            matches!(&recorded.entry, Entry::Called { step, call, key, .. }
                if *step == request.step && *call == request.call && *key == request.key)
        });
        if !recorded {
            self.violation(format!("{} arrives before that is in the log", request.step));
        }
    }

    /// What was built on something is undone before it.
    pub(crate) fn check_undone(&mut self) {
        let undone = std::mem::take(&mut self.ministries.undone);
        let Some(case) = self.case().filter(|case| case.withdrawal.is_some()) else { return };
        for id in undone {
            for above in self.built_on(&case, &id) {
                let stands = self.ministries.deeds.iter().any(|deed| deed.stands && deed.step == above);
                let listed =
                    case.steps.get(&above).is_some_and(|s| matches!(s.state, StepState::Stands { .. }));
                if stands && !listed {
                    self.violation(format!("{id} is undone before {above}, which was built on it"));
                }
            }
        }
    }

    /// The steps that came after a step because of it, near and far.
    fn built_on(&self, case: &Case, id: &StepId) -> BTreeSet<StepId> {
        let plan = &self.country.plan;
        let mut found: BTreeSet<StepId> = BTreeSet::new();
        let mut next = vec![id.clone()];
        while let Some(below) = next.pop() {
            let Some(index) = plan.index(&below.service) else { continue };
            let per = plan.steps[index].per.clone();
            for above in self.every_step(case) {
                let Some(step) = plan.steps.iter().find(|step| step.service.id == above.service) else {
                    continue;
                };
                let waits = step.waits_for.iter().any(|wait| wait.step == index);
                let same = step.per.is_none() || per != step.per || above.member == below.member;
                if waits && same && found.insert(above.clone()) {
                    next.push(above.clone());
                }
            }
        }
        found
    }

    /// Every step of the plan, for everybody it is for.
    fn every_step(&self, case: &Case) -> Vec<StepId> {
        let of = |step: &PlanStep| -> Vec<StepId> {
            let id = |member| StepId { service: step.service.id.clone(), member };
            match &step.per {
                None => vec![id(None)],
                Some(role) => {
                    let members = case.groups.get(role).map_or(&[][..], |group| &group.members);
                    members.iter().cloned().map(Some).map(id).collect()
                }
            }
        };
        self.country.plan.steps.iter().flat_map(of).collect()
    }

    /// Whether a step comes after another because of it, near or far.
    pub(crate) fn rests_on(&self, id: &StepId, below: &StepId) -> bool {
        self.case().is_some_and(|case| self.built_on(&case, below).contains(id))
    }
}

/// A party withdraws, and nobody else.
fn is_withdrawn_by_somebody(by: &Actor) -> bool {
    matches!(by, Actor::Party { .. })
}

fn agency_of(recorded: &Recorded) -> Option<&casework::name::AgencyId> {
    match &recorded.entry {
        Entry::Called { agency, .. } => Some(agency),
        _ => None,
    }
}
