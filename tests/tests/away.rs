//! What is away for a while: it is said once, nobody is misled, and everything goes on when it is back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::time::Instant;

use proto::loket::operations::v1::GetAgencyRequest;
use tests::births::{all_completed, open_all, requests, settled, settled_by};
use tests::counter::{Counter, PATIENCE, Setup};
use tests::process::Halted;
use tests::redis::Redis;
use tonic::Code;

/// Parts of a counter that log.
const PARTS: [&str; 4] = ["gateway", "civil-registry", "population-register", "municipality"];

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_is_said_once_and_refuses_reports_in_words() {
    let mut redis = Redis::start();
    let counter = Counter::open(&["--no-sample", "--store", &redis.address()]).await;
    let before = open_all(&counter, counter.public, requests(10)).await;
    let lines = |part: &str| counter.log(part).lines().count();
    let logged = PARTS.map(lines);
    redis.kill();
    // The time in which every loop of the gateway has met the dead store many times.
    let (began, mut refused) = (Instant::now(), 0);
    while refused < 200 || began.elapsed().as_secs() < 8 {
        let (citizen, request) = requests(30).remove(20);
        let answer = counter.cases(&citizen).await.open_case(request).await.unwrap_err();
        assert_eq!(answer.code(), Code::Unavailable, "{answer}");
        assert!(answer.message().contains("store"), "{answer}");
        refused += 1;
        tokio::task::yield_now().await;
    }
    redis.run();
    let after = open_all_when_back(&counter).await;
    settled(&counter, &before, before.len()).await;
    all_completed(&counter, &before).await;
    settled(&counter, &after, after.len()).await;
    for (part, before) in PARTS.into_iter().zip(logged) {
        let said = counter.log(part);
        let new: Vec<&str> = said.lines().skip(before).collect();
        assert!(new.len() <= 12, "{part} wrote {} lines:\n{}", new.len(), new.join("\n"));
    }
    let said = counter.log("gateway");
    assert_eq!(said.matches("the store does not answer").count(), 1, "{said}");
}

/// Reports once one is accepted again.
async fn open_all_when_back(counter: &Counter) -> Vec<tests::births::Accepted> {
    let began = Instant::now();
    let (citizen, request) = requests(12).remove(11);
    let mut client = counter.cases(&citizen).await;
    while client.open_case(request.clone()).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "it does not come back");
        tokio::task::yield_now().await;
    }
    open_all(counter, counter.public, vec![(citizen, request)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_that_comes_back_elsewhere_leaves_no_dead_address_behind() {
    let counter = Counter::set_up(Setup { arguments: &["--no-sample"], ..Setup::default() }).await;
    let pid = counter.kill("vehicles");
    counter.runs_again("vehicles", pid).await;
    let began = Instant::now();
    let mut registry = counter.registry().await;
    loop {
        let request = GetAgencyRequest { name: "agencies/vehicles".to_owned() };
        let agency = registry.get_agency(request).await.unwrap().into_inner();
        if agency.endpoints.len() == 1 && agency.endpoints[0].healthy {
            break;
        }
        assert!(began.elapsed() < 2 * PATIENCE, "{agency:?}");
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// A collector that takes connections and never answers is worse than none.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_slows_nobody() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let counter = Counter::open(&["--no-sample", "--store", "memory:", "--otlp", &address]).await;
    let accepted = open_all(&counter, counter.public, requests(20)).await;
    settled(&counter, &accepted, accepted.len()).await;
    all_completed(&counter, &accepted).await;
    let began = Instant::now();
    drop(counter.close());
    assert!(began.elapsed().as_secs() < 20, "it took {:?} to end", began.elapsed());
    drop(listener);
}

/// A gateway that stood still for longer than its calls may take, and wakes up: what it thinks it is doing, another has
/// done.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stood_still_and_wakes_up_does_nothing_twice() {
    let redis = Redis::start();
    let counter = Counter::open(&["--no-sample", "--store", &redis.address()]).await;
    let other = tests::process::Gateway::beside(&counter, &redis.address()).await;
    let accepted = open_all(&counter, counter.public, requests(30)).await;
    let still = Halted::new(counter.pid("gateway").unwrap());
    let mut client = counter.cases_by(tests::counter::channel(other.public).await, &accepted[0].citizen);
    tests::report::until(&mut client, &accepted[0].name, tests::report::completed).await;
    drop(still);
    // Whoever wakes up may still think that the store is away: the other is asked.
    settled_by(&counter, other.operations, &accepted, accepted.len()).await;
    let cases = all_completed(&counter, &accepted).await;
    drop(other);
    let ledgers = tests::ledgers::Ledgers::read(counter.close().path());
    ledgers.agree_with(&cases);
    ledgers.hold_children(accepted.len() as u64);
}
