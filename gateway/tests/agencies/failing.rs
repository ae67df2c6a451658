//! What happens when a system of an agency is not there, is slow, breaks, or is too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use casework::entry::{CallKind, NotDoneReason};
use casework::input::Answer;
use gateway::registry::RegistryOptions;
use tokio::net::TcpListener;
use tonic::Status;

use crate::ministry::*;
use crate::world::World;

fn enrolled(_: &Call) -> Reply {
    Reply::Ok(library("library.v1.EnrolResponse", r#"{"card": "L-1"}"#))
}

fn not_done(reason: NotDoneReason) -> Answer {
    Answer::NotDone { reason, retry_after: None }
}

async fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn where_one_system_is_dead_every_call_goes_to_the_other() {
    let living = Ministry::library(Reflection::Neither, enrolled).await;
    let world = World::at(&[&closed().await, &living.uri]).await;
    for _ in 0..40 {
        let answer = world.perform(&world.enrol(CallKind::Perform)).await;
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }
    assert_eq!(living.calls().len(), 40);
    let health = world.agencies.health(&"library".parse().unwrap()).unwrap();
    assert_eq!(health.breaker, "closed");
    assert_eq!((health.ejected.len(), health.in_flight), (1, 0), "{health:?}");
}

#[tokio::test]
async fn nobody_there_is_surely_not_done() {
    let world = World::at(&[&closed().await]).await;
    for call in [CallKind::Perform, CallKind::Status, CallKind::Cancel, CallKind::Reverse] {
        assert_eq!(world.perform(&world.enrol(call)).await, not_done(NotDoneReason::Unavailable));
    }
    assert_eq!(world.perform(&world.lend()).await, not_done(NotDoneReason::Unavailable));
}

#[tokio::test]
async fn somebody_there_who_speaks_no_grpc_is_not_sent_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let web = axum::Router::new().fallback(|| async { "hello" });
    let server = tokio::spawn(async move { axum::serve(listener, web).await });
    let world = World::at(&[&uri]).await;
    assert_eq!(world.perform(&world.lend()).await, not_done(NotDoneReason::Unavailable));
    server.abort();
}

/// The system that registered has ended, and its port went to one of another agency.
#[tokio::test]
async fn another_system_that_took_the_address_is_told_nothing() {
    let another = Ministry::library(Reflection::V1Of("taxes.v1.TaxesService"), enrolled).await;
    let world = World::at(&[&another.uri]).await;
    assert_eq!(world.perform(&world.enrol(CallKind::Perform)).await, not_done(NotDoneReason::Unavailable));
    let moved = Ministry::library(Reflection::V1Alpha, enrolled).await;
    let world = World::at(&[&another.uri, &moved.uri]).await;
    for _ in 0..4 {
        let answer = world.perform(&world.enrol(CallKind::Perform)).await;
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }
    assert_eq!((another.calls().len(), moved.calls().len()), (0, 4));
}

#[tokio::test]
async fn a_system_that_says_it_is_not_serving_is_spared() {
    let ill = Ministry::library(Reflection::Neither, enrolled).await;
    ill.falls_ill();
    let well = Ministry::library(Reflection::Neither, enrolled).await;
    let world = World::at(&[&ill.uri, &well.uri]).await;
    for _ in 0..4 {
        let answer = world.perform(&world.enrol(CallKind::Perform)).await;
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }
    assert_eq!((ill.calls().len(), well.calls().len()), (0, 4));
}

#[tokio::test]
async fn many_who_wait_for_one_connection_fail_with_it_and_not_one_after_the_other() {
    // It takes connections and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::at(&[&format!("http://{}", mute.local_addr().unwrap())]).await;
    let started = Instant::now();
    let duties: Vec<_> = (0..20).map(|_| world.lend()).collect();
    let answers = futures::future::join_all(duties.iter().map(|duty| world.perform(duty))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Answer::NotDone { .. })), "{answers:?}");
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_agency_without_a_living_endpoint_is_not_called() {
    let (world, library) = World::of(enrolled).await;
    let mut request = library.registration();
    request.descriptor_set = library_set();
    request.lease = Some(prost_types::Duration { seconds: 2, nanos: 0 });
    world.registry.register(request).await.unwrap();
    until(&world.registry, |snapshot| !snapshot.offers.0.values().flatten().any(|offer| offer.live)).await;
    let answer = world.perform(&world.enrol(CallKind::Perform)).await;
    assert_eq!(answer, not_done(NotDoneReason::NoEndpoint));
    assert!(library.calls().is_empty());
}

#[tokio::test]
async fn silence_is_in_doubt_when_the_contracts_time_is_over() {
    let (world, library) = World::of(|_| Reply::Silence).await;
    let started = Instant::now();
    let answer = world.perform(&world.lend()).await;
    assert_eq!(answer, Answer::InDoubt { reason: "silence".to_owned() });
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(950) && took < Duration::from_millis(1_900), "{took:?}");
    assert_eq!(library.calls().len(), 1, "what is done once was tried twice");
}

#[tokio::test]
async fn no_attempt_begins_that_the_case_would_not_wait_for() {
    let (world, library) = World::of(|_| Reply::Silence).await;
    let mut duty = world.enrol(CallKind::Perform);
    duty.until = world.registry.now().plus(400);
    let started = Instant::now();
    assert!(matches!(world.perform(&duty).await, Answer::InDoubt { .. }));
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    duty.until = world.registry.now().plus(-1);
    let before = library.calls().len();
    assert_eq!(world.perform(&duty).await, not_done(NotDoneReason::Unavailable));
    assert_eq!(library.calls().len(), before, "it was called after its time");
}

#[tokio::test]
async fn a_repeatable_call_is_tried_again_quickly_with_the_same_key() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let (world, library) = World::of(move |call| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Refused(Status::internal("")),
        1 => Reply::Refused(Status::unavailable("")),
        _ => enrolled(call),
    })
    .await;
    let answer = world.perform(&world.enrol(CallKind::Perform)).await;
    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    let keys: Vec<String> =
        library.calls().iter().map(|call| call.metadata["loket-idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn what_is_done_once_is_tried_once() {
    for status in [Status::unavailable(""), Status::internal(""), Status::unknown("")] {
        let (world, library) = World::of(move |_| Reply::Refused(status.clone())).await;
        world.perform(&world.lend()).await;
        assert_eq!(library.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_doubt_is_not_talked_away_by_a_later_attempt_that_did_not_leave() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let (world, _library) = World::of(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Refused(Status::internal("")),
        _ => Reply::Refused(Status::unavailable("")),
    })
    .await;
    let answer = world.perform(&world.enrol(CallKind::Perform)).await;
    assert_eq!(answer, Answer::InDoubt { reason: "INTERNAL".to_owned() });
    assert!(calls.load(Ordering::Relaxed) > 1);
}

#[tokio::test]
async fn repetitions_stay_within_their_budget() {
    let (world, library) = World::of(|_| Reply::Refused(Status::unknown(""))).await;
    let mut refused = 0;
    for _ in 0..60 {
        if let Answer::NotDone { reason: NotDoneReason::BreakerOpen | NotDoneReason::Unavailable, .. } =
            world.perform(&world.enrol(CallKind::Perform)).await
        {
            refused += 1;
        }
    }
    assert!(library.calls().len() <= 20, "{} calls", library.calls().len());
    assert!(refused > 40, "an agency that only fails was spared {refused} times of 60");
}

#[tokio::test]
async fn a_connection_that_breaks_while_an_answer_is_awaited_is_in_doubt() {
    let (world, library) = World::of(|_| Reply::Silence).await;
    let duty = world.lend();
    let answering = world.perform(&duty);
    let breaking = async {
        while library.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(library);
    };
    let (answer, ()) = tokio::join!(answering, breaking);
    assert_eq!(answer, Answer::InDoubt { reason: "broken connection".to_owned() });
}

#[tokio::test]
async fn an_agency_that_comes_back_is_called_again_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let world = World::at(&[&format!("http://{address}")]).await;
    let health = || world.agencies.health(&"library".parse().unwrap());
    while health().is_none_or(|health| health.breaker == "closed") {
        world.perform(&world.enrol(CallKind::Status)).await;
    }
    assert_eq!(world.perform(&world.enrol(CallKind::Status)).await, not_done(NotDoneReason::BreakerOpen));
    let listener = TcpListener::bind(address).await.unwrap();
    let _library = Ministry::on(listener, library_set(), Reflection::Neither, enrolled);
    let back = async {
        while !matches!(world.perform(&world.enrol(CallKind::Perform)).await, Answer::Done { .. }) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.expect("it is never called again");
}

#[tokio::test]
async fn a_system_that_registers_anew_is_called_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let uri = format!("http://{address}");
    let world = World::at(&[&uri]).await;
    let health = || world.agencies.health(&"library".parse().unwrap());
    while health().is_none_or(|health| health.breaker == "closed") {
        world.perform(&world.enrol(CallKind::Status)).await;
    }
    let library =
        Ministry::on(TcpListener::bind(address).await.unwrap(), library_set(), Reflection::Neither, enrolled);
    let serial = world.registry.snapshot().serial;
    let mut request = library.registration();
    request.descriptor_set = library_set();
    world.registry.register(request).await.unwrap();
    until(&world.registry, |snapshot| snapshot.serial > serial).await;
    let answer = world.perform(&world.enrol(CallKind::Perform)).await;
    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
}

#[tokio::test]
async fn above_the_limit_calls_wait_in_the_case_and_not_here() {
    let library = Ministry::library(Reflection::Neither, |_| Reply::Silence).await;
    let world = World::with_limit(&[&library.uri], 2).await;
    let (one, two, three) = (world.lend(), world.lend(), world.lend());
    let third = async {
        while library.calls().len() < 2 {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        let answer = world.perform(&three).await;
        (answer, started.elapsed())
    };
    let (_, _, (answer, took)) = tokio::join!(world.perform(&one), world.perform(&two), third);
    assert_eq!(answer, not_done(NotDoneReason::Overloaded));
    assert!(took < Duration::from_millis(700), "{took:?}");
    assert_eq!(library.calls().len(), 2);
}

/// A library whose registry is looked at only when somebody asks, and was confirmed too long ago.
async fn lapsed(library: &Ministry) -> World {
    let options = RegistryOptions { poll: Duration::from_secs(3_600), ..quick() };
    let world = World::with_options(&[&library.uri], options).await;
    assert!(matches!(world.perform(&world.enrol(CallKind::Perform)).await, Answer::Done { .. }));
    let lapsed = async {
        while world.registry.confirmed() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, lapsed).await.expect("a confirmation holds for ever");
    world
}

#[tokio::test]
async fn a_gateway_that_had_no_time_to_look_confirms_the_registry_before_it_calls() {
    let library = Ministry::library(Reflection::Neither, enrolled).await;
    let world = lapsed(&library).await;
    let (one, other) = (world.enrol(CallKind::Perform), world.enrol(CallKind::Perform));
    let (one, other) = tokio::join!(world.perform(&one), world.perform(&other));
    assert!(matches!((&one, &other), (Answer::Done { .. }, Answer::Done { .. })), "{one:?} {other:?}");
    assert!(world.registry.confirmed());
}

#[tokio::test]
async fn a_gateway_that_cannot_confirm_the_registry_calls_nobody() {
    let library = Ministry::library(Reflection::Neither, enrolled).await;
    let world = lapsed(&library).await;
    // A newer program wrote a row: this one does not know what holds now.
    let version = world.registry.snapshot().version;
    world.store.append_registry(version, b"\x08\x63".as_slice().into()).await.unwrap();
    let answer = world.perform(&world.enrol(CallKind::Perform)).await;
    assert_eq!(answer, not_done(NotDoneReason::Unavailable));
    assert_eq!(library.calls().len(), 1);
}
