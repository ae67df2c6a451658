//! What agencies answer.

use casework::case::{CaseState, Footprint, StepState};
use casework::entry::{CallKind, DecisionResult, Entry, NotDoneReason, Owner, Waiting};
use casework::input::{Answer, Gifts, Input, Rejected};
use casework::rulebook::{patience, retry_wait};
use casework::value::Value;

use crate::country::{Country, service};
use crate::story::{Story, decided, gifts, id, in_doubt, key, not_done, text};

fn record() -> Country {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record").gives("mother.name"),
        service("post/letter").needs("mother.record").gives("mother.letter"),
    ];
    Country::of(services, &["mother.letter"], &[]).unwrap()
}

fn answer(story: &Story, agency: &str, key: &str) -> Input {
    let duty = story.duty("civil/record");
    let key = if key.is_empty() { duty.key } else { key.to_owned() };
    let answer = Answer::Done { gifts: Gifts::default(), decision: None };
    let agency = agency.parse().unwrap();
    Input::Answer { step: duty.step, call: duty.call, key, attempt: Some(1), agency, answer }
}

#[test]
fn an_answer_is_taken_from_the_agency_that_was_called_and_for_the_key_it_was_called_with() {
    let mut story = Story::with(record(), &[]);
    let foreign = answer(&story, "somebody", "");
    assert!(matches!(story.input(foreign), Err(Rejected::OtherAgency { .. })));
    let other_key = answer(&story, "civil", "0123");
    let error = story.input(other_key).unwrap_err();
    assert_eq!(error.to_string(), "civil/record awaits no such answer: it is calling");
    let unknown = Input::Answer {
        step: id("civil/nothing"),
        call: CallKind::Perform,
        key: String::new(),
        attempt: None,
        agency: "civil".parse().unwrap(),
        answer: Answer::Undone,
    };
    assert_eq!(story.input(unknown).unwrap_err(), Rejected::NoSuchStep(id("civil/nothing")));
}

#[test]
fn an_answer_counts_once() {
    let mut story = Story::with(record(), &[]);
    let again = answer(&story, "civil", "");
    story.input(again.clone()).unwrap();
    assert!(matches!(story.input(again), Err(Rejected::Unasked { .. })));
}

#[test]
fn what_an_answer_does_not_set_is_absent() {
    let mut story = Story::with(record(), &[]);
    story.done("civil/record", &[("mother.record", text("R1"))]);
    assert_eq!(story.known("mother.record"), Some(text("R1")));
    assert_eq!(
        story.case.facts[&key("mother.name")].current().unwrap().known,
        casework::entry::Known::Absent
    );
    assert_eq!(story.step("civil/record").footprint, Footprint::Surely);
}

#[test]
fn what_an_agency_gives_beyond_its_contract_parks_the_step_for_its_people() {
    for (given, why) in [
        (gifts(&[("mother.letter", text("no"))]), "gives `mother.letter`, which its contract does not name"),
        (gifts(&[("mother.record", Value::Bool(true))]), "gives `mother.record` as something else than text"),
    ] {
        let mut story = Story::with(record(), &[]);
        story.answer("civil/record", Answer::Done { gifts: given, decision: None }).unwrap();
        let StepState::Parked { owner, reason } = story.state("civil/record").unwrap() else { panic!() };
        assert_eq!(*owner, Owner::Agency("civil".parse().unwrap()));
        assert_eq!(reason, why);
        assert_eq!(
            story.step("civil/record").footprint,
            Footprint::Perhaps,
            "it may have been done all the same"
        );
    }
}

#[test]
fn what_is_surely_not_done_is_tried_again_with_patience_and_the_same_key() {
    let mut story = Story::with(record(), &[]);
    let key = story.duty("civil/record").key;
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        story.answer("civil/record", not_done()).unwrap();
        assert_eq!(*story.waits("civil/record"), Waiting::Agency(NotDoneReason::Unavailable));
        assert_eq!(story.step("civil/record").footprint, Footprint::Nothing);
        let wait = story.due().unwrap().0 - story.now.0;
        assert_eq!(wait, retry_wait(&story.case.seed, attempt));
        waits.push(wait);
        assert!(story.pass(wait - 1).is_empty());
        story.pass(1);
        let duty = story.duty("civil/record");
        assert_eq!((duty.attempt, duty.key.as_str()), (attempt + 1, key.as_str()));
    }
    assert!(waits.is_sorted() && waits[4] > 8 * waits[0], "{waits:?}");
}

#[test]
fn an_agency_that_says_when_is_asked_no_sooner() {
    let mut story = Story::with(record(), &[]);
    let reason = NotDoneReason::Overloaded;
    story.answer("civil/record", Answer::NotDone { reason, retry_after: Some(90_000) }).unwrap();
    assert_eq!(story.due(), Some(story.now.plus(90_000)));
}

#[test]
fn not_done_of_an_earlier_attempt_says_nothing_of_this_one() {
    let mut story = Story::with(record(), &[]);
    story.answer("civil/record", not_done()).unwrap();
    story.wait();
    let duty = story.duty("civil/record");
    let of = |attempt| Input::Answer {
        step: duty.step.clone(),
        call: CallKind::Perform,
        key: duty.key.clone(),
        attempt,
        agency: duty.agency.clone(),
        answer: not_done(),
    };
    assert!(matches!(story.input(of(Some(1))), Err(Rejected::Unasked { .. })), "the first was told twice");
    assert_eq!(story.is("civil/record"), "calling");
    story.input(of(Some(2))).unwrap();
    assert_eq!(story.is("civil/record"), "waiting");
}

#[test]
fn a_late_answer_to_an_earlier_attempt_says_what_was_done() {
    let mut story = Story::with(record(), &[]);
    story.answer("civil/record", in_doubt()).unwrap();
    assert_eq!(story.is("civil/record"), "in doubt");
    let done = Answer::Done { gifts: gifts(&[("mother.record", text("R1"))]), decision: None };
    story.reports("civil/record", done).unwrap();
    assert_eq!(story.is("civil/record"), "done");
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn what_is_taken_up_is_asked_after_less_and_less_often() {
    let mut story = Story::with(record(), &[]);
    let pending = || Answer::Pending { operation: "operation-1".to_owned() };
    story.answer("civil/record", pending()).unwrap();
    assert_eq!(story.is("civil/record"), "pending");
    assert_eq!(story.due(), Some(story.now.plus(patience::ASK_PENDING_MS)));
    let mut waits = Vec::new();
    for _ in 0..6 {
        waits.push(story.due().unwrap().0 - story.now.0);
        story.wait();
        let duty = story.duty("civil/record");
        assert_eq!(duty.call, CallKind::Status);
        assert_eq!(duty.operation.as_deref(), Some("operation-1"));
        assert!(duty.request.is_empty(), "the key says it all");
        story.answer("civil/record", pending()).unwrap();
    }
    assert!(waits.is_sorted() && waits[5] > waits[0], "{waits:?}");
    story
        .reports(
            "civil/record",
            Answer::Done { gifts: gifts(&[("mother.record", text("R"))]), decision: None },
        )
        .unwrap();
    assert_eq!(story.is("civil/record"), "done");
}

#[test]
fn what_was_taken_up_and_then_failed_is_tried_again() {
    let mut story = Story::with(record(), &[]);
    story.answer("civil/record", Answer::Pending { operation: "operation-1".to_owned() }).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Perhaps);
    story.reports("civil/record", not_done()).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Nothing);
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Perform);
}

#[test]
fn an_unknown_key_is_called_again() {
    let mut story = Story::with(record(), &[]);
    story.answer("civil/record", Answer::Pending { operation: "operation-1".to_owned() }).unwrap();
    story.wait();
    story.answer("civil/record", Answer::NeverSeen).unwrap();
    assert_eq!(*story.waits("civil/record"), Waiting::Agency(NotDoneReason::NeverSeen));
    assert_eq!(
        story.step("civil/record").footprint,
        Footprint::Perhaps,
        "a cancel still has to leave a tombstone"
    );
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Perform);
}

#[test]
fn an_unknown_key_proves_nothing_while_the_call_may_be_on_its_way() {
    let services =
        [service("civil/record").guarded().no_cancel().needs("mother.number").gives("mother.record")];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.answer("civil/record", in_doubt()).unwrap();
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
    story.answer("civil/record", Answer::NeverSeen).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Perhaps);
    story.pass(20_000);
    story.answer("civil/record", in_doubt()).unwrap();
    story.pass(20_000);
    story.answer("civil/record", Answer::NeverSeen).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Nothing);
}

#[test]
fn a_cancelled_key_gets_another_one_and_a_person_after_the_third() {
    let mut story = Story::with(record(), &[]);
    let first = story.duty("civil/record").key;
    story.answer("civil/record", Answer::Tombstoned).unwrap();
    let second = story.duty("civil/record").key;
    assert_ne!(first, second);
    assert_eq!(story.step("civil/record").generation, 2);
    story.answer("civil/record", Answer::Tombstoned).unwrap();
    story.answer("civil/record", Answer::Tombstoned).unwrap();
    assert_eq!(story.is("civil/record"), "parked");
}

#[test]
fn a_stale_fact_is_read_anew_before_the_step_is_tried_again() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("civil/record").needs("mother.name").gives("mother.record"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    let before = story.duty("civil/record").key;
    story.answer("civil/record", Answer::StaleFact { facts: vec!["mother_name".to_owned()] }).unwrap();
    assert_eq!(story.is("register/record"), "calling");
    assert_eq!(*story.waits("civil/record"), Waiting::Agency(NotDoneReason::StaleFact));
    story.done("register/record", &[("mother.name", text("Berta"))]);
    story.wait();
    let duty = story.duty("civil/record");
    assert_ne!(duty.key, before, "another request has another key");
    assert_eq!(duty.attempt, 2);
    story.done("civil/record", &[]);
    assert_eq!(story.step("civil/record").consumed[0].revision, 2);
}

#[test]
fn a_stale_fact_of_a_call_that_may_still_arrive_is_cancelled_first() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("civil/record").needs("mother.name").gives("mother.record"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    story.answer("civil/record", in_doubt()).unwrap();
    story.wait();
    let key = story.duty("civil/record").key;
    story.answer("civil/record", Answer::StaleFact { facts: vec!["mother.name".to_owned()] }).unwrap();
    story.done("register/record", &[("mother.name", text("Berta"))]);
    story.wait();
    let cancel = story.duty("civil/record");
    assert_eq!((cancel.call, cancel.key), (CallKind::Cancel, key.clone()));
    story.answer("civil/record", Answer::Undone).unwrap();
    let anew = story.duty("civil/record");
    assert_eq!(anew.call, CallKind::Perform);
    assert_ne!(anew.key, key);
}

#[test]
fn an_agency_that_is_not_competent_names_who_is() {
    let services =
        [service("city/record").competence("home.place").needs("mother.number").gives("mother.record")];
    let country = Country::of(services, &["mother.record"], &["home.place"]).unwrap();
    let mut story = Story::with(country, &[("home.place", Value::Code("east".to_owned()))]);
    let first = story.duty("city/record");
    assert_eq!(first.agency.as_str(), "city-east");
    story.pass(5_000);
    let forward_to = Some("city-west".parse().unwrap());
    story.answer("city/record", Answer::NotCompetent { forward_to }).unwrap();
    let second = story.duty("city/record");
    assert_eq!(second.agency.as_str(), "city-west");
    assert_ne!(first.key, second.key);
    assert_eq!(first.received_at, second.received_at, "the day of receipt travels along");
    let back = Some("city-east".parse().unwrap());
    story.answer("city/record", Answer::NotCompetent { forward_to: back }).unwrap();
    assert_eq!(*story.waits("city/record"), Waiting::NoAgency, "they do not play with it");
}

#[test]
fn an_agency_that_is_not_competent_after_silence_has_its_people_look() {
    let services =
        [service("city/record").competence("home.place").needs("mother.number").gives("mother.record")];
    let country = Country::of(services, &["mother.record"], &["home.place"]).unwrap();
    let mut story = Story::with(country, &[("home.place", Value::Code("east".to_owned()))]);
    story.answer("city/record", in_doubt()).unwrap();
    story.wait();
    story.pass(60_000);
    if story.is("city/record") == "in doubt" {
        story.wait();
    }
    story
        .answer("city/record", Answer::NotCompetent { forward_to: Some("city-west".parse().unwrap()) })
        .unwrap();
    assert_eq!(story.is("city/record"), "parked");
}

#[test]
fn an_answer_that_makes_no_sense_is_a_breach() {
    for nonsense in [Answer::Undone, Answer::NeverSeen, Answer::Breach { what: "html".to_owned() }] {
        let mut story = Story::with(record(), &[]);
        story.answer("civil/record", nonsense).unwrap();
        assert_eq!(story.is("civil/record"), "parked");
        assert_eq!(story.case.state, CaseState::Open);
    }
}

#[test]
fn a_decision_is_kept_as_it_was_made() {
    let mut story = Story::with(record(), &[]);
    story.decides("civil/record", DecisionResult::PartlyGranted, &[("mother.record", text("R"))]);
    assert_eq!(story.step("civil/record").decision, Some(decided(DecisionResult::PartlyGranted)));
    assert!(!story.log.iter().any(|recorded| matches!(recorded.entry, Entry::OutcomeSettled { .. })));
}
