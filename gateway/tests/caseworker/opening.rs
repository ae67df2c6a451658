//! One happening, one case: whatever is sent twice, by whomever, at the same moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use casestore::memory::Memory;
use casework::case::CaseState;
use casework::entry::Actor;
use casework::input::{Input, Rejected};
use casework::name::LifeEventId;
use gateway::caseworker::CaseworkError;

use crate::country::{Birth, Country, fact};
use crate::ministries::Ministries;
use crate::world::World;

#[tokio::test]
async fn the_same_request_again_answers_with_the_same_case_as_it_is_now() {
    let world = World::new().await;
    let gateway = world.gateway();
    let birth = Birth::of("111");
    let first = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    gateway.caseworker.idle().await;
    let again = world.gateway().caseworker.open(birth.by_mother("r1")).await.unwrap();
    assert_eq!((again.file.id, again.receipt, again.replayed), (first.file.id, 1, true));
    assert_eq!(again.file.case.state, CaseState::Completed, "the case is not as it is now");
    assert_eq!(again.file.case.receipts.len(), 1);
}

#[tokio::test]
async fn the_same_request_with_other_content_is_a_conflict_that_names_the_first_case() {
    let world = World::new().await;
    let gateway = world.gateway();
    let first = gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    // Another mother's number is another bucket, in another partition: the case is found all the same.
    let mut other = Birth::of("222").by_mother("r1");
    other.reporter.subject = "portal/111".to_owned();
    match gateway.caseworker.open(other).await {
        Err(CaseworkError::RequestConflict { first: Some(case) }) => assert_eq!(case, first.file.id),
        other => panic!("{other:?}"),
    }
    // Somebody else may use the same id.
    let second = gateway.caseworker.open(Birth::of("222").by_mother("r1")).await.unwrap();
    assert!(!second.replayed);
}

#[tokio::test]
async fn a_thousand_parallel_duplicates_make_one_case() {
    let world = World::new().await;
    let gateways = [world.gateway(), world.gateway()];
    let birth = Birth::of("111");
    let requests = (0..1_000).map(|number| {
        let caseworker = gateways[number % 2].caseworker.clone();
        let opening = birth.by_mother("r1");
        tokio::spawn(async move { caseworker.open(opening).await.unwrap() })
    });
    let opened = futures::future::join_all(requests).await;
    let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    let cases: BTreeSet<_> = opened.iter().map(|opened| opened.file.id).collect();
    assert_eq!(cases.len(), 1);
    assert_eq!(opened.iter().filter(|opened| !opened.replayed).count(), 1);
    for gateway in &gateways {
        gateway.caseworker.idle().await;
    }
    let file = gateways[0].caseworker.read(opened[0].file.id).await.unwrap();
    assert_eq!((file.case.receipts.len(), file.case.state), (1, CaseState::Completed));
    assert!(world.ministries.effects().values().all(|times| *times == 1));
}

#[tokio::test]
async fn mother_father_and_hospital_at_the_same_moment_through_several_portals_have_one_case() {
    let world = World::new().await;
    let gateways = [world.gateway(), world.gateway()];
    let reports = (0..42).map(|number| {
        let caseworker = gateways[number % 2].caseworker.clone();
        let (portal, request) = (format!("portal-{}", number % 5), format!("r{number}"));
        let opening = match number % 3 {
            0 => Birth::of("111").opening(&request, &portal, "111"),
            1 => Birth { reporter: "father", ..Birth::of("111") }.opening(&request, &portal, "222"),
            _ => Birth::of("111").by_hospital(&request),
        };
        tokio::spawn(async move { caseworker.open(opening).await.unwrap() })
    });
    let opened = futures::future::join_all(reports).await;
    let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    assert_eq!(opened.iter().map(|opened| opened.file.id).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(opened.iter().map(|opened| opened.receipt).collect::<BTreeSet<_>>().len(), 42);
    assert_eq!(opened.iter().filter(|opened| !opened.attached).count(), 1);
    for gateway in &gateways {
        gateway.caseworker.idle().await;
    }
    let file = gateways[0].caseworker.read(opened[0].file.id).await.unwrap();
    assert_eq!(file.case.receipts.len(), 42, "accepted is opened and attached, counted in receipts");
    assert!(world.ministries.effects().values().all(|times| *times == 1), "a child was registered twice");
}

#[tokio::test]
async fn who_claims_a_part_has_a_receipt_and_a_line_in_their_list_and_is_no_party() {
    let world = World::new().await;
    let gateway = world.gateway();
    let father = Birth { reporter: "father", ..Birth::of("111") };
    let first = gateway.caseworker.open(father.opening("r1", "portal", "222")).await.unwrap();
    let claimed = gateway.caseworker.open(father.opening("r2", "portal", "333")).await.unwrap();
    assert_eq!((claimed.file.id, claimed.receipt, claimed.attached), (first.file.id, 2, true));
    assert_eq!(claimed.file.case.parties[&crate::country::party("father")].persons, ["222"]);
    assert_eq!(claimed.file.case.claims[0].person.as_deref(), Some("333"));
    gateway.caseworker.idle().await;
    gateway.caseworker.deliveries().flush().await.unwrap();
    let (listed, _) = gateway.caseworker.cases_of("333", None, 10).await.unwrap();
    assert_eq!(listed.len(), 1, "they find their report again");
}

#[tokio::test]
async fn what_is_perhaps_the_same_waits_for_a_person_and_another_birth_does_not() {
    let world = World::new().await;
    let gateway = world.gateway();
    let first = gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let near = Birth { date: "2026-11-21", ..Birth::of("111") };
    let near = gateway.caseworker.open(near.opening("r2", "counter", "111")).await.unwrap();
    assert_ne!(near.file.id, first.file.id);
    assert_eq!(near.file.case.state, CaseState::NeedsPerson);
    let [other] = near.file.case.perhaps_same.as_slice() else { panic!("it resembles one") };
    assert_eq!((&other.reference, &other.case), (&first.file.case.reference, &first.file.id.to_string()));
    let earlier = gateway.caseworker.read(first.file.id).await.unwrap();
    assert_eq!(earlier.case.resembled_by.join(" "), near.file.case.reference, "it learns of the later one");
    assert_ne!(earlier.case.state, CaseState::NeedsPerson, "and goes on");
    let far = Birth { date: "2025-01-02", ..Birth::of("111") };
    let far = gateway.caseworker.open(far.opening("r3", "counter", "111")).await.unwrap();
    assert_eq!(far.file.case.state, CaseState::Open);
    gateway.caseworker.idle().await;
    assert_eq!(world.ministries.effects().values().copied().max(), Some(2), "a case that waits was begun");
    let by = Actor::Operator { subject: "o1".to_owned() };
    let decided = Input::SamenessDecided { by, same_as: None, reason: "two pregnancies".to_owned() };
    gateway.caseworker.give(near.file.id, decided).await.unwrap();
    gateway.caseworker.idle().await;
    let file = gateway.caseworker.read(near.file.id).await.unwrap();
    assert_eq!(file.case.state, CaseState::Completed);
}

#[tokio::test]
async fn a_happening_whose_case_was_withdrawn_may_be_reported_anew() {
    let world = World::on(
        Arc::new(Memory::new()),
        Country::new(),
        Ministries::instead(|_| Some(casework::input::Answer::Pending { operation: "op".to_owned() })),
    )
    .await;
    let gateway = world.gateway();
    let birth = Birth::of("111");
    let first = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap();
    gateway.caseworker.idle().await;
    let by = Actor::Party { party: Some(crate::country::party("mother")), portal: "portal".to_owned() };
    let withdraw = Input::Withdraw { by, reason: "it was a mistake".to_owned() };
    gateway.caseworker.give(first.file.id, withdraw).await.unwrap();
    let second = gateway.caseworker.open(birth.by_mother("r2")).await.unwrap();
    assert_ne!(second.file.id, first.file.id);
    assert!(!second.attached);
}

#[tokio::test]
async fn what_is_wrong_with_a_report_is_said_and_does_not_use_up_its_request() {
    let world = World::new().await;
    let gateway = world.gateway();
    let whole = Birth::of("111").by_mother("r1");
    let mut lacking = whole.clone();
    lacking.report.facts.remove(&fact("mother.number"));
    let mut unasked = whole.clone();
    let given = casework::input::Given::Value(casework::value::Value::Text("x".to_owned()));
    unasked.report.facts.insert(fact("birth.weather"), given);
    for (wrong, part) in [(lacking, "mother.number"), (unasked, "birth.weather")] {
        match gateway.caseworker.open(wrong).await {
            Err(CaseworkError::Rejected(rejected)) => {
                assert!(rejected.to_string().contains(part), "{rejected}");
            }
            other => panic!("{other:?}"),
        }
    }
    for id in ["", "ä", "line\nbreak", &"x".repeat(65)] {
        let mut wrong = whole.clone();
        wrong.request_id = id.to_owned();
        assert!(matches!(gateway.caseworker.open(wrong).await, Err(CaseworkError::RequestId)), "{id:?}");
    }
    let mut unknown = whole.clone();
    unknown.life_event = "wedding".parse::<LifeEventId>().unwrap();
    assert!(matches!(gateway.caseworker.open(unknown).await, Err(CaseworkError::NoPlan(_))));
    assert!(!gateway.caseworker.open(whole).await.unwrap().replayed);
}

#[tokio::test]
async fn an_input_gets_a_verdict_and_a_case_that_is_not_there_is_not_found() {
    let world = World::new().await;
    let gateway = world.gateway();
    let opened = gateway.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    gateway.caseworker.idle().await;
    let by = Actor::Party { party: Some(crate::country::party("mother")), portal: "portal".to_owned() };
    let step = casework::name::StepId { service: crate::country::WELCOME.parse().unwrap(), member: None };
    let offer = Input::Offer { by, step, accepted: true };
    let verdict = gateway.caseworker.give(opened.file.id, offer).await.err().unwrap();
    assert!(matches!(verdict, CaseworkError::Rejected(Rejected::NoSuchOffer(_))), "{verdict:?}");
    let nowhere = casestore::CaseId::new(opened.file.id.partition(), [0; 15]);
    assert!(matches!(gateway.caseworker.read(nowhere).await, Err(CaseworkError::NotFound)));
    assert!(matches!(gateway.caseworker.give(nowhere, Input::Look).await, Err(CaseworkError::NotFound)));
}

#[tokio::test]
async fn a_verdict_is_of_the_case_as_it_is_not_as_this_gateway_last_saw_it() {
    let offering = Country::with(|service| {
        if service.id.as_str() == crate::country::WELCOME {
            service.mode = casework::service::Mode::Offer;
        }
    });
    let world = World::on(Arc::new(Memory::new()), offering, Ministries::new()).await;
    let (one, other) = (world.gateway(), world.gateway());
    let opened = one.caseworker.open(Birth::of("111").by_mother("r1")).await.unwrap();
    let early = other.caseworker.read(opened.file.id).await.unwrap();
    one.caseworker.idle().await;
    let late = one.caseworker.read(opened.file.id).await.unwrap();
    assert!(early.rows < late.rows, "the other gateway saw the offer");
    let by = Actor::Party { party: Some(crate::country::party("mother")), portal: "portal".to_owned() };
    let member = Some("m1".parse().unwrap());
    let step = casework::name::StepId { service: crate::country::WELCOME.parse().unwrap(), member };
    other.caseworker.give(opened.file.id, Input::Offer { by, step, accepted: true }).await.unwrap();
    other.caseworker.idle().await;
    assert_eq!(world.ministries.effects().get(crate::country::WELCOME), Some(&1));
}
