//! What is owed: calls to make now, and when somebody must look again. Derived from the case alone, so that recovery
//! after a crash is the ordinary path.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::{Call, Case, CaseState, Step, StepState};
use crate::decide::{can_be_asked, lapses_at};
use crate::entry::{CallKind, Known, NotDoneReason, Waiting};
use crate::input::{Content, Duty, RequestField};
use crate::name::{FactKey, StepId};
use crate::picture::Picture;
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::reversal;
use crate::rulebook::{Rulebook, look_wait, patience};
use crate::time::Instant;
use crate::value::Value;

/// The calls whose intent is stored, that nobody has answered, and that do not count as unanswered yet.
///
/// Whoever's append stored the intent performs it, once ([`Duty::intent`] says which entry that is); everybody else
/// leaves it alone until [`Duty::until`], when [`Input::Look`](crate::input::Input::Look) decides what follows.
#[must_use]
pub fn duties(rules: &Rulebook<'_>, case: &Case, now: Instant) -> Vec<Duty> {
    duties_since(rules, case, now, 0)
}

/// Those of them whose intent is among the entries from this number on.
#[must_use]
pub fn duties_since(rules: &Rulebook<'_>, case: &Case, now: Instant, first: u64) -> Vec<Duty> {
    let picture = Picture { rules, case };
    let mut duties = Vec::new();
    for (id, state) in &case.steps {
        let early = planted(Fault::CalledBeforeRecorded)
            && matches!(state.state, StepState::Waiting { why: Waiting::Agency(_), .. });
        let kind = match state.state {
            StepState::Calling(kind) | StepState::Reversing(kind) => kind,
            _ if early => CallKind::Perform,
            _ => continue,
        };
        let open = |call: &&Arc<Call>| early || (call.open && call.intent >= first && now < call.until);
        let Some(call) = state.calls.get(&kind).filter(open) else { continue };
        let step = rules.plan.step(&id.service);
        let service = match kind {
            CallKind::Reverse => step.and_then(|step| reversal::service(rules.plan, step)),
            CallKind::Perform | CallKind::Status | CallKind::Cancel => step,
        };
        duties.push(Duty {
            intent: if early { case.entries } else { call.intent },
            step: id.clone(),
            call: kind,
            attempt: call.attempt,
            agency: call.agency.clone(),
            key: call.key.clone(),
            service: service.map_or_else(|| id.service.clone(), |step| step.service.id.clone()),
            contract: call.contract.clone(),
            purpose: call.purpose.clone(),
            received_at: case.receipts.first().map_or(case.opened_at, |receipt| receipt.received_at),
            until: if early { now.plus(5_000) } else { call.until },
            operation: state.operation.clone(),
            request: request(picture, service, call),
        });
    }
    duties
}

/// What a call's request carries: exactly the revisions that its intent names.
fn request(picture: Picture<'_>, step: Option<&PlanStep>, call: &Call) -> Vec<RequestField> {
    let Some(step) = step else { return Vec::new() };
    let mut values: BTreeMap<(&str, &FactKey), &Value> = BTreeMap::new();
    for disclosure in &call.discloses {
        if let Some(Known::Value(value)) = picture.disclosed(disclosure).map(|revision| &revision.known) {
            values.insert((&disclosure.field, &disclosure.key), value);
        }
    }
    let mut request = Vec::new();
    for need in &step.needs {
        let field = need.field.clone();
        let mut of = call.discloses.iter().filter(|disclosure| disclosure.field == need.field);
        if need.collects {
            let role = need.fact.role();
            // One place per member of whom anything is told, in every field of the group alike.
            let told = |member| {
                let theirs = |key: &FactKey| key.name.is_of(&role) && key.member.as_ref() == Some(member);
                call.discloses.iter().any(|disclosure| theirs(&disclosure.key))
            };
            let each: Vec<Option<Value>> = picture
                .members(&role)
                .iter()
                .filter(|member| told(*member))
                .map(|member| {
                    let key = FactKey { name: need.fact.clone(), member: Some(member.clone()) };
                    values.get(&(need.field.as_str(), &key)).map(|value| (*value).clone())
                })
                .collect();
            if each.iter().any(Option::is_some) {
                request.push(RequestField { field, content: Content::Each(each) });
            }
        } else if let Some(value) =
            of.find_map(|disclosure| values.get(&(need.field.as_str(), &disclosure.key)))
        {
            request.push(RequestField { field, content: Content::One((*value).clone()) });
        }
    }
    request
}

/// When somebody must look at the case again, later than `now`. None: nothing is owed and nobody is waited for, until
/// somebody sends an input.
#[must_use]
pub fn due_at(rules: &Rulebook<'_>, case: &Case, now: Instant) -> Option<Instant> {
    match case.state {
        CaseState::Withdrawn => return None,
        CaseState::NeedsPerson if case.withdrawal.is_some() => return None,
        CaseState::Open | CaseState::Withdrawing | CaseState::Completed | CaseState::NeedsPerson => {}
    }
    let open = case.state != CaseState::Completed;
    let steps = case.steps.iter().filter_map(|(id, state)| step_due_at(rules, case, id, state, now));
    // What is overdue was looked at just now, and something else holds it up: again with patience, not at once for ever.
    let patient = |due: Instant| match now.0.saturating_sub(due.0) {
        overdue @ 0.. => now.plus(look_wait(&case.seed, overdue)),
        _ => due,
    };
    // What is being handed to another case goes on by itself, should whoever was at it have died.
    let hands_over =
        case.found_same.as_ref().map(|_| now.plus(look_wait(&case.seed, now.0 - case.changed_at.0)));
    let steps = steps.map(patient).chain(hands_over).min();
    let people = now.plus(patience::LOOK_AT_PEOPLE_MS);
    if open { Some(steps.map_or(people, |due| due.min(people))) } else { steps }
}

fn step_due_at(
    rules: &Rulebook<'_>,
    case: &Case,
    id: &StepId,
    state: &Step,
    now: Instant,
) -> Option<Instant> {
    let look = || now.plus(look_wait(&case.seed, now.0.saturating_sub(state.since.0)));
    match &state.state {
        StepState::Calling(kind) | StepState::Reversing(kind) => {
            let call = state.calls.get(kind)?;
            if call.open { Some(call.until) } else { call.again_at }
        }
        StepState::Pending { ask_at } => {
            let step = rules.plan.step(&id.service);
            step.filter(|step| can_be_asked(step, case)).map(|_| *ask_at)
        }
        StepState::InDoubt { ask_at, .. } => *ask_at,
        StepState::Waiting { why: Waiting::OfferAnswer, .. } => {
            rules.plan.step(&id.service).and_then(|step| lapses_at(step, state))
        }
        StepState::Waiting { until: Some(_), .. } if planted(Fault::WakeUpLost) => None,
        StepState::Waiting { until: Some(until), .. } => Some(*until),
        StepState::Waiting { why, until: None } => match why {
            Waiting::NoAgency
            | Waiting::SeveralAgencies(_)
            | Waiting::Endpoint(_)
            | Waiting::Contract(_)
            | Waiting::Withdrawn(_)
            | Waiting::Plan
            | Waiting::Grant { .. }
            | Waiting::Agency(
                NotDoneReason::Unavailable
                | NotDoneReason::Overloaded
                | NotDoneReason::BreakerOpen
                | NotDoneReason::NoEndpoint
                | NotDoneReason::StaleFact
                | NotDoneReason::NeverSeen,
            ) => Some(look()),
            Waiting::OfferAnswer | Waiting::Optional(_) | Waiting::Fact { .. } => None,
        },
        StepState::NotDue
        | StepState::Done
        | StepState::Refused
        | StepState::Skipped(_)
        | StepState::Parked { .. }
        | StepState::Reversed(_)
        | StepState::Stands { .. } => None,
    }
}
