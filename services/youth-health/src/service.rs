//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::google::{date, first_day, types::Date as WireDate};
use agency_kit::{Conclusion, Page, Promise, decision, invalid};
use jiff::civil::Date;
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::records::{FILE, File, Invitation, Screening as Visit};
use crate::rules::{self, OBJECTION, REASONS};
use crate::wire::youth_health_service_server::YouthHealthService;
use crate::wire::{
    CancelFileTransferRequest, CancelInvitationsStopRequest, CancelResponse, CancelScreeningRequest,
    CancelVaccinationInvitationRequest, FindScreeningRequest, GetFileTransferStatusRequest,
    GetInvitationsStopStatusRequest, GetScreeningStatusRequest, GetVaccinationInvitationStatusRequest,
    InviteForVaccinationRequest, ScheduleScreeningRequest, Screening, StopInvitationsRequest,
    StopInvitationsResponse, TransferFileRequest, TransferFileResponse, VaccinationInvitation,
};

pub(crate) struct YouthHealth {
    promise: Promise,
}

impl YouthHealth {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

fn day(field: &str, given: Option<&WireDate>) -> Result<Date, Status> {
    given.and_then(first_day).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

fn text(field: &str, given: String) -> Result<String, Status> {
    if given.trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(given) }
}

fn concluded(page: &mut Page<'_>, conclusion: &Conclusion, rules: &str) -> Result<Option<Decision>, Status> {
    let number = page.next_number("decision")?;
    Ok(Some(decision(conclusion, rules, format!("YHC-{number:06}"), REASONS, OBJECTION)))
}

fn file_of(page: &Page<'_>, number: &str) -> Result<File, Status> {
    Ok(page.get::<File>(FILE, number)?.unwrap_or_default())
}

/// Writes a file down where it says anything new.
fn keep(page: &mut Page<'_>, number: &str, file: File) -> Result<(), Status> {
    if page.get::<File>(FILE, number)?.as_ref() != Some(&file) {
        page.put(FILE, number, &file)?;
    }
    Ok(())
}

#[tonic::async_trait]
impl YouthHealthService for YouthHealth {
    async fn schedule_screening(
        &self,
        request: Request<ScheduleScreeningRequest>,
    ) -> Result<Response<Screening>, Status> {
        self.promise
            .once("ScheduleScreening", request, |page, call, request| {
                let number = text("person_number", request.person_number)?;
                let born = day("birth_date", request.birth_date.as_ref())?;
                let address = request.address.ok_or_else(|| invalid("address", "must be given"))?;
                let protected = request.protected == Some(true);
                let file = file_of(page, &number)?;
                let (conclusion, on, hearing_only) =
                    rules::screening(file.screening.as_ref(), born, call.received_on(), protected);
                if let Some(on) = on {
                    let at = (!protected).then_some(address.address_lines);
                    keep(page, &number, File { screening: Some(Visit { on, hearing_only, at }), ..file })?;
                }
                let decision = concluded(page, &conclusion, "newborn-screening/2026-11")?;
                Ok(Screening { decision, screening_date: on.map(date) })
            })
            .await
    }

    async fn cancel_screening(
        &self,
        request: Request<CancelScreeningRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_screening_status(
        &self,
        request: Request<GetScreeningStatusRequest>,
    ) -> Result<Response<Screening>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn find_screening(
        &self,
        request: Request<FindScreeningRequest>,
    ) -> Result<Response<Screening>, Status> {
        let number = text("person_number", request.into_inner().person_number)?;
        let file = self.promise.books().get::<File>(FILE, &number)?;
        let visit = file
            .and_then(|it| it.screening)
            .ok_or_else(|| Status::not_found("no visit is planned for this child"))?;
        let conclusion =
            if visit.hearing_only { Conclusion::partly("hearing-only") } else { Conclusion::granted() };
        let found = decision(&conclusion, "newborn-screening/2026-11", String::new(), REASONS, OBJECTION);
        Ok(Response::new(Screening { decision: Some(found), screening_date: Some(date(visit.on)) }))
    }

    async fn invite_for_vaccination(
        &self,
        request: Request<InviteForVaccinationRequest>,
    ) -> Result<Response<VaccinationInvitation>, Status> {
        self.promise
            .once("InviteForVaccination", request, |page, call, request| {
                let number = text("person_number", request.person_number)?;
                let born = day("birth_date", request.birth_date.as_ref())?;
                let address = request.address.ok_or_else(|| invalid("address", "must be given"))?;
                let file = file_of(page, &number)?;
                let (conclusion, vaccinations) =
                    rules::vaccinations(&file.vaccinations, born, call.received_on());
                let first = vaccinations.first().copied();
                if first.is_some() {
                    let names = request.registered_name.unwrap_or_else(|| "your child".to_owned());
                    let to = (request.protected != Some(true)).then_some(address.address_lines);
                    let invitation = Some(Invitation { names, to });
                    let municipality = Some(address.administrative_area);
                    let municipality = file.municipality.clone().or(municipality);
                    keep(page, &number, File { vaccinations, invitation, municipality, ..file })?;
                }
                let decision = concluded(page, &conclusion, "vaccination/2026-11")?;
                Ok(VaccinationInvitation { decision, first_vaccination: first.map(date) })
            })
            .await
    }

    async fn cancel_vaccination_invitation(
        &self,
        request: Request<CancelVaccinationInvitationRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_vaccination_invitation_status(
        &self,
        request: Request<GetVaccinationInvitationStatusRequest>,
    ) -> Result<Response<VaccinationInvitation>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn transfer_file(
        &self,
        request: Request<TransferFileRequest>,
    ) -> Result<Response<TransferFileResponse>, Status> {
        self.promise
            .once("TransferFile", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let from = day("resident_from", request.resident_from.as_ref())?;
                let municipality = text("new_municipality", request.new_municipality)?;
                let file = page.get::<File>(FILE, &number)?;
                let conclusion = rules::file_at_hand(file.as_ref());
                if let Some(file) = file.filter(|_| conclusion.gives()) {
                    let moved =
                        File { municipality: Some(municipality), responsible_from: Some(from), ..file };
                    page.put(FILE, &number, &moved)?;
                }
                let decision = concluded(page, &conclusion, "file-transfer/2026-01")?;
                Ok(TransferFileResponse { decision })
            })
            .await
    }

    async fn cancel_file_transfer(
        &self,
        request: Request<CancelFileTransferRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_file_transfer_status(
        &self,
        request: Request<GetFileTransferStatusRequest>,
    ) -> Result<Response<TransferFileResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn stop_invitations(
        &self,
        request: Request<StopInvitationsRequest>,
    ) -> Result<Response<StopInvitationsResponse>, Status> {
        self.promise
            .once("StopInvitations", request, |page, _, request| {
                let number =
                    request.person_number.ok_or_else(|| invalid("person_number", "must be given"))?;
                text("death_record", request.death_record)?;
                let file = page.get::<File>(FILE, &number)?;
                let conclusion = rules::file_at_hand(file.as_ref());
                if let Some(file) = file.filter(|_| conclusion.gives()) {
                    let closed = File { closed: true, vaccinations: Vec::new(), screening: None, ..file };
                    page.put(FILE, &number, &closed)?;
                }
                let decision = concluded(page, &conclusion, "invitations-stop/2026-01")?;
                Ok(StopInvitationsResponse { decision })
            })
            .await
    }

    async fn cancel_invitations_stop(
        &self,
        request: Request<CancelInvitationsStopRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_invitations_stop_status(
        &self,
        request: Request<GetInvitationsStopStatusRequest>,
    ) -> Result<Response<StopInvitationsResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }
}
