//! Births that are not like the others, reported by REST as a portal does: each completes, or waits for the right
//! thing, and says why in the language of whoever reads it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use agency_kit::Books;
use proto::loket::portal::v1::Case;
use proto::loket::portal::v1::step::State;
use serde_json::{Value, json};
use tests::counter::Counter;
use tests::portal::{Portal, reasons, result, state, step};
use tests::report::{completed, until};

const NOOR: &str = "999000001";
const SEM: &str = "999000002";
const LOTTE: &str = "999000005";
const IRIS: &str = "999000011";
const JOOST: &str = "999000013";
const LEYLA: &str = "999000014";
const EMRE: &str = "999000015";
const SOFIE: &str = "999000016";

/// An account of nobody here, with right check digits.
const ACCOUNT: &str = "GB82WEST12345698765432";

fn child(family_name: &str) -> Value {
    json!({"birth_order": 1, "gender": "female", "family_name": family_name, "given_names": "Mila"})
}

fn on(date: &str) -> Value {
    json!({"date": date, "municipality": "oosterdam"})
}

/// Waits for the end of a case and shows it as its citizen sees it.
async fn completed_case(counter: &Counter, citizen: &str, name: &str) -> Value {
    until(&mut counter.cases(citizen).await, name, completed).await;
    Portal::of(counter, citizen).case(name, "en").await
}

/// Waits until somebody is asked this fact and answers it.
async fn answer_when_asked(counter: &Counter, citizen: &str, name: &str, fact: &str, value: Value) {
    let mut cases = counter.cases(citizen).await;
    until(&mut cases, name, |case| case.questions.iter().any(|it| it.fact == fact)).await;
    let (status, answered) = Portal::of(counter, citizen).answer(name, fact, "", value).await;
    assert_eq!(status, 200, "{fact}: {answered:#}");
}

fn questions(case: &Value) -> Vec<&str> {
    case["questions"].as_array().into_iter().flatten().filter_map(|it| it["fact"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_second_parent_leaves_the_mother_alone_and_a_minor_mother_needs_a_guardian() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, SOFIE);
    let facts = json!({"mother": {"number": SOFIE}, "birth": on(&today()), "child": [child("Peters")]});
    let name = portal.report("birth", "alone", facts).await;
    answer_when_asked(&counter, SOFIE, &name, "mother.payment_account", json!(ACCOUNT)).await;
    let case = completed_case(&counter, SOFIE, &name).await;
    assert_eq!(state(step(&case, "civil-registry/parentage", "")), "SKIPPED");
    assert_eq!(reasons(step(&case, "civil-registry/birth-registration", "m1")), ["one-parent"]);
    assert!(reasons(step(&case, "tax-allowances/child-budget", "m1")).contains(&"single-parent"));
    assert_eq!(result(step(&case, "social-insurance/child-benefit", "m1")), "GRANTED");

    let facts = json!({"mother": {"number": LOTTE}, "birth": on(&today()), "child": [child("Bakker")]});
    let name = Portal::of(&counter, LOTTE).report("birth", "minor", facts).await;
    answer_when_asked(&counter, LOTTE, &name, "mother.payment_account", json!(ACCOUNT)).await;
    let case = completed_case(&counter, LOTTE, &name).await;
    let registered = step(&case, "civil-registry/birth-registration", "m1");
    assert_eq!(reasons(registered), ["one-parent", "guardian-needed"]);
    assert_eq!(reasons(step(&case, "social-insurance/child-benefit", "m1")), ["not-insured"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_without_a_name_is_registered_and_everything_follows() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let mut unnamed = child("van Dijk");
    unnamed.as_object_mut().unwrap().remove("given_names");
    let parents = json!({"mother": {"number": NOOR}, "second_parent": {"number": SEM}});
    let mut facts = parents.clone();
    facts["birth"] = on(&today());
    facts["child"] = json!([unnamed]);
    let name = portal.report("birth", "unnamed", facts).await;
    let case = completed_case(&counter, NOOR, &name).await;
    let registered = step(&case, "civil-registry/birth-registration", "m1");
    assert_eq!(result(registered), "PARTLY_GRANTED", "{case:#}");
    assert_eq!(reasons(registered), ["name-pending"]);
    for service in ["population-register/person-number", "health-insurance/newborn-enrolment"] {
        assert_eq!(state(step(&case, service, "m1")), "DONE", "{service}");
    }
    let told =
        step(&case, "civil-registry/birth-registration", "m1")["decision"]["reasons"][0]["texts"].clone();
    let languages: Vec<_> = told.as_array().unwrap().iter().map(|it| it["language"].clone()).collect();
    assert_eq!(languages, ["en", "nl"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_without_a_number_is_asked_what_no_register_knows() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, JOOST);
    let facts = json!({
        "mother": {"family_name": "Haddad", "given_names": "Rima", "birth_date": "1990"},
        "second_parent": {"number": JOOST},
        "birth": on(&today()),
        "child": [child("Haddad")],
    });
    let name = portal.report("birth", "numberless", facts).await;
    answer_when_asked(&counter, JOOST, &name, "mother.civil_status", json!("unmarried")).await;
    let address = json!({
        "region_code": "XZ",
        "postal_code": "1000 XZ",
        "administrative_area": "oosterdam",
        "locality": "Oosterdam",
        "address_lines": ["Havenstraat 40"],
    });
    answer_when_asked(&counter, JOOST, &name, "mother.address", address).await;
    let case = completed_case(&counter, JOOST, &name).await;
    let parentage = step(&case, "civil-registry/parentage", "");
    assert_eq!((Some(state(parentage)), reasons(parentage)), (Some("REFUSED"), vec!["not-acknowledged"]));
    assert_eq!(reasons(step(&case, "civil-registry/birth-registration", "m1")), ["one-parent"]);
    assert_eq!(state(step(&case, "population-register/person-number", "m1")), "DONE");
    let insured = step(&case, "health-insurance/newborn-enrolment", "m1");
    assert_eq!(state(insured), "REFUSED", "who is no parent in law insures nobody");
    assert!(reasons(insured).is_empty(), "and is not told why: it is about the child and its mother");
    assert_eq!(state(step(&case, "social-insurance/child-benefit", "m1")), "SKIPPED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_none_for_a_record_is_refused_with_what_to_do() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let cases = [
        ("long-ago", "1850-01-01", "court-order-needed", "court-order"),
        ("in-part", "2026-11", "date-incomplete", "correction"),
    ];
    for (request, date, reason, remedy) in cases {
        let facts = json!({"mother": {"number": NOOR}, "birth": on(date), "child": [child("van Dijk")]});
        let name = portal.report("birth", request, facts).await;
        let case = completed_case(&counter, NOOR, &name).await;
        let refused = step(&case, "civil-registry/birth-registration", "m1");
        assert_eq!((state(refused), reasons(refused)), ("REFUSED", vec![reason]));
        assert_eq!(refused["remedy"]["kind"], remedy, "{refused:#}");
        assert!(!refused["remedy"]["term"].as_str().unwrap().is_empty());
        let number = step(&case, "population-register/person-number", "m1");
        assert_eq!(state(number), "SKIPPED", "what needs the record stops: {number:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marriage_abroad_is_asked_about_and_looked_at_by_a_registrar() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, LEYLA);
    let facts = json!({
        "mother": {"number": LEYLA},
        "second_parent": {"number": EMRE},
        "birth": on(&today()),
        "child": [child("Kaya")],
    });
    let name = portal.report("birth", "abroad", facts).await;
    answer_when_asked(&counter, LEYLA, &name, "mother.civil_status", json!("married")).await;
    answer_when_asked(&counter, LEYLA, &name, "marriage.date", json!("2019")).await;
    answer_when_asked(&counter, LEYLA, &name, "marriage.country", json!("TR")).await;
    answer_when_asked(&counter, LEYLA, &name, "marriage.certificate", json!("MC-TR-2019-77")).await;
    let case = completed_case(&counter, LEYLA, &name).await;
    let checked = step(&case, "civil-registry/foreign-marriage-check", "");
    assert_eq!(
        (Some(state(checked)), checked["decision"]["officer"].as_str()),
        (Some("DONE"), Some("registrar"))
    );
    assert_eq!(reasons(step(&case, "civil-registry/birth-registration", "m1")), Vec::<&str>::new());
    assert!(questions(&case).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_address_is_told_to_nobody_else() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let facts = json!({
        "mother": {"number": IRIS},
        "second_parent": {"number": JOOST},
        "birth": on(&today()),
        "child": [child("Smit")],
    });
    let name = Portal::of(&counter, IRIS).report("birth", "protected", facts).await;
    let case = completed_case(&counter, IRIS, &name).await;
    assert!(reasons(step(&case, "youth-health/newborn-screening", "m1")).contains(&"address-protected"));
    assert_eq!(state(step(&case, "health-insurance/insurance-letter", "m1")), "SKIPPED");
    assert!(case.to_string().contains("Zeedijk 21"), "she sees her own address");

    let by_another = Portal::of(&counter, JOOST).case(&name, "en").await;
    assert!(!by_another.to_string().contains("Zeedijk"), "{by_another:#}");
    let (_, told) = Portal::of(&counter, JOOST).get(&format!("/v1/{name}/accesses")).await;
    assert!(!told.to_string().contains("Zeedijk"), "{told:#}");
    let explained = counter.loket(&["case", "explain", name.trim_start_matches("cases/")]);
    assert!(!String::from_utf8_lossy(&explained.stdout).contains("Zeedijk"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_father_who_died_before_the_birth_is_the_father() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let death = json!({
        "deceased": {"number": SEM},
        "death": {"date": today(), "municipality": "oosterdam", "certificate": "DC-2026-000124"},
        "informant": {"number": NOOR, "kinship": "partner"},
    });
    let name = portal.report("bereavement", "widowed", death).await;
    completed_case(&counter, NOOR, &name).await;
    let facts = json!({
        "mother": {"number": NOOR},
        "second_parent": {"number": SEM},
        "birth": on(&today()),
        "child": [child("van Dijk")],
    });
    let name = portal.report("birth", "posthumous", facts).await;
    let case = completed_case(&counter, NOOR, &name).await;
    let registered = reasons(step(&case, "civil-registry/birth-registration", "m1"));
    assert!(registered.is_empty(), "the record has both parents: {registered:?}");
    assert!(reasons(step(&case, "tax-allowances/child-budget", "m1")).contains(&"single-parent"));
}

fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    casework::time::Instant(i64::try_from(now.as_millis()).unwrap()).to_string()[..10].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_keeps_its_number_when_its_record_of_birth_is_corrected() {
    let mut counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let facts = json!({
        "mother": {"number": NOOR},
        "second_parent": {"number": SEM},
        "birth": on(&today()),
        "child": [child("van Dijk")],
    });
    let name = portal.report("birth", "misspelt", facts).await;
    let known = |case: &Value, fact: &str| {
        let facts = case["facts"].as_array().unwrap();
        facts.iter().find(|it| it["fact"] == fact).map(|it| it["value"].clone()).unwrap_or_default()
    };
    let before = completed_case(&counter, NOOR, &name).await;
    let said = json!({"fact": "child.given_names", "member": "m1", "value": "Milou"});
    let correction = json!({"facts": [said], "reason": "misspelt"});
    let (status, corrected) = portal.post(&format!("/v1/{name}:correctFacts"), &correction).await;
    assert_eq!(status, 200, "{corrected:#}");
    let anew = |case: &Case| {
        let number = tests::report::step(case, "population-register/person-number", "m1");
        number == Some(State::Done)
            && tests::report::step(case, "civil-registry/birth-registration", "m1") == Some(State::Done)
            && case.facts.iter().any(|it| it.fact == "child.registered_name" && it.revision > 1)
    };
    until(&mut counter.cases(NOOR).await, &name, anew).await;
    let after = portal.case(&name, "en").await;
    assert_ne!(known(&after, "child.birth_record"), known(&before, "child.birth_record"));
    assert_eq!(known(&after, "child.registered_name"), "Milou van Dijk");
    assert_eq!(known(&after, "child.number"), known(&before, "child.number"));
    counter.end();
    let books = counter.folder().join("ministries/population-register/population-register.redb");
    let number = known(&after, "child.number");
    let child: Option<Value> = Books::open(&books).unwrap().get("person", number.as_str().unwrap()).unwrap();
    assert_eq!(child.unwrap()["given_names"], "Milou");
}
