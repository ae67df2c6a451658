//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::{BookError, Conclusion, OperationOf, Page, Promise, Worklist, decision};
use jiff::civil::Date;
use proto::google::longrunning::Operation;
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::records::FOREIGN_MARRIAGE;
use crate::rules::{ACKNOWLEDGEMENT, APPEAL, CORRECTION, REASONS, marriage, parentage};
use crate::wire::civil_registry_service_server::CivilRegistryService;
use crate::wire::{
    BirthRegistration, CancelBirthRequest, CancelDeathRequest, CancelForeignMarriageCheckRequest,
    CancelParentageRequest, CancelResponse, CheckForeignMarriageRequest, CorrectBirthRequest,
    CorrectBirthResponse, CorrectDeathRequest, CorrectDeathResponse, DeathRegistration,
    DetermineParentageRequest, GetBirthStatusRequest, GetDeathStatusRequest,
    GetForeignMarriageCheckStatusRequest, GetParentageStatusRequest, Parentage, RegisterBirthRequest,
    RegisterDeathRequest,
};

mod births;
mod deaths;
mod family;
mod fields;

pub(crate) use family::conclude as conclude_foreign_marriage;

/// The messages of the check of a marriage concluded abroad.
pub(crate) const FOREIGN_MARRIAGE_CHECK: OperationOf = OperationOf {
    response: "gov.civilregistry.v1.ForeignMarriageFinding",
    metadata: "gov.civilregistry.v1.ForeignMarriageFindingProgress",
};

pub(crate) struct CivilRegistry {
    promise: Promise,
    worklist: Worklist,
}

impl CivilRegistry {
    pub(crate) fn new(promise: Promise, worklist: Worklist) -> Self {
        Self { promise, worklist }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

/// Writes the conclusion down under `reference`, or under a number of its own.
fn concluded(
    page: &mut Page<'_>,
    conclusion: &Conclusion,
    rules: &str,
    reference: Option<String>,
) -> Result<Decision, BookError> {
    let reference = match reference {
        Some(reference) => reference,
        None => format!("CR-{:06}", page.next_number("decision")?),
    };
    let remedy = match rules {
        marriage::VERSION => APPEAL,
        parentage::VERSION => ACKNOWLEDGEMENT,
        _ => CORRECTION,
    };
    Ok(decision(conclusion, rules, reference, REASONS, remedy))
}

/// The next number of the records of one kind and year: `B-2026-000001`.
fn numbered(page: &mut Page<'_>, kind: &str, on: Date) -> Result<String, BookError> {
    let series = format!("{kind}-{}", on.year());
    Ok(format!("{series}-{:06}", page.next_number(&series)?))
}

#[tonic::async_trait]
impl CivilRegistryService for CivilRegistry {
    async fn check_foreign_marriage(
        &self,
        request: Request<CheckForeignMarriageRequest>,
    ) -> Result<Response<Operation>, Status> {
        let worklist = self.worklist.clone();
        let answer = self
            .promise
            .once("CheckForeignMarriage", request, move |page, call, request| {
                family::ask_registrar(page, call, &worklist, &request)
            })
            .await;
        self.worklist.look();
        answer
    }

    async fn cancel_foreign_marriage_check(
        &self,
        request: Request<CancelForeignMarriageCheckRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        let key = request.into_inner().idempotency_key;
        let of = key.clone();
        // The registrar's finding came after the call: it goes as well.
        let undo = move |page: &mut Page<'_>, _: Operation| {
            Worklist::drop(page, &of)?;
            page.remove(FOREIGN_MARRIAGE, &of)?;
            Ok(())
        };
        let undone = self.promise.cancel(key, undo).await?;
        Ok(Response::new(CancelResponse { undone }))
    }

    async fn get_foreign_marriage_check_status(
        &self,
        request: Request<GetForeignMarriageCheckStatusRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn determine_parentage(
        &self,
        request: Request<DetermineParentageRequest>,
    ) -> Result<Response<Parentage>, Status> {
        self.promise
            .once("DetermineParentage", request, |page, call, request| {
                family::determine(page, call, &request)
            })
            .await
    }

    async fn cancel_parentage(
        &self,
        request: Request<CancelParentageRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_parentage_status(
        &self,
        request: Request<GetParentageStatusRequest>,
    ) -> Result<Response<Parentage>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn register_birth(
        &self,
        request: Request<RegisterBirthRequest>,
    ) -> Result<Response<BirthRegistration>, Status> {
        self.promise
            .once("RegisterBirth", request, |page, call, request| births::register(page, call, &request))
            .await
    }

    async fn cancel_birth(
        &self,
        request: Request<CancelBirthRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_birth_status(
        &self,
        request: Request<GetBirthStatusRequest>,
    ) -> Result<Response<BirthRegistration>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn correct_birth(
        &self,
        request: Request<CorrectBirthRequest>,
    ) -> Result<Response<CorrectBirthResponse>, Status> {
        self.promise
            .once("CorrectBirth", request, |page, call, request| births::correct(page, call, &request))
            .await
    }

    async fn register_death(
        &self,
        request: Request<RegisterDeathRequest>,
    ) -> Result<Response<DeathRegistration>, Status> {
        self.promise
            .once("RegisterDeath", request, |page, call, request| deaths::register(page, call, &request))
            .await
    }

    async fn cancel_death(
        &self,
        request: Request<CancelDeathRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_death_status(
        &self,
        request: Request<GetDeathStatusRequest>,
    ) -> Result<Response<DeathRegistration>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn correct_death(
        &self,
        request: Request<CorrectDeathRequest>,
    ) -> Result<Response<CorrectDeathResponse>, Status> {
        self.promise
            .once("CorrectDeath", request, |page, call, request| deaths::correct(page, call, &request))
            .await
    }
}
