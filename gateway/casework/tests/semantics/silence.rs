//! What follows when nobody answers, or the gateway that called has died.

use casework::case::{Footprint, StepState};
use casework::entry::{CallKind, Entry};
use casework::input::{Answer, Gifts, Steering};
use casework::rulebook::{patience, retry_wait};

use crate::country::{Country, Declared, service};
use crate::story::{Story, gifts, in_doubt, officer, operator, text};

fn story(record: Declared) -> Story {
    let record = record.needs("mother.number").gives("mother.record");
    Story::with(Country::of([record], &["mother.record"], &[]).unwrap(), &[])
}

#[test]
fn a_call_is_awaited_for_its_time_and_is_nobody_elses_until_then() {
    let mut story = story(service("civil/record"));
    let duty = story.duty("civil/record");
    assert_eq!(duty.until, story.now.plus(2_000 + patience::CALL_SLACK_MS));
    assert_eq!(story.due(), Some(duty.until));
    let intent = &story.log[usize::try_from(duty.intent).unwrap() - 1];
    assert!(matches!(&intent.entry, Entry::Called { key, .. } if *key == duty.key));
    assert!(story.pass(7_999).is_empty());
    assert_eq!(story.duties().len(), 1);
    story.now = story.now.plus(1);
    assert!(story.duties().is_empty(), "past its time it is nobody's to make");
}

#[test]
fn a_gateway_that_died_after_the_intent_is_made_good_by_the_next_look_with_the_same_key() {
    let mut story = story(service("civil/record"));
    let before = story.duty("civil/record");
    story.wait();
    let after = story.duty("civil/record");
    assert_eq!((after.call, after.attempt), (CallKind::Perform, 2));
    assert_eq!((after.key, after.request), (before.key, before.request));
    assert_eq!(story.step("civil/record").unanswered, 2);
}

#[test]
fn a_second_silence_is_met_with_patience() {
    let mut story = story(service("civil/record"));
    story.wait();
    story.wait();
    assert_eq!(story.is("civil/record"), "in doubt");
    assert_eq!(story.due(), Some(story.now.plus(retry_wait(&story.case.seed, 2))));
    story.wait();
    assert_eq!(story.duty("civil/record").attempt, 3);
}

#[test]
fn not_done_after_an_unanswered_attempt_does_not_prove_that_nothing_was() {
    let mut story = story(service("civil/record"));
    story.wait();
    story.answer("civil/record", crate::story::not_done()).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Perhaps);
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Perform, "the same key again");
}

#[test]
fn what_a_repeat_would_do_twice_is_not_repeated_a_person_finds_out() {
    let mut story = story(service("civil/record").unguarded());
    story.wait();
    assert_eq!(
        *story.state("civil/record").unwrap(),
        StepState::InDoubt { ask_at: None, reason: "silence".to_owned() }
    );
    story.pass(86_400_000);
    assert!(story.duties().is_empty());
    assert!(story.due().is_some(), "somebody keeps looking");
    assert!(story.steer(operator(), "civil/record", Steering::Retry).is_err());
    story.steer(officer("civil"), "civil/record", Steering::NotDone).unwrap();
    assert_eq!(story.duty("civil/record").attempt, 2);
}

#[test]
fn where_the_effect_can_be_found_by_facts_the_agency_is_asked_and_told_them_once_more() {
    let mut story = story(service("civil/record").unguarded().finds());
    story.wait();
    let duty = story.duty("civil/record");
    assert_eq!(duty.call, CallKind::Status);
    assert_eq!(duty.request.len(), 1);
    story
        .answer(
            "civil/record",
            Answer::Done { gifts: gifts(&[("mother.record", text("R"))]), decision: None },
        )
        .unwrap();
    assert_eq!(story.is("civil/record"), "done");
}

#[test]
fn only_the_facts_that_it_is_found_by_are_disclosed_once_more() {
    let record = service("civil/record").unguarded().needs("mother.name").needs("mother.number");
    let record = record.gives("mother.record").with(|it| it.finds_by = vec!["mother_number".to_owned()]);
    let country = Country::of([record], &["mother.record"], &["mother.name"]).unwrap();
    let mut story = Story::with(country, &[("mother.name", text("Anna"))]);
    assert_eq!(story.duty("civil/record").request.len(), 2);
    story.wait();
    let duty = story.duty("civil/record");
    let fields: Vec<&str> = duty.request.iter().map(|told| told.field.as_str()).collect();
    assert_eq!((duty.call, fields), (CallKind::Status, vec!["mother_number"]));
    let intent = &story.log[usize::try_from(duty.intent).unwrap() - 1].entry;
    let Entry::Called { discloses, .. } = intent else { panic!("{intent:?}") };
    let told: Vec<String> = discloses.iter().map(|disclosure| disclosure.key.to_string()).collect();
    assert_eq!(told, ["mother.number"], "as the record of disclosures says");
}

#[test]
fn what_only_facts_find_is_asked_for_once_nothing_can_be_on_its_way() {
    let mut story = story(service("civil/record").unguarded().finds());
    let until = story.duty("civil/record").until;
    story.pass(2_500);
    story.answer("civil/record", in_doubt()).unwrap();
    story.wait();
    assert_eq!(
        *story.state("civil/record").unwrap(),
        StepState::InDoubt { ask_at: Some(until), reason: "DEADLINE_EXCEEDED".to_owned() }
    );
    assert!(story.pass(until.0 - story.now.0 - 1).is_empty());
    story.pass(1);
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
}

#[test]
fn what_a_key_finds_is_asked_for_as_soon_as_it_is_in_doubt() {
    let mut story = story(service("civil/record").guarded());
    let until = story.duty("civil/record").until;
    story.pass(2_500);
    story.answer("civil/record", in_doubt()).unwrap();
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
    assert!(story.now < until);
}

#[test]
fn what_an_agency_has_taken_up_is_asked_for_by_facts_whenever_it_is_time() {
    let mut story = story(service("civil/record").unguarded().finds());
    story.answer("civil/record", Answer::Pending { operation: "o".to_owned() }).unwrap();
    story.steer(operator(), "civil/record", Steering::Retry).unwrap();
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
}

#[test]
fn what_is_not_found_past_its_time_was_not_done_and_is_done_now() {
    let mut story = story(service("civil/record").unguarded().finds());
    story.wait();
    story.answer("civil/record", Answer::NeverSeen).unwrap();
    assert_eq!(story.step("civil/record").footprint, Footprint::Nothing);
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Perform);
}

#[test]
fn a_guarded_service_is_asked_rather_than_called_again() {
    let mut story = story(service("civil/record").guarded());
    story.wait();
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
    story.answer("civil/record", in_doubt()).unwrap();
    assert_eq!(story.is("civil/record"), "in doubt");
    story.wait();
    assert_eq!(story.duty("civil/record").attempt, 2);
    story.wait();
    assert_eq!(story.is("civil/record"), "in doubt", "the question was not answered either");
    story.wait();
    assert_eq!(story.duty("civil/record").attempt, 3);
}

#[test]
fn what_is_taken_up_by_an_agency_that_tells_no_status_is_asked_by_the_same_key() {
    let mut story = story(service("civil/record").no_status());
    story.answer("civil/record", Answer::Pending { operation: "o".to_owned() }).unwrap();
    story.wait();
    let duty = story.duty("civil/record");
    assert_eq!((duty.call, duty.attempt), (CallKind::Perform, 2));
}

#[test]
fn what_is_taken_up_and_cannot_be_asked_for_waits_for_the_report() {
    let mut story = story(service("civil/record").unguarded());
    story.answer("civil/record", Answer::Pending { operation: "o".to_owned() }).unwrap();
    story.pass(10 * 86_400_000);
    assert_eq!(story.is("civil/record"), "pending");
    assert!(story.due().unwrap() > story.now);
    story.reports("civil/record", Answer::Done { gifts: Gifts::default(), decision: None }).unwrap();
    assert_eq!(story.is("civil/record"), "done");
}

#[test]
fn a_reading_is_repeated_at_will() {
    let mut story = story(service("register/record").reads());
    story.wait();
    assert_eq!(story.duty("register/record").attempt, 2);
    story.answer("register/record", in_doubt()).unwrap();
    story.wait();
    assert_eq!(story.duty("register/record").attempt, 3);
}
