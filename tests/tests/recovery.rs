//! Hundreds of cases in flight, and everything that can be killed is: every case that was accepted completes, and no
//! ministry has done anything twice by its own books.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use proto::loket::portal::v1::case::State as CaseState;
use proto::loket::portal::v1::step::State as StepState;
use proto::loket::portal::v1::{Case, WithdrawCaseRequest};
use tests::births::{Accepted, all_completed, open_all, requests, settled, store_is_back};
use tests::counter::{Counter, Setup, channel};
use tests::ledgers::Ledgers;
use tests::process::{Gateway, Halted};
use tests::redis::Redis;
use tests::report::{step, tree, until};

/// How many cases are in flight when something is killed.
const MANY: usize = 500;
/// Where the kill is not of the gateway, fewer do.
const SOME: usize = 60;

/// All of them complete, and the ministries' own books say the same as the cases.
async fn all_is_done_once(counter: Counter, accepted: &[Accepted]) {
    settled(&counter, accepted, accepted.len()).await;
    let cases = all_completed(&counter, accepted).await;
    for one in accepted.iter().step_by(accepted.len().div_ceil(10)) {
        let verified = counter.loket(&["case", "verify", &one.name]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
    let mut again = counter.cases_by(channel(counter.public).await, &accepted[0].citizen);
    let replayed = again.open_case(accepted[0].request.clone()).await.unwrap().into_inner();
    assert!(replayed.replayed && replayed.case.unwrap().name == accepted[0].name);
    let data = counter.close();
    let ledgers = Ledgers::read(data.path());
    ledgers.agree_with(&cases);
    ledgers.hold_children(accepted.len() as u64);
}

/// Kills the gateway while calls of every case are outstanding, and its successor while it is catching up.
async fn the_gateway_is_killed_twice(store: &[&str]) {
    // Each case is looked at when all is over: by one operator, in no time.
    let environment = [("LOKET_LIMITS_PERSON_BURST", "2000")];
    let arguments = [&["--no-sample"], store].concat();
    let counter =
        Counter::set_up(Setup { arguments: &arguments, environment: &environment, data: None }).await;
    // Nobody gets past a register that stands still: all calls are outstanding when the gateway dies.
    let standing_still = Halted::new(counter.pid("population-register").unwrap());
    let accepted = open_all(&counter, counter.public, requests(MANY)).await;
    let first = counter.kill("gateway");
    // What the dead gateway asked is still in its sockets: it is done late, and asked for again.
    drop(standing_still);
    counter.runs_again("gateway", first).await;
    let done = settled(&counter, &accepted, MANY / 10).await;
    assert!(done < MANY, "all was done before the second kill");
    let second = counter.kill("gateway");
    counter.runs_again("gateway", second).await;
    all_is_done_once(counter, &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_killed_with_500_cases_in_flight_and_again_loses_none_on_the_embedded_store() {
    the_gateway_is_killed_twice(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_killed_with_500_cases_in_flight_and_again_loses_none_on_redis() {
    let redis = Redis::start();
    the_gateway_is_killed_twice(&["--store", &redis.address()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ministries_that_are_killed_in_the_midst_do_nothing_twice() {
    let counter = Counter::open(&["--no-sample"]).await;
    let accepted = open_all(&counter, counter.public, requests(SOME)).await;
    for part in ["civil-registry", "population-register", "health-insurance", "municipality"] {
        counter.kill(part);
    }
    all_is_done_once(counter, &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_is_killed_in_the_midst_and_comes_back_has_lost_nothing() {
    let mut redis = Redis::start();
    let counter = Counter::open(&["--no-sample", "--store", &redis.address()]).await;
    let accepted = open_all(&counter, counter.public, requests(SOME)).await;
    redis.kill();
    redis.run();
    store_is_back(&counter).await;
    all_is_done_once(counter, &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_has_accepted_another_on_the_same_redis_completes() {
    let redis = Redis::start();
    let counter = Counter::open(&["--no-sample", "--store", &redis.address()]).await;
    let other = Gateway::beside(&counter, &redis.address()).await;
    let accepted = open_all(&counter, other.public, requests(SOME)).await;
    other.kill();
    all_is_done_once(counter, &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_that_stands_still_longer_than_a_call_may_take_does_nothing_twice() {
    let counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let standing_still = Halted::new(counter.pid("health-insurance").unwrap());
    let accepted = open_all(&counter, counter.public, requests(SOME)).await;
    let mut first = counter.cases_by(channel(counter.public).await, &accepted[0].citizen);
    // The call's deadline has passed, and it is said who is waited for.
    until(&mut first, &accepted[0].name, |case| {
        case.waiting_for.iter().any(|it| it.who == "health-insurance" && it.since.is_some())
    })
    .await;
    drop(standing_still);
    all_is_done_once(counter, &accepted).await;
}

/// What was asked of a ministry before the citizen withdrew may reach it after the cancellation did: it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_after_its_cancellation_leaves_nothing_in_the_books() {
    let counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let standing_still = Halted::new(counter.pid("health-insurance").unwrap());
    let (citizen, request) = requests(1).remove(0);
    let mut client = counter.cases_by(channel(counter.public).await, &citizen);
    let name = client.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let asked = |case: &Case| {
        let enrolment = step(case, "health-insurance/newborn-enrolment", "m1");
        matches!(enrolment, Some(StepState::Calling | StepState::InDoubt | StepState::Waiting))
            && case.waiting_for.iter().any(|it| it.who == "health-insurance")
    };
    until(&mut client, &name, asked).await;
    let withdrawal = WithdrawCaseRequest { name: name.clone(), ..Default::default() };
    client.withdraw_case(withdrawal).await.unwrap();
    drop(standing_still);
    let case = until(&mut client, &name, |case| case.state() == CaseState::Withdrawn).await;
    let enrolment = step(&case, "health-insurance/newborn-enrolment", "m1");
    assert_eq!(enrolment, Some(StepState::Reversed), "{}", tree(&case));
    let ledgers = Ledgers::read(counter.close().path());
    assert_eq!(ledgers.records("health-insurance", "letter"), 0);
    assert_eq!(ledgers.changed("health-insurance", "policy") % 2, 0, "a policy is left over");
}
