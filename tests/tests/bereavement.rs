//! A death: payments stop first, and nothing is addressed to the dead.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;

use agency_kit::Books;
use proto::loket::portal::v1::step::State;
use serde_json::{Value, json};
use tests::counter::Counter;
use tests::portal::{self, Portal};
use tests::report::{completed, fact, open, report, step, text, tree, until};

const EVA: &str = "999000003";
const DAAN: &str = "999000004";
const HENDRIK: &str = "999000008";
const JOHANNA: &str = "999000009";

#[tokio::test(flavor = "multi_thread")]
async fn payments_stop_first_and_everything_else_follows() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let mut johanna = counter.cases(JOHANNA).await;
    let facts = [
        ("deceased.number", text(HENDRIK)),
        ("death.date", text("2026-11-20")),
        ("death.municipality", text("oosterdam")),
        ("death.certificate", text("DC-2026-000123")),
        ("informant.number", text(JOHANNA)),
        ("informant.kinship", text("partner")),
    ];
    let request = open("death-1", "bereavement", report("informant", &facts, &[]));
    let name = johanna.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut johanna, &name, completed).await;
    for service in [
        "civil-registry/death-registration",
        "population-register/death-entry",
        "social-insurance/pension-stop",
        "health-insurance/policy-end",
        "vehicles/licence-withdrawal",
        "municipality/burial-permit",
    ] {
        assert_eq!(step(&case, service, ""), Some(State::Done), "{service}\n{}", tree(&case));
    }
    assert_eq!(step(&case, "vehicles/estate-transfer", "m1"), Some(State::Done), "{}", tree(&case));
    assert!(fact(&case, "death.record", "").is_some(), "the informant sees the record");

    let entries = counter
        .case_operations()
        .await
        .list_entries(proto::loket::operations::v1::ListEntriesRequest { parent: name, after: 0 })
        .await
        .unwrap()
        .into_inner()
        .entries;
    let first_call = |service: &str| {
        entries.iter().find(|it| it.kind == "called" && it.service == service).map(|it| it.sequence).unwrap()
    };
    let done = |service: &str| {
        entries.iter().find(|it| it.kind == "done" && it.service == service).map(|it| it.sequence).unwrap()
    };
    for later in ["health-insurance/policy-end", "vehicles/licence-withdrawal"] {
        for payments in ["social-insurance/pension-stop", "tax-allowances/allowances-stop"] {
            assert!(done(payments) < first_call(later), "{later} was called before {payments} was done");
        }
    }
}

/// The record of somebody in the books of a ministry that has ended.
fn record(data: &Path, process: &str, agency: &str, kind: &str, id: &str) -> Value {
    let books = data.join("ministries").join(process).join(format!("{agency}.redb"));
    let found: Option<Value> = Books::open(&books).unwrap().get(kind, id).unwrap();
    found.unwrap_or_else(|| panic!("{agency} has no {kind} {id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_addressed_to_the_dead() {
    let mut counter = Counter::open(&["--store", "memory:"]).await;
    let death = json!({
        "deceased": {"number": HENDRIK},
        "death": {"date": "2026-11-20", "municipality": "oosterdam", "certificate": "DC-2026-000123"},
        "informant": {"number": JOHANNA, "kinship": "partner"},
    });
    let name = Portal::of(&counter, JOHANNA).report("bereavement", "death", death).await;
    until(&mut counter.cases(JOHANNA).await, &name, completed).await;
    tests::report::listed(&mut counter.cases(JOHANNA).await, &name).await;

    counter.end();
    for (agency, kind) in
        [("social-insurance", "file"), ("tax-allowances", "books"), ("health-insurance", "policy")]
    {
        let of_hendrik = record(counter.folder(), agency, agency, kind, HENDRIK);
        assert_eq!(of_hendrik["letters_to"], Value::Null, "{agency} writes to him: {of_hendrik}");
        assert_eq!(of_hendrik["contact"], JOHANNA, "{agency}");
    }
    let resident = record(counter.folder(), "municipality", "municipality-oosterdam", "resident", HENDRIK);
    assert_eq!(resident["ended"]["why"]["Died"]["letters_to"], JOHANNA, "{resident}");
    let extract = record(counter.folder(), "civil-registry", "civil-registry", "death", "D-2026-000001");
    assert_eq!(extract["extract_to"]["Contact"], JOHANNA, "{extract}");
    let licence = record(counter.folder(), "vehicles", "vehicles", "licence", HENDRIK);
    assert_eq!(licence["reminder_to"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_in_the_name_of_the_dead_is_a_stranger() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let johanna = Portal::of(&counter, JOHANNA);
    let hendrik = Portal::of(&counter, HENDRIK);
    let death = json!({
        "deceased": {"number": HENDRIK},
        "death": {"date": "2026-11-20", "municipality": "oosterdam", "certificate": "DC-2026-000123"},
    });
    let own = json!({"life_event": "bereavement", "request_id": "own-death", "facts": death.clone()});
    let (status, refused) = hendrik.post("/v1/cases", &own).await;
    assert_eq!(status, 403, "{refused:#}");

    let mut told = death;
    told["informant"] = json!({"number": JOHANNA, "kinship": "partner"});
    let name = johanna.report("bereavement", "death", told).await;
    // The register gives his number and his address too.
    until(&mut counter.cases(JOHANNA).await, &name, completed).await;
    tests::report::listed(&mut counter.cases(JOHANNA).await, &name).await;
    let (status, listed) = hendrik.get("/v1/cases").await;
    assert_eq!((status, &listed["cases"]), (200, &json!([])), "{listed:#}");
    for path in ["", "/accesses", ":watch"] {
        let (status, _) = hendrik.get(&format!("/v1/{name}{path}")).await;
        assert_eq!(status, 404, "{path}");
    }
    let (status, _) = hendrik.post(&format!("/v1/{name}:withdraw"), &json!({"reason": "I live"})).await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_surviving_partner_is_offered_a_benefit_and_gets_what_her_income_leaves() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let eva = Portal::of(&counter, EVA);
    let death = json!({
        "deceased": {"number": DAAN},
        "death": {"date": "2026-11-20", "municipality": "oosterdam", "certificate": "DC-2026-000124"},
        "informant": {"number": EVA, "kinship": "partner"},
    });
    let name = eva.report("bereavement", "death-of-daan", death).await;
    let mut cases = counter.cases(EVA).await;
    let offered = |case: &proto::loket::portal::v1::Case| {
        step(case, "social-insurance/survivor-benefit", "") == Some(State::Waiting)
    };
    until(&mut cases, &name, offered).await;
    let offer = eva.case(&name, "nl").await;
    let reason = portal::step(&offer, "social-insurance/survivor-benefit", "")["reason"].as_str().unwrap();
    assert!(reason.contains("aangeboden"), "{reason}");
    let accept = json!({"service": "social-insurance/survivor-benefit", "accepted": true});
    let (status, accepted) = eva.post(&format!("/v1/{name}:answerOffer"), &accept).await;
    assert_eq!(status, 200, "{accepted:#}");
    let case = until(&mut cases, &name, |case| fact(case, "partner.survivor_benefit", "").is_some()).await;
    let case = eva.case(case.name.as_str(), "en").await;
    let benefit = portal::step(&case, "social-insurance/survivor-benefit", "");
    assert_eq!(portal::reasons(benefit), ["income-reduced"]);
    let facts = case["facts"].as_array().unwrap();
    let amount = facts.iter().find(|it| it["fact"] == "partner.survivor_benefit").unwrap();
    assert_eq!(
        amount["value"]["amount"], "633.33",
        "1,300.00 less two thirds of the 1,000.00 above 1,000.00"
    );
}
