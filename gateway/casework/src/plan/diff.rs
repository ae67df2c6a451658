//! What changes from one plan to the next, as somebody reviews it who answers for the law: who newly gets what, on
//! what basis, and what people are newly asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::text::{manner, reversal_line, short, term_line};
use crate::life_event::Outcome;
use crate::name::{AgencyId, FactName, ServiceId};
use crate::plan::{Plan, PlanHash, PlanStep};
use crate::service::After;

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowFrom {
    /// A party is asked.
    Party,
    /// A service gives it.
    Service(ServiceId),
}

/// A fact that goes to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// The fact.
    pub fact: FactName,
    /// From where.
    pub from: FlowFrom,
    /// To which service.
    pub to: ServiceId,
    /// For what purpose.
    pub purpose: String,
    /// On what legal basis of the taker.
    pub legal_basis: String,
}

/// What changed of something that both plans have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What: `term`, `when`.
    pub what: &'static str,
    /// As it was; empty: there was none.
    pub old: String,
    /// As it is; empty: there is none.
    pub new: String,
}

/// The difference of two plans of one life event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanDiff {
    /// Steps that are new, with their title and manner.
    pub new_steps: Vec<ServiceId>,
    /// Steps that are gone.
    pub removed_steps: Vec<ServiceId>,
    /// Steps and reversals of both plans that changed.
    pub changed_steps: BTreeMap<ServiceId, Vec<Change>>,
    /// Facts that go where they did not.
    pub new_flows: Vec<Flow>,
    /// Facts that no longer go where they did.
    pub ended_flows: Vec<Flow>,
    /// Agencies that got nothing in this life event and now do.
    pub new_recipients: Vec<AgencyId>,
    /// What people are newly asked beforehand.
    pub new_questions: Vec<FactName>,
    /// What people are no longer asked beforehand.
    pub ended_questions: Vec<FactName>,
    /// What changed of the life event itself and its outcomes.
    pub life_event: Vec<Change>,
}

impl Plan {
    /// What changes from the old plan to the new one.
    #[must_use]
    pub fn diff(old: &Self, new: &Self) -> PlanDiff {
        let (before, after) = (all_steps(old), all_steps(new));
        let (asked, asks) = (questions(old), questions(new));
        let (flowed, flows) = (flows(old), flows(new));
        let changed = after.iter().filter_map(|(id, step)| {
            let changes = changes(before.get(id)?, step);
            (!changes.is_empty()).then(|| ((*id).clone(), changes))
        });
        let takers = |flows: &BTreeSet<Flow>| -> BTreeSet<AgencyId> {
            flows.iter().map(|flow| flow.to.agency()).collect()
        };
        PlanDiff {
            new_steps: only_in(&after, &before),
            removed_steps: only_in(&before, &after),
            changed_steps: changed.collect(),
            new_recipients: takers(&flows).difference(&takers(&flowed)).cloned().collect(),
            new_flows: flows.difference(&flowed).cloned().collect(),
            ended_flows: flowed.difference(&flows).cloned().collect(),
            new_questions: asks.difference(&asked).cloned().collect(),
            ended_questions: asked.difference(&asks).cloned().collect(),
            life_event: life_event(old, new),
        }
    }
}

impl PlanDiff {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the new plan only adds: steps are new, none gone or changed, people are asked nothing new, and the life
    /// event is the same. (That every flow is granted is known of any plan that compiled.)
    #[must_use]
    pub fn is_additive(&self) -> bool {
        self.removed_steps.is_empty()
            && self.changed_steps.is_empty()
            && self.new_questions.is_empty()
            && self.life_event.is_empty()
    }

    /// The difference as text.
    #[must_use]
    pub fn text(&self, new: &Plan, from: &PlanHash, to: &PlanHash) -> String {
        Review { diff: self, new, from, to }.to_string()
    }
}

fn all_steps(plan: &Plan) -> BTreeMap<&ServiceId, &PlanStep> {
    plan.steps.iter().chain(&plan.reversals).map(|step| (&step.service.id, step)).collect()
}

fn only_in<T>(these: &BTreeMap<&ServiceId, T>, others: &BTreeMap<&ServiceId, T>) -> Vec<ServiceId> {
    these.keys().filter(|id| !others.contains_key(*id)).map(|id| (*id).clone()).collect()
}

fn questions(plan: &Plan) -> BTreeSet<FactName> {
    plan.static_questions().map(|(fact, _)| fact.clone()).collect()
}

/// Every way a fact goes in a plan. What a giver may turn out not to know, and a party is then asked for, is no flow
/// of its own: the same fact goes to the same service.
fn flows(plan: &Plan) -> BTreeSet<Flow> {
    let mut flows = BTreeSet::new();
    for step in plan.steps.iter().chain(&plan.reversals) {
        for need in &step.needs {
            let givers = plan.facts.get(&need.fact).map_or(&[][..], |fact| &fact.givers);
            let services = givers.iter().filter_map(|giver| plan.steps.get(*giver));
            let mut from: Vec<FlowFrom> =
                services.map(|giver| FlowFrom::Service(giver.service.id.clone())).collect();
            if from.is_empty() {
                from.push(FlowFrom::Party);
            }
            flows.extend(from.into_iter().map(|from| Flow {
                fact: need.fact.clone(),
                from,
                to: step.service.id.clone(),
                purpose: step.service.purpose.clone(),
                legal_basis: step.service.legal_basis.clone(),
            }));
        }
    }
    flows
}

fn changes(old: &PlanStep, new: &PlanStep) -> Vec<Change> {
    let (before, after) = (traits(old), traits(new));
    let pairs = before.into_iter().zip(after);
    pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((what, old), (_, new))| Change { what, old, new })
        .collect()
}

/// What somebody reviews of a step, each as text.
fn traits(step: &PlanStep) -> Vec<(&'static str, String)> {
    let service = &step.service;
    let or_none = |text: Option<String>| text.unwrap_or_default();
    // What the service declares, not what the plan has of it: a service that joins changes no other.
    let after = service.after.iter().map(|after| match after {
        After::Service(service) => service.to_string(),
        After::Agency(agency) => format!("{agency}/*"),
    });
    let needs = step.needs.iter().map(|need| {
        format!(
            "{}{}{}",
            need.fact,
            if need.optional { "?" } else { "" },
            if need.collects { " of all" } else { "" }
        )
    });
    let gifts = step.gifts.iter().map(|gift| gift.fact.to_string());
    let list = |of: &mut dyn Iterator<Item = String>| {
        of.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let yes = |truth: bool| if truth { "yes".to_owned() } else { "no".to_owned() };
    vec![
        ("manner", manner(service.act, service.mode, service.effect)),
        ("legal basis", service.legal_basis.clone()),
        ("purpose", service.purpose.clone()),
        ("term", or_none(service.term.as_ref().map(|term| term_line(term, step.term_from.as_ref())))),
        ("when", or_none(step.when.as_ref().map(ToString::to_string))),
        ("after", list(&mut after.into_iter())),
        ("per", or_none(step.per.as_ref().map(ToString::to_string))),
        ("needs", list(&mut needs.into_iter())),
        ("gives", list(&mut gifts.into_iter())),
        ("essential", yes(step.essential)),
        ("chosen by", or_none(step.competence.as_ref().map(ToString::to_string))),
        ("cancel", yes(service.cancel)),
        ("status", yes(service.status)),
        ("reversal", or_none(service.reversal.as_ref().map(reversal_line))),
        (
            "remedy",
            or_none(
                service
                    .remedy
                    .as_ref()
                    .map(|by| format!("{} within {} at {}", by.kind, by.term, by.lodged_at)),
            ),
        ),
        ("waits for optional needs", or_none(service.wait_for.clone())),
        ("usual time", or_none(service.usual_time.clone())),
        ("direct answer within", format!("{} ms", service.timeout_ms)),
        ("contract", service.contract.clone()),
    ]
}

fn life_event(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut change = |what, old: String, new: String| {
        if old != new {
            changes.push(Change { what, old, new });
        }
    };
    let outcomes = |plan: &Plan| {
        let line = |outcome: &Outcome| {
            let condition = plan.outcomes.get(&outcome.id).map(ToString::to_string).unwrap_or_default();
            format!("{}: {condition} within {}", outcome.id, outcome.target)
        };
        plan.life_event.outcomes.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    let roles = |plan: &Plan| {
        plan.life_event
            .roles
            .iter()
            .map(|role| format!("{} ({})", role.id, role.kind))
            .collect::<Vec<_>>()
            .join(", ")
    };
    change("outcomes", outcomes(old), outcomes(new));
    change("roles", roles(old), roles(new));
    // The rest of the file is text for people, or tells happenings and members apart.
    let rest = |plan: &Plan| serde_json::to_string(&plan.life_event).unwrap_or_default();
    if changes.is_empty() && rest(old) != rest(new) {
        changes.push(Change { what: "file", old: "as it was".to_owned(), new: "changed".to_owned() });
    }
    changes
}

struct Review<'a> {
    diff: &'a PlanDiff,
    new: &'a Plan,
    from: &'a PlanHash,
    to: &'a PlanHash,
}

impl fmt::Display for Review<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { diff, new, from, to } = self;
        writeln!(f, "plan {}: {} -> {}", new.life_event.id, short(from), short(to))?;
        if diff.is_empty() {
            return f.write_str("nothing that people review has changed\n");
        }
        for change in &diff.life_event {
            write_change(f, &format!("~ {}", new.life_event.id), change)?;
        }
        for id in &diff.new_steps {
            self.write_new_step(f, id)?;
        }
        for id in &diff.removed_steps {
            writeln!(f, "- step {id}")?;
        }
        for (id, changes) in &diff.changed_steps {
            for change in changes {
                write_change(f, &format!("~ step {id}"), change)?;
            }
        }
        for flow in &diff.new_flows {
            writeln!(f, "+ {flow}")?;
        }
        for flow in &diff.ended_flows {
            writeln!(f, "- {flow}")?;
        }
        for agency in &diff.new_recipients {
            writeln!(f, "+ recipient {agency}, who got nothing in this life event before")?;
        }
        for fact in &diff.new_questions {
            writeln!(f, "+ question {fact}")?;
        }
        for fact in &diff.ended_questions {
            writeln!(f, "- question {fact}")?;
        }
        f.write_str(match diff.is_additive() {
            true => "it only adds: no step is changed or gone, and nobody is asked anything new\n",
            false => "it does not only add: it is published by people who have read this\n",
        })
    }
}

impl Review<'_> {
    fn write_new_step(&self, f: &mut fmt::Formatter<'_>, id: &ServiceId) -> fmt::Result {
        let Some(step) = self.new.step(id) else { return Ok(()) };
        let service = &step.service;
        let per = step.per.as_ref().map(|role| format!(" per {role}")).unwrap_or_default();
        writeln!(f, "+ step {id}{per}")?;
        writeln!(f, "    {}", manner(service.act, service.mode, service.effect))?;
        writeln!(f, "    for {} on {}", service.purpose, service.legal_basis)?;
        if let Some(when) = &step.when {
            writeln!(f, "    when {when}")?;
        }
        Ok(())
    }
}

fn write_change(f: &mut fmt::Formatter<'_>, of: &str, change: &Change) -> fmt::Result {
    let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    writeln!(f, "{of}: {}", change.what)?;
    writeln!(f, "    was {}", shown(&change.old))?;
    writeln!(f, "    is  {}", shown(&change.new))
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fact, from, to, purpose, legal_basis } = self;
        write!(f, "flow {fact}: {from} -> {to}, for {purpose} on {legal_basis}")
    }
}

impl fmt::Display for FlowFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party => f.write_str("the party"),
            Self::Service(service) => write!(f, "{service}"),
        }
    }
}
