//! A birth, end to end: reported once, every ministry does its part exactly once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use proto::loket::portal::v1::GetCaseRequest;
use proto::loket::portal::v1::step::State;
use tests::counter::Counter;
use tests::report::{completed, fact, listed, open, report, step, text, truth, until};
use tonic::Code;

const NOOR: &str = "999000001";
const SEM: &str = "999000002";

fn birth(
    children: &[(&str, &[(&str, proto::loket::portal::v1::Value)])],
) -> proto::loket::portal::v1::Report {
    let facts = [
        ("mother.number", text(NOOR)),
        ("second_parent.number", text(SEM)),
        ("birth.date", text("2026-11-20")),
        ("birth.municipality", text("oosterdam")),
    ];
    report("mother", &facts, children)
}

fn child(order: &str, names: &str) -> Vec<(&'static str, proto::loket::portal::v1::Value)> {
    vec![
        ("child.birth_order", text(order)),
        ("child.gender", text("female")),
        ("child.family_name", text("van Dijk")),
        ("child.given_names", text(names)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_reported_once_is_done_by_every_ministry() {
    let counter = Counter::open(&[]).await;
    let mut noor = counter.cases(NOOR).await;
    let mila = child("1", "Mila");
    let opened =
        noor.open_case(open("birth-1", "birth", birth(&[("child", &mila)]))).await.unwrap().into_inner();
    let name = opened.case.unwrap().name;
    let case = until(&mut noor, &name, completed).await;
    for service in [
        "civil-registry/birth-registration",
        "population-register/person-number",
        "health-insurance/newborn-enrolment",
        "social-insurance/child-benefit",
        "tax-allowances/child-budget",
        "youth-health/newborn-screening",
        "youth-health/vaccination-invitation",
        "municipality/newborn-welcome",
    ] {
        assert_eq!(
            step(&case, service, "m1"),
            Some(State::Done),
            "{service}\n{}",
            tests::report::tree(&case)
        );
    }
    assert!(fact(&case, "child.number", "m1").is_some(), "the mother sees the number of her child");

    let again =
        noor.open_case(open("birth-1", "birth", birth(&[("child", &mila)]))).await.unwrap().into_inner();
    assert!(again.replayed);
    assert_eq!(again.case.unwrap().name, name);
    let other = child("1", "Anna");
    let conflict = noor.open_case(open("birth-1", "birth", birth(&[("child", &other)]))).await.unwrap_err();
    assert_eq!(conflict.code(), Code::AlreadyExists);

    let mut stranger = counter.cases("999000016").await;
    let hidden =
        stranger.get_case(GetCaseRequest { name: name.clone(), language: String::new() }).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
    assert_eq!(listed(&mut noor, &name).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_are_two_children_each_with_steps_of_their_own() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let mut noor = counter.cases(NOOR).await;
    let (mila, fien) = (child("1", "Mila"), child("2", "Fien"));
    let request = open("twins", "birth", birth(&[("child", &mila), ("child", &fien)]));
    let name = noor.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut noor, &name, completed).await;
    let numbers: Vec<_> = ["m1", "m2"].iter().map(|it| fact(&case, "child.number", it).unwrap()).collect();
    assert_ne!(numbers[0], numbers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stillborn_child_is_registered_and_nothing_else_is_done() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let mut noor = counter.cases(NOOR).await;
    let mut facts = child("1", "Mila");
    facts.push(("child.stillborn", truth(true)));
    let request = open("stillborn", "birth", birth(&[("child", &facts)]));
    let name = noor.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut noor, &name, completed).await;
    assert_eq!(step(&case, "civil-registry/birth-registration", "m1"), Some(State::Done));
    for service in [
        "population-register/person-number",
        "youth-health/vaccination-invitation",
        "social-insurance/child-benefit",
    ] {
        assert_eq!(step(&case, service, "m1"), Some(State::Skipped), "{service}");
    }
}
