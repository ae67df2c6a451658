//! What compiles, and to what.

use super::fixture::*;
use super::*;
use crate::name::Role;
use crate::plan::{Because, PlanStep, Wait};
use crate::service::{After, Shape};

mod errors;
mod properties;

fn plan(country: &Country) -> Plan {
    country.compile().unwrap_or_else(|errors| panic!("{errors}")).plan
}

fn step<'p>(plan: &'p Plan, id: &str) -> &'p PlanStep {
    plan.step(&id.parse().unwrap()).unwrap()
}

fn waits<'p>(plan: &'p Plan, id: &str) -> Vec<(&'p str, &'p Because)> {
    let name = |wait: &'p Wait| (plan.steps[wait.step].service.id.as_str(), &wait.because);
    step(plan, id).waits_for.iter().map(name).collect()
}

#[test]
fn the_steps_are_ordered_by_who_gives_what_others_need() {
    let plan = plan(&Country::of(ministries()));
    let order: Vec<&str> = plan.steps.iter().map(|step| step.service.id.as_str()).collect();
    assert_eq!(
        order,
        [
            "civil-registry/birth-registration",
            "population-register/person-record",
            "population-register/person-number",
            "municipality/welcome",
            "social-insurance/child-benefit",
            "social-insurance/family-overview",
        ]
    );
    assert_eq!(
        waits(&plan, "population-register/person-number"),
        [
            ("civil-registry/birth-registration", &Because::Needs(fact("child.record"))),
            ("civil-registry/birth-registration", &Because::CanUse(fact("child.name"))),
            ("population-register/person-record", &Because::Needs(fact("mother.address"))),
        ]
    );
}

#[test]
fn the_law_and_competence_order_a_step_as_well() {
    let plan = plan(&Country::of(ministries()));
    let welcome = waits(&plan, "municipality/welcome");
    assert!(welcome.contains(&("civil-registry/birth-registration", &Because::Law)));
    let municipality = Because::Condition(fact("mother.municipality"));
    assert!(welcome.contains(&("population-register/person-record", &municipality)));
}

#[test]
fn a_step_runs_per_member_of_the_group_whose_single_facts_it_takes() {
    let plan = plan(&Country::of(ministries()));
    let child: Role = "child".parse().unwrap();
    assert_eq!(step(&plan, "social-insurance/child-benefit").per, Some(child));
    assert_eq!(step(&plan, "population-register/person-record").per, None);
    let overview = step(&plan, "social-insurance/family-overview");
    assert_eq!((overview.per.clone(), overview.needs[0].collects), (None, true));
}

#[test]
fn a_gift_in_a_repeated_message_creates_members_and_their_steps_wait_for_it() {
    let mut country = Country::of(
        ministries().into_iter().chain([
            declared("population-register/household")
                .serves("birth", &[])
                .needs("mother.number")
                .creates("siblings.number", "sibling.number"),
            declared("social-insurance/sibling-benefit")
                .serves("birth", &[("person", "sibling")])
                .needs("birth.date")
                .gives("person.benefit"),
        ]),
    );
    country.grants.give(grant("population-register", "person.number", "social-insurance/sibling-benefit"));
    let plan = plan(&country);
    assert!(step(&plan, "population-register/household").gifts[0].creates);
    assert_eq!(step(&plan, "social-insurance/sibling-benefit").per, Some("sibling".parse().unwrap()));
    assert_eq!(
        waits(&plan, "social-insurance/sibling-benefit"),
        [("population-register/household", &Because::Needs(fact("sibling.number")))],
        "though it takes no fact of theirs, it takes the members"
    );
}

#[test]
fn what_nothing_gives_and_may_be_asked_is_a_question() {
    let plan = plan(&Country::of(ministries()));
    let questions: Vec<String> = plan.static_questions().map(|(fact, _)| fact.to_string()).collect();
    assert_eq!(
        questions,
        [
            "birth.date",
            "child.given_names",
            "child.order",
            "child.stillborn",
            "mother.account",
            "mother.given_names",
            "mother.number",
        ],
        "of groups that no step has to do with, nothing"
    );
    assert!(plan.facts[&fact("mother.address")].askable, "absent in the register, it is asked later");
}

#[test]
fn of_two_givers_the_first_by_law_is_first() {
    let by_declaration = declared("population-register/declared-address")
        .serves("birth", &[("person", "mother")])
        .with(|service| {
            service.after = vec![After::Service("population-register/person-record".parse().unwrap())]
        })
        .needs("birth.date")
        .gives("person.address");
    let plan = plan(&Country::of(ministries().into_iter().chain([by_declaration])));
    let givers = &plan.facts[&fact("mother.address")].givers;
    let names: Vec<&str> = givers.iter().map(|giver| plan.steps[*giver].service.id.as_str()).collect();
    assert_eq!(names, ["population-register/person-record", "population-register/declared-address"]);
    let waits = waits(&plan, "population-register/declared-address");
    let first = Because::GivesFirst(fact("mother.address"));
    assert!(waits.contains(&("population-register/person-record", &first)));
}

#[test]
fn a_reversal_means_by_its_words_what_the_service_does_that_it_reverses() {
    let plan = plan(&Country::of(ministries()));
    let reversal = &plan.reversals[0];
    assert_eq!(reversal.service.id.as_str(), "civil-registry/birth-correction");
    assert_eq!(reversal.per, Some("child".parse().unwrap()));
    let facts: Vec<String> = reversal.needs.iter().map(|need| need.fact.to_string()).collect();
    assert_eq!(facts, ["child.record", "child.order"]);
    assert!(plan.index(&reversal.service.id).is_none(), "it is no step until something is undone");
}

#[test]
fn a_need_of_a_step_that_is_not_essential_makes_its_taker_so() {
    let mut services = ministries();
    services.push(
        declared("social-insurance/letter")
            .serves("birth", &[("person", "child")])
            .needs("person.benefit")
            .needs("person.order"),
    );
    let compiled = Country::of(services).compile().unwrap();
    assert!(!step(&compiled.plan, "social-insurance/letter").essential);
    assert!(step(&compiled.plan, "population-register/person-number").essential);
    insta::assert_snapshot!("a_step_that_became_not_essential", compiled.warnings[0]);
}

#[test]
fn a_field_may_carry_a_list_and_be_of_one_member() {
    let list = Shape::List(Box::new(Shape::String));
    let mut country = Country::of(
        ministries().into_iter().chain([
            declared("population-register/origin")
                .serves("birth", &[("person", "child")])
                .needs("person.order")
                .gives_as("nationalities", "person.nationalities", list.clone()),
            declared("population-register/origins").serves("birth", &[]).needs_as(
                "nationalities",
                "child.nationalities",
                list,
            ),
        ]),
    );
    country.services.iter_mut().for_each(|service| {
        // A lowering that calls the repeated field repeated means the same.
        service.gifts.iter_mut().for_each(|gift| gift.repeated = matches!(gift.shape, Shape::List(_)));
    });
    let plan = plan(&country);
    assert!(!step(&plan, "population-register/origin").gifts[0].creates);
    assert_eq!(step(&plan, "population-register/origins").per, Some("child".parse().unwrap()));
}

#[test]
fn a_plan_that_cannot_reach_an_outcome_compiles_and_says_so() {
    let compiled = Country::of([person_record()]).compile().unwrap();
    assert_eq!(compiled.plan.unreachable_outcomes().len(), 1);
    insta::assert_snapshot!("an_outcome_out_of_reach", compiled.warnings[0]);
}

#[test]
fn a_word_that_is_bound_and_not_used_is_a_warning() {
    let mut services = ministries();
    services[1].0.life_events[0].bind.insert("persn".to_owned(), "mother".parse().unwrap());
    let compiled = Country::of(services).compile().unwrap();
    insta::assert_snapshot!("a_word_bound_and_not_used", compiled.warnings[0]);
}

#[test]
fn what_a_reversal_gives_is_a_warning() {
    let mut services = ministries();
    services[2] = registration_correction().gives("birth.place");
    let compiled = Country::of(services).compile().unwrap();
    insta::assert_snapshot!("a_reversal_that_gives", compiled.warnings[0]);
}

#[test]
fn an_optional_need_that_never_comes_is_a_warning() {
    let service = registration().can_use("birth.place");
    let mut services = ministries();
    services[1] = service;
    let compiled = Country::of(services).compile().unwrap();
    insta::assert_snapshot!("an_optional_need_that_never_comes", compiled.warnings[0]);
}

#[test]
fn services_that_lack_a_giver_are_left_out_until_it_comes() {
    let without_registry = [person_record(), number(), benefit()];
    let (compiled, left_out) = compile_most(Country::of(without_registry).draft()).unwrap();
    let steps: Vec<&str> = compiled.plan.steps.iter().map(|step| step.service.id.as_str()).collect();
    assert_eq!(steps, ["population-register/person-record", "social-insurance/child-benefit"]);
    let out: Vec<String> = left_out.keys().map(ToString::to_string).collect();
    assert_eq!(out, ["population-register/person-number"]);

    let (_, left_out) = compile_most(Country::of(ministries()).draft()).unwrap();
    assert!(left_out.is_empty(), "{left_out:?}");
}

#[test]
fn a_newcomer_that_does_not_fit_is_left_out_and_not_what_was_there() {
    let newcomer = declared("civil-registry/z-newcomer")
        .serves("birth", &[("person", "child")])
        .needs("birth.date")
        .needs_as("order", "person.order", Shape::Integer { bits: 32, signed: true })
        .gives("person.record");
    let country = Country::of(ministries().into_iter().chain([newcomer]));
    let settled = ministries().into_iter().map(|declared| declared.0.id).collect();
    let (compiled, left_out) = compile_around(country.draft(), &settled).unwrap();
    let out: Vec<String> = left_out.keys().map(ToString::to_string).collect();
    assert_eq!(out, ["civil-registry/z-newcomer"]);
    assert!(left_out.values().flatten().any(|error| error.code() == "L0501"), "{left_out:?}");
    assert_eq!(compiled.hash, Country::of(ministries()).compile().unwrap().hash);
    let (_, left_out) = compile_most(country.draft()).unwrap();
    assert!(left_out.keys().any(|id| id.as_str() == "civil-registry/birth-registration"), "{left_out:?}");
}

#[test]
fn a_fault_in_the_life_event_leaves_nothing_to_leave_out() {
    let mut country = Country::of(ministries());
    country.life_event.identity.date = fact("birth.day");
    assert!(compile_most(country.draft()).is_err());
}
