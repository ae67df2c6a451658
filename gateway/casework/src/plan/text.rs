//! A plan as text, for people who review it.

use std::fmt::{self, Write as _};

use crate::name::{FactName, Role};
use crate::plan::{Because, Plan, PlanHash, PlanNeed, PlanStep};
use crate::service::{Act, Bearer, CalendarKind, Effect, Mode, Reversal, ReversalKind, Term};

/// The plan as text: what is asked, the steps with what they need, give and wait for, and the outcomes.
#[must_use]
pub fn text(plan: &Plan, hash: &PlanHash) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(plan, hash, &mut page);
    page
}

/// The first letters of a hash: enough to tell plans of one life event apart.
#[must_use]
pub fn short(hash: &PlanHash) -> &str {
    hash.0.get(..12).unwrap_or(&hash.0)
}

fn write(plan: &Plan, hash: &PlanHash, page: &mut String) -> fmt::Result {
    writeln!(page, "plan {} {}: {} steps", plan.life_event.id, short(hash), plan.steps.len())?;
    writeln!(page, "\nasked beforehand")?;
    for (fact, known) in plan.static_questions() {
        let per = if plan.life_event.is_group(&fact.role()) { ", of each" } else { "" };
        writeln!(page, "  {fact}  {}{per}", known.value)?;
    }
    for (index, step) in plan.steps.iter().enumerate() {
        writeln!(page, "\n{}. {}{}", index + 1, step.service.id, per(step.per.as_ref()))?;
        write_step(plan, step, page)?;
    }
    for reversal in &plan.reversals {
        writeln!(page, "\nreversal {}{}", reversal.service.id, per(reversal.per.as_ref()))?;
        write_step(plan, reversal, page)?;
    }
    writeln!(page, "\noutcomes")?;
    let unreachable = plan.unreachable_outcomes();
    for outcome in &plan.life_event.outcomes {
        let condition = plan.outcomes.get(&outcome.id).map(ToString::to_string).unwrap_or_default();
        let lost = if unreachable.contains(&&outcome.id) { "  (out of reach)" } else { "" };
        writeln!(page, "  {}{}: {condition}{lost}", outcome.id, per(outcome.per.as_ref()))?;
    }
    Ok(())
}

fn per(role: Option<&Role>) -> String {
    role.map(|role| format!(" per {role}")).unwrap_or_default()
}

fn write_step(plan: &Plan, step: &PlanStep, page: &mut String) -> fmt::Result {
    let service = &step.service;
    let essential = if step.essential { "" } else { ", not essential" };
    writeln!(page, "   {}{essential}", manner(service.act, service.mode, service.effect))?;
    writeln!(page, "   basis  {} for {}", service.legal_basis, service.purpose)?;
    if let Some(when) = &step.when {
        writeln!(page, "   when   {when}")?;
    }
    for need in &step.needs {
        writeln!(page, "   needs  {}", need_line(plan, need))?;
    }
    for gift in &step.gifts {
        let creates = if gift.creates { "  (makes its member)" } else { "" };
        writeln!(page, "   gives  {}{creates}", gift.fact)?;
    }
    for wait in step.waits_for.iter().filter(|wait| wait.because == Because::Law) {
        if let Some(earlier) = plan.steps.get(wait.step) {
            writeln!(page, "   after  {}", earlier.service.id)?;
        }
    }
    if let Some(term) = &service.term {
        writeln!(page, "   term   {}", term_line(term, step.term_from.as_ref()))?;
    }
    if let Some(fact) = &step.competence {
        writeln!(page, "   by     the one competent for {fact}")?;
    }
    if let Some(reversal) = &service.reversal {
        writeln!(page, "   undone by {}", reversal_line(reversal))?;
    }
    Ok(())
}

fn need_line(plan: &Plan, need: &PlanNeed) -> String {
    let sources = sources(plan, &need.fact).join(", or ");
    let all = if need.collects { " of all" } else { "" };
    let optional = if need.optional { "  (can go without)" } else { "" };
    format!("{}{all}  from {sources}{optional}", need.fact)
}

/// Where a fact comes from: its givers in their order, then a party.
pub(super) fn sources(plan: &Plan, fact: &FactName) -> Vec<String> {
    let Some(known) = plan.facts.get(fact) else { return Vec::new() };
    let givers = known.givers.iter().filter_map(|giver| plan.steps.get(*giver));
    let mut sources: Vec<String> = givers.map(|step| step.service.id.to_string()).collect();
    match (known.askable, sources.is_empty()) {
        (true, _) => sources.push("the party".to_owned()),
        (false, true) => sources.push("nobody".to_owned()),
        (false, false) => {}
    }
    sources
}

/// What kind of act a step is, in words.
#[must_use]
pub fn manner(act: Act, mode: Mode, effect: Effect) -> String {
    let act = match act {
        Act::Duty => "duty",
        Act::Application => "application",
        Act::ExOfficio => "ex officio",
        Act::Information => "information",
    };
    let mode = match mode {
        Mode::Inform => ", only told of",
        Mode::Offer => ", on offer",
        Mode::Automatic => "",
    };
    let effect = match effect {
        Effect::Read => ", reads",
        Effect::Idempotent => "",
        Effect::Guarded => ", guarded",
        Effect::Unguarded => ", tried once",
    };
    format!("{act}{mode}{effect}")
}

/// A reversal in words.
#[must_use]
pub fn reversal_line(reversal: &Reversal) -> String {
    let kind = match reversal.kind {
        ReversalKind::Correction => "correction",
        ReversalKind::Revocation => "revocation",
        ReversalKind::Withdrawal => "withdrawal",
    };
    format!("{} ({kind})", reversal.service)
}

/// A term in words.
#[must_use]
pub fn term_line(term: &Term, from: Option<&FactName>) -> String {
    let bearer = match term.bearer {
        Bearer::Agency => "the agency's",
        Bearer::Party => "the party's",
    };
    let days = match term.calendar {
        CalendarKind::Days => "",
        CalendarKind::WorkingDays => " of working days",
    };
    let from = from.map_or_else(|| "receipt".to_owned(), ToString::to_string);
    format!("{bearer}: {}{days} from {from} ({})", term.length, term.legal_basis)
}
