//! Whose an offer is: whom the service would give something about, not everybody in the case.

use casework::entry::Owner;
use casework::name::{FactKey, FactName};
use casework::plan::PlanStep;
use casework::view::{SeenStep, Status, about};

use super::viewer::{Viewer, Who};

/// An offer that is another party's is told as a wait for them.
pub(super) fn addressed(viewer: &Viewer<'_>, seen: &mut SeenStep) {
    if seen.status != Status::YouMayAccept || matches!(viewer.who, Who::Operator) {
        return;
    }
    let Some(planned) = viewer.rules.plan.step(&seen.step.service) else { return };
    let keys: Vec<FactKey> = facts(planned).into_iter().map(|name| key(planned, seen, name)).collect();
    if keys.is_empty() || keys.iter().any(|key| viewer.may_see(key)) {
        return;
    }
    if let Some(party) = keys.iter().find_map(|key| about(&viewer.rules, viewer.case, key)) {
        seen.status = Status::WaitingFor(Owner::Party(party));
    }
}

/// What the service gives; where it gives nothing, what it needs.
fn facts(planned: &PlanStep) -> Vec<&FactName> {
    if planned.gifts.is_empty() {
        planned.needs.iter().filter(|need| !need.collects).map(|need| &need.fact).collect()
    } else {
        planned.gifts.iter().map(|gift| &gift.fact).collect()
    }
}

fn key(planned: &PlanStep, seen: &SeenStep, name: &FactName) -> FactKey {
    let of_member = planned.per.as_ref() == Some(&name.role());
    FactKey { name: name.clone(), member: seen.step.member.clone().filter(|_| of_member) }
}
