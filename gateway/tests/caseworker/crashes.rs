//! Gateways that die, race and lose answers: every case goes on, every effect is there once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casestore::memory::Memory;
use casestore::{CaseStore, Counting, Operation, Options};
use casework::case::{Case, CaseState};
use casework::entry::CallKind;
use casework::input::{Answer, Input};
use gateway::caseworker::CaseworkError;

use crate::country::{BENEFIT, Birth, Country, NUMBER, REGISTRATION, WELCOME};
use crate::faults::{Fate, Fault, Reached};
use crate::ministries::Ministries;
use crate::world::World;

fn once_each(world: &World, children: usize) {
    let effects: BTreeMap<_, _> =
        [REGISTRATION, NUMBER, WELCOME, BENEFIT].map(|service| (service.to_owned(), children)).into();
    assert_eq!(world.ministries.effects(), effects);
}

fn completed(case: Arc<Case>) {
    assert_eq!(case.state, CaseState::Completed);
    assert_eq!(case.receipts.len(), 1, "one report, one receipt");
}

/// A gateway dies at this point of opening and running a birth; the portal asks again, another gateway goes on. How
/// many points the first one passed.
async fn dies_at(store: Arc<dyn CaseStore>, point: i64) -> u64 {
    let world = World::on(store, Country::new(), Ministries::new()).await;
    let birth = Birth { children: 2, ..Birth::of("111") };
    let fate = Fate::after(point);
    let dying = world.mortal(fate.clone());
    let (caseworker, opening) = (dying.caseworker.clone(), birth.by_mother("r1"));
    let life = tokio::spawn(async move {
        let _ = caseworker.open(opening).await;
        caseworker.idle().await;
    });
    tokio::select! {
        () = fate.death() => {}
        _ = life => {}
    }
    let next = world.gateway();
    let again = next.caseworker.open(birth.by_mother("r1")).await.unwrap();
    assert_eq!(again.receipt, 1);
    completed(next.finish(&world, again.file.id).await);
    once_each(&world, 2);
    fate.passed()
}

#[tokio::test]
async fn a_gateway_may_die_at_every_point_and_the_next_goes_on() {
    let points = dies_at(Arc::new(Memory::new()), i64::MAX).await;
    assert!(points > 20, "only {points} points");
    for point in 0..=points {
        let passed = dies_at(Arc::new(Memory::new()), point as i64).await;
        assert!(passed <= point, "it went on after its death at {point}");
    }
}

#[tokio::test]
async fn on_the_embedded_store_too() {
    let dir = tempfile::tempdir().unwrap();
    for point in (0..).step_by(3).take(12) {
        let address = format!("embedded:{}", dir.path().join(point.to_string()).display());
        let mut options = Options::default();
        options.fsync = false;
        let store = casestore::open(&address, options).await.unwrap();
        dies_at(store, point).await;
    }
}

#[tokio::test]
async fn every_answer_of_the_store_may_be_lost() {
    let names = ["reserve", "claim", "append", "load", "take_due", "now"];
    for name in names {
        for fault in [Fault::Lost, Fault::Dropped] {
            let world = World::new().await;
            let times = AtomicU64::new(0);
            let store = Reached::with_faults(world.store.clone(), move |asked| {
                // The first answer and each third one after it.
                let lost = asked == name && times.fetch_add(1, Ordering::SeqCst).is_multiple_of(3);
                if lost { fault } else { Fault::None }
            });
            let gateway = world.reaching(store, Fate::never());
            let birth = Birth { children: 2, ..Birth::of("111") };
            let mut opened = gateway.caseworker.open(birth.by_mother("r1")).await;
            while let Err(CaseworkError::Store(_)) = opened {
                opened = gateway.caseworker.open(birth.by_mother("r1")).await;
            }
            let case = opened.unwrap().file.id;
            gateway.caseworker.idle().await;
            completed(world.gateway().finish(&world, case).await);
            once_each(&world, 2);
        }
    }
}

#[tokio::test]
async fn a_store_that_is_gone_for_a_while_refuses_reports_and_loses_no_answer() {
    let world = World::new().await;
    let down = Arc::new(AtomicU64::new(0));
    let switch = down.clone();
    let store = Reached::with_faults(world.store.clone(), move |_| {
        let left = switch.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() { Fault::Refused } else { Fault::None }
    });
    let gateway = world.reaching(store, Fate::never());
    gateway.alarm.tick().await.unwrap();
    down.store(3, Ordering::SeqCst);
    let birth = Birth::of("111");
    for _ in 0..2 {
        let refused = gateway.caseworker.open(birth.by_mother("r1")).await;
        assert!(matches!(refused, Err(CaseworkError::Store(_))), "{refused:?}");
    }
    assert!(gateway.alarm.tick().await.is_err());
    let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    down.store(4, Ordering::SeqCst);
    gateway.caseworker.idle().await;
    completed(gateway.finish(&world, opened.file.id).await);
    once_each(&world, 1);
    assert_eq!(world.ministries.calls().len(), 4, "a ministry was asked again for an answer it had given");
}

#[tokio::test]
async fn two_gateways_that_look_at_one_case_together_call_nobody_twice() {
    let unavailable = AtomicU64::new(0);
    let ministries = Ministries::instead(move |_| {
        let first = unavailable.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        let reason = casework::entry::NotDoneReason::Unavailable;
        first.then_some(Answer::NotDone { reason, retry_after: None })
    });
    let world = World::on(Arc::new(Memory::new()), Country::new(), ministries).await;
    let (one, other) = (world.gateway(), world.gateway());
    let birth = Birth { children: 3, ..Birth::of("111") };
    let case = one.caseworker.open(birth.by_mother("r1")).await.unwrap().file.id;
    for _ in 0..100 {
        one.caseworker.idle().await;
        other.caseworker.idle().await;
        if one.caseworker.read(case).await.unwrap().case.state == CaseState::Completed {
            break;
        }
        world.pass(2_500).await;
        let looks = (0..4).map(|number| {
            let caseworker = if number % 2 == 0 { &one.caseworker } else { &other.caseworker };
            caseworker.give(case, Input::Look)
        });
        for look in futures::future::join_all(looks).await {
            look.unwrap();
        }
    }
    completed(one.caseworker.read(case).await.unwrap().case);
    once_each(&world, 3);
    let file = other.caseworker.read(case).await.unwrap();
    let mut intents = BTreeMap::new();
    for recorded in file.entries() {
        if let casework::entry::Entry::Called { step, call, attempt, .. } = &recorded.entry {
            *intents.entry((step.clone(), *call, *attempt)).or_insert(0) += 1;
        }
    }
    assert!(intents.values().all(|times| *times == 1), "an intent was stored twice: {intents:?}");
    assert_eq!(world.ministries.calls().len(), intents.len(), "not every intent was performed once");
}

#[tokio::test]
async fn while_the_registry_is_not_confirmed_nobody_is_called_and_answers_are_kept() {
    let world = World::new().await;
    let gateway = world.gateway();
    let birth = Birth::of("111");
    let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    world.country.confirm(false);
    let refused = gateway.caseworker.open(Birth::of("222").by_mother("r2")).await;
    assert!(matches!(refused, Err(CaseworkError::RegistryStale)), "{refused:?}");
    // The first answers come back, and are kept until the registry is confirmed again.
    while world.ministries.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    let read = gateway.caseworker.read(opened.file.id).await.unwrap();
    assert_eq!(read.rows, 1);
    world.country.confirm(true);
    gateway.caseworker.idle().await;
    completed(gateway.caseworker.read(opened.file.id).await.unwrap().case);
    once_each(&world, 1);
}

#[tokio::test]
async fn a_panic_in_one_call_costs_that_call_alone() {
    let panics = AtomicU64::new(0);
    let ministries = Ministries::instead(move |_| {
        if panics.fetch_add(1, Ordering::SeqCst) == 1 {
            std::panic::resume_unwind(Box::new("a planted panic"));
        }
        None
    });
    let world = World::on(Arc::new(Memory::new()), Country::new(), ministries).await;
    let gateway = world.gateway();
    let birth = Birth { children: 2, ..Birth::of("111") };
    let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    completed(gateway.finish(&world, opened.file.id).await);
    once_each(&world, 2);
}

#[tokio::test]
async fn the_alarm_outlives_a_store_that_is_gone() {
    let world = World::new().await;
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let store = Reached::with_faults(world.store.clone(), move |_| {
        if counter.fetch_add(1, Ordering::SeqCst) < 3 { Fault::Refused } else { Fault::None }
    });
    let gateway = world.reaching(store, Fate::never());
    let alarm = gateway.alarm.clone();
    let running = tokio::spawn(async move { alarm.run().await });
    let case = {
        let fate = Fate::after(3);
        let dying = world.mortal(fate.clone());
        tokio::select! {
            _ = dying.caseworker.open(Birth::of("111").by_mother("r1")) => {}
            () = fate.death() => {}
        }
        world.gateway().caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap().file.id
    };
    world.pass(20_000).await;
    let mut moved = Box::pin(gateway.caseworker.watch(case));
    use futures::StreamExt;
    while gateway.caseworker.read(case).await.map(|file| file.case.state).ok() != Some(CaseState::Completed) {
        moved.next().await;
        world.pass(3_000).await;
    }
    running.abort();
    once_each(&world, 1);
}

#[tokio::test]
async fn a_case_that_waits_for_people_is_not_looked_at_all_the_time() {
    let counting = Arc::new(Counting::new(Arc::new(Memory::new())));
    let pending = Ministries::instead(|duty| {
        let operation = "op".to_owned();
        (duty.call == CallKind::Perform).then_some(Answer::Pending { operation })
    });
    let world = World::on(counting.clone(), Country::new(), pending).await;
    let gateway = world.reaching(counting.clone(), Fate::never());
    let near = Birth { date: "2026-11-21", ..Birth::of("111") };
    gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let held = gateway.caseworker.open(near.by_mother("r2")).await.unwrap();
    assert_eq!(held.file.case.state, CaseState::NeedsPerson);
    let looks = || counting.count(Operation::Postpone);
    world.pass(86_400_000 + 1).await;
    for _ in 0..5 {
        gateway.alarm.tick().await.unwrap();
        gateway.caseworker.idle().await;
        // Longer than any lease.
        world.pass(120_000).await;
    }
    assert_eq!(looks(), 1, "a case that waits for a person was looked at again and again");
    assert_eq!(gateway.caseworker.read(held.file.id).await.unwrap().rows, 1);
}
