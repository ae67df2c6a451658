//! The promise of the municipalities, over gRPC: same key same answer, a tombstone after a cancel, a status that is
//! answered, books of each that survive a restart, refusals that name their field or the competent agency, and
//! descriptors with their annotations.

mod running;

use municipality::Place;
use municipality::wire::{
    CancelBurialPermitRequest, CloseResidentRequest, GetBurialPermitStatusRequest, WelcomeNewbornRequest,
    WelcomeResidentRequest,
};
use proto::loket::v1::decision::Result as DecisionResult;
use running::{Running, arrival, burial, call, day, newborn, said};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt;

const WESTERVEEN: Place = Place::Westerveen;

#[tokio::test]
async fn the_same_key_answers_the_same_also_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let first = Running::start(data.path()).await;
    let permit = burial(WESTERVEEN, "D-2026-000001");
    let answer =
        first.client(WESTERVEEN).permit_burial(call("k1", permit.clone())).await.unwrap().into_inner();
    assert_eq!(said(answer.decision.as_ref()), (DecisionResult::Granted, vec![]));
    assert_eq!(answer.death_burial_permit.as_deref(), Some("BP-westerveen-2026-000001"));
    assert_eq!(answer.death_burial_by, Some(day(2026, 11, 30)));
    first.stop().await;
    let again = Running::start(data.path()).await;
    let mut client = again.client(WESTERVEEN);
    assert_eq!(client.permit_burial(call("k1", permit)).await.unwrap().into_inner(), answer);
    let status = GetBurialPermitStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(client.get_burial_permit_status(status.clone()).await.unwrap().into_inner(), answer);
    let reused = client.permit_burial(call("k1", burial(WESTERVEEN, "D-2026-000002"))).await.unwrap_err();
    assert_eq!(
        (reused.code(), reused.get_details_error_info().unwrap().reason.as_str()),
        (Code::AlreadyExists, "KEY_REUSED")
    );
    let elsewhere = again.client(Place::Oosterdam).get_burial_permit_status(status).await.unwrap_err();
    assert_eq!(elsewhere.code(), Code::NotFound, "each has books of its own");
    again.stop().await;
}

#[tokio::test]
async fn two_calls_at_once_give_one_permit() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let racers = ["k1", "k1", "k2"].map(|key| {
        let mut client = running.client(WESTERVEEN);
        tokio::spawn(async move {
            let answer = client.permit_burial(call(key, burial(WESTERVEEN, "D-2026-000001"))).await.unwrap();
            answer.into_inner().death_burial_permit.unwrap()
        })
    });
    let mut permits = std::collections::BTreeSet::new();
    for racer in racers {
        permits.insert(racer.await.unwrap());
    }
    assert_eq!(permits.len(), 1, "one death, one permit");
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_is_undone_and_refused_ever_after() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(WESTERVEEN);
    let permit = || burial(WESTERVEEN, "D-2026-000001");
    client.permit_burial(call("k1", permit())).await.unwrap();
    let cancel = CancelBurialPermitRequest { idempotency_key: "k1".to_owned() };
    assert!(client.cancel_burial_permit(cancel.clone()).await.unwrap().into_inner().undone);
    assert!(!client.cancel_burial_permit(cancel).await.unwrap().into_inner().undone);
    let late = client.permit_burial(call("k1", permit())).await.unwrap_err();
    assert_eq!(
        (late.code(), late.get_details_error_info().unwrap().reason.as_str()),
        (Code::Aborted, "TOMBSTONED")
    );
    let status = GetBurialPermitStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(client.get_burial_permit_status(status).await.unwrap_err().code(), Code::Aborted);
    let anew = client.permit_burial(call("k2", permit())).await.unwrap().into_inner();
    assert_eq!(anew.death_burial_permit.as_deref(), Some("BP-westerveen-2026-000002"));
    running.stop().await;
}

#[tokio::test]
async fn a_call_for_another_municipality_is_sent_on() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(Place::Oosterdam);
    let refused = client.permit_burial(call("k1", burial(WESTERVEEN, "D-2026-000001"))).await.unwrap_err();
    let details = refused.get_details_error_info().unwrap();
    assert_eq!((refused.code(), details.reason.as_str()), (Code::FailedPrecondition, "NOT_COMPETENT"));
    assert_eq!(details.metadata["forward_to"], "municipality-westerveen");
    let nowhere =
        WelcomeNewbornRequest { municipality: "atlantis".to_owned(), ..newborn(WESTERVEEN, "1", 1) };
    let refused = client.welcome_newborn(call("k2", nowhere)).await.unwrap_err();
    let details = refused.get_details_error_info().unwrap();
    assert_eq!((details.reason.as_str(), details.metadata.len()), ("NOT_COMPETENT", 0));
    running.stop().await;
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_by_its_name() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(WESTERVEEN);
    let wrong: [(&str, WelcomeResidentRequest); 4] = [
        ("municipality", WelcomeResidentRequest { municipality: String::new(), ..arrival(WESTERVEEN, "1") }),
        ("person_number", arrival(WESTERVEEN, " ")),
        ("resident_from", WelcomeResidentRequest { resident_from: None, ..arrival(WESTERVEEN, "1") }),
        ("new_address", WelcomeResidentRequest { new_address: None, ..arrival(WESTERVEEN, "1") }),
    ];
    for (field, request) in wrong {
        let refused = client.welcome_resident(call("k1", request)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    let nobody = CloseResidentRequest { municipality: "westerveen".to_owned(), ..Default::default() };
    let refused = client.close_resident(call("k2", nobody)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "person_number");
    let keyless = client.welcome_resident(arrival(WESTERVEEN, "1")).await.unwrap_err();
    assert!(keyless.message().contains("loket-idempotency-key"), "{keyless}");
    running.stop().await;
}

#[tokio::test]
async fn reflection_of_each_answers_with_the_annotations() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    for place in Place::ALL {
        let ask = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::FileContainingSymbol(
                "gov.municipality.v1.MunicipalityService".to_owned(),
            )),
        };
        let mut answers = ServerReflectionClient::new(running.channel(place))
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
        assert!(has("municipality/burial-permit"), "annotations of methods");
        assert!(has("person.services_from"), "annotations of fields");
    }
    running.stop().await;
}
