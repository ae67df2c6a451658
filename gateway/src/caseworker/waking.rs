//! Letting cases go on that wait for the registry, as soon as it changes: an agency that is there again, a grant, a
//! service that came back, a plan to move to. The due set would find them too, but only when their patience is over.

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseId, Partition};
use futures::StreamExt;

use super::{CaseworkError, Caseworker, Inner, live_row};
use crate::registry::{Registry, Snapshot};

/// How long changes are gathered that come together: ministries that start, files and plans that are published.
const GATHER: Duration = Duration::from_millis(200);
/// The wait before another attempt where the store did not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// Live rows read at a time, of one partition.
const PAGE: usize = 500;
/// Partitions read, and cases looked at, together.
const AT_ONCE: usize = 64;

/// Wakes what waits for the registry.
#[derive(Clone)]
pub struct Wakes {
    caseworker: Caseworker,
    registry: Registry,
}

impl Wakes {
    /// Wakes the cases of this caseworker when this registry changes.
    #[must_use]
    pub fn new(caseworker: Caseworker, registry: Registry) -> Self {
        Self { caseworker, registry }
    }

    /// Wakes until the future is dropped or the registry is.
    pub async fn run(&self) {
        let mut changes = self.registry.changes();
        let mut seen: Arc<Snapshot> = self.registry.snapshot();
        while changes.changed().await.is_ok() {
            tokio::time::sleep(GATHER).await;
            changes.mark_unchanged();
            let now = self.registry.snapshot();
            if !now.lets_more_go_on_than(&seen) {
                seen = now;
                continue;
            }
            while let Err(error) = self.caseworker.wake_what_waits_for_the_registry().await {
                if error.is_outage() {
                    tracing::debug!(%error, "who waits for the registry could not be asked; it is tried again");
                } else {
                    tracing::warn!(%error, "who waits for the registry could not be asked; it is tried again");
                }
                tokio::time::sleep(AGAIN).await;
            }
            seen = now;
        }
    }
}

impl Caseworker {
    /// Looks at every case that waits for the registry; how many those were.
    ///
    /// # Errors
    /// The store's.
    pub async fn wake_what_waits_for_the_registry(&self) -> Result<usize, CaseworkError> {
        let mut pages = futures::stream::iter(Partition::all())
            .map(|partition| self.0.waiting_for_registry(partition))
            .buffer_unordered(AT_ONCE);
        let mut woken = 0;
        while let Some(cases) = pages.next().await {
            let cases = cases?;
            woken += cases.len();
            futures::stream::iter(cases)
                .for_each_concurrent(AT_ONCE, |case| async move {
                    if let Err(error) = self.look(case).await {
                        tracing::debug!(%case, %error, "a case could not be woken; it is due by itself");
                    }
                })
                .await;
        }
        Ok(woken)
    }
}

impl Inner {
    /// The cases of a partition that wait for the registry.
    async fn waiting_for_registry(&self, partition: Partition) -> Result<Vec<CaseId>, CaseworkError> {
        let (mut cases, mut after) = (Vec::new(), None);
        loop {
            let rows = self.store.live(partition, after, PAGE).await?;
            after = rows.last().map(|(case, _)| *case).filter(|_| rows.len() == PAGE);
            for (case, row) in &rows {
                if live_row::waits_for_registry(&self.keyring, *case, row) {
                    cases.push(*case);
                }
            }
            if after.is_none() {
                return Ok(cases);
            }
        }
    }
}
