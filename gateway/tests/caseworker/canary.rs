//! Nothing personal reaches a store in clear: what a birth says is looked for in every byte that was written.

use std::path::Path;
use std::sync::Arc;

use casestore::{CaseStore, Options};
use casework::entry::Actor;
use gateway::caseworker::Reading;

use crate::country::{Birth, Country, fact, party};
use crate::ministries::Ministries;
use crate::world::World;

/// Everything that the birth says of people, and what the ministries add.
const PERSONAL: [&str; 9] = [
    "900184270",
    "Xanthippe",
    "NL91-QUUX-0417",
    "2026-11-20",
    "record-",
    "99900m1",
    "269.97",
    "mother.account",
    "a slip of the pen",
];

async fn live_a_case(store: Arc<dyn CaseStore>) {
    let world = World::on(store, Country::new(), Ministries::new()).await;
    let gateway = world.gateway();
    let birth = Birth { children: 2, ..Birth::of("900184270") };
    let case = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap().file.id;
    gateway.caseworker.idle().await;
    let near = Birth { date: "2026-11-19", ..birth };
    gateway.caseworker.open(near.by_mother("r2")).await.unwrap();
    let by = Actor::Party { party: Some(party("mother")), portal: "portal".to_owned() };
    let key = casework::name::FactKey { name: fact("mother.account"), member: None };
    let dispute = casework::input::Input::Dispute {
        by: by.clone(),
        key: key.clone(),
        proposed: None,
        reason: "a slip of the pen".to_owned(),
    };
    gateway.caseworker.give(case, dispute).await.unwrap();
    gateway.caseworker.idle().await;
    gateway.caseworker.deliveries().flush().await.unwrap();
    let reading =
        Reading { by, facts: vec![key], purpose: "insight".to_owned(), legal_basis: "l".to_owned() };
    gateway.caseworker.record_access(case, reading).await.unwrap();
}

/// Looks into every file below the directory. How many bytes that were.
fn look_through(dir: &Path) -> usize {
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            seen += look_through(&entry);
            continue;
        }
        let bytes = std::fs::read(&entry).unwrap();
        seen += bytes.len();
        for personal in PERSONAL {
            let found = bytes.windows(personal.len()).any(|window| window == personal.as_bytes());
            assert!(!found, "`{personal}` is in clear in {}", entry.display());
        }
    }
    seen
}

#[tokio::test]
async fn nothing_personal_is_in_the_embedded_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.fsync = false;
    let address = format!("embedded:{}", dir.path().display());
    let store = casestore::open(&address, options).await.unwrap();
    live_a_case(store.clone()).await;
    let seen = look_through(dir.path());
    assert!(seen > 5_000, "only {seen} bytes were written");
    // What the keyring keeps there does not open without the master key.
    drop(store);
}
