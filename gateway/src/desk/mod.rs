//! The desk of the agencies: where they register their systems, report back on what takes days, and report happenings
//! of their own (a hospital's birth notice). An agency speaks for itself alone, and never sees a case or its id.

mod happenings;
mod reports;

use std::sync::Arc;

use casework::name::AgencyId;
use proto::loket::desk::v1 as pb;
use proto::loket::desk::v1::desk_service_server::DeskService;
use tonic::{Request, Response, Status};

use crate::callers::{Principal, caller};
use crate::caseworker::Caseworker;
use crate::portal::refusals;
use crate::portal::words::timestamp;
use crate::reasons::{self, Reason};
use crate::registry::{Registry, RegistryError};
use crate::seal::Keyring;

/// The desk.
#[derive(Clone)]
pub struct DeskServiceImpl {
    registry: Registry,
    caseworker: Caseworker,
    keyring: Arc<Keyring>,
}

impl DeskServiceImpl {
    /// A desk for this registry, that gives what agencies report to this caseworker.
    #[must_use]
    pub fn new(registry: Registry, caseworker: Caseworker, keyring: Arc<Keyring>) -> Self {
        Self { registry, caseworker, keyring }
    }
}

/// The agency that is calling.
fn agency_of<T>(request: &Request<T>) -> Result<AgencyId, Status> {
    match &*caller(request)? {
        Principal::Agency { agency } => Ok(agency.clone()),
        other => Err(reasons::status(
            Reason::PermissionDenied,
            format!("the desk is for agencies; a {} has no business here", other.kind()),
        )),
    }
}

/// The agency that is calling, which speaks for itself.
fn for_itself<T>(request: &Request<T>, named: &str) -> Result<AgencyId, Status> {
    let agency = agency_of(request)?;
    if agency.as_str() != named {
        return Err(reasons::status(
            Reason::PermissionDenied,
            format!("the token is that of `{agency}`, which speaks for itself alone; write it as `agency`"),
        ));
    }
    Ok(agency)
}

fn refused(error: &RegistryError) -> Status {
    match error {
        RegistryError::NotFound { .. } => reasons::status(Reason::AgencyNotFound, error.to_string()),
        error => refusals::of_registry(error),
    }
}

#[tonic::async_trait]
impl DeskService for DeskServiceImpl {
    async fn register_agency(
        &self,
        request: Request<pb::RegisterAgencyRequest>,
    ) -> Result<Response<pb::RegisterAgencyResponse>, Status> {
        for_itself(&request, &request.get_ref().agency)?;
        let registered = self.registry.register(request.into_inner()).await;
        registered.map(Response::new).map_err(|error| refused(&error))
    }

    async fn heartbeat(
        &self,
        request: Request<pb::HeartbeatRequest>,
    ) -> Result<Response<pb::HeartbeatResponse>, Status> {
        for_itself(&request, &request.get_ref().agency)?;
        let beat = request.get_ref();
        let ends = self.registry.heartbeat(&beat.agency, &beat.endpoint).await;
        let ends = ends.map_err(|error| refused(&error))?;
        Ok(Response::new(pb::HeartbeatResponse { expire_time: Some(timestamp(ends)) }))
    }

    async fn withdraw_services(
        &self,
        request: Request<pb::WithdrawServicesRequest>,
    ) -> Result<Response<pb::WithdrawServicesResponse>, Status> {
        for_itself(&request, &request.get_ref().agency)?;
        let request = request.into_inner();
        let withdrawn = self.registry.withdraw(&request.agency, &request.services).await;
        withdrawn.map(Response::new).map_err(|error| refused(&error))
    }

    async fn report_step(
        &self,
        request: Request<pb::ReportStepRequest>,
    ) -> Result<Response<pb::ReportStepResponse>, Status> {
        let agency = agency_of(&request)?;
        let received = self.report(&agency, request.into_inner()).await?;
        Ok(Response::new(pb::ReportStepResponse { receive_time: Some(timestamp(received)) }))
    }

    async fn report_happening(
        &self,
        request: Request<pb::ReportHappeningRequest>,
    ) -> Result<Response<pb::ReportHappeningResponse>, Status> {
        let agency = for_itself(&request, &request.get_ref().agency)?;
        self.happening(agency, request.into_inner()).await.map(Response::new)
    }
}
