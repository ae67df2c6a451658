//! What holds at one version of the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use casework::dictionary::Dictionary;
use casework::life_event::LifeEvent;
use casework::name::{AgencyId, LifeEventId, ServiceId};
use casework::plan::{Plan, PlanHash};
use casework::rulebook::{AgencyOffer, Competent, Offers, Rulebook};
use casework::service::{Grants, Service};
use casework::time::{Instant, PartialDate};
use proto::loket::desk::v1 as desk;

use super::books::{Books, CandidateResult, Registration};
use super::files::Files;
use super::leases::{Leases, Now};
use super::options::OpenCases;
use crate::lowering::Contract;

/// What holds at one version of the registry. Immutable; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Its number in this process, ever rising: leases change it too.
    pub serial: u64,
    /// Rows of the registry's log that it is the fold of.
    pub version: u64,
    /// The dictionary.
    pub dictionary: Arc<Dictionary>,
    /// The grants in force.
    pub grants: Arc<Grants>,
    /// Who offers which service.
    pub offers: Arc<Offers>,
    files: Arc<Files>,
    published: Arc<BTreeMap<LifeEventId, Vec<Published>>>,
    candidates: Arc<BTreeMap<LifeEventId, CandidateResult>>,
    plans: Arc<BTreeMap<PlanHash, Arc<Plan>>>,
    contracts: Arc<BTreeMap<String, Arc<Contract>>>,
    pub(super) agencies: Views,
    today: Option<PartialDate>,
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
    pub competences: Vec<desk::CompetentFor>,
}

impl AgencyView {
    /// The gRPC services of which its public services are methods: full names.
    #[must_use]
    pub fn grpc_services(&self) -> BTreeSet<String> {
        let methods = self.services.iter().filter_map(|service| service.method.rsplit_once('.'));
        methods.map(|(service, _)| service.to_owned()).collect()
    }
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
    /// The snapshot of these books and leases.
    pub(super) fn of(books: &Books, leases: &Leases, serial: u64, at: Now) -> Self {
        Self {
            serial,
            version: books.rows,
            dictionary: books.files.dictionary.clone(),
            grants: books.grants.clone(),
            offers: Arc::new(offers(books, leases, at)),
            files: books.files.clone(),
            published: Arc::new(books.published.clone()),
            candidates: Arc::new(books.candidates.clone()),
            plans: Arc::new(books.plans.clone()),
            contracts: Arc::new(books.contracts.clone()),
            agencies: Views::default(),
            today: Some(casework::term::on_the_clock(at.store.timestamp()).date().into()),
        }
    }

    /// The life events, by id.
    pub fn life_events(&self) -> impl Iterator<Item = &LifeEvent> {
        self.files.life_events.values().map(|lowered| &lowered.life_event)
    }

    /// The life event.
    #[must_use]
    pub fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent> {
        self.files.life_events.get(id).map(|lowered| &lowered.life_event)
    }

    /// The plan that a happening of this date falls under; without a date, the one of today.
    #[must_use]
    pub fn published(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<(&PlanHash, &Plan)> {
        let publication = self.publication(life_event, on)?;
        Some((&publication.hash, self.plans.get(&publication.hash)?.as_ref()))
    }

    /// The publication that a happening of this date falls under; without a date, the one of today. A later one goes
    /// before an earlier one for the days it is for.
    #[must_use]
    pub fn publication(&self, life_event: &LifeEventId, on: Option<PartialDate>) -> Option<&Published> {
        let on = on.or(self.today);
        self.publications(life_event).rev().find(|one| !one.revoked && one.is_for(on))
    }

    /// Every publication of a plan for the life event, oldest first.
    pub fn publications(&self, life_event: &LifeEventId) -> impl DoubleEndedIterator<Item = &Published> {
        self.published.get(life_event).into_iter().flatten()
    }

    /// The candidate plan, of the services that fit together, or why there is none. None: there is no such life event.
    #[must_use]
    pub fn candidate(&self, life_event: &LifeEventId) -> Option<&CandidateResult> {
        self.candidates.get(life_event)
    }

    /// A plan that is or was published.
    #[must_use]
    pub fn plan(&self, hash: &PlanHash) -> Option<&Plan> {
        self.plans.get(hash).map(AsRef::as_ref)
    }

    /// The plan that a case on this one moves to at its next step: the last that was published after it with that rule,
    /// for happenings of the date. None: the case stays.
    #[must_use]
    pub fn move_to(&self, hash: &PlanHash, on: Option<PartialDate>) -> Option<&PlanHash> {
        let plan = self.plans.get(hash)?;
        let on = on.or(self.today);
        let later = self.publications(&plan.life_event.id).rev().take_while(|one| one.hash != *hash);
        let mut moving =
            later.filter(|one| one.open_cases == OpenCases::Move && !one.revoked && one.is_for(on));
        moving.next().map(|one| &one.hash)
    }

    /// Whether the plan was revoked: its open cases are parked.
    #[must_use]
    pub fn is_revoked(&self, hash: &PlanHash) -> bool {
        let Some(plan) = self.plans.get(hash) else { return false };
        self.publications(&plan.life_event.id).rfind(|one| one.hash == *hash).is_some_and(|one| one.revoked)
    }

    /// Whether this one may let go on what stood still under the other: rows were written, or a system registered or
    /// is there again. That one is gone lets nothing go on.
    #[must_use]
    pub fn lets_more_go_on_than(&self, before: &Self) -> bool {
        let is_new = |agency: &AgencyView, endpoint: &EndpointView| {
            let known = before.agency(&agency.id).map_or(&[][..], |known| &known.endpoints);
            let same = |other: &&EndpointView| {
                other.live && (&other.uri, other.registered) == (&endpoint.uri, endpoint.registered)
            };
            endpoint.live && !known.iter().any(|other| same(&other))
        };
        self.version != before.version
            || self.agencies().any(|agency| agency.endpoints.iter().any(|endpoint| is_new(agency, endpoint)))
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
            revoked: self.is_revoked(hash),
        })
    }

    /// How a call is made under this contract, whoever offers it today.
    #[must_use]
    pub fn contract(&self, fingerprint: &str) -> Option<&Contract> {
        self.contracts.get(fingerprint).map(AsRef::as_ref)
    }

    /// The agency.
    #[must_use]
    pub fn agency(&self, id: &AgencyId) -> Option<&AgencyView> {
        self.agencies.0.get(id)
    }

    /// The agencies, by id.
    pub fn agencies(&self) -> impl Iterator<Item = &AgencyView> {
        self.agencies.0.values()
    }
}

impl Published {
    /// Whether it is for happenings of this day; of a partial date, the first day it can be.
    fn is_for(&self, on: Option<PartialDate>) -> bool {
        match (self.valid_from, on) {
            (None, _) => true,
            (Some(from), Some(on)) => from.earliest() <= on.earliest(),
            (Some(_), None) => false,
        }
    }
}

/// The agencies as they are shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Views(Arc<BTreeMap<AgencyId, AgencyView>>);

impl Views {
    pub(super) fn of(books: &Books, leases: &Leases, at: Now) -> Self {
        let views = books.agencies.iter().map(|(id, known)| (id.clone(), view(id, known, leases, at)));
        Self(Arc::new(views.collect()))
    }
}

fn view(id: &AgencyId, known: &Registration, leases: &Leases, at: Now) -> AgencyView {
    let endpoints = leases.of(id.as_str(), at).into_iter().map(|(uri, lease)| EndpointView {
        uri,
        registered: lease.registered,
        live: lease.live,
        expires: lease.expires,
    });
    let services = known.services.iter().map(|offered| ServiceView {
        service: offered.lowered.service.clone(),
        method: offered.lowered.method.clone(),
        rules_from: offered.lowered.rules_from.as_str(),
        withdrawn: offered.withdrawn,
    });
    AgencyView {
        id: id.clone(),
        titles: known.sent.titles.iter().map(|text| (text.language.clone(), text.value.clone())).collect(),
        endpoints: endpoints.collect(),
        services: services.collect(),
        source: known.source.clone(),
        competences: known.sent.competences.clone(),
    }
}

fn offers(books: &Books, leases: &Leases, at: Now) -> Offers {
    let mut offers: BTreeMap<ServiceId, Vec<AgencyOffer>> = BTreeMap::new();
    for (agency, known) in &books.agencies {
        let endpoints = leases.of(agency.as_str(), at);
        let live = endpoints.values().filter(|lease| lease.live);
        let registered = live.map(|lease| lease.registered_at).max();
        for offered in &known.services {
            let service = &offered.lowered.service;
            offers.entry(service.id.clone()).or_default().push(AgencyOffer {
                agency: agency.clone(),
                competent_for: competences(&known.sent.competences, service),
                contract: service.contract.clone(),
                live: registered.is_some(),
                withdrawn: offered.withdrawn,
                registered,
            });
        }
    }
    Offers(offers)
}

/// What an agency is competent for in a service.
pub(super) fn competences(registered: &[desk::CompetentFor], service: &Service) -> Vec<Competent> {
    // A reversal stays with the agency whose act it reverses.
    if service.competence.is_none() {
        return Vec::new();
    }
    let all = format!("{}/*", service.id.agency());
    let own = registered.iter().filter(|one| one.service == service.id.as_str() || one.service == all);
    own.map(|one| Competent {
        code: one.code.clone(),
        from: one.from.parse().ok(),
        until: one.until.parse().ok(),
    })
    .collect()
}
