//! The case as text: what operators read.

use casework::condition::Condition;
use casework::entry::DecisionResult;
use casework::explain::explain;
use casework::input::{Answer, Input, Steering};
use casework::service::{Bearer, Mode, ReversalKind};
use casework::value::Value;

use crate::country::{Country, fact, role_of, service};
use crate::story::{Story, by, in_doubt, key, not_done, officer, opening, report, text};

fn told(story: &Story) -> String {
    explain(&story.country.rules(), &story.case, story.now)
}

fn birth() -> Story {
    let services = [
        service("population/record").reads().needs("mother.number").gives("mother.name"),
        service("civil/record")
            .duty()
            .term(Bearer::Party, "P3D", Some("event.date"))
            .reversed_by("civil/correction", ReversalKind::Correction)
            .needs("child.given")
            .can_use("mother.name")
            .gives("child.record"),
        service("civil/correction").reversal(),
        service("population/number").guarded().needs("child.record").gives("child.code"),
        service("benefits/child")
            .non_essential()
            .when(Condition::Holds(fact("mother.is_member")))
            .needs("child.code")
            .gives("child.benefit"),
        service("insurance/policy").unguarded().needs("child.code").gives("child.policy"),
        service("youth/visit").mode(Mode::Offer).needs("child.record").gives("child.visit"),
        service("city/welcome").mode(Mode::Inform).needs("child.record"),
        service("tax/notice").competence("home.place").needs("child.code").gives("mother.notice"),
    ];
    let asked = ["child.given", "mother.is_member", "home.place"];
    let country = Country::of(services, &["child.record", "child.policy"], &asked).unwrap();
    let children: [&[(&str, Value)]; 2] =
        [&[("child.given", text("Anna"))], &[("child.given", text("Berta"))]];
    Story::of(country, opening(report(&[("mother.is_member", Value::Bool(false))], &children)))
}

#[test]
fn a_case_that_begins() {
    insta::assert_snapshot!(told(&birth()));
}

#[test]
fn a_case_on_its_way() {
    let mut story = birth();
    story.done("population/record", &[("mother.name", text("Maria"))]);
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.answer("civil/record[m2]", not_done()).unwrap();
    story
        .answer(
            "population/number[m1]",
            Answer::Done { gifts: crate::story::gifts(&[("child.code", text("1"))]), decision: None },
        )
        .unwrap();
    story.answer("insurance/policy[m1]", in_doubt()).unwrap();
    story.pass(1_000);
    insta::assert_snapshot!(told(&story));
}

#[test]
fn a_case_in_trouble() {
    let mut story = birth();
    story.country.offers.0.clear();
    story.answer("population/record", Answer::Breach { what: "answers with html".to_owned() }).unwrap();
    story
        .input(Input::Dispute {
            by: by("mother"),
            key: key("child.given[m1]"),
            proposed: None,
            reason: "no".to_owned(),
        })
        .unwrap();
    let mut again = report(&[], &[]);
    again.reporter = Some(crate::story::party("father"));
    let third = crate::story::facts(&[("child.order", Value::Integer(3))]);
    again.members.insert(role_of("child"), vec![third]);
    let request = "request-2".to_owned();
    story.input(Input::Report { by: by("father"), report: again, request, person: None }).unwrap();
    insta::assert_snapshot!(told(&story));
}

#[test]
fn a_case_that_completed() {
    let mut story = birth();
    story.decides("population/record", DecisionResult::NotApplicable, &[]);
    story.decides("civil/record[m1]", DecisionResult::Refused, &[]);
    story.decides("civil/record[m2]", DecisionResult::Refused, &[]);
    insta::assert_snapshot!(told(&story));
}

#[test]
fn a_case_that_was_withdrawn() {
    let mut story = birth();
    story.done("population/record", &[("mother.name", text("Maria"))]);
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.withdraws().unwrap();
    insta::assert_snapshot!("being withdrawn", told(&story));
    story.wait();
    for step in ["civil/record[m2]", "population/number[m1]"] {
        if story.is(step) == "reversing" {
            story.answer(step, Answer::Undone).unwrap();
        }
    }
    insta::assert_snapshot!("withdrawn", told(&story));
}

#[test]
fn a_case_held_for_a_person() {
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.perhaps_same = vec![crate::story::other_case("L-0")];
    let mut story = Story::of(birth().country, asked);
    assert!(story.steer(officer("civil"), "civil/record[m1]", Steering::Retry).is_err());
    insta::assert_snapshot!(told(&story));
}

#[test]
fn no_value_of_a_fact_is_in_it() {
    let mut story = birth();
    story.done("population/record", &[("mother.name", text("Maria"))]);
    for secret in ["Anna", "Berta", "Maria", "mother-1"] {
        assert!(!told(&story).contains(secret), "{secret} is told");
    }
}
