//! What leaves: the fields of the duty, and the metadata.

use casework::entry::CallKind;
use casework::input::Answer;
use casework::value::Value;

use crate::ministry::*;
use crate::world::{World, one};

fn enrolled(_: &Call) -> Reply {
    Reply::Ok(library("library.v1.EnrolResponse", r#"{"card": "L-1"}"#))
}

#[tokio::test]
async fn a_call_carries_its_facts_and_its_metadata_and_nothing_else() {
    let (world, ministry) = World::of(enrolled).await;
    let mut duty = world.enrol(CallKind::Perform);
    duty.request.push(one("shelf", Value::Code("picture-books".to_owned())));
    world.perform(&duty).await;
    let calls = ministry.calls();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call.path, "/library.v1.LibraryService/Enrol");
    let body = ministry.read("library.v1.EnrolRequest", &call.body);
    assert_eq!(body, serde_json::json!({"number": "123", "shelf": "SHELF_PICTURE_BOOKS"}));
    let of = |name: &str| call.metadata.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(of("loket-idempotency-key"), "abcdefghjkmnpqrstvwxyz0123");
    assert_eq!(of("loket-purpose"), "library");
    assert_eq!(of("loket-received-at"), "2026-11-23T09:30:00.000Z");
    assert_eq!(of("loket-step"), "a step token");
    assert_eq!(of("te"), "trailers");
    let trace = of("traceparent");
    assert!(trace.len() == 55 && trace.starts_with("00-"), "{trace}");
    let timeout: u64 = of("grpc-timeout").trim_end_matches(char::is_alphabetic).parse().unwrap();
    assert!(timeout > 0 && of("grpc-timeout").ends_with(['m', 'u', 'n']), "{}", of("grpc-timeout"));
    let ours = call.metadata.keys().filter(|name| name.starts_with("loket-"));
    assert_eq!(ours.count(), 4, "{:?}", call.metadata.keys());
}

#[tokio::test]
async fn no_two_calls_share_a_trace() {
    let (world, ministry) = World::of(enrolled).await;
    for _ in 0..3 {
        world.perform(&world.enrol(CallKind::Perform)).await;
    }
    let traces: std::collections::BTreeSet<String> =
        ministry.calls().iter().map(|call| call.metadata["traceparent"][3..35].to_owned()).collect();
    assert_eq!(traces.len(), 3);
}

#[tokio::test]
async fn members_go_as_repeated_messages() {
    let (world, ministry) = World::of(|_| Reply::Silence).await;
    let mut duty = world.lend();
    duty.until = world.registry.now().plus(300);
    world.perform(&duty).await;
    let body = ministry.read("library.v1.LendRequest", &ministry.calls()[0].body);
    assert_eq!(body, serde_json::json!({"card": "L-1", "books": [{"title": "Max Havelaar"}, {}]}));
}

#[tokio::test]
async fn questions_and_cancellations_carry_the_key_alone_and_a_reversal_its_own_facts() {
    let (world, ministry) = World::of(enrolled).await;
    for (call, path, message, json) in [
        (CallKind::Status, "GetEnrol", "Key", r#"{"idempotencyKey": "abcdefghjkmnpqrstvwxyz0123"}"#),
        (CallKind::Cancel, "CancelEnrol", "Key", r#"{"idempotencyKey": "abcdefghjkmnpqrstvwxyz0123"}"#),
        (CallKind::Reverse, "Leave", "LeaveRequest", r#"{"card": "L-1"}"#),
    ] {
        world.perform(&world.enrol(call)).await;
        let last = ministry.calls().pop().unwrap();
        assert_eq!(last.path, format!("/library.v1.LibraryService/{path}"));
        let body = ministry.read(&format!("library.v1.{message}"), &last.body);
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(json).unwrap(), "{path}");
    }
}

#[tokio::test]
async fn a_fact_that_its_field_cannot_carry_stays_here() {
    let (world, ministry) = World::of(enrolled).await;
    let mut duty = world.enrol(CallKind::Perform);
    duty.request.push(one("shelf", Value::Code("comics".to_owned())));
    let answer = world.perform(&duty).await;
    let Answer::Breach { what } = &answer else { panic!("{answer:?}") };
    assert!(what.contains("`shelf`") && !what.contains("comics"), "{what}");
    assert!(ministry.calls().is_empty());
}

#[tokio::test]
async fn a_call_under_a_contract_that_nobody_registered_is_not_made() {
    let (world, ministry) = World::of(enrolled).await;
    let mut duty = world.enrol(CallKind::Perform);
    duty.contract = "00".to_owned();
    assert!(matches!(world.perform(&duty).await, Answer::Breach { .. }));
    assert!(ministry.calls().is_empty());
}
