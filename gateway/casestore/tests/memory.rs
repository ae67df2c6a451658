//! The memory store keeps what every store keeps.
//!
//! The differential test compares 100,000 calls over all stores in CI. On demand:
//! `LOKET_DIFFERENTIAL_CALLS=1000000 cargo test -p casestore`, and with another `LOKET_DIFFERENTIAL_SEED`.

mod support;

use std::sync::Arc;

use casestore::conformance;
use casestore::memory::Memory;

#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    conformance::run(Arc::new(Memory::new())).await.unwrap();
}

/// The random calls are worth something: every form of every reply comes.
#[tokio::test]
async fn random_calls_reach_every_form_of_reply() {
    let store = Arc::new(Memory::new());
    let ran = support::differential(1, 16).run(store, support::always_open()).await.unwrap();
    assert_eq!(ran.forms.len(), 36, "{:#?}", ran.forms);
    let rare: Vec<_> = ran.forms.iter().filter(|(_, times)| **times < 10).collect();
    assert!(rare.is_empty(), "{rare:?} of {} calls", ran.calls);
}
