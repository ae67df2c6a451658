//! What holds at one version of the registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use casework::dictionary::Dictionary;
use casework::life_event::LifeEvent;
use casework::name::{AgencyId, LifeEventId};
use casework::plan::{Plan, PlanHash};
use casework::rulebook::{Offers, Rulebook};
use casework::service::{Grants, Service};
use casework::time::{Instant, PartialDate};

use super::options::OpenCases;

/// What holds at one version of the registry. Immutable.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Its number in this process, ever rising: leases change it too.
    pub serial: u64,
    /// Rows of the registry's log that it is the fold of.
    pub version: u64,
    /// The dictionary.
    pub dictionary: Dictionary,
    /// The grants in force.
    pub grants: Grants,
    /// Who offers which service.
    pub offers: Offers,
    pub(crate) life_events: BTreeMap<LifeEventId, LifeEvent>,
    pub(crate) published: BTreeMap<LifeEventId, Vec<Published>>,
    pub(crate) plans: BTreeMap<PlanHash, Arc<Plan>>,
    pub(crate) agencies: BTreeMap<AgencyId, AgencyView>,
    pub(crate) contracts: BTreeMap<String, Arc<crate::lowering::Contract>>,
}

/// A plan as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The plan.
    pub hash: PlanHash,
    /// First day of the happenings that it is for. None: all before the next publication's.
    pub valid_from: Option<PartialDate>,
    /// What open cases do.
    pub open_cases: OpenCases,
    /// When it was published.
    pub at: Instant,
    /// By whom: the subject of a person, or `additive`.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Whether it was revoked: no case opens on it, and its open cases are parked.
    pub revoked: bool,
}

/// An agency as registered.
#[derive(Debug, Clone)]
pub struct AgencyView {
    /// The agency.
    pub id: AgencyId,
    /// Its names, by language.
    pub titles: BTreeMap<String, String>,
    /// Its endpoints.
    pub endpoints: Vec<EndpointView>,
    /// Its services.
    pub services: Vec<ServiceView>,
    /// How its descriptors were learnt: `reflection-v1`, `reflection-v1alpha` or `descriptor-set`.
    pub source: String,
    /// What it is competent for, as registered.
    pub competences: Vec<proto::loket::desk::v1::CompetentFor>,
}

/// An endpoint of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointView {
    /// Its address.
    pub uri: String,
    /// Rises whenever the agency registers it anew.
    pub registered: u64,
    /// Whether its lease runs.
    pub live: bool,
    /// When its lease ends, as of the last renewal that this gateway saw.
    pub expires: Instant,
}

/// A service as an agency offers it.
#[derive(Debug, Clone)]
pub struct ServiceView {
    /// The service.
    pub service: Arc<Service>,
    /// Its method: full name.
    pub method: String,
    /// Whether its rules came from `annotations` or `rules`.
    pub rules_from: &'static str,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

impl Snapshot {
    /// The life events, by id.
    pub fn life_events(&self) -> impl Iterator<Item = &LifeEvent> {
        self.life_events.values()
    }

    /// The life event.
    #[must_use]
    pub fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent> {
        self.life_events.get(id)
    }

    /// The plan that a happening of this date falls under; without a date, the one of today.
    #[must_use]
    pub fn published(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<(&PlanHash, &Plan)> {
        let publication = self.publication(life_event, on)?;
        Some((&publication.hash, self.plans.get(&publication.hash)?.as_ref()))
    }

    /// The publication that a happening of this date falls under; without a date, the one of today.
    #[must_use]
    pub fn publication(&self, life_event: &LifeEventId, _on: Option<PartialDate>) -> Option<&Published> {
        self.published.get(life_event)?.last()
    }

    /// A plan that is or was published.
    #[must_use]
    pub fn plan(&self, hash: &PlanHash) -> Option<&Plan> {
        self.plans.get(hash).map(AsRef::as_ref)
    }

    /// The plan that a case on this one moves to at its next step: where one was published later with that rule, and
    /// for happenings of the date.
    #[must_use]
    pub fn move_to(&self, _hash: &PlanHash, _on: Option<PartialDate>) -> Option<&PlanHash> {
        None
    }

    /// Everything besides the case that a decision under this plan depends on.
    #[must_use]
    pub fn rulebook<'a>(&'a self, hash: &PlanHash) -> Option<Rulebook<'a>> {
        let (hash, plan) = self.plans.get_key_value(hash)?;
        Some(Rulebook {
            plan,
            hash,
            dictionary: &self.dictionary,
            grants: &self.grants,
            offers: &self.offers,
            registry: self.version,
        })
    }

    /// How a call is made under this contract, whoever offers it today.
    #[must_use]
    pub fn contract(&self, fingerprint: &str) -> Option<&crate::lowering::Contract> {
        self.contracts.get(fingerprint).map(AsRef::as_ref)
    }

    /// The agency.
    #[must_use]
    pub fn agency(&self, id: &AgencyId) -> Option<&AgencyView> {
        self.agencies.get(id)
    }

    /// The agencies, by id.
    pub fn agencies(&self) -> impl Iterator<Item = &AgencyView> {
        self.agencies.values()
    }
}
