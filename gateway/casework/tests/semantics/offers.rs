//! Offers and terms.

use casework::case::CaseState;
use casework::condition::Condition;
use casework::entry::{Entry, SkipReason, Waiting};
use casework::input::{Input, Rejected};
use casework::questions::questions;
use casework::service::{Bearer, Mode};
use casework::time::Instant;

use crate::country::{Country, fact, service};
use crate::story::{Story, by, date, id, key, officer, operator, person, text};

const DAY_MS: i64 = 86_400_000;

fn country(term: bool) -> Country {
    let visit = service("youth/visit").mode(Mode::Offer).needs("mother.wish").gives("mother.visit");
    let visit = if term { visit.term(Bearer::Party, "P2D", None) } else { visit };
    let services = [visit, service("civil/record").needs("mother.number").gives("mother.record")];
    Country::of(services, &["mother.record"], &["mother.wish"]).unwrap()
}

fn answered(accepted: bool, by: casework::entry::Actor) -> Input {
    Input::Offer { by, step: id("youth/visit"), accepted }
}

#[test]
fn an_offer_is_made_at_once_asks_nothing_yet_and_does_not_hold_up_the_case() {
    let mut story = Story::with(country(false), &[]);
    assert_eq!(*story.waits("youth/visit"), Waiting::OfferAnswer);
    assert!(questions(&story.country.rules(), &story.case).is_empty());
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.case.state, CaseState::Completed);
    assert_eq!(story.due(), None, "nothing is owed");
    story.input(answered(true, by("mother"))).unwrap();
    assert_eq!(story.case.state, CaseState::Open);
    let asked = questions(&story.country.rules(), &story.case);
    assert_eq!(asked.len(), 1, "now it asks");
    assert!(asked[0].required);
    story.answers("mother", &[("mother.wish", text("Mondays"))]).unwrap();
    story.done("youth/visit", &[("mother.visit", text("Monday"))]);
    assert_eq!(story.case.state, CaseState::Completed);
}

#[test]
fn a_declined_offer_is_skipped_and_not_made_again() {
    let mut story = Story::with(country(false), &[]);
    story.input(answered(false, operator())).unwrap();
    assert_eq!(*story.skipped("youth/visit"), SkipReason::Declined);
    assert!(story.pass(1_000).is_empty());
    let error = story.input(answered(true, by("mother"))).unwrap_err();
    assert_eq!(error, Rejected::NoSuchOffer(id("youth/visit")));
}

#[test]
fn only_whom_it_is_about_answers_an_offer() {
    let mut story = Story::with(country(false), &[]);
    for who in [officer("youth"), by("father")] {
        assert!(matches!(story.input(answered(true, who)), Err(Rejected::NotYours(_))));
    }
}

#[test]
fn an_offer_lapses_with_the_partys_term() {
    let mut story = Story::with(country(true), &[]);
    // Monday is not counted; Tuesday, Wednesday, and it ends with Wednesday.
    let ends = "2026-11-25T23:00:00Z".parse::<Instant>().unwrap();
    assert_eq!(story.step("youth/visit").term_ends, Some(ends));
    assert_eq!(story.log.iter().filter(|r| matches!(r.entry, Entry::TermSet { .. })).count(), 1);
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.due(), Some(ends));
    story.pass(ends.0 - story.now.0 - 1);
    assert_eq!(story.is("youth/visit"), "waiting");
    story.pass(1);
    assert_eq!(*story.skipped("youth/visit"), SkipReason::Lapsed);
}

#[test]
fn an_offer_asks_first_whether_it_applies() {
    let applies = Condition::Has(fact("mother.card"));
    let services = [
        service("register/card").reads().needs("mother.number").gives("mother.card"),
        service("library/card").mode(Mode::Offer).when(applies).needs("mother.wish").gives("mother.loan"),
    ];
    let country = Country::of(services, &["mother.card"], &["mother.wish"]).unwrap();
    let mut story = Story::with(country, &[]);
    assert_eq!(story.is("library/card"), "not due");
    story.done("register/card", &[]);
    assert!(matches!(story.skipped("library/card"), SkipReason::Condition { .. }));
}

#[test]
fn a_term_counts_from_its_fact_and_is_computed_once() {
    let services = [service("civil/record")
        .term(Bearer::Agency, "P3D", Some("event.date"))
        .needs("mother.number")
        .gives("mother.record")];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    let ends = "2026-11-23T23:00:00Z".parse::<Instant>().unwrap();
    assert_eq!(story.step("civil/record").term_ends, Some(ends));
    story.pass(30 * DAY_MS);
    assert_eq!(story.step("civil/record").term_ends, Some(ends));
    assert_eq!(story.log.iter().filter(|r| matches!(r.entry, Entry::TermSet { .. })).count(), 1);
}

#[test]
fn a_term_may_count_from_what_the_step_itself_gives() {
    let services = [service("court/case")
        .term(Bearer::Agency, "P1D", Some("mother.date"))
        .needs("mother.number")
        .gives("mother.date")];
    let mut story = Story::with(Country::of(services, &["mother.date"], &[]).unwrap(), &[]);
    assert_eq!(story.step("court/case").term_ends, None);
    story.done("court/case", &[("mother.date", date("2026-12-01"))]);
    let ends = "2026-12-02T23:00:00Z".parse::<Instant>().unwrap();
    assert_eq!(story.step("court/case").term_ends, Some(ends));
}

#[test]
fn a_question_that_only_an_offer_waits_for_holds_nothing_up() {
    let services = [
        service("register/partner").reads().needs("mother.number").gives("father.number"),
        service("civil/record").needs("mother.number").gives("mother.record"),
        service("benefits/partner")
            .non_essential()
            .mode(Mode::Offer)
            .when(Condition::Has(fact("father.number")))
            .needs("father.number")
            .gives("father.benefit"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.record"], &[]).unwrap(), &[]);
    story.done("register/partner", &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    assert_eq!(story.case.state, CaseState::Completed, "nobody has to say whether there is somebody");
    let asked = questions(&story.country.rules(), &story.case);
    assert_eq!(asked.len(), 1);
    assert!(!asked[0].required && asked[0].key == key("father.number"));
    story.answers("mother", &[("father.number", person("father-1"))]).unwrap();
    assert_eq!(story.is("benefits/partner"), "waiting", "now it is offered");
    assert_eq!(story.case.state, CaseState::Completed);
}
