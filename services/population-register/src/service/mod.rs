//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::{BookError, Conclusion, Page, Promise, decision, received_on};
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::rules::{OBJECTION, REASONS};
use crate::wire::population_register_service_server::PopulationRegisterService;
use crate::wire::{
    CancelDeathEntryRequest, CancelMoveRequest, CancelNumberRequest, CancelResponse, CoParentRecord,
    CorrectDeathEntryRequest, CorrectDeathEntryResponse, CorrectMoveRequest, CorrectMoveResponse,
    CorrectNumberRequest, CorrectNumberResponse, DeathEntry, Dwelling, EnterDeathRequest,
    FindDwellingRequest, GetCoParentRecordRequest, GetDeathEntryStatusRequest, GetMarriageRecordRequest,
    GetMoveStatusRequest, GetNumberStatusRequest, GetPersonRecordRequest, GetSurvivingPartnerRequest,
    IssueNumberRequest, ListRemainingHouseholdRequest, MarriageRecord, MoveRegistration, NumberIssue,
    PersonRecord, RegisterMoveRequest, RemainingHousehold, SurvivingPartner,
};

mod deaths;
mod fields;
mod moves;
mod newborns;
mod persons;

pub(crate) struct PopulationRegister {
    promise: Promise,
}

impl PopulationRegister {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

/// Writes the conclusion down under a number of its own.
fn concluded(page: &mut Page<'_>, conclusion: &Conclusion, rules: &str) -> Result<Decision, BookError> {
    let number = page.next_number("decision")?;
    Ok(decision(conclusion, rules, format!("PR-{number:06}"), REASONS, OBJECTION))
}

#[tonic::async_trait]
impl PopulationRegisterService for PopulationRegister {
    async fn get_person_record(
        &self,
        request: Request<GetPersonRecordRequest>,
    ) -> Result<Response<PersonRecord>, Status> {
        let on = received_on(&request);
        let number = request.into_inner().person_number;
        let person = persons::person(self.promise.books(), number.as_deref())?;
        Ok(Response::new(persons::person_record(person.as_ref(), on)))
    }

    async fn get_co_parent_record(
        &self,
        request: Request<GetCoParentRecordRequest>,
    ) -> Result<Response<CoParentRecord>, Status> {
        let number = request.into_inner().person_number;
        let person = persons::person(self.promise.books(), number.as_deref())?;
        Ok(Response::new(persons::co_parent_record(person)))
    }

    async fn get_marriage_record(
        &self,
        request: Request<GetMarriageRecordRequest>,
    ) -> Result<Response<MarriageRecord>, Status> {
        let on = received_on(&request);
        let (books, number) = (self.promise.books(), request.into_inner().person_number);
        let person = persons::person(books, number.as_deref())?;
        Ok(Response::new(persons::marriage_record(books, person, on)?))
    }

    async fn get_surviving_partner(
        &self,
        request: Request<GetSurvivingPartnerRequest>,
    ) -> Result<Response<SurvivingPartner>, Status> {
        let (books, number) = (self.promise.books(), request.into_inner().person_number);
        let deceased = persons::person(books, number.as_deref())?;
        Ok(Response::new(persons::surviving_partner(books, deceased.as_ref())?))
    }

    async fn issue_number(
        &self,
        request: Request<IssueNumberRequest>,
    ) -> Result<Response<NumberIssue>, Status> {
        self.promise
            .once("IssueNumber", request, |page, call, request| newborns::issue(page, call, &request))
            .await
    }

    async fn cancel_number(
        &self,
        request: Request<CancelNumberRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_number_status(
        &self,
        request: Request<GetNumberStatusRequest>,
    ) -> Result<Response<NumberIssue>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn correct_number(
        &self,
        request: Request<CorrectNumberRequest>,
    ) -> Result<Response<CorrectNumberResponse>, Status> {
        self.promise
            .once("CorrectNumber", request, |page, _, request| newborns::correct(page, &request))
            .await
    }

    async fn find_dwelling(
        &self,
        request: Request<FindDwellingRequest>,
    ) -> Result<Response<Dwelling>, Status> {
        let on = received_on(&request);
        Ok(Response::new(persons::dwelling(self.promise.books(), &request.into_inner(), on)?))
    }

    async fn register_move(
        &self,
        request: Request<RegisterMoveRequest>,
    ) -> Result<Response<MoveRegistration>, Status> {
        self.promise
            .once("RegisterMove", request, |page, call, request| moves::register(page, call, &request))
            .await
    }

    async fn cancel_move(
        &self,
        request: Request<CancelMoveRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_move_status(
        &self,
        request: Request<GetMoveStatusRequest>,
    ) -> Result<Response<MoveRegistration>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn correct_move(
        &self,
        request: Request<CorrectMoveRequest>,
    ) -> Result<Response<CorrectMoveResponse>, Status> {
        self.promise.once("CorrectMove", request, |page, _, request| moves::correct(page, &request)).await
    }

    async fn list_remaining_household(
        &self,
        request: Request<ListRemainingHouseholdRequest>,
    ) -> Result<Response<RemainingHousehold>, Status> {
        let request = request.into_inner();
        Ok(Response::new(persons::remaining_household(self.promise.books(), &request)?))
    }

    async fn enter_death(&self, request: Request<EnterDeathRequest>) -> Result<Response<DeathEntry>, Status> {
        self.promise.once("EnterDeath", request, |page, _, request| deaths::enter(page, &request)).await
    }

    async fn cancel_death_entry(
        &self,
        request: Request<CancelDeathEntryRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_death_entry_status(
        &self,
        request: Request<GetDeathEntryStatusRequest>,
    ) -> Result<Response<DeathEntry>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn correct_death_entry(
        &self,
        request: Request<CorrectDeathEntryRequest>,
    ) -> Result<Response<CorrectDeathEntryResponse>, Status> {
        self.promise
            .once("CorrectDeathEntry", request, |page, _, request| deaths::correct(page, &request))
            .await
    }
}
