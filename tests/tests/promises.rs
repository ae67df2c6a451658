//! Every reference ministry keeps its promise over the wire: `loket agency check` finds nothing broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use tests::counter::Counter;

const AGENCIES: [&str; 10] = [
    "civil-registry",
    "population-register",
    "tax-allowances",
    "social-insurance",
    "health-insurance",
    "youth-health",
    "vehicles",
    "municipality-oosterdam",
    "municipality-westerveen",
    "municipality-zuiderhaven",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_ministry_keeps_its_promise_over_the_wire() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    for agency in AGENCIES {
        let checked = counter.loket(&["agency", "check", agency, "--json"]);
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        let found: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let promises = found["promises"].as_array().unwrap_or_else(|| panic!("{agency}: {checked:?}"));
        let of = |verdict: &str| promises.iter().filter(|it| it["verdict"] == verdict).collect::<Vec<_>>();
        assert!(of("BROKEN").is_empty(), "{agency}: {:#?}", of("BROKEN"));
        assert!(checked.status.success(), "{agency}: {checked:?}");
        let owed = |it: &&serde_json::Value| {
            it["promise"] == "a late call after its cancel is refused"
                && it["detail"] != "it has no cancel method"
        };
        let tombstones = promises.iter().filter(owed);
        assert!(tombstones.clone().count() > 0, "{agency} was asked for no tombstone");
        assert!(tombstones.clone().all(|it| it["verdict"] == "kept"), "{agency}: {promises:#?}");
    }
}
