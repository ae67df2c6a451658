//! Two cases that turn out to be of one happening: the earlier one has all reports, as if the later had never been.

use casework::case::{Case, CaseState, Receipt};
use casework::entry::{Actor, Entry, OtherCase, Owner};
use casework::input::{Given, Input, Opening, Received, Rejected, Report};
use casework::sameness::{candidate, reports};
use casework::value::Value;
use casework::view::{Beside, beside_steps};

use crate::country::{Country, fact, role_of, service};
use crate::story::{
    Story, by, date, facts, given, key, opening, operator, other_case, party, person, report, text,
};

/// A register of marriages that names the father, a record that needs the day, and a letter that rests on it.
fn registry() -> Country {
    let services = [
        service("register/marriage").reads().needs("mother.number").gives("event.number"),
        service("civil/record")
            .needs("event.date")
            .needs("child.given")
            .can_use("mother.wish")
            .can_use("father.name")
            .can_use("father.number")
            .gives("child.record"),
    ];
    let asked = ["child.given", "mother.wish", "father.name", "father.number", "event.date"];
    Country::of(services, &["child.record"], &asked).unwrap()
}

const CHILD: &[(&str, Value)] = &[];

fn anna() -> [(&'static str, Value); 1] {
    [("child.given", text("Anna"))]
}

/// The mother's case.
fn earlier() -> Story {
    Story::of(registry(), opening(report(&[], &[&anna()])))
}

/// The case that this report makes two days off.
fn resembling(by: Actor, report: Report, person: Option<&str>) -> Story {
    let request = if person.is_some() { "request-9" } else { "request-8" };
    let opening = Opening {
        by,
        report,
        request: request.to_owned(),
        person: person.map(str::to_owned),
        reference: "L-2".to_owned(),
        perhaps_same: vec![other_case("L-1")],
        ..opening(Report::default())
    };
    Story::of(registry(), opening)
}

fn said_by_the_father(day: &str, more: &[(&str, Value)]) -> Report {
    let mut said = report(more, &[&anna()]);
    said.reporter = Some(party("father"));
    said.facts.insert(fact("event.date"), Given::Value(date(day)));
    said
}

fn fathers(day: &str, more: &[(&str, Value)]) -> Story {
    resembling(by("father"), said_by_the_father(day, more), Some("father-1"))
}

fn hospitals(day: &str) -> Story {
    let mut said = report(&[], &[CHILD]);
    said.reporter = None;
    said.facts.insert(fact("event.date"), Given::Value(date(day)));
    resembling(Actor::Agency("hospital".parse().unwrap()), said, None)
}

fn decided(same_as: Option<&str>) -> Input {
    let same_as = same_as.map(str::to_owned);
    Input::SamenessDecided { by: operator(), same_as, reason: "one child".to_owned() }
}

fn told(story: &Story) -> Vec<Received> {
    reports(&story.country.plan.life_event, &story.case, &story.log)
}

fn take_up(story: &Story) -> Input {
    let other = OtherCase { reference: story.case.reference.clone(), case: "id".to_owned() };
    Input::TakeUp { by: operator(), other, reports: told(story), reason: "one child".to_owned() }
}

fn handed_over(refused: Option<&str>) -> Input {
    Input::HandedOver { to: "L-1".to_owned(), refused: refused.map(str::to_owned) }
}

/// The two become one.
fn join(earlier: &mut Story, later: &mut Story) {
    later.input(decided(Some("L-1"))).unwrap();
    earlier.input(take_up(later)).unwrap();
    later.input(handed_over(None)).unwrap();
}

/// What a case is but for when it learnt it, and from which case.
fn content(case: &Case) -> Case {
    let mut case = case.clone();
    case.took_up.clear();
    (case.entries, case.changed_at) = (0, case.opened_at);
    case.steps.clear();
    case
}

#[test]
fn the_earlier_case_is_as_if_the_report_had_joined_it() {
    let more = [("father.number", person("father-1")), ("mother.wish", text("his"))];
    let (mut earlier, mut later) = (earlier(), fathers("2026-11-22", &more));
    earlier.now = earlier.now.plus(60_000);
    let mut sure = Story::of(registry(), opening(report(&[], &[&anna()])));
    sure.input(Input::Report {
        by: by("father"),
        report: said_by_the_father("2026-11-22", &more),
        request: "request-9".to_owned(),
        person: Some("father-1".to_owned()),
    })
    .unwrap();
    join(&mut earlier, &mut later);
    let mut without_times = content(&earlier.case);
    let dispute = |case: &Case| case.facts[&key("event.date")].dispute.clone().unwrap();
    assert_eq!(dispute(&without_times).proposed, Some(date("2026-11-22")));
    without_times.facts.insert(key("event.date"), sure.case.facts[&key("event.date")].clone());
    assert_eq!(without_times, content(&sure.case));
    let [_, Receipt { number: 2, request, received_at, .. }] = earlier.case.receipts.as_slice() else {
        panic!("two receipts")
    };
    assert_eq!((request.as_str(), *received_at), ("request-9", later.case.opened_at), "it was received then");
    assert_eq!(later.case.state, CaseState::Withdrawn);
    assert_eq!(later.case.joined_to, Some(other_case("L-1")));
    assert_eq!((later.duties().len(), later.due()), (0, None));
    earlier.done("register/marriage", &[("event.number", person("father-1"))]);
    assert_eq!(earlier.case.parties[&party("father")].persons, ["father-1"], "the register names him");
}

#[test]
fn from_the_decision_on_the_later_case_takes_nothing_and_is_due_until_it_has_ended() {
    let mut later = fathers("2026-11-22", &[]);
    let entries = later.input(decided(Some("L-1"))).unwrap();
    assert!(matches!(entries.as_slice(), [Entry::FoundSame { .. }]), "{entries:?}");
    assert!(later.input(decided(Some("L-1"))).unwrap().is_empty(), "said once");
    assert!(later.due().unwrap().0 - later.now.0 <= 2_000, "whoever was at it may have died");
    let facts = given(&[("mother.wish", text("late"))]);
    let report = Input::Report {
        by: by("father"),
        report: said_by_the_father("2026-11-22", &[]),
        request: "late".to_owned(),
        person: None,
    };
    for late in [Input::Answers { by: by("father"), facts }, report, decided(None), decided(Some("L-7"))] {
        let error = later.input(late).unwrap_err();
        assert!(error.to_string().contains("the same as L-1"), "{error}");
    }
    let withdraw = Input::Withdraw { by: by("father"), reason: "never mind".to_owned() };
    assert!(matches!(later.input(withdraw), Err(Rejected::CannotWithdraw(why)) if why.contains("L-1")));
    assert_eq!(later.case.state, CaseState::NeedsPerson);
    later.input(handed_over(None)).unwrap();
    assert_eq!(later.case.state, CaseState::Withdrawn);
    assert!(later.input(handed_over(None)).unwrap().is_empty());
    assert!(later.input(decided(Some("L-1"))).unwrap().is_empty(), "sent again, it changes nothing");
    assert!(matches!(later.input(decided(None)), Err(Rejected::Ended(_))));
}

#[test]
fn what_is_taken_up_again_changes_nothing_whatever_became_of_the_case() {
    let (mut earlier, mut later) = (earlier(), fathers("2026-11-20", &[]));
    earlier.input(Input::Resembled { other: "L-2".to_owned() }).unwrap();
    join(&mut earlier, &mut later);
    assert!(earlier.case.resembled_by.is_empty(), "nobody waits for that any more");
    assert_eq!(earlier.case.took_up, ["L-2"]);
    assert!(earlier.input(take_up(&later)).unwrap().is_empty());
    assert_eq!(earlier.case.receipts.len(), 2);
    earlier.withdraws().unwrap();
    assert!(earlier.input(take_up(&later)).unwrap().is_empty(), "what it has, it has");
}

#[test]
fn all_reports_of_the_later_case_are_taken_up() {
    let mut later = hospitals("2026-11-22");
    let mut fathers = said_by_the_father("2026-11-22", &[("father.number", person("father-1"))]);
    fathers.members.clear();
    later
        .input(Input::Report {
            by: by("father"),
            report: fathers,
            request: "request-10".to_owned(),
            person: Some("father-1".to_owned()),
        })
        .unwrap();
    let told = told(&later);
    let requests: Vec<_> = told.iter().map(|told| told.request.as_str()).collect();
    assert_eq!(requests, ["request-8", "request-10"]);
    assert_eq!((told[0].person.as_deref(), told[1].person.as_deref()), (None, Some("father-1")));
    assert_eq!(told[0].report.reporter, None);
    assert_eq!(told[0].report.members[&role_of("child")].len(), 1);
    assert_eq!(told[1].report.reporter, Some(party("father")));
    let his = Given::Value(person("father-1"));
    assert_eq!(told[1].report.facts[&fact("father.number")], his, "although it was held there");
    let mut earlier = earlier();
    join(&mut earlier, &mut later);
    assert_eq!(earlier.case.receipts.len(), 3);
    let by: Vec<_> = earlier.case.receipts.iter().map(|receipt| receipt.by.clone()).collect();
    assert_eq!(by[1], Actor::Agency("hospital".parse().unwrap()));
    assert_eq!(earlier.case.groups[&role_of("child")].members.len(), 1, "it is one child");
    assert!(earlier.case.unmatched.is_empty());
    assert_eq!(earlier.case.claims.len(), 1, "he is a party once somebody names him");
}

#[test]
fn what_a_reporter_answered_and_corrected_since_is_taken_up_with_the_report() {
    let mut later = fathers("2026-11-20", &[]);
    later.answers("father", &[("mother.wish", text("quiet"))]).unwrap();
    later.corrects(by("father"), &[("mother.wish", text("loud")), ("child.given[m1]", text("Ann"))]).unwrap();
    let [told] = told(&later).try_into().unwrap();
    assert_eq!(told.report.facts[&fact("mother.wish")], Given::Value(text("loud")));
    assert_eq!(told.report.members[&role_of("child")][0][&fact("child.given")], Given::Value(text("Ann")));
    let mut earlier = earlier();
    join(&mut earlier, &mut later);
    assert_eq!(earlier.known("mother.wish"), None, "what he adds is held");
    earlier.answers("mother", &[("father.number", person("father-1"))]).unwrap();
    assert_eq!(earlier.known("mother.wish"), Some(text("loud")));
    let dispute = earlier.case.facts[&key("child.given[m1]")].dispute.clone();
    assert_eq!(dispute.unwrap().proposed, Some(text("Ann")));
}

#[test]
fn what_a_report_says_is_told_as_it_was_said() {
    let mut said = said_by_the_father("2026-11-22", &[("mother.wish", text("quiet"))]);
    said.facts.insert(fact("father.name"), Given::Absent);
    said.facts.insert(fact("father.number"), Given::Unknown);
    let story = resembling(by("father"), said.clone(), Some("father-1"));
    let [told] = told(&story).try_into().unwrap();
    assert_eq!(
        told,
        Received {
            by: by("father"),
            report: said,
            request: "request-9".to_owned(),
            person: Some("father-1".to_owned()),
            received_at: story.now,
        }
    );
}

#[test]
fn a_number_that_a_reporter_only_says_is_not_one_that_they_were_authenticated_with() {
    let said = said_by_the_father("2026-11-22", &[("father.number", person("somebody-7"))]);
    let story = resembling(by("father"), said, None);
    assert_eq!(told(&story)[0].person, None);
}

#[test]
fn a_case_that_has_ended_takes_up_nothing_and_the_later_one_waits_for_a_person_again() {
    let mut later = fathers("2026-11-22", &[]);
    let mut withdrawn = earlier();
    withdrawn.withdraws().unwrap();
    let mut elsewhere = hospitals("2026-11-21");
    elsewhere.input(decided(Some("L-1"))).unwrap();
    for ended in [&mut withdrawn, &mut elsewhere] {
        let error = ended.input(take_up(&later)).unwrap_err();
        assert!(matches!(error, Rejected::Ended(_)), "{error}");
        assert_eq!(ended.case.receipts.len(), 1);
    }
    later.input(decided(Some("L-1"))).unwrap();
    later.input(handed_over(Some("it was withdrawn"))).unwrap();
    assert_eq!((later.case.state, later.case.found_same.is_none()), (CaseState::NeedsPerson, true));
    let wait = beside_steps(&later.case).into_iter().find(|wait| wait.what == Beside::Sameness);
    assert_eq!(wait.unwrap().owner, Owner::Operators);
    later.input(decided(None)).unwrap();
    assert_eq!(later.case.state, CaseState::Open, "it goes on as one of its own");
}

#[test]
fn all_of_the_reports_are_taken_up_or_none() {
    let mut later = hospitals("2026-11-22");
    later
        .input(Input::Report {
            by: by("father"),
            report: said_by_the_father("2026-11-22", &[]),
            request: "request-10".to_owned(),
            person: Some("father-1".to_owned()),
        })
        .unwrap();
    let mut earlier = earlier();
    let Input::TakeUp { by, other, mut reports, reason } = take_up(&later) else { panic!() };
    reports[1].report.facts.insert(fact("civil.weather"), Given::Absent);
    let spoilt = Input::TakeUp { by, other, reports, reason };
    assert!(matches!(earlier.input(spoilt), Err(Rejected::NotAsked(_))));
    assert_eq!(earlier.case.receipts.len(), 1);
    let by_a_party = Input::TakeUp {
        by: crate::story::by("father"),
        other: other_case("L-2"),
        reports: told(&later),
        reason: String::new(),
    };
    assert!(matches!(earlier.input(by_a_party), Err(Rejected::NotYours(_))));
}

#[test]
fn of_several_that_it_resembles_a_person_says_which() {
    let mut asked = opening(report(&[], &[&anna()]));
    asked.reference = "L-3".to_owned();
    asked.perhaps_same = vec![other_case("L-1"), other_case("L-2")];
    let mut story = Story::of(registry(), asked);
    assert_eq!(candidate(&story.case, Some("L-2")).unwrap(), &other_case("L-2"));
    assert_eq!(candidate(&story.case, Some("id-of-L-1")).unwrap(), &other_case("L-1"));
    for unsaid in [None, Some("L-7")] {
        let error = candidate(&story.case, unsaid).unwrap_err().to_string();
        assert!(error.contains("L-1") && error.contains("L-2"), "{error}");
    }
    assert!(matches!(story.input(decided(Some("L-7"))), Err(Rejected::NotOneOf(_))));
    story.input(decided(Some("L-2"))).unwrap();
    assert_eq!(candidate(&story.case, None).unwrap(), &other_case("L-2"));
    assert!(matches!(candidate(&story.case, Some("L-1")), Err(Rejected::Ended(_))));
    assert!(matches!(candidate(&earlier().case, None), Err(Rejected::Ended(_))));
}

#[test]
fn the_fuller_of_two_dates_counts_whichever_case_was_first() {
    let mut month = report(&[], &[&anna()]);
    month.facts.insert(fact("event.date"), Given::Value(date("2026-11")));
    let (mut earlier, mut later) = (Story::of(registry(), opening(month.clone())), hospitals("2026-11-22"));
    join(&mut earlier, &mut later);
    assert_eq!(earlier.known("event.date"), Some(date("2026-11-22")), "the day, that nobody contradicts");
    assert_eq!(earlier.case.facts[&key("event.date")].dispute, None);

    let mut full = Story::of(registry(), opening(report(&[], &[&anna()])));
    month.reporter = None;
    let mut later = resembling(Actor::Agency("hospital".parse().unwrap()), month.clone(), None);
    join(&mut full, &mut later);
    assert_eq!(full.known("event.date"), Some(date("2026-11-20")), "the month says nothing else");
    assert_eq!(full.case.facts[&key("event.date")].dispute, None);

    month.facts.insert(fact("event.date"), Given::Value(date("2026-10")));
    let mut other = Story::of(registry(), opening(report(&[], &[&anna()])));
    join(&mut other, &mut resembling(Actor::Agency("hospital".parse().unwrap()), month, None));
    assert_eq!(other.known("event.date"), Some(date("2026-11-20")));
    let dispute = other.case.facts[&key("event.date")].dispute.clone();
    assert_eq!(dispute.unwrap().proposed, Some(date("2026-10")), "another month is another date");
}

#[test]
fn the_fuller_date_of_somebody_who_only_claims_a_part_is_held_until_they_are_named() {
    let mut month = report(&[], &[&anna()]);
    month.facts = facts(&[("mother.number", person("mother-1")), ("event.date", date("2026-11"))]);
    let (mut earlier, mut later) = (Story::of(registry(), opening(month)), fathers("2026-11-22", &[]));
    join(&mut earlier, &mut later);
    assert_eq!(earlier.known("event.date"), Some(date("2026-11")));
    earlier.answers("mother", &[("father.number", person("father-1"))]).unwrap();
    assert_eq!(earlier.known("event.date"), Some(date("2026-11-22")));
}
