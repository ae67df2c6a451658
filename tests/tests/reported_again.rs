//! What was reported, withdrawn and is reported again: what stood is answered as it stands, what was taken back is done
//! anew, and by the ministries' own books everything is there once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use agency_kit::{Books, synthetic};
use proto::loket::portal::v1::Case;
use proto::loket::portal::v1::case::State as CaseState;
use serde_json::{Value, json};
use tests::births::days_ago;
use tests::counter::Counter;
use tests::portal::{Portal, reasons, result, state, step};
use tests::report::{completed, until};

const NOOR: &str = "999000001";
const SEM: &str = "999000002";
const EVA: &str = "999000003";
const MILA: &str = "999000007";
const HENDRIK: &str = "999000008";
const JOHANNA: &str = "999000009";
const JOOST: &str = "999000013";
const SOFIE: &str = "999000016";

/// An account of nobody here, with right check digits.
const ACCOUNT: &str = "GB82WEST12345698765432";
const RECORD: &str = "civil-registry/birth-registration";
const NUMBER: &str = "population-register/person-number";

fn born() -> Value {
    json!({"date": days_ago(0), "municipality": "oosterdam"})
}

fn child(order: i64, family_name: &str, given_names: &str) -> Value {
    json!({"birth_order": order, "gender": "female", "family_name": family_name, "given_names": given_names})
}

/// The twins of Noor van Dijk, whose husband is their father.
fn twins() -> Value {
    json!({
        "mother": {"number": NOOR},
        "second_parent": {"number": SEM},
        "birth": born(),
        "child": [child(1, "van Dijk", "Mila"), child(2, "van Dijk", "Fien")],
    })
}

async fn completed_case(counter: &Counter, citizen: &str, name: &str) -> Value {
    until(&mut counter.cases(citizen).await, name, completed).await;
    Portal::of(counter, citizen).case(name, "en").await
}

async fn withdraw(counter: &Counter, citizen: &str, name: &str) -> Value {
    let portal = Portal::of(counter, citizen);
    let (status, asked) =
        portal.post(&format!("/v1/{name}:withdraw"), &json!({"reason": "by mistake"})).await;
    assert_eq!(status, 200, "{asked:#}");
    let withdrawn = |case: &Case| case.state() == CaseState::Withdrawn;
    until(&mut counter.cases(citizen).await, name, withdrawn).await;
    portal.case(name, "en").await
}

async fn answer_when_asked(counter: &Counter, citizen: &str, name: &str, fact: &str, value: Value) {
    let mut cases = counter.cases(citizen).await;
    until(&mut cases, name, |case| case.questions.iter().any(|it| it.fact == fact)).await;
    let (status, answered) = Portal::of(counter, citizen).answer(name, fact, "", value).await;
    assert_eq!(status, 200, "{fact}: {answered:#}");
}

/// What a case knows of a fact, by member.
fn known(case: &Value, fact: &str) -> Vec<(String, Value)> {
    let of = case["facts"].as_array().unwrap().iter().filter(|it| it["fact"] == fact);
    let mut found: Vec<_> =
        of.map(|it| (it["member"].as_str().unwrap_or_default().to_owned(), it["value"].clone())).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// The ids of the records of a kind in the books of a ministry that has ended, with the records.
fn kept(counter: &Counter, ministry: &str, books: &str, kind: &str) -> Vec<(String, Value)> {
    let path = counter.folder().join("ministries").join(ministry).join(format!("{books}.redb"));
    Books::open(&path).unwrap().list(kind, "").unwrap()
}

fn ids(all: &[(String, Value)]) -> Vec<&str> {
    all.iter().map(|(id, _)| id.as_str()).collect()
}

/// By the ministries' own books each of these children is there once, and has everything once.
fn has_everything_once(counter: &Counter, numbers: &[String]) {
    let of = |ministry: &str, kind: &str| kept(counter, ministry, ministry, kind);
    assert_eq!(of("civil-registry", "birth").len(), numbers.len(), "records of birth");
    let numbered = of("population-register", "number-of");
    let mut given: Vec<_> = numbered.iter().map(|(_, number)| number.as_str().unwrap()).collect();
    given.sort_unstable();
    assert_eq!(given, numbers, "national numbers");
    for (ministry, kind) in [
        ("social-insurance", "child-benefit"),
        ("tax-allowances", "budget-of"),
        ("youth-health", "file"),
        ("health-insurance", "policy"),
    ] {
        let all = of(ministry, kind);
        for number in numbers {
            let times = ids(&all).iter().filter(|id| *id == number).count();
            assert_eq!(times, 1, "{kind} of {ministry}");
        }
    }
    for number in numbers {
        let of_child = |kind: &str, ministry: &str, end: String| {
            let all = of(ministry, kind);
            ids(&all).iter().filter(|id| id.ends_with(&end)).count()
        };
        assert_eq!(of_child("benefit-of", "social-insurance", format!("/{number}")), 1, "parents paid");
        assert_eq!(of_child("allowance", "tax-allowances", format!("/child-budget/{number}")), 1, "budgets");
    }
    assert_eq!(ids(&kept(counter, "municipality", "municipality-oosterdam", "gift")), numbers, "gifts");
    let letters = of("health-insurance", "letter");
    let mut policies: Vec<_> = letters.iter().map(|(_, it)| it["policy"].as_str().unwrap()).collect();
    let sent = policies.len();
    policies.sort_unstable();
    policies.dedup();
    assert_eq!(policies.len(), sent, "a card was sent twice");
}

fn numbers_of(case: &Value) -> Vec<String> {
    let mut numbers: Vec<String> =
        known(case, "child.number").into_iter().map(|(_, it)| it.as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_withdrawn_when_all_was_done_and_reported_again_have_everything_once() {
    let mut counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let first = portal.report("birth", "first", twins()).await;
    let before = completed_case(&counter, NOOR, &first).await;
    withdraw(&counter, NOOR, &first).await;
    let again = portal.report("birth", "again", twins()).await;
    assert_ne!(again, first, "what was withdrawn has ended");
    let after = completed_case(&counter, NOOR, &again).await;
    for member in ["m1", "m2"] {
        for (service, reason) in [
            (RECORD, "already-registered"),
            (NUMBER, "already-numbered"),
            ("youth-health/newborn-screening", "already-planned"),
            ("youth-health/vaccination-invitation", "already-planned"),
            ("municipality/newborn-welcome", "already-given"),
        ] {
            let stood = step(&after, service, member);
            assert_eq!((state(stood), result(stood)), ("DONE", "GRANTED"), "{service}");
            assert!(reasons(stood).contains(&reason), "{service}: {stood:#}");
        }
        for service in [
            "social-insurance/child-benefit",
            "tax-allowances/child-budget",
            "health-insurance/newborn-enrolment",
        ] {
            let anew = step(&after, service, member);
            assert_eq!(state(anew), "DONE", "{service}");
            assert!(!reasons(anew).contains(&"already-granted"), "{service} was taken back: {anew:#}");
        }
    }
    for fact in ["birth_record", "number", "registered_name", "screening_date", "first_vaccination"] {
        let fact = format!("child.{fact}");
        assert_eq!(known(&after, &fact).len(), 2, "{fact}");
        assert_eq!(known(&after, &fact), known(&before, &fact), "{fact}");
    }
    let amounts = |case: &Value| {
        let all = known(case, "child.child_benefit").into_iter();
        let mut all: Vec<String> = all.map(|(_, it)| it["amount"].to_string()).collect();
        all.sort();
        all
    };
    assert_eq!(amounts(&after), amounts(&before), "no child counts twice");
    counter.end();
    has_everything_once(&counter, &numbers_of(&after));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_withdrawn_at_once_and_reported_again_is_there_once() {
    let mut counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let mut one = twins();
    one["child"].as_array_mut().unwrap().truncate(1);
    let first = portal.report("birth", "first", one.clone()).await;
    withdraw(&counter, NOOR, &first).await;
    let again = portal.report("birth", "again", one).await;
    assert_ne!(again, first);
    let after = completed_case(&counter, NOOR, &again).await;
    assert_eq!(state(step(&after, RECORD, "m1")), "DONE");
    counter.end();
    has_everything_once(&counter, &numbers_of(&after));
}

/// The record stands without a number: what the mother's address is was never answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_on_record_without_a_number_gets_it_when_the_birth_is_reported_again() {
    let mut counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, JOOST);
    let facts = json!({
        "mother": {"family_name": "Haddad", "given_names": "Rima", "birth_date": "1990"},
        "second_parent": {"number": JOOST},
        "birth": born(),
        "child": [child(1, "Haddad", "Mila")],
    });
    let first = portal.report("birth", "first", facts.clone()).await;
    answer_when_asked(&counter, JOOST, &first, "mother.civil_status", json!("unmarried")).await;
    let asked = |case: &Case| {
        let record = tests::report::step(case, RECORD, "m1");
        record == Some(proto::loket::portal::v1::step::State::Done)
            && case.questions.iter().any(|it| it.fact == "mother.address")
    };
    until(&mut counter.cases(JOOST).await, &first, asked).await;
    let withdrawn = withdraw(&counter, JOOST, &first).await;
    assert_eq!(state(step(&withdrawn, RECORD, "m1")), "STANDS");
    let again = portal.report("birth", "again", facts).await;
    // Nobody but a person can say of a mother without a number that this is another case.
    let decided = counter.loket(&["case", "same", &again, "--no", "--reason", "the first was withdrawn"]);
    assert!(decided.status.success(), "{}", String::from_utf8_lossy(&decided.stderr));
    answer_when_asked(&counter, JOOST, &again, "mother.civil_status", json!("unmarried")).await;
    let address = json!({
        "region_code": "XZ",
        "postal_code": "1000 XZ",
        "administrative_area": "oosterdam",
        "locality": "Oosterdam",
        "address_lines": ["Havenstraat 40"],
    });
    answer_when_asked(&counter, JOOST, &again, "mother.address", address).await;
    let after = completed_case(&counter, JOOST, &again).await;
    assert_eq!((state(step(&after, RECORD, "m1")), state(step(&after, NUMBER, "m1"))), ("DONE", "DONE"));
    counter.end();
    assert_eq!(kept(&counter, "civil-registry", "civil-registry", "birth").len(), 1);
    assert_eq!(kept(&counter, "population-register", "population-register", "number-of").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_reported_again_otherwise_is_refused_with_what_to_do() {
    let counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, SOFIE);
    let facts = |names: &str| json!({"mother": {"number": SOFIE}, "birth": born(), "child": [child(1, "Peters", names)]});
    let first = portal.report("birth", "first", facts("Mila")).await;
    answer_when_asked(&counter, SOFIE, &first, "mother.payment_account", json!(ACCOUNT)).await;
    completed_case(&counter, SOFIE, &first).await;
    withdraw(&counter, SOFIE, &first).await;
    let again = portal.report("birth", "again", facts("Fien")).await;
    let after = completed_case(&counter, SOFIE, &again).await;
    let refused = step(&after, RECORD, "m1");
    assert_eq!((state(refused), reasons(refused)), ("REFUSED", vec!["already-registered", "other-names"]));
    assert_eq!(refused["remedy"]["kind"], "correction", "{refused:#}");
    assert_eq!(state(step(&after, NUMBER, "m1")), "SKIPPED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_withdrawn_and_reported_again_stops_everything_once() {
    let mut counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, JOHANNA);
    let death = json!({
        "deceased": {"number": HENDRIK},
        "death": {"date": days_ago(0), "municipality": "oosterdam", "certificate": "DC-2026-000123"},
        "informant": {"number": JOHANNA, "kinship": "partner"},
    });
    let first = portal.report("bereavement", "first", death.clone()).await;
    completed_case(&counter, JOHANNA, &first).await;
    withdraw(&counter, JOHANNA, &first).await;
    let again = portal.report("bereavement", "again", death).await;
    assert_ne!(again, first);
    let after = completed_case(&counter, JOHANNA, &again).await;
    for (service, reason) in [
        ("civil-registry/death-registration", "already-registered"),
        ("population-register/death-entry", "already-entered"),
    ] {
        let stood = step(&after, service, "");
        assert_eq!((state(stood), result(stood), reasons(stood)), ("DONE", "GRANTED", vec![reason]));
    }
    for service in ["social-insurance/pension-stop", "health-insurance/policy-end"] {
        assert_eq!(result(step(&after, service, "")), "GRANTED", "{service}");
    }
    counter.end();
    assert_eq!(kept(&counter, "civil-registry", "civil-registry", "death").len(), 1);
    let one = |ministry: &str, kind: &str| {
        let all = kept(&counter, ministry, ministry, kind).into_iter();
        all.filter(|(id, _)| id == HENDRIK).map(|(_, record)| record).next().unwrap()
    };
    assert_eq!(one("population-register", "person")["deaths"].as_array().unwrap().len(), 1);
    assert_ne!(one("social-insurance", "file")["pension"]["stopped_on"], Value::Null);
    assert_ne!(one("health-insurance", "policy")["ended_on"], Value::Null);
    let permits = kept(&counter, "municipality", "municipality-oosterdam", "permit-of");
    assert_eq!(permits.len(), 1, "one permit is in force");
}

/// A dwelling of Westerveen where nobody lives yet.
fn empty_dwelling() -> synthetic::Home {
    let inhabited: Vec<_> = synthetic::population().into_iter().map(|it| it.home).collect();
    let mut empty = synthetic::dwellings().into_iter().filter(|it| !inhabited.contains(it));
    empty.find(|it| it.municipality == "westerveen").expect("a dwelling to move to")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_withdrawn_and_reported_again_is_entered_once() {
    let mut counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let portal = Portal::of(&counter, EVA);
    let home = empty_dwelling();
    let facts = json!({
        "declarant": {"number": EVA},
        "move": {"date": days_ago(0)},
        "new_home": {"postal_code": home.postal_code, "house_number": home.house_number.to_string()},
        "mover": [{"number": EVA}, {"number": MILA}],
    });
    let first = portal.report("moving", "first", facts.clone()).await;
    let before = completed_case(&counter, EVA, &first).await;
    withdraw(&counter, EVA, &first).await;
    let again = portal.report("moving", "again", facts).await;
    assert_ne!(again, first);
    let after = completed_case(&counter, EVA, &again).await;
    for member in ["m1", "m2"] {
        let entered = step(&after, "population-register/move-registration", member);
        assert_eq!((state(entered), result(entered)), ("DONE", "GRANTED"), "{entered:#}");
        assert!(reasons(entered).contains(&"already-registered"), "{entered:#}");
        assert_eq!(state(step(&after, "municipality/arrival", member)), "DONE");
    }
    let resident_from = |case: &Value| known(case, "mover.resident_from");
    assert!(!resident_from(&after).is_empty());
    assert_eq!(resident_from(&after), resident_from(&before));
    counter.end();
    let people = kept(&counter, "population-register", "population-register", "person");
    for (_, person) in people.iter().filter(|(id, _)| [EVA, MILA].contains(&id.as_str())) {
        let residences = person["residences"].as_array().unwrap();
        assert_eq!(residences.iter().filter(|it| !it["reported"].is_null()).count(), 1);
    }
}
