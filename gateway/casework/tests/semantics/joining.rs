//! Reports that join a case: who speaks in them, what they may say, and what they cannot do to the case.

use casework::case::CaseState;
use casework::entry::{Actor, Entry, Owner, Source};
use casework::input::{Given, Input, Rejected, Report};
use casework::questions::questions;
use casework::service::ReversalKind;
use casework::value::Value;
use casework::view::{Beside, BesideWait, Status, beside_steps, view};

use crate::country::{Country, fact, role_of, service};
use crate::story::{Story, by, date, facts, key, opening, operator, party, person, report, text};

/// A register of marriages, a record that can use the father, and a letter that rests on the record.
fn registry() -> Country {
    let services = [
        service("register/marriage").reads().needs("mother.number").gives("mother.husband_number"),
        service("civil/record")
            .duty()
            .needs("mother.name")
            .can_use("mother.wish")
            .can_use("father.name")
            .can_use("father.number")
            .gives("mother.record")
            .reversed_by("civil/undo", ReversalKind::Correction),
        service("civil/undo").reversal().can_use("mother.record"),
        service("post/letter").needs("mother.record").gives("mother.letter"),
    ];
    let asked = ["mother.name", "mother.wish", "father.name", "father.number"];
    Country::of(services, &["mother.letter"], &asked).unwrap()
}

fn opened() -> Story {
    Story::with(registry(), &[("mother.name", text("Anna"))])
}

fn finished() -> Story {
    let mut story = opened();
    story.done("register/marriage", &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.done("post/letter", &[("mother.letter", text("L"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    story
}

/// A report of the same happening in this part.
fn joins(role: &str, person: Option<&str>, said: &[(&str, Value)]) -> Input {
    let mut again = Report { reporter: Some(party(role)), ..Report::default() };
    again.facts =
        facts(&[("mother.number", crate::story::person("mother-1")), ("event.date", date("2026-11-20"))]);
    again.facts.extend(facts(said));
    let request = format!("request of {role} {person:?}");
    Input::Report { by: by(role), report: again, request, person: person.map(str::to_owned) }
}

fn disputed(story: &Story, name: &str) -> Option<Value> {
    story.case.facts[&key(name)].dispute.as_ref().and_then(|dispute| dispute.proposed.clone())
}

#[test]
fn a_second_report_of_a_finished_case_is_a_second_receipt_and_undoes_nothing() {
    let mut story = finished();
    story.input(joins("mother", Some("somebody-2"), &[("mother.name", text("anna"))])).unwrap();
    assert_eq!(story.case.receipts.len(), 2);
    assert_eq!(story.case.state, CaseState::Completed, "it says nothing new");
    assert_eq!(story.case.parties[&party("mother")].persons, ["mother-1"]);
    assert_eq!(story.known("mother.name"), Some(text("Anna")));
    for step in ["civil/record", "post/letter"] {
        assert_eq!(story.is(step), "done");
    }
}

#[test]
fn what_another_says_otherwise_is_for_the_first_to_settle_although_they_report_in_the_same_part() {
    for person in [Some("somebody-2"), None] {
        let mut story = finished();
        story.input(joins("mother", person, &[("event.date", date("2026-11-21"))])).unwrap();
        assert_eq!(disputed(&story, "event.date"), Some(date("2026-11-21")));
        assert_eq!(story.known("event.date"), Some(date("2026-11-20")), "nothing is overwritten");
        assert_eq!(story.case.state, CaseState::Open, "somebody has to say what holds");
        assert_eq!([story.is("civil/record"), story.is("post/letter")], ["done", "done"]);
        let of_facts = |wait: &BesideWait| !matches!(wait.what, Beside::Claim { .. });
        let waits: Vec<_> = beside_steps(&story.case).into_iter().filter(of_facts).collect();
        assert_eq!(waits.len(), 1);
        assert_eq!(waits[0].what, Beside::Dispute(key("event.date")));
        assert_eq!(waits[0].owner, Owner::Party(party("mother")));
        assert!(story.due().is_some());
        let asked = questions(&story.country.rules(), &story.case);
        assert!(asked[0].required && asked[0].key == key("event.date"));
        story.answers("mother", &[("event.date", date("2026-11-20"))]).unwrap();
        assert_eq!(story.case.state, CaseState::Completed);
        assert!(!beside_steps(&story.case).iter().any(of_facts));
    }
}

#[test]
fn two_who_play_no_part_are_not_one_who_corrects_themselves() {
    let mut story = opened();
    let wish = |wish: &str| [("mother.name", text("Anna")), ("event.date", date(wish))];
    story.input(joins("father", Some("father-1"), &[("mother.name", text("Anna"))])).unwrap();
    let mut hospital = joins("father", None, &[("mother.wish", text("quiet"))]);
    if let Input::Report { by, report, .. } = &mut hospital {
        *by = Actor::Agency("hospital".parse().unwrap());
        report.reporter = None;
    }
    let mut story_of_two = Story::with(registry(), &[("mother.name", text("Anna"))]);
    story_of_two.input(hospital.clone()).unwrap();
    assert_eq!(story_of_two.known("mother.wish"), Some(text("quiet")));
    if let Input::Report { report, .. } = &mut hospital {
        report.facts.insert(fact("mother.wish"), Given::Value(text("loud")));
    }
    story_of_two.input(hospital).unwrap();
    assert_eq!(disputed(&story_of_two, "mother.wish"), Some(text("loud")));
    assert_eq!(beside_steps(&story_of_two.case)[0].owner, Owner::Operators);
    assert!(story.input(joins("father", Some("father-1"), &wish("2026-11-20"))).is_ok());
}

#[test]
fn who_claims_a_part_that_nobody_plays_is_no_party_before_somebody_names_them() {
    let mut story = opened();
    let said =
        [("father.number", person("father-1")), ("father.name", text("Frank")), ("mother.wish", text("his"))];
    story.input(joins("father", Some("father-1"), &said)).unwrap();
    assert_eq!(story.case.receipts.len(), 2);
    assert_eq!(story.known("mother.wish"), None, "who is no party adds nothing to the case");
    assert!(!story.case.parties.contains_key(&party("father")));
    assert_eq!(story.known("father.name"), None, "what is said of the part is held");
    let held: Vec<_> = story.case.claims[0].facts.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(held, ["father.name", "father.number", "mother.wish"]);
    let receipt = &story.case.receipts[1];
    assert_eq!(receipt.by, Actor::Party { party: None, portal: "portal".to_owned() });
    let error = story.answers("father", &[("mother.wish", text("mine"))]).unwrap_err();
    assert!(matches!(error, Rejected::NotYours(_)), "{error}");

    story.answers("mother", &[("father.number", person("father-1"))]).unwrap();
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"]);
    assert_eq!(story.known("father.name"), Some(text("Frank")));
    assert_eq!(story.known("mother.wish"), Some(text("his")));
    let source = &story.case.facts[&key("father.name")].current().unwrap().source;
    assert_eq!(*source, Source::Party { party: Some(party("father")) });
    assert!(story.case.claims.is_empty());
    assert_eq!(story.case.receipts[1].by, by("father"));
}

#[test]
fn a_person_decides_about_a_claim_that_nobody_bears_out() {
    let decides =
        |by: Actor, receipt, upheld| Input::ClaimDecided { by, receipt, upheld, reason: "shown".to_owned() };
    let mut story = opened();
    story.input(joins("father", Some("father-1"), &[("father.name", text("Frank"))])).unwrap();
    let waits =
        |story: &Story| beside_steps(&story.case).into_iter().map(|wait| wait.what).collect::<Vec<_>>();
    let claim = Beside::Claim { receipt: 2, party: party("father") };
    assert_eq!(waits(&story), [claim]);
    assert_eq!(beside_steps(&story.case)[0].owner, Owner::Operators);
    assert!(matches!(story.input(decides(by("mother"), 2, true)), Err(Rejected::NotYours(_))));
    assert!(matches!(story.input(decides(operator(), 1, true)), Err(Rejected::NoSuchClaim(1))));

    story.input(decides(operator(), 2, false)).unwrap();
    assert_eq!(waits(&story), [], "it was decided");
    assert!(!story.case.parties.contains_key(&party("father")));
    assert!(story.input(decides(operator(), 2, false)).unwrap().is_empty(), "once");

    let upheld = story.input(decides(operator(), 2, true)).unwrap();
    assert!(matches!(&upheld[0], Entry::ClaimUpheld { receipt: 2, reason: Some(why) } if why == "shown"));
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"]);
    assert_eq!(story.known("father.name"), Some(text("Frank")));
    assert!(story.case.claims.is_empty());

    story.input(joins("father", Some("father-2"), &[])).unwrap();
    assert!(
        matches!(story.input(decides(operator(), 3, true)), Err(Rejected::PartTaken(_))),
        "it is father-1's"
    );
}

#[test]
fn a_register_that_names_somebody_bears_their_claim_out() {
    let mut story = opened();
    story.input(joins("father", Some("father-1"), &[("father.name", text("Frank"))])).unwrap();
    story.done("register/marriage", &[("mother.husband_number", text("x"))]);
    assert_eq!(story.case.claims.len(), 1, "another than he");
    let services = [service("register/marriage").reads().needs("mother.number").gives("event.number")];
    let country = Country::of(services, &["event.number"], &["father.name"]).unwrap();
    let mut married = Story::with(country, &[]);
    let claim = joins("father", Some("father-1"), &[]);
    married.input(claim).unwrap();
    married.done("register/marriage", &[("event.number", person("father-1"))]);
    assert!(married.case.claims.is_empty());
    assert_eq!(married.case.parties[&party("father")].persons, ["father-1"]);
}

#[test]
fn nobody_takes_a_part_from_whoever_plays_it() {
    let mut story =
        Story::with(registry(), &[("mother.name", text("Anna")), ("father.number", person("father-1"))]);
    let said = [("father.number", person("father-2")), ("father.name", text("Fred"))];
    let entries = story.input(joins("father", Some("father-2"), &said)).unwrap();
    assert!(entries.iter().any(|entry| matches!(entry, Entry::PartClaimed { .. })));
    assert_eq!(story.known("father.number"), Some(person("father-1")));
    assert_eq!(story.known("father.name"), None);
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"]);
    // Whom the mother named is a party as soon as they report.
    story.input(joins("father", Some("father-1"), &[("father.name", text("Frank"))])).unwrap();
    assert_eq!(story.known("father.name"), Some(text("Frank")));
    assert_eq!(story.case.claims.len(), 1);
}

#[test]
fn where_an_agency_reported_and_named_nobody_who_could_the_first_who_does_is_whom_the_case_asks() {
    let services = [service("civil/record").needs("child.given").gives("child.record")];
    let country = Country::of(services, &["child.record"], &["child.given"]).unwrap();
    let mut life_event = country.plan.life_event.clone();
    for spec in &mut life_event.roles {
        spec.may_report = spec.id.as_str() == "father";
    }
    let mut plan = country.plan.clone();
    plan.life_event = life_event;
    let country = Country { plan, ..country };
    let mut asked = opening(report(&[], &[&[]]));
    asked.report.reporter = None;
    asked.by = Actor::Agency("hospital".parse().unwrap());
    asked.person = None;
    let mut story = Story::of(country, asked);
    story.input(joins("father", Some("father-1"), &[])).unwrap();
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"]);
    story.input(joins("father", Some("father-2"), &[])).unwrap();
    assert_eq!(story.case.parties[&party("father")].persons, ["father-1"], "the second is a second receipt");
    story.answers("father", &[("child.given[m1]", text("Anna"))]).unwrap();
    assert_eq!(story.is("civil/record[m1]"), "calling");
}

#[test]
fn what_only_an_agency_reported_is_asked_of_whoever_might_have() {
    let services = [service("civil/record").needs("child.given").gives("child.record")];
    let country = Country::of(services, &["child.record"], &["child.given"]).unwrap();
    let mut asked = opening(report(&[], &[&[]]));
    asked.report.reporter = None;
    asked.by = Actor::Agency("hospital".parse().unwrap());
    asked.person = None;
    let mut story = Story::of(country, asked);
    let questions = questions(&story.country.rules(), &story.case);
    assert_eq!(questions[0].of, [party("mother")]);
    let steps = view(&story.country.rules(), &story.case, &story.log, &party("mother")).steps;
    assert_eq!(steps[0].status, Status::YouMustAnswer(vec![key("child.given[m1]")]));
    story.answers("mother", &[("child.given[m1]", text("Anna"))]).unwrap();
    assert_eq!(story.is("civil/record[m1]"), "calling");
}

#[test]
fn a_report_does_not_contradict_a_register() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("civil/record").needs("mother.name").gives("mother.record"),
    ];
    let country = Country::of(services, &["mother.record"], &["mother.name"]).unwrap();
    let mut story = Story::with(country, &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    story.input(joins("father", None, &[("mother.name", text("Anneke"))])).unwrap();
    assert_eq!(story.known("mother.name"), Some(text("Anna")));
    assert!(story.case.facts[&key("mother.name")].dispute.is_none());
    assert_eq!(story.is("civil/record"), "calling");
}

#[test]
fn two_members_of_one_report_that_are_the_same_are_both_named() {
    let first: [(&str, Value); 1] = [("child.order", Value::Integer(1))];
    let asked = opening(report(&[], &[&first, &[], &first]));
    let error = casework::decide::open(&children().rules(), asked, casework::time::Instant(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`child[0]` and `child[2]` are the same one: both have the same order; leave one out, or say how they differ"
    );
    let (first, second) = (0, 2);
    let attributes = vec!["order".to_owned()];
    assert_eq!(error, Rejected::SameMember { role: role_of("child"), first, second, attributes });
}

fn children() -> Country {
    let services = [service("civil/record").needs("child.given").gives("child.record")];
    Country::of(services, &["child.record"], &["child.given"]).unwrap()
}

#[test]
fn the_earlier_case_learns_of_a_later_one_that_is_perhaps_the_same_and_goes_on() {
    let mut story = opened();
    let resembled = || Input::Resembled { other: "L-2".to_owned() };
    let entries = story.input(resembled()).unwrap();
    assert_eq!(entries, [Entry::ResembledBy { other: "L-2".to_owned() }]);
    assert!(story.input(resembled()).unwrap().is_empty(), "said once");
    assert_eq!(story.case.state, CaseState::Open);
    story.done("register/marriage", &[]);
    assert_eq!(story.is("civil/record"), "calling");
    let mut story = finished();
    story.input(resembled()).unwrap();
    assert_eq!(story.case.state, CaseState::Completed);
    assert_eq!(story.case.resembled_by, ["L-2"]);
}

#[test]
fn whoever_was_named_by_a_wrong_number_plays_no_part_once_it_is_corrected() {
    let mut story =
        Story::with(registry(), &[("mother.name", text("Anna")), ("father.number", person("father-2"))]);
    let parts = |story: &Story, person: &str| story.case.parts_of(person).cloned().collect::<Vec<_>>();
    assert_eq!(parts(&story, "father-2"), [party("father")]);
    story.corrects(by("mother"), &[("father.number", person("father-1"))]).unwrap();
    assert_eq!(parts(&story, "father-1"), [party("father")]);
    assert!(parts(&story, "father-2").is_empty());
    assert_eq!(parts(&story, "mother-1"), [party("mother")]);
    story.input(joins("father", Some("father-2"), &[])).unwrap();
    assert_eq!(story.case.claims.len(), 1, "nor by reporting");
}

#[test]
fn nobody_makes_their_own_number_another() {
    let mut story = opened();
    let number = || [("mother.number", person("somebody-2"))];
    assert!(matches!(story.corrects(by("mother"), &number()), Err(Rejected::NotYours(_))));
    assert_eq!(story.answers("mother", &number()).unwrap_err(), Rejected::AlreadyKnown(key("mother.number")));
    let proposed = Some(person("somebody-2"));
    let reason = "it is another".to_owned();
    let dispute = Input::Dispute { by: by("mother"), key: key("mother.number"), proposed, reason };
    assert!(matches!(story.input(dispute), Err(Rejected::NotYours(_))));
    assert_eq!(story.known("mother.number"), Some(person("mother-1")));
}
