//! The embedded store keeps what every store keeps, also when it is closed and opened in between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use casestore::CaseStore;
use casestore::conformance;
use casestore::embedded::{Embedded, EmbeddedError, EmbeddedOptions};

/// Opens the directory; a compaction that was under way when the last store was dropped ends first.
async fn open(directory: PathBuf, compact_from: u64) -> Arc<Embedded> {
    let options = EmbeddedOptions { fsync: false, compact_from };
    loop {
        match Embedded::open(&directory, options.clone()).await {
            Err(EmbeddedError::InUse { .. }) => tokio::task::yield_now().await,
            opened => return Arc::new(opened.unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_conforms() {
    let directory = tempfile::tempdir().unwrap();
    conformance::run(open(directory.path().to_owned(), 1 << 20).await).await.unwrap();
}

/// Between two rounds it is closed and opened, or left alone; it compacts by itself.
#[tokio::test(flavor = "multi_thread")]
async fn embedded_equals_the_model_over_restarts_and_compactions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let mut rounds = 0;
    let place = path.clone();
    let door: conformance::Door = Box::new(move |store| {
        rounds += 1;
        let (round, path) = (rounds, place.clone());
        Box::pin(async move {
            // Opening reads the whole journal: seldom when it has become long.
            let reopens = if round < 60 { matches!(round % 5, 0 | 3) } else { round % 60 == 0 };
            if !reopens {
                return store;
            }
            drop(store);
            let store: Arc<dyn CaseStore> = open(path, 1 << 16).await;
            store
        })
    });
    support::differential(5, 16).run(open(path, 1 << 16).await, door).await.unwrap();
}
