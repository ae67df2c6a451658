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

const NOOR: &str = "999000001";

/// What people read, by the name of its field.
const READ: [&str; 6] = ["title", "summary", "label", "help", "reason", "agency"];
/// Names that are the same in both languages, and the id of a kind of agency of which the facts have not chosen one.
const NAMES: [&str; 6] =
    ["Oosterdam", "Westerveen", "Zuiderhaven", "Zeeland-aan-Zee", "Suriname", "municipality"];

/// Everything that is said in the same words in both languages, with where.
fn same(en: &Value, nl: &Value, at: &str, found: &mut Vec<String>) {
    match (en, nl) {
        (Value::Object(en), Value::Object(nl)) => {
            assert_eq!(en.keys().collect::<Vec<_>>(), nl.keys().collect::<Vec<_>>(), "{at}");
            for (key, value) in en {
                let below = format!("{at}.{key}");
                match value {
                    Value::String(text) if READ.contains(&key.as_str()) => {
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
