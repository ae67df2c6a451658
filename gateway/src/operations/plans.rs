//! Plans: what is published, what would be, and the difference.

use casework::name::LifeEventId;
use casework::plan::{Plan, PlanHash, dot, text};
use proto::loket::operations::v1 as pb;
use tonic::Status;

use crate::portal::names;
use crate::portal::words::timestamp;
use crate::reasons::{self, Reason};
use crate::registry::Snapshot;

/// The life event of `lifeEvents/birth/plan`, `life-events/birth` or `birth`.
pub(super) fn life_event(snapshot: &Snapshot, name: &str) -> Result<LifeEventId, Status> {
    let bare = name.strip_suffix("/plan").unwrap_or(name);
    let id = names::life_event(bare, "name")?;
    match snapshot.life_event(&id) {
        Some(_) => Ok(id),
        None => Err(reasons::status(
            Reason::PlanNotFound,
            format!("there is no life event `{id}`, and so no plan"),
        )),
    }
}

/// The published plan, and the candidate where there is one.
pub(super) fn plan(snapshot: &Snapshot, id: &LifeEventId) -> pb::Plan {
    let published = snapshot.published(id, None);
    let candidate = candidate(snapshot, id);
    let shown = published.or(candidate);
    pb::Plan {
        name: format!("lifeEvents/{id}/plan"),
        published: hash(published),
        candidate: hash(candidate),
        text: shown.map(|(hash, plan)| text::text(plan, hash)).unwrap_or_default(),
        dot: shown.map(|(_, plan)| dot::dot(plan)).unwrap_or_default(),
        errors: findings(snapshot, id),
        proposed: false,
        publish_time: snapshot.publication(id, None).map(|published| timestamp(published.at)),
    }
}

fn hash(plan: Option<(&PlanHash, &Plan)>) -> String {
    plan.map(|(hash, _)| hash.0.clone()).unwrap_or_default()
}

fn candidate<'s>(snapshot: &'s Snapshot, id: &LifeEventId) -> Option<(&'s PlanHash, &'s Plan)> {
    match snapshot.candidate(id)? {
        Ok(candidate) => Some((&candidate.compiled.hash, &candidate.compiled.plan)),
        Err(_) => None,
    }
}

/// Why the candidate does not compile, or which services are left out of it and why; and what its authors should know.
fn findings(snapshot: &Snapshot, id: &LifeEventId) -> Vec<String> {
    match snapshot.candidate(id) {
        None => Vec::new(),
        Some(Err(errors)) => errors.0.iter().map(ToString::to_string).collect(),
        Some(Ok(candidate)) => {
            let left_out = candidate.left_out.values().flatten().map(ToString::to_string);
            let warnings = candidate.compiled.warnings.iter().map(ToString::to_string);
            left_out.chain(warnings).collect()
        }
    }
}

/// What publishing the candidate would change.
///
/// # Errors
/// FAILED_PRECONDITION where there is no candidate.
pub(super) fn diff(snapshot: &Snapshot, id: &LifeEventId) -> Result<pb::DiffPlanResponse, Status> {
    let Some((to, new)) = candidate(snapshot, id) else {
        let findings = findings(snapshot, id).join("\n");
        let detail = format!("the candidate plan of `{id}` does not compile:\n{findings}");
        return Err(reasons::status(Reason::PlanNotPublishable, detail));
    };
    let published = snapshot.published(id, None);
    let (text, additive) = match published {
        Some((from, old)) => {
            let diff = Plan::diff(old, new);
            (diff.text(new, from, to), diff.is_additive())
        }
        None => (text::text(new, to), true),
    };
    Ok(pb::DiffPlanResponse { published: hash(published), candidate: to.0.clone(), text, additive })
}
