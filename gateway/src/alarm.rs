//! Wakes the cases that are due: those that wait for a time, and those whose gateway died. They are looked at as if
//! nothing had happened; what is owed follows from the case.

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseStore, Partition};
use futures::StreamExt;

use crate::caseworker::{CaseworkError, Caseworker};

/// How often it is asked what is due.
const TICK: Duration = Duration::from_millis(250);
/// How long others leave a case alone that is being looked at: how soon it is due again should this gateway die.
const LEASE: Duration = Duration::from_secs(5);
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
        loop {
            match self.tick().await {
                // There may be more.
                Ok(taken) if taken >= TAKE => wait = Duration::ZERO,
                Ok(_) => wait = TICK,
                Err(error) => {
                    if error.is_outage() {
                        tracing::debug!(%error, "what is due could not be asked; it is tried again");
                    } else {
                        tracing::warn!(%error, "what is due could not be asked; it is tried again");
                    }
                    wait = (wait.max(TICK) * 2).min(WAIT_MAX);
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
        self.caseworker.hear_time().await?;
        let partitions: Vec<_> = Partition::all().collect();
        let due = self.store.take_due(&partitions, TAKE, LEASE).await?;
        let taken = due.len();
        futures::stream::iter(due)
            .for_each_concurrent(AT_ONCE, |due| async move {
                match self.caseworker.look(due.case).await {
                    Ok(()) => {}
                    Err(error) if error.is_outage() => {
                        tracing::debug!(case = %due.case, %error, "a case could not be looked at; it is due again");
                    }
                    Err(error) => {
                        tracing::warn!(case = %due.case, %error, "a case could not be looked at; it is due again");
                    }
                }
            })
            .await;
        Ok(taken)
    }
}
