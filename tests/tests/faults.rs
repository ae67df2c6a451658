//! Ministries and gateways that die: nothing is lost, nothing is done twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use proto::loket::portal::v1::step::State;
use tests::counter::Counter;
use tests::report::{completed, fact, listed, open, report, step, text, tree, until};

const NOOR: &str = "999000001";

fn birth(names: &str) -> proto::loket::portal::v1::Report {
    let facts = [
        ("mother.number", text(NOOR)),
        ("birth.date", text("2026-11-20")),
        ("birth.municipality", text("oosterdam")),
    ];
    let child = [
        ("child.birth_order", text("1")),
        ("child.gender", text("female")),
        ("child.family_name", text("van Dijk")),
        ("child.given_names", text(names)),
    ];
    report("mother", &facts, &[("child", &child)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_that_is_down_makes_its_step_wait_and_is_caught_up_with() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    counter.kill("youth-health");
    let mut noor = counter.cases(NOOR).await;
    let request = open("down", "birth", birth("Mila"));
    let name = noor.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut noor, &name, |case| {
        step(case, "health-insurance/newborn-enrolment", "m1") == Some(State::Done)
            && case.waiting_for.iter().any(|it| it.who == "youth-health" && it.since.is_some())
    })
    .await;
    assert_ne!(
        step(&case, "youth-health/vaccination-invitation", "m1"),
        Some(State::Refused),
        "{}",
        tree(&case)
    );
    let case = until(&mut noor, &name, completed).await;
    assert_eq!(
        step(&case, "youth-health/vaccination-invitation", "m1"),
        Some(State::Done),
        "{}",
        tree(&case)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_in_the_middle_goes_on_where_it_was() {
    let counter = Counter::open(&[]).await;
    let mut noor = counter.cases(NOOR).await;
    let request = open("killed", "birth", birth("Mila"));
    let opened = noor.open_case(request.clone()).await.unwrap().into_inner().case.unwrap();
    let pid = counter.kill("gateway");
    counter.runs_again("gateway", pid).await;
    let mut noor = counter.cases(NOOR).await;
    let case = until(&mut noor, &opened.name, completed).await;
    assert!(fact(&case, "child.number", "m1").is_some(), "{}", tree(&case));
    let again = noor.open_case(request).await.unwrap().into_inner();
    assert!(again.replayed, "the accepted report is remembered");
    assert_eq!(listed(&mut noor, &opened.name).await.len(), 1, "one report, one case");
}
