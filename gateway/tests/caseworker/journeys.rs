//! The way of a case, and what it costs.

use std::sync::Arc;

use casestore::memory::Memory;
use casestore::{Counting, Operation};
use casework::case::CaseState;
use casework::entry::CallKind;

use crate::country::{BENEFIT, Birth, NUMBER, REGISTRATION, WELCOME};
use crate::faults::Fate;
use crate::world::World;

#[tokio::test]
async fn a_birth_of_twins_is_completed_and_every_ministry_has_done_its_part_once() {
    let world = World::new().await;
    let gateway = world.gateway();
    let birth = Birth { children: 2, ..Birth::of("111") };
    let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    assert_eq!((opened.receipt, opened.replayed, opened.attached), (1, false, false));
    gateway.caseworker.idle().await;
    let file = gateway.caseworker.read(opened.file.id).await.unwrap();
    assert_eq!(file.case.state, CaseState::Completed);
    let effects = world.ministries.effects();
    for service in [REGISTRATION, NUMBER, WELCOME, BENEFIT] {
        assert_eq!(effects.get(service), Some(&2), "{service}");
    }
    let calls = world.ministries.calls();
    assert_eq!(calls.len(), 8, "some were called more than once: {calls:#?}");
    assert!(calls.iter().all(|call| call.kind == CallKind::Perform && call.key.len() == 26));
    let welcome = calls.iter().find(|call| call.service == WELCOME).unwrap();
    assert_eq!(welcome.fields, ["person_number"], "it got more than it named");
    let step = world.keyring.read_step_token(&welcome.token).unwrap();
    assert_eq!((step.case, step.key.as_str()), (opened.file.id, welcome.key.as_str()));
    assert_eq!((step.step.service.as_str(), step.agency.as_str()), (WELCOME, "municipality"));
}

#[tokio::test]
async fn opening_costs_two_round_trips_and_each_batch_of_readiness_one() {
    let counting = Arc::new(Counting::new(Arc::new(Memory::new())));
    let world =
        World::on(counting.clone(), crate::country::Country::new(), crate::ministries::Ministries::new())
            .await;
    let gateway = world.reaching(counting.clone(), Fate::never());
    gateway.alarm.tick().await.unwrap();
    counting.reset();
    let birth = Birth { children: 2, ..Birth::of("222") };
    let opened = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    let open = counting.counts();
    assert_eq!(
        (open.get(&Operation::Reserve), open.get(&Operation::Claim)),
        (Some(&1), Some(&1)),
        "{open:?}"
    );
    gateway.caseworker.idle().await;
    let all = counting.counts();
    // Registrations, numbers, and the two that need the number: three batches that make something due or end the case.
    assert_eq!(all.get(&Operation::Append), Some(&3), "{all:?}");
    assert_eq!(counting.total(), 5, "{all:?}");
    let file = gateway.caseworker.read(opened.file.id).await.unwrap();
    assert_eq!((file.case.state, file.rows), (CaseState::Completed, 4));
}
