//! Moves that are not like the others: who has to agree, where no dwelling is known, what each municipality does, and
//! who may report what for whom.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use serde_json::{Value, json};
use tests::counter::Counter;
use tests::portal::{Portal, reasons, state, step};
use tests::report::{completed, until};

const EVA: &str = "999000003";
const LOTTE: &str = "999000005";
const ANNEKE: &str = "999000010";
const IRIS: &str = "999000011";
const YARA: &str = "999000012";
const SOFIE: &str = "999000016";

const REGISTRATION: &str = "population-register/move-registration";

/// A day that is so many days from now.
fn in_days(days: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let then = i64::try_from(now.as_millis()).unwrap() + days * 86_400_000;
    casework::time::Instant(then).to_string()[..10].to_owned()
}

fn moving(who: &str, date: &str, postal_code: &str, house_number: &str) -> Value {
    json!({
        "declarant": {"number": who},
        "mover": [{"number": who}],
        "move": {"date": date},
        "new_home": {"postal_code": postal_code, "house_number": house_number},
    })
}

async fn completed_case(counter: &Counter, citizen: &str, name: &str) -> Value {
    until(&mut counter.cases(citizen).await, name, completed).await;
    Portal::of(counter, citizen).case(name, "en").await
}

async fn asked(counter: &Counter, citizen: &str, name: &str, fact: &str) {
    let mut cases = counter.cases(citizen).await;
    tests::report::listed(&mut cases, name).await;
    until(&mut cases, name, |case| case.questions.iter().any(|it| it.fact == fact)).await;
}

/// Sofie moves in with Anneke, who says whether she may.
async fn moves_in(counter: &Counter, request: &str, agrees: bool) -> Value {
    let sofie = Portal::of(counter, SOFIE);
    let name = sofie.report("moving", request, moving(SOFIE, &in_days(0), "3021 XZ", "8")).await;
    asked(counter, ANNEKE, &name, "main_occupant.move_in_consent").await;
    let (status, refused) = sofie.answer(&name, "main_occupant.move_in_consent", "", json!(true)).await;
    assert!((400..500).contains(&status), "nobody agrees in another's place: {refused:#}");
    let anneke = Portal::of(counter, ANNEKE);
    let dutch = anneke.case(&name, "nl").await;
    assert!(dutch["questions"][0]["label"].as_str().unwrap().contains("adres"), "{dutch:#}");
    let (status, answered) = anneke.answer(&name, "main_occupant.move_in_consent", "", json!(agrees)).await;
    assert_eq!(status, 200, "{answered:#}");
    completed_case(counter, SOFIE, &name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lives_there_is_asked_and_says_yes_or_no() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let refused = moves_in(&counter, "unwelcome", false).await;
    let registration = step(&refused, REGISTRATION, "m1");
    assert_eq!((Some(state(registration)), reasons(registration)), (Some("REFUSED"), vec!["no-consent"]));
    assert_eq!(registration["remedy"]["term"], "P6W");
    assert_eq!(state(step(&refused, "municipality/arrival", "m1")), "SKIPPED");
    let counter = Counter::open(&["--store", "memory:"]).await;
    let welcome = moves_in(&counter, "welcome", true).await;
    assert_eq!(state(step(&welcome, REGISTRATION, "m1")), "DONE", "{welcome:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_will_live_there_by_then_is_asked_too() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let eva = Portal::of(&counter, EVA);
    let name = eva.report("moving", "first", moving(EVA, &in_days(10), "3012 AB", "7")).await;
    completed_case(&counter, EVA, &name).await;
    let sofie = Portal::of(&counter, SOFIE);
    let name = sofie.report("moving", "second", moving(SOFIE, &in_days(20), "3012 AB", "7")).await;
    asked(&counter, EVA, &name, "main_occupant.move_in_consent").await;
    let (status, _) = eva.answer(&name, "main_occupant.move_in_consent", "", json!(true)).await;
    assert_eq!(status, 200);
    let case = completed_case(&counter, SOFIE, &name).await;
    assert_eq!(state(step(&case, REGISTRATION, "m1")), "DONE", "{case:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_in_no_register_is_looked_at_by_an_officer() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    for (request, house_number, end) in [("houseboat", "7-B", "DONE"), ("garage", "GARAGE 3", "REFUSED")] {
        let sofie = Portal::of(&counter, SOFIE);
        let name = sofie.report("moving", request, moving(SOFIE, &in_days(0), "1099 XX", house_number)).await;
        asked(&counter, SOFIE, &name, "new_home.postal").await;
        let postal = json!({
            "region_code": "XZ",
            "postal_code": "1099 XX",
            "administrative_area": "oosterdam",
            "locality": "Oosterdam",
            "address_lines": [format!("Steiger {house_number}")],
        });
        let answers = json!({"answers": [
            {"fact": "new_home.postal", "value": postal},
            {"fact": "new_home.municipality", "value": "oosterdam"},
        ]});
        let (status, answered) = sofie.post(&format!("/v1/{name}:answer"), &answers).await;
        assert_eq!(status, 200, "{answered:#}");
        let case = completed_case(&counter, SOFIE, &name).await;
        let looked_at = step(&case, "municipality/address-investigation", "");
        assert_eq!(state(looked_at), end, "{case:#}");
        assert_eq!(looked_at["decision"]["officer"], "address-inspector");
        let registration = step(&case, REGISTRATION, "m1");
        assert_eq!(state(registration), end, "{case:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_municipality_has_rules_of_its_own_and_a_secret_address_stays_secret() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let moves = [
        (SOFIE, "1012 AB", vec!["harbour-pass-returned"], vec!["parking-waiting-list"]),
        (YARA, "3012 AB", vec![], vec![]),
        (IRIS, "3012 AB", vec!["harbour-pass-returned"], vec!["address-protected"]),
    ];
    for (at, (citizen, postal_code, leaves, arrives)) in moves.into_iter().enumerate() {
        let house_number = (at + 11).to_string();
        let report = moving(citizen, &in_days(0), postal_code, &house_number);
        let name = Portal::of(&counter, citizen).report("moving", &format!("place-{at}"), report).await;
        let case = completed_case(&counter, citizen, &name).await;
        assert_eq!(reasons(step(&case, "municipality/departure", "m1")), leaves, "{case:#}");
        assert_eq!(reasons(step(&case, "municipality/arrival", "m1")), arrives, "{case:#}");
        let registered = reasons(step(&case, REGISTRATION, "m1"));
        assert_eq!(registered.contains(&"protection-kept"), citizen == IRIS, "{registered:?}");
        let licence = step(&case, "vehicles/licence-address", "m1");
        assert!(["DONE", "SKIPPED"].contains(&state(licence)), "{licence:#}");
        if citizen == IRIS {
            let vehicle = step(&case, "vehicles/holder-address", "m1");
            assert!(vehicle.is_null(), "where she lives is not told for her car: {vehicle:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reports_who_stays_or_lives_there_or_what_somebody_drives() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let sofie = Portal::of(&counter, SOFIE);
    let made_up = [
        ("stayer", json!([{"number": ANNEKE}]), "stayer.number"),
        ("main_occupant", json!({"number": ANNEKE}), "main_occupant.number"),
        ("vehicle", json!([{"plate": "XZ-004-A"}]), "vehicle.plate"),
    ];
    for (role, who, fact) in made_up {
        let mut facts = moving(SOFIE, &in_days(0), "3012 AB", "31");
        facts["move"]["reason"] = json!("separation");
        facts[role] = who;
        let body = json!({"life_event": "moving", "request_id": role, "facts": facts});
        let (status, refused) = sofie.post("/v1/cases", &body).await;
        assert_eq!(status, 400, "{refused:#}");
        assert_eq!(refused["reason"], "FACT_NOT_ASKED", "{refused:#}");
        assert!(refused.to_string().contains(fact), "{refused:#}");
        let (_, told) = sofie.get("/v1/lifeEvents/moving").await;
        assert!(!told["questions"].to_string().contains(fact), "{told:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_move_is_refused_with_its_reason() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let sofie = Portal::of(&counter, SOFIE);
    let mut somebody_elses_child = moving(SOFIE, &in_days(0), "3012 AB", "21");
    somebody_elses_child["mover"] = json!([{"number": LOTTE}]);
    let name = sofie.report("moving", "stranger", somebody_elses_child).await;
    let case = completed_case(&counter, SOFIE, &name).await;
    assert_eq!(reasons(step(&case, REGISTRATION, "m1")), ["no-mandate"], "who declared is told the answer");
    let explained = counter.loket(&["case", "explain", name.trim_start_matches("cases/")]);
    assert!(String::from_utf8_lossy(&explained.stdout).contains("no-mandate"), "an operator is");
    let refused = [
        ("too-early", moving(SOFIE, &in_days(40), "3012 AB", "22"), "too-early"),
        ("before-birth", moving(SOFIE, "1850-01-01", "3012 AB", "23"), "before-birth"),
        ("nowhere", moving(SOFIE, &in_days(0), "5049 XZ", "9"), "already-there"),
    ];
    for (request, report, reason) in refused {
        let name = sofie.report("moving", request, report).await;
        let case = completed_case(&counter, SOFIE, &name).await;
        let registration = step(&case, REGISTRATION, "m1");
        assert_eq!(reasons(registration), [reason], "{case:#}");
        assert_eq!(registration["remedy"]["kind"], "objection");
    }
}
