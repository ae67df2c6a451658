//! What a party does: answers, takes offers, disputes, corrects, withdraws.

use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::answer_questions_request::FactAnswer;
use proto::loket::portal::v1::case::State;
use proto::loket::portal::v1::step::State as StepState;
use tonic::Code;

use crate::ministries::{DOG_TAX, FIRST_VISIT, Ministries, REGISTRATION};
use crate::world::{KEEPER, PARTNER, STRANGER, World, reason, report, report_of_two, step, text};
use gateway::reasons::Reason;

fn answer(fact: &str, value: pb::Value) -> FactAnswer {
    FactAnswer { fact: fact.to_owned(), member: String::new(), value: Some(value) }
}

fn answers(name: &str, answers: Vec<FactAnswer>) -> pb::AnswerQuestionsRequest {
    pb::AnswerQuestionsRequest { name: name.to_owned(), answers, language: "en".to_owned() }
}

fn offered(case: &pb::Case) -> bool {
    step(case, FIRST_VISIT).state() == StepState::Waiting
}

fn asked(case: &pb::Case, fact: &str) -> bool {
    case.questions.iter().any(|question| question.fact == fact)
}

#[tokio::test]
async fn an_offer_is_taken_and_what_a_register_does_not_know_becomes_a_question() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut keeper = world.citizen(KEEPER);
    let case = world.until(KEEPER, &name, offered).await;
    assert_eq!(step(&case, FIRST_VISIT).reason, "It is offered to you: you can accept or decline.");
    assert!(case.summary.contains("You are offered: A first visit to the vet."), "{}", case.summary);
    let offer = pb::AnswerOfferRequest {
        name: name.clone(),
        service: FIRST_VISIT.to_owned(),
        accepted: true,
        ..Default::default()
    };
    keeper.answer_offer(offer.clone()).await.unwrap();
    let status = keeper.answer_offer(offer).await.unwrap_err();
    assert_eq!(reason(&status), Reason::StepNotFound);

    let case = world.until(KEEPER, &name, |case| asked(case, "keeper.vet")).await;
    let question = case.questions.iter().find(|question| question.fact == "keeper.vet").unwrap();
    assert_eq!(question.label, "Who is your vet?");
    assert_eq!(question.r#type, "text");
    assert_eq!(question.reason, "Pet Register has nothing about this.");
    assert_eq!(question.needed_by, [FIRST_VISIT]);
    assert!(case.summary.contains("Who is your vet"), "{}", case.summary);

    let wrong = pb::Value { kind: Some(pb::value::Kind::Bool(true)) };
    for (sent, expected) in [
        (vec![answer("keeper.vet", wrong)], Reason::WrongFactType),
        (vec![answer("keeper.shoe", text("x"))], Reason::UnknownFact),
        (vec![answer("keeper.dog_tax", text("1"))], Reason::FactNotAsked),
        (vec![answer("keeper.number", text(STRANGER))], Reason::FactKnown),
        (vec![], Reason::InvalidRequest),
        (vec![answer("keeper.vet", text("a")), answer("keeper.vet", text("b"))], Reason::WrongFactType),
    ] {
        let status = keeper.answer_questions(answers(&name, sent)).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{status}");
    }
    let case = keeper.answer_questions(answers(&name, vec![answer("keeper.vet", text("Dr. Paw"))])).await;
    assert!(!asked(&case.unwrap().into_inner(), "keeper.vet"));

    let case = world.until(KEEPER, &name, |case| case.state() == State::Completed).await;
    assert_eq!(step(&case, FIRST_VISIT).state(), StepState::Done);
    assert!(case.outcomes.iter().all(|outcome| outcome.settled && outcome.reached));
    assert_eq!(case.summary, "Everything is settled.");
}

#[tokio::test]
async fn an_offer_is_for_the_one_whom_it_concerns() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    world.until(KEEPER, &name, offered).await;
    let partner = world.until(PARTNER, &name, offered).await;
    assert_eq!(step(&partner, FIRST_VISIT).reason, "Waits for another person: Keeper.");
    assert!(
        partner.waiting_for.iter().any(|wait| wait.who == "another party" && wait.service == FIRST_VISIT)
    );
    let offer = pb::AnswerOfferRequest {
        name,
        service: FIRST_VISIT.to_owned(),
        accepted: true,
        ..Default::default()
    };
    let status = world.citizen(PARTNER).answer_offer(offer).await.unwrap_err();
    assert_eq!(reason(&status), Reason::StepNotFound);
}

#[tokio::test]
async fn a_stranger_does_nothing_to_a_case() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut stranger = world.citizen(STRANGER);
    let codes = [
        stranger.answer_questions(answers(&name, vec![answer("keeper.vet", text("x"))])).await.unwrap_err(),
        stranger
            .answer_offer(pb::AnswerOfferRequest {
                name: name.clone(),
                service: FIRST_VISIT.to_owned(),
                ..Default::default()
            })
            .await
            .unwrap_err(),
        stranger
            .dispute_fact(pb::DisputeFactRequest { name: name.clone(), ..Default::default() })
            .await
            .unwrap_err(),
        stranger
            .correct_facts(pb::CorrectFactsRequest { name: name.clone(), ..Default::default() })
            .await
            .unwrap_err(),
        stranger.withdraw_case(pb::WithdrawCaseRequest { name, ..Default::default() }).await.unwrap_err(),
    ];
    for status in codes {
        assert_eq!(reason(&status), Reason::CaseNotFound, "{status}");
    }
}

#[tokio::test]
async fn a_party_disputes_what_they_see_and_corrects_what_they_said() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    let taxed = |case: &pb::Case| case.facts.iter().any(|fact| fact.fact == "keeper.dog_tax");
    world.until(KEEPER, &name, taxed).await;
    let dispute = |fact: &str| pb::DisputeFactRequest {
        name: name.clone(),
        fact: fact.to_owned(),
        proposed: Some(text("1.00")),
        reason: "Too much.".to_owned(),
        ..Default::default()
    };
    let hidden = world.citizen(PARTNER).dispute_fact(dispute("keeper.dog_tax")).await.unwrap_err();
    let unknown = world.citizen(PARTNER).dispute_fact(dispute("keeper.vet")).await.unwrap_err();
    assert_eq!((reason(&hidden), reason(&unknown)), (Reason::UnknownFact, Reason::UnknownFact));
    let case = world.citizen(KEEPER).dispute_fact(dispute("keeper.dog_tax")).await.unwrap().into_inner();
    let fact = case.facts.iter().find(|fact| fact.fact == "keeper.dog_tax").unwrap();
    assert!(fact.disputed);
    let mut unreasoned = dispute("keeper.dog_tax");
    unreasoned.reason = String::new();
    assert_eq!(
        world.citizen(KEEPER).dispute_fact(unreasoned).await.unwrap_err().code(),
        Code::InvalidArgument
    );

    let mut correction = answer("dog.name", text("Bella"));
    correction.member = "m1".to_owned();
    let request = pb::CorrectFactsRequest {
        name: name.clone(),
        facts: vec![correction],
        reason: "A typing error.".to_owned(),
        ..Default::default()
    };
    let status = world.citizen(PARTNER).correct_facts(request.clone()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied, "{status}");
    let case = world.citizen(KEEPER).correct_facts(request).await.unwrap().into_inner();
    let named = case.facts.iter().find(|fact| fact.fact == "dog.name").unwrap();
    assert_eq!((named.value.clone(), named.revision), (Some(text("Bella")), 2));
}

#[tokio::test]
async fn a_withdrawal_says_what_stands() {
    let world = World::with(Ministries::new(&[DOG_TAX], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let registered = |case: &pb::Case| step(case, REGISTRATION).state() == StepState::Done;
    let case = world.until(KEEPER, &name, registered).await;
    assert!(case.withdrawable);
    let request = pb::WithdrawCaseRequest {
        name: name.clone(),
        reason: "It ran away.".to_owned(),
        ..Default::default()
    };
    let case = world.citizen(KEEPER).withdraw_case(request.clone()).await.unwrap().into_inner();
    assert!(!case.withdrawable);
    let stands = |case: &pb::Case| step(case, REGISTRATION).state() == StepState::Stands;
    let case = world.until(KEEPER, &name, stands).await;
    assert_eq!(step(&case, REGISTRATION).reason, "Stays as it is: what has been reported stays reported.");
    let status = world.citizen(KEEPER).withdraw_case(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::CannotWithdraw);
}

#[tokio::test]
async fn only_who_opened_a_case_withdraws_it() {
    let world = World::with(Ministries::new(&[DOG_TAX], false)).await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    let partner = world.until(PARTNER, &name, |_| true).await;
    assert!(!partner.withdrawable);
    let request = pb::WithdrawCaseRequest { name, ..Default::default() };
    let status = world.citizen(PARTNER).withdraw_case(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied);
}

#[tokio::test]
async fn who_is_waited_for_is_told_with_since_when_and_a_dispute_has_an_owner() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    world.until(KEEPER, &name, offered).await;
    let offer = pb::AnswerOfferRequest {
        name: name.clone(),
        service: FIRST_VISIT.to_owned(),
        accepted: true,
        ..Default::default()
    };
    world.citizen(KEEPER).answer_offer(offer).await.unwrap();
    world.until(KEEPER, &name, |case| asked(case, "keeper.vet")).await;
    let waits = |case: &pb::Case| case.waiting_for.iter().any(|wait| wait.service == FIRST_VISIT);
    let partner = world.until(PARTNER, &name, waits).await;
    let wait = partner.waiting_for.iter().find(|wait| wait.service == FIRST_VISIT).unwrap();
    assert_eq!(wait.who, "another party");
    let opened = partner.create_time.unwrap().seconds;
    assert!(wait.since.is_some_and(|since| since.seconds >= opened), "{wait:?}");
    assert!(partner.summary.contains("Waits for another party since"), "{}", partner.summary);
    assert!(!partner.summary.contains("1970"), "{}", partner.summary);
    world
        .citizen(KEEPER)
        .answer_questions(answers(&name, vec![answer("keeper.vet", text("Dr. Paw"))]))
        .await
        .unwrap();
    world.until(KEEPER, &name, |case| case.state() == State::Completed).await;

    let dispute = pb::DisputeFactRequest {
        name: name.clone(),
        fact: "keeper.dog_tax".to_owned(),
        reason: "Too much.".to_owned(),
        ..Default::default()
    };
    let case = world.citizen(KEEPER).dispute_fact(dispute).await.unwrap().into_inner();
    assert_eq!(case.state(), State::Open);
    let owners: Vec<_> =
        case.waiting_for.iter().map(|wait| (wait.who.as_str(), wait.service.as_str())).collect();
    assert_eq!(owners, [("tax-office", "")]);
    assert!(case.waiting_for[0].reason.contains("said not to be right"), "{:?}", case.waiting_for);
    assert!(case.summary.starts_with("Waits for Tax Office since"), "{}", case.summary);
    let partner = world.until(PARTNER, &name, |case| case.state() == State::Open).await;
    assert_eq!(partner.waiting_for[0].who, "tax-office");
    assert!(!partner.waiting_for[0].reason.contains("tax"), "{:?}", partner.waiting_for);
}
