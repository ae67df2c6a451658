//! A case as text: for operators, for the documentation, for tests. No values of facts are in it.
//!
//! Each step stands once, under the last step of those that it waits for; the others are named.

use std::fmt::Write;

use crate::case::{Case, CaseState, Footprint, Step, StepState};
use crate::entry::{
    CallKind, DecidedBy, DecisionResult, Known, NotDoneReason, Owner, SkipReason, StandsReason, Waiting,
};
use crate::name::{FactName, StepId};
use crate::picture::Picture;
use crate::plan::PlanStep;
use crate::readiness::{Blocker, Readiness, owner, readiness};
use crate::rulebook::Rulebook;
use crate::service::{Remedy, ReversalKind};
use crate::term::on_the_clock;
use crate::time::Instant;

/// The case as an indented tree: its steps under what they wait for, each with state, agency, since when and why.
#[must_use]
pub fn explain(rules: &Rulebook<'_>, case: &Case, now: Instant) -> String {
    let picture = Picture { rules, case };
    let mut text = String::new();
    head(case, &mut text);
    let mut children: Vec<(Option<StepId>, StepId)> = Vec::new();
    for step in &rules.plan.steps {
        let mut ids = picture.instances(step);
        let nobody = StepId { service: step.service.id.clone(), member: None };
        if ids.is_empty() && (case.steps.contains_key(&nobody) || step.per.is_some()) {
            ids.push(nobody);
        }
        for id in ids {
            children.push((parent(picture, step, &id), id));
        }
    }
    // Steps of a plan that the case has left are still its steps.
    for id in case.steps.keys() {
        if !children.iter().any(|(_, known)| known == id) {
            children.push((None, id.clone()));
        }
    }
    branch(picture, now, &children, None, 0, &mut text);
    tail(case, &mut text);
    text
}

/// A moment as the country's clocks have it, with their zone.
fn clock(at: Instant) -> String {
    on_the_clock(at.timestamp()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn head(case: &Case, text: &mut String) {
    let state = match case.state {
        CaseState::Open => "open",
        CaseState::Withdrawing => "withdrawing",
        CaseState::Completed => "completed",
        CaseState::Withdrawn => "withdrawn",
        CaseState::NeedsPerson => "needs a person",
    };
    let receipts = case.receipts.len();
    let _ =
        write!(text, "{} · {} · {state} · opened {}", case.life_event, case.reference, clock(case.opened_at));
    if let Some(withdrawn) = case.withdrawal {
        let _ = write!(text, " · withdrawn {}", clock(withdrawn));
    }
    let _ = writeln!(text, " · {receipts} receipt{}", if receipts == 1 { "" } else { "s" });
    if let Some(reason) = &case.needs_person {
        let _ = writeln!(text, "  {reason}");
    }
    samenesses(case, text);
    for claim in &case.claims {
        let so_far = if claim.dismissed { "it was not upheld" } else { "an officer or operator decides" };
        let _ = writeln!(
            text,
            "  receipt {} claims to be {}: nobody bears it out, {so_far}",
            claim.receipt, claim.party
        );
    }
}

/// What is known or asked of other cases of the same happening.
fn samenesses(case: &Case, text: &mut String) {
    let undecided = case.joined_to.is_none() && case.found_same.is_none();
    for other in case.perhaps_same.iter().filter(|_| undecided) {
        let (reference, id) = (&other.reference, &other.case);
        let _ =
            writeln!(text, "  perhaps the same as {reference} (case {id}): an officer or operator decides");
    }
    if let Some(found) = &case.found_same {
        let (reference, id) = (&found.other.reference, &found.other.case);
        let _ =
            writeln!(text, "  the same as {reference} (case {id}), which is given what was reported here");
    }
    if let Some(other) = &case.joined_to {
        let (reference, id) = (&other.reference, &other.case);
        let _ = writeln!(
            text,
            "  the same as {reference} (case {id}), which goes on with what was reported here"
        );
    }
    for other in &case.resembled_by {
        let _ = writeln!(text, "  {other}, opened later, is perhaps the same: it waits for a person");
    }
    for other in &case.took_up {
        let _ = writeln!(text, "  {other}, opened later, was found to be the same: its reports are here");
    }
}

/// The step under which a step stands: the last in the plan of those that it waits for.
fn parent(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<StepId> {
    let last = step.waits_for.iter().max_by_key(|wait| wait.step)?;
    picture.waited_for(last, step, id).into_iter().next_back()
}

fn branch(
    picture: Picture<'_>,
    now: Instant,
    children: &[(Option<StepId>, StepId)],
    under: Option<&StepId>,
    depth: usize,
    text: &mut String,
) {
    let known = |parent: &StepId| children.iter().any(|(_, id)| id == parent);
    let mine = children.iter().filter(|(parent, _)| match (parent, under) {
        (Some(parent), Some(under)) => parent == under,
        (Some(parent), None) => !known(parent),
        (None, under) => under.is_none(),
    });
    for (_, id) in mine {
        let _ = write!(text, "{}{id}", "  ".repeat(depth + 1));
        line(picture, id, now, text);
        branch(picture, now, children, Some(id), depth + 1, text);
    }
}

fn line(picture: Picture<'_>, id: &StepId, now: Instant, text: &mut String) {
    let Some(state) = picture.step(id) else {
        let _ = writeln!(text, "  {}", not_due(picture, id, now));
        return;
    };
    if let Some(agency) = &state.agency {
        let _ = write!(text, " at {agency}");
    }
    let words = match &state.state {
        StepState::NotDue => not_due(picture, id, now),
        other => in_words(state, other),
    };
    let _ = write!(text, "  {words} since {}", clock(state.since));
    let attempts = state.calls.get(&CallKind::Perform).map_or(0, |call| call.attempt);
    if attempts > 1 {
        let _ = write!(text, ", {attempts} attempts");
    }
    if state.generation > 1 {
        let _ = write!(text, ", run {}", state.generation);
    }
    if let Some(ends) = state.term_ends {
        let _ = write!(text, ", term ends {}", clock(ends));
    }
    let _ = writeln!(text);
}

fn not_due(picture: Picture<'_>, id: &StepId, now: Instant) -> String {
    if picture.case.withdrawal.is_some() {
        return "not due".to_owned();
    }
    let Some(step) = picture.rules.plan.steps.iter().find(|step| step.service.id == id.service) else {
        return "not in the plan".to_owned();
    };
    if step.per.is_some() && id.member.is_none() {
        return "not due: its group is not known".to_owned();
    }
    match readiness(picture, step, id, now) {
        Readiness::Later(blockers) => {
            let mut names: Vec<String> = blockers.iter().map(blocker).collect();
            names.sort();
            names.dedup();
            format!("not due: after {}", names.join(", "))
        }
        Readiness::Skip(_) | Readiness::Wait(..) | Readiness::Offer | Readiness::Go(_) => "due".to_owned(),
    }
}

fn blocker(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Step(step) => step.to_string(),
        Blocker::Group(role) => format!("all of `{role}` are known"),
        Blocker::Question(key) => format!("an answer to `{key}`"),
        Blocker::Dispute(key) => format!("the dispute about `{key}`"),
    }
}

fn in_words(step: &Step, state: &StepState) -> String {
    match state {
        StepState::NotDue => "not due".to_owned(),
        StepState::Waiting { why, until } => {
            let until = until.map(|until| format!(", until {until}")).unwrap_or_default();
            format!("waiting: {}{until}", waiting(why))
        }
        StepState::Calling(CallKind::Status) => "asking what became of it".to_owned(),
        StepState::Calling(_) => "calling".to_owned(),
        StepState::Pending { ask_at } => format!("pending: the agency reports back, asked at {ask_at}"),
        StepState::Done => format!("done{}", decision(step)),
        StepState::Refused => format!("refused{}", decision(step)),
        StepState::Skipped(reason) => format!("skipped: {}", skipped(reason)),
        StepState::InDoubt { ask_at: Some(at), reason } => {
            format!("in doubt ({reason}), looked into at {at}")
        }
        StepState::InDoubt { ask_at: None, reason } => format!("in doubt ({reason}): a person must find out"),
        StepState::Parked { owner, reason } => {
            let perhaps = match step.footprint {
                Footprint::Nothing => "",
                Footprint::Perhaps => ", perhaps done",
                Footprint::Surely => ", its effect stands",
            };
            format!("parked for {}{perhaps}: {reason}", person(owner))
        }
        StepState::Reversing(CallKind::Cancel) => "being cancelled".to_owned(),
        StepState::Reversing(_) => "being reversed".to_owned(),
        StepState::Reversed(None) => "cancelled".to_owned(),
        StepState::Reversed(Some(ReversalKind::Correction)) => "corrected".to_owned(),
        StepState::Reversed(Some(ReversalKind::Revocation)) => "revoked".to_owned(),
        StepState::Reversed(Some(ReversalKind::Withdrawal)) => "withdrawn".to_owned(),
        StepState::Stands { reason, remedy: against } => {
            let why = match reason {
                StandsReason::Duty => "what had to be reported stays reported",
                StandsReason::NoReversal => "it has no reversal",
                StandsReason::Refused => "the agency refused to undo it",
                StandsReason::InDoubt => "nobody knows whether it was done",
            };
            format!("stands: {why}{}", remedy(against.as_ref()))
        }
    }
}

fn waiting(why: &Waiting) -> String {
    match why {
        Waiting::OfferAnswer => "for an answer to the offer".to_owned(),
        Waiting::Agency(reason) => format!("for the agency: {}", not_done(reason)),
        Waiting::NoAgency => "no agency is competent".to_owned(),
        Waiting::SeveralAgencies(agencies) => {
            let names: Vec<String> = agencies.iter().map(ToString::to_string).collect();
            format!("several agencies are competent: {}", names.join(", "))
        }
        Waiting::Endpoint(agency) => format!("{agency} is not there"),
        Waiting::Contract(agency) => format!("{agency} offers it under another contract than the plan's"),
        Waiting::Withdrawn(agency) => format!("{agency} has withdrawn it"),
        Waiting::Plan => "the plan was revoked; publish one that open cases move to".to_owned(),
        Waiting::Grant { from, to, fact } => format!("{from} does not consent that `{fact}` goes to {to}"),
        Waiting::Optional(facts) => {
            let names: Vec<String> = facts.iter().map(|fact| format!("`{fact}`")).collect();
            format!("for {}", names.join(", "))
        }
        Waiting::Fact { fact, owner } => format!("there is no `{fact}`; {} may know better", person(owner)),
    }
}

fn not_done(reason: &NotDoneReason) -> &'static str {
    match reason {
        NotDoneReason::Unavailable => "it cannot be reached",
        NotDoneReason::Overloaded => "it is overloaded",
        NotDoneReason::BreakerOpen => "it failed too often in a row",
        NotDoneReason::NoEndpoint => "it has no endpoint",
        NotDoneReason::StaleFact => "a fact was out of date",
        NotDoneReason::NeverSeen => "the call did nothing",
    }
}

fn person(owner: &Owner) -> String {
    match owner {
        Owner::Agency(agency) => agency.to_string(),
        Owner::Operators => "the operators".to_owned(),
        Owner::Party(party) => party.to_string(),
    }
}

fn skipped(reason: &SkipReason) -> String {
    match reason {
        SkipReason::Condition { facts } => {
            let names: Vec<String> = facts.iter().map(FactName::to_string).collect();
            format!("its condition does not hold ({})", names.join(", "))
        }
        SkipReason::Missing { fact, giver: Some(giver) } => format!("`{fact}` will not come from {giver}"),
        SkipReason::Missing { fact, giver: None } => format!("`{fact}` will not come"),
        SkipReason::EmptyGroup { role } => format!("there is no `{role}`"),
        SkipReason::Given { by } => format!("{by} gave it first"),
        SkipReason::Declined => "declined".to_owned(),
        SkipReason::Lapsed => "nobody answered the offer in time".to_owned(),
        SkipReason::Informed => "it only informs".to_owned(),
        SkipReason::Withdrawn => "the case was withdrawn before it began".to_owned(),
        SkipReason::Person { reason } => format!("a person decided: {reason}"),
    }
}

fn decision(step: &Step) -> String {
    let Some(decision) = &step.decision else { return String::new() };
    let result = match decision.result {
        DecisionResult::Granted => "granted",
        DecisionResult::PartlyGranted => "partly granted",
        DecisionResult::Refused => "refused",
        DecisionResult::NotApplicable => "does not apply",
    };
    let reasons: Vec<&str> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let by = match &decision.decided_by {
        DecidedBy::Machine => "a machine".to_owned(),
        DecidedBy::Officer(function) => function.clone(),
    };
    let why = if reasons.is_empty() { String::new() } else { format!(", {}", reasons.join(", ")) };
    format!(" ({result} by {by} under {}{why}{})", decision.rule_version, remedy(decision.remedy.as_ref()))
}

fn remedy(remedy: Option<&Remedy>) -> String {
    remedy.map(|r| format!("; {} within {} at {}", r.kind, r.term, r.lodged_at)).unwrap_or_default()
}

fn tail(case: &Case, text: &mut String) {
    for ((outcome, member), reached) in &case.outcomes {
        let of = member.as_ref().map(|member| format!("[{member}]")).unwrap_or_default();
        let _ = writeln!(
            text,
            "outcome {outcome}{of}: {}",
            if *reached { "reached" } else { "decided otherwise" }
        );
    }
    for ((role, mention), said) in &case.unmatched {
        let _ = writeln!(
            text,
            "mention {mention} of `{role}` is nobody known since {}: an officer or operator decides",
            clock(said.since)
        );
    }
    for (key, fact) in &case.facts {
        let Some(last) = fact.revisions.last() else { continue };
        let state = match (&last.known, last.retracted, &fact.dispute) {
            (_, _, Some(_)) => "disputed",
            (_, true, None) => "retracted",
            (Known::Value(_), ..) => "known",
            (Known::Absent, ..) => "absent",
            (Known::Unknown, ..) => "unknown",
        };
        if state != "known" || last.number > 1 {
            let _ = write!(text, "fact {key}: {state}, revision {}", last.number);
            if let Some(dispute) = &fact.dispute {
                let settles = person(&owner(&last.source));
                let _ = write!(text, ", since {}: {settles} says what holds", clock(dispute.since));
            }
            let _ = writeln!(text);
        }
    }
}
