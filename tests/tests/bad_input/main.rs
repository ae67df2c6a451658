//! Everything that is wrong, against the real processes: by REST, gRPC and gRPC-Web. Each is refused with the right
//! status and a problem that says what to do; nothing is a fault of the gateway, which goes on; and no value that
//! somebody sent is in any log.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod grpc;
mod rest;
mod slow;
mod tokens;
mod web;

use gateway::issuer::TokenRole;
use serde_json::{Value, json};
use tests::counter::{Counter, Setup};
use tests::wire::{Answer, ask, request};

/// Who reports.
const NOOR: &str = "999000001";

/// A name that is sent in many a bad request: it must be in no log and in no refusal.
const SECRET: &str = "Zwaluwstaartjansen";

/// A counter that loses patience soon.
async fn counter() -> Counter {
    let environment = [("LOKET_LIMITS_BODY_IDLE_SECONDS", "1"), ("LOKET_LIMITS_HEADER_SECONDS", "2")];
    let arguments = ["--store", "memory:", "--no-sample"];
    Counter::set_up(Setup { arguments: &arguments, environment: &environment, data: None }).await
}

/// A birth that is right.
fn birth(request_id: &str) -> Value {
    json!({
        "request_id": request_id, "life_event": "birth", "role": "mother",
        "facts": {
            "mother": {"number": NOOR},
            "birth": {"date": "2026-11-20", "municipality": "oosterdam"},
            "child": [{"birth_order": 1, "gender": "female", "family_name": SECRET, "given_names": SECRET}]
        }
    })
}

/// The birth with one thing changed, by its JSON pointer.
fn birth_but(at: &str, value: Value) -> Vec<u8> {
    let mut birth = birth("matrix");
    *birth.pointer_mut(at).expect("a place in the report") = value;
    birth.to_string().into_bytes()
}

/// A bad request and what it is refused with.
struct Bad {
    what: &'static str,
    bytes: Vec<u8>,
    status: u16,
    reason: &'static str,
}

fn bad(what: &'static str, bytes: Vec<u8>, status: u16, reason: &'static str) -> Bad {
    Bad { what, bytes, status, reason }
}

/// What is wrong with a refusal: it is not the problem that it should be, or does not help.
fn fault(what: &str, answer: Option<&Answer>, status: u16, reason: &str) -> Option<String> {
    let Some(answer) = answer else { return Some(format!("{what}: no answer")) };
    let (problem, told) = (answer.json(), String::from_utf8_lossy(&answer.body));
    let kind = format!("/problems/{}", reason.to_ascii_lowercase().replace('_', "-"));
    let helps = answer.status == status
        && problem["status"] == status
        && problem["reason"] == reason
        && problem["type"] == kind
        && problem["title"].as_str().is_some_and(|title| !title.is_empty())
        && problem["detail"].as_str().is_some_and(|detail| detail.len() > 20)
        && answer.header("content-type") == "application/problem+json";
    if !helps {
        return Some(format!("{what}: {status} {reason} wanted, not {} {told}", answer.status));
    }
    told.contains(SECRET).then(|| format!("{what} is told what it sent: {told}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_refused_in_words_and_the_gateway_goes_on() {
    let counter = counter().await;
    let noor = counter.bare_token(TokenRole::citizen(NOOR));
    let mut faults = Vec::new();
    for bad in rest::all(&noor).into_iter().chain(tokens::all(&counter)) {
        let answer = ask(counter.public, &bad.bytes).await;
        faults.extend(fault(bad.what, answer.as_ref(), bad.status, bad.reason));
    }
    faults.extend(grpc::all(&counter, &noor).await);
    faults.extend(web::all(&counter, &noor).await);
    faults.extend(slow::all(&counter, &noor).await);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    rest::harmless(&counter, &noor).await;

    let alive = ask(counter.public, &request("GET", "/v1/life-events", &[], b"")).await.expect("it goes on");
    assert_eq!(alive.status, 200);
    assert!(!counter.said().contains("runs again"), "a part ended: {}", counter.said());
    let everything = logs(&counter);
    assert!(!everything.contains(SECRET) && !everything.contains(NOOR), "a value is in a log:\n{everything}");
    assert!(!everything.contains("panicked"), "{everything}");
}

/// Everything that the counter's processes wrote, but its greeting, which has an invented citizen for an example.
fn logs(counter: &Counter) -> String {
    let mut all = counter.complained();
    let folder = counter.folder().join("logs");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        all.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()));
    }
    all
}
