//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::{BookError, Call, Conclusion, OperationOf, Page, Promise, Worklist, decision};
use proto::google::longrunning::Operation;
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::records::INVESTIGATION;
use crate::rules::{OBJECTION, Place, REASONS};
use crate::wire::municipality_service_server::MunicipalityService;
use crate::wire::{
    BurialPermit, CancelAddressInvestigationRequest, CancelArrivalRequest, CancelBurialPermitRequest,
    CancelDepartureRequest, CancelResidentServicesEndRequest, CancelResponse, CancelWelcomeRequest,
    CloseResidentRequest, CloseResidentResponse, GetAddressInvestigationStatusRequest,
    GetArrivalStatusRequest, GetBurialPermitStatusRequest, GetDepartureStatusRequest,
    GetResidentServicesEndStatusRequest, GetWelcomeStatusRequest, InvestigateAddressRequest,
    PermitBurialRequest, ReleaseResidentRequest, ReleaseResidentResponse, WelcomeNewbornRequest,
    WelcomeNewbornResponse, WelcomeResidentRequest, WelcomeResidentResponse, WithdrawBurialPermitRequest,
    WithdrawBurialPermitResponse,
};

mod addresses;
mod burials;
mod fields;
mod residents;

pub(crate) use addresses::conclude as conclude_investigation;

/// The messages of the investigation of an address.
pub(crate) const ADDRESS_INVESTIGATION: OperationOf = OperationOf {
    response: "gov.municipality.v1.AddressFinding",
    metadata: "gov.municipality.v1.AddressFindingProgress",
};

pub(crate) struct Municipality {
    place: Place,
    promise: Promise,
    worklist: Worklist,
}

impl Municipality {
    pub(crate) fn new(place: Place, promise: Promise, worklist: Worklist) -> Self {
        Self { place, promise, worklist }
    }

    /// Does something once per key, by the rules of this place.
    async fn once<Q, A>(
        &self,
        method: &'static str,
        request: Request<Q>,
        act: fn(Place, &mut Page<'_>, &Call, &Q) -> Result<A, Status>,
    ) -> Result<Response<A>, Status>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let place = self.place;
        self.promise.once(method, request, move |page, call, request| act(place, page, call, &request)).await
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

/// Writes the conclusion down under a number of its own.
fn concluded(
    place: Place,
    page: &mut Page<'_>,
    conclusion: &Conclusion,
    rules: &str,
) -> Result<Decision, BookError> {
    let number = page.next_number("decision")?;
    Ok(decision(conclusion, rules, format!("{}-{number:06}", place.code()), REASONS, OBJECTION))
}

#[tonic::async_trait]
impl MunicipalityService for Municipality {
    async fn welcome_newborn(
        &self,
        request: Request<WelcomeNewbornRequest>,
    ) -> Result<Response<WelcomeNewbornResponse>, Status> {
        self.once("WelcomeNewborn", request, residents::welcome_newborn).await
    }

    async fn cancel_welcome(
        &self,
        request: Request<CancelWelcomeRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_welcome_status(
        &self,
        request: Request<GetWelcomeStatusRequest>,
    ) -> Result<Response<WelcomeNewbornResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn investigate_address(
        &self,
        request: Request<InvestigateAddressRequest>,
    ) -> Result<Response<Operation>, Status> {
        let (place, worklist) = (self.place, self.worklist.clone());
        let answer = self
            .promise
            .once("InvestigateAddress", request, move |page, call, request| {
                addresses::ask_inspector(place, page, call, &worklist, request)
            })
            .await;
        self.worklist.look();
        answer
    }

    async fn cancel_address_investigation(
        &self,
        request: Request<CancelAddressInvestigationRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        let key = request.into_inner().idempotency_key;
        let of = key.clone();
        // The inspector's finding came after the call: it goes as well.
        let undo = move |page: &mut Page<'_>, _: Operation| {
            Worklist::drop(page, &of)?;
            page.remove(INVESTIGATION, &of)?;
            Ok(())
        };
        let undone = self.promise.cancel(key, undo).await?;
        Ok(Response::new(CancelResponse { undone }))
    }

    async fn get_address_investigation_status(
        &self,
        request: Request<GetAddressInvestigationStatusRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn welcome_resident(
        &self,
        request: Request<WelcomeResidentRequest>,
    ) -> Result<Response<WelcomeResidentResponse>, Status> {
        self.once("WelcomeResident", request, residents::welcome).await
    }

    async fn cancel_arrival(
        &self,
        request: Request<CancelArrivalRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_arrival_status(
        &self,
        request: Request<GetArrivalStatusRequest>,
    ) -> Result<Response<WelcomeResidentResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn release_resident(
        &self,
        request: Request<ReleaseResidentRequest>,
    ) -> Result<Response<ReleaseResidentResponse>, Status> {
        self.once("ReleaseResident", request, residents::release).await
    }

    async fn cancel_departure(
        &self,
        request: Request<CancelDepartureRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_departure_status(
        &self,
        request: Request<GetDepartureStatusRequest>,
    ) -> Result<Response<ReleaseResidentResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn permit_burial(
        &self,
        request: Request<PermitBurialRequest>,
    ) -> Result<Response<BurialPermit>, Status> {
        self.once("PermitBurial", request, burials::permit).await
    }

    async fn cancel_burial_permit(
        &self,
        request: Request<CancelBurialPermitRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_burial_permit_status(
        &self,
        request: Request<GetBurialPermitStatusRequest>,
    ) -> Result<Response<BurialPermit>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn withdraw_burial_permit(
        &self,
        request: Request<WithdrawBurialPermitRequest>,
    ) -> Result<Response<WithdrawBurialPermitResponse>, Status> {
        self.once("WithdrawBurialPermit", request, |place, page, _, request| {
            burials::withdraw(place, page, request)
        })
        .await
    }

    async fn close_resident(
        &self,
        request: Request<CloseResidentRequest>,
    ) -> Result<Response<CloseResidentResponse>, Status> {
        self.once("CloseResident", request, residents::close).await
    }

    async fn cancel_resident_services_end(
        &self,
        request: Request<CancelResidentServicesEndRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_resident_services_end_status(
        &self,
        request: Request<GetResidentServicesEndStatusRequest>,
    ) -> Result<Response<CloseResidentResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }
}
