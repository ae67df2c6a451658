//! A case being opened.

use std::collections::BTreeMap;

use super::{Draft, advance, report};
use crate::case::Case;
use crate::condition::{Lookup, Truth};
use crate::entry::{Actor, Entry, Recorded};
use crate::happening;
use crate::input::{Opening, Received, Rejected, Report};
use crate::life_event::ClosedBy;
use crate::name::OutcomeId;
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::time::Instant;

/// Opens a case. The entries begin with [`Entry::Opened`].
///
/// # Errors
/// Where the report lacks what identifies the happening, says what it may not, or the plan cannot reach its outcomes.
pub fn open(rules: &Rulebook<'_>, opening: Opening, now: Instant) -> Result<Vec<(Actor, Entry)>, Rejected> {
    Ok(draft(rules, opening, now)?.map_or_else(Vec::new, |draft| draft.entries))
}

/// As [`open`], for whoever goes on with the case: the entries as they are stored, and the case after them. None: there
/// is no case.
///
/// # Errors
/// As [`open`].
pub fn opened(
    rules: &Rulebook<'_>,
    opening: Opening,
    now: Instant,
) -> Result<Option<(Vec<Recorded>, Case)>, Rejected> {
    Ok(draft(rules, opening, now)?.map(|draft| draft.finish(1)))
}

fn draft<'a>(rules: &'a Rulebook<'a>, opening: Opening, now: Instant) -> Result<Option<Draft<'a>>, Rejected> {
    let unreachable = unreachable(rules.plan);
    if !unreachable.is_empty() {
        return Err(Rejected::Unreachable(unreachable.iter().map(ToString::to_string).collect()));
    }
    let lacking = lacking(rules.plan, &opening.report);
    if !lacking.is_empty() {
        return Err(Rejected::Lacking(lacking));
    }
    let Opening { by, report, request, person, seed, reference, perhaps_same } = opening;
    let first = Entry::Opened {
        life_event: rules.plan.life_event.id.clone(),
        plan: rules.hash.clone(),
        seed,
        reference,
        registry: rules.registry,
    };
    let first = Recorded { number: 1, at: now, by: by.clone(), entry: first };
    // An opening always opens; the type of the fold does not know it.
    let Some(case) = Case::opened(&first) else { return Ok(None) };
    let mut draft = Draft::of(rules, case, now);
    draft.entries.push((first.by, first.entry));
    let received_at = draft.now;
    report::first(&mut draft, Received { by, report, request, person, received_at })?;
    for other in perhaps_same {
        draft.follow(Entry::PerhapsSame { other });
    }
    advance::advance(&mut draft);
    Ok(Some(draft))
}

/// What the report does not say and the case cannot be opened without.
fn lacking(plan: &Plan, report: &Report) -> Vec<String> {
    let life_event = &plan.life_event;
    let mut lacking = Vec::new();
    if happening::date(life_event, report).is_none() {
        lacking.push(format!("`{}`", life_event.identity.date));
    }
    if let Err(happening::Lacking(sets)) = happening::blocking_key(life_event, report) {
        let set = |facts: &Vec<crate::name::FactName>| {
            facts.iter().map(|fact| format!("`{fact}`")).collect::<Vec<_>>().join(" and ")
        };
        lacking.push(sets.iter().map(set).collect::<Vec<_>>().join(" (or "));
        if let Some(last) = lacking.last_mut() {
            last.push_str(&")".repeat(sets.len().saturating_sub(1)));
        }
    }
    for spec in &life_event.roles {
        let reported = spec.group.as_ref().is_some_and(|group| group.closed_by == ClosedBy::Report);
        let mentioned = report.members.get(&spec.id).is_some_and(|members| !members.is_empty());
        if reported && !spec.optional && !mentioned {
            lacking.push(format!("anybody who is `{}`", spec.id));
        }
    }
    lacking
}

/// The outcomes that stay out of reach whatever the services give and the parties answer.
fn unreachable(plan: &Plan) -> Vec<&OutcomeId> {
    let none = BTreeMap::new();
    let facts = if plan.facts.is_empty() { &none } else { &plan.facts };
    let out_of_reach = plan.outcomes.iter().filter(|(_, condition)| {
        let truth = condition.truth(&|name| match facts.get(name) {
            Some(fact) if !fact.givers.is_empty() || fact.askable => Lookup::Unknown,
            _ => Lookup::Absent,
        });
        truth == Truth::False
    });
    out_of_reach.map(|(outcome, _)| outcome).collect()
}
