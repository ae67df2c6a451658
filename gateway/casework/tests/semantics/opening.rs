//! What opens a case, and what does not.

use casework::case::CaseState;
use casework::decide::open;
use casework::entry::{Actor, Entry};
use casework::input::{Given, Input, Rejected};
use casework::time::Instant;
use casework::value::Value;

use crate::country::{Country, fact, role_of, service};
use crate::story::{START, Story, by, opening, operator, party, person, report, text};

fn registry() -> Country {
    let services = [service("civil/record").needs("child.given").gives("child.record")];
    Country::of(services, &["child.record"], &["child.given", "mother.name"]).unwrap()
}

fn refused(change: impl FnOnce(&mut casework::input::Opening)) -> Rejected {
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    change(&mut asked);
    let country = registry();
    open(&country.rules(), asked, Instant(START)).unwrap_err()
}

#[test]
fn a_report_opens_a_case_and_calls_what_is_due_in_the_same_breath() {
    let story = Story::of(registry(), opening(report(&[], &[&[("child.given", text("Anna"))]])));
    assert!(matches!(story.log[0].entry, Entry::Opened { registry: 1, .. }));
    assert_eq!(story.case.state, CaseState::Open);
    assert_eq!(story.is("civil/record[m1]"), "calling");
    assert_eq!(story.case.receipts[0].number, 1);
    assert_eq!(story.case.receipts[0].received_at, Instant(START));
    assert_eq!(story.case.parties[&party("mother")].persons, ["mother-1"]);
    assert!(story.case.parties.contains_key(&party("child[m1]")));
}

#[test]
fn a_report_without_the_happenings_date_or_identity_says_what_it_lacks() {
    let error = refused(|opening| {
        opening.report.facts.remove(&fact("event.date"));
    });
    assert_eq!(error.to_string(), "the report lacks `event.date`");
    let error = refused(|opening| {
        opening.report.facts.remove(&fact("mother.number"));
    });
    assert_eq!(error.to_string(), "the report lacks `mother.number`");
}

#[test]
fn a_report_mentions_somebody_of_each_group_that_it_closes() {
    let error = refused(|opening| {
        opening.report.members.clear();
    });
    assert_eq!(error.to_string(), "the report lacks anybody who is `child`");
}

#[test]
fn a_report_may_not_say_what_nobody_asks() {
    let error = refused(|opening| {
        opening.report.facts.insert(fact("mother.shoe"), Given::Value(text("42")));
    });
    assert_eq!(error, Rejected::NotAsked("mother.shoe".to_owned()));
    let error = refused(|opening| {
        opening.report.facts.insert(fact("child.given"), Given::Value(text("Anna")));
    });
    assert_eq!(
        error,
        Rejected::NotAsked("child.given".to_owned()),
        "a fact of a member is given of a member"
    );
    let error = refused(|opening| {
        let children = opening.report.members.get_mut(&role_of("child")).unwrap();
        children[0].insert(fact("child.record"), Given::Value(text("R1")));
    });
    assert_eq!(error, Rejected::NotAsked("child.record".to_owned()), "what a service gives is not asked");
}

#[test]
fn a_value_is_of_the_facts_type() {
    let error = refused(|opening| {
        opening.report.facts.insert(fact("mother.number"), Given::Value(person("1")));
        let children = opening.report.members.get_mut(&role_of("child")).unwrap();
        children[0].insert(fact("child.given"), Given::Value(Value::Bool(true)));
    });
    assert_eq!(error, Rejected::WrongType { fact: "child.given".to_owned(), expected: "text".to_owned() });
}

#[test]
fn who_plays_no_reporting_part_may_not_report() {
    let error = refused(|opening| opening.report.reporter = Some(party("child[m1]")));
    assert_eq!(error.to_string(), "`child` may not report this");
    let error = refused(|opening| opening.report.reporter = Some(party("home")));
    assert_eq!(error.to_string(), "`home` may not report this");
}

#[test]
fn an_agency_reports_without_playing_a_part() {
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.report.reporter = None;
    asked.by = Actor::Agency("hospital".parse().unwrap());
    let story = Story::of(registry(), asked);
    assert_eq!(story.is("civil/record[m1]"), "calling");
}

#[test]
fn more_members_than_there_can_be_are_refused() {
    let error = refused(|opening| {
        let children = opening.report.members.get_mut(&role_of("child")).unwrap();
        children.resize(5, Default::default());
    });
    assert_eq!(error.to_string(), "there can be 4 of `child`, not 5");
}

#[test]
fn a_life_event_whose_outcome_no_service_can_reach_does_not_open() {
    let services = [service("civil/record").needs("child.given").gives("child.record")];
    let country = Country::of(services, &["child.record"], &["child.given"]).unwrap();
    let mut plan = country.plan.clone();
    plan.facts.get_mut(&fact("child.record")).unwrap().givers.clear();
    let country = Country { plan, ..country };
    let asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    let error = open(&country.rules(), asked, Instant(START)).unwrap_err();
    assert_eq!(error.to_string(), "no registered service can bring about child-record");
}

#[test]
fn a_case_that_is_perhaps_anothers_calls_nobody_before_a_person_has_decided() {
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.perhaps_same = vec![crate::story::other_case("L-0")];
    let mut story = Story::of(registry(), asked);
    assert_eq!(story.case.state, CaseState::NeedsPerson);
    assert!(story.duties().is_empty());
    assert!(story.due().is_some(), "somebody looks at it again");
    let decided = |by| Input::SamenessDecided { by, same_as: None, reason: "another mother".to_owned() };
    assert!(matches!(story.input(decided(by("mother"))), Err(Rejected::NotYours(_))));
    story.input(decided(operator())).unwrap();
    assert_eq!(story.case.state, CaseState::Open);
    assert_eq!(story.is("civil/record[m1]"), "calling");
    assert!(matches!(story.input(decided(operator())), Err(Rejected::Ended(_))), "it was asked once");
}

#[test]
fn a_case_is_decided_with_its_own_plan_or_moves_to_another() {
    let mut story = Story::of(registry(), opening(report(&[], &[&[]])));
    let other = casework::plan::PlanHash("other".to_owned());
    let mut moved = story.country.clone();
    moved.hash = other.clone();
    let case = story.case.clone();
    let look = casework::decide::decide(&moved.rules(), &case, Input::Look, story.now);
    assert_eq!(look.unwrap_err(), Rejected::OtherPlan(case.plan.clone()));
    story.country = moved;
    assert_eq!(
        story.input(Input::Move { to: case.plan.clone() }).unwrap_err(),
        Rejected::OtherPlan(case.plan)
    );
    let entries = story.input(Input::Move { to: other.clone() }).unwrap();
    assert_eq!(entries[0], Entry::PlanMoved { to: other.clone() });
    assert_eq!(story.case.plan, other);
    assert!(story.input(Input::Move { to: other }).unwrap().is_empty(), "it is there already");
}

#[test]
fn two_cases_with_other_seeds_have_nothing_in_common_that_an_agency_sees() {
    let one = Story::of(registry(), opening(report(&[], &[&[("child.given", text("Anna"))]])));
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.seed = [8; 16];
    let other = Story::of(registry(), asked);
    let (one, other) = (one.duty("civil/record[m1]").key, other.duty("civil/record[m1]").key);
    assert_ne!(one, other);
    assert_eq!((one.len(), other.len()), (26, 26));
}
