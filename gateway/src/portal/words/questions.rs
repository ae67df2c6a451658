//! Questions, in somebody's language.

use casework::dictionary::{AskOf, Concept, EVIDENCE, code_list};
use casework::life_event::LifeEvent;
use casework::name::{ConceptName, FactName};
use casework::questions::{Foreseen, Question, Why};
use proto::loket::portal::v1 as pb;

use super::wording::{Wording, code_title};
use crate::portal::language::Language;
use crate::portal::sentences::Sentence;
use crate::registry::Snapshot;

/// A question that is asked before there is a case.
#[must_use]
pub fn foreseen(
    question: &Foreseen,
    snapshot: &Snapshot,
    life_event: &LifeEvent,
    language: &Language,
) -> pb::Question {
    let asked_of = match question.of {
        AskOf::Reporter => "reporter".to_owned(),
        AskOf::About => about(life_event, &question.fact),
    };
    pb::Question {
        fact: question.fact.to_string(),
        per_member: question.group.is_some(),
        optional: !question.required,
        needed_by: question.services.iter().map(ToString::to_string).collect(),
        asked_of,
        ..asked(snapshot, &question.concept, language)
    }
}

/// The role that a fact is about: that of its role's `about`, or the role itself.
fn about(life_event: &LifeEvent, fact: &FactName) -> String {
    let role = fact.role();
    let about = life_event.role(&role).and_then(|spec| spec.about.clone());
    about.unwrap_or(role).to_string()
}

/// A question that is open in a case.
#[must_use]
pub fn open(question: &Question, wording: &Wording<'_>) -> pb::Question {
    let mut needed_by: Vec<String> = question.steps.iter().map(|step| step.service.to_string()).collect();
    needed_by.dedup();
    let asked_of = match question.of.as_slice() {
        [] => "reporter".to_owned(),
        parties => parties.iter().map(|party| party.role.to_string()).collect::<Vec<_>>().join(" "),
    };
    pb::Question {
        fact: question.key.name.to_string(),
        member: question.key.member.as_ref().map(ToString::to_string).unwrap_or_default(),
        per_member: question.key.member.is_some(),
        optional: !question.required,
        needed_by,
        asked_of,
        reason: why(&question.why, wording),
        ..asked(wording.snapshot, &question.concept, wording.language)
    }
}

fn why(why: &Why, wording: &Wording<'_>) -> String {
    let giver = |sentence, step: &casework::name::StepId| {
        wording.say(sentence, &[("agency", &wording.agency(&step.service.agency()))])
    };
    match why {
        Why::Unanswered => String::new(),
        Why::Disputed => wording.say(Sentence::YoursIsDisputed, &[]),
        Why::SaidUnknown => wording.say(Sentence::SaidUnknown, &[]),
        Why::GiverSaysAbsent(step) => giver(Sentence::GiverSaysAbsent, step),
        Why::GiverGone(step) => giver(Sentence::GiverGone, step),
    }
}

/// What the dictionary says about asking for the concept.
fn asked(snapshot: &Snapshot, concept: &ConceptName, language: &Language) -> pb::Question {
    let Some(concept) = snapshot.dictionary.concept(concept) else { return pb::Question::default() };
    let text = concept.ask.as_ref().and_then(|ask| language.pick_of(&ask.question));
    let evidence = concept.ask.as_ref().and_then(|ask| ask.evidence.clone()).unwrap_or_default();
    pb::Question {
        r#type: concept.value.to_string(),
        label: text.map_or_else(|| concept.definition.clone(), |text| text.label.clone()),
        help: text.map(|text| text.help.clone()).unwrap_or_default(),
        options: options(snapshot, concept, language),
        evidence_title: code_title(snapshot, EVIDENCE, &evidence, language).unwrap_or_default().to_owned(),
        evidence,
        ..pb::Question::default()
    }
}

fn options(snapshot: &Snapshot, concept: &Concept, language: &Language) -> Vec<pb::question::Option> {
    let codes = code_list(&concept.value).and_then(|list| snapshot.dictionary.codes(list));
    codes
        .into_iter()
        .flatten()
        .map(|(code, texts)| pb::question::Option {
            code: code.clone(),
            label: language.pick(texts).to_owned(),
        })
        .collect()
}
