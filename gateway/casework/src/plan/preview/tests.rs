use super::*;
use crate::compile::fixture::*;
use crate::condition::Condition;
use crate::input::Given;
use crate::value::Value;

fn plan() -> (Country, Plan) {
    let country = Country::of(ministries());
    let plan = country.compile().unwrap().plan;
    (country, plan)
}

fn told(report: &Report) -> Preview {
    let (country, plan) = plan();
    preview(&plan, &country.dictionary, &country.grants, report)
}

fn step<'p>(preview: &'p Preview, service: &str, member: Option<usize>) -> &'p PreviewStep {
    let found = preview.steps.iter().find(|step| step.service.as_str() == service && step.member == member);
    found.unwrap()
}

fn children(of: &[&[(&str, Given)]]) -> Report {
    let one =
        |facts: &&[(&str, Given)]| facts.iter().map(|(name, given)| (fact(name), given.clone())).collect();
    let mut report = Report::default();
    report.members.insert("child".parse().unwrap(), of.iter().map(one).collect());
    report
}

fn yes() -> Given {
    Given::Value(Value::Bool(true))
}

fn no() -> Given {
    Given::Value(Value::Bool(false))
}

fn asked(preview: &Preview) -> Vec<(String, Option<usize>)> {
    preview.questions.iter().map(|question| (question.fact.to_string(), question.member)).collect()
}

#[test]
fn without_a_report_everything_is_told_once_and_conditions_are_open() {
    let preview = told(&Report::default());
    let benefit = step(&preview, "social-insurance/child-benefit", None);
    assert_eq!(benefit.applies, Applies::Depends { on: vec![fact("child.stillborn")] });
    assert_eq!(benefit.applies.reason(), "it depends on `child.stillborn`, not known yet");
    let registration = step(&preview, "civil-registry/birth-registration", None);
    assert_eq!(registration.applies, Applies::Yes { by: vec![] });
    assert!(asked(&preview).contains(&("mother.number".to_owned(), None)));
}

#[test]
fn each_child_has_steps_and_reasons_of_its_own() {
    let preview = told(&children(&[&[("child.stillborn", no())], &[("child.stillborn", yes())]]));
    let by = vec![fact("child.stillborn")];
    let first = step(&preview, "social-insurance/child-benefit", Some(0));
    let second = step(&preview, "social-insurance/child-benefit", Some(1));
    assert_eq!(first.applies, Applies::Yes { by: by.clone() });
    assert_eq!(second.applies, Applies::No { by });
    let orders = asked(&preview).into_iter().filter(|(fact, _)| fact == "child.order").count();
    assert_eq!(orders, 2, "each is asked for its own");
}

#[test]
fn what_is_known_is_not_asked_and_what_a_register_gives_neither() {
    let mut report = Report::default();
    report.facts.insert(fact("mother.number"), Given::Value(Value::Person("123456782".to_owned())));
    let questions = asked(&told(&report));
    assert!(!questions.contains(&("mother.number".to_owned(), None)));
    assert!(!questions.contains(&("mother.address".to_owned(), None)), "the register gives it");
    assert!(questions.contains(&("mother.account".to_owned(), None)));
}

#[test]
fn without_what_a_register_looks_by_it_gives_nothing_and_the_party_is_asked() {
    let mut services = ministries();
    services[1].0.needs.iter_mut().for_each(|need| need.optional = need.name == fact("mother.number"));
    let country = Country::of(services);
    let plan = country.compile().unwrap().plan;
    let mut report = Report::default();
    report.facts.insert(fact("mother.number"), Given::Absent);
    let preview = preview(&plan, &country.dictionary, &country.grants, &report);

    let record = step(&preview, "population-register/person-record", None);
    assert_eq!(record.applies, Applies::Lacks { fact: fact("mother.number"), giver: None });
    assert_eq!(record.applies.reason(), "it needs `mother.number`, and there is none");
    assert!(asked(&preview).contains(&("mother.address".to_owned(), None)));
    let welcome = step(&preview, "municipality/welcome", None);
    assert_eq!(
        welcome.applies.reason(),
        "it needs `mother.municipality`, and `population-register/person-record`, which would give it, does not apply"
    );
}

#[test]
fn who_gets_what_from_whom_and_on_what_basis_is_told() {
    let preview = told(&Report::default());
    let number = &step(&preview, "social-insurance/child-benefit", None).receives[0];
    let from = ReceivesFrom::Service {
        service: "population-register/person-number".parse().unwrap(),
        agency: "population-register".parse().unwrap(),
    };
    assert_eq!((&number.from, number.legal_basis.as_str(), number.allowed), (&from, "Act 7", true));
    let account = &step(&preview, "social-insurance/child-benefit", None).receives[1];
    assert_eq!((&account.from, account.legal_basis.as_str()), (&ReceivesFrom::Party, "Act 1"));
}

#[test]
fn a_consent_that_was_revoked_since_shows() {
    let (mut country, plan) = plan();
    let (from, concept) = ("population-register".parse().unwrap(), "person.number".parse().unwrap());
    country.grants.revoke(&from, &concept, &"social-insurance/child-benefit".parse().unwrap());
    let preview = preview(&plan, &country.dictionary, &country.grants, &Report::default());
    assert!(!step(&preview, "social-insurance/child-benefit", None).receives[0].allowed);
}

#[test]
fn the_time_is_that_of_the_longest_way() {
    let preview = told(&children(&[&[("child.stillborn", no())]]));
    assert_eq!(preview.usual_ms.map(iso).as_deref(), Some("P1DT1M"), "the registration, then the number");
    let benefit = step(&preview, "social-insurance/child-benefit", Some(0));
    assert_eq!(iso(benefit.done_after_ms), "P15DT1M", "which it waits for");
}

#[test]
fn what_may_not_run_and_can_be_gone_without_takes_no_time() {
    let check = |when: Option<Condition>| {
        let mut services = ministries();
        services[1] = registration().can_use("birth.place").with(|service| {
            service.wait_for = Some("P2D".to_owned());
        });
        let check = declared("civil-registry/place-check").serves("birth", &[]).non_essential();
        services.push(check.needs("birth.date").gives("birth.place").with(|service| {
            service.usual_time = Some("P30D".to_owned());
            service.when = when;
        }));
        let country = Country::of(services);
        let plan = country.compile().unwrap_or_else(|errors| panic!("{errors}")).plan;
        preview(&plan, &country.dictionary, &country.grants, &Report::default()).usual_ms.map(iso)
    };
    assert_eq!(
        check(Some(Condition::Has(fact("mother.account")))).as_deref(),
        Some("P1DT1M"),
        "it is open whether the check is made"
    );
    assert_eq!(check(None).as_deref(), Some("P3DT1M"), "it is made, and waited for no longer than two days");
}

#[test]
fn what_only_a_step_wants_that_does_not_apply_is_not_asked() {
    let account = ("mother.account".to_owned(), None);
    assert!(!asked(&told(&children(&[&[("child.stillborn", yes())]]))).contains(&account));
    assert!(asked(&told(&children(&[&[("child.stillborn", no())]]))).contains(&account));
}
