//! Cases, as operators see them.

use casestore::Durability;
use casework::explain;
use casework::input::Input;
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::case_operations_service_server::CaseOperationsService;
use proto::loket::portal::v1::Case;
use tonic::{Request, Response, Status};

use super::sight::{self, Sight};
use super::{rows, steering};
use crate::callers::{Principal, caller};
use crate::cases::CaseFile;
use crate::caseworker::{CaseworkError, Caseworker};
use crate::portal::language::Language;
use crate::portal::words::changes;
use crate::portal::{names, refusals};
use crate::registry::Registry;

/// Most entries in one answer.
const ENTRIES_MAX: usize = 5_000;

/// Cases, as operators see them: states and reasons, no facts.
#[derive(Clone)]
pub struct CaseOperationsServiceImpl {
    caseworker: Caseworker,
    registry: Registry,
    durability: Durability,
}

impl CaseOperationsServiceImpl {
    /// The cases of this caseworker, on a store of this durability.
    #[must_use]
    pub fn new(caseworker: Caseworker, registry: Registry, durability: Durability) -> Self {
        Self { caseworker, registry, durability }
    }

    async fn read(&self, name: &str) -> Result<Sight, Status> {
        sight::read(&self.caseworker, &self.registry, name).await
    }

    /// The case where it concerns the caller: an officer's agency has a step in it.
    async fn of_caller(&self, caller: &Principal, name: &str) -> Result<Sight, Status> {
        let sight = self.read(name).await?;
        match caller {
            Principal::Officer { agency, .. } if !sight.concerns(agency) => Err(names::no_such_case()),
            _ => Ok(sight),
        }
    }

    /// Gives the case the input, and tells the case after it.
    async fn give(
        &self,
        caller: &Principal,
        sight: Sight,
        input: Input,
        language: &Language,
    ) -> Result<Response<Case>, Status> {
        let file = self.caseworker.give(sight.file.id, input).await;
        self.after(caller, file, language)
    }

    /// Tells the case as it is after what was done.
    fn after(
        &self,
        caller: &Principal,
        file: Result<CaseFile, CaseworkError>,
        language: &Language,
    ) -> Result<Response<Case>, Status> {
        let file = file.map_err(|error| refusals::of(&error))?;
        let after = Sight { file, snapshot: self.registry.snapshot() };
        Ok(Response::new(after.told(caller, self.durability, language)?))
    }
}

#[tonic::async_trait]
impl CaseOperationsService for CaseOperationsServiceImpl {
    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        Ok(Response::new(rows::list(&self.caseworker, request.get_ref()).await?))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.read(&request.get_ref().name).await?;
        Ok(Response::new(sight.told(&caller, self.durability, &language)?))
    }

    async fn explain_case(
        &self,
        request: Request<pb::ExplainCaseRequest>,
    ) -> Result<Response<pb::ExplainCaseResponse>, Status> {
        let language = sight::language(&request);
        let sight = self.read(&request.get_ref().name).await?;
        let text = sight
            .looking(&language, |viewer| explain::explain(&viewer.rules, viewer.case, sight.file.now))?;
        Ok(Response::new(pb::ExplainCaseResponse { text }))
    }

    async fn verify_case(
        &self,
        request: Request<pb::VerifyCaseRequest>,
    ) -> Result<Response<pb::VerifyCaseResponse>, Status> {
        let id = names::case(&request.get_ref().name)?;
        let verified = self.caseworker.verify(id).await.map_err(|error| refusals::of(&error))?;
        let rows = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        Ok(Response::new(pb::VerifyCaseResponse {
            case_rows: rows(verified.case_rows),
            case_head: verified.case_head.to_string(),
            access_rows: rows(verified.access_rows),
            access_head: verified.access_head.to_string(),
            faults: verified.faults,
        }))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let language = sight::language(&request);
        let request = request.into_inner();
        let after = u64::try_from(request.after).map_err(|_| names::wrong("after", "0 or more"))?;
        let sight = self.read(&request.parent).await?;
        let entries = sight.looking(&language, |viewer| {
            let later = sight.file.entries().iter().filter(|recorded| recorded.number > after);
            later.take(ENTRIES_MAX).map(|recorded| changes::line(viewer, recorded)).collect()
        })?;
        Ok(Response::new(pb::ListEntriesResponse { entries }))
    }

    async fn steer_step(&self, request: Request<pb::SteerStepRequest>) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.of_caller(&caller, &request.get_ref().name).await?;
        let input = steering::steer(request.get_ref(), &caller)?;
        self.give(&caller, sight, input, &language).await
    }

    async fn decide_member(
        &self,
        request: Request<pb::DecideMemberRequest>,
    ) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.of_caller(&caller, &request.get_ref().name).await?;
        let input = steering::member(request.get_ref(), &caller)?;
        self.give(&caller, sight, input, &language).await
    }

    async fn correct_facts(
        &self,
        request: Request<pb::CorrectFactsRequest>,
    ) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.of_caller(&caller, &request.get_ref().name).await?;
        let input = steering::correction(request.get_ref(), &caller, &sight)?;
        self.give(&caller, sight, input, &language).await
    }

    async fn decide_claim(&self, request: Request<pb::DecideClaimRequest>) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.of_caller(&caller, &request.get_ref().name).await?;
        let input = steering::claim(request.get_ref(), &caller)?;
        self.give(&caller, sight, input, &language).await
    }

    async fn decide_sameness(
        &self,
        request: Request<pb::DecideSamenessRequest>,
    ) -> Result<Response<Case>, Status> {
        let (caller, language) = (caller(&request)?, sight::language(&request));
        let sight = self.of_caller(&caller, &request.get_ref().name).await?;
        let decided = steering::sameness(request.get_ref(), &caller)?;
        let file = self.caseworker.decide_sameness(sight.file.id, decided).await;
        self.after(&caller, file, &language)
    }
}
