//! Withdrawing: everything that may have happened is undone, what was built last first, and what stands is listed.

use casework::case::{CaseState, StepState};
use casework::entry::{CallKind, DecisionResult, Entry, SkipReason, StandsReason};
use casework::input::{Answer, Gifts, Input, Rejected, Steering};
use casework::service::{Act, Mode, ReversalKind};

use crate::country::{Country, service};
use crate::story::{Story, decided, gifts, in_doubt, not_done, officer, operator, text};

/// A duty, an application built on it, and one built on that.
fn chain() -> Country {
    let services = [
        service("civil/record").duty().needs("mother.number").gives("mother.record"),
        service("benefits/grant")
            .reversed_by("benefits/undo", ReversalKind::Withdrawal)
            .needs("mother.record")
            .gives("mother.grant"),
        service("benefits/undo").reversal().can_use("mother.grant"),
        service("bank/account")
            .reversed_by("bank/undo", ReversalKind::Revocation)
            .needs("mother.grant")
            .gives("mother.account"),
        service("bank/undo").reversal(),
        service("post/letter").mode(Mode::Offer).needs("mother.account").gives("mother.letter"),
    ];
    Country::of(services, &["mother.account"], &[]).unwrap()
}

fn done() -> Story {
    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.done("benefits/grant", &[("mother.grant", text("G"))]);
    story.done("bank/account", &[("mother.account", text("A"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    story
}

fn stands(story: &Story, id: &str) -> StandsReason {
    match story.state(id) {
        Some(StepState::Stands { reason, .. }) => *reason,
        other => panic!("{id} is {other:?}"),
    }
}

#[test]
fn what_was_built_last_is_undone_first_and_a_duty_stays_reported() {
    let mut story = done();
    story.withdraws().unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawing);
    assert_eq!(*story.skipped("post/letter"), SkipReason::Withdrawn);
    let first = story.duties();
    assert_eq!(first.len(), 1, "one rests on the other");
    assert_eq!((first[0].service.as_str(), first[0].call), ("bank/undo", CallKind::Reverse));
    story.answer("bank/account", Answer::Undone).unwrap();
    assert_eq!(story.known("mother.account"), None, "what was taken back no longer holds");
    let second = story.duty("benefits/grant");
    assert_eq!(second.service.as_str(), "benefits/undo");
    assert_eq!(second.request.len(), 1);
    story.answer("benefits/grant", Answer::Done { gifts: Gifts::default(), decision: None }).unwrap();
    assert_eq!(*story.state("benefits/grant").unwrap(), StepState::Reversed(Some(ReversalKind::Withdrawal)));
    assert_eq!(stands(&story, "civil/record"), StandsReason::Duty);
    assert_eq!(story.known("mother.record"), Some(text("R")));
    assert_eq!(story.case.state, CaseState::Withdrawn);
    assert_eq!(story.due(), None);
}

#[test]
fn a_case_is_withdrawn_once_and_by_a_party() {
    let mut story = done();
    let by_officer = Input::Withdraw { by: officer("civil"), reason: String::new() };
    assert!(matches!(story.input(by_officer), Err(Rejected::NotYours(_))));
    let by_operator = Input::Withdraw { by: operator(), reason: "at the counter".to_owned() };
    story.input(by_operator).unwrap();
    assert_eq!(
        story.withdraws().unwrap_err().to_string(),
        "the case cannot be withdrawn: it is being withdrawn"
    );
    assert!(story.answers("mother", &[]).unwrap_err().to_string().contains("being withdrawn"));
    story.answer("bank/account", Answer::Undone).unwrap();
    story.answer("benefits/grant", Answer::Undone).unwrap();
    assert_eq!(story.withdraws().unwrap_err().to_string(), "the case cannot be withdrawn: it was withdrawn");
}

#[test]
fn where_all_that_was_done_stands_there_is_nothing_to_withdraw() {
    let services = [service("civil/record").duty().needs("mother.number").gives("mother.record")];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert!(matches!(story.withdraws(), Err(Rejected::CannotWithdraw(_))));
}

#[test]
fn what_is_out_is_waited_for_and_nothing_more_is_called() {
    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.withdraws().unwrap();
    assert_eq!(story.duty("benefits/grant").call, CallKind::Perform, "its answer is waited for");
    story.done("benefits/grant", &[("mother.grant", text("G"))]);
    assert_eq!(story.is("bank/account"), "skipped");
    assert_eq!(story.duty("benefits/grant").call, CallKind::Reverse);
}

#[test]
fn what_nobody_answered_is_cancelled_by_its_key() {
    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    let key = story.duty("benefits/grant").key;
    story.withdraws().unwrap();
    story.wait();
    let cancel = story.duty("benefits/grant");
    assert_eq!((cancel.call, cancel.key), (CallKind::Cancel, key));
    assert!(cancel.request.is_empty(), "a cancel needs the key alone");
    let late = Answer::Done { gifts: gifts(&[("mother.grant", text("G"))]), decision: None };
    assert!(story.reports("benefits/grant", late).is_err(), "the tombstone decides");
    story.answer("benefits/grant", Answer::Undone).unwrap();
    assert_eq!(*story.state("benefits/grant").unwrap(), StepState::Reversed(None));
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn a_cancel_is_repeated_until_it_is_answered() {
    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.withdraws().unwrap();
    story.wait();
    let key = story.duty("benefits/grant").key;
    for answer in [not_done(), in_doubt(), Answer::StaleFact { facts: Vec::new() }] {
        story.answer("benefits/grant", answer).unwrap();
        assert_eq!(story.is("benefits/grant"), "reversing");
        story.wait();
        assert_eq!(story.duty("benefits/grant").key, key);
    }
    story.wait();
    assert!(story.duties().is_empty(), "silence");
    story.wait();
    assert_eq!(story.duty("benefits/grant").attempt, 5);
    story.answer("benefits/grant", Answer::Tombstoned).unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn what_was_taken_up_is_cancelled_and_what_was_surely_not_done_is_left() {
    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.answer("benefits/grant", Answer::Pending { operation: "o".to_owned() }).unwrap();
    story.withdraws().unwrap();
    assert_eq!(story.duty("benefits/grant").call, CallKind::Cancel);

    let mut story = Story::with(chain(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.answer("benefits/grant", not_done()).unwrap();
    story.withdraws().unwrap();
    assert_eq!(*story.skipped("benefits/grant"), SkipReason::Withdrawn);
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn what_cannot_be_cancelled_is_asked_for_first() {
    let services = [
        service("city/permit")
            .guarded()
            .no_cancel()
            .reversed_by("city/undo", ReversalKind::Revocation)
            .needs("mother.number")
            .gives("mother.permit"),
        service("city/undo").reversal(),
    ];
    let story = || {
        let mut story = Story::with(Country::of(services.clone(), &["mother.permit"], &[]).unwrap(), &[]);
        story.withdraws().unwrap();
        story.wait();
        assert_eq!(story.duty("city/permit").call, CallKind::Status);
        story
    };
    let mut was_done = story();
    was_done.done("city/permit", &[("mother.permit", text("P"))]);
    assert_eq!(was_done.duty("city/permit").call, CallKind::Reverse);

    let mut was_not = story();
    was_not.answer("city/permit", Answer::NeverSeen).unwrap();
    assert_eq!(*was_not.skipped("city/permit"), SkipReason::Withdrawn);

    let mut refused = story();
    refused.decides("city/permit", DecisionResult::Refused, &[]);
    assert_eq!(refused.case.state, CaseState::Withdrawn);
}

#[test]
fn what_nobody_can_find_out_is_for_a_person_and_stands_until_then() {
    let services = [service("city/permit").unguarded().needs("mother.number").gives("mother.permit")];
    let story = || {
        let mut story = Story::with(Country::of(services.clone(), &["mother.permit"], &[]).unwrap(), &[]);
        story.withdraws().unwrap();
        story.wait();
        assert_eq!(stands(&story, "city/permit"), StandsReason::InDoubt);
        assert_eq!(story.case.state, CaseState::NeedsPerson);
        assert_eq!(
            story.case.needs_person.as_deref(),
            Some("nobody but a person can find out or undo city/permit")
        );
        story
    };
    let mut was_not = story();
    was_not.steer(officer("city"), "city/permit", Steering::NotDone).unwrap();
    assert_eq!(was_not.case.state, CaseState::Withdrawn);

    let mut was_done = story();
    was_done.steer(officer("city"), "city/permit", Steering::Done(Gifts::default())).unwrap();
    assert_eq!(stands(&was_done, "city/permit"), StandsReason::NoReversal);
    assert_eq!(was_done.case.state, CaseState::Withdrawn);

    let mut reported = story();
    reported.reports("city/permit", Answer::Done { gifts: Gifts::default(), decision: None }).unwrap();
    assert_eq!(reported.case.state, CaseState::Withdrawn);
}

#[test]
fn what_the_agency_refuses_to_undo_stands_with_its_remedy() {
    let mut story = done();
    story.withdraws().unwrap();
    story.decides("bank/account", DecisionResult::Refused, &[]);
    let StepState::Stands { reason, remedy } = story.state("bank/account").unwrap().clone() else { panic!() };
    assert_eq!(reason, StandsReason::Refused);
    assert_eq!(remedy, decided(DecisionResult::Refused).remedy);
    assert_eq!(story.duty("benefits/grant").call, CallKind::Reverse, "what it was built on goes on");
}

#[test]
fn what_has_no_reversal_stands_with_the_remedy_of_its_decision() {
    let services = [
        service("city/permit").needs("mother.number").gives("mother.permit"),
        service("city/other").needs("mother.permit").gives("mother.other"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.other"], &[]).unwrap(), &[]);
    story.decides("city/permit", DecisionResult::Granted, &[("mother.permit", text("P"))]);
    story.withdraws().unwrap();
    story.wait();
    story.answer("city/other", Answer::Undone).unwrap();
    let StepState::Stands { reason, remedy } = story.state("city/permit").unwrap().clone() else { panic!() };
    assert_eq!(reason, StandsReason::NoReversal);
    assert_eq!(remedy.unwrap().kind, "appeal", "the decision's own");
}

#[test]
fn a_reversal_whose_silence_proves_nothing_is_for_a_person() {
    let services = [
        service("city/permit")
            .reversed_by("city/undo", ReversalKind::Revocation)
            .needs("mother.number")
            .gives("mother.permit"),
        service("city/undo").unguarded().reversal(),
        service("post/card").needs("mother.permit").gives("mother.card"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.permit"], &[]).unwrap(), &[]);
    story.done("city/permit", &[("mother.permit", text("P"))]);
    story.answer("post/card", not_done()).unwrap();
    story.withdraws().unwrap();
    story.wait();
    assert_eq!(stands(&story, "city/permit"), StandsReason::InDoubt);
    assert_eq!(story.case.state, CaseState::NeedsPerson);
}

#[test]
fn a_reversal_is_given_nothing_that_nobody_consents_to() {
    let country = |optional: bool| {
        let undo = service("bank/undo").reversal();
        let services = [
            service("register/record").reads().needs("mother.number").gives("mother.name"),
            service("bank/account")
                .reversed_by("bank/undo", ReversalKind::Withdrawal)
                .needs("mother.number")
                .gives("mother.account"),
            if optional { undo.can_use("mother.name") } else { undo.needs("mother.name") },
        ];
        Country::of(services, &["mother.account"], &[]).unwrap()
    };
    let withdrawn = |optional| {
        let mut story = Story::with(country(optional), &[]);
        story.done("register/record", &[("mother.name", text("Anna"))]);
        story.done("bank/account", &[("mother.account", text("A"))]);
        let grant = story.country.grants.iter().next().unwrap().clone();
        story.country.grants.revoke(&grant.from, &grant.concept, &grant.to);
        story.withdraws().unwrap();
        (story, grant)
    };
    let (without, _) = withdrawn(true);
    assert!(without.duty("bank/account").request.is_empty());
    let (mut waits, grant) = withdrawn(false);
    assert_eq!(waits.is("bank/account"), "parked");
    assert_eq!(waits.case.state, CaseState::Withdrawing);
    assert!(waits.due().is_some());
    waits.country.grants.give(grant);
    waits.wait();
    assert_eq!(waits.duty("bank/account").request.len(), 1);
}

#[test]
fn a_reversal_that_needs_what_nobody_knows_cannot_be_asked_for() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("bank/account")
            .reversed_by("bank/undo", ReversalKind::Withdrawal)
            .needs("mother.number")
            .gives("mother.account"),
        service("bank/undo").reversal().needs("mother.name"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.account"], &[]).unwrap(), &[]);
    story.done("register/record", &[]);
    story.done("bank/account", &[("mother.account", text("A"))]);
    story.withdraws().unwrap();
    assert_eq!(stands(&story, "bank/account"), StandsReason::NoReversal);
}

#[test]
fn a_breach_while_undoing_is_for_a_person_and_what_lies_below_waits() {
    let mut story = done();
    story.withdraws().unwrap();
    story.answer("bank/account", Answer::Breach { what: "html".to_owned() }).unwrap();
    assert_eq!(story.case.state, CaseState::NeedsPerson);
    assert!(story.duties().is_empty(), "what it was built on stays as long as it stands");
    assert_eq!(story.due(), None);
    let entries = story.steer(operator(), "bank/account", Steering::Retry).unwrap();
    assert!(
        entries
            .iter()
            .any(|entry| matches!(entry, Entry::Called { call: CallKind::Reverse, attempt: 2, .. }))
    );
    assert_eq!(story.case.state, CaseState::Withdrawing);
    story.answer("bank/account", Answer::Undone).unwrap();
    story.answer("benefits/grant", Answer::Undone).unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
    assert_eq!(story.case.needs_person, None);
}

#[test]
fn a_reading_leaves_nothing_to_undo_and_is_not_waited_for() {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("post/letter").needs("mother.name").gives("mother.letter"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.letter"], &[]).unwrap(), &[]);
    story.withdraws().unwrap();
    assert_eq!(story.is("register/record"), "skipped");
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn a_case_held_for_a_person_can_be_withdrawn() {
    let mut asked = crate::story::opening(crate::story::report(&[], &[&[]]));
    asked.perhaps_same = vec![crate::story::other_case("L-0")];
    let mut story = Story::of(chain(), asked);
    story.withdraws().unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn twins_are_undone_each_for_itself() {
    let services = [
        service("civil/record").needs("child.given").gives("child.record"),
        service("benefits/grant").needs("child.record").gives("child.grant"),
    ];
    let country = Country::of(services, &["child.grant"], &["child.given"]).unwrap();
    let children: [&[(&str, casework::value::Value)]; 2] =
        [&[("child.given", text("Anna"))], &[("child.given", text("Berta"))]];
    let mut story = Story::of(country, crate::story::opening(crate::story::report(&[], &children)));
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.withdraws().unwrap();
    story.wait();
    let calls: Vec<_> = story.duties().into_iter().map(|duty| (duty.step.to_string(), duty.call)).collect();
    assert_eq!(
        calls,
        [
            ("benefits/grant[m1]".to_owned(), CallKind::Cancel),
            ("civil/record[m2]".to_owned(), CallKind::Cancel),
        ]
    );
    assert_eq!(story.is("civil/record[m1]"), "done", "its sister does not hold it up, its benefit does");
    story.answer("civil/record[m2]", Answer::Undone).unwrap();
    story.answer("benefits/grant[m1]", Answer::Undone).unwrap();
    assert_eq!(stands(&story, "civil/record[m1]"), StandsReason::NoReversal);
    assert_eq!(story.case.state, CaseState::Withdrawn);
}

#[test]
fn what_was_reached_by_a_step_that_was_taken_back_is_reached_no_longer() {
    let services = [
        service("civil/record").duty().needs("mother.number").gives("mother.record"),
        service("bank/account")
            .needs("mother.record")
            .gives("mother.account")
            .reversed_by("bank/undo", ReversalKind::Withdrawal),
        service("bank/undo").reversal().can_use("mother.account"),
        service("post/letter").needs("mother.account").gives("mother.letter"),
    ];
    let outcomes = ["mother.record", "mother.account", "mother.letter"];
    let mut story = Story::with(Country::of(services, &outcomes, &[]).unwrap(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.done("bank/account", &[("mother.account", text("A"))]);
    let reached =
        |story: &Story, outcome: &str| story.case.outcomes.get(&(outcome.parse().unwrap(), None)).copied();
    assert_eq!(reached(&story, "mother-account"), Some(true));
    story.withdraws().unwrap();
    story.wait();
    story.answer("post/letter", Answer::Undone).unwrap();
    story.answer("bank/account", Answer::Undone).unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
    assert_eq!(reached(&story, "mother-account"), Some(false));
    assert_eq!(reached(&story, "mother-record"), Some(true), "the record stands");
    assert_eq!(reached(&story, "mother-letter"), None, "it was never reached");
}

#[test]
fn what_a_register_entered_by_itself_because_of_a_duty_stays_with_it() {
    let services = [
        service("civil/record").duty().needs("mother.number").gives("mother.record"),
        service("people/entry")
            .with(|service| service.act = Act::ExOfficio)
            .needs("mother.record")
            .gives("mother.entry")
            .reversed_by("people/undo", ReversalKind::Correction),
        service("people/undo").reversal().can_use("mother.entry"),
        service("benefits/grant")
            .needs("mother.entry")
            .gives("mother.grant")
            .reversed_by("benefits/undo", ReversalKind::Withdrawal),
        service("benefits/undo").reversal(),
    ];
    let mut story = Story::with(Country::of(services, &["mother.grant"], &[]).unwrap(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.done("people/entry", &[("mother.entry", text("E"))]);
    story.done("benefits/grant", &[("mother.grant", text("G"))]);
    story.withdraws().unwrap();
    story.answer("benefits/grant", Answer::Undone).unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn);
    for step in ["civil/record", "people/entry"] {
        let StepState::Stands { reason, remedy } = story.state(step).unwrap() else { panic!("{step}") };
        assert_eq!((*reason, remedy.is_some()), (StandsReason::Duty, true), "{step}");
    }
    assert_eq!(story.known("mother.entry"), Some(text("E")));
    assert!(story.withdraws().is_err());
}
