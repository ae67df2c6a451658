//! The course that a report would take through a plan: for each step and member, whether it applies, and where each
//! fact would come from.

use std::collections::{BTreeMap, BTreeSet};

use super::Applies;
use crate::condition::{Condition, Lookup, Truth};
use crate::input::{Given, Report};
use crate::name::{FactName, Role, ServiceId};
use crate::plan::{Because, Plan, PlanStep};
use crate::service::Mode;
use crate::term;

/// A step for one member, or for none.
pub(super) struct Run {
    pub(super) applies: Applies,
    pub(super) done_after_ms: i64,
}

/// Where a fact would come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    /// The report says it.
    Known,
    /// The report says that there is none.
    Absent,
    /// A step gives it: its index.
    Given(usize),
    /// A party is asked.
    Asked,
    /// From nobody; with the step that would have given it.
    Nobody(Option<usize>),
}

pub(super) struct Course<'a> {
    plan: &'a Plan,
    report: &'a Report,
    runs: BTreeMap<(usize, Option<usize>), Run>,
}

impl<'a> Course<'a> {
    pub(super) fn of(plan: &'a Plan, report: &'a Report) -> Self {
        let mut course = Self { plan, report, runs: BTreeMap::new() };
        for (index, step) in plan.steps.iter().enumerate() {
            let members = step.per.as_ref().map_or(vec![None], |role| course.members(role));
            for member in members {
                let applies = course.applies(step, member);
                let before = course.before(index, member);
                let done_after_ms = before + usual_ms(step).unwrap_or_default();
                course.runs.insert((index, member), Run { applies, done_after_ms });
            }
        }
        course
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, Option<usize>, &Run)> {
        self.runs.iter().map(|((index, member), run)| (*index, *member, run))
    }

    /// The members of the role that the report mentions; one that is none where it mentions none or the role is no
    /// group.
    pub(super) fn members(&self, role: &Role) -> Vec<Option<usize>> {
        match self.report.members.get(role).map_or(0, Vec::len) {
            0 => vec![None],
            mentioned => (0..mentioned).map(Some).collect(),
        }
    }

    fn given(&self, fact: &FactName, member: Option<usize>) -> Option<&'a Given> {
        let role = fact.role();
        if !self.plan.life_event.is_group(&role) {
            return self.report.facts.get(fact);
        }
        self.report.members.get(&role)?.get(member?)?.get(fact)
    }

    /// Which run of a step a fact of this member would come from.
    fn run_of(&self, giver: usize, member: Option<usize>) -> Option<&Run> {
        self.runs.get(&(giver, member)).or_else(|| self.runs.get(&(giver, None)))
    }

    /// Whether a step may run for this member.
    pub(super) fn may_run(&self, step: usize, member: Option<usize>) -> bool {
        self.run_of(step, member)
            .is_some_and(|run| matches!(run.applies, Applies::Yes { .. } | Applies::Depends { .. }))
    }

    fn runs_surely(&self, step: usize, member: Option<usize>) -> bool {
        self.run_of(step, member).is_some_and(|run| matches!(run.applies, Applies::Yes { .. }))
    }

    /// Where a fact would come from.
    pub(super) fn coming(&self, name: &FactName, member: Option<usize>) -> Coming {
        match self.given(name, member) {
            Some(Given::Value(_)) => return Coming::Known,
            Some(Given::Absent) => return Coming::Absent,
            Some(Given::Unknown) | None => {}
        }
        let Some(fact) = self.plan.facts.get(name) else { return Coming::Nobody(None) };
        let surely = fact.givers.iter().find(|giver| self.runs_surely(**giver, member));
        let perhaps = fact.givers.iter().find(|giver| self.may_run(**giver, member));
        match (surely, perhaps, fact.askable) {
            (Some(giver), _, _) | (None, Some(giver), false) => Coming::Given(*giver),
            (None, _, true) => Coming::Asked,
            (None, None, false) => Coming::Nobody(fact.givers.first().copied()),
        }
    }

    /// The step that a fact would come from, should it run: none where a party says it.
    pub(super) fn source(&self, name: &FactName, member: Option<usize>) -> Option<&'a PlanStep> {
        if self.given(name, member).is_some_and(|given| *given != Given::Unknown) {
            return None;
        }
        let givers = &self.plan.facts.get(name)?.givers;
        let surely = givers.iter().find(|giver| self.runs_surely(**giver, member));
        let giver = surely.or_else(|| givers.iter().find(|giver| self.may_run(**giver, member)));
        self.plan.steps.get(*giver?)
    }

    fn applies(&self, step: &PlanStep, member: Option<usize>) -> Applies {
        let needs = step.needs.iter().filter(|need| !need.optional && !need.collects).map(|need| &need.fact);
        let lacking = needs.chain(&step.competence).find_map(|fact| {
            let giver = match self.coming(fact, member) {
                Coming::Absent => None,
                Coming::Nobody(giver) => giver.and_then(|giver| self.plan.steps.get(giver)),
                Coming::Known | Coming::Given(_) | Coming::Asked => return None,
            };
            Some((fact.clone(), giver.map(|giver| giver.service.id.clone())))
        });
        let facts = step.when.as_ref().map(Condition::facts).unwrap_or_default();
        let truth = step.when.as_ref().map_or(Truth::True, |when| {
            when.truth(&|fact| match self.given(fact, member) {
                Some(Given::Value(value)) => Lookup::Known(value),
                Some(Given::Absent) => Lookup::Absent,
                Some(Given::Unknown) | None => match self.coming(fact, member) {
                    Coming::Nobody(_) => Lookup::Absent,
                    Coming::Known | Coming::Absent | Coming::Given(_) | Coming::Asked => Lookup::Unknown,
                },
            })
        });
        let (open, settled): (Vec<_>, Vec<_>) = facts
            .into_iter()
            .partition(|fact| matches!(self.coming(fact, member), Coming::Given(_) | Coming::Asked));
        match (truth, lacking) {
            (Truth::False, _) => Applies::No { by: settled },
            (_, Some((fact, giver))) => Applies::Lacks { fact, giver },
            (Truth::True, None) => Applies::Yes { by: settled },
            (Truth::Unknown, None) => Applies::Depends { on: open },
        }
    }

    /// When everything that a step waits for is usually done. A step of another member is waited for only where all
    /// members are; a giver of what the step can go without no longer than the step would wait, and not at all where
    /// it is open whether it runs.
    fn before(&self, index: usize, member: Option<usize>) -> i64 {
        let step = &self.plan.steps[index];
        let patience = step.service.wait_for.as_ref().and_then(|text| term::millis(text).ok());
        let mut longest = 0;
        for wait in &step.waits_for {
            let same_group = self.plan.steps[wait.step].per == step.per && member.is_some();
            let runs = self.runs.range((wait.step, None)..=(wait.step, Some(usize::MAX)));
            for (_, run) in runs.filter(|((_, of), _)| !same_group || *of == member) {
                let done = match (&run.applies, &wait.because) {
                    (Applies::Yes { .. }, Because::CanUse(_)) => {
                        patience.map_or(run.done_after_ms, |patience| patience.min(run.done_after_ms))
                    }
                    (Applies::Depends { .. }, Because::CanUse(_)) => 0,
                    (Applies::Yes { .. } | Applies::Depends { .. }, _) => run.done_after_ms,
                    (Applies::No { .. } | Applies::Lacks { .. }, _) => 0,
                };
                longest = longest.max(done);
            }
        }
        longest
    }

    /// How long it usually takes until what is essential and may run is done; none where none of it says.
    pub(super) fn usual_ms(&self) -> Option<i64> {
        let essential = self.runs.iter().filter(|((index, _), run)| {
            let step = &self.plan.steps[*index];
            let may_run = matches!(run.applies, Applies::Yes { .. } | Applies::Depends { .. });
            step.essential && step.service.mode == Mode::Automatic && may_run
        });
        essential.map(|(_, run)| run.done_after_ms).max().filter(|longest| *longest > 0)
    }

    /// Whether any step of the plan needs the fact or asks for it in its condition.
    pub(super) fn anybody_wants(&self, fact: &FactName) -> bool {
        self.plan.steps.iter().any(|step| wants(step, fact))
    }

    /// The services that may run and want the fact of this member.
    pub(super) fn wanted_by(&self, fact: &FactName, member: Option<usize>) -> BTreeSet<ServiceId> {
        let of_group = self.plan.life_event.is_group(&fact.role());
        let wanting = self.runs.iter().filter(|((index, of), run)| {
            let step = &self.plan.steps[*index];
            let same_member = !of_group || step.per.is_none() || *of == member;
            let may_run = !matches!(run.applies, Applies::No { .. } | Applies::Lacks { .. });
            same_member && may_run && wants(step, fact)
        });
        wanting.map(|((index, _), _)| self.plan.steps[*index].service.id.clone()).collect()
    }
}

fn wants(step: &PlanStep, fact: &FactName) -> bool {
    let conditional = step.when.as_ref().is_some_and(|when| when.facts().contains(fact));
    let chooses = step.competence.as_ref() == Some(fact) || step.term_from.as_ref() == Some(fact);
    conditional || chooses || step.needs.iter().any(|need| need.fact == *fact)
}

/// How long a step usually takes, where it says.
pub(super) fn usual_ms(step: &PlanStep) -> Option<i64> {
    term::roughly(step.service.usual_time.as_ref()?).ok()
}
