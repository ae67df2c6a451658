//! Parts that services alone give: the members of a group that a gift closes, and who is `named_by_services`. A stranger
//! whom a report names there would be dealt with as if a register knew them.

use std::collections::BTreeMap;

use casework::decide::open;
use casework::input::{Answer, Gifts, Rejected};
use casework::questions::{foreseen, questions};
use casework::time::Instant;

use crate::country::{Country, fact, role_of, service};
use crate::story::{START, Story, facts, key, opening, person, report, text};

/// A service knows the vehicles; whoever reports may be asked what kind they are and, elsewhere, for their plates.
fn vehicles() -> Country {
    let services = [
        service("traffic/vehicles").reads().needs("mother.number").creates("vehicle.plate"),
        service("tax/car").needs("vehicle.plate").needs("vehicle.kind").gives("vehicle.tax"),
    ];
    Country::of(services, &["vehicle.tax"], &["vehicle.plate", "vehicle.kind"]).unwrap()
}

#[test]
fn members_of_a_group_that_a_gift_closes_are_not_reported() {
    let country = vehicles();
    for (name, value) in [("vehicle.plate", text("X-9")), ("vehicle.kind", text("van"))] {
        let mut made_up = report(&[], &[&[]]);
        made_up.members.insert(role_of("vehicle"), vec![facts(&[(name, value)])]);
        let refused = open(&country.rules(), opening(made_up), Instant(START)).err();
        assert_eq!(refused, Some(Rejected::NotAsked(name.to_owned())));
    }
}

#[test]
fn what_tells_such_members_apart_is_no_question_and_the_rest_is_once_they_are_known() {
    let country = vehicles();
    let asked: Vec<String> =
        foreseen(&country.plan, &country.dictionary).iter().map(|it| it.fact.to_string()).collect();
    assert!(!asked.contains(&"vehicle.plate".to_owned()), "{asked:?}");
    assert!(asked.contains(&"vehicle.kind".to_owned()), "{asked:?}");
    let mut story = Story::with(country, &[]);
    let known = BTreeMap::from([(fact("vehicle.plate"), Some(text("A-1")))]);
    let members = BTreeMap::from([(role_of("vehicle"), vec![known])]);
    let gifts = Gifts { members, ..Gifts::default() };
    story.answer("traffic/vehicles", Answer::Done { gifts, decision: None }).unwrap();
    let open: Vec<_> = questions(&story.country.rules(), &story.case).into_iter().map(|it| it.key).collect();
    assert_eq!(open, [key("vehicle.kind[m1]")]);
    let refused = story.answers("mother", &[("vehicle.plate[m1]", text("X-9"))]);
    assert_eq!(refused, Err(Rejected::NotAsked("vehicle.plate[m1]".to_owned())));
}

#[test]
fn nobody_reports_who_plays_a_part_that_services_name() {
    let services = [service("register/father").needs("father.number").gives("father.income")];
    let mut country = Country::of(services, &["father.income"], &["father.number"]).unwrap();
    let named = || opening(report(&[("father.number", person("father-1"))], &[&[]]));
    assert!(open(&country.rules(), named(), Instant(START)).is_ok());
    let father = country.plan.life_event.roles.iter_mut().find(|spec| spec.id.as_str() == "father");
    father.unwrap().named_by_services = true;
    let refused = open(&country.rules(), named(), Instant(START)).err();
    assert_eq!(refused, Some(Rejected::NotAsked("father.number".to_owned())));
}
