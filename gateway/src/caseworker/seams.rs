//! What the caseworker asks of the registry and of the agencies.

use std::sync::Arc;

use casework::input::{Answer, Duty};
use casework::life_event::LifeEvent;
use casework::name::LifeEventId;
use casework::plan::PlanHash;
use casework::rulebook::Rulebook;
use casework::time::PartialDate;

/// What is registered and published, as of one version. [`registry::Snapshot`](crate::registry) is one.
pub trait Books: Send + Sync {
    /// The life event, where its file is published.
    fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent>;
    /// The plan that is published for happenings of this date; none given: of today.
    fn published(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<PlanHash>;
    /// What a case on this plan is decided by today.
    fn rulebook(&self, plan: &PlanHash) -> Option<Rulebook<'_>>;
}

/// Where the books are found.
pub trait Rules: Send + Sync + 'static {
    /// The books as they are now.
    fn books(&self) -> Arc<dyn Books>;
    /// Whether their version was confirmed within the last two seconds: if not, nothing is called.
    fn confirmed(&self) -> bool;
}

/// Who performs duties.
#[async_trait::async_trait]
pub trait Perform: Send + Sync + 'static {
    /// Calls the agency for a case on this plan, which says what facts the gifts are. Never an error: every failure is
    /// an answer.
    async fn perform(&self, plan: &PlanHash, duty: &Duty, step_token: &str) -> Answer;
}
