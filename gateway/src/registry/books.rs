//! The fold of the registry's log: what is registered, granted and published. The same rows make the same books in
//! every gateway.

pub(super) mod consents;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use casework::compile::{CompileErrors, Compiled, Draft, LeftOut, compile_around};
use casework::name::{AgencyId, ConceptName, LifeEventId, ServiceId};
use casework::plan::{Plan, PlanHash};
use casework::service::{Grant, Grants, Service};
use proto::loket::desk::v1 as desk;
use sha2::{Digest, Sha256};

use super::files::{self, Files, LoweredLifeEvent};
use super::log::{Event, Proposal, Row};
use super::snapshot::Published;
use crate::lowering::{Contract, DescriptorSet, LoweredService, lower};

/// The flow that a grant is for.
pub(super) type FlowKey = (AgencyId, ConceptName, ServiceId);

/// A candidate plan: of the services that fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The plan.
    pub compiled: Compiled,
    /// The services that are not in it, each with what is wrong.
    pub left_out: LeftOut,
}

/// A candidate, or why there is none.
pub type CandidateResult = Result<Arc<Candidate>, Arc<CompileErrors>>;

/// What the rows say.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    /// How many rows were folded.
    pub(super) rows: u64,
    pub(super) agencies: BTreeMap<AgencyId, Registration>,
    pub(super) sources: BTreeMap<String, String>,
    pub(super) files: Arc<Files>,
    /// Grants that somebody gave on behalf of the giver.
    given: BTreeMap<FlowKey, Grant>,
    /// Flows that were revoked: no registration grants them again.
    revoked: BTreeSet<FlowKey>,
    pub(super) grants: Arc<Grants>,
    pub(super) published: BTreeMap<LifeEventId, Vec<Published>>,
    pub(super) plans: BTreeMap<PlanHash, Arc<Plan>>,
    pub(super) proposals: BTreeMap<LifeEventId, (Proposal, String)>,
    /// Every contract that was ever registered: a case in flight keeps its own.
    pub(super) contracts: BTreeMap<String, Arc<Contract>>,
    pub(super) candidates: BTreeMap<LifeEventId, CandidateResult>,
    /// Hashes of the seeds that were ever published: one that was is never published again.
    seeded: BTreeSet<[u8; 32]>,
    last_seeded: BTreeMap<String, String>,
}

/// What one agency registered.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    pub(super) sent: desk::RegisterAgencyRequest,
    pub(super) source: String,
    /// What it offers, and what it offered before and does not any more.
    pub(super) services: Vec<Offered>,
    /// The row that it came with: the later one says what a service is.
    pub(super) row: u64,
}

/// A service that an agency offers.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    pub(super) lowered: LoweredService,
    /// It takes no new steps.
    pub(super) withdrawn: bool,
    /// It is withdrawn because the agency's registration has it no more.
    pub(super) gone: bool,
}

impl Registration {
    /// The id of each service that it offers and has not withdrawn.
    pub(super) fn offered(&self) -> impl Iterator<Item = &LoweredService> {
        self.services.iter().filter(|offered| !offered.withdrawn).map(|offered| &offered.lowered)
    }
}

impl Books {
    /// Folds rows, and derives what follows from them all.
    ///
    /// # Errors
    /// The number of the row that cannot be read, and why.
    pub(super) fn fold(&mut self, rows: &[Bytes]) -> Result<(), (u64, String)> {
        for row in rows {
            let number = self.rows + 1;
            let row = Row::decode(row).map_err(|reason| (number, reason.to_string()))?;
            self.apply(row, number).map_err(|reason| (number, reason))?;
            self.rows = number;
        }
        if !rows.is_empty() {
            self.derive();
        }
        Ok(())
    }

    fn apply(&mut self, row: Row, number: u64) -> Result<(), String> {
        match row.event {
            Event::Registered { registration, source } => self.register(registration, source, number)?,
            Event::Withdrawn { agency, services } => {
                let known = self.agencies.get_mut(&agency).into_iter().flat_map(|known| &mut known.services);
                known
                    .filter(|offered| services.contains(&offered.lowered.service.id))
                    .for_each(|offered| offered.withdrawn = true);
            }
            Event::GrantGiven(grant) => {
                let key = flow_of(&grant);
                self.revoked.remove(&key);
                self.given.insert(key, grant);
            }
            Event::GrantRevoked(grant) => {
                let key = flow_of(&grant);
                self.given.remove(&key);
                self.revoked.insert(key);
            }
            Event::Proposed(proposal) => {
                self.proposals.insert(proposal.life_event.clone(), (proposal, row.by));
            }
            Event::Published { proposal, plan } => {
                let plan: Plan =
                    serde_json::from_slice(&plan).map_err(|_| "its plan is unreadable".to_owned())?;
                self.proposals.remove(&proposal.life_event);
                self.plans.insert(proposal.hash.clone(), Arc::new(plan));
                self.published.entry(proposal.life_event).or_default().push(Published {
                    hash: proposal.hash,
                    valid_from: proposal.valid_from,
                    open_cases: proposal.open_cases,
                    at: row.at,
                    by: row.by,
                    reason: proposal.reason,
                    revoked: false,
                });
            }
            Event::PlanRevoked { hash, .. } => {
                let all = self.published.values_mut().flatten();
                all.filter(|published| published.hash == hash).for_each(|published| published.revoked = true);
            }
            Event::Files { files, seeds } => self.publish(files, seeds),
        }
        Ok(())
    }

    fn register(
        &mut self,
        sent: desk::RegisterAgencyRequest,
        source: String,
        row: u64,
    ) -> Result<(), String> {
        let agency: AgencyId = sent.agency.parse().map_err(|_| "its agency has no id".to_owned())?;
        let set = DescriptorSet::decode(&sent.descriptor_set).map_err(|fault| fault.to_string())?;
        let lowered = lower(&agency, &set, &sent.rules).map_err(|faults| {
            // What was taken once is refused by this program: another version must have taken it.
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            format!("this program refuses the registration of `{agency}`: {first}")
        })?;
        for one in &lowered {
            self.contracts.insert(one.contract.fingerprint.clone(), one.contract.clone());
        }
        let ids: BTreeSet<ServiceId> = lowered.iter().map(|one| one.service.id.clone()).collect();
        let before = self.agencies.remove(&agency).map(|known| known.services).unwrap_or_default();
        let gone = before.into_iter().filter(|offered| !ids.contains(&offered.lowered.service.id));
        let gone = gone.map(|offered| Offered { withdrawn: true, gone: true, ..offered });
        let now = lowered.into_iter().map(|lowered| Offered { lowered, withdrawn: false, gone: false });
        let services = now.chain(gone).collect();
        self.agencies.insert(agency, Registration { sent, source, services, row });
        Ok(())
    }

    fn publish(&mut self, files: Vec<(String, String)>, seeds: bool) {
        for (path, content) in files {
            if seeds {
                self.seeded.insert(seed_hash(&path, &content));
                self.last_seeded.insert(path.clone(), content.clone());
            }
            if content.is_empty() {
                self.sources.remove(&path);
            } else {
                self.sources.insert(path, content);
            }
        }
        // What was published was checked; a program that reads it otherwise goes on with what it can read.
        let (read, faults) = files::read(&self.sources);
        for fault in faults {
            tracing::error!(file = %fault.place, fault = %fault.what, "a published file cannot be read");
        }
        self.files = Arc::new(read);
    }

    /// The seeds that are to be published: new ones, and newer ones of files that nobody has changed since.
    pub(super) fn seeds_due(&self) -> Vec<(String, String)> {
        let due = |(path, content): &&(&str, &str)| {
            let untouched = self.sources.get(*path) == self.last_seeded.get(*path);
            untouched && !self.seeded.contains(&seed_hash(path, content))
        };
        files::SEEDS
            .iter()
            .filter(due)
            .map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
            .collect()
    }

    /// What follows from everything together.
    fn derive(&mut self) {
        self.grants = Arc::new(consents::in_force(&self.agencies, &self.given, &self.revoked));
        let services = self.services();
        let of = |lowered: &LoweredLifeEvent| {
            let draft = self.draft(lowered, &services);
            let published = self.last_published(&lowered.life_event.id).filter(|(last, _)| !last.revoked);
            let settled = published.into_iter().flat_map(|(_, plan)| &plan.steps);
            let settled = settled.map(|step| step.service.id.clone()).collect();
            match compile_around(draft, &settled) {
                Ok((compiled, left_out)) => Ok(Arc::new(Candidate { compiled, left_out })),
                Err(errors) => Err(Arc::new(errors)),
            }
        };
        self.candidates =
            self.files.life_events.iter().map(|(id, lowered)| (id.clone(), of(lowered))).collect();
    }

    /// What a life event's plan is compiled from.
    pub(super) fn draft<'a>(&'a self, of: &'a LoweredLifeEvent, services: &'a [Service]) -> Draft<'a> {
        Draft {
            life_event: &of.life_event,
            outcomes: &of.outcomes,
            services,
            dictionary: &self.files.dictionary,
            grants: &self.grants,
        }
    }

    /// The services that are offered, each as the latest registration says it is.
    pub(super) fn services(&self) -> Vec<Service> {
        let mut latest: BTreeMap<&ServiceId, (u64, &Service)> = BTreeMap::new();
        for registration in self.agencies.values() {
            for one in registration.offered() {
                let known = latest.entry(&one.service.id).or_insert((registration.row, &one.service));
                if known.0 < registration.row {
                    *known = (registration.row, &one.service);
                }
            }
        }
        latest.into_values().map(|(_, service)| service.clone()).collect()
    }

    /// Whether the flow was revoked.
    pub(super) fn is_revoked(&self, grant: &Grant) -> bool {
        self.revoked.contains(&flow_of(grant))
    }
}

pub(super) fn flow_of(grant: &Grant) -> FlowKey {
    (grant.from.clone(), grant.concept.clone(), grant.to.clone())
}

fn seed_hash(path: &str, content: &str) -> [u8; 32] {
    Sha256::new().chain_update(path).chain_update([0]).chain_update(content).finalize().into()
}
