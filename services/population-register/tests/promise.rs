//! The promise of the population register, over gRPC: same key same answer, a tombstone after a cancel, a status that
//! is answered, books that survive a restart, refusals that name their field, and descriptors with their annotations.

mod running;

use population_register::wire::{
    CancelNumberRequest, EnterDeathRequest, GetNumberStatusRequest, IssueNumberRequest,
};
use proto::loket::v1::decision::Result as DecisionResult;
use running::{Running, call, newborn, person, said};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt;

#[tokio::test]
async fn the_same_key_answers_the_same_also_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Running::start(data.path()).await;
    let answer = first.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap().into_inner();
    assert_eq!(said(answer.decision.as_ref()), (DecisionResult::Granted, vec!["registered-with-mother"]));
    first.stop().await;
    let mut again = Running::start(data.path()).await;
    let repeated = again.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap();
    assert_eq!(repeated.into_inner(), answer);
    let status = GetNumberStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(again.client.get_number_status(status).await.unwrap().into_inner(), answer);
    let reused = again.client.issue_number(call("k1", newborn("B-2026-000002"))).await.unwrap_err();
    assert_eq!(
        (reused.code(), reused.get_details_error_info().unwrap().reason.as_str()),
        (Code::AlreadyExists, "KEY_REUSED")
    );
    again.stop().await;
}

#[tokio::test]
async fn two_calls_at_once_give_one_number() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let racers = ["k1", "k1", "k2"].map(|key| {
        let mut client = running.client.clone();
        tokio::spawn(async move {
            let answer = client.issue_number(call(key, newborn("B-2026-000001"))).await.unwrap();
            answer.into_inner().person_number.unwrap()
        })
    });
    let mut numbers = std::collections::BTreeSet::new();
    for racer in racers {
        numbers.insert(racer.await.unwrap());
    }
    assert_eq!(numbers.len(), 1, "one record of birth, one number");
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_is_undone_and_refused_ever_after() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let given = running.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap().into_inner();
    let number = given.person_number.unwrap();
    let cancel = CancelNumberRequest { idempotency_key: "k1".to_owned() };
    assert!(running.client.cancel_number(cancel.clone()).await.unwrap().into_inner().undone);
    assert!(!running.client.cancel_number(cancel).await.unwrap().into_inner().undone);
    let late = running.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap_err();
    assert_eq!(
        (late.code(), late.get_details_error_info().unwrap().reason.as_str()),
        (Code::Aborted, "TOMBSTONED")
    );
    let gone = person(&mut running.client, "2026-12-01T00:00:00Z", &number).await;
    assert_eq!(gone.birth_date, None, "the cancel left nobody");
    let status = GetNumberStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(running.client.get_number_status(status).await.unwrap_err().code(), Code::Aborted);
    let never = GetNumberStatusRequest { idempotency_key: "k9".to_owned() };
    assert_eq!(running.client.get_number_status(never).await.unwrap_err().code(), Code::NotFound);
    running.stop().await;
}

#[tokio::test]
async fn a_cancel_takes_back_what_its_call_did_and_no_more() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let given = running.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap().into_inner();
    running.client.issue_number(call("k2", newborn("B-2026-000001"))).await.unwrap();
    let cancel = CancelNumberRequest { idempotency_key: "k2".to_owned() };
    running.client.cancel_number(cancel).await.unwrap();
    let child = person(&mut running.client, "2026-12-01T00:00:00Z", &given.person_number.unwrap()).await;
    assert_eq!(child.family_name.as_deref(), Some("van Dijk"), "the number of the first call stays");
    running.stop().await;
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_by_its_name() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let wrong: [(&str, IssueNumberRequest); 3] = [
        ("birth_record", newborn(" ")),
        ("mother_address", IssueNumberRequest { mother_address: None, ..newborn("B-2026-000001") }),
        ("birth_date", IssueNumberRequest { birth_date: None, ..newborn("B-2026-000001") }),
    ];
    for (field, request) in wrong {
        let refused = running.client.issue_number(call("k1", request)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    let nobody = running.client.enter_death(call("k2", EnterDeathRequest::default())).await.unwrap_err();
    assert_eq!(nobody.get_details_bad_request().unwrap().field_violations[0].field, "person_number");
    let keyless = running.client.issue_number(newborn("B-2026-000001")).await.unwrap_err();
    assert!(keyless.message().contains("loket-idempotency-key"), "{keyless}");
    running.stop().await;
}

#[tokio::test]
async fn reflection_answers_with_the_annotations() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            "gov.population.v1.PopulationRegisterService".to_owned(),
        )),
    };
    let mut answers = ServerReflectionClient::new(running.channel.clone())
        .server_reflection_info(tokio_stream::once(ask))
        .await
        .unwrap()
        .into_inner();
    let Some(MessageResponse::FileDescriptorResponse(files)) =
        answers.next().await.unwrap().unwrap().message_response
    else {
        panic!("no descriptor");
    };
    // Options that a server strips leave no trace in the bytes.
    let has = |text: &str| {
        let kept = |file: &Vec<u8>| file.windows(text.len()).any(|it| it == text.as_bytes());
        files.file_descriptor_proto.iter().any(kept)
    };
    assert!(has("population-register/person-number"), "annotations of methods");
    assert!(has("occupant.move_in_consent"), "annotations of fields");
    drop(answers);
    running.stop().await;
}
