//! The store in a Redis Cluster of three masters keeps what every store keeps, by the same code as in one server.

mod support;

use std::sync::Arc;

use casestore::conformance;
use casestore::redis::{Redis, RedisOptions};
use support::servers;

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_conforms() {
    let cluster = servers::start_cluster();
    let store = Redis::open(&cluster.address(), &RedisOptions::default()).await.unwrap();
    conformance::run(Arc::new(store)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_equals_the_model() {
    let cluster = servers::start_cluster();
    let store = Redis::open(&cluster.address(), &RedisOptions::default()).await.unwrap();
    support::differential(2, 32).run(Arc::new(store), support::always_open()).await.unwrap();
}
