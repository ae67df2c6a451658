//! Two cases that a person finds to be of one birth: one case in the end, with both reports, whatever dies in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casestore::memory::Memory;
use casestore::{CaseId, CaseStore, Options};
use casework::case::CaseState;
use casework::entry::Actor;
use casework::input::{Given, Input, Rejected};
use casework::name::FactKey;
use casework::value::Value;
use gateway::caseworker::{CaseworkError, Found, Opening, Sameness};

use crate::country::{BENEFIT, Birth, Country, NUMBER, REGISTRATION, WELCOME, fact, party};
use crate::faults::{Fate, Fault, Reached};
use crate::ministries::Ministries;
use crate::world::{Gateway, World};

const FATHER: &str = "222";

/// The mother's birth, two days off, as the father tells it.
fn fathers(request: &str) -> Opening {
    let birth = Birth { reporter: "father", date: "2026-11-22", ..Birth::of("111") };
    birth.opening(request, "another-portal", FATHER)
}

fn decides(found: Found) -> Sameness {
    let by = Actor::Operator { subject: "o1".to_owned() };
    Sameness { by, found, reason: "one child".to_owned() }
}

fn rejected<T: std::fmt::Debug>(answer: Result<T, CaseworkError>) -> Rejected {
    match answer {
        Err(CaseworkError::Rejected(rejected)) => rejected,
        other => panic!("{other:?}"),
    }
}

/// The mother's case, and the father's that resembles it.
async fn two(gateway: &Gateway) -> (CaseId, CaseId) {
    let earlier = gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let later = gateway.caseworker.open(fathers("r2")).await.unwrap();
    gateway.caseworker.idle().await;
    assert_eq!(later.file.case.state, CaseState::NeedsPerson);
    (earlier.file.id, later.file.id)
}

/// The mother says which day it was.
async fn settle(gateway: &Gateway, case: CaseId) {
    let by = Actor::Party { party: Some(party("mother")), portal: "portal".to_owned() };
    let date = Given::Value(Value::Date("2026-11-20".parse().unwrap()));
    let facts = BTreeMap::from([(FactKey { name: fact("birth.date"), member: None }, date)]);
    gateway.caseworker.give(case, Input::Answers { by, facts }).await.unwrap();
}

/// The two are one: nothing is lost, nothing is there twice, and nobody did anything twice.
async fn are_one(world: &World, gateway: &Gateway, (earlier, later): (CaseId, CaseId)) {
    let ended = gateway.caseworker.read(later).await.unwrap().case;
    assert_eq!(ended.state, CaseState::Withdrawn);
    assert_eq!(ended.joined_to.as_ref().unwrap().case, earlier.to_string());
    settle(gateway, earlier).await;
    let case = gateway.finish(world, earlier).await;
    assert_eq!((case.state, case.receipts.len()), (CaseState::Completed, 2));
    assert_eq!(case.took_up, std::slice::from_ref(&ended.reference));
    assert!(case.resembled_by.is_empty());
    let once: BTreeMap<_, _> =
        [REGISTRATION, NUMBER, WELCOME, BENEFIT].map(|service| (service.to_owned(), 1)).into();
    assert_eq!(world.ministries.effects(), once);
}

#[tokio::test]
async fn the_earlier_case_has_both_reports_and_whoever_asks_for_the_second_finds_it() {
    let world = World::new().await;
    let gateway = world.gateway();
    let (earlier, later) = two(&gateway).await;
    gateway.caseworker.decide_sameness(later, decides(Found::TheSame)).await.unwrap();
    are_one(&world, &gateway, (earlier, later)).await;
    let rows = gateway.caseworker.read(earlier).await.unwrap().rows;
    let again = gateway.caseworker.decide_sameness(later, decides(Found::TheSame)).await.unwrap();
    assert_eq!(again.case.state, CaseState::Withdrawn, "sent again, it is answered again");
    assert_eq!(gateway.caseworker.read(earlier).await.unwrap().rows, rows, "and changes nothing");

    let replayed = world.gateway().caseworker.open(fathers("r2")).await.unwrap();
    assert_eq!((replayed.file.id, replayed.receipt, replayed.replayed), (earlier, 2, true));
    gateway.caseworker.deliveries().flush().await.unwrap();
    let (listed, _) = gateway.caseworker.cases_of(FATHER, None, 10).await.unwrap();
    assert!(listed.iter().any(|line| line.case == earlier), "he finds the case that goes on");
    let claim = &gateway.caseworker.read(earlier).await.unwrap().case.claims[0];
    assert_eq!((claim.receipt, claim.person.as_deref()), (2, Some(FATHER)), "as if he had joined it");

    let hospital = Birth { date: "2026-11-22", ..Birth::of("111") }.by_hospital("r3");
    let third = gateway.caseworker.open(hospital).await.unwrap();
    assert_eq!((third.file.id, third.receipt), (earlier, 3), "what is surely the later is the earlier");
    let near = Birth { date: "2026-11-23", ..Birth::of("111") }.opening("r4", "counter", "111");
    let near = gateway.caseworker.open(near).await.unwrap();
    let others: Vec<_> = near.file.case.perhaps_same.iter().map(|other| other.case.clone()).collect();
    assert_eq!(others, [earlier.to_string()], "nobody is asked about a case that has ended in another");
}

/// A gateway dies at this point of the decision; another goes on: by the command sent again, or by itself.
async fn dies_at(store: Arc<dyn CaseStore>, point: i64, again: bool) -> u64 {
    let world = World::on(store, Country::new(), Ministries::new()).await;
    let cases = two(&world.gateway()).await;
    let fate = Fate::after(point);
    let caseworker = world.mortal(fate.clone()).caseworker;
    let later = cases.1;
    let life = tokio::spawn(async move {
        let _ = caseworker.decide_sameness(later, decides(Found::TheSame)).await;
        caseworker.idle().await;
    });
    tokio::select! {
        () = fate.death() => {}
        _ = life => {}
    }
    let next = world.gateway();
    let decided = next.caseworker.read(later).await.unwrap().case.goes_on_in().is_some();
    if again || !decided {
        next.caseworker.decide_sameness(later, decides(Found::TheSame)).await.unwrap();
    }
    next.finish(&world, later).await;
    are_one(&world, &next, cases).await;
    fate.passed()
}

#[tokio::test]
async fn a_gateway_may_die_at_every_point_of_the_decision() {
    for again in [true, false] {
        let points = dies_at(Arc::new(Memory::new()), i64::MAX, again).await;
        assert!(points >= 8, "only {points} points");
        for point in 0..=points {
            dies_at(Arc::new(Memory::new()), point as i64, again).await;
        }
    }
}

#[tokio::test]
async fn on_the_embedded_store_too() {
    let dir = tempfile::tempdir().unwrap();
    for point in 0..16 {
        let address = format!("embedded:{}", dir.path().join(point.to_string()).display());
        let mut options = Options::default();
        options.fsync = false;
        let store = casestore::open(&address, options).await.unwrap();
        dies_at(store, point, point % 2 == 0).await;
    }
}

#[tokio::test]
async fn any_answer_of_the_store_about_the_decision_may_be_lost() {
    for (name, answers) in [("append", 3), ("load", 4), ("now", 2)] {
        for (which, fault) in (0..answers).flat_map(|n| [(n, Fault::Lost), (n, Fault::Dropped)]) {
            let world = World::new().await;
            let cases = two(&world.gateway()).await;
            let times = AtomicU64::new(0);
            let store = Reached::with_faults(world.store.clone(), move |asked| {
                let lost = asked == name && times.fetch_add(1, Ordering::SeqCst) == which;
                if lost { fault } else { Fault::None }
            });
            let gateway = world.reaching(store, Fate::never());
            let decide = || gateway.caseworker.decide_sameness(cases.1, decides(Found::TheSame));
            if let Err(CaseworkError::Store(_)) = decide().await {
                decide().await.unwrap();
            }
            gateway.caseworker.idle().await;
            are_one(&world, &world.gateway(), cases).await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_taken_up_leaves_both_cases_as_they_were() {
    let world = World::on(
        Arc::new(Memory::new()),
        Country::new(),
        Ministries::instead(|_| Some(casework::input::Answer::Pending { operation: "op".to_owned() })),
    )
    .await;
    let gateway = world.gateway();
    let (earlier, later) = two(&gateway).await;
    let rows = async || {
        let rows = [earlier, later].map(|case| gateway.caseworker.read(case));
        futures::future::join_all(rows).await.into_iter().map(|file| file.unwrap().rows).collect::<Vec<_>>()
    };
    let before = rows().await;
    let elsewhere = gateway.caseworker.decide_sameness(later, decides(Found::TheSameAs("LK-X".to_owned())));
    assert!(matches!(rejected(elsewhere.await), Rejected::NotOneOf(_)));
    let unasked = gateway.caseworker.decide_sameness(earlier, decides(Found::TheSame)).await;
    assert!(matches!(rejected(unasked), Rejected::Ended(_)));
    assert_eq!(rows().await, before);

    let by = Actor::Party { party: Some(party("mother")), portal: "portal".to_owned() };
    let withdraw = Input::Withdraw { by, reason: "it was a mistake".to_owned() };
    gateway.caseworker.give(earlier, withdraw).await.unwrap();
    gateway.caseworker.idle().await;
    let before = rows().await;
    let refused = gateway.caseworker.decide_sameness(later, decides(Found::TheSame)).await;
    assert!(rejected(refused).to_string().contains("withdrawn"));
    assert_eq!(rows().await, before);
    let own = gateway.caseworker.decide_sameness(later, decides(Found::ItsOwn)).await.unwrap();
    assert_eq!(own.case.state, CaseState::Open);
}

#[tokio::test]
async fn a_case_that_is_joined_elsewhere_takes_up_nothing_and_says_where_it_is() {
    let world = World::new().await;
    let gateway = world.gateway();
    let (earlier, later) = two(&gateway).await;
    // Five days from the mother's: it resembles the father's alone.
    let third = Birth { date: "2026-11-25", ..Birth::of("111") }.opening("r3", "counter", "111");
    let third = gateway.caseworker.open(third).await.unwrap().file;
    let others: Vec<_> = third.case.perhaps_same.iter().map(|other| other.case.clone()).collect();
    assert_eq!(others, [later.to_string()]);
    gateway.caseworker.decide_sameness(later, decides(Found::TheSame)).await.unwrap();
    let refused = gateway.caseworker.decide_sameness(third.id, decides(Found::TheSame)).await;
    let words = rejected(refused).to_string();
    assert!(words.contains(&earlier.to_string()), "{words}");
    assert_eq!(gateway.caseworker.read(third.id).await.unwrap().case.state, CaseState::NeedsPerson);
}

#[tokio::test]
async fn of_two_who_decide_otherwise_at_the_same_moment_one_is_refused() {
    for round in 0..8 {
        let world = World::new().await;
        let gateways = [world.gateway(), world.gateway()];
        let (earlier, later) = two(&gateways[0]).await;
        let [one, other] = [&gateways[round % 2].caseworker, &gateways[(round + 1) % 2].caseworker];
        let (same, own) = tokio::join!(
            one.decide_sameness(later, decides(Found::TheSame)),
            other.decide_sameness(later, decides(Found::ItsOwn)),
        );
        assert!(same.is_ok() != own.is_ok(), "{same:?} {own:?}");
        let joined = gateways[0].caseworker.read(later).await.unwrap().case.joined_to.is_some();
        let receipts = world.gateway().caseworker.read(earlier).await.unwrap().case.receipts.len();
        assert_eq!((joined, receipts), if same.is_ok() { (true, 2) } else { (false, 1) });
    }
}
