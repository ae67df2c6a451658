//! Nothing in a log, and nothing that is said to a case, makes the core fail.

use casework::case::Case;
use casework::decide::decide;
use casework::duties::{due_at, duties};
use casework::entry::Recorded;
use casework::explain::explain;
use casework::input::{Answer, Input};
use casework::questions::questions;
use casework::service::{Mode, ReversalKind};
use casework::value::Value;
use casework::view::view;
use proptest::prelude::*;

use crate::country::{Country, service};
use crate::story::{Story, by, in_doubt, key, not_done, opening, party, report, text};

/// A case to which much has happened.
fn eventful() -> Story {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("register/cars").reads().needs("mother.number").creates("vehicle.plate"),
        service("tax/car").needs("vehicle.plate").gives("vehicle.tax"),
        service("civil/record")
            .reversed_by("civil/undo", ReversalKind::Correction)
            .needs("child.given")
            .needs("mother.name")
            .gives("child.record"),
        service("civil/undo").reversal().can_use("child.record"),
        service("benefits/child").unguarded().needs("child.record").gives("child.benefit"),
        service("youth/visit").mode(Mode::Offer).needs("child.record").gives("child.visit"),
    ];
    let country = Country::of(services, &["child.benefit"], &["child.given"]).unwrap();
    let children: [&[(&str, Value)]; 2] =
        [&[("child.given", text("Anna"))], &[("child.given", text("Berta"))]];
    let mut story = Story::of(country, opening(report(&[], &children)));
    story.done("register/record", &[("mother.name", text("Maria"))]);
    story.answer("civil/record[m1]", not_done()).unwrap();
    story.answer("civil/record[m2]", in_doubt()).unwrap();
    story.wait();
    story.wait();
    story.done("civil/record[m1]", &[("child.record", text("R1"))]);
    story.answer("benefits/child[m1]", Answer::Pending { operation: "o".to_owned() }).unwrap();
    let (key, reason) = (key("mother.name"), "no".to_owned());
    story.input(Input::Dispute { by: by("mother"), key, proposed: None, reason }).unwrap();
    story.corrects(crate::story::officer("register"), &[("mother.name", text("Marie"))]).unwrap();
    story.withdraws().unwrap();
    story.wait();
    story
}

fn look_at(story: &Story, log: &[Recorded]) {
    let Some(case) = Case::folded(log) else { return };
    let rules = story.country.rules();
    let later = story.now.plus(3_600_000);
    let _ = decide(&rules, &case, Input::Look, later);
    let _ = (duties(&rules, &case, later), due_at(&rules, &case, later), questions(&rules, &case));
    let _ = (explain(&rules, &case, later), view(&rules, &case, log, &party("mother")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Logs that no gateway wrote: entries left out, repeated, in any order.
    #[test]
    fn any_log_folds_and_is_taken_up(picks in proptest::collection::vec(0usize..200, 0..120)) {
        let story = eventful();
        let mut log = vec![story.log[0].clone()];
        log.extend(picks.into_iter().filter_map(|pick| story.log.get(pick).cloned()));
        look_at(&story, &log);
    }

    /// The same case under a plan that it never was on.
    #[test]
    fn a_case_is_taken_up_under_any_plan(length in 1usize..200) {
        let mut story = eventful();
        let other = Country::of([service("post/letter").needs("mother.number").gives("mother.letter")], &["mother.letter"], &[]);
        story.country = Country { hash: story.country.hash.clone(), ..other.unwrap() };
        let log: Vec<_> = story.log.iter().take(length).cloned().collect();
        look_at(&story, &log);
    }
}

#[test]
fn a_case_that_left_its_plan_behind_still_takes_answers() {
    let mut story = eventful();
    let duty = story.duties().into_iter().next().unwrap();
    let other = Country::of(
        [service("post/letter").needs("mother.number").gives("mother.letter")],
        &["mother.letter"],
        &[],
    );
    story.country = Country { hash: story.country.hash.clone(), ..other.unwrap() };
    let (step, call, key, agency) = (duty.step, duty.call, duty.key, duty.agency);
    let answer = Answer::Undone;
    story.input(Input::Answer { step, call, key, attempt: Some(duty.attempt), agency, answer }).unwrap();
}

#[test]
fn the_same_arguments_give_the_same_entries() {
    let (one, other) = (eventful(), eventful());
    assert_eq!(one.log, other.log);
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_case_along() {
    let mut story = eventful();
    let last = story.case.changed_at;
    story.now = story.now.plus(-3_600_000);
    let rules = story.country.rules();
    let entries = decide(&rules, &story.case, Input::Look, story.now).unwrap();
    let batch = casework::decide::stamp(Some(&story.case), story.now, entries);
    assert!(batch.iter().all(|recorded| recorded.at == last));
}
