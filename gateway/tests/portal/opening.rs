//! Opening: one request one case, one happening one case, and what is refused.

use proto::loket::operations::v1 as ops;
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::step::State;
use tonic::Code;

use crate::ministries::{Ministries, REGISTRATION};
use crate::world::{
    KEEPER, PARTNER, STRANGER, World, dog, opening, reason, report, report_of_two, step, text, unnumbered,
};
use gateway::issuer::TokenRole;
use gateway::reasons::{Reason, Refusal};

#[tokio::test]
async fn an_accept_is_a_receipt_and_a_repeat_is_the_same_case() {
    let world = World::start().await;
    let opened = world.open("r-1", report()).await;
    let case = opened.case.unwrap();
    assert!(!opened.replayed && !opened.attached);
    assert_eq!(case.title, "Keeping a dog");
    assert!(case.facts.is_empty(), "the answer to a report reads no facts");
    let receipt = opened.receipt.unwrap();
    assert_eq!((receipt.number, receipt.durability.as_str()), (1, "memory"));
    assert!(receipt.receive_time.is_some());

    let again = world.open("r-1", report()).await;
    assert!(again.replayed);
    assert_eq!(again.case.unwrap().name, case.name);

    let mut other = report();
    other.members.push(dog("chip-2", "Rex"));
    let status = world.citizen(KEEPER).open_case(opening("r-1", other)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, Reason::RequestConflict));
    assert_eq!(Refusal::of(&status).metadata, [("case".to_owned(), case.name)]);
}

#[tokio::test]
async fn the_same_happening_reported_by_two_is_one_case_with_two_receipts() {
    let world = World::start().await;
    let first = world.open("r-1", report_of_two()).await;
    let mut by_partner = report_of_two();
    by_partner.role = "partner".to_owned();
    let second = world.citizen(PARTNER).open_case(opening("r-1", by_partner)).await.unwrap().into_inner();
    assert!(second.attached && !second.replayed);
    let (first, second_case) = (first.case.unwrap(), second.case.unwrap());
    assert_eq!(first.name, second_case.name);
    assert_eq!(second.receipt.unwrap().number, 2);
    assert_eq!(second_case.receipts.len(), 1, "the partner sees their own receipt alone");
}

#[tokio::test]
async fn who_claims_a_part_that_nobody_names_them_for_sees_their_receipt_and_nothing_else() {
    let world = World::start().await;
    let opened = world.open("r-1", report()).await;
    let name = opened.case.unwrap().name;
    let mut claim = report();
    claim.role = "partner".to_owned();
    let second = world.citizen(STRANGER).open_case(opening("r-1", claim)).await.unwrap().into_inner();
    assert!(second.attached);
    let told = second.case.unwrap();
    assert_eq!(told.name, name);
    assert_eq!(second.receipt.unwrap().number, 2);
    let get = pb::GetCaseRequest { name: name.clone(), ..Default::default() };
    let seen = world.citizen(STRANGER).get_case(get.clone()).await.unwrap().into_inner();
    for case in [&told, &seen] {
        assert_eq!(case.receipts.iter().map(|receipt| receipt.number).collect::<Vec<_>>(), [2]);
        assert!(case.steps.is_empty() && case.facts.is_empty() && case.questions.is_empty());
        assert!(case.outcomes.is_empty() && case.waiting_for.is_empty() && !case.withdrawable);
        assert!(case.summary.starts_with("Your report was received"), "{}", case.summary);
    }
    let watch = pb::WatchCaseRequest { name: name.clone(), ..Default::default() };
    let mut watch = world.citizen(STRANGER).watch_case(watch).await.unwrap().into_inner();
    let change = watch.message().await.unwrap().unwrap();
    let kinds: Vec<_> = change.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["reported"]);
    let list = pb::ListDisclosuresRequest { parent: name.clone(), ..Default::default() };
    let accesses = world.citizen(STRANGER).list_disclosures(list).await.unwrap().into_inner();
    assert!(accesses.disclosures.is_empty());
    let withdraw = pb::WithdrawCaseRequest { name: name.clone(), ..Default::default() };
    let status = world.citizen(STRANGER).withdraw_case(withdraw).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied, "{status}");

    // Whom the keeper names is a party.
    let named = pb::AnswerQuestionsRequest {
        name: name.clone(),
        answers: vec![pb::answer_questions_request::FactAnswer {
            fact: "partner.number".to_owned(),
            value: Some(text(STRANGER)),
            ..Default::default()
        }],
        ..Default::default()
    };
    world.citizen(KEEPER).answer_questions(named).await.unwrap();
    let seen = world.citizen(STRANGER).get_case(get).await.unwrap().into_inner();
    assert!(!seen.steps.is_empty());
    assert_eq!(seen.receipts.len(), 1, "their own receipt is still theirs");
}

#[tokio::test]
async fn two_members_of_one_report_that_are_the_same_are_both_named() {
    let world = World::start().await;
    let mut twice = report();
    twice.members.push(dog("chip-1", "Rex"));
    let status = world.citizen(KEEPER).open_case(opening("r-1", twice)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::InvalidRequest));
    let fields: Vec<_> = Refusal::of(&status).fields.into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["report.facts.dog[0]", "report.facts.dog[1]"]);
}

#[tokio::test]
async fn each_bad_report_is_told_what_is_wrong() {
    let world = World::start().await;
    let fact = |name: &str, value: &str| {
        let mut report = report();
        report.facts.insert(name.to_owned(), text(value));
        report
    };
    let mut lacking = report();
    lacking.facts.remove("keeping.since");
    let mut nobody = report();
    nobody.role = "dog".to_owned();
    for (report, expected, part) in [
        (fact("keeping.since", "yesterday"), Reason::WrongFactType, "keeping.since"),
        (fact("keeper.shoe_size", "43"), Reason::UnknownFact, "keeper.shoe_size"),
        (fact("keeper.dog_tax", "1.00"), Reason::FactNotAsked, "keeper.dog_tax"),
        (fact("keeper.number", STRANGER), Reason::PermissionDenied, "keeper.number"),
        (lacking, Reason::FactsMissing, "keeping.since"),
        (nobody, Reason::InvalidRequest, "`keeper` or `partner`"),
    ] {
        let status = world.citizen(KEEPER).open_case(opening("r-1", report)).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{status}");
        assert!(format!("{status:?}").contains(part), "{status:?}");
        assert!(!status.message().contains("yesterday"), "{status}");
    }
    for id in ["", "x\u{7}", &"x".repeat(65)] {
        let status = world.citizen(KEEPER).open_case(opening(id, report())).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::InvalidRequest));
    }
    assert!(world.ministries.calls().is_empty());
}

#[tokio::test]
async fn a_life_event_that_cannot_be_reported_is_named() {
    let world = World::start().await;
    for (name, code, expected) in [
        ("lifeEvents/cat", Code::FailedPrecondition, Reason::LifeEventNotOpen),
        ("lifeEvents/goldfish", Code::NotFound, Reason::LifeEventNotFound),
        ("lifeEvents/Gold Fish", Code::InvalidArgument, Reason::InvalidRequest),
    ] {
        let request = pb::OpenCaseRequest {
            life_event: name.to_owned(),
            ..opening("r-1", pb::Report { members: Vec::new(), ..report() })
        };
        let status = world.citizen(KEEPER).open_case(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (code, expected), "{status}");
    }
}

#[tokio::test]
async fn a_weak_login_cannot_say_what_takes_a_strong_one() {
    let world = World::start().await;
    let weak = TokenRole::Citizen {
        subject: "s".to_owned(),
        person: Some(KEEPER.to_owned()),
        assurance: casework::dictionary::Assurance::Low,
        portal: "web".to_owned(),
    };
    let status = world.cases(weak).open_case(opening("r-1", report())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, Reason::AssuranceTooLow));
}

#[tokio::test]
async fn the_part_and_the_number_come_from_the_token_where_they_are_not_said() {
    let world = World::start().await;
    let mut bare = report();
    bare.role = String::new();
    let opened = world.open("r-1", bare).await;
    let name = opened.case.unwrap().name;
    assert!(world.citizen(KEEPER).get_case(pb::GetCaseRequest { name, ..Default::default() }).await.is_ok());

    let mut unsaid = report();
    unsaid.facts.remove("keeper.number");
    unsaid.facts.insert("keeping.since".to_owned(), text("2026-11-01"));
    assert!(world.citizen(KEEPER).open_case(opening("r-2", unsaid)).await.is_ok());
}

#[tokio::test]
async fn a_partner_without_a_number_finds_their_case_again() {
    let world = World::start().await;
    let mut by_partner = report();
    by_partner.role = "partner".to_owned();
    let mut partner = world.cases(unnumbered("p-1"));
    let opened = partner.open_case(opening("r-1", by_partner)).await.unwrap().into_inner();
    let name = opened.case.unwrap().name;
    let request = pb::GetCaseRequest { name: name.clone(), ..Default::default() };
    assert_eq!(partner.get_case(request.clone()).await.unwrap().into_inner().name, name);
    let listed = partner.list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.cases.len(), 1);
    let status = world.cases(unnumbered("p-2")).get_case(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

fn waiting(request_id: &str, wait: prost_types::Duration) -> pb::OpenCaseRequest {
    pb::OpenCaseRequest { wait: Some(wait), ..opening(request_id, report()) }
}

fn state(opened: &pb::OpenCaseResponse, service: &str) -> State {
    step(opened.case.as_ref().unwrap(), service).state()
}

#[tokio::test]
async fn an_answer_may_be_held_back_until_the_case_rests() {
    let world = World::with(Ministries::new(&[REGISTRATION], false)).await;
    let moment = prost_types::Duration { seconds: 0, nanos: 50_000_000 };
    let late = world.citizen(KEEPER).open_case(waiting("r-1", moment)).await.unwrap().into_inner();
    assert_eq!(state(&late, REGISTRATION), State::Calling, "the time was over first");

    // The same request, while somebody else is at the case: it waits as well.
    let long = prost_types::Duration { seconds: 15, nanos: 0 };
    let mut citizen = world.citizen(KEEPER);
    let again = tokio::spawn(async move { citizen.open_case(waiting("r-1", long)).await });
    tokio::task::yield_now().await;
    world.ministries.release(REGISTRATION);
    let again = again.await.unwrap().unwrap().into_inner();
    assert!(again.replayed, "how long to wait is no part of what was said");
    assert_eq!(state(&again, REGISTRATION), State::Done);
    assert!(again.case.unwrap().facts.is_empty(), "the answer to a report reads no facts");

    let rested = World::start().await;
    let rested = rested.citizen(KEEPER).open_case(waiting("r-2", long)).await.unwrap().into_inner();
    assert!(rested.case.unwrap().steps.iter().all(|step| step.state() != State::Calling));

    let never = prost_types::Duration { seconds: -1, nanos: 0 };
    let status = world.citizen(KEEPER).open_case(waiting("r-3", never)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::InvalidRequest));
}

#[tokio::test]
async fn an_operator_upholds_a_claim_that_waits_for_a_person() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut claim = report();
    claim.role = "partner".to_owned();
    world.citizen(STRANGER).open_case(opening("r-1", claim)).await.unwrap();
    let mut operations = world.operations();
    let seen = operations.get_case(ops::GetCaseRequest { name: name.clone() }).await.unwrap().into_inner();
    let waits = |case: &pb::Case| case.waiting_for.iter().any(|wait| wait.reason.starts_with("Receipt 2:"));
    assert!(waits(&seen), "{:?}", seen.waiting_for);
    let get = pb::GetCaseRequest { name: name.clone(), ..Default::default() };
    let keeper = world.citizen(KEEPER).get_case(get).await.unwrap().into_inner();
    assert!(!waits(&keeper), "it is the counter's matter");
    let decide = |receipt, reason: &str| ops::DecideClaimRequest {
        name: name.clone(),
        receipt,
        reason: reason.to_owned(),
        upheld: true,
    };
    assert_eq!(operations.decide_claim(decide(2, "")).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(operations.decide_claim(decide(9, "shown")).await.unwrap_err().code(), Code::NotFound);
    let upheld = operations.decide_claim(decide(2, "They showed the papers.")).await.unwrap().into_inner();
    assert!(!waits(&upheld), "{:?}", upheld.waiting_for);
    let get = pb::GetCaseRequest { name, ..Default::default() };
    let stranger = world.citizen(STRANGER).get_case(get).await.unwrap().into_inner();
    assert!(!stranger.steps.is_empty(), "they are a party now");
}
