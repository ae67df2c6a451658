//! What a report would do, told beforehand and without calling anybody: which services apply and why, what will be
//! asked, who gets which fields from whom on what basis, and how long it usually takes.

mod course;

use std::collections::BTreeSet;

use crate::dictionary::{Ask, Dictionary};
use crate::input::Report;
use crate::name::{AgencyId, ConceptName, FactName, Role, ServiceId};
use crate::plan::{Plan, PlanStep};
use crate::service::{Grants, Mode};
use crate::term;

use course::{Coming, Course};

/// What a report would do. It holds names of facts and never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The steps, in the order of the plan; a step per member once for each member that the report mentions, or once
    /// where it mentions none.
    pub steps: Vec<PreviewStep>,
    /// What would still be asked.
    pub questions: Vec<PreviewQuestion>,
    /// How long it usually takes until what is essential is done, in milliseconds. None: nobody says how long.
    pub usual_ms: Option<i64>,
}

/// One step, beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewStep {
    /// The service.
    pub service: ServiceId,
    /// The group that it runs per member of.
    pub per: Option<Role>,
    /// Which member of the report, from 0; none where it runs once or no member is mentioned.
    pub member: Option<usize>,
    /// How far it goes without being asked.
    pub mode: Mode,
    /// Whether it applies, and why.
    pub applies: Applies,
    /// The law it rests on.
    pub legal_basis: String,
    /// For what purpose.
    pub purpose: String,
    /// What it would get.
    pub receives: Vec<Receives>,
    /// How long it usually takes, in milliseconds, where it says.
    pub usual_ms: Option<i64>,
    /// How long after the report it is usually done, as far as the services before it say.
    pub done_after_ms: i64,
}

/// Whether a step applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It does: it has no condition, or one that holds by these facts.
    Yes {
        /// The facts.
        by: Vec<FactName>,
    },
    /// It does not: its condition fails by these facts.
    No {
        /// The facts.
        by: Vec<FactName>,
    },
    /// It does not: nobody can bring a fact that it needs.
    Lacks {
        /// The fact.
        fact: FactName,
        /// The service that would have given it, where one would.
        giver: Option<ServiceId>,
    },
    /// It depends on these facts, which are not known yet.
    Depends {
        /// The facts.
        on: Vec<FactName>,
    },
}

/// A fact that a step would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receives {
    /// The fact.
    pub fact: FactName,
    /// Of all members, not of one.
    pub of_all: bool,
    /// The request field that it goes into.
    pub field: String,
    /// Who it comes from.
    pub from: ReceivesFrom,
    /// The law that lets it go there: of the giver's consent, or of the service itself.
    pub legal_basis: String,
    /// Whether the giver's consent stands today. Without it the fact does not go, and the step waits.
    pub allowed: bool,
    /// Whether the step can go without it.
    pub optional: bool,
}

/// Who a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceivesFrom {
    /// The party says it.
    Party,
    /// A service gives it.
    Service {
        /// The service.
        service: ServiceId,
        /// Its agency, or kind of agency.
        agency: AgencyId,
    },
}

/// Something that would still be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewQuestion {
    /// The fact.
    pub fact: FactName,
    /// Which member of the report, from 0; none where it is no fact of a group or no member is mentioned.
    pub member: Option<usize>,
    /// Its concept: the dictionary has label, help and type.
    pub concept: ConceptName,
    /// How it is asked.
    pub ask: Ask,
    /// Whether it may turn out not to be asked: a service that may apply would give it.
    pub perhaps: bool,
    /// The services that would get it, or whose condition asks for it.
    pub services: Vec<ServiceId>,
}

/// Tells beforehand what a report would do.
#[must_use]
pub fn preview(plan: &Plan, dictionary: &Dictionary, grants: &Grants, report: &Report) -> Preview {
    let course = Course::of(plan, report);
    let told = |step: &PlanStep, member, run: &course::Run| PreviewStep {
        service: step.service.id.clone(),
        per: step.per.clone(),
        member,
        mode: step.service.mode,
        applies: run.applies.clone(),
        legal_basis: step.service.legal_basis.clone(),
        purpose: step.service.purpose.clone(),
        receives: receives(plan, grants, &course, step, member),
        usual_ms: course::usual_ms(step),
        done_after_ms: run.done_after_ms,
    };
    let steps: Vec<PreviewStep> =
        course.runs().map(|(index, member, run)| told(&plan.steps[index], member, run)).collect();
    Preview { usual_ms: course.usual_ms(), questions: questions(plan, dictionary, &course), steps }
}

/// A length of time as people's programs write it, ISO 8601: `P2DT3H`.
#[must_use]
pub fn iso(millis: i64) -> String {
    term::spell(millis)
}

fn receives(
    plan: &Plan,
    grants: &Grants,
    course: &Course<'_>,
    step: &PlanStep,
    member: Option<usize>,
) -> Vec<Receives> {
    let service = &step.service;
    let mut all = Vec::new();
    for need in &step.needs {
        let Some(fact) = plan.facts.get(&need.fact) else { continue };
        let giver = course.source(&need.fact, member);
        let (from, grant, own) = match giver {
            None => (ReceivesFrom::Party, None, true),
            Some(giver) => {
                let agency = giver.service.id.agency();
                let grant = grants.find(&agency, &fact.concept, &service.id, &service.purpose);
                let own = agency == service.id.agency();
                (ReceivesFrom::Service { service: giver.service.id.clone(), agency }, grant, own)
            }
        };
        all.push(Receives {
            fact: need.fact.clone(),
            of_all: need.collects,
            field: need.field.clone(),
            from,
            legal_basis: grant.map_or(&service.legal_basis, |grant| &grant.legal_basis).clone(),
            allowed: own || grant.is_some(),
            optional: need.optional,
        });
    }
    all
}

fn questions(plan: &Plan, dictionary: &Dictionary, course: &Course<'_>) -> Vec<PreviewQuestion> {
    let mut questions = Vec::new();
    for (name, fact) in plan.facts.iter().filter(|(_, fact)| fact.askable) {
        let Some((concept, ask)) =
            dictionary.concept(&fact.concept).and_then(|concept| Some((concept, concept.ask.clone()?)))
        else {
            continue;
        };
        for member in course.members(&name.role()) {
            let wanted = course.wanted_by(name, member);
            // What no step wants identifies the happening or a member, and is asked wherever nobody gives it.
            let of_no_step = !course.anybody_wants(name) && fact.givers.is_empty();
            let perhaps = match course.coming(name, member) {
                Coming::Asked => fact.givers.iter().any(|giver| course.may_run(*giver, member)),
                Coming::Known | Coming::Absent | Coming::Given(_) | Coming::Nobody(_) => continue,
            };
            if wanted.is_empty() && !of_no_step {
                continue;
            }
            questions.push(PreviewQuestion {
                fact: name.clone(),
                member,
                concept: concept.name.clone(),
                ask: ask.clone(),
                perhaps,
                services: wanted.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
            });
        }
    }
    questions
}

impl Applies {
    /// Why, in words.
    #[must_use]
    pub fn reason(&self) -> String {
        let names =
            |facts: &[FactName]| facts.iter().map(|fact| format!("`{fact}`")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Yes { by } if by.is_empty() => "it applies to everybody".to_owned(),
            Self::Yes { by } => format!("it applies because of {}", names(by)),
            Self::No { by } => format!("it does not apply because of {}", names(by)),
            Self::Lacks { fact, giver: Some(giver) } => {
                format!("it needs `{fact}`, and `{giver}`, which would give it, does not apply")
            }
            Self::Lacks { fact, giver: None } => format!("it needs `{fact}`, and there is none"),
            Self::Depends { on } => format!("it depends on {}, not known yet", names(on)),
        }
    }
}

#[cfg(test)]
mod tests;
