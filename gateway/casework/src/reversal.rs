//! How a step's effect is undone: by which service, with what it needs, and in which order.

use std::collections::BTreeMap;

use crate::entry::{Disclosure, Known, Waiting};
use crate::gate;
use crate::name::{AgencyId, FactKey, StepId};
use crate::picture::Picture;
use crate::plan::{Plan, PlanStep};

/// The reversal of a step, as a step of its own; none where its service declares none or the plan lacks it.
pub(crate) fn service<'a>(plan: &'a Plan, step: &PlanStep) -> Option<&'a PlanStep> {
    let reversal = step.service.reversal.as_ref()?;
    plan.reversals.iter().find(|candidate| candidate.service.id == reversal.service)
}

/// Why a reversal cannot be asked for.
pub(crate) enum Hindrance {
    /// A fact that it cannot do without is not known.
    Lacks(FactKey),
    /// A giver does not consent.
    Waits(Waiting),
}

/// What the reversal of a step discloses: what is known of its needs now. What nobody consents to and it can do
/// without is left out.
///
/// # Errors
/// What hinders it.
pub(crate) fn discloses(
    picture: Picture<'_>,
    step: &PlanStep,
    reversal: &PlanStep,
    id: &StepId,
    agency: &AgencyId,
) -> Result<Vec<Disclosure>, Hindrance> {
    let per = reversal.per.as_ref().or(step.per.as_ref());
    let mut all = Vec::new();
    for need in &reversal.needs {
        let keys = if need.collects {
            let members = picture.members(&need.fact.role()).iter();
            members.map(|member| FactKey { name: need.fact.clone(), member: Some(member.clone()) }).collect()
        } else {
            vec![picture.key(&need.fact, per, id.member.as_ref())]
        };
        let field = &need.field;
        let known = |key: &FactKey| {
            let revision = picture.current(key).filter(|r| matches!(r.known, Known::Value(_)))?;
            Some(Disclosure { key: key.clone(), revision: revision.number, field: field.clone() })
        };
        let found: Vec<Disclosure> = keys.iter().filter_map(known).collect();
        match gate::consents(picture, reversal, agency, &found) {
            Ok(()) if !found.is_empty() || need.optional => all.extend(found),
            Ok(()) => {
                return Err(Hindrance::Lacks(
                    keys.into_iter().next().unwrap_or(FactKey { name: need.fact.clone(), member: None }),
                ));
            }
            Err(_) if need.optional => {}
            Err(why) => return Err(Hindrance::Waits(why)),
        }
    }
    Ok(all)
}

/// Who rests on whom: for each step of the case, the steps that came after it because of it. What was built on a step
/// is undone before it.
pub(crate) fn dependents(picture: Picture<'_>) -> BTreeMap<StepId, Vec<StepId>> {
    let mut dependents: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
    for step in &picture.rules.plan.steps {
        for id in picture.instances(step) {
            for wait in &step.waits_for {
                for before in picture.waited_for(wait, step, &id) {
                    dependents.entry(before).or_default().push(id.clone());
                }
            }
        }
    }
    dependents
}
