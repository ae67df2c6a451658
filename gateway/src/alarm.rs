//! Wakes the cases that are due: those that wait for a time, and those whose gateway died. They are looked at as if
//! nothing had happened; what is owed follows from the case.

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseStore, Partition};
use casework::input::Input;
use futures::StreamExt;

use crate::caseworker::{CaseworkError, Caseworker};

/// How often it is asked what is due.
const TICK: Duration = Duration::from_millis(250);
/// How long others leave a case alone that is being looked at. It is also how soon a case is looked at again where a
/// look finds nothing new, so it is longer while many are due.
const LEASE: Duration = Duration::from_secs(5);
const LEASE_MAX: Duration = Duration::from_secs(60);
/// Cases looked at together.
const AT_ONCE: usize = 64;
/// Cases taken at a time.
const TAKE: usize = 256;
/// The longest wait before the store is asked again that did not answer.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Wakes the cases that are due.
#[derive(Clone)]
pub struct Alarm {
    caseworker: Caseworker,
    store: Arc<dyn CaseStore>,
}

impl Alarm {
    /// An alarm for this caseworker, on the same store.
    #[must_use]
    pub fn new(caseworker: Caseworker, store: Arc<dyn CaseStore>) -> Self {
        Self { caseworker, store }
    }

    /// Wakes until the future is dropped. A store that does not answer is asked again, less and less often.
    pub async fn run(&self) {
        let mut wait = TICK;
        let mut lease = LEASE;
        loop {
            match self.tick_with(lease).await {
                Ok(taken) if taken >= TAKE => {
                    // There are more than can be looked at: what finds nothing new may rest longer.
                    lease = (lease * 2).min(LEASE_MAX);
                    wait = TICK;
                    continue;
                }
                Ok(_) => {
                    lease = LEASE;
                    wait = TICK;
                }
                Err(error) => {
                    tracing::warn!(%error, "what is due could not be asked; it is tried again");
                    wait = (wait * 2).min(WAIT_MAX);
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Looks once at what is due now; how many cases that were.
    ///
    /// # Errors
    /// The store's.
    pub async fn tick(&self) -> Result<usize, CaseworkError> {
        self.tick_with(LEASE).await
    }

    async fn tick_with(&self, lease: Duration) -> Result<usize, CaseworkError> {
        self.caseworker.hear_time().await?;
        let partitions: Vec<_> = Partition::all().collect();
        let due = self.store.take_due(&partitions, TAKE, lease).await?;
        let taken = due.len();
        futures::stream::iter(due)
            .for_each_concurrent(AT_ONCE, |due| async move {
                match self.caseworker.give(due.case, Input::Look).await {
                    Ok(_) => {}
                    // Said where it was found.
                    Err(CaseworkError::Quarantined { .. }) => {}
                    Err(error) => {
                        tracing::warn!(case = %due.case, %error, "a case could not be looked at; it is due again");
                    }
                }
            })
            .await;
        Ok(taken)
    }
}
