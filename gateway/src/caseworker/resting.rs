//! Waiting for a case to rest: until nobody is being called for it.

use std::pin::pin;

use casework::case::{Case, StepState};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::running::Running;
use super::{CaseworkError, Caseworker};
use crate::cases::CaseFile;

impl Caseworker {
    /// The case as it is when it rests or when the time is over, whichever comes first. What cannot be read any more is
    /// told as it was: its report is accepted all the same.
    pub(super) async fn rested(&self, file: CaseFile, run: Option<Running>, until: Instant) -> CaseFile {
        let case = file.id;
        if let Some(run) = run {
            // Whether it ended or the time did, what it has stored is here.
            let _ = timeout_at(until, run).await;
        }
        let now = self.0.shelf.get(case).map_or(file, |held| held.file.clone());
        if !is_busy(&now.case) || Instant::now() >= until {
            return now;
        }
        // Somebody else is at it: this gateway on another's behalf, or another gateway.
        self.rested_elsewhere(&now, until).await.unwrap_or(now)
    }

    async fn rested_elsewhere(&self, file: &CaseFile, until: Instant) -> Result<CaseFile, CaseworkError> {
        let mut moves = pin!(self.watch(file.id));
        loop {
            let now = self.0.load(file.id).await?.file.clone();
            if !is_busy(&now.case) || timeout_at(until, moves.next()).await.is_err() {
                return Ok(now);
            }
        }
    }
}

/// Whether somebody is being called at this moment.
fn is_busy(case: &Case) -> bool {
    case.steps.values().any(|step| matches!(step.state, StepState::Calling(_)))
}
