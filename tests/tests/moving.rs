//! Moving house: a family of five of whom two stay.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use agency_kit::synthetic;
use proto::loket::portal::v1::step::State;
use proto::loket::portal::v1::{AnswerOfferRequest, Report};
use tests::counter::Counter;
use tests::report::{completed, open, report, step, text, tree, until};

const EVA: &str = "999000003";
const LOTTE: &str = "999000005";
const MILA: &str = "999000007";

/// A dwelling of Westerveen where nobody lives yet.
fn empty_dwelling() -> synthetic::Home {
    let inhabited: Vec<_> = synthetic::population().into_iter().map(|it| it.home).collect();
    synthetic::dwellings()
        .into_iter()
        .find(|it| it.municipality == "westerveen" && !inhabited.contains(it))
        .expect("a dwelling to move to")
}

fn move_of(movers: &[&str]) -> Report {
    let home = empty_dwelling();
    let facts = [
        ("declarant.number", text(EVA)),
        ("move.date", text(&today())),
        ("new_home.postal_code", text(&home.postal_code)),
        ("new_home.house_number", text(&home.house_number.to_string())),
    ];
    let numbers: Vec<Vec<_>> = movers.iter().map(|it| vec![("mover.number", text(it))]).collect();
    let members: Vec<(&str, &[_])> = numbers.iter().map(|it| ("mover", it.as_slice())).collect();
    report("declarant", &facts, &members)
}

fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    casework::time::Instant(i64::try_from(now.as_millis()).unwrap()).to_string()[..10].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_five_move_and_the_two_who_stay_are_looked_at_again() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let mut eva = counter.cases(EVA).await;
    let request = open("moving-1", "moving", move_of(&[EVA, LOTTE, MILA]));
    let name = eva.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut eva, &name, |case| {
        completed(case) && step(case, "tax-allowances/rent-allowance-recheck", "m1") == Some(State::Waiting)
    })
    .await;
    for member in ["m1", "m2", "m3"] {
        for service in
            ["population-register/move-registration", "municipality/departure", "municipality/arrival"]
        {
            assert_eq!(
                step(&case, service, member),
                Some(State::Done),
                "{service} {member}\n{}",
                tree(&case)
            );
        }
    }
    for member in ["m1", "m2"] {
        assert_eq!(
            step(&case, "tax-allowances/household-recheck", member),
            Some(State::Done),
            "{}",
            tree(&case)
        );
    }
    assert_eq!(step(&case, "tax-allowances/household-recheck", "m3"), None, "two stay: Daan and Bram");
    assert_eq!(step(&case, "vehicles/licence-address", "m1"), Some(State::Done), "{}", tree(&case));
    assert_eq!(step(&case, "vehicles/licence-address", "m2"), Some(State::Skipped), "Lotte drives nothing");
    assert_eq!(
        step(&case, "vehicles/holder-address", "m1"),
        Some(State::Done),
        "Eva's car moves along\n{}",
        tree(&case)
    );
    assert_eq!(
        step(&case, "tax-allowances/rent-allowance-recheck", "m2"),
        Some(State::Skipped),
        "Lotte is a minor or not asked"
    );

    let offer = AnswerOfferRequest {
        name: name.clone(),
        service: "tax-allowances/rent-allowance-recheck".to_owned(),
        member: "m1".to_owned(),
        accepted: true,
        language: "en".to_owned(),
    };
    eva.answer_offer(offer).await.unwrap();
    until(&mut eva, &name, |case| {
        matches!(
            step(case, "tax-allowances/rent-allowance-recheck", "m1"),
            Some(State::Done | State::Refused)
        )
    })
    .await;
}
