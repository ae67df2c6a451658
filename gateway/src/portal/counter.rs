//! What the portal's services work with.

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseStore, Durability};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::reporters::Reporters;
use crate::caseworker::Caseworker;
use crate::drafts::Drafts;
use crate::registry::Registry;
use crate::seal::Keyring;

/// What the portal's services work with. Cheap to clone.
#[derive(Clone)]
pub struct Counter {
    pub(super) caseworker: Caseworker,
    pub(super) registry: Registry,
    pub(super) drafts: Drafts,
    pub(super) reporters: Reporters,
    pub(super) keyring: Arc<Keyring>,
    pub(super) durability: Durability,
    pub(super) closing: CancellationToken,
    pub(super) watch_at_most: Duration,
    pub(super) waiting: Arc<Semaphore>,
}

/// How long one watch lasts: a token lives no longer either. Its caller resumes with a fresh one.
const WATCH_AT_MOST: Duration = Duration::from_secs(600);

/// Most reports whose answer is held back at one time: half of the calls that a gateway takes by default.
const WAITING_MAX: usize = 512;

impl Counter {
    /// A counter on this store. `closing` ends its watches when the gateway goes down.
    #[must_use]
    pub fn new(
        caseworker: Caseworker,
        registry: Registry,
        store: Arc<dyn CaseStore>,
        keyring: Arc<Keyring>,
        closing: CancellationToken,
    ) -> Self {
        let durability = store.durability();
        let drafts = Drafts::new(Arc::clone(&store), Arc::clone(&keyring));
        let reporters = Reporters::new(store, Arc::clone(&keyring));
        let watch_at_most = WATCH_AT_MOST;
        let waiting = Arc::new(Semaphore::new(WAITING_MAX));
        Self { caseworker, registry, drafts, reporters, keyring, durability, closing, watch_at_most, waiting }
    }

    /// The same with watches that last no longer than this.
    #[must_use]
    pub fn watching_at_most(self, watch_at_most: Duration) -> Self {
        Self { watch_at_most, ..self }
    }
}
