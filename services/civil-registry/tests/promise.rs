//! The promise of the civil registry, over gRPC: same key same answer, a tombstone after a cancel, a status that is
//! answered, books that survive a restart, refusals that name their field, and descriptors with their annotations.

mod running;

use civil_registry::wire::{CancelBirthRequest, GetBirthStatusRequest, RegisterBirthRequest};
use proto::loket::v1::decision::Result as DecisionResult;
use running::{Running, birth, call, said};
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
    let answer = first.client.register_birth(call("k1", birth())).await.unwrap().into_inner();
    assert_eq!(said(answer.decision.as_ref()), (DecisionResult::Granted, vec![]));
    assert_eq!(answer.birth_record.as_deref(), Some("B-2026-000001"));
    assert_eq!(answer.registered_name.as_deref(), Some("Fien van Dijk"));
    first.stop().await;
    let mut again = Running::start(data.path()).await;
    assert_eq!(again.client.register_birth(call("k1", birth())).await.unwrap().into_inner(), answer);
    let status = GetBirthStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(again.client.get_birth_status(status).await.unwrap().into_inner(), answer);
    let twin = RegisterBirthRequest { birth_order: 2, ..birth() };
    let reused = again.client.register_birth(call("k1", twin)).await.unwrap_err();
    assert_eq!(
        (reused.code(), reused.get_details_error_info().unwrap().reason.as_str()),
        (Code::AlreadyExists, "KEY_REUSED")
    );
    again.stop().await;
}

#[tokio::test]
async fn two_calls_at_once_make_one_record() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let racers = ["k1", "k1", "k2"].map(|key| {
        let mut client = running.client.clone();
        tokio::spawn(async move { client.register_birth(call(key, birth())).await.unwrap().into_inner() })
    });
    let mut answers = Vec::new();
    for racer in racers {
        answers.push(racer.await.unwrap());
    }
    assert_eq!(answers[0], answers[1], "the same key");
    let granted = answers.iter().filter(|it| said(it.decision.as_ref()).0 == DecisionResult::Granted);
    let records: std::collections::BTreeSet<_> = granted.map(|it| it.birth_record.clone()).collect();
    assert_eq!(records.len(), 1, "one record, whichever call came first");
    assert!(answers.iter().any(|it| said(it.decision.as_ref()).1 == ["already-registered"]));
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_is_undone_and_refused_ever_after() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    running.client.register_birth(call("k1", birth())).await.unwrap();
    let cancel = CancelBirthRequest { idempotency_key: "k1".to_owned() };
    assert!(running.client.cancel_birth(cancel.clone()).await.unwrap().into_inner().undone);
    assert!(!running.client.cancel_birth(cancel).await.unwrap().into_inner().undone);
    let late = running.client.register_birth(call("k1", birth())).await.unwrap_err();
    assert_eq!(
        (late.code(), late.get_details_error_info().unwrap().reason.as_str()),
        (Code::Aborted, "TOMBSTONED")
    );
    let never = CancelBirthRequest { idempotency_key: "k9".to_owned() };
    assert!(!running.client.cancel_birth(never).await.unwrap().into_inner().undone);
    let early = running.client.register_birth(call("k9", birth())).await.unwrap_err();
    assert_eq!(early.code(), Code::Aborted, "a cancel that came first leaves its tombstone too");
    let anew = running.client.register_birth(call("k2", birth())).await.unwrap().into_inner();
    assert_eq!(said(anew.decision.as_ref()).0, DecisionResult::Granted, "the cancel left no record");
    running.stop().await;
}

#[tokio::test]
async fn a_status_of_a_key_never_seen_or_cancelled_says_so() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let status = GetBirthStatusRequest { idempotency_key: "k1".to_owned() };
    let never = running.client.get_birth_status(status.clone()).await.unwrap_err();
    assert_eq!(never.code(), Code::NotFound);
    running.client.cancel_birth(CancelBirthRequest { idempotency_key: "k1".to_owned() }).await.unwrap();
    assert_eq!(running.client.get_birth_status(status).await.unwrap_err().code(), Code::Aborted);
    running.stop().await;
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_by_its_name() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let wrong: [(&str, RegisterBirthRequest); 6] = [
        ("birth_date", RegisterBirthRequest { birth_date: None, ..birth() }),
        ("gender", RegisterBirthRequest { gender: "girl".to_owned(), ..birth() }),
        ("birth_order", RegisterBirthRequest { birth_order: 0, ..birth() }),
        ("family_name", RegisterBirthRequest { family_name: " ".to_owned(), ..birth() }),
        ("mother_family_name", RegisterBirthRequest { mother_family_name: String::new(), ..birth() }),
        (
            "second_parent_parentage",
            RegisterBirthRequest { second_parent_parentage: Some("friend".to_owned()), ..birth() },
        ),
    ];
    for (field, request) in wrong {
        let refused = running.client.register_birth(call("k1", request)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    let keyless = running.client.register_birth(birth()).await.unwrap_err();
    assert!(keyless.message().contains("loket-idempotency-key"), "{keyless}");
    let right = running.client.register_birth(call("k1", birth())).await.unwrap().into_inner();
    assert_eq!(
        said(right.decision.as_ref()).0,
        DecisionResult::Granted,
        "a refused call leaves its key free"
    );
    running.stop().await;
}

#[tokio::test]
async fn reflection_answers_with_the_annotations() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            "gov.civilregistry.v1.CivilRegistryService".to_owned(),
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
    assert!(has("civil-registry/birth-registration"), "annotations of methods");
    assert!(has("person.registered_name"), "annotations of fields");
    drop(answers);
    running.stop().await;
}
