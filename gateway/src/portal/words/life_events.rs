//! Life events, in somebody's language.

use casework::life_event::LifeEvent;
use casework::name::{FactName, Role};
use casework::plan::{Plan, PlanHash};
use casework::questions;
use proto::loket::portal::v1 as pb;

use super::questions as asked;
use crate::portal::language::Language;
use crate::portal::names;
use crate::registry::Snapshot;

/// The life event without its questions.
#[must_use]
pub fn line(life_event: &LifeEvent, plan: Option<&PlanHash>, language: &Language) -> pb::LifeEvent {
    pb::LifeEvent {
        name: names::of_life_event(&life_event.id),
        title: language.pick(&life_event.titles).to_owned(),
        summary: language.pick(&life_event.summary).to_owned(),
        roles: life_event
            .roles
            .iter()
            .map(|spec| pb::life_event::Role {
                id: spec.id.to_string(),
                title: language.pick(&spec.titles).to_owned(),
                kind: spec.kind.to_string(),
                group: spec.group.is_some(),
                optional: spec.optional,
                may_report: spec.may_report,
                listed_as: listed_as(life_event, &spec.id),
            })
            .collect(),
        questions: Vec::new(),
        identified_by: life_event
            .identity
            .blocking
            .iter()
            .map(|set| identified_by(life_event, set))
            .collect(),
        plan: plan.map(|hash| hash.0.clone()).unwrap_or_default(),
    }
}

/// The name under which a report may list the role together with others; empty where there is none.
fn listed_as(life_event: &LifeEvent, role: &Role) -> String {
    let found = life_event.together.iter().find(|(_, roles)| roles.contains(role));
    found.map(|(name, _)| name.to_string()).unwrap_or_default()
}

/// One way to know the happening: a set of the blocking facts, with what makes it sure.
fn identified_by(life_event: &LifeEvent, blocking: &[FactName]) -> pb::life_event::FactSet {
    let mut facts: Vec<String> = blocking.iter().map(ToString::to_string).collect();
    let date = life_event.identity.date.to_string();
    if !facts.contains(&date) {
        facts.push(date);
    }
    pb::life_event::FactSet { facts }
}

/// The life event with what its plan asks.
#[must_use]
pub fn with_questions(
    snapshot: &Snapshot,
    life_event: &LifeEvent,
    published: Option<(&PlanHash, &Plan)>,
    language: &Language,
) -> pb::LifeEvent {
    let questions = published.map(|(_, plan)| foreseen(snapshot, plan, language)).unwrap_or_default();
    pb::LifeEvent { questions, ..line(life_event, published.map(|(hash, _)| hash), language) }
}

/// What the plan asks beforehand.
#[must_use]
pub fn foreseen(snapshot: &Snapshot, plan: &Plan, language: &Language) -> Vec<pb::Question> {
    questions::foreseen(plan, &snapshot.dictionary)
        .iter()
        .map(|question| asked::foreseen(question, snapshot, &plan.life_event, language))
        .collect()
}
