//! Plans as people see them: text, picture and difference.

use super::diff::FlowFrom;
use super::*;
use crate::compile::fixture::*;
use crate::compile::{Compiled, hash};

fn compiled(services: Vec<Declared>) -> Compiled {
    compiled_in(services, |_| {})
}

fn compiled_in(services: Vec<Declared>, change: impl FnOnce(&mut Country)) -> Compiled {
    let mut country = Country::of(services);
    change(&mut country);
    country.compile().unwrap_or_else(|errors| panic!("{errors}"))
}

fn review(old: &Plan, new: &Plan) -> String {
    Plan::diff(old, new).text(new, &hash(old), &hash(new))
}

fn library() -> Declared {
    declared("library/enrolment")
        .serves("birth", &[("person", "child")])
        .with(|service| service.purpose = "library".to_owned())
        .needs("person.number")
        .can_use("person.given_names")
}

fn with_library(more: impl FnOnce(Declared) -> Declared) -> Compiled {
    let mut services = ministries();
    services.push(more(library()));
    compiled_in(services, |country| {
        let mut grant = grant("population-register", "person.number", "library/enrolment");
        grant.purpose = "library".to_owned();
        country.grants.give(grant);
    })
}

#[test]
fn a_plan_is_shown_as_text() {
    let compiled = compiled(ministries());
    let text = text::text(&compiled.plan, &PlanHash("0123456789abcdef".to_owned()));
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_is_drawn() {
    insta::assert_snapshot!(dot::dot(&compiled(ministries()).plan));
}

#[test]
fn a_service_that_asks_nothing_new_only_adds() {
    let (old, new) = (compiled(ministries()).plan, with_library(|library| library).plan);
    let diff = Plan::diff(&old, &new);
    assert!(diff.is_additive());
    assert_eq!(diff.new_steps, ["library/enrolment".parse().unwrap()]);
    assert_eq!(diff.new_recipients, ["library".parse().unwrap()]);
    assert_eq!(diff.new_flows[0].from, FlowFrom::Party);
    insta::assert_snapshot!(
        review(&old, &new).replace(text::short(&hash(&old)), "OLD").replace(text::short(&hash(&new)), "NEW")
    );
}

#[test]
fn a_new_question_is_more_than_adding() {
    let old = compiled(ministries()).plan;
    let new = with_library(|library| library.needs("person.gender")).plan;
    let diff = Plan::diff(&old, &new);
    assert_eq!(diff.new_questions, [fact("child.gender")]);
    assert!(!diff.is_additive());
}

#[test]
fn a_service_that_gives_what_was_asked_takes_the_question_away_and_adds() {
    let old = compiled(ministries()).plan;
    let mut services = ministries();
    services.push(
        declared("social-insurance/account")
            .serves("birth", &[("person", "mother")])
            .non_essential()
            .needs("person.number")
            .gives("person.account"),
    );
    let new = compiled(services).plan;
    let diff = Plan::diff(&old, &new);
    assert_eq!(diff.ended_questions, [fact("mother.account")]);
    assert!(diff.is_additive(), "{diff:?}");
}

#[test]
fn what_is_changed_or_gone_is_for_people_to_publish() {
    let old = compiled(ministries()).plan;
    let mut services = ministries();
    services.retain(|declared| declared.0.id.as_str() != "municipality/welcome");
    services[1].0.term = Some(term("P5D", Some("birth.date")));
    services[1].0.legal_basis = "Act 2".to_owned();
    let new = compiled_in(services, |country| {
        country.life_event.outcomes[0].target = "P2D".to_owned();
    });
    let diff = Plan::diff(&old, &new.plan);
    assert!(!diff.is_additive());
    insta::assert_snapshot!(
        review(&old, &new.plan)
            .replace(text::short(&hash(&old)), "OLD")
            .replace(text::short(&new.hash), "NEW")
    );
}

#[test]
fn a_plan_differs_from_itself_in_nothing() {
    let plan = compiled(ministries()).plan;
    assert!(Plan::diff(&plan, &plan).is_empty());
    assert!(Plan::diff(&plan, &plan).is_additive());
}

#[test]
fn from_no_plan_to_one_everything_is_new() {
    let nothing =
        Plan { steps: vec![], reversals: vec![], facts: BTreeMap::new(), ..compiled(ministries()).plan };
    let diff = Plan::diff(&nothing, &compiled(ministries()).plan);
    assert_eq!(diff.new_steps.len(), 7);
    assert!(!diff.new_questions.is_empty() && !diff.is_additive());
}

#[test]
fn a_changed_contract_is_a_change() {
    let old = compiled(ministries()).plan;
    let mut services = ministries();
    services[4].0.contract = "another".to_owned();
    let diff = Plan::diff(&old, &compiled(services).plan);
    let changes = &diff.changed_steps[&"social-insurance/child-benefit".parse().unwrap()];
    assert_eq!(changes.iter().map(|change| change.what).collect::<Vec<_>>(), ["contract"]);
}
