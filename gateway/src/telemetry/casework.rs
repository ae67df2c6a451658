//! What cases and steps come to, counted from the entries as they are stored.

use std::time::Duration;

use casework::case::{Case, CaseState};
use casework::entry::{Entry, Recorded};
use casework::name::StepId;

use super::metrics;

/// Entries were stored; the case is as it is after them.
pub fn recorded(case: &Case, entries: &[Recorded]) {
    for recorded in entries {
        match &recorded.entry {
            Entry::Opened { life_event, .. } => metrics::case_opened(life_event.as_str()),
            Entry::Completed | Entry::Withdrawn | Entry::NeedsPerson { .. } => ended(case),
            Entry::Called { step, agency, .. } => {
                metrics::step_attempted(agency.as_str(), step.service.as_str());
            }
            Entry::Done { step, .. } => settled(case, step, "done"),
            Entry::Refused { step, .. } => settled(case, step, "refused"),
            Entry::Skipped { step, .. } => settled(case, step, "skipped"),
            Entry::Reversed { step, .. } => settled(case, step, "reversed"),
            Entry::Stands { step, .. } => settled(case, step, "stands"),
            Entry::Parked { step, .. } => settled(case, step, "parked"),
            Entry::InDoubt { step, .. } => settled(case, step, "in doubt"),
            _ => {}
        }
    }
}

fn ended(case: &Case) {
    let state = match case.state {
        CaseState::Completed => "completed",
        CaseState::Withdrawn => "withdrawn",
        CaseState::NeedsPerson => "needs person",
        // It ended and went on in the same append.
        CaseState::Open | CaseState::Withdrawing => return,
    };
    let took = u64::try_from(case.changed_at.0.saturating_sub(case.opened_at.0)).unwrap_or(0);
    metrics::case_completed(case.life_event.as_str(), state, Duration::from_millis(took));
}

fn settled(case: &Case, step: &StepId, state: &'static str) {
    let agency = case.steps.get(step).and_then(|step| step.agency.as_ref());
    metrics::step_settled(agency.map_or("", |agency| agency.as_str()), step.service.as_str(), state);
}
