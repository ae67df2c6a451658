//! Whoever reads Dutch is told nothing in English: life events, their questions, previews and cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use serde_json::{Value, json};
use tests::counter::Counter;
use tests::portal::Portal;
use tests::report::{completed, until};

const NOOR: &str = "999000001";
const SEM: &str = "999000002";
const HENDRIK: &str = "999000008";
const JOHANNA: &str = "999000009";

/// What people read, by the name of its field.
const READ: [&str; 10] = [
    "title",
    "summary",
    "label",
    "help",
    "reason",
    "agencyTitle",
    "fromTitle",
    "whoTitle",
    "evidenceTitle",
    "valueTitle",
];
/// Names that are the same in both languages.
const NAMES: [&str; 5] = ["Oosterdam", "Westerveen", "Zuiderhaven", "Zeeland-aan-Zee", "Suriname"];

/// Everything that is said in the same words in both languages, with where.
fn same(en: &Value, nl: &Value, at: &str, found: &mut Vec<String>) {
    match (en, nl) {
        (Value::Object(en), Value::Object(nl)) => {
            assert_eq!(en.keys().collect::<Vec<_>>(), nl.keys().collect::<Vec<_>>(), "{at}");
            for (key, value) in en {
                let below = format!("{at}.{key}");
                match value {
                    Value::String(text)
                        if READ.contains(&key.as_str()) || below.ends_with("preview.agency") =>
                    {
                        if !text.is_empty() && !NAMES.contains(&text.as_str()) && nl[key] == *value {
                            found.push(format!("{below}: {text}"));
                        }
                    }
                    _ => same(value, &nl[key], &below, found),
                }
            }
        }
        (Value::Array(en), Value::Array(nl)) => {
            assert_eq!(en.len(), nl.len(), "{at}");
            for (index, (en, nl)) in en.iter().zip(nl).enumerate() {
                same(en, nl, &format!("{at}[{index}]"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_read_is_in_the_language_of_the_reader() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let portal = Portal::of(&counter, NOOR);
    let mut found = Vec::new();
    for life_event in ["birth", "moving", "bereavement"] {
        let told = async |language: &str| {
            let (status, told) =
                portal.get(&format!("/v1/life-events/{life_event}?language={language}")).await;
            assert_eq!(status, 200, "{told:#}");
            told
        };
        same(&told("en").await, &told("nl").await, life_event, &mut found);
        let preview = async |language: &str| portal.preview(life_event, json!({}), language).await;
        same(&preview("en").await, &preview("nl").await, &format!("{life_event} preview"), &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    casework::time::Instant(i64::try_from(now.as_millis()).unwrap()).to_string()[..10].to_owned()
}

/// A case of each life event, seen by its reporter once nothing more happens by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_told_in_the_language_of_the_reader() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let birth = json!({
        "birth": {"date": today(), "municipality": "oosterdam"},
        "child": [{"birth_order": 1, "gender": "female", "family_name": "van Dijk", "given_names": "Mila"}],
        "mother": {"number": NOOR},
        "second_parent": {"number": SEM},
    });
    let death = json!({
        "deceased": {"number": HENDRIK},
        "death": {"date": today(), "municipality": "oosterdam", "certificate": "DC-2026-000123"},
        "informant": {"number": JOHANNA, "kinship": "partner"},
    });
    let mut found = Vec::new();
    for (citizen, life_event, facts) in [(NOOR, "birth", birth), (JOHANNA, "bereavement", death)] {
        let portal = Portal::of(&counter, citizen);
        let name = portal.report(life_event, life_event, facts).await;
        until(&mut counter.cases(citizen).await, &name, completed).await;
        let (en, nl) = (portal.case(&name, "en").await, portal.case(&name, "nl").await);
        same(&en, &nl, life_event, &mut found);
        if life_event == "birth" {
            let gift = en["facts"].as_array().unwrap().iter().find(|it| it["fact"] == "child.welcome_gift");
            let gift = gift.unwrap_or_else(|| panic!("{en:#}"));
            assert!(gift["valueTitle"].as_str().is_some_and(|text| text.starts_with("A ")), "{gift:#}");
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
