//! What an agency did not take, and a fact of it that is corrected.

use casework::case::{CaseState, Footprint, StepState};
use casework::entry::{CallKind, Owner};
use casework::input::{Answer, Steering};

use crate::country::{Country, Declared, service};
use crate::story::{Story, by, in_doubt, operator, text};

/// A step that its agency turned away, of which a party said the account.
fn turned_away(record: Declared) -> Story {
    let country = Country::of([record.gives("mother.record")], &["mother.record"], &["mother.account"]);
    let mut story = Story::with(country.unwrap(), &[("mother.account", text("12345"))]);
    story.answer("civil/record", refused()).unwrap();
    assert_eq!(story.is("civil/record"), "parked");
    story
}

fn refused() -> Answer {
    Answer::Breach { what: "it answered INVALID_ARGUMENT, fields mother_account".to_owned() }
}

fn corrects(story: &mut Story, account: &str) {
    story.corrects(by("mother"), &[("mother.account", text(account))]).unwrap();
}

#[test]
fn what_an_agency_would_not_take_is_told_anew_once_it_is_corrected() {
    let mut story = turned_away(service("civil/record").needs("mother.account"));
    let performs = |story: &Story| story.step("civil/record").calls[&CallKind::Perform].clone();
    let before = performs(&story);
    corrects(&mut story, "ES91");
    let cancel = story.duty("civil/record");
    assert_eq!((cancel.call, &cancel.key), (CallKind::Cancel, &before.key), "it may have been done");
    story.answer("civil/record", Answer::Undone).unwrap();
    let anew = story.duty("civil/record");
    assert_eq!((anew.call, anew.attempt), (CallKind::Perform, before.attempt + 1));
    assert_ne!(anew.key, before.key, "another request has another key");
    assert_eq!(story.step("civil/record").generation, 2);
    // What is refused again stands still until it is corrected again.
    story.answer("civil/record", refused()).unwrap();
    assert_eq!(story.is("civil/record"), "parked");
    assert!(story.pass(86_400_000).is_empty());
    corrects(&mut story, "GB82");
    story.answer("civil/record", Answer::Undone).unwrap();
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn what_is_corrected_to_the_same_is_not_told_again() {
    let mut story = turned_away(service("civil/record").needs("mother.account"));
    corrects(&mut story, "12345");
    assert_eq!(story.is("civil/record"), "parked");
    assert!(story.duties().is_empty());
}

#[test]
fn what_cannot_be_cancelled_and_may_have_been_done_stays_with_its_people() {
    let declared = || service("civil/record").needs("mother.account").no_cancel();
    for record in [declared(), declared().unguarded()] {
        let mut story = turned_away(record);
        corrects(&mut story, "ES91");
        assert_eq!(story.is("civil/record"), "parked");
        assert_eq!(story.step("civil/record").footprint, Footprint::Perhaps);
        assert!(story.duties().is_empty());
    }
}

#[test]
fn a_question_that_was_turned_away_is_asked_anew_without_a_cancellation() {
    let mut story = turned_away(service("civil/record").reads().needs("mother.account"));
    corrects(&mut story, "ES91");
    assert_eq!(story.duty("civil/record").call, CallKind::Perform);
    assert_eq!(story.step("civil/record").generation, 2);
}

#[test]
fn a_cancellation_that_is_answered_with_something_else_is_not_asked_for_again() {
    let mut story = turned_away(service("civil/record").needs("mother.account"));
    corrects(&mut story, "ES91");
    story.answer("civil/record", refused()).unwrap();
    assert_eq!(story.is("civil/record"), "parked");
    corrects(&mut story, "GB82");
    assert!(story.duties().is_empty(), "it is with its people");
}

#[test]
fn what_a_person_stopped_goes_on_by_that_person() {
    let record = service("civil/record").needs("mother.account").gives("mother.record");
    let country = Country::of([record], &["mother.record"], &["mother.account"]);
    let mut story = Story::with(country.unwrap(), &[("mother.account", text("12345"))]);
    story.answer("civil/record", in_doubt()).unwrap();
    story.steer(operator(), "civil/record", Steering::Park).unwrap();
    corrects(&mut story, "ES91");
    assert!(matches!(story.state("civil/record"), Some(StepState::Parked { owner: Owner::Operators, .. })));
    assert!(story.duties().is_empty());
}
