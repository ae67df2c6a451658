//! What waits for the registry goes on when it changes. There is no alarm in this world: nobody else looks at a case.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use casework::case::StepState;
use casework::entry::{NotDoneReason, Waiting};
use gateway::caseworker::Wakes;
use gateway::registry::{OpenCases, PublishPlan};
use tonic::Status;

use crate::ministry::*;
use crate::world::{World, slow_library};

const ENROLMENT: &str = "library/enrolment";

fn wakes(world: &World) {
    let wakes = Wakes::new(world.caseworker.clone(), world.registry.clone());
    tokio::spawn(async move { wakes.run().await });
}

fn waits_for(wanted: Waiting) -> impl Fn(&StepState) -> bool {
    move |state| matches!(state, StepState::Waiting { why, .. } if *why == wanted)
}

#[tokio::test]
async fn an_agency_that_registers_again_is_called_at_once_however_long_it_was_to_be_left_alone() {
    let world = World::start().await;
    wakes(&world);
    let there = Arc::new(AtomicBool::new(false));
    let is_there = there.clone();
    let library = world
        .library(move |call| {
            if is_there.load(Ordering::Relaxed) {
                slow_library(call)
            } else {
                Reply::Refused(Status::unavailable("closed"))
            }
        })
        .await;
    let case = world.open().await;
    world.until_step(case, ENROLMENT, waits_for(Waiting::Agency(NotDoneReason::Unavailable))).await;
    there.store(true, Ordering::Relaxed);
    world.agency("library").register_agency(library.registration()).await.unwrap();
    world.until_step(case, ENROLMENT, |state| *state == StepState::Done).await;
}

#[tokio::test]
async fn a_withdrawn_service_and_a_revoked_plan_are_waited_for_with_that_reason_until_they_are_back() {
    let world = World::start().await;
    wakes(&world);
    let library = world.library(slow_library).await;
    let life_event = "joining".parse().unwrap();
    let snapshot = until(&world.registry, |snapshot| snapshot.published(&life_event, None).is_some()).await;
    let plan = snapshot.published(&life_event, None).unwrap().0.clone();
    world.registry.withdraw("library", &[]).await.unwrap();
    let case = world.open().await;
    let withdrawn = Waiting::Withdrawn("library".parse().unwrap());
    world.until_step(case, ENROLMENT, waits_for(withdrawn)).await;
    world.registry.revoke_plan(&plan, "a mistake", "ria").await.unwrap();
    world.until_step(case, ENROLMENT, waits_for(Waiting::Plan)).await;
    world.agency("library").register_agency(library.registration()).await.unwrap();
    assert!(library.calls().is_empty(), "a case on a revoked plan calls somebody");
    let wish = PublishPlan {
        life_event,
        candidate: plan,
        open_cases: OpenCases::Move,
        valid_from: None,
        reason: "it was none".to_owned(),
    };
    world.registry.publish_plan(wish, "ria").await.unwrap();
    world.until_step(case, ENROLMENT, |state| *state == StepState::Done).await;
}
