//! Watching: at once, promptly, from where one left off, and not for ever.

use std::time::Duration;

use proto::loket::portal::v1 as pb;
use tonic::Code;

use crate::ministries::{DOG_TAX, FIRST_VISIT, Ministries, PARTNER_NOTICE, REGISTRATION};
use crate::world::{KEEPER, PARTNER, STRANGER, World, report, report_of_two, step};

fn watch(name: &str, after: i64) -> pb::WatchCaseRequest {
    pb::WatchCaseRequest { name: name.to_owned(), after, language: "en".to_owned() }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("nothing came")
}

#[tokio::test]
async fn a_watch_begins_with_the_case_as_it_is_and_tells_each_change_once() {
    let world = World::with(Ministries::new(&[REGISTRATION, DOG_TAX], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut told = world.citizen(KEEPER).watch_case(watch(&name, 0)).await.unwrap().into_inner();
    let first = soon(told.message()).await.unwrap().unwrap();
    assert!(first.case.is_some() && first.sequence > 0);
    world.ministries.release(REGISTRATION);
    let mut last = first;
    let registered = loop {
        let next = soon(told.message()).await.unwrap().unwrap();
        assert!(next.sequence > last.sequence, "it went back");
        assert!(next.changes.iter().all(|change| change.sequence > last.sequence), "a change was told twice");
        if let Some(done) =
            next.changes.iter().find(|change| change.kind == "done" && change.service == REGISTRATION)
        {
            break done.clone();
        }
        last = next;
    };
    assert_eq!((registered.member.as_str(), registered.text.as_str()), ("m1", "Done."));
}

#[tokio::test]
async fn a_watch_resumes_after_what_was_told() {
    let world = World::with(Ministries::new(&[DOG_TAX], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let offered = |case: &pb::Case| step(case, FIRST_VISIT).state() == pb::step::State::Waiting;
    let registered = |case: &pb::Case| step(case, REGISTRATION).state() == pb::step::State::Done;
    let case = world.until(KEEPER, &name, |case| offered(case) && registered(case)).await;
    let mut told =
        world.citizen(KEEPER).watch_case(watch(&name, case.sequence - 2)).await.unwrap().into_inner();
    let first = soon(told.message()).await.unwrap().unwrap();
    assert_eq!(first.sequence, case.sequence);
    assert!(first.changes.iter().all(|change| change.sequence > case.sequence - 2));
    // Nothing new: the next word comes with the next change, not before.
    let mut told = world.citizen(KEEPER).watch_case(watch(&name, case.sequence)).await.unwrap().into_inner();
    world.ministries.release(DOG_TAX);
    let next = soon(told.message()).await.unwrap().unwrap();
    assert!(next.sequence > case.sequence);
    for after in [-1, next.sequence + 1_000] {
        let status = world.citizen(KEEPER).watch_case(watch(&name, after)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_watcher_is_told_nothing_of_others_facts() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    let noticed = |case: &pb::Case| step(case, PARTNER_NOTICE).state() == pb::step::State::Done;
    world.until(KEEPER, &name, noticed).await;
    let mut told = world.citizen(PARTNER).watch_case(watch(&name, 0)).await.unwrap().into_inner();
    let first = soon(told.message()).await.unwrap().unwrap();
    let learnt: Vec<&str> =
        first.changes.iter().filter(|c| c.kind == "learnt").map(|c| c.text.as_str()).collect();
    assert!(!learnt.is_empty() && learnt.iter().all(|text| text.contains("(Partner)")), "{learnt:?}");
    let status = world.citizen(STRANGER).watch_case(watch(&name, 0)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_ends_when_the_gateway_goes_down() {
    let world = World::with(Ministries::new(&[REGISTRATION], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut told = world.citizen(KEEPER).watch_case(watch(&name, 0)).await.unwrap().into_inner();
    soon(told.message()).await.unwrap().unwrap();
    world.closing.cancel();
    let end = async { while let Ok(Some(_)) = told.message().await {} };
    soon(end).await;
}

#[tokio::test]
async fn a_watch_of_a_case_that_has_ended_tells_how_and_ends() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    world.until(KEEPER, &name, |case| step(case, REGISTRATION).state() == pb::step::State::Done).await;
    let request = pb::WithdrawCaseRequest { name: name.clone(), ..Default::default() };
    world.citizen(KEEPER).withdraw_case(request).await.unwrap();
    let withdrawn = |case: &pb::Case| case.state() == pb::case::State::Withdrawn;
    let end = world.until(KEEPER, &name, withdrawn).await.sequence;
    let mut told = world.citizen(KEEPER).watch_case(watch(&name, 0)).await.unwrap().into_inner();
    assert!(soon(told.message()).await.unwrap().unwrap().case.as_ref().is_some_and(withdrawn));
    assert!(soon(told.message()).await.unwrap().is_none(), "it goes on");
    let nothing_left = world.citizen(KEEPER).watch_case(watch(&name, end)).await.unwrap();
    assert!(nothing_left.metadata().contains_key("loket-watch-over"));
    assert!(soon(nothing_left.into_inner().message()).await.unwrap().is_none());
}
