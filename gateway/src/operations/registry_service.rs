//! Agencies, plans and grants.

use casework::plan::PlanHash;
use proto::loket::desk::v1::RegisterAgencyResponse;
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::publish_plan_request::OpenCases as SentOpenCases;
use proto::loket::operations::v1::registry_service_server::RegistryService;
use tonic::{Request, Response, Status};

use super::{agencies, grants, plans, sight};
use crate::agencies::Agencies;
use crate::callers::{Principal, caller};
use crate::portal::{names, refusals};
use crate::reasons::{self, Reason};
use crate::registry::{OpenCases, PublishOutcome, PublishPlan, Registry};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 250;

/// Most files, and most bytes of all of them, that are published in one call.
const FILES_MAX: usize = 200;
const FILES_BYTES_MAX: usize = 900 * 1024;

/// Agencies, plans and grants.
#[derive(Clone)]
pub struct RegistryServiceImpl {
    registry: Registry,
    agencies: Agencies,
}

impl RegistryServiceImpl {
    /// This registry, with agencies as this gateway sees them.
    #[must_use]
    pub fn new(registry: Registry, agencies: Agencies) -> Self {
        Self { registry, agencies }
    }
}

/// The person on whose behalf something is published.
fn person(caller: &Principal) -> &str {
    match caller {
        Principal::Operator { subject, .. } | Principal::Officer { subject, .. } => subject,
        Principal::Anonymous
        | Principal::Citizen(_)
        | Principal::Portal { .. }
        | Principal::Agency { .. }
        | Principal::ContactCentre { .. } => "",
    }
}

/// On whose behalf a grant is given or revoked: an agency's own, or a person's.
fn giver(caller: &Principal) -> &str {
    match caller {
        Principal::Agency { agency } => agency.as_str(),
        _ => person(caller),
    }
}

#[tonic::async_trait]
impl RegistryService for RegistryServiceImpl {
    async fn list_agencies(
        &self,
        request: Request<pb::ListAgenciesRequest>,
    ) -> Result<Response<pb::ListAgenciesResponse>, Status> {
        let language = sight::language(&request);
        let snapshot = self.registry.snapshot();
        let all = snapshot.agencies().map(|view| agencies::agency(view, &self.agencies, &language));
        Ok(Response::new(pb::ListAgenciesResponse { agencies: all.collect() }))
    }

    async fn get_agency(
        &self,
        request: Request<pb::GetAgencyRequest>,
    ) -> Result<Response<pb::Agency>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let id = names::agency(&request.get_ref().name, "name")?;
        let snapshot = self.registry.snapshot();
        let foreign = grants::own_agency(&caller).is_some_and(|own| *own != id);
        match snapshot.agency(&id).filter(|_| !foreign) {
            Some(view) => Ok(Response::new(agencies::agency(view, &self.agencies, &language))),
            None => {
                let detail = format!(
                    "no agency `{id}` is registered; `loket agency list` (ListAgencies) tells which are"
                );
                Err(reasons::status(Reason::AgencyNotFound, detail))
            }
        }
    }

    async fn register_agency(
        &self,
        request: Request<pb::RegisterAgencyRequest>,
    ) -> Result<Response<RegisterAgencyResponse>, Status> {
        let registration = request.into_inner().registration;
        let registration = registration.ok_or_else(|| names::wrong("registration", "given"))?;
        let registered = self.registry.register(registration).await;
        registered.map(Response::new).map_err(|error| refusals::of_registry(&error))
    }

    async fn get_plan(&self, request: Request<pb::GetPlanRequest>) -> Result<Response<pb::Plan>, Status> {
        let snapshot = self.registry.snapshot();
        let id = plans::life_event(&snapshot, &request.get_ref().name)?;
        Ok(Response::new(plans::plan(&snapshot, &id)))
    }

    async fn diff_plan(
        &self,
        request: Request<pb::DiffPlanRequest>,
    ) -> Result<Response<pb::DiffPlanResponse>, Status> {
        let snapshot = self.registry.snapshot();
        let id = plans::life_event(&snapshot, &request.get_ref().name)?;
        plans::diff(&snapshot, &id).map(Response::new)
    }

    async fn publish_plan(
        &self,
        request: Request<pb::PublishPlanRequest>,
    ) -> Result<Response<pb::Plan>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let id = plans::life_event(&self.registry.snapshot(), &request.name)?;
        let reason = names::words(&request.reason, "reason", REASON_CHARS_MAX)?;
        if request.candidate.is_empty() {
            return Err(names::wrong("candidate", "the hash of the candidate that was reviewed"));
        }
        let open_cases = match request.open_cases() {
            SentOpenCases::Unspecified | SentOpenCases::Finish => OpenCases::Finish,
            SentOpenCases::Move => OpenCases::Move,
        };
        let valid_from = match request.valid_from.as_str() {
            "" => None,
            date => Some(date.parse().map_err(|_| names::wrong("valid_from", "a date, such as 2027-01-01"))?),
        };
        let candidate = PlanHash(request.candidate);
        let wish = PublishPlan { life_event: id.clone(), candidate, open_cases, valid_from, reason };
        let outcome = self.registry.publish_plan(wish, person(&caller)).await;
        let outcome = outcome.map_err(|error| refusals::of_registry(&error))?;
        let plan = plans::plan(&self.registry.snapshot(), &id);
        Ok(Response::new(pb::Plan { proposed: outcome == PublishOutcome::Proposed, ..plan }))
    }

    async fn revoke_plan(
        &self,
        request: Request<pb::RevokePlanRequest>,
    ) -> Result<Response<pb::Plan>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let id = plans::life_event(&self.registry.snapshot(), &request.name)?;
        let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
        let hash = PlanHash(request.plan);
        if !self.registry.snapshot().publications(&id).any(|published| published.hash == hash) {
            return Err(names::wrong("plan", "the hash of a published plan of this life event"));
        }
        let revoked = self.registry.revoke_plan(&hash, &reason, person(&caller)).await;
        revoked.map_err(|error| refusals::of_registry(&error))?;
        Ok(Response::new(plans::plan(&self.registry.snapshot(), &id)))
    }

    async fn publish_files(
        &self,
        request: Request<pb::PublishFilesRequest>,
    ) -> Result<Response<pb::PublishFilesResponse>, Status> {
        let caller = caller(&request)?;
        let files = request.into_inner().files;
        let bytes: usize = files.iter().map(|file| file.path.len() + file.content.len()).sum();
        if files.is_empty() || files.len() > FILES_MAX || bytes > FILES_BYTES_MAX {
            let expected = format!("1 to {FILES_MAX} files of at most {FILES_BYTES_MAX} bytes together");
            return Err(names::wrong("files", &expected));
        }
        let files = files.into_iter().map(|file| (file.path, file.content)).collect();
        let published = self.registry.publish_files(files, person(&caller)).await;
        let (version, plans) = published.map_err(|error| refusals::of_files(&error))?;
        let registry_version = i64::try_from(version).unwrap_or(i64::MAX);
        Ok(Response::new(pb::PublishFilesResponse { registry_version, plans }))
    }

    async fn list_grants(
        &self,
        request: Request<pb::ListGrantsRequest>,
    ) -> Result<Response<pb::ListGrantsResponse>, Status> {
        let caller = caller(&request)?;
        let grants = grants::list(&self.registry.snapshot(), request.get_ref(), &caller);
        Ok(Response::new(pb::ListGrantsResponse { grants }))
    }

    async fn give_grant(
        &self,
        request: Request<pb::GiveGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let caller = caller(&request)?;
        let sent = request.get_ref().grant.as_ref();
        let grant = grants::read(&self.registry.snapshot(), sent, &caller, false)?;
        let given = self.registry.give_grant(grant.clone(), giver(&caller)).await;
        given.map_err(|error| refusals::of_registry(&error))?;
        Ok(Response::new(grants::told(&grant)))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let caller = caller(&request)?;
        let sent = request.get_ref().grant.as_ref();
        let grant = grants::read(&self.registry.snapshot(), sent, &caller, true)?;
        let revoked = self.registry.revoke_grant(&grant, giver(&caller)).await;
        let (revoked, version) = revoked.map_err(|error| refusals::of_registry(&error))?;
        let registry_version = i64::try_from(version).unwrap_or(i64::MAX);
        Ok(Response::new(pb::RevokeGrantResponse { revoked, registry_version }))
    }
}
