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
    let in_a_year = Now { store: Instant(365 * 86_400_000), ..now };
    one.write(&store, &[], in_a_year).await.unwrap();
    assert!(is_live(&one, in_a_year));
    one.write(&store, &[beat()], later(in_a_year, 1_000)).await.unwrap();
    assert!(is_live(&one, later(in_a_year, 1_000)));
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

#[tokio::test]
async fn an_endpoint_whose_system_is_gone_is_listed_no_longer_and_one_that_beats_again_stays() {
    let store = Memory::new();
    let mut leases = Leases::default();
    let begun = at(0);
    let other = LeaseAct::Register {
        agency: "museum".to_owned(),
        endpoints: vec!["http://127.0.0.1:2".to_owned()],
        lease_ms: LEASE_MS_MIN,
    };
    leases.write(&store, &[register(), other], begun).await.unwrap();
    let ended = later(begun, 31_000);
    assert!(!leases.any_forgotten(ended.local), "its agency has time to come back");
    assert_eq!(leases.of("library", ended).len(), 1);
    let gone = later(begun, 32_001);
    assert!(leases.any_forgotten(gone.local));
    leases.write(&store, &[beat()], gone).await.unwrap();
    assert!(is_live(&leases, gone), "a beat that came in time was forgotten");
    assert!(leases.of("museum", gone).is_empty() && !leases.any_forgotten(gone.local));
    let gone = later(gone, 32_001);
    leases.write(&store, &[], gone).await.unwrap();
    assert!(!leases.knows(&("library".to_owned(), URI.to_owned())), "it has to register again");
    let version = leases.version();
    leases.write(&store, &[], gone).await.unwrap();
    assert_eq!(leases.version(), version, "nothing was to be written");
}

#[tokio::test]
async fn a_store_that_was_away_ends_no_lease() {
    let store = Memory::new();
    let mut leases = Leases::default();
    let begun = at(0);
    leases.write(&store, &[register()], begun).await.unwrap();
    let back = later(begun, 60_000);
    leases.deaf_for(Duration::from_secs(60));
    assert!(is_live(&leases, back), "nobody could beat");
    assert!(!is_live(&leases, later(back, 2_001)), "it has not beaten since");
}
