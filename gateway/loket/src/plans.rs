//! `loket plan`: what the registered services make of a life event.

use proto::loket::operations::v1 as operations;
use proto::loket::operations::v1::publish_plan_request::OpenCases;

use crate::command::{Place, PlanAct};
use crate::failure::Failure;
use crate::output;

pub(crate) async fn run(place: &Place, act: PlanAct) -> Result<(), Failure> {
    match act {
        PlanAct::Show { life_event, dot } => show(place, &life_event, dot).await,
        PlanAct::Diff { life_event } => diff(place, &life_event).await,
        PlanAct::Publish { life_event, candidate, reason, move_open_cases, valid_from, operator } => {
            let open_cases = if move_open_cases { OpenCases::Move } else { OpenCases::Finish };
            let request = operations::PublishPlanRequest {
                name: name(&life_event),
                candidate,
                open_cases: open_cases.into(),
                reason,
                valid_from,
            };
            let plan = place.registry(&operator).await?.publish_plan(request).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.Plan", &plan);
            }
            let state = if plan.published == plan.candidate {
                "published"
            } else {
                "agreed to; a second person is needed"
            };
            output::line(&format!("{life_event}: {} {state}", plan.candidate))
        }
        PlanAct::Revoke { life_event, plan, reason } => {
            let request = operations::RevokePlanRequest { name: name(&life_event), plan, reason };
            let plan = place.registry("operator").await?.revoke_plan(request).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.Plan", &plan);
            }
            let state = match plan.published.as_str() {
                "" => "no plan is in force: it cannot be reported until one is published".to_owned(),
                published => format!("plan {published} is in force"),
            };
            output::line(&format!("{life_event}: revoked; {state}"))
        }
    }
}

async fn show(place: &Place, life_event: &str, dot: bool) -> Result<(), Failure> {
    let request = operations::GetPlanRequest { name: name(life_event) };
    let plan = place.registry("operator").await?.get_plan(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.Plan", &plan);
    }
    if dot {
        return output::line(&plan.dot);
    }
    if !plan.text.is_empty() {
        output::line(&plan.text)?;
    }
    if !plan.candidate.is_empty() && plan.candidate != plan.published {
        output::line(&format!(
            "candidate {} is not published; see `loket plan diff {life_event}`",
            plan.candidate
        ))?;
    }
    plan.errors.iter().try_for_each(|error| output::line(error))
}

async fn diff(place: &Place, life_event: &str) -> Result<(), Failure> {
    let request = operations::DiffPlanRequest { name: name(life_event) };
    let diff = place.registry("operator").await?.diff_plan(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.DiffPlanResponse", &diff);
    }
    output::line(&diff.text)
}

fn name(life_event: &str) -> String {
    format!("lifeEvents/{life_event}/plan")
}
