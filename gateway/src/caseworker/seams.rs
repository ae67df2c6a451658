//! What the caseworker asks of the registry and of the agencies.

use std::sync::Arc;

use casework::input::{Answer, Duty};
use casework::life_event::LifeEvent;
use casework::name::LifeEventId;
use casework::plan::PlanHash;
use casework::rulebook::Rulebook;
use casework::time::PartialDate;

use crate::registry::{Registry, Snapshot};

/// What is registered and published, as of one version.
pub trait Books: Send + Sync {
    /// The life event, where its file is published.
    fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent>;
    /// The plan that is published for happenings of this date; without one, of today.
    fn published(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<PlanHash>;
    /// The plan that a case on this one moves to at its next step, if it does.
    fn move_to(&self, plan: &PlanHash, on: Option<PartialDate>) -> Option<PlanHash>;
    /// What a case on this plan is decided by today.
    fn rulebook(&self, plan: &PlanHash) -> Option<Rulebook<'_>>;
}

/// Where the books are found.
#[async_trait::async_trait]
pub trait Rules: Send + Sync + 'static {
    /// The books as far as they are known.
    fn books(&self) -> Arc<dyn Books>;
    /// Has their version confirmed, where it was not within the last two seconds. False: the store does not answer,
    /// so nothing is decided and nobody called.
    async fn confirm(&self) -> bool;
    /// Reads what others have published up to now. False: the store does not answer.
    async fn look_anew(&self) -> bool;
}

/// Who performs duties.
#[async_trait::async_trait]
pub trait Perform: Send + Sync + 'static {
    /// Calls the agency for a case on this plan. Never an error: every failure is an answer. The agency shows
    /// `step_token` when it reports back.
    async fn perform(&self, plan: &PlanHash, duty: &Duty, step_token: &str) -> Answer;
}

impl Books for Snapshot {
    fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent> {
        Self::life_event(self, id)
    }

    fn published(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<PlanHash> {
        Self::published(self, life_event, on).map(|(hash, _)| hash.clone())
    }

    fn move_to(&self, plan: &PlanHash, on: Option<PartialDate>) -> Option<PlanHash> {
        Self::move_to(self, plan, on).cloned()
    }

    fn rulebook(&self, plan: &PlanHash) -> Option<Rulebook<'_>> {
        Self::rulebook(self, plan)
    }
}

#[async_trait::async_trait]
impl Rules for Registry {
    fn books(&self) -> Arc<dyn Books> {
        self.snapshot()
    }

    async fn confirm(&self) -> bool {
        Self::confirm(self).await.is_ok()
    }

    async fn look_anew(&self) -> bool {
        Self::look_anew(self).await.is_ok()
    }
}
