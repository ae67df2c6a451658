//! A collector that is down slows nothing. One process has one telemetry, so this file has one test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "edges/country.rs"]
#[expect(dead_code, reason = "the tests of the edges use the rest")]
mod country;

use std::time::{Duration, Instant};

use country::Gateway;
use gateway::config::Config;
use http::Method;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_collector_slows_neither_calls_nor_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults(folder.path()).unwrap();
    config.store = "memory:".to_owned();
    // Nobody listens on port 1, and nobody else may.
    config.otlp = Some("http://127.0.0.1:1".to_owned());
    config.telemetry.metrics_every = Duration::from_millis(200);
    config.limits.anonymous_burst = 1000;
    let gateway = Gateway::start_as(config, folder).await;
    assert_eq!(gateway.get("/v1/life-events", None).await.status, 200);

    let begun = Instant::now();
    for _ in 0..200 {
        assert_eq!(gateway.get("/v1/life-events", None).await.status, 200);
    }
    let each = begun.elapsed() / 200;
    assert!(each < Duration::from_millis(100), "{each:?} a call");
    let metrics = gateway.call(Method::GET, gateway.operations, "/metrics", None, None).await;
    assert_eq!(metrics.status, 200);

    let begun = Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?} to end", begun.elapsed());
}
