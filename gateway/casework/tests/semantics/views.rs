//! What a party sees: what is about them, what they supplied, every step's state, and who saw what.

use casework::entry::{DecisionResult, Known, Owner, StandsReason};
use casework::input::{Answer, Given, Input, Rejected};
use casework::service::Mode;
use casework::value::{Address, Value};
use casework::view::{SeenStep, Status, View, view};

use crate::country::{Country, fact, service};
use crate::story::{Story, by, id, key, not_done, officer, opening, party, report, text};

fn seen(story: &Story, who: &str) -> View {
    view(&story.country.rules(), &story.case, &story.log, &party(who))
}

fn names(view: &View) -> Vec<String> {
    view.facts.iter().map(|fact| fact.key.to_string()).collect()
}

fn status(story: &Story, who: &str, of: &str) -> Status {
    let steps: Vec<SeenStep> = seen(story, who).steps;
    steps.into_iter().find(|step| step.step == id(of)).unwrap().status
}

fn family() -> Story {
    let services = [
        service("register/record")
            .reads()
            .needs("mother.number")
            .gives("mother.name")
            .gives("mother.street")
            .gives("mother.protected"),
        service("register/father").reads().needs("father.name").gives("father.income"),
        service("civil/record").needs("child.given").needs("mother.name").gives("child.record"),
        service("youth/visit").mode(Mode::Offer).needs("child.record").gives("child.visit"),
        service("tax/notice").needs("mother.wish").can_use("father.number").gives("mother.notice"),
    ];
    let asked = ["child.given", "father.name", "father.number", "mother.wish"];
    let country = Country::of(services, &["child.record"], &asked).unwrap();
    Story::of(
        country,
        opening(report(&[("father.name", text("Frank"))], &[&[("child.given", text("Anna"))]])),
    )
}

fn street(line: &str) -> Value {
    Value::Address(Address { postal_code: line.to_owned(), ..Address::default() })
}

#[test]
fn one_sees_what_is_about_oneself_and_what_one_supplied() {
    let mut story = family();
    story.done("register/record", &[("mother.name", text("Maria"))]);
    story.done("register/father", &[("father.income", text("1000"))]);
    let mother = seen(&story, "mother");
    assert!(names(&mother).contains(&"mother.name".to_owned()));
    assert!(names(&mother).contains(&"father.name".to_owned()), "she said it");
    assert!(!names(&mother).contains(&"father.income".to_owned()));
    assert!(names(&mother).contains(&"event.date".to_owned()), "the event is hers");
    let father = seen(&story, "father");
    assert_eq!(names(&father), ["father.income", "father.name"]);
    let name = mother.facts.iter().find(|fact| fact.key == key("mother.name")).unwrap();
    assert_eq!((name.revision, name.disputed), (1, false));
    assert_eq!(name.known, Known::Value(text("Maria")));
    assert_eq!(name.concept.as_ref().unwrap().as_str(), "person.name");
}

#[test]
fn a_protected_address_is_in_nobody_elses_view_although_they_supplied_it() {
    let services = [service("civil/record").needs("mother.street").gives("mother.record")];
    let country = Country::of(services, &["mother.record"], &["mother.street", "mother.protected"]).unwrap();
    for protected in [true, false] {
        let mut said = report(&[("mother.street", street("1234"))], &[&[]]);
        said.reporter = Some(party("father"));
        let mut asked = opening(said);
        asked.by = by("father");
        let mut story = Story::of(country.clone(), asked);
        let flag = [("mother.protected", Value::Bool(protected))];
        story.corrects(officer("register"), &flag).unwrap();
        let hidden = !names(&seen(&story, "father")).contains(&"mother.street".to_owned());
        assert_eq!(hidden, protected);
        assert!(names(&seen(&story, "mother")).contains(&"mother.street".to_owned()), "it is hers");
    }
}

#[test]
fn one_reads_who_saw_which_of_ones_facts_and_why() {
    let mut story = family();
    story.done("register/record", &[("mother.name", text("Maria"))]);
    let told: Vec<(String, Vec<String>)> = seen(&story, "mother")
        .disclosures
        .iter()
        .map(|told| (told.service.to_string(), told.facts.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(
        told,
        [
            ("register/father".to_owned(), vec!["father.name".to_owned()]),
            ("register/record".to_owned(), vec!["mother.number".to_owned()]),
            ("civil/record".to_owned(), vec!["child.given[m1]".to_owned(), "mother.name".to_owned()]),
        ]
    );
    let father = seen(&story, "father");
    assert_eq!(father.disclosures.len(), 1);
    assert_eq!(father.disclosures[0].legal_basis, "Act of register/father");
    assert_eq!(father.disclosures[0].purpose, "purpose");
    assert_eq!(father.disclosures[0].agency.as_str(), "register");
}

#[test]
fn every_step_has_a_status_in_a_citizens_words() {
    let mut story = family();
    assert_eq!(status(&story, "mother", "register/record"), Status::InProgress("register".parse().unwrap()));
    assert_eq!(status(&story, "mother", "civil/record[m1]"), Status::Later(vec![id("register/record")]));
    assert_eq!(status(&story, "mother", "tax/notice"), Status::YouMustAnswer(vec![key("mother.wish")]));
    story.done("register/record", &[("mother.name", text("Maria"))]);
    story.answer("civil/record[m1]", not_done()).unwrap();
    let civil = Owner::Agency("civil".parse().unwrap());
    assert_eq!(status(&story, "mother", "civil/record[m1]"), Status::WaitingFor(civil));
    assert_eq!(status(&story, "mother", "youth/visit[m1]"), Status::YouMayAccept);
    story.wait();
    story.decides("civil/record[m1]", DecisionResult::Refused, &[]);
    assert_eq!(status(&story, "mother", "civil/record[m1]"), Status::Refused);
    assert_eq!(status(&story, "mother", "youth/visit[m1]"), Status::NotApplicable);
    assert_eq!(status(&story, "mother", "register/record"), Status::Done);
}

#[test]
fn a_decision_about_another_is_not_shown() {
    let mut story = family();
    story.done("register/record", &[("mother.name", text("Maria"))]);
    story.decides("register/father", DecisionResult::Granted, &[("father.income", text("1000"))]);
    let of = |who: &str| {
        let steps = seen(&story, who).steps;
        steps.into_iter().find(|step| step.step == id("register/father")).unwrap().decision
    };
    assert!(of("father").is_some());
    assert!(of("mother").is_none());
}

#[test]
fn who_must_act_is_said_to_everybody() {
    let mut story = family();
    story.done("register/record", &[("mother.name", text("Maria"))]);
    story
        .input(Input::Dispute {
            by: by("mother"),
            key: key("mother.name"),
            proposed: None,
            reason: "no".to_owned(),
        })
        .unwrap();
    story.answer("civil/record[m1]", Answer::Breach { what: "html".to_owned() }).unwrap();
    let civil = Owner::Agency("civil".parse().unwrap());
    assert_eq!(status(&story, "father", "civil/record[m1]"), Status::WaitingFor(civil));
    let mut asked = opening(report(&[], &[&[("child.given", text("Anna"))]]));
    asked.report.facts.insert(fact("mother.wish"), Given::Unknown);
    let unknowing = Story::of(story.country.clone(), asked);
    assert_eq!(status(&unknowing, "mother", "tax/notice"), Status::YouMustAnswer(vec![key("mother.wish")]));
    let mother = Owner::Party(party("mother"));
    assert_eq!(status(&unknowing, "father", "tax/notice"), Status::WaitingFor(mother));
}

#[test]
fn a_withdrawn_case_shows_what_stands() {
    let services = [
        service("civil/record").duty().needs("mother.number").gives("mother.record"),
        service("post/letter").needs("mother.record").gives("mother.letter"),
    ];
    let mut story = Story::with(Country::of(services, &["mother.letter"], &[]).unwrap(), &[]);
    story.done("civil/record", &[("mother.record", text("R"))]);
    story.withdraws().unwrap();
    story.wait();
    assert_eq!(status(&story, "mother", "post/letter"), Status::BeingUndone);
    story.answer("post/letter", Answer::Undone).unwrap();
    assert_eq!(status(&story, "mother", "post/letter"), Status::Undone);
    assert!(matches!(status(&story, "mother", "civil/record"), Status::Stands(StandsReason::Duty, Some(_))));
}

#[test]
fn a_joint_fact_and_its_decisions_are_read_by_whom_the_life_event_shares_them_with() {
    use casework::life_event::{Shared, SharedWith};
    let shared = |what, once: &[&str]| {
        let mut story = family();
        let spec = story.country.plan.life_event.roles.iter_mut().find(|spec| spec.id.as_str() == "child");
        let once = once.iter().map(|name| fact(name)).collect();
        spec.unwrap().shared_with = vec![SharedWith { role: "father".parse().unwrap(), what, once }];
        story.done("register/record", &[("mother.name", text("Maria"))]);
        story.decides("civil/record[m1]", DecisionResult::Granted, &[("child.record", text("R"))]);
        story
    };
    let sees = |story: &Story| {
        let seen = seen(story, "father");
        let decided = seen.steps.iter().find(|step| step.step == id("civil/record[m1]")).unwrap();
        (decided.decision.is_some(), names(&seen).contains(&"child.record[m1]".to_owned()))
    };
    assert_eq!(sees(&shared(Shared::Everything, &[])), (true, true));
    assert_eq!(sees(&shared(Shared::Decisions, &[])), (true, false));
    assert_eq!(sees(&shared(Shared::Everything, &["child.record"])), (true, true));
    let mut story = shared(Shared::Everything, &["father.income"]);
    assert_eq!(sees(&story), (false, false), "not before he is known to be the father");
    story.done("register/father", &[("father.income", text("1000"))]);
    assert_eq!(sees(&story), (true, true));
    let none = seen(&story, "home").steps.iter().any(|step| step.decision.is_some());
    assert!(!none);
}

#[test]
fn who_hears_nothing_sees_nothing_is_asked_nothing_and_reports_nothing() {
    let mut story = family();
    let spec = story.country.plan.life_event.roles.iter_mut().find(|spec| spec.id.as_str() == "father");
    spec.unwrap().hears_nothing = true;
    story.decides("register/father", DecisionResult::Granted, &[("father.income", text("1000"))]);
    let father = seen(&story, "father");
    assert_eq!((names(&father), father.disclosures), (Vec::new(), Vec::new()));
    assert!(father.steps.iter().all(|step| step.decision.is_none() && step.status != Status::YouMayAccept));

    let mut again = report(&[("father.number", Value::Person("father-1".to_owned()))], &[]);
    again.reporter = Some(party("mother"));
    let mut joins = |person: &str| {
        let (by, report, request) = (by("mother"), again.clone(), format!("of {person}"));
        story.input(Input::Report { by, report, request, person: Some(person.to_owned()) })
    };
    assert!(matches!(joins("father-1"), Err(Rejected::NotYours(_))), "in whatever part");
    joins("mother-1").unwrap();
}

#[test]
fn who_fulfils_a_duty_to_report_is_told_the_answer_to_it_and_nothing_else_about_the_others() {
    let services = [
        service("civil/record").duty().needs("child.given").gives("child.record"),
        service("civil/name").needs("child.given").gives("child.name"),
    ];
    let country = Country::of(services, &["child.record"], &["child.given"]).unwrap();
    let mut said = report(&[], &[&[("child.given", text("Anna"))]]);
    said.reporter = Some(party("father"));
    let mut asked = opening(said);
    asked.by = by("father");
    let mut story = Story::of(country, asked);
    story.decides("civil/record[m1]", DecisionResult::Refused, &[]);
    story.decides("civil/name[m1]", DecisionResult::Granted, &[("child.name", text("Anna"))]);
    let told = |of: &str| {
        let steps = seen(&story, "father").steps;
        steps.into_iter().find(|step| step.step == id(of)).unwrap().decision.is_some()
    };
    assert!(told("civil/record[m1]"), "with its reasons and how to object");
    assert!(!told("civil/name[m1]"));
    assert!(!names(&seen(&story, "father")).contains(&"child.name[m1]".to_owned()));
}
