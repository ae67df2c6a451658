//! A birth that mother and father tell with days two days apart: two cases, until somebody of the counter finds them to be
//! one. Then there is one, with both reports, and every ministry did its part once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use casework::dictionary::Assurance;
use gateway::issuer::TokenRole;
use proto::loket::operations::v1::{ExplainCaseRequest, GetCaseRequest};
use proto::loket::portal::v1::answer_questions_request::FactAnswer;
use proto::loket::portal::v1::case::State;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::{
    AnswerQuestionsRequest, GetCaseRequest as GetOwnRequest, OpenCaseResponse, Report, WatchCaseRequest,
};
use tests::births::{birth, days_ago, mothers};
use tests::counter::{Authorised, Counter, channel};
use tests::ledgers::Ledgers;
use tests::redis::Redis;
use tests::report::{completed, open, text, tree, until};

/// Whoever watches the case sees it end, and which one goes on.
async fn names_the_other(client: &mut CaseServiceClient<Authorised>, later: &str, earlier: &str) {
    let watch = WatchCaseRequest { name: later.to_owned(), after: 0, language: "en".to_owned() };
    let mut changes = client.watch_case(watch).await.unwrap().into_inner();
    let mut last = None;
    while let Some(change) = changes.message().await.unwrap() {
        last = change.case.or(last);
    }
    let ended = last.unwrap();
    assert_eq!((ended.state(), ended.joined_to.as_str()), (State::Withdrawn, earlier), "{}", tree(&ended));
}

async fn two_cases_become_one(store: &[&str]) {
    let counter = Counter::open(&[&["--no-sample"], store].concat()).await;
    let public = channel(counter.public).await;
    let mother = mothers().remove(0);
    let father = mother.married_to.clone().unwrap();
    let role = TokenRole::Citizen {
        subject: format!("somebody-{father}"),
        person: Some(father.clone()),
        assurance: Assurance::High,
        portal: "another-portal".to_owned(),
    };
    let mut mothers_portal = counter.cases_by(public.clone(), &mother.number);
    let mut fathers_portal = CaseServiceClient::with_interceptor(public, counter.token(role));
    let name = |answer: &OpenCaseResponse| answer.case.as_ref().unwrap().name.clone();

    let request = open("hers", "birth", birth(&mother, &days_ago(0), &["Mila"]));
    let earlier = name(&mothers_portal.open_case(request).await.unwrap().into_inner());
    let his = Report { role: "second_parent".to_owned(), ..birth(&mother, &days_ago(2), &["Mila"]) };
    let his = open("his", "birth", his);
    let later = fathers_portal.open_case(his.clone()).await.unwrap().into_inner();
    assert!(!later.attached && later.case.as_ref().unwrap().state() == State::NeedsPerson, "{later:?}");
    let later = name(&later);
    assert_ne!(earlier, later);
    // One has run to its end before anybody looks at the other.
    until(&mut mothers_portal, &earlier, completed).await;

    let elsewhere = ["case", "same", &later, "--yes", "--with", "LK-22222-22222", "--reason", "one child"];
    assert!(!counter.loket(&elsewhere).status.success(), "it resembles no such case");
    for _ in 0..2 {
        let decided = counter.loket(&["case", "same", &later, "--yes", "--reason", "one child"]);
        let (said, complained) =
            (String::from_utf8_lossy(&decided.stdout), String::from_utf8_lossy(&decided.stderr));
        assert!(decided.status.success(), "{complained}");
        assert!(said.contains(&earlier), "{said}");
    }

    names_the_other(&mut fathers_portal, &later, &earlier).await;
    // Sent again, his report is found where it is now; he sees what he would had he joined that case.
    let replayed = fathers_portal.open_case(his).await.unwrap().into_inner();
    assert_eq!((replayed.replayed, replayed.receipt.as_ref().unwrap().number), (true, 2));
    assert_eq!(name(&replayed), earlier);
    tests::report::listed(&mut fathers_portal, &earlier).await;
    let own = GetOwnRequest { name: earlier.clone(), language: "en".to_owned() };
    let seen = fathers_portal.get_case(own).await.unwrap().into_inner();
    assert_eq!(seen.receipts.iter().map(|receipt| receipt.number).collect::<Vec<_>>(), [2]);

    // They differ about the day: she, who said it first, says what holds.
    let date =
        FactAnswer { fact: "birth.date".to_owned(), member: String::new(), value: Some(text(&days_ago(0))) };
    let answer =
        AnswerQuestionsRequest { name: earlier.clone(), answers: vec![date], language: "en".to_owned() };
    mothers_portal.answer_questions(answer).await.unwrap();
    until(&mut mothers_portal, &earlier, completed).await;
    let mut operator = counter.case_operations().await;
    let case = operator.get_case(GetCaseRequest { name: earlier.clone() }).await.unwrap().into_inner();
    assert_eq!((case.state(), case.receipts.len()), (State::Completed, 2), "{}", tree(&case));
    let explained =
        operator.explain_case(ExplainCaseRequest { name: later }).await.unwrap().into_inner().text;
    assert!(explained.contains(&format!("the same as {}", case.reference)), "{explained}");
    let ledgers = Ledgers::read(counter.close().path());
    ledgers.agree_with(std::slice::from_ref(&case));
    ledgers.hold_children(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cases_of_one_birth_become_one_on_the_embedded_store() {
    two_cases_become_one(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cases_of_one_birth_become_one_on_redis() {
    let redis = Redis::start();
    two_cases_become_one(&["--store", &redis.address()]).await;
}
