//! What a report would do, without doing any of it: from plan, dictionary and grants alone.

use std::collections::BTreeMap;

use casework::condition::{Condition, Lookup, Truth};
use casework::input::{Given, Report};
use casework::name::{FactName, Role};
use casework::plan::{Plan, PlanHash, PlanNeed, PlanStep};
use casework::questions;
use casework::term;
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::preview::{Applies, Flow, ServicePreview};

use super::wording::Wording;
use super::{questions as asked, steps};
use crate::portal::sentences::Sentence;

/// What this report would do.
#[must_use]
pub fn preview(wording: &Wording<'_>, hash: &PlanHash, report: &Report) -> pb::Preview {
    let plan = wording.plan;
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let verdict = verdict(plan, step, report, &verdicts);
        verdicts.push(verdict);
    }
    let services = plan.steps.iter().zip(&verdicts).map(|(step, verdict)| service(wording, step, verdict));
    pb::Preview {
        services: services.collect(),
        questions: open_questions(wording, report),
        usual_time: usual_time(plan, &verdicts),
        plan: hash.0.clone(),
    }
}

/// What the plan asks and the report does not answer.
#[must_use]
pub fn open_questions(wording: &Wording<'_>, report: &Report) -> Vec<pb::Question> {
    questions::foreseen(wording.plan, &wording.snapshot.dictionary)
        .iter()
        .filter(|question| !answered(report, &question.fact, question.group.as_ref()))
        .map(|question| {
            asked::foreseen(question, wording.snapshot, &wording.plan.life_event, wording.language)
        })
        .collect()
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

/// Whether a service applies, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    applies: Applies,
    because: Because,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Because {
    Unconditional,
    Facts(Vec<FactName>),
    Lacks(FactName),
}

/// Earlier steps' verdicts are known: a plan has each step after all that it waits for.
fn verdict(plan: &Plan, step: &PlanStep, report: &Report, earlier: &[Verdict]) -> Verdict {
    let lacks = step.needs.iter().find(|need| !need.optional && never_comes(plan, need, report, earlier));
    if let Some(need) = lacks {
        return Verdict { applies: Applies::No, because: Because::Lacks(need.fact.clone()) };
    }
    let Some(condition) = &step.when else {
        return Verdict { applies: Applies::Yes, because: Because::Unconditional };
    };
    let applies = match truth(condition, step.per.as_ref(), report) {
        Truth::True => Applies::Yes,
        Truth::False => Applies::No,
        Truth::Unknown => Applies::Depends,
    };
    Verdict { applies, because: Because::Facts(condition.facts().into_iter().collect()) }
}

/// Whether nobody gives it, because none of its givers applies, and nobody may be asked.
fn never_comes(plan: &Plan, need: &PlanNeed, report: &Report, earlier: &[Verdict]) -> bool {
    let Some(fact) = plan.facts.get(&need.fact) else { return false };
    let given = report.facts.contains_key(&need.fact)
        || report.members.values().flatten().any(|facts| facts.contains_key(&need.fact));
    let no_giver = !fact.givers.is_empty()
        && fact
            .givers
            .iter()
            .all(|giver| earlier.get(*giver).is_some_and(|verdict| verdict.applies == Applies::No));
    !given && !fact.askable && no_giver
}

/// The condition's truth. For a service per member: true as soon as it is for one of those mentioned.
fn truth(condition: &Condition, per: Option<&Role>, report: &Report) -> Truth {
    let members = per.and_then(|role| report.members.get(role)).filter(|members| !members.is_empty());
    let Some(members) = members else { return truth_for(condition, report, None) };
    let each: Vec<Truth> = members.iter().map(|facts| truth_for(condition, report, Some(facts))).collect();
    match () {
        () if each.contains(&Truth::True) => Truth::True,
        () if each.contains(&Truth::Unknown) => Truth::Unknown,
        () => Truth::False,
    }
}

fn truth_for(condition: &Condition, report: &Report, member: Option<&BTreeMap<FactName, Given>>) -> Truth {
    let of_member = |name: &FactName| member.and_then(|facts| facts.get(name));
    // A lookup lends what the report holds, so the given values are found before the condition is asked.
    let known: BTreeMap<FactName, &Given> = condition
        .facts()
        .into_iter()
        .filter_map(|name| {
            let given = of_member(&name).or_else(|| report.facts.get(&name))?;
            Some((name, given))
        })
        .collect();
    condition.truth(&|name: &FactName| match known.get(name) {
        Some(Given::Value(value)) => Lookup::Known(value),
        Some(Given::Absent) => Lookup::Absent,
        Some(Given::Unknown) | None => Lookup::Unknown,
    })
}

fn service(wording: &Wording<'_>, step: &PlanStep, verdict: &Verdict) -> ServicePreview {
    let of = &step.service;
    ServicePreview {
        service: of.id.to_string(),
        title: wording.service(&of.id),
        agency: wording.agency(&of.id.agency()),
        applies: verdict.applies.into(),
        reason: reason(wording, verdict),
        mode: steps::mode(of.mode).to_owned(),
        legal_basis: of.legal_basis.clone(),
        purpose: of.purpose.clone(),
        receives: step.needs.iter().map(|need| flow(wording, step, need)).collect(),
        usual_time: of.usual_time.clone().unwrap_or_default(),
        per: step.per.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn reason(wording: &Wording<'_>, verdict: &Verdict) -> String {
    match (&verdict.because, verdict.applies) {
        (Because::Lacks(fact), _) => {
            wording.say(Sentence::NeedsWhatDoesNotCome, &[("fact", &wording.fact(fact))])
        }
        (Because::Unconditional, _) => wording.say(Sentence::Applies, &[]),
        (Because::Facts(facts), applies) => {
            let sentence = match applies {
                Applies::Yes => Sentence::AppliesBecause,
                Applies::No => Sentence::DoesNotApplyBecause,
                Applies::Depends | Applies::Unspecified => Sentence::Depends,
            };
            wording.say(sentence, &[("facts", &wording.facts(facts))])
        }
    }
}

/// A fact that would go to the service: from the citizen, or from another agency by its grant.
fn flow(wording: &Wording<'_>, step: &PlanStep, need: &PlanNeed) -> Flow {
    let planned = wording.plan.facts.get(&need.fact);
    let giver = planned.and_then(|fact| fact.givers.first()).and_then(|giver| wording.plan.steps.get(*giver));
    let (from, legal_basis) = match (giver, planned) {
        (Some(giver), Some(fact)) => {
            let agency = giver.service.id.agency();
            let grants = &wording.snapshot.grants;
            let grant = grants.find(&agency, &fact.concept, &step.service.id, &step.service.purpose);
            (agency.to_string(), grant.map(|grant| grant.legal_basis.clone()).unwrap_or_default())
        }
        _ => ("you".to_owned(), String::new()),
    };
    Flow { fact: need.fact.to_string(), from, legal_basis, optional: need.optional }
}

/// The longest way through the services that apply, each at its usual time, in ISO 8601. Empty where none says one.
fn usual_time(plan: &Plan, verdicts: &[Verdict]) -> String {
    let mut ends: Vec<i64> = Vec::with_capacity(plan.steps.len());
    for (step, verdict) in plan.steps.iter().zip(verdicts) {
        let begins = step.waits_for.iter().filter_map(|wait| ends.get(wait.step)).max().copied();
        let takes = step.service.usual_time.as_deref().and_then(|time| term::roughly(time).ok()).unwrap_or(0);
        let takes = if verdict.applies == Applies::No { 0 } else { takes };
        ends.push(begins.unwrap_or(0).saturating_add(takes));
    }
    duration(ends.into_iter().max().unwrap_or(0))
}

/// Milliseconds as days, hours, minutes and seconds of ISO 8601; empty for none.
fn duration(millis: i64) -> String {
    let seconds = millis / 1_000;
    if seconds <= 0 {
        return String::new();
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let parts = [(rest / 3_600, 'H'), (rest % 3_600 / 60, 'M'), (rest % 60, 'S')];
    let time: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    let date = if days > 0 { format!("{days}D") } else { String::new() };
    let separator = if time.is_empty() { "" } else { "T" };
    format!("P{date}{separator}{time}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_as_people_write_it() {
        for (millis, expected) in
            [(0, ""), (2_000, "PT2S"), (90_000, "PT1M30S"), (86_400_000, "P1D"), (90_061_000, "P1DT1H1M1S")]
        {
            assert_eq!(duration(millis), expected);
        }
    }
}
