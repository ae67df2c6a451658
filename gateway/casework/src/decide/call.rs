//! The intent of a call: stored before it leaves, it names what is disclosed, why, and until when it is awaited.

use super::Draft;
use crate::entry::{CallKind, Disclosure, Entry};
use crate::key::{KeyOf, key};
use crate::name::{AgencyId, StepId};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::rulebook::patience;
use crate::service::Service;

/// Records that the step is performed at the agency.
pub(super) fn perform(
    draft: &mut Draft<'_>,
    step: &PlanStep,
    id: &StepId,
    agency: AgencyId,
    discloses: Vec<Disclosure>,
) {
    intend(draft, &step.service, id, CallKind::Perform, agency, discloses);
}

/// Records that the agency is asked what became of it: by key, or by these facts.
pub(super) fn ask(
    draft: &mut Draft<'_>,
    step: &PlanStep,
    id: &StepId,
    agency: AgencyId,
    discloses: Vec<Disclosure>,
) {
    intend(draft, &step.service, id, CallKind::Status, agency, discloses);
}

/// Records that the step is cancelled by key.
pub(super) fn cancel(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, agency: AgencyId) {
    intend(draft, &step.service, id, CallKind::Cancel, agency, Vec::new());
}

/// Records that the step's effect is reversed by the reversal's own service.
pub(super) fn reverse(
    draft: &mut Draft<'_>,
    reversal: &PlanStep,
    id: &StepId,
    agency: AgencyId,
    discloses: Vec<Disclosure>,
) {
    intend(draft, &reversal.service, id, CallKind::Reverse, agency, discloses);
}

fn intend(
    draft: &mut Draft<'_>,
    service: &Service,
    id: &StepId,
    call: CallKind,
    agency: AgencyId,
    discloses: Vec<Disclosure>,
) {
    let state = draft.case.steps.get(id);
    let generation = state.map_or(1, |state| state.generation);
    let attempt =
        state.and_then(|state| state.calls.get(&call)).map_or(1, |last| last.attempt.saturating_add(1));
    let generation = if planted(Fault::KeyPerAttempt) { generation + 100 * attempt } else { generation };
    let of = match call {
        CallKind::Perform | CallKind::Status | CallKind::Cancel => KeyOf::Act,
        CallKind::Reverse => KeyOf::Reversal,
    };
    let entry = Entry::Called {
        step: id.clone(),
        call,
        attempt,
        key: key(&draft.case.seed, of, id, &agency, generation),
        agency,
        discloses,
        purpose: service.purpose.clone(),
        legal_basis: service.legal_basis.clone(),
        contract: service.contract.clone(),
        registry: draft.rules.registry,
        until: draft.now.plus(i64::from(service.timeout_ms) + patience::CALL_SLACK_MS),
    };
    draft.follow(entry);
}
