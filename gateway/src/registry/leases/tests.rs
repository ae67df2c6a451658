use casestore::memory::Memory;

use super::*;

const URI: &str = "http://127.0.0.1:1";

fn register() -> LeaseAct {
    LeaseAct::Register {
        agency: "library".to_owned(),
        endpoints: vec![URI.to_owned()],
        lease_ms: LEASE_MS_MIN,
    }
}

fn beat() -> LeaseAct {
    LeaseAct::Beat(("library".to_owned(), URI.to_owned()))
}

fn at(store: i64) -> Now {
    Now { store: Instant(store), local: Local::now() }
}

fn later(at: Now, millis: u64) -> Now {
    Now { local: at.local + Duration::from_millis(millis), ..at }
}

fn is_live(leases: &Leases, at: Now) -> bool {
    leases.of("library", at).values().any(|lease| lease.live)
}

#[tokio::test]
async fn an_endpoint_is_live_for_as_long_as_its_beats_rise_and_in_every_gateway() {
    let store = Memory::new();
    let (mut one, mut other) = (Leases::default(), Leases::default());
    let mut now = at(0);
    one.write(&store, &[register()], now).await.unwrap();
    other.take_in(read(&store).await.unwrap(), now).unwrap();
    assert!(is_live(&one, now) && is_live(&other, now));
    for _ in 0..5 {
        now = later(now, 1_500);
        other.write(&store, &[beat()], now).await.unwrap();
        one.take_in(read(&store).await.unwrap(), now).unwrap();
        assert!(is_live(&one, now) && is_live(&other, now));
    }
    now = later(now, 2_100);
    one.take_in(read(&store).await.unwrap(), now).unwrap();
    assert!(!is_live(&one, now) && !is_live(&other, now));
    one.write(&store, &[beat()], now).await.unwrap();
    assert!(is_live(&one, now), "a beat after the end does not renew it");
}

#[tokio::test]
async fn a_gateway_that_starts_does_not_take_the_long_dead_for_living() {
    let store = Memory::new();
    Leases::default().write(&store, &[register()], at(0)).await.unwrap();
    let (mut late, now) = (Leases::default(), at(LEASE_MS_MIN + 1));
    late.take_in(read(&store).await.unwrap(), now).unwrap();
    assert!(!is_live(&late, now));
}

#[tokio::test]
async fn moving_the_stores_clock_ends_no_lease() {
    let store = Memory::new();
    let mut one = Leases::default();
    let now = at(0);
    one.write(&store, &[register()], now).await.unwrap();
    let in_a_week = Now { store: Instant(7 * 86_400_000), ..now };
    one.write(&store, &[], in_a_week).await.unwrap();
    assert!(is_live(&one, in_a_week));
    one.write(&store, &[beat()], later(in_a_week, 1_000)).await.unwrap();
    assert!(is_live(&one, later(in_a_week, 1_000)));
}

#[tokio::test]
async fn two_gateways_that_write_at_once_lose_neither() {
    let store = Memory::new();
    let (mut one, mut other) = (Leases::default(), Leases::default());
    let now = at(0);
    one.write(&store, &[register()], now).await.unwrap();
    let second = LeaseAct::Register {
        agency: "museum".to_owned(),
        endpoints: vec!["http://127.0.0.1:2".to_owned()],
        lease_ms: LEASE_MS,
    };
    other.write(&store, &[second], now).await.unwrap();
    assert_eq!(other.live(now.local).len(), 2);
    one.write(&store, &[beat()], now).await.unwrap();
    assert_eq!(one.live(now.local).len(), 2);
}
