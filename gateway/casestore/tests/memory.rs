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

#[tokio::test]
async fn memory_equals_itself_at_a_told_time() {
    support::differential(1, 16).run(Arc::new(Memory::new()), support::always_open()).await.unwrap();
}
