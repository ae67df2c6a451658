//! What officers and operators may do to a step.

use casework::case::{CaseState, Footprint, StepState};
use casework::entry::{CallKind, Owner, SkipReason, Waiting};
use casework::input::{Answer, Gifts, Rejected, Steering};
use casework::value::Value;

use crate::country::{Country, service};
use crate::story::{Story, by, gifts, in_doubt, not_done, offer, officer, operator, text};

fn record() -> Story {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("post/letter").needs("mother.record").gives("mother.letter"),
    ];
    Story::with(Country::of(services, &["mother.letter"], &[]).unwrap(), &[])
}

#[test]
fn a_step_that_stands_still_goes_on_when_a_person_lets_it() {
    let mut story = record();
    story.answer("civil/record", not_done()).unwrap();
    story.steer(operator(), "civil/record", Steering::Retry).unwrap();
    assert_eq!(story.duty("civil/record").attempt, 2);
    story.answer("civil/record", in_doubt()).unwrap();
    story.steer(operator(), "civil/record", Steering::Retry).unwrap();
    assert_eq!(story.duty("civil/record").attempt, 3);
    story.answer("civil/record", Answer::Pending { operation: "o".to_owned() }).unwrap();
    story.steer(officer("civil"), "civil/record", Steering::Retry).unwrap();
    assert_eq!(story.duty("civil/record").call, CallKind::Status);
}

#[test]
fn a_step_stands_still_when_a_person_stops_it() {
    let mut story = record();
    assert!(matches!(story.steer(operator(), "civil/record", Steering::Park), Err(Rejected::NotNow { .. })));
    story.answer("civil/record", not_done()).unwrap();
    story.steer(operator(), "civil/record", Steering::Park).unwrap();
    assert!(matches!(story.state("civil/record"), Some(StepState::Parked { owner: Owner::Operators, .. })));
    story.pass(86_400_000);
    assert!(story.duties().is_empty());
    story.steer(operator(), "post/letter", Steering::Park).unwrap();
    story.steer(operator(), "civil/record", Steering::Retry).unwrap();
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.is("post/letter"), "parked");
}

#[test]
fn a_ministrys_matter_is_decided_by_a_person_of_that_ministry() {
    let mut story = record();
    story.answer("civil/record", in_doubt()).unwrap();
    for act in [Steering::NotDone, Steering::Done(Gifts::default()), Steering::Skip] {
        for who in [operator(), officer("post"), by("mother")] {
            let error = story.steer(who, "civil/record", act.clone()).unwrap_err();
            assert!(matches!(error, Rejected::NotYours(_)), "{error}");
        }
    }
    let error = story.steer(officer("civil"), "civil/nothing", Steering::Retry).unwrap_err();
    assert!(matches!(error, Rejected::NoSuchStep(_)));
}

#[test]
fn an_officer_says_that_it_was_done_with_what_it_gave() {
    let mut story = record();
    story.answer("civil/record", in_doubt()).unwrap();
    let wrong = Steering::Done(gifts(&[("mother.record", Value::Bool(true))]));
    assert!(story.steer(officer("civil"), "civil/record", wrong).is_err());
    let act = Steering::Done(gifts(&[("mother.record", text("R"))]));
    story.steer(officer("civil"), "civil/record", act).unwrap();
    assert_eq!(story.is("civil/record"), "done");
    assert_eq!(story.step("civil/record").consumed.len(), 1, "it rests on what it was asked with");
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn an_officer_says_that_it_was_not_done() {
    let mut story = record();
    assert!(matches!(
        story.steer(officer("civil"), "civil/record", Steering::NotDone),
        Err(Rejected::NotNow { .. })
    ));
    story.answer("civil/record", in_doubt()).unwrap();
    story.steer(officer("civil"), "civil/record", Steering::NotDone).unwrap();
    assert_eq!(story.duty("civil/record").attempt, 2);
}

#[test]
fn an_officer_lets_a_step_be_on_a_legal_ground() {
    let mut story = record();
    assert!(matches!(
        story.steer(officer("civil"), "civil/record", Steering::Skip),
        Err(Rejected::NotNow { .. })
    ));
    story.answer("civil/record", not_done()).unwrap();
    story.steer(officer("civil"), "civil/record", Steering::Skip).unwrap();
    assert_eq!(*story.skipped("civil/record"), SkipReason::Person { reason: "looked into it".to_owned() });
    assert!(matches!(story.skipped("post/letter"), SkipReason::Missing { .. }));
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn an_operator_routes_or_lets_be_what_is_nobodys_matter_yet() {
    let country = || {
        let services =
            [service("city/record").competence("home.place").needs("mother.number").gives("mother.record")];
        let mut country = Country::of(services, &["mother.record"], &["home.place"]).unwrap();
        country.offers.0.values_mut().next().unwrap()[1].competent_for[0].code = "east".to_owned();
        country
    };
    let place = [("home.place", Value::Code("east".to_owned()))];
    let mut story = Story::with(country(), &place);
    let nobody = Steering::Route("city-north".parse().unwrap());
    assert!(matches!(story.steer(operator(), "city/record", nobody), Err(Rejected::OtherAgency { .. })));
    story.steer(operator(), "city/record", Steering::Route("city-west".parse().unwrap())).unwrap();
    assert_eq!(story.duty("city/record").agency.as_str(), "city-west");
    let late = Steering::Route("city-east".parse().unwrap());
    assert!(matches!(story.steer(operator(), "city/record", late), Err(Rejected::NotNow { .. })));

    let mut story = Story::with(country(), &place);
    story.steer(operator(), "city/record", Steering::Skip).unwrap();
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn a_parked_step_that_may_have_been_done_is_not_repeated_where_that_does_it_twice() {
    let services = [service("civil/record").unguarded().needs("mother.number").gives("mother.record")];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.answer("civil/record", Answer::Breach { what: "html".to_owned() }).unwrap();
    assert!(matches!(story.steer(operator(), "civil/record", Steering::Retry), Err(Rejected::NotNow { .. })));
    let mut story = record();
    story.answer("civil/record", Answer::Breach { what: "html".to_owned() }).unwrap();
    story.steer(operator(), "civil/record", Steering::Retry).unwrap();
    assert_eq!(story.duty("civil/record").attempt, 2, "the same key gives the same answer");
}

#[test]
fn a_step_that_only_people_can_take_further_does_not_hold_up_a_case_that_can_do_without() {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("youth/visit").non_essential().needs("mother.number").gives("mother.visit"),
        service("youth/photo").non_essential().needs("mother.visit").gives("mother.photo"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.answer("youth/visit", Answer::Breach { what: "html".to_owned() }).unwrap();
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    let act = Steering::Done(gifts(&[("mother.visit", text("V"))]));
    story.steer(officer("youth"), "youth/visit", act).unwrap();
    assert_eq!(story.case.state, CaseState::Open);
    assert_eq!(story.is("youth/photo"), "calling");
}

#[test]
fn an_essential_step_holds_up_the_case_whoever_must_act() {
    let services = [
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("tax/notice").needs("mother.number").gives("mother.notice"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.answer("tax/notice", Answer::Breach { what: "html".to_owned() }).unwrap();
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.case.state, CaseState::Open);
}

#[test]
fn what_was_done_without_a_call_rests_on_what_was_known_then() {
    let record = service("civil/record").needs("mother.account").gives("mother.record");
    let mut country = Country::of([record], &["mother.record"], &["mother.account"]).unwrap();
    offer(&mut country, "civil/record").withdrawn = true;
    let mut story = Story::with(country, &[("mother.account", text("A"))]);
    assert!(matches!(story.waits("civil/record"), Waiting::Withdrawn(_)));
    let done = Steering::Done(gifts(&[("mother.record", text("R"))]));
    story.steer(officer("civil"), "civil/record", done).unwrap();
    assert_eq!(story.step("civil/record").consumed.len(), 1);
    story.corrects(by("mother"), &[("mother.account", text("B"))]).unwrap();
    assert_eq!(story.is("civil/record"), "parked", "it was done on an account that is another now");
}

#[test]
fn what_may_have_been_done_is_neither_let_be_nor_sent_to_another() {
    let mut story = record();
    story.wait();
    story.answer("civil/record", not_done()).unwrap();
    assert_eq!(
        (story.is("civil/record"), story.step("civil/record").footprint),
        ("waiting", Footprint::Perhaps)
    );
    let refused = |told: Result<_, Rejected>| matches!(told, Err(Rejected::NotNow { .. }));
    assert!(refused(story.steer(officer("civil"), "civil/record", Steering::Skip)));
    let civil = "civil".parse().unwrap();
    assert!(refused(story.steer(operator(), "civil/record", Steering::Route(civil))));
}
