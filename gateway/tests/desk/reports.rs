//! Reports on steps that take days.

use casework::case::StepState;
use casework::name::FactKey;
use casework::value::Value;
use proto::loket::desk::v1::ReportStepRequest;
use proto::loket::desk::v1::report_step_request::Result as Reported;
use tonic::Code;

use crate::ministry::*;
use crate::world::{World, slow_library};

const LENDING: &str = "library/lending";

/// The case that waits for the loan, and the token of its step.
async fn waiting(world: &World, library: &Ministry) -> (casestore::CaseId, String) {
    let case = world.open().await;
    world.until_step(case, LENDING, |state| matches!(state, StepState::Pending { .. })).await;
    let calls = library.calls();
    let lent = calls.iter().find(|call| call.path.ends_with("/Lend")).unwrap();
    (case, lent.metadata["loket-step"].clone())
}

fn loan(step: &str, number: u32) -> ReportStepRequest {
    let value = library("library.v1.Loan", &format!(r#"{{"number": "{number}"}}"#));
    let type_url = "type.googleapis.com/library.v1.Loan".to_owned();
    ReportStepRequest {
        step: step.to_owned(),
        result: Some(Reported::Response(prost_types::Any { type_url, value })),
    }
}

#[tokio::test]
async fn what_became_of_a_step_is_reported_once_however_often_it_is_sent() {
    let world = World::start().await;
    let library = world.library(slow_library).await;
    let (case, step) = waiting(&world, &library).await;
    let mut desk = world.agency("library");
    let first = desk.report_step(loan(&step, 42)).await.unwrap().into_inner();
    assert!(first.receive_time.is_some());
    let file = world.until_step(case, LENDING, |state| *state == StepState::Done).await;
    let key = FactKey { name: "person.loan".parse().unwrap(), member: None };
    let known = &file.case.facts[&key].revisions.last().unwrap().known;
    assert_eq!(*known, casework::entry::Known::Value(Value::Integer(42)));
    let again = desk.report_step(loan(&step, 42)).await.unwrap().into_inner();
    assert!(again.receive_time.is_some());
    assert_eq!(world.caseworker.read(case).await.unwrap().case.entries, file.case.entries);
    let other = desk.report_step(loan(&step, 43)).await.unwrap_err();
    assert_eq!(other.code(), Code::FailedPrecondition, "{other}");
}

#[tokio::test]
async fn anothers_step_and_a_token_that_is_none_are_not_found() {
    let world = World::start().await;
    let library = world.library(slow_library).await;
    let (case, step) = waiting(&world, &library).await;
    let mut texts = Vec::new();
    for (agency, step) in
        [("museum", step.as_str()), ("library", "nonsense"), ("library", ""), ("library", &step[1..])]
    {
        let refused = world.agency(agency).report_step(loan(step, 42)).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{agency}: {refused}");
        texts.push(refused.message().to_owned());
    }
    assert!(
        texts.iter().all(|text| *text == texts[0]),
        "what is another's is told from what is not there: {texts:?}"
    );
    let file = world.caseworker.read(case).await.unwrap();
    assert!(!texts[0].contains(&case.to_string()) && !texts[0].contains(&file.case.reference));
}

#[tokio::test]
async fn a_report_of_another_type_is_refused_and_can_be_mended() {
    let world = World::start().await;
    let library = world.library(slow_library).await;
    let (case, step) = waiting(&world, &library).await;
    let mut desk = world.agency("library");
    let mut wrong = loan(&step, 42);
    if let Some(Reported::Response(response)) = &mut wrong.result {
        response.type_url = "type.googleapis.com/library.v1.EnrolResponse".to_owned();
    }
    let refused = desk.report_step(wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("library.v1.Loan"), "{refused}");
    let nothing = desk.report_step(ReportStepRequest { step: step.clone(), result: None }).await.unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    desk.report_step(loan(&step, 42)).await.unwrap();
    world.until_step(case, LENDING, |state| *state == StepState::Done).await;
}

#[tokio::test]
async fn an_error_says_that_it_was_not_done() {
    let world = World::start().await;
    let library = world.library(slow_library).await;
    let (case, step) = waiting(&world, &library).await;
    let error = proto::google::rpc::Status { code: Code::Internal.into(), ..Default::default() };
    let request = ReportStepRequest { step, result: Some(Reported::Error(error)) };
    world.agency("library").report_step(request).await.unwrap();
    let file = world.until_step(case, LENDING, |state| !matches!(state, StepState::Pending { .. })).await;
    let step = &file.case.steps.iter().find(|(id, _)| id.service.as_str() == LENDING).unwrap().1;
    assert!(!matches!(step.state, StepState::Done | StepState::Parked { .. }), "{:?}", step.state);
}
