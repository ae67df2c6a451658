//! What a report would do, as somebody is told beforehand.

use std::collections::BTreeSet;

use casework::input::Report;
use casework::name::{FactName, Role};
use casework::plan::PlanHash;
use casework::plan::preview::{self, Applies, PreviewStep, Receives, ReceivesFrom};
use casework::questions::{self, Foreseen};
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::preview::{Applies as Told, Flow, ServicePreview};

use super::wording::Wording;
use super::{questions as asked, steps};
use crate::portal::sentences::Sentence;

/// What this report would do.
#[must_use]
pub fn preview(wording: &Wording<'_>, hash: &PlanHash, report: &Report) -> pb::Preview {
    let (dictionary, grants) = (&wording.snapshot.dictionary, &wording.snapshot.grants);
    let preview = preview::preview(wording.plan, dictionary, grants, report);
    let asked: BTreeSet<&FactName> = preview.questions.iter().map(|question| &question.fact).collect();
    let perhaps: BTreeSet<&FactName> =
        preview.questions.iter().filter(|question| question.perhaps).map(|question| &question.fact).collect();
    let foreseen = questions::foreseen(wording.plan, dictionary);
    let still = foreseen.iter().filter(|question| asked.contains(&question.fact)).map(|question| {
        let told = tell(wording, question);
        pb::Question { optional: told.optional || perhaps.contains(&question.fact), ..told }
    });
    pb::Preview {
        services: services(wording, &preview.steps),
        questions: still.collect(),
        usual_time: preview.usual_ms.map(preview::iso).unwrap_or_default(),
        plan: hash.0.clone(),
    }
}

/// What the plan asks beforehand and the report does not answer.
#[must_use]
pub fn open_questions(wording: &Wording<'_>, report: &Report) -> Vec<pb::Question> {
    questions::foreseen(wording.plan, &wording.snapshot.dictionary)
        .iter()
        .filter(|question| !answered(report, &question.fact, question.group.as_ref()))
        .map(|question| tell(wording, question))
        .collect()
}

fn tell(wording: &Wording<'_>, question: &Foreseen) -> pb::Question {
    asked::foreseen(question, wording.snapshot, &wording.plan.life_event, wording.language)
}

/// Whether the report answers this, for every member that it mentions.
fn answered(report: &Report, fact: &FactName, group: Option<&Role>) -> bool {
    match group {
        None => report.facts.contains_key(fact),
        Some(role) => report.members.get(role).is_some_and(|members| {
            !members.is_empty() && members.iter().all(|facts| facts.contains_key(fact))
        }),
    }
}

/// One line per service: of a service that runs per member, the member for whom it applies most.
fn services(wording: &Wording<'_>, all: &[PreviewStep]) -> Vec<ServicePreview> {
    let mut told: Vec<&PreviewStep> = Vec::new();
    for step in all {
        match told.iter_mut().find(|known| known.service == step.service) {
            Some(known) if weight(&step.applies) > weight(&known.applies) => *known = step,
            Some(_) => {}
            None => told.push(step),
        }
    }
    told.into_iter().map(|step| service(wording, step)).collect()
}

fn weight(applies: &Applies) -> u8 {
    match applies {
        Applies::Yes { .. } => 2,
        Applies::Depends { .. } => 1,
        Applies::No { .. } | Applies::Lacks { .. } => 0,
    }
}

fn service(wording: &Wording<'_>, step: &PreviewStep) -> ServicePreview {
    let applies = match step.applies {
        Applies::Yes { .. } => Told::Yes,
        Applies::Depends { .. } => Told::Depends,
        Applies::No { .. } | Applies::Lacks { .. } => Told::No,
    };
    ServicePreview {
        service: step.service.to_string(),
        title: wording.service(&step.service),
        agency: wording.agency(&step.service.agency()),
        applies: applies.into(),
        reason: reason(wording, &step.applies),
        mode: steps::mode(step.mode).to_owned(),
        legal_basis: step.legal_basis.clone(),
        purpose: step.purpose.clone(),
        receives: step.receives.iter().map(|receives| flow(wording, receives)).collect(),
        usual_time: step.usual_ms.map(preview::iso).unwrap_or_default(),
        per: step.per.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn reason(wording: &Wording<'_>, applies: &Applies) -> String {
    let of =
        |sentence: Sentence, facts: &[FactName]| wording.say(sentence, &[("facts", &wording.facts(facts))]);
    match applies {
        Applies::Yes { by } if by.is_empty() => wording.say(Sentence::Applies, &[]),
        Applies::Yes { by } => of(Sentence::AppliesBecause, by),
        Applies::No { by } => of(Sentence::DoesNotApplyBecause, by),
        Applies::Depends { on } => of(Sentence::Depends, on),
        Applies::Lacks { fact, .. } => {
            wording.say(Sentence::NeedsWhatDoesNotCome, &[("fact", &wording.fact(fact))])
        }
    }
}

/// A fact that would go to the service: from the citizen, or from another agency by its grant.
fn flow(wording: &Wording<'_>, receives: &Receives) -> Flow {
    let (from, from_title, legal_basis) = match &receives.from {
        ReceivesFrom::Party => ("you".to_owned(), wording.say(Sentence::You, &[]), String::new()),
        ReceivesFrom::Service { agency, .. } => {
            (agency.to_string(), wording.agency(agency), receives.legal_basis.clone())
        }
    };
    Flow {
        fact: receives.fact.to_string(),
        from,
        legal_basis,
        optional: receives.optional,
        title: wording.fact(&receives.fact),
        from_title,
    }
}
