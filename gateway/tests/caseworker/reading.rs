//! Lists, watching, the access log, operators' rows, and logs that cannot be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use casestore::memory::Memory;
use casework::case::CaseState;
use casework::entry::{Actor, NotDoneReason};
use casework::input::{Answer, Input};
use futures::StreamExt;
use gateway::caseworker::{CaseworkError, Reading};

use crate::country::{Birth, Country, fact, party};
use crate::faults::{Fate, Reached};
use crate::ministries::Ministries;
use crate::world::{Gateway, World};

async fn listed(gateway: &Gateway, person: &str) -> Vec<casestore::CaseId> {
    let (cases, _) = gateway.caseworker.cases_of(person, None, 20).await.unwrap();
    cases.into_iter().map(|listed| listed.case).collect()
}

#[tokio::test]
async fn a_party_finds_their_cases_newest_first_and_nobody_elses() {
    let world = World::new().await;
    let gateway = world.gateway();
    let mut cases = Vec::new();
    for (number, date) in ["2024-01-01", "2025-01-01", "2026-01-01"].into_iter().enumerate() {
        let birth = Birth { date, ..Birth::of("111") };
        let opened = gateway.caseworker.open(birth.by_mother(&format!("r{number}"))).await.unwrap();
        cases.insert(0, opened.file.id);
        world.pass(5).await;
    }
    // A father reports somebody else's: it is on her list too.
    let birth = Birth { reporter: "father", ..Birth::of("222") };
    let hers = gateway.caseworker.open(birth.opening("r", "portal", "333")).await.unwrap();
    gateway.caseworker.idle().await;
    gateway.caseworker.deliveries().flush().await.unwrap();
    assert_eq!(listed(&gateway, "111").await, cases);
    assert_eq!(listed(&gateway, "222").await, [hers.file.id]);
    assert_eq!(listed(&gateway, "333").await, [hers.file.id]);
    assert_eq!(listed(&gateway, "444").await, []);
    let (page, next) = gateway.caseworker.cases_of("111", None, 2).await.unwrap();
    let token = next.unwrap().to_string().parse().unwrap();
    let (rest, end) = gateway.caseworker.cases_of("111", Some(token), 2).await.unwrap();
    let all: Vec<_> = page.iter().chain(&rest).map(|listed| listed.case).collect();
    assert_eq!((all, end), (cases, None));
    assert_eq!(page[0].life_event.as_str(), "birth");
    assert!(!page[0].reference.is_empty());
}

#[tokio::test]
async fn a_gateway_that_dies_between_the_append_and_the_list_leaves_nothing_unlisted() {
    for point in 0..12 {
        let world = World::new().await;
        let opened = world.gateway().caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
        let fate = Fate::after(point);
        let dying = world.mortal(fate.clone());
        let deliveries = dying.caseworker.deliveries();
        tokio::select! {
            _ = deliveries.flush() => {}
            () = fate.death() => {}
        }
        let next = world.gateway();
        next.caseworker.deliveries().flush().await.unwrap();
        assert_eq!(listed(&next, "111").await, [opened.file.id], "died at {point}");
    }
}

#[tokio::test]
async fn a_new_case_is_on_its_partys_list_within_a_second_without_being_asked() {
    let world = World::new().await;
    let gateway = world.gateway();
    let deliveries = gateway.caseworker.deliveries();
    let running = tokio::spawn(async move { deliveries.run().await });
    let opened = gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let found = async {
        while listed(&gateway, "111").await != [opened.file.id] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), found).await.unwrap();
    running.abort();
}

#[tokio::test]
async fn whoever_watches_is_told_of_what_another_gateway_wrote() {
    let world = World::new().await;
    let (one, other) = (world.gateway(), world.gateway());
    let opened = one.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let mut watch = Box::pin(other.caseworker.watch(opened.file.id));
    let completed = async {
        while other.caseworker.read(opened.file.id).await.unwrap().case.state != CaseState::Completed {
            watch.next().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), completed).await.unwrap();
}

fn reading(purpose: &str) -> Reading {
    Reading {
        by: Actor::Party { party: Some(party("mother")), portal: "portal".to_owned() },
        facts: vec![casework::name::FactKey { name: fact("mother.account"), member: None }],
        purpose: purpose.to_owned(),
        legal_basis: "GDPR 15".to_owned(),
    }
}

#[tokio::test]
async fn every_reading_is_in_the_access_log_in_order_and_makes_no_writer_stale() {
    let world = World::new().await;
    let gateways = [world.gateway(), world.gateway()];
    let case = gateways[0].caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap().file.id;
    gateways[0].caseworker.idle().await;
    let head = gateways[0].caseworker.read(case).await.unwrap().head;
    let readings = (0..200).map(|number| {
        let caseworker = gateways[number % 2].caseworker.clone();
        tokio::spawn(async move { caseworker.record_access(case, reading(&format!("p{number}"))).await })
    });
    for stored in futures::future::join_all(readings).await {
        stored.unwrap().unwrap();
    }
    let accesses = gateways[0].caseworker.accesses(case).await.unwrap();
    assert_eq!(accesses.len(), 200);
    assert!((1..).zip(&accesses).all(|(number, access)| access.number == number));
    let purposes: std::collections::BTreeSet<_> =
        accesses.iter().map(|access| access.reading.purpose.clone()).collect();
    assert_eq!(purposes.len(), 200);
    assert_eq!(gateways[0].caseworker.read(case).await.unwrap().head, head);
    let verified = gateways[1].caseworker.verify(case).await.unwrap();
    assert_eq!((verified.faults.as_slice(), verified.access_rows, verified.case_rows), (&[][..], 200, 4));
    let nowhere = casestore::CaseId::new(case.partition(), [0; 15]);
    let refused = gateways[0].caseworker.record_access(nowhere, reading("x")).await;
    assert!(matches!(refused, Err(CaseworkError::NotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_log_is_named_by_its_row_read_by_nobody_and_written_by_nobody() {
    let world = World::new().await;
    let whole = world.gateway();
    let case = whole.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap().file.id;
    whole.caseworker.idle().await;
    let before = whole.caseworker.read(case).await.unwrap().head;
    let spoilt = Reached::spoilt(world.store.clone(), |log| {
        let mut row = log.rows[2].to_vec();
        let last = row.len() - 1;
        row[last] ^= 1;
        log.rows[2] = row.into();
    });
    let gateway = world.reaching(spoilt, Fate::never());
    let faults = gateway.caseworker.verify(case).await.unwrap().faults;
    assert!(faults[0].starts_with("case row 3: ") && faults[1].contains("head"), "{faults:?}");
    for refused in
        [gateway.caseworker.read(case).await.err(), gateway.caseworker.give(case, Input::Look).await.err()]
    {
        match refused {
            Some(CaseworkError::Quarantined { place, .. }) => assert_eq!(place, "row 3"),
            other => panic!("{other:?}"),
        }
    }
    // The alarm goes on over it, and nothing was lost.
    world.pass(400_000_000).await;
    gateway.alarm.tick().await.unwrap();
    assert_eq!(whole.caseworker.read(case).await.unwrap().head, before);
}

#[tokio::test]
async fn operators_see_each_live_case_in_a_line_and_no_other() {
    let down = Arc::new(AtomicBool::new(true));
    let switch = down.clone();
    let ministries = Ministries::instead(move |duty| {
        let reason = NotDoneReason::Unavailable;
        let numbers = duty.agency.as_str() == "population-register";
        (numbers && switch.load(Ordering::SeqCst)).then_some(Answer::NotDone { reason, retry_after: None })
    });
    let world = World::on(Arc::new(Memory::new()), Country::new(), ministries).await;
    let gateway = world.gateway();
    let mut cases = Vec::new();
    for number in 0..5 {
        let birth = Birth::of(&format!("11{number}"));
        let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
        gateway.caseworker.idle().await;
        cases.push(opened.file.id);
    }
    cases.sort_unstable();
    let (mut live, mut page) = (Vec::new(), None);
    loop {
        let (rows, next) = gateway.caseworker.live(page, 2).await.unwrap();
        live.extend(rows);
        page = next;
        if page.is_none() {
            break;
        }
    }
    let mut ids: Vec<_> = live.iter().map(|row| row.case).collect();
    ids.sort_unstable();
    assert_eq!(ids, cases);
    assert!(
        live.iter().all(|row| row.waiting_for.iter().map(ToString::to_string).eq(["population-register"]))
    );
    assert!(live.iter().all(|row| row.state == CaseState::Open && row.since.is_some()));
    down.store(false, Ordering::SeqCst);
    for case in cases {
        gateway.finish(&world, case).await;
    }
    assert_eq!(gateway.caseworker.live(None, 10).await.unwrap().0, []);
}
