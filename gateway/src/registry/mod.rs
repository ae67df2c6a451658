//! What is registered and published: agencies and their services, grants, dictionary and life-event files, plans.
//!
//! One append log in the store says it all; every gateway tails it and folds it into a [`Snapshot`]. Nothing is
//! restarted for a new agency. Leases of endpoints are no rows of the log: see `leases`.

mod books;
pub mod descriptors;
mod effects;
pub(crate) mod endpoint;
mod error;
mod files;
mod granting;
mod inner;
mod leases;
mod log;
mod options;
mod publication;
mod registration;
mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use casestore::CaseStore;
use casework::name::{AgencyId, ServiceId};
use casework::service::Grant;
use casework::time::Instant;
use proto::loket::desk::v1 as desk;
use proto::loket::desk::v1::register_agency_response::PlanEffect;

pub use books::{Candidate, CandidateResult};
pub use error::RegistryError;
pub use options::{OpenCases, Publication, RegistryOptions};
pub use publication::{PublishOutcome, PublishPlan};
pub use snapshot::{AgencyView, EndpointView, Published, ServiceView, Snapshot};

use crate::lowering::DescriptorSet;
pub use crate::lowering::Fault;
use inner::{Inner, Writer};
use leases::LeaseAct;
use log::Event;

/// The life events that came with the program: those that its own ministries serve.
pub fn seeded_life_events() -> impl Iterator<Item = &'static str> {
    files::seeded_life_events()
}

/// The registry, as every part of the gateway sees it. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

impl Registry {
    /// Opens the registry in this store: folds its log, publishes the embedded dictionary and life events where they
    /// are new, and tails the log from then on, until the last clone is dropped.
    ///
    /// # Errors
    /// Where the store cannot be read, or holds something this version cannot have written.
    pub async fn open(store: Arc<dyn CaseStore>, options: RegistryOptions) -> Result<Self, RegistryError> {
        let inner = Inner::new(store, options);
        inner.look().await?;
        if inner.options.seeds {
            inner
                .change("loket", |writer| {
                    let files = writer.books.seeds_due();
                    Ok((!files.is_empty()).then_some(Event::Files { files, seeds: true }))
                })
                .await?;
        }
        tokio::spawn(Inner::tail(Arc::downgrade(&inner)));
        Ok(Self { inner })
    }

    /// What holds now, as far as this gateway knows.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// Whether the snapshot was confirmed by the store in the last two seconds. Where not, nobody may be called before
    /// [`Self::confirm`].
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.inner.confirmed(tokio::time::Instant::now())
    }

    /// Has the snapshot confirmed by the store where it was not in the last two seconds.
    ///
    /// # Errors
    /// The store does not answer, or holds what this program cannot read: nothing may be decided and nobody called.
    pub async fn confirm(&self) -> Result<(), RegistryError> {
        self.inner.confirm().await
    }

    /// Reads what others have written up to now.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn look_anew(&self) -> Result<(), RegistryError> {
        self.inner.look_anew().await
    }

    /// The store's now, as far as this gateway knows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.now()
    }

    /// Told of every new snapshot: its serial number.
    #[must_use]
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Registers an agency's system, or replaces its registration. The same registration again changes nothing but
    /// the leases of its endpoints.
    ///
    /// # Errors
    /// All faults of the registration at once, each with the way out.
    pub async fn register(
        &self,
        request: desk::RegisterAgencyRequest,
    ) -> Result<desk::RegisterAgencyResponse, RegistryError> {
        let mut checked = registration::check(request)?;
        let (set, source) = if checked.kept.descriptor_set.is_empty() {
            descriptors::learn(&checked.endpoints).await?
        } else {
            let set = DescriptorSet::decode(&checked.kept.descriptor_set);
            (set.map_err(|fault| RegistryError::Invalid(vec![fault]))?, "descriptor-set")
        };
        checked.kept.descriptor_set = set.bytes().to_vec();
        let services = registration::lowered(&checked, &set)?;
        let decide = |writer: &Writer| {
            if registration::is_registered(&writer.books, &checked) {
                return Ok(None);
            }
            registration::against(writer, &checked, &services)?;
            let registration = checked.kept.clone();
            Ok(Some(Event::Registered { registration, source: source.to_owned() }))
        };
        let agency = checked.agency.as_str();
        let registry_version = self.inner.change(agency, decide).await?;
        let (endpoints, lease_ms) = (checked.endpoints.clone(), checked.lease_ms);
        self.inner.lease(LeaseAct::Register { agency: agency.to_owned(), endpoints, lease_ms }).await?;
        let (services, plans) = self
            .inner
            .ask(|writer| {
                let known = writer.books.agencies.get(&checked.agency);
                let services = known.map(effects::services).unwrap_or_default();
                (services, effects::of_agency(writer, &self.inner.options, &checked.agency))
            })
            .await;
        Ok(desk::RegisterAgencyResponse {
            services,
            source: source.to_owned(),
            registry_version: i64::try_from(registry_version).unwrap_or(i64::MAX),
            plans,
        })
    }

    /// Renews the lease of an endpoint and tells when it ends.
    ///
    /// # Errors
    /// Where the endpoint is not registered (any more): it has to register again.
    pub async fn heartbeat(&self, agency: &str, endpoint: &str) -> Result<Instant, RegistryError> {
        let key = (agency.to_owned(), endpoint.trim_end_matches('/').to_owned());
        let registered = |writer: &Writer| {
            let known = agency.parse().is_ok_and(|id: AgencyId| writer.books.agencies.contains_key(&id));
            (known && writer.leases.knows(&key)).then(|| writer.leases.length(&key))
        };
        let Some(length) = self.inner.ask(registered).await else {
            return Err(RegistryError::NotFound {
                what: format!("the endpoint `{}`", crate::lowering::shown(endpoint)),
                way_out: "register again".to_owned(),
            });
        };
        self.inner.lease(LeaseAct::Beat(key)).await?;
        Ok(self.now().plus(length))
    }

    /// Withdraws services of an agency (all of them, where none is named): they take no new steps and finish what
    /// they have. Tells which.
    ///
    /// # Errors
    /// Where there is no such agency or service.
    pub async fn withdraw(
        &self,
        agency: &str,
        services: &[String],
    ) -> Result<desk::WithdrawServicesResponse, RegistryError> {
        let missing = |what: String| RegistryError::NotFound {
            what,
            way_out: "see what is with `loket agency show`".to_owned(),
        };
        let no_agency = || missing(format!("the agency `{}`", crate::lowering::shown(agency)));
        let id: AgencyId = agency.parse().map_err(|_| no_agency())?;
        let mut wanted = Vec::new();
        for service in services {
            let no_service = |_| missing(format!("the service `{}`", crate::lowering::shown(service)));
            wanted.push(service.parse::<ServiceId>().map_err(no_service)?);
        }
        let named = |writer: &Writer| {
            let known = writer.books.agencies.get(&id).ok_or_else(no_agency)?;
            let all: Vec<ServiceId> =
                known.services.iter().map(|one| one.lowered.service.id.clone()).collect();
            match wanted.iter().find(|service| !all.contains(service)) {
                Some(service) => Err(missing(format!("the service `{service}`"))),
                None => Ok(if wanted.is_empty() { all } else { wanted.clone() }),
            }
        };
        let decide = |writer: &Writer| {
            let services = named(writer)?;
            let known = writer.books.agencies.get(&id).into_iter().flat_map(|known| known.offered());
            let offered = known.filter(|one| services.contains(&one.service.id)).count();
            let agency = id.clone();
            Ok((offered > 0).then_some(Event::Withdrawn { agency, services }))
        };
        let version = self.inner.change(agency, decide).await?;
        let services = self.inner.ask(named).await?;
        Ok(desk::WithdrawServicesResponse {
            services: services.iter().map(ToString::to_string).collect(),
            registry_version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }

    /// Gives a grant on behalf of its giver; it also lifts an earlier revocation. The same grant again changes nothing.
    /// Tells the registry's version.
    ///
    /// # Errors
    /// Where it names what is not there, or another grant for the same flow is in force.
    pub async fn give_grant(&self, grant: Grant, by: &str) -> Result<u64, RegistryError> {
        let mut faults = Vec::new();
        for (name, text) in [("purpose", &grant.purpose), ("legal_basis", &grant.legal_basis)] {
            if text.trim().is_empty() || text.len() > 500 {
                faults.push(Fault::at(format!("grant.{name}"), "is missing, or longer than 500 bytes"));
            }
        }
        if !faults.is_empty() {
            return Err(RegistryError::Invalid(faults));
        }
        self.inner.change(by, |writer| granting::decide(&writer.books, &grant)).await
    }

    /// Revokes a grant: from the next second on no case discloses by it. It stays revoked, whatever its giver
    /// registers, until it is given again. Tells whether there was one, and the registry's version.
    ///
    /// # Errors
    /// Where the store does not take it.
    pub async fn revoke_grant(&self, grant: &Grant, by: &str) -> Result<(bool, u64), RegistryError> {
        let there = |writer: &Writer| {
            writer
                .books
                .grants
                .iter()
                .any(|one| (&one.from, &one.concept, &one.to) == (&grant.from, &grant.concept, &grant.to))
        };
        let was = self.inner.ask(there).await;
        let version = self
            .inner
            .change(by, |writer| {
                let revoke = there(writer) && !writer.books.is_revoked(grant);
                Ok(revoke.then(|| Event::GrantRevoked(grant.clone())))
            })
            .await?;
        Ok((was, version))
    }

    /// Publishes a candidate plan on behalf of `by`. Where two persons are wanted, the first call records the proposal
    /// and the second, by somebody else, publishes.
    ///
    /// # Errors
    /// Where the candidate does not compile or is another one by now.
    pub async fn publish_plan(&self, wish: PublishPlan, by: &str) -> Result<PublishOutcome, RegistryError> {
        let publication = self.inner.options.publication;
        if wish.reason.len() > 1_000 {
            let what = "is longer than 1000 bytes";
            return Err(RegistryError::Invalid(vec![Fault::at("reason", what)]));
        }
        self.inner.change(by, |writer| publication::decide(&writer.books, publication, &wish, by)).await?;
        let published = |writer: &Writer| {
            let last = writer.books.last_published(&wish.life_event);
            last.is_some_and(|(published, _)| published.hash == wish.candidate && !published.revoked)
        };
        let published = self.inner.ask(published).await;
        Ok(if published { PublishOutcome::Published } else { PublishOutcome::Proposed })
    }

    /// Revokes a published plan: no case opens on it any more, and its open cases are parked.
    ///
    /// # Errors
    /// Where it is not published.
    pub async fn revoke_plan(
        &self,
        hash: &casework::plan::PlanHash,
        reason: &str,
        by: &str,
    ) -> Result<u64, RegistryError> {
        self.inner
            .change(by, |writer| {
                let mut all =
                    writer.books.published.values().flatten().filter(|one| one.hash == *hash).peekable();
                if all.peek().is_none() {
                    return Err(RegistryError::NotFound {
                        what: format!("the plan `{}`", crate::lowering::shown(&hash.0)),
                        way_out: "see what is published with `loket plan show`".to_owned(),
                    });
                }
                let (hash, reason) = (hash.clone(), reason.to_owned());
                Ok(all.any(|one| !one.revoked).then_some(Event::PlanRevoked { hash, reason }))
            })
            .await
    }

    /// Publishes dictionary and life-event files: `(path, content)`; an empty content takes the file away. Tells the
    /// registry's version and what it did to the plans.
    ///
    /// # Errors
    /// All faults of the files at once. A file that is to be taken away and was never there.
    pub async fn publish_files(
        &self,
        sent: Vec<(String, String)>,
        by: &str,
    ) -> Result<(u64, Vec<PlanEffect>), RegistryError> {
        let faults = files::check_sent(&sent);
        if !faults.is_empty() {
            return Err(RegistryError::Invalid(faults));
        }
        let decide = |writer: &Writer| {
            let mut sources: BTreeMap<String, String> = writer.books.sources.clone();
            for (path, content) in &sent {
                if content.is_empty() {
                    sources.remove(path).ok_or_else(|| files::missing(path, &writer.books.sources))?;
                } else {
                    sources.insert(path.clone(), content.clone());
                }
            }
            if sources == writer.books.sources {
                return Ok(None);
            }
            let faults = files::check_together(&sources);
            if !faults.is_empty() {
                return Err(RegistryError::Invalid(faults));
            }
            Ok(Some(Event::Files { files: sent.clone(), seeds: false }))
        };
        let version = self.inner.change(by, decide).await?;
        let plans = self.inner.ask(|writer| effects::of_all(writer, &self.inner.options)).await;
        Ok((version, plans))
    }
}
