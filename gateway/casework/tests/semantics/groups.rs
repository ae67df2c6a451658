//! Members: twins are two children; what a service takes of all of them; who is reported twice.

use casework::case::CaseState;
use casework::decide::decide;
use casework::entry::{Actor, DecisionResult, Entry, SkipReason};
use casework::input::{Answer, Content, Gifts, Given, Input, Mentioned, Rejected};
use casework::value::Value;
use std::collections::BTreeMap;

use crate::country::{Country, fact, role_of, service};
use crate::story::{Story, by, key, officer, opening, operator, party, person, report, text};

fn births() -> Country {
    let services = [
        service("civil/record")
            .needs("child.given")
            .can_use("child.colour")
            .can_use("father.number")
            .gives("child.record"),
        service("benefits/family").needs_all("child.record").needs_all("child.given").gives("mother.family"),
    ];
    Country::of(services, &["child.record"], &["child.given", "child.colour"]).unwrap()
}

fn twins() -> Story {
    let children: [&[(&str, Value)]; 2] =
        [&[("child.given", text("Anna"))], &[("child.given", text("Berta"))]];
    Story::of(births(), opening(report(&[father()], &children)))
}

/// Whom the mother names.
fn father() -> (&'static str, Value) {
    ("father.number", person("father-1"))
}

fn fathers(children: Vec<BTreeMap<casework::name::FactName, Given>>) -> Input {
    let mut again = report(&[], &[]);
    again.reporter = Some(party("father"));
    again.members = BTreeMap::from([(role_of("child"), children)]);
    let person = Some("father-1".to_owned());
    Input::Report { by: by("father"), report: again, request: "request-2".to_owned(), person }
}

fn child(facts: &[(&str, Value)]) -> BTreeMap<casework::name::FactName, Given> {
    crate::story::facts(facts)
}

#[test]
fn twins_are_two_children_with_steps_of_their_own_and_no_wave_holds_one_up() {
    let mut story = twins();
    assert_eq!((story.is("civil/record[m1]"), story.is("civil/record[m2]")), ("calling", "calling"));
    assert_ne!(story.duty("civil/record[m1]").key, story.duty("civil/record[m2]").key);
    story.done("civil/record[m2]", &[("child.record", text("R2"))]);
    assert_eq!(story.known("child.record[m2]"), Some(text("R2")));
    assert_eq!(story.known("child.record[m1]"), None);
    assert_eq!(story.is("benefits/family"), "not due");
}

#[test]
fn a_service_that_takes_all_gets_a_place_for_each_in_every_field_alike() {
    let mut story = twins();
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.decides("civil/record[m2]", DecisionResult::Refused, &[]);
    let request = story.duty("benefits/family").request;
    let each = |name: &str| match &request.iter().find(|field| field.field == name).unwrap().content {
        Content::Each(values) => values.clone(),
        Content::One(_) => panic!("{name} is of one"),
    };
    assert_eq!(each("child_record"), [Some(text("R1")), None]);
    assert_eq!(each("child_given"), [Some(text("Anna")), Some(text("Berta"))]);
}

#[test]
fn a_service_that_takes_all_goes_without_those_who_have_nothing_and_is_skipped_where_nobody_has() {
    let mut story = twins();
    for step in ["civil/record[m1]", "civil/record[m2]"] {
        story.decides(step, DecisionResult::Refused, &[]);
    }
    assert!(matches!(story.skipped("benefits/family"), SkipReason::Missing { .. }));
}

fn vehicles() -> Country {
    let services = [
        service("traffic/vehicles")
            .reads()
            .needs("mother.number")
            .creates("vehicle.plate")
            .creates("vehicle.kind"),
        service("tax/car").needs("vehicle.plate").can_use("vehicle.kind").gives("vehicle.tax"),
        service("tax/all").needs_all("vehicle.plate").gives("mother.fleet"),
    ];
    Country::of(services, &["vehicle.tax"], &[]).unwrap()
}

fn fleet(plates: &[&str]) -> Answer {
    let vehicle = |plate: &&str| {
        BTreeMap::from([(fact("vehicle.plate"), Some(text(plate))), (fact("vehicle.kind"), None)])
    };
    let members = BTreeMap::from([(role_of("vehicle"), plates.iter().map(vehicle).collect())]);
    Answer::Done { gifts: Gifts { members, ..Gifts::default() }, decision: None }
}

#[test]
fn a_gift_creates_the_members_of_a_group_and_closes_it() {
    let mut story = Story::with(vehicles(), &[]);
    assert_eq!(story.is("tax/all"), "not due");
    story.answer("traffic/vehicles", fleet(&["A-1", "B-2"])).unwrap();
    assert!(story.case.groups[&role_of("vehicle")].closed);
    assert_eq!(story.is("tax/car[m2]"), "calling");
    assert_eq!(story.is("tax/all"), "calling");
    assert_eq!(story.known("vehicle.plate[m2]"), Some(text("B-2")));
}

#[test]
fn a_group_that_is_known_and_empty_skips_its_steps_with_that_reason() {
    let mut story = Story::with(vehicles(), &[]);
    story.answer("traffic/vehicles", fleet(&[])).unwrap();
    let empty = SkipReason::EmptyGroup { role: role_of("vehicle") };
    assert_eq!((story.skipped("tax/car"), story.skipped("tax/all")), (&empty, &empty));
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn a_group_whose_giver_gives_nothing_is_empty() {
    let mut story = Story::with(vehicles(), &[]);
    story.decides("traffic/vehicles", DecisionResult::Refused, &[]);
    assert!(story.case.groups[&role_of("vehicle")].closed);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn more_members_than_there_can_be_are_a_breach() {
    let mut story = Story::with(vehicles(), &[]);
    story.answer("traffic/vehicles", fleet(&["1", "2", "3", "4", "5"])).unwrap();
    assert_eq!(story.is("traffic/vehicles"), "parked");
    let mut story = Story::with(vehicles(), &[]);
    let wrong = BTreeMap::from([(fact("mother.name"), Some(text("Anna")))]);
    let members = BTreeMap::from([(role_of("vehicle"), vec![wrong])]);
    story
        .answer(
            "traffic/vehicles",
            Answer::Done { gifts: Gifts { members, ..Gifts::default() }, decision: None },
        )
        .unwrap();
    assert_eq!(story.is("traffic/vehicles"), "parked");
}

#[test]
fn the_same_happening_reported_twice_is_one_case_with_two_receipts() {
    let mut story = twins();
    let entries = story.input(fathers(vec![
        child(&[("child.order", Value::Integer(2)), ("child.given", text("Berta"))]),
        child(&[("child.order", Value::Integer(1)), ("child.colour", text("green"))]),
    ]));
    assert!(!entries.unwrap().iter().any(|entry| matches!(entry, Entry::Disputed { .. })));
    assert_eq!(story.case.receipts.len(), 2);
    assert_eq!(story.case.receipts[1].number, 2);
    assert_eq!(story.case.groups[&role_of("child")].members.len(), 2);
    assert_eq!(story.known("child.colour[m1]"), Some(text("green")), "what the second adds is learnt");
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"]);
}

#[test]
fn what_a_second_report_says_otherwise_is_in_dispute() {
    let mut story = twins();
    story
        .input(fathers(vec![child(&[("child.order", Value::Integer(1)), ("child.given", text("Clara"))])]))
        .unwrap();
    let fact = &story.case.facts[&key("child.given[m1]")];
    assert_eq!(fact.dispute.as_ref().unwrap().proposed, Some(text("Clara")));
    assert_eq!(fact.revisions.len(), 1);
    assert!(story.case.facts[&key("child.given[m2]")].dispute.is_none());
}

#[test]
fn a_member_that_is_plainly_another_than_all_that_there_are_is_for_a_person_to_say() {
    let mut story = twins();
    let third = || vec![child(&[("child.order", Value::Integer(3)), ("child.given", text("Clara"))])];
    story.input(fathers(third())).unwrap();
    assert_eq!(story.case.unmatched.len(), 1);
    assert_eq!(story.case.groups[&role_of("child")].members.len(), 2);
    story.input(fathers(third())).unwrap();
    assert_eq!(story.case.unmatched.len(), 1, "said twice");
    for step in ["civil/record[m1]", "civil/record[m2]"] {
        story.done(step, &[("child.record", text("R"))]);
    }
    assert_eq!(story.is("benefits/family"), "not due", "who takes all waits until it is known who they are");
    let decided =
        |by: Actor, mention, member| Input::MemberDecided { by, role: role_of("child"), mention, member };
    assert!(matches!(story.input(decided(by("mother"), 1, Mentioned::Nobody)), Err(Rejected::NotYours(_))));
    let error = story.input(decided(operator(), 2, Mentioned::Nobody)).unwrap_err();
    assert_eq!(error.to_string(), "`child` has no unmatched member 2");
    assert!(story.input(decided(operator(), 1, Mentioned::Known("m9".parse().unwrap()))).is_err());
    story.input(decided(officer("civil"), 1, Mentioned::New)).unwrap();
    assert_eq!(story.known("child.given[m3]"), Some(text("Clara")));
    assert_eq!(story.is("civil/record[m3]"), "calling", "a member added later makes steps");
}

#[test]
fn a_mention_that_was_a_mistake_leaves_no_trace_on_anybody() {
    let mut story = twins();
    story.input(fathers(vec![child(&[("child.given", text("Clara"))])])).unwrap();
    assert_eq!(story.case.unmatched.len(), 1, "which of the twins?");
    let role = role_of("child");
    story
        .input(Input::MemberDecided { by: operator(), role, mention: 1, member: Mentioned::Nobody })
        .unwrap();
    assert!(story.case.unmatched.is_empty());
    assert_eq!(story.case.groups[&role_of("child")].members.len(), 2);
}

#[test]
fn a_mention_matched_by_a_person_brings_what_was_said() {
    let mut story = twins();
    story.input(fathers(vec![child(&[("child.colour", text("green"))])])).unwrap();
    let (role, member) = (role_of("child"), Mentioned::Known("m2".parse().unwrap()));
    story.input(Input::MemberDecided { by: operator(), role, mention: 1, member }).unwrap();
    assert_eq!(story.known("child.colour[m2]"), Some(text("green")));
}

#[test]
fn one_child_known_and_one_reported_is_the_same_child_unless_something_says_otherwise() {
    let one: [&[(&str, Value)]; 1] = [&[("child.given", text("Anna"))]];
    let mut story = Story::of(births(), opening(report(&[father()], &one)));
    story.input(fathers(vec![child(&[("child.colour", text("green"))])])).unwrap();
    assert_eq!(story.known("child.colour[m1]"), Some(text("green")));
    assert!(story.case.unmatched.is_empty());
}

#[test]
fn a_case_that_was_withdrawn_takes_no_more_reports() {
    let mut story = twins();
    for step in ["civil/record[m1]", "civil/record[m2]"] {
        story.answer(step, crate::story::not_done()).unwrap();
    }
    story.withdraws().unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
    let error = story.input(fathers(Vec::new())).unwrap_err();
    assert_eq!(error.to_string(), "the case has ended: it was withdrawn");
}

#[test]
fn every_beginning_of_a_log_can_be_taken_up() {
    let mut story = twins();
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    for length in 1..=story.log.len() {
        let case = casework::case::Case::folded(&story.log[..length]).unwrap();
        decide(&story.country.rules(), &case, Input::Look, story.now).unwrap();
    }
    assert!(casework::case::Case::folded(&story.log[1..]).is_none());
}

#[test]
fn a_case_completes_once_and_after_a_group_that_nobody_named_is_known_to_be_empty() {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("traffic/vehicles")
            .reads()
            .non_essential()
            .after("civil/record")
            .needs("mother.number")
            .creates("vehicle.plate"),
        service("traffic/address").non_essential().needs("vehicle.plate").gives("vehicle.moved"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.decides("traffic/vehicles", DecisionResult::Refused, &[]);
    assert_eq!(story.case.state, CaseState::Completed);
    let at = |what: fn(&Entry) -> bool| -> Vec<u64> {
        story.log.iter().filter(|it| what(&it.entry)).map(|it| it.number).collect()
    };
    let completed = at(|entry| matches!(entry, Entry::Completed));
    let closed = at(|entry| matches!(entry, Entry::GroupClosed { role } if role.as_str() == "vehicle"));
    assert_eq!((completed.len(), closed.len()), (1, 1));
    assert!(completed > closed);
}

#[test]
fn what_the_law_wants_first_for_each_member_is_waited_for_of_all_of_them_and_of_no_more() {
    let services = [
        service("civil/record").needs("child.given").gives("child.record"),
        service("post/letter").after("civil/record").needs("mother.number").gives("mother.letter"),
    ];
    let country = Country::of(services, &["mother.letter"], &["child.given"]).unwrap();
    let children: [&[(&str, Value)]; 2] =
        [&[("child.given", text("Anna"))], &[("child.given", text("Berta"))]];
    let mut story = Story::of(country, opening(report(&[], &children)));
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    assert_eq!(story.is("post/letter"), "not due");
    story.done("civil/record[m2]", &[("child.record", text("R2"))]);
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn a_service_that_can_use_something_of_all_goes_without_what_nobody_was_asked() {
    let services = [
        service("civil/record").needs("child.given").gives("child.record"),
        service("benefits/family")
            .needs_all("child.record")
            .needs_all("child.colour")
            .with(|service| service.needs[1].optional = true)
            .gives("mother.family"),
    ];
    let country = Country::of(services, &["mother.family"], &["child.given", "child.colour"]).unwrap();
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.report.reporter = None;
    asked.by = Actor::Agency("hospital".parse().unwrap());
    asked.person = None;
    let mut story = Story::of(country, asked);
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    assert_eq!(story.is("benefits/family"), "calling");
}

#[test]
fn what_an_outcome_is_open_for_is_asked_although_no_step_needs_it() {
    let services = [service("register/number").needs("child.given").gives("child.number")];
    let country = Country::of(services, &["child.number"], &["child.given", "child.number"]).unwrap();
    let mut story = Story::of(country, opening(report(&[], &[&[("child.given", text("Anna"))]])));
    story.done("register/number[m1]", &[]);
    let asked = casework::questions::questions(&story.country.rules(), &story.case);
    let asked: Vec<_> = asked.iter().map(|question| (question.key.clone(), question.required)).collect();
    assert_eq!(asked, [(key("child.number[m1]"), true)]);
    story.answers("mother", &[("child.number[m1]", person("child-1"))]).unwrap();
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn a_second_report_that_spells_otherwise_disputes_nothing() {
    let mut story = twins();
    let same =
        |name: &str, order| child(&[("child.given", text(name)), ("child.order", Value::Integer(order))]);
    story.input(fathers(vec![same(" ANNA", 1), same("Bert-a", 2)])).unwrap();
    assert!(story.case.facts.values().all(|fact| fact.dispute.is_none()));
    assert_eq!(story.known("child.given[m1]"), Some(text("Anna")));
}

#[test]
fn a_slip_of_the_pen_in_a_partys_second_report_undoes_nothing_and_is_theirs_to_settle() {
    let mut story = twins();
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.done("civil/record[m2]", &[("child.record", text("R2"))]);
    story.done("benefits/family", &[("mother.family", text("F"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    let named =
        |name: &str, order| child(&[("child.given", text(name)), ("child.order", Value::Integer(order))]);
    let mut again = report(&[], &[]);
    again.members = BTreeMap::from([(role_of("child"), vec![named("Anne", 1), named("Berta", 2)])]);
    let (request, person) = ("request-2".to_owned(), Some("mother-1".to_owned()));
    story.input(Input::Report { by: by("mother"), report: again, request, person }).unwrap();
    assert_eq!(story.known("child.given[m1]"), Some(text("Anna")));
    assert_eq!((story.is("civil/record[m1]"), story.is("benefits/family")), ("done", "done"));
    let asked = casework::questions::questions(&story.country.rules(), &story.case);
    assert_eq!(asked.iter().map(|question| &question.key).collect::<Vec<_>>(), [&key("child.given[m1]")]);
    story.answers("mother", &[("child.given[m1]", text("Anna"))]).unwrap();
    assert_eq!((story.case.state, story.is("civil/record[m1]")), (CaseState::Completed, "done"));
}
