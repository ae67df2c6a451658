//! Facts are written once per revision: questions, corrections, disputes, and how far they reach.

use casework::case::{CaseState, StepState};
use casework::entry::{CallKind, DecisionResult, Entry, Known, Source};
use casework::input::{Answer, Given, Input, Rejected};
use casework::questions::{Why, foreseen, questions};
use casework::service::ReversalKind;
use casework::value::Value;
use std::collections::BTreeMap;

use crate::country::{Country, service};
use crate::story::{Story, by, given, id, key, officer, operator, text};

fn register() -> Country {
    let services = [
        service("register/record")
            .reads()
            .needs("mother.number")
            .gives("mother.name")
            .gives("mother.address"),
        service("civil/record").needs("mother.name").gives("mother.record"),
        service("post/letter")
            .non_essential()
            .needs("mother.record")
            .needs("mother.address")
            .gives("mother.letter"),
    ];
    Country::of(services, &["mother.record"], &["mother.address"]).unwrap()
}

fn dispute(who: &str, name: &str, proposed: Option<Value>) -> Input {
    Input::Dispute { by: by(who), key: key(name), proposed, reason: "that is not so".to_owned() }
}

#[test]
fn what_is_asked_beforehand_is_what_nobody_gives_and_what_tells_the_happening() {
    let country = Country::of(
        [service("post/letter")
            .needs("mother.name")
            .can_use("mother.second")
            .needs("child.given")
            .gives("child.letter")],
        &["child.letter"],
        &["mother.name", "mother.second", "child.given"],
    )
    .unwrap();
    let asked = foreseen(&country.plan, &country.dictionary);
    let by_name: BTreeMap<&str, (bool, bool)> =
        asked.iter().map(|q| (q.fact.as_str(), (q.required, q.group.is_some()))).collect();
    assert_eq!(by_name["mother.name"], (true, false));
    assert_eq!(by_name["mother.second"], (false, false));
    assert_eq!(by_name["child.given"], (true, true));
    assert_eq!(by_name["event.date"], (true, false));
    assert!(by_name.contains_key("child.order"), "children are told apart by it");
    assert!(!by_name.contains_key("child.letter"));
}

#[test]
fn an_absent_gift_becomes_a_question() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    let asked = questions(&story.country.rules(), &story.case);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].key, key("mother.address"));
    assert_eq!(asked[0].why, Why::GiverSaysAbsent(id("register/record")));
    assert_eq!(asked[0].steps, [id("post/letter")]);
    assert!(asked[0].required);
    story.answers("mother", &[("mother.address", text("Street 1"))]).unwrap();
    assert!(questions(&story.country.rules(), &story.case).is_empty());
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn a_question_is_answered_once_and_only_by_a_party() {
    let mut story = Story::with(register(), &[]);
    let early = story.answers("mother", &[("mother.address", text("Street 1"))]).unwrap_err();
    assert_eq!(early, Rejected::NotAsked("mother.address".to_owned()), "the register may know");
    story.done("register/record", &[("mother.name", text("Anna"))]);
    let facts = given(&[("mother.address", text("Street 1"))]);
    let error = story.input(Input::Answers { by: officer("post"), facts }).unwrap_err();
    assert!(matches!(error, Rejected::NotYours(_)));
    let wrong = story.answers("mother", &[("mother.address", Value::Bool(true))]).unwrap_err();
    assert!(matches!(wrong, Rejected::WrongType { .. }));
    story.answers("mother", &[("mother.address", text("Street 1"))]).unwrap();
    let again = story.answers("mother", &[("mother.address", text("Street 1"))]).unwrap();
    assert!(again.is_empty(), "said again, nothing changes");
    let other = story.answers("mother", &[("mother.address", text("Street 2"))]).unwrap_err();
    assert_eq!(other, Rejected::AlreadyKnown(key("mother.address")));
    let unknown = story.answers("mother", &[("mother.shoe", text("42"))]).unwrap_err();
    assert_eq!(unknown, Rejected::NotAsked("mother.shoe".to_owned()));
    let nobody = story.answers("mother", &[("child.given[m7]", text("Anna"))]).unwrap_err();
    assert!(matches!(nobody, Rejected::NotAsked(_)));
}

#[test]
fn who_does_not_know_may_know_later() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    let facts = BTreeMap::from([(key("mother.address"), Given::Unknown)]);
    story.input(Input::Answers { by: by("mother"), facts }).unwrap();
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.is("post/letter"), "skipped");
    assert_eq!(story.case.state, CaseState::Completed);
    story.answers("mother", &[("mother.address", text("Street 1"))]).unwrap();
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn a_corrected_fact_is_a_new_revision_and_reopens_what_read_it() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna")), ("mother.address", text("Street 1"))]);
    let before = story.duty("civil/record").key;
    story.decides("civil/record", DecisionResult::Refused, &[]);
    story.corrects(officer("register"), &[("mother.name", text("Anne"))]).unwrap();
    let current = story.case.facts[&key("mother.name")].current().unwrap();
    assert_eq!(current.number, 2);
    assert_eq!(current.source, Source::Agency("register".parse().unwrap()));
    let duty = story.duty("civil/record");
    assert_ne!(duty.key, before, "what was refused on a wrong fact is asked anew");
    assert_eq!(story.step("civil/record").generation, 2);
}

#[test]
fn only_a_facts_source_or_owner_corrects_it() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna")), ("mother.address", text("Street 1"))]);
    for who in [officer("post"), by("mother"), operator()] {
        let error = story.corrects(who, &[("mother.name", text("Anne"))]).unwrap_err();
        assert!(matches!(error, Rejected::NotYours(_)));
    }
    let number = [("mother.number", Value::Person("mother-2".to_owned()))];
    let error = story.corrects(by("mother"), &number).unwrap_err();
    assert!(matches!(error, Rejected::NotYours(_)), "she was authenticated with hers");
    story.corrects(operator(), &number).unwrap();
    assert_eq!(story.case.parties[&crate::story::party("mother")].persons, ["mother-1", "mother-2"]);
    story.corrects(operator(), &[("mother.number", Value::Person("mother-3".to_owned()))]).unwrap();
    let nobody = story.corrects(officer("register"), &[("child.given[m7]", text("Anna"))]).unwrap_err();
    assert!(matches!(nobody, Rejected::NotAsked(_)));
}

fn chain(reversal: Option<ReversalKind>) -> Country {
    let record = service("civil/record").needs("mother.name").gives("mother.record");
    let record = match reversal {
        Some(kind) => record.reversed_by("civil/undo", kind),
        None => record,
    };
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        record,
        service("civil/undo").reversal().can_use("mother.record"),
        service("post/letter").reads().needs("mother.record").gives("mother.letter"),
    ];
    Country::of(services, &["mother.letter"], &[]).unwrap()
}

fn corrected(reversal: Option<ReversalKind>) -> Story {
    let mut story = Story::with(chain(reversal), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    story.done("civil/record", &[("mother.record", text("R1"))]);
    story.done("post/letter", &[("mother.letter", text("L"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    story.corrects(officer("register"), &[("mother.name", text("Anne"))]).unwrap();
    story
}

#[test]
fn what_was_done_on_a_corrected_fact_is_corrected_and_done_anew() {
    let mut story = corrected(Some(ReversalKind::Correction));
    assert_eq!(story.case.state, CaseState::Open, "completed is no end");
    let duty = story.duty("civil/record");
    assert_eq!((duty.call, duty.service.as_str()), (CallKind::Reverse, "civil/undo"));
    assert_eq!(duty.request.len(), 1);
    let entries = story.answer("civil/record", Answer::Undone).unwrap();
    assert_eq!(entries[0], Entry::Retracted { key: key("mother.record"), revision: 1 });
    let anew = story.duty("civil/record");
    assert_eq!(anew.call, CallKind::Perform);
    assert_eq!(story.is("post/letter"), "done", "it waits for what will come");
    story.done("civil/record", &[("mother.record", text("R1"))]);
    assert_eq!(story.is("post/letter"), "done", "the same as before: nothing to do anew");
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_changed_reaches_further_only_where_it_changed() {
    let mut story = corrected(Some(ReversalKind::Correction));
    story.answer("civil/record", Answer::Undone).unwrap();
    story.done("civil/record", &[("mother.record", text("R2"))]);
    assert_eq!(story.is("post/letter"), "calling");
    story.done("post/letter", &[("mother.letter", text("L2"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_rests_on_a_corrected_fact_and_on_what_was_made_of_it_is_corrected_once_with_both() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("civil/record")
            .needs("mother.name")
            .gives("mother.record")
            .reversed_by("civil/undo", ReversalKind::Correction),
        service("civil/undo").reversal().can_use("mother.record"),
        service("people/entry")
            .needs("mother.name")
            .needs("mother.record")
            .gives("mother.entry")
            .reversed_by("people/undo", ReversalKind::Correction),
        service("people/undo").reversal().needs("mother.record").can_use("mother.entry"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.entry"], &[]).unwrap(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    story.done("civil/record", &[("mother.record", text("R1"))]);
    story.done("people/entry", &[("mother.entry", text("E"))]);
    story.corrects(officer("register"), &[("mother.name", text("Anne"))]).unwrap();
    assert_eq!((story.duty("civil/record").call, story.is("people/entry")), (CallKind::Reverse, "done"));
    story.answer("civil/record", Answer::Undone).unwrap();
    assert_eq!(story.is("people/entry"), "done", "the record that its own correction names is not there yet");
    story.done("civil/record", &[("mother.record", text("R2"))]);
    let duty = story.duty("people/entry");
    let told: Vec<&str> = duty.request.iter().map(|told| told.field.as_str()).collect();
    assert_eq!((duty.call, told), (CallKind::Reverse, vec!["mother_record", "mother_entry"]));
    story.answer("people/entry", Answer::Undone).unwrap();
    story.done("people/entry", &[("mother.entry", text("E"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_cannot_be_corrected_is_for_the_agencys_people() {
    for kind in [None, Some(ReversalKind::Revocation)] {
        let story = corrected(kind);
        let StepState::Parked { owner, reason } = story.state("civil/record").unwrap() else { panic!() };
        assert_eq!(*owner, casework::entry::Owner::Agency("civil".parse().unwrap()));
        assert!(reason.starts_with("`mother.name` was corrected"), "{reason}");
        assert_eq!(story.is("post/letter"), "done");
    }
}

#[test]
fn a_correction_that_the_agency_refuses_is_for_its_people() {
    let mut story = corrected(Some(ReversalKind::Correction));
    story.decides("civil/record", DecisionResult::Refused, &[]);
    assert_eq!(story.is("civil/record"), "parked");
}

#[test]
fn a_disputed_fact_parks_only_what_depends_on_it() {
    let services = [
        service("register/record")
            .reads()
            .needs("mother.number")
            .gives("mother.name")
            .gives("mother.address"),
        service("civil/record").after("bank/account").needs("mother.name").gives("mother.record"),
        service("post/letter").after("bank/account").needs("mother.address").gives("mother.letter"),
        service("bank/account").needs("mother.number").gives("mother.account"),
    ];
    let country = Country::of(services, &["mother.record", "mother.letter"], &[]).unwrap();
    let mut story = Story::with(country, &[]);
    story.done("register/record", &[("mother.name", text("Anna")), ("mother.address", text("Street 1"))]);
    story.input(dispute("mother", "mother.name", Some(text("Anne")))).unwrap();
    story.done("bank/account", &[]);
    assert_eq!(story.is("civil/record"), "not due");
    assert_eq!(story.is("post/letter"), "calling");
    story.done("post/letter", &[("mother.letter", text("L"))]);
    story.corrects(officer("register"), &[("mother.name", text("Anna"))]).unwrap();
    let fact = &story.case.facts[&key("mother.name")];
    assert!(fact.dispute.is_none() && fact.revisions.len() == 1, "its source says that it holds");
    assert_eq!(story.is("civil/record"), "calling");
}

#[test]
fn a_dispute_keeps_a_case_open_until_its_source_has_answered() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna")), ("mother.address", text("Street 1"))]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.done("post/letter", &[]);
    assert_eq!(story.case.state, CaseState::Completed);
    story.input(dispute("mother", "mother.name", None)).unwrap();
    assert_eq!(story.case.state, CaseState::Open);
    assert!(story.due().is_some());
    story.corrects(officer("register"), &[("mother.name", text("Anna"))]).unwrap();
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn one_disputes_what_is_about_oneself() {
    let mut story = Story::with(register(), &[]);
    story.done("register/record", &[("mother.name", text("Anna")), ("mother.address", text("Street 1"))]);
    assert!(matches!(story.input(dispute("father", "mother.name", None)), Err(Rejected::NotYours(_))));
    assert!(matches!(story.input(dispute("mother", "mother.letter", None)), Err(Rejected::NotAsked(_))));
    let wrong = story.input(dispute("mother", "mother.name", Some(Value::Bool(true)))).unwrap_err();
    assert!(matches!(wrong, Rejected::WrongType { .. }));
}

#[test]
fn who_supplied_a_fact_simply_says_it_anew() {
    let country = Country::of(
        [service("civil/record").reads().needs("mother.name").gives("mother.record")],
        &["mother.record"],
        &["mother.name"],
    )
    .unwrap();
    let mut story = Story::with(country, &[("mother.name", text("Anna"))]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.input(dispute("mother", "mother.name", Some(text("Anne")))).unwrap();
    assert!(story.case.facts[&key("mother.name")].dispute.is_none());
    assert_eq!(story.known("mother.name"), Some(text("Anne")));
    assert_eq!(story.is("civil/record"), "calling", "it is read anew with the new name");
}

#[test]
fn a_disputed_fact_of_a_party_is_asked_of_that_party() {
    let country = Country::of(
        [service("civil/record").needs("mother.name").needs("mother.wish").gives("mother.record")],
        &["mother.record"],
        &["mother.name", "mother.wish"],
    )
    .unwrap();
    let mut story = Story::with(country, &[("mother.name", text("Anna"))]);
    let mut again = crate::story::report(&[("mother.name", text("Anne"))], &[&[]]);
    again.reporter = Some(crate::story::party("father"));
    let request = "request-2".to_owned();
    story.input(Input::Report { by: by("father"), report: again, request, person: None }).unwrap();
    let asked = questions(&story.country.rules(), &story.case);
    let name = asked.iter().find(|question| question.key == key("mother.name")).unwrap();
    assert_eq!((&name.why, &name.of), (&Why::Disputed, &vec![crate::story::party("mother")]));
    let error = story.answers("father", &[("mother.name", text("Anne"))]).unwrap_err();
    assert_eq!(error, Rejected::AlreadyKnown(key("mother.name")));
    story.answers("mother", &[("mother.name", text("Anna"))]).unwrap();
    assert!(story.case.facts[&key("mother.name")].dispute.is_none());
    assert_eq!(story.case.facts[&key("mother.name")].current().unwrap().known, Known::Value(text("Anna")));
}

/// A record that waits two days for what is known of a father, reported by a hospital.
fn reported_by_a_hospital() -> Story {
    let country = Country::of(
        [service("civil/record")
            .needs("mother.name")
            .can_use("father.number")
            .can_use("father.name")
            .wait_for("P2D")
            .gives("mother.record")],
        &["mother.record"],
        &["mother.name", "father.number", "father.name"],
    )
    .unwrap();
    let mut asked = crate::story::opening(crate::story::report(&[], &[&[]]));
    asked.report.reporter = None;
    asked.by = casework::entry::Actor::Agency("hospital".parse().unwrap());
    asked.person = None;
    let story = Story::of(country, asked);
    assert_eq!(story.is("civil/record"), "not due");
    story
}

#[test]
fn what_a_hospital_does_not_know_is_waited_for_where_a_parent_may_say_it() {
    let mut known = crate::story::opening(crate::story::report(&[("mother.name", text("Anna"))], &[&[]]));
    known.report.reporter = None;
    known.by = casework::entry::Actor::Agency("hospital".parse().unwrap());
    known.person = None;
    let mut story = Story::of(reported_by_a_hospital().country, known);
    assert_eq!(story.is("civil/record"), "waiting", "nobody was asked for the father");
    story.pass(2 * 86_400_000);
    assert_eq!(story.is("civil/record"), "calling", "it goes without him after two days");
}

#[test]
fn who_answers_leaves_open_what_they_do_not_say_as_who_reports_does() {
    let optional = |story: &Story| {
        let asked = questions(&story.country.rules(), &story.case);
        asked.into_iter().filter(|question| !question.required).count()
    };
    for given in [None, Some(Given::Absent), Some(Given::Unknown)] {
        let mut story = reported_by_a_hospital();
        assert_eq!(optional(&story), 2);
        let name = (key("mother.name"), Given::Value(text("Anna")));
        let father = given.map(|given| (key("father.number"), given));
        let facts = BTreeMap::from_iter([name].into_iter().chain(father));
        story.input(Input::Answers { by: by("mother"), facts }).unwrap();
        assert_eq!(story.is("civil/record"), "calling", "nobody waits for what nobody will say");
        story.answers("mother", &[("father.name", text("Frank"))]).unwrap();
    }
}

#[test]
fn what_a_service_may_give_may_be_reported_too_and_the_service_has_the_last_word() {
    let services = [
        service("register/record").reads().needs("mother.wish").gives("mother.name").gives("mother.address"),
        service("civil/record").needs("mother.name").can_use("mother.address").gives("mother.record"),
    ];
    let asked = ["mother.wish", "mother.name"];
    let country = Country::of(services, &["mother.record"], &asked).unwrap();
    let mut story =
        Story::with(country.clone(), &[("mother.wish", text("w")), ("mother.name", text("Anna"))]);
    assert_eq!(story.is("civil/record"), "not due", "the register is asked first");
    story.done("register/record", &[("mother.name", text("Anneke"))]);
    assert_eq!(story.known("mother.name"), Some(text("Anneke")));
    let mut said = crate::story::report(&[("mother.name", text("Anna"))], &[&[]]);
    said.facts.insert(crate::country::fact("mother.wish"), Given::Absent);
    let mut country = country;
    country
        .plan
        .steps
        .iter_mut()
        .for_each(|step| step.essential = step.service.id.as_str() == "civil/record");
    let mut without = Story::of(country, crate::story::opening(said));
    assert_eq!(without.is("register/record"), "skipped");
    without.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(without.known("mother.name"), Some(text("Anna")), "no register knows her");
}
