//! The store in one Redis server keeps what every store keeps. The head of `memory.rs` says how to compare more calls
//! than CI does.

mod support;

use std::sync::Arc;

use casestore::conformance;
use casestore::redis::{Redis, RedisOptions};
use support::servers;

#[tokio::test(flavor = "multi_thread")]
async fn redis_conforms() {
    let server = servers::start(&[]);
    let store = Redis::open(&server.address(), &RedisOptions::default()).await.unwrap();
    conformance::run(Arc::new(store)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_equals_the_model() {
    let server = servers::start(&[]);
    let store = Redis::open(&server.address(), &RedisOptions::default()).await.unwrap();
    support::differential(2, 32).run(Arc::new(store), support::always_open()).await.unwrap();
}
