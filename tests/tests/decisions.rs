//! What is decided against somebody, what is taken back, and what is refused because it comes too late.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;

use agency_kit::Books;
use gateway::issuer::TokenRole;
use proto::loket::operations::v1::ListEntriesRequest;
use proto::loket::portal::v1::Case;
use proto::loket::portal::v1::case::State as CaseState;
use proto::loket::portal::v1::step::State;
use serde_json::{Value, json};
use tests::counter::Counter;
use tests::portal::{Portal, reasons, state, step};
use tests::process::Halted;
use tests::report::{completed, tree, until};

const NOOR: &str = "999000001";
const SEM: &str = "999000002";
const HENDRIK: &str = "999000008";
const JOHANNA: &str = "999000009";
const YARA: &str = "999000012";
const JOOST: &str = "999000013";

fn birth(mother: &str, second_parent: &str, family_name: &str) -> Value {
    json!({
        "mother": {"number": mother},
        "second_parent": {"number": second_parent},
        "birth": {"date": today(), "municipality": "oosterdam"},
        "child": [{"birth_order": 1, "gender": "female", "family_name": family_name, "given_names": "Mila"}],
    })
}

fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    casework::time::Instant(i64::try_from(now.as_millis()).unwrap()).to_string()[..10].to_owned()
}

fn withdrawn(case: &Case) -> bool {
    case.state() == CaseState::Withdrawn
}

/// All records of a kind in the books of a ministry that has ended.
fn kept(data: &Path, agency: &str, kind: &str) -> Vec<(String, Value)> {
    let books = data.join("ministries").join(agency).join(format!("{agency}.redb"));
    Books::open(&books).unwrap().list(kind, "").unwrap()
}

/// Who is told of it: the sequence numbers of the entries of a kind, by service.
async fn entries(counter: &Counter, name: &str, kind: &str) -> Vec<(String, i64)> {
    let request = ListEntriesRequest { parent: name.to_owned(), after: 0 };
    let all = counter.case_operations().await.list_entries(request).await.unwrap().into_inner().entries;
    all.into_iter().filter(|it| it.kind == kind).map(|it| (it.service, it.sequence)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_child_benefit_leaves_the_birth_standing_and_says_what_to_do() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, YARA);
    let name = portal.report("birth", "refused", birth(YARA, JOOST, "Mulder")).await;
    let mut yara = counter.cases(YARA).await;
    let asked = |case: &Case| case.questions.iter().any(|it| it.fact == "mother.payment_account");
    until(&mut yara, &name, asked).await;
    let (status, answered) = portal.answer(&name, "mother.payment_account", "", json!("12345")).await;
    assert_eq!(status, 200, "{answered:#}");
    let completed = until(&mut yara, &name, completed).await;
    assert_eq!(
        completed.steps.iter().filter(|it| it.state() == State::Refused).count(),
        1,
        "{}",
        tree(&completed)
    );

    let case = portal.case(&name, "en").await;
    assert_eq!(state(step(&case, "civil-registry/birth-registration", "m1")), "DONE");
    let refused = step(&case, "social-insurance/child-benefit", "m1");
    assert_eq!((state(refused), reasons(refused)), ("REFUSED", vec!["account-invalid"]));
    let decision = &refused["decision"];
    assert_eq!(decision["ruleVersion"], "child-benefit/2026-11");
    assert_eq!(decision["automated"], true);
    for field in ["notifiedAt", "reference"] {
        assert!(!decision[field].as_str().unwrap_or_default().is_empty(), "{field}: {decision:#}");
    }
    let remedy =
        json!({"kind": "objection", "term": "P6W", "where": "https://social-insurance.example/objection"});
    assert_eq!((&refused["remedy"], &decision["remedy"]), (&remedy, &remedy));
    assert!(case["summary"].as_str().unwrap().contains("Not everything was granted"));
    let dutch = portal.case(&name, "nl").await;
    let why = step(&dutch, "social-insurance/child-benefit", "m1")["reason"].as_str().unwrap().to_owned();
    assert!(why.contains("De rekening is geen IBAN"), "{why}");
    let outcomes = case["outcomes"].as_array().unwrap();
    let benefit = outcomes.iter().find(|it| it["id"] == "child-benefit").unwrap();
    assert_eq!(
        (benefit["settled"].as_bool(), benefit["reached"].as_bool().unwrap_or(false)),
        (Some(true), false)
    );

    let id = name.trim_start_matches("cases/");
    let shown = counter.loket(&["case", "get", id, "--as", YARA]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    for told in ["The account is no IBAN.", "objection", "P6W", "https://social-insurance.example/objection"]
    {
        assert!(shown.contains(told), "the command line does not say {told:?}:\n{shown}");
    }
    let by_another = Portal::of(&counter, JOOST).case(&name, "en").await;
    assert!(!by_another.to_string().contains("12345"), "her account is hers: {by_another:#}");
    let explained = counter.loket(&["case", "explain", id]);
    let explained = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(explained.contains("account-invalid") && !explained.contains("12345"), "{explained}");
    officers_and_operators_see_their_part(&counter, &name).await;
}

/// An officer is shown no case; an operator sees every step, and neither a value nor why somebody was refused.
async fn officers_and_operators_see_their_part(counter: &Counter, name: &str) {
    let path = format!("/v1/operations/{name}");
    let officer = TokenRole::Officer { agency: "social-insurance".to_owned(), subject: "ria".to_owned() };
    let (status, refused) = Portal::operations(counter, officer).get(&path).await;
    assert_eq!(status, 403, "{refused:#}");
    let operator = TokenRole::Operator { subject: "tester".to_owned(), roles: Vec::new() };
    let (status, all) = Portal::operations(counter, operator).get(&path).await;
    assert_eq!(status, 200, "{all:#}");
    assert_eq!(state(step(&all, "social-insurance/child-benefit", "m1")), "REFUSED");
    assert_eq!(state(step(&all, "civil-registry/birth-registration", "m1")), "DONE");
    let told = all.to_string();
    assert!(!told.contains(YARA) && !told.contains("12345") && !told.contains("Mulder"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_takes_back_what_can_be_and_lists_the_rest_with_its_remedy() {
    let mut counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let name = portal.report("birth", "withdrawn", birth(NOOR, SEM, "van Dijk")).await;
    let mut noor = counter.cases(NOOR).await;
    until(&mut noor, &name, completed).await;
    let (status, asked) =
        portal.post(&format!("/v1/{name}:withdraw"), &json!({"reason": "by mistake"})).await;
    assert_eq!(status, 200, "{asked:#}");
    until(&mut noor, &name, withdrawn).await;
    let case = portal.case(&name, "en").await;
    for undone in [
        "social-insurance/child-benefit",
        "tax-allowances/child-budget",
        "health-insurance/newborn-enrolment",
    ] {
        assert_eq!(state(step(&case, undone, "m1")), "REVERSED", "{undone}: {case:#}");
    }
    for (stands, remedy) in [
        ("civil-registry/birth-registration", "correction"),
        ("population-register/person-number", "objection"),
        ("youth-health/vaccination-invitation", "objection"),
    ] {
        let step = step(&case, stands, "m1");
        assert_eq!((Some(state(step)), step["remedy"]["kind"].as_str()), (Some("STANDS"), Some(remedy)));
        assert_eq!(step["remedy"]["term"], "P6W", "{stands}");
    }
    let facts = case["facts"].as_array().unwrap();
    assert!(facts.iter().all(|it| it["fact"] != "child.child_benefit"), "what was taken back is retracted");
    let number = facts.iter().find(|it| it["fact"] == "child.number").unwrap()["value"].clone();
    let record = step(&case, "civil-registry/birth-registration", "m1")["decision"]["reference"].clone();
    counter.end();
    let is_kept = |agency: &str, kind: &str, id: &Value| {
        kept(counter.folder(), agency, kind).iter().any(|(kept, _)| kept == id.as_str().unwrap())
    };
    assert!(!is_kept("social-insurance", "child-benefit", &number));
    assert!(!is_kept("tax-allowances", "budget-of", &number));
    assert!(!is_kept("health-insurance", "policy", &number));
    assert!(is_kept("population-register", "person", &number), "what stands is there");
    assert!(is_kept("civil-registry", "birth", &record), "what was reported stays reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_built_last_is_taken_back_first() {
    let mut counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, JOHANNA);
    let death = json!({
        "deceased": {"number": HENDRIK},
        "death": {"date": today(), "municipality": "oosterdam", "certificate": "DC-2026-000123"},
        "informant": {"number": JOHANNA, "kinship": "partner"},
    });
    let name = portal.report("bereavement", "alive", death).await;
    let mut johanna = counter.cases(JOHANNA).await;
    until(&mut johanna, &name, completed).await;
    let (status, asked) = portal.post(&format!("/v1/{name}:withdraw"), &json!({"reason": "he lives"})).await;
    assert_eq!(status, 200, "{asked:#}");
    let case = until(&mut johanna, &name, withdrawn).await;
    let reversed = entries(&counter, &name, "reversed").await;
    let at = |service: &str| {
        let found = reversed.iter().find(|(of, _)| of == service);
        found.unwrap_or_else(|| panic!("{service} was not taken back: {}", tree(&case))).1
    };
    let payments = ["social-insurance/pension-stop", "tax-allowances/allowances-stop"];
    for last in ["health-insurance/policy-end", "vehicles/licence-withdrawal", "vehicles/estate-transfer"] {
        for first in payments.into_iter().filter(|it| reversed.iter().any(|(of, _)| of == it)) {
            assert!(at(last) < at(first), "{first} was taken back before {last}");
        }
    }
    assert!(at(payments[0]) > 0);
    counter.end();
    let file = kept(counter.folder(), "social-insurance", "file")
        .into_iter()
        .find(|(id, _)| id == HENDRIK)
        .unwrap()
        .1;
    assert_eq!(file["pension"]["stopped_on"], Value::Null, "his pension goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_late_because_its_ministry_stood_still_has_no_effect_after_the_withdrawal() {
    let mut counter = Counter::open(&["--store", "memory:"]).await;
    let halted = Halted::new(counter.pid("tax-allowances").expect("its process id is printed"));
    let portal = Portal::of(&counter, NOOR);
    let name = portal.report("birth", "late", birth(NOOR, SEM, "van Dijk")).await;
    let mut noor = counter.cases(NOOR).await;
    let out = |case: &Case| {
        let of = |it: &&proto::loket::portal::v1::Step| it.service == "tax-allowances/child-budget";
        case.steps.iter().find(of).is_some_and(|it| matches!(it.state(), State::Calling | State::InDoubt))
    };
    until(&mut noor, &name, out).await;
    let (status, asked) =
        portal.post(&format!("/v1/{name}:withdraw"), &json!({"reason": "by mistake"})).await;
    assert_eq!(status, 200, "{asked:#}");
    drop(halted);
    let case = until(&mut noor, &name, withdrawn).await;
    let budget = case.steps.iter().find(|it| it.service == "tax-allowances/child-budget").unwrap();
    assert_eq!(budget.state(), State::Reversed, "{}", tree(&case));
    counter.end();
    assert_eq!(kept(counter.folder(), "tax-allowances", "budget-of"), []);
}
