//! What today's registry lets happen: competence, endpoints, contracts, consent.

use casework::case::CaseState;
use casework::entry::Waiting;
use casework::input::Answer;
use casework::rulebook::Competent;
use casework::value::{Address, Value};

use crate::country::{Country, fact, service};
use crate::story::{Story, in_doubt, not_done, offer, text};

fn city() -> Country {
    let services =
        [service("city/record").competence("home.place").needs("mother.number").gives("mother.record")];
    Country::of(services, &["mother.record"], &["home.place"]).unwrap()
}

fn place(code: &str) -> (&'static str, Value) {
    ("home.place", Value::Code(code.to_owned()))
}

fn flow() -> Country {
    let services = [
        service("register/record").reads().needs("mother.number").gives("mother.name"),
        service("post/letter").needs("mother.name").gives("mother.letter"),
    ];
    Country::of(services, &["mother.letter"], &[]).unwrap()
}

#[test]
fn the_facts_choose_the_agency() {
    for (code, agency) in [("east", "city-east"), ("west", "city-west")] {
        let story = Story::with(city(), &[place(code)]);
        assert_eq!(story.duty("city/record").agency.as_str(), agency);
    }
}

#[test]
fn of_an_address_the_municipality_chooses() {
    let services =
        [service("city/record").competence("home.street").needs("mother.number").gives("mother.record")];
    let country = Country::of(services, &["mother.record"], &["home.street"]).unwrap();
    let address = Address { administrative_area: "west".to_owned(), ..Address::default() };
    let story = Story::with(country, &[("home.street", Value::Address(address))]);
    assert_eq!(story.duty("city/record").agency.as_str(), "city-west");
}

#[test]
fn no_agency_or_several_wait_with_that_reason_and_nobody_is_called_instead() {
    let mut country = city();
    let offers = country.offers.0.values_mut().next().unwrap();
    offers[1].competent_for = offers[0].competent_for.clone();
    let several = Story::with(country.clone(), &[place("east")]);
    let both = ["city-east", "city-west"].map(|agency| agency.parse().unwrap());
    assert_eq!(*several.waits("city/record"), Waiting::SeveralAgencies(both.to_vec()));
    let mut none = Story::with(country, &[place("west")]);
    assert_eq!(*none.waits("city/record"), Waiting::NoAgency);
    assert!(none.duties().is_empty());
    none.country.offers.0.values_mut().next().unwrap()[1].competent_for[0].code = "west".to_owned();
    none.wait();
    assert_eq!(none.duty("city/record").agency.as_str(), "city-west");
}

#[test]
fn competence_holds_from_day_to_day_of_the_happening() {
    let mut country = city();
    let offers = country.offers.0.values_mut().next().unwrap();
    let from = |from: &str, until: &str| Competent {
        code: "east".to_owned(),
        from: Some(from.parse().unwrap()),
        until: Some(until.parse().unwrap()),
    };
    offers[0].competent_for = vec![from("2020", "2026-11-19")];
    offers[1].competent_for = vec![from("2026-11-20", "2027")];
    let story = Story::with(country, &[place("east")]);
    assert_eq!(story.duty("city/record").agency.as_str(), "city-west");
}

#[test]
fn an_agency_that_is_not_there_makes_its_step_wait_since_when_and_not_the_case_fail() {
    let mut country = city();
    offer(&mut country, "city/record").live = false;
    let mut story = Story::with(country, &[place("east")]);
    assert_eq!(*story.waits("city/record"), Waiting::Endpoint("city-east".parse().unwrap()));
    let since = story.step("city/record").since;
    let mut waited = Vec::new();
    for _ in 0..40 {
        waited.push(story.due().unwrap().0 - story.now.0);
        story.wait();
    }
    assert_eq!(story.step("city/record").since, since);
    assert!(waited[0] <= 2_000 && waited.is_sorted() && waited[39] <= 300_000, "{waited:?}");
    assert_eq!(story.case.state, CaseState::Open);
    offer(&mut story.country, "city/record").live = true;
    story.wait();
    assert_eq!(story.is("city/record"), "calling");
}

#[test]
fn a_service_that_was_withdrawn_takes_no_new_steps_and_finishes_what_it_has() {
    let mut fresh = city();
    offer(&mut fresh, "city/record").withdrawn = true;
    let story = Story::with(fresh, &[place("east")]);
    let withdrawn = Waiting::Withdrawn("city-east".parse().unwrap());
    assert_eq!(*story.waits("city/record"), withdrawn);

    let mut begun = Story::with(city(), &[place("east")]);
    begun.answer("city/record", in_doubt()).unwrap();
    offer(&mut begun.country, "city/record").withdrawn = true;
    begun.wait();
    assert_eq!(begun.duty("city/record").agency.as_str(), "city-east");

    let mut refused = Story::with(city(), &[place("east")]);
    refused.answer("city/record", not_done()).unwrap();
    offer(&mut refused.country, "city/record").withdrawn = true;
    refused.wait();
    assert_eq!(*refused.waits("city/record"), withdrawn, "nothing was done there");
}

#[test]
fn an_agency_that_registers_again_is_asked_at_once_and_not_when_patience_ends() {
    for (answer, waits) in [(not_done(), "waiting"), (in_doubt(), "in doubt")] {
        let mut story = Story::with(flow(), &[]);
        story.answer("register/record", answer).unwrap();
        assert_eq!(story.is("register/record"), waits);
        let registered = story.now;
        offer(&mut story.country, "register/record").registered = Some(registered);
        story.pass(1);
        assert_eq!(story.is("register/record"), waits, "it was registered before it failed");
        offer(&mut story.country, "register/record").registered = Some(registered.plus(1));
        story.pass(1);
        assert_eq!(story.is("register/record"), "calling");
    }
}

#[test]
fn on_a_revoked_plan_nobody_new_is_called_until_there_is_another() {
    let mut country = flow();
    country.revoked = true;
    let mut story = Story::with(country, &[]);
    assert_eq!(*story.waits("register/record"), Waiting::Plan);
    assert!(story.due().is_some(), "nobody looks again");
    story.country.revoked = false;
    story.wait();
    assert_eq!(story.is("register/record"), "calling");
    story.answer("register/record", not_done()).unwrap();
    story.country.revoked = true;
    story.wait();
    assert_eq!(*story.waits("register/record"), Waiting::Plan);
    story.withdraws().unwrap();
    assert_eq!(story.case.state, CaseState::Withdrawn, "what was not begun is withdrawn all the same");
}

#[test]
fn a_choice_stays_although_the_registry_changes() {
    let mut story = Story::with(city(), &[place("east")]);
    story.answer("city/record", not_done()).unwrap();
    let offers = story.country.offers.0.values_mut().next().unwrap();
    offers[0].competent_for[0].code = "west".to_owned();
    offers[1].competent_for[0].code = "east".to_owned();
    story.wait();
    assert_eq!(story.duty("city/record").agency.as_str(), "city-east");
}

#[test]
fn another_contract_than_the_plans_makes_the_step_wait() {
    let mut country = flow();
    offer(&mut country, "register/record").contract = "another".to_owned();
    let mut story = Story::with(country, &[]);
    assert_eq!(*story.waits("register/record"), Waiting::Contract("register".parse().unwrap()));
    offer(&mut story.country, "register/record").contract = "contract of register/record".to_owned();
    story.wait();
    assert_eq!(story.is("register/record"), "calling");
}

#[test]
fn an_agency_that_left_the_registry_is_not_called() {
    let mut story = Story::with(flow(), &[]);
    story.answer("register/record", in_doubt()).unwrap();
    story.country.offers.0.clear();
    story.wait();
    assert_eq!(*story.waits("register/record"), Waiting::Endpoint("register".parse().unwrap()));
}

#[test]
fn what_nobody_consents_to_is_not_disclosed_whatever_the_plan_says() {
    let mut story = Story::with(flow(), &[]);
    let concept = "person.name".parse().unwrap();
    let grant = story.country.grants.iter().next().unwrap().clone();
    assert!(story.country.grants.revoke(&grant.from, &concept, &grant.to));
    story.done("register/record", &[("mother.name", text("Anna"))]);
    let (from, to) = ("register".parse().unwrap(), "post".parse().unwrap());
    assert_eq!(*story.waits("post/letter"), Waiting::Grant { from, to, fact: fact("mother.name") });
    assert!(story.duties().is_empty());
    story.country.grants.give(grant);
    story.wait();
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn consent_that_is_taken_back_stops_the_next_attempt() {
    let mut story = Story::with(flow(), &[]);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    story.answer("post/letter", in_doubt()).unwrap();
    let grant = story.country.grants.iter().next().unwrap().clone();
    story.country.grants.revoke(&grant.from, &grant.concept, &grant.to);
    story.wait();
    assert!(matches!(story.waits("post/letter"), Waiting::Grant { .. }));
}

#[test]
fn a_grant_for_another_purpose_is_none() {
    let mut story = Story::with(flow(), &[]);
    let mut grant = story.country.grants.iter().next().unwrap().clone();
    grant.purpose = "curiosity".to_owned();
    story.country.grants.give(grant);
    story.done("register/record", &[("mother.name", text("Anna"))]);
    assert!(matches!(story.waits("post/letter"), Waiting::Grant { .. }));
}

#[test]
fn what_a_party_said_and_what_an_agency_has_itself_needs_no_consent() {
    let services = [
        service("post/address").reads().needs("mother.number").gives("mother.street"),
        service("post/letter").needs("mother.street").needs("mother.name").gives("mother.letter"),
    ];
    let mut country = Country::of(services, &["mother.letter"], &["mother.name"]).unwrap();
    country.grants = Default::default();
    let mut story = Story::with(country, &[("mother.name", text("Anna"))]);
    story
        .answer(
            "post/address",
            Answer::Done {
                gifts: crate::story::gifts(&[("mother.street", Value::Address(Address::default()))]),
                decision: None,
            },
        )
        .unwrap();
    assert_eq!(story.is("post/letter"), "calling");
}

#[test]
fn a_step_waits_for_what_it_can_use_as_long_as_it_wants_to() {
    let country = |patience: Option<&str>| {
        let letter =
            service("post/letter").needs("mother.number").can_use("mother.name").gives("mother.letter");
        let letter = match patience {
            Some(length) => letter.wait_for(length),
            None => letter,
        };
        let services =
            [service("register/record").reads().needs("mother.number").gives("mother.name"), letter];
        Country::of(services, &["mother.letter"], &[]).unwrap()
    };
    let mut patient = Story::with(country(None), &[]);
    patient.answer("register/record", not_done()).unwrap();
    patient.pass(500);
    assert_eq!(patient.is("post/letter"), "not due");
    patient.wait();
    patient.done("register/record", &[("mother.name", text("Anna"))]);
    assert_eq!(patient.duty("post/letter").request.len(), 2);

    let mut hasty = Story::with(country(Some("PT1M")), &[]);
    assert!(matches!(hasty.waits("post/letter"), Waiting::Optional(facts) if facts.len() == 1));
    hasty.pass(59_999);
    assert_eq!(hasty.is("post/letter"), "waiting");
    hasty.pass(1);
    assert_eq!(hasty.duty("post/letter").request.len(), 1, "it goes without");
}
