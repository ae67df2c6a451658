//! Leases: who is there.

use std::sync::Arc;
use std::time::Duration;

use casework::plan::PlanHash;
use gateway::registry::{Registry, RegistryError, Snapshot};

use crate::ministry::*;

fn is_live(snapshot: &Snapshot) -> bool {
    let offers = snapshot.offers.0.get(&"library/enrolment".parse().unwrap());
    offers.is_some_and(|offers| offers[0].live)
}

async fn registered(registry: &Registry, lease: u64) -> Ministry {
    let library = Ministry::library(Reflection::V1, |_| Reply::Silence).await;
    let mut request = library.registration();
    request.lease = prost_types::Duration::try_from(Duration::from_secs(lease)).ok();
    registry.register(request).await.unwrap();
    library
}

#[tokio::test]
async fn two_gateways_see_a_registration_within_a_second_and_its_end_when_no_heartbeat_comes() {
    let store = store().await;
    let one = registry(Arc::clone(&store), quick()).await;
    let other = Registry::open(store, quick()).await.unwrap();
    let library = registered(&one, 2).await;
    let started = std::time::Instant::now();
    until(&other, is_live).await;
    assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
    assert!(other.snapshot().plan(&published(&other)).is_some());
    until(&one, |snapshot| !is_live(snapshot)).await;
    until(&other, |snapshot| !is_live(snapshot)).await;
    // Its services are where they were: its steps wait.
    assert!(other.snapshot().plan(&published(&other)).is_some());
    assert_eq!(one.snapshot().version, other.snapshot().version, "a lease wrote a row");
    one.heartbeat("library", &library.uri).await.unwrap();
    until(&other, is_live).await;
}

fn published(registry: &Registry) -> PlanHash {
    let snapshot = registry.snapshot();
    let (hash, plan) = snapshot.published(&"joining".parse().unwrap(), None).unwrap();
    assert!(plan.step(&"library/enrolment".parse().unwrap()).is_some());
    hash.clone()
}

#[tokio::test]
async fn who_is_not_registered_is_told_to_register() {
    let registry = registry(store().await, quick()).await;
    let library = registered(&registry, 15).await;
    for (agency, endpoint) in [("library", "http://127.0.0.1:9"), ("museum", library.uri.as_str())] {
        let refused = registry.heartbeat(agency, endpoint).await.unwrap_err();
        assert!(matches!(refused, RegistryError::NotFound { .. }), "{refused}");
        assert!(refused.to_string().contains("register again"), "{refused}");
    }
}

#[tokio::test]
async fn a_second_system_of_an_agency_is_one_pool_with_the_first() {
    let registry = registry(store().await, quick()).await;
    let one = registered(&registry, 15).await;
    let version = registry.snapshot().version;
    let other = registered(&registry, 15).await;
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.version, version, "the same services at another endpoint wrote a row");
    let endpoints = &snapshot.agency(&"library".parse().unwrap()).unwrap().endpoints;
    let mut uris: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.uri.as_str()).collect();
    let mut wanted = [one.uri.as_str(), other.uri.as_str()];
    uris.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(uris, wanted);
    assert!(endpoints.iter().all(|endpoint| endpoint.live));
}

#[tokio::test]
async fn a_gateway_that_starts_again_knows_everything() {
    let store = store().await;
    let before = registry(Arc::clone(&store), quick()).await;
    let _library = registered(&before, 15).await;
    let known = before.snapshot();
    drop(before);
    let after = Registry::open(store, quick()).await.unwrap();
    let snapshot = after.snapshot();
    assert_eq!(snapshot.version, known.version);
    assert_eq!(snapshot.offers, known.offers);
    assert_eq!(published(&after), known.published(&"joining".parse().unwrap(), None).unwrap().0.clone());
    assert!(after.confirmed());
}
