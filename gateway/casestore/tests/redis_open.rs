//! What a Redis must be to keep cases, and what a store says of it.

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use casestore::redis::{Redis, RedisError, RedisOptions};
use casestore::{CaseStore, Durability, OpenError, Options, Partition};
use support::cases;
use support::servers;

async fn open(address: &str) -> Result<Redis, RedisError> {
    Redis::open(address, &RedisOptions::default()).await
}

async fn refused(address: &str) -> String {
    match open(address).await {
        Ok(_) => panic!("{address} was taken"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn durability_is_what_the_server_shows() {
    let shown =
        [("always", Durability::LocalFsync), ("everysec", Durability::Process), ("no", Durability::Process)];
    for (appendfsync, durability) in shown {
        let server = servers::start(&["--appendfsync", appendfsync]);
        assert_eq!(open(&server.address()).await.unwrap().durability(), durability, "{appendfsync}");
    }
    let server = servers::start(&["--appendonly", "no"]);
    assert_eq!(open(&server.address()).await.unwrap().durability(), Durability::Memory);
    let mut options = Options::default();
    options.require = Some(Durability::Process);
    let error = casestore::open(&server.address(), options).await.err().unwrap();
    assert!(matches!(error, OpenError::TooWeak { proved: Durability::Memory, .. }), "{error}");
    assert!(error.to_string().contains("appendonly"), "{error}");
}

#[tokio::test]
async fn a_server_that_would_lose_cases_is_refused() {
    let server = servers::start(&["--maxmemory-policy", "allkeys-lru"]);
    let error = refused(&server.address()).await;
    assert!(error.contains("allkeys-lru") && error.contains("noeviction"), "{error}");

    let master = servers::start(&[]);
    let replica = servers::start(&["--replicaof", &format!("127.0.0.1 {}", master.port)]);
    let error = refused(&replica.address()).await;
    assert!(error.contains("replica") && error.contains(&replica.port.to_string()), "{error}");
}

#[tokio::test]
async fn a_data_set_of_another_format_is_refused() {
    let server = servers::start(&[]);
    drop(open(&server.address()).await.unwrap());
    drop(open(&server.address()).await.unwrap());
    for (field, value) in [("partitions", "256"), ("format", "2")] {
        let _: i64 = server.ask(&["HSET", "{loket}:meta", field, value]);
        let error = refused(&server.address()).await;
        assert!(error.contains("{loket}:meta") && error.contains(value), "{error}");
    }
}

#[tokio::test]
async fn one_server_and_a_cluster_are_not_confused() {
    let server = servers::start(&[]);
    let error = refused(&server.address().replace("redis://", "redis-cluster://")).await;
    assert!(error.contains("cluster"), "{error}");
    let cluster = servers::start_cluster();
    let error = refused(&cluster.servers[0].address()).await;
    assert!(error.contains("redis-cluster://"), "{error}");
}

#[tokio::test]
async fn a_password_is_used_and_never_shown() {
    let server = servers::start(&[]);
    let _: String = server.ask(&["ACL", "SETUSER", "loket", "on", ">s3cret", "~*", "&*", "+@all"]);
    let address = |password: &str| format!("redis://loket:{password}@127.0.0.1:{}", server.port);
    let store = open(&address("s3cret")).await.unwrap();
    cases::open(&store, 1).await;
    assert!(!format!("{store:?}").contains("s3cret"), "{store:?}");
    let error = open(&address("wr0ng")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error:?}");
    assert!(error.to_string().contains(&server.port.to_string()), "{error}");
}

#[tokio::test]
async fn each_call_is_one_round_trip() {
    let server = servers::start(&[]);
    let store = open(&server.address()).await.unwrap();
    for step in 0..cases::WRITES {
        let before = store.trips();
        cases::write(&store, step).await;
        assert_eq!(store.trips() - before, 1, "write {step}");
    }
    let before = store.trips();
    let reads = cases::read(&store).await;
    assert_eq!(store.trips() - before, reads.len() as u64, "reads");

    let all: Vec<_> = Partition::all().collect();
    let sweep = async |expected: usize| {
        let before = store.trips();
        let due = store.take_due(&all, 10, cases::DAY).await.unwrap();
        assert_eq!(due.len(), expected);
        store.trips() - before
    };
    assert_eq!(sweep(2).await, 2, "a sweep of 1024 partitions with something due");
    assert_eq!(sweep(0).await, 1, "a sweep of 1024 partitions with nothing due");
    let before = store.trips();
    store.outbox_pending("subscriber").await.unwrap();
    store.now().await.unwrap();
    assert_eq!(store.trips() - before, 2, "pending outboxes and the clock");
}
