//! Why a step does not run, and when it runs after all.

use casework::case::CaseState;
use casework::condition::Condition;
use casework::entry::{DecisionResult, SkipReason};
use casework::input::{Given, Input};
use casework::service::Mode;
use casework::value::Value;
use std::collections::BTreeMap;

use crate::country::{Country, fact, service};
use crate::story::{Story, by, id, key, officer, text};

fn holds(name: &str) -> Condition {
    Condition::Holds(fact(name))
}

#[test]
fn a_condition_that_is_false_skips_the_step_and_names_its_facts() {
    let services = [
        service("benefits/bonus")
            .when(holds("mother.is_member"))
            .needs("mother.number")
            .gives("mother.bonus"),
        service("civil/record").needs("mother.number").gives("mother.record"),
    ];
    let country = Country::of(services, &["mother.record"], &["mother.is_member"]).unwrap();
    let mut story = Story::with(country, &[("mother.is_member", Value::Bool(false))]);
    let facts = vec![fact("mother.is_member")];
    assert_eq!(*story.skipped("benefits/bonus"), SkipReason::Condition { facts });
    story.done("civil/record", &[("mother.record", text("R1"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn a_condition_over_what_a_service_gives_waits_for_it() {
    let services = [
        service("register/member").reads().needs("mother.number").gives("mother.is_member"),
        service("benefits/bonus")
            .when(holds("mother.is_member"))
            .needs("mother.number")
            .gives("mother.bonus"),
    ];
    let country = Country::of(services, &["mother.bonus"], &[]).unwrap();
    let mut story = Story::with(country, &[]);
    assert_eq!(story.is("benefits/bonus"), "not due");
    story.done("register/member", &[("mother.is_member", Value::Bool(true))]);
    assert_eq!(story.is("benefits/bonus"), "calling");
}

#[test]
fn a_step_whose_giver_refused_is_skipped_and_the_refusal_reverses_nobody() {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("benefits/grant").needs("mother.record").gives("mother.grant"),
        service("post/letter").needs("mother.grant").gives("mother.letter"),
    ];
    let country = Country::of(services, &["mother.letter"], &[]).unwrap();
    let mut story = Story::with(country, &[]);
    story.done("civil/record", &[("mother.record", text("R1"))]);
    story.decides("benefits/grant", DecisionResult::Refused, &[("mother.grant", text("never given"))]);
    assert_eq!(story.is("benefits/grant"), "refused");
    assert_eq!(story.known("mother.grant"), None, "a refusal gives nothing");
    let giver = Some(id("benefits/grant"));
    assert_eq!(*story.skipped("post/letter"), SkipReason::Missing { fact: key("mother.grant"), giver });
    assert_eq!(story.is("civil/record"), "done");
    assert_eq!(story.case.state, CaseState::Completed, "decided, though not as hoped");
    assert!(!story.case.outcomes.values().any(|reached| *reached));
}

#[test]
fn a_law_that_does_not_apply_gives_nothing_and_is_no_refusal() {
    let services = [
        service("benefits/grant").needs("mother.number").gives("mother.grant"),
        service("post/letter").needs("mother.grant").gives("mother.letter"),
    ];
    let country = Country::of(services, &["mother.letter"], &[]).unwrap();
    let mut story = Story::with(country, &[]);
    story.decides("benefits/grant", DecisionResult::NotApplicable, &[]);
    assert_eq!(story.is("benefits/grant"), "done");
    assert!(matches!(story.skipped("post/letter"), SkipReason::Missing { .. }));
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_its_source_says_does_not_exist_holds_up_an_essential_step_and_skips_another() {
    let country = |essential: bool| {
        let letter = service("post/letter").needs("mother.address").gives("mother.letter");
        let letter = if essential { letter } else { letter.non_essential() };
        let services =
            [service("register/record").reads().needs("mother.number").gives("mother.address"), letter];
        Country::of(services, &["mother.address"], &[]).unwrap()
    };
    let mut story = Story::with(country(false), &[]);
    story.done("register/record", &[]);
    assert!(matches!(story.skipped("post/letter"), SkipReason::Missing { .. }));
    assert_eq!(story.case.state, CaseState::Completed);

    let mut story = Story::with(country(true), &[]);
    story.done("register/record", &[]);
    assert_eq!(story.is("post/letter"), "waiting");
    assert_eq!(story.case.state, CaseState::Open);
    let since = story.step("post/letter").since;
    assert!(story.pass(60_000).is_empty(), "it waits since it waits");
    assert_eq!(story.step("post/letter").since, since);
    story.corrects(officer("register"), &[("mother.address", text("Street 1"))]).unwrap();
    assert_eq!(story.is("post/letter"), "calling", "its source knew better");
}

#[test]
fn what_nobody_gives_and_the_party_says_does_not_exist_is_gone_without_where_it_can_be() {
    let services = [
        service("post/letter").needs("mother.number").can_use("mother.second").gives("mother.letter"),
        service("post/card").non_essential().needs("mother.second").gives("mother.card"),
    ];
    let country = Country::of(services, &["mother.letter"], &["mother.second"]).unwrap();
    let mut asked = crate::story::opening(crate::story::report(&[], &[&[]]));
    asked.report.facts.insert(fact("mother.second"), Given::Absent);
    let story = Story::of(country, asked);
    assert_eq!(story.is("post/letter"), "calling");
    assert_eq!(story.duty("post/letter").request.len(), 1, "the field is left out");
    assert!(matches!(story.skipped("post/card"), SkipReason::Missing { giver: None, .. }));
}

#[test]
fn of_two_givers_the_first_that_applies_wins() {
    let country = || {
        let services = [
            service("notary/will").reads().needs("mother.number").gives("event.heir"),
            service("court/heir").after("notary/will").needs("mother.number").gives("event.heir"),
            service("bank/account").needs("event.heir").gives("event.closed"),
        ];
        Country::of(services, &["event.closed"], &[]).unwrap()
    };
    let mut story = Story::with(country(), &[]);
    assert_eq!(story.is("court/heir"), "not due");
    story.done("notary/will", &[("event.heir", text("Anna"))]);
    assert_eq!(*story.skipped("court/heir"), SkipReason::Given { by: id("notary/will") });
    assert_eq!(story.is("bank/account"), "calling");

    let mut story = Story::with(country(), &[]);
    story.done("notary/will", &[]);
    assert_eq!(story.is("bank/account"), "not due", "the court may know");
    story.done("court/heir", &[("event.heir", text("Berta"))]);
    assert_eq!(story.is("bank/account"), "calling");
    assert_eq!(story.known("event.heir"), Some(text("Berta")));
}

#[test]
fn a_service_that_only_informs_is_told_of_and_never_called() {
    let services = [
        service("city/welcome").mode(Mode::Inform).needs("mother.name"),
        service("civil/record").needs("mother.number").gives("mother.record"),
    ];
    let country = Country::of(services, &["mother.record"], &["mother.name"]).unwrap();
    let story = Story::with(country, &[]);
    assert_eq!(*story.skipped("city/welcome"), SkipReason::Informed);
    assert_eq!(story.duties().len(), 1);
}

#[test]
fn a_step_skipped_for_want_of_a_fact_runs_once_the_fact_is_known() {
    let services = [
        service("post/card").non_essential().needs("mother.second").gives("mother.card"),
        service("post/letter").needs("mother.number").gives("mother.letter"),
    ];
    let country = Country::of(services, &["mother.letter"], &["mother.second"]).unwrap();
    let mut asked = crate::story::opening(crate::story::report(&[], &[&[]]));
    asked.report.facts.insert(fact("mother.second"), Given::Unknown);
    let mut story = Story::of(country, asked);
    assert!(matches!(story.skipped("post/card"), SkipReason::Missing { .. }));
    story.done("post/letter", &[("mother.letter", text("L"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    let facts = BTreeMap::from([(key("mother.second"), Given::Value(text("Maria")))]);
    story.input(Input::Answers { by: by("mother"), facts }).unwrap();
    assert_eq!(story.is("post/card"), "calling");
    assert_eq!(story.case.state, CaseState::Open, "completed is no end");
    story.done("post/card", &[("mother.card", text("C"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_the_law_wants_first_comes_first_though_no_fact_asks_for_it() {
    let services = [
        service("civil/death").needs("mother.number").gives("event.record"),
        service("benefits/stop").after("civil/death").needs("mother.number").gives("mother.stopped"),
    ];
    let country = Country::of(services, &["mother.stopped"], &[]).unwrap();
    let mut story = Story::with(country, &[]);
    assert_eq!(story.is("benefits/stop"), "not due");
    story.decides("civil/death", DecisionResult::Refused, &[]);
    assert_eq!(story.is("benefits/stop"), "calling", "an order is no need");
}

#[test]
fn a_refusal_stops_what_needs_its_gift_and_nobody_is_asked_for_what_it_would_have_given() {
    let services = [
        service("civil/record").needs("child.given").gives("child.record").gives("child.date"),
        service("register/number").needs("child.record").gives("child.number"),
        service("bank/benefit").needs("child.number").needs("child.date").gives("child.benefit"),
        service("post/letter").can_use("child.number").needs("child.given").gives("child.letter"),
    ];
    // The date and the number of a person may be asked: of others.
    let asked = ["child.given", "child.date", "child.number"];
    let outcomes = ["child.record", "child.number", "child.benefit"];
    let country = Country::of(services, &outcomes, &asked).unwrap();
    let child: [&[(&str, Value)]; 1] =
        [&[("child.given", text("Anna")), ("child.date", crate::story::date("2026-11-20"))]];
    let mut story = Story::of(country, crate::story::opening(crate::story::report(&[], &child)));
    story.decides("civil/record[m1]", DecisionResult::Refused, &[]);
    assert!(casework::questions::questions(&story.country.rules(), &story.case).is_empty());
    assert!(story.answers("mother", &[("child.number[m1]", crate::story::person("1"))]).is_err());
    assert_eq!(story.is("register/number[m1]"), "skipped");
    assert_eq!(
        story.is("bank/benefit[m1]"),
        "skipped",
        "also where a party said what the registry refused to"
    );
    story.done("post/letter[m1]", &[("child.letter", text("L"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    assert!(story.case.outcomes.values().all(|reached| !reached) && story.case.outcomes.len() == 3);
    assert!(story.step("civil/record[m1]").decision.as_ref().unwrap().remedy.is_some());
}
