//! How a case ends: the ministries' books and the case say the same.

use casework::case::{Case, CaseState, Footprint, StepState};
use casework::decide::decide;
use casework::duties::{due_at, duties};
use casework::entry::{Known, SkipReason, Source};
use casework::explain::explain;
use casework::input::Input;
use casework::name::{FactKey, StepId};
use casework::plan::Plan;
use casework::questions::questions;
use casework::service::Effect;
use casework::time::Instant;
use casework::view::{beside_steps, view};

use crate::world::World;

impl World<'_> {
    /// How it ends: the ministries' books and the case say the same.
    pub(crate) fn check_end(&mut self) {
        let Some(case) = self.case() else { return self.violation("there is no case".to_owned()) };
        self.course.end = Some(case.state);
        self.course.withdrawn = case.withdrawal.is_some();
        if !Self::is_over(&case) {
            let words = explain(&self.country.rules(), &case, Instant(self.now));
            return self.violation(format!("it never ends:\n{words}"));
        }
        let group = self.country.reported_group().and_then(|spec| case.groups.get(&spec.id));
        if group.is_some_and(|group| group.members.len() > 4) {
            self.violation("members were counted twice".to_owned());
        }
        for deed in self.ministries.deeds.clone().iter().filter(|deed| deed.stands) {
            let state = case.steps.get(&deed.step);
            let known = state.is_some_and(|state| match &state.state {
                StepState::Done => case.withdrawal.is_none(),
                StepState::Stands { .. } => true,
                StepState::Parked { .. } | StepState::InDoubt { .. } | StepState::Waiting { .. } => {
                    case.state != CaseState::Withdrawn && state.footprint > Footprint::Nothing
                }
                StepState::Reversing(_) | StepState::Pending { .. } | StepState::Calling(_) => false,
                _ => false,
            });
            // Below what a person must undo first, all may stand.
            let blocked = case.state == CaseState::NeedsPerson;
            if !known && !blocked {
                let word = state.map_or("unknown", |state| state.state.word());
                self.violation(format!("{} stands at {} although it is {word}", deed.step, deed.agency));
            }
        }
        for (id, state) in &case.steps {
            let effect = self.country.plan.step(&id.service).map(|step| step.service.effect);
            let stands = self.ministries.deeds.iter().filter(|deed| deed.stands && deed.step == *id).count();
            let claims = state.state == StepState::Done && state.footprint == Footprint::Surely;
            if claims && effect != Some(Effect::Read) && stands != 1 {
                self.violation(format!("{id} is done, and stands {stands} times in the books"));
            }
            if effect == Some(Effect::Read) && matches!(state.state, StepState::Stands { .. }) {
                self.violation(format!("{id} only reads, and stands"));
            }
            let taken_back = matches!(state.state, StepState::Reversed(_));
            let holds = case
                .facts
                .values()
                .filter_map(|fact| fact.current())
                .any(|revision| matches!(&revision.source, Source::Step { step, .. } if step == id));
            if taken_back && holds {
                self.violation(format!("{id} was taken back, and what it gave still holds"));
            }
        }
        self.check_rests(&case);
        self.check_prefixes();
    }

    /// What was done rests on what is known, and what was skipped has its reason still.
    fn check_rests(&mut self, case: &Case) {
        if case.state != CaseState::Completed {
            return;
        }
        let plan = self.country.plan.clone();
        let holds = |key: &FactKey| {
            let fact = case.facts.get(key)?;
            let current = fact.current().filter(|_| fact.dispute.is_none())?;
            let gone = match &current.source {
                Source::Step { step, .. } => {
                    case.steps.get(step).is_none_or(|giver| giver.state != StepState::Done)
                }
                // What a party says does not stand in for what was refused.
                Source::Party { .. } => giver_refused(&plan, case, key),
                Source::Agency(_) => false,
            };
            (!gone).then_some(current)
        };
        for (id, state) in &case.steps {
            for disclosure in state.consumed.iter().filter(|_| state.state == StepState::Done) {
                let before =
                    case.facts[&disclosure.key].revisions.iter().find(|r| r.number == disclosure.revision);
                let settled = self.givers_ended(case, &disclosure.key);
                let (Some(now), Some(before)) = (holds(&disclosure.key).filter(|_| settled), before) else {
                    continue;
                };
                // That there is none after all is for its giver to say, or a party to be asked: it undoes nothing.
                if now.known != before.known && matches!(now.known, Known::Value(_)) {
                    self.violation(format!("{id} was done on {} as it was, not as it is", disclosure.key));
                }
            }
            if let StepState::Skipped(SkipReason::Missing { fact, .. }) = &state.state {
                let settled = self.givers_ended(case, fact);
                if holds(fact).is_some_and(|now| matches!(now.known, Known::Value(_))) && settled {
                    self.violation(format!("{id} is skipped for want of {fact}, which is known"));
                }
            }
        }
    }

    /// Whether every step that could give a fact has ended.
    fn givers_ended(&self, case: &Case, key: &FactKey) -> bool {
        let plan = &self.country.plan;
        let givers = plan.facts.get(&key.name).map_or(&[][..], |fact| &fact.givers);
        let of = |index: &usize| &plan.steps[*index].service.id;
        let mut states = givers.iter().map(of).flat_map(|service| {
            let theirs = move |id: &&StepId| {
                id.service == *service && (id.member.is_none() || id.member == key.member)
            };
            case.steps.keys().filter(theirs).map(|id| &case.steps[id].state)
        });
        states.all(|state| matches!(state, StepState::Done | StepState::Refused | StepState::Skipped(_)))
    }

    /// Any beginning of a log can be taken up.
    fn check_prefixes(&mut self) {
        for _ in 0..2 {
            let length = 1 + usize::try_from(self.rng.below(self.log.len() as u64)).unwrap();
            let Some(case) = Case::folded(&self.log[..length.min(self.log.len())]) else { continue };
            let rules = self.country.rules();
            let later = Instant(case.changed_at.0 + self.rng.clone().below(100_000).cast_signed());
            let _ = decide(&rules, &case, Input::Look, later);
            let _ = duties(&rules, &case, later);
            let _ = due_at(&rules, &case, later);
            let _ = questions(&rules, &case);
            let _ = explain(&rules, &case, later);
            let seen = view(&rules, &case, &self.log[..length], &self.country.reporters().0);
            let beside = beside_steps(&case).into_iter().map(|wait| wait.since);
            let mut since = seen.steps.iter().map(|step| step.since).chain(beside);
            if since.any(|since| since < case.opened_at || since > case.changed_at) {
                return self.violation("somebody is waited for since there was no case".to_owned());
            }
        }
    }
}

/// Whether a step that gives the fact was refused.
fn giver_refused(plan: &Plan, case: &Case, key: &FactKey) -> bool {
    let givers = plan.facts.get(&key.name).map_or(&[][..], |fact| &fact.givers);
    let mut services = givers.iter().filter_map(|index| Some(&plan.steps.get(*index)?.service.id));
    services.any(|service| {
        let of = |id: &&StepId| {
            let same = id.member.is_none() || key.member.is_none() || id.member == key.member;
            id.service == *service && same
        };
        case.steps.keys().filter(of).any(|id| ends_in_refusal(case, id))
    })
}

/// Whether the step was refused, or skipped for want of what one that was refused would have given.
fn ends_in_refusal(case: &Case, id: &StepId) -> bool {
    match case.steps.get(id).map(|step| &step.state) {
        Some(StepState::Refused) => true,
        Some(StepState::Skipped(SkipReason::Missing { giver: Some(giver), .. })) => {
            ends_in_refusal(case, giver)
        }
        _ => false,
    }
}
