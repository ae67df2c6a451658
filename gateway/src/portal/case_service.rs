//! Cases and drafts of the calling citizen.

use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::case_service_server::CaseService;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status};

use super::counter::Counter;
use super::language::Language;
use super::standing;
use super::watching::{OVER, Watching};
use crate::callers::caller;

/// Cases and drafts of the calling citizen.
#[derive(Clone)]
pub struct CaseServiceImpl {
    counter: Counter,
}

impl CaseServiceImpl {
    /// The cases of this counter.
    #[must_use]
    pub fn new(counter: Counter) -> Self {
        Self { counter }
    }
}

/// The language of the answer: of the request, or of its metadata.
macro_rules! language {
    ($request:expr) => {
        Language::of(&$request.get_ref().language, $request.metadata())
    };
}

#[tonic::async_trait]
impl CaseService for CaseServiceImpl {
    async fn open_case(
        &self,
        request: Request<pb::OpenCaseRequest>,
    ) -> Result<Response<pb::OpenCaseResponse>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let citizen = standing::citizen(&principal)?;
        let opened = self.counter.open(citizen, request.into_inner(), &language).await?;
        Ok(Response::new(opened))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.standing(&principal, &request.get_ref().name).await?;
        Ok(Response::new(self.counter.answer(&standing, &language).await?))
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let listed = self.counter.list(standing::citizen(&principal)?, request.get_ref(), &language).await?;
        Ok(Response::new(listed))
    }

    type WatchCaseStream = Watching;

    async fn watch_case(&self, request: Request<pb::WatchCaseRequest>) -> Result<Response<Watching>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let begun = self.counter.watch(principal, request.into_inner(), language).await?;
        let mut response = Response::new(begun.watching);
        if begun.over {
            response.metadata_mut().insert(OVER, MetadataValue::from_static("true"));
        }
        Ok(response)
    }

    async fn answer_questions(
        &self,
        request: Request<pb::AnswerQuestionsRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.playing(&principal, &request.get_ref().name).await?;
        let answered = self.counter.answer_questions(standing, &request.get_ref().answers, &language).await?;
        Ok(Response::new(answered))
    }

    async fn answer_offer(
        &self,
        request: Request<pb::AnswerOfferRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.playing(&principal, &request.get_ref().name).await?;
        Ok(Response::new(self.counter.answer_offer(standing, request.get_ref(), &language).await?))
    }

    async fn dispute_fact(
        &self,
        request: Request<pb::DisputeFactRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.playing(&principal, &request.get_ref().name).await?;
        Ok(Response::new(self.counter.dispute(standing, request.get_ref(), &language).await?))
    }

    async fn correct_facts(
        &self,
        request: Request<pb::CorrectFactsRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.playing(&principal, &request.get_ref().name).await?;
        Ok(Response::new(self.counter.correct(standing, request.get_ref(), &language).await?))
    }

    async fn withdraw_case(
        &self,
        request: Request<pb::WithdrawCaseRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.playing(&principal, &request.get_ref().name).await?;
        Ok(Response::new(self.counter.withdraw(standing, request.get_ref(), &language).await?))
    }

    async fn list_disclosures(
        &self,
        request: Request<pb::ListDisclosuresRequest>,
    ) -> Result<Response<pb::ListDisclosuresResponse>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let standing = self.counter.standing(&principal, &request.get_ref().parent).await?;
        Ok(Response::new(self.counter.disclosures(&standing, &language).await?))
    }

    async fn create_draft(
        &self,
        request: Request<pb::CreateDraftRequest>,
    ) -> Result<Response<pb::Draft>, Status> {
        let principal = caller(&request)?;
        let asked = request.get_ref().draft.as_ref().map(|draft| draft.language.as_str()).unwrap_or_default();
        let language = Language::of(asked, request.metadata());
        let draft = request.into_inner().draft.unwrap_or_default();
        Ok(Response::new(self.counter.create_draft(standing::citizen(&principal)?, draft, &language).await?))
    }

    async fn get_draft(&self, request: Request<pb::GetDraftRequest>) -> Result<Response<pb::Draft>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let citizen = standing::citizen(&principal)?;
        Ok(Response::new(self.counter.get_draft(citizen, &request.get_ref().name, &language).await?))
    }

    async fn update_draft(
        &self,
        request: Request<pb::UpdateDraftRequest>,
    ) -> Result<Response<pb::Draft>, Status> {
        let principal = caller(&request)?;
        let asked = request.get_ref().draft.as_ref().map(|draft| draft.language.as_str()).unwrap_or_default();
        let language = Language::of(asked, request.metadata());
        let draft = request.into_inner().draft.unwrap_or_default();
        Ok(Response::new(self.counter.update_draft(standing::citizen(&principal)?, draft, &language).await?))
    }

    async fn delete_draft(&self, request: Request<pb::DeleteDraftRequest>) -> Result<Response<()>, Status> {
        let principal = caller(&request)?;
        let citizen = standing::citizen(&principal)?;
        self.counter.delete_draft(citizen, &request.get_ref().name).await?;
        Ok(Response::new(()))
    }

    async fn submit_draft(
        &self,
        request: Request<pb::SubmitDraftRequest>,
    ) -> Result<Response<pb::OpenCaseResponse>, Status> {
        let (principal, language) = (caller(&request)?, language!(request));
        let citizen = standing::citizen(&principal)?;
        Ok(Response::new(self.counter.submit_draft(citizen, &request.get_ref().name, &language).await?))
    }
}
