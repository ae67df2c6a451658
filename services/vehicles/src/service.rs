//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::google::{date, first_day, types::Date as WireDate};
use agency_kit::{BookError, Conclusion, Page, Promise, decision, invalid};
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use crate::records::{HELD, LICENCE, Licence, VEHICLE, Vehicle};
use crate::rules::{self, OBJECTION, REASONS};
use crate::wire::vehicles_service_server::VehiclesService;
use crate::wire::{
    CancelHolderAddressRequest, CancelLicenceAddressRequest, CancelLicenceWithdrawalRequest, CancelResponse,
    CancelTransferRequest, ChangeHolderAddressRequest, ChangeHolderAddressResponse,
    ChangeLicenceAddressRequest, ChangeLicenceAddressResponse, EstateTransfer, EstateVehicle,
    GetHolderAddressStatusRequest, GetLicenceAddressStatusRequest, GetLicenceWithdrawalStatusRequest,
    GetTransferStatusRequest, LicenceWithdrawal, ListVehiclesOfEstateRequest, ListVehiclesOfMoversRequest,
    MovingVehicle, OpenTransferRequest, RestoreLicenceRequest, RestoreLicenceResponse, RevokeTransferRequest,
    RevokeTransferResponse, VehiclesOfEstate, VehiclesOfMovers, WithdrawLicenceRequest,
};

pub(crate) struct Vehicles {
    promise: Promise,
}

impl Vehicles {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    /// In the order of plates.
    fn held_by(&self, holder: &str) -> Result<Vec<String>, BookError> {
        let held = self.promise.books().list::<String>(HELD, &format!("{holder}/"))?;
        Ok(held.into_iter().map(|(_, plate)| plate).collect())
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

fn day(field: &str, given: Option<WireDate>) -> Result<Date, Status> {
    given
        .as_ref()
        .and_then(first_day)
        .ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

fn text(field: &str, given: String) -> Result<String, Status> {
    if given.trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(given) }
}

fn concluded(
    page: &mut Page<'_>,
    conclusion: &Conclusion,
    rules: &str,
) -> Result<proto::loket::v1::Decision, Status> {
    let number = page.next_number("decision")?;
    Ok(decision(conclusion, rules, format!("VEH-{number:06}"), REASONS, OBJECTION))
}

#[tonic::async_trait]
impl VehiclesService for Vehicles {
    async fn list_vehicles_of_movers(
        &self,
        request: Request<ListVehiclesOfMoversRequest>,
    ) -> Result<Response<VehiclesOfMovers>, Status> {
        let mut vehicles = Vec::new();
        for mover in request.into_inner().movers {
            let Some(from) = mover.resident_from.filter(|_| mover.protected != Some(true)) else { continue };
            let plates = self.held_by(&mover.person_number)?;
            vehicles.extend(plates.into_iter().take(rules::VEHICLES_OF_HOLDER_MAX).map(|plate| {
                MovingVehicle {
                    plate: Some(plate),
                    holder: Some(mover.person_number.clone()),
                    move_due: Some(from),
                }
            }));
        }
        vehicles.truncate(rules::VEHICLES_MAX);
        Ok(Response::new(VehiclesOfMovers { vehicles }))
    }

    async fn change_holder_address(
        &self,
        request: Request<ChangeHolderAddressRequest>,
    ) -> Result<Response<ChangeHolderAddressResponse>, Status> {
        self.promise
            .once("ChangeHolderAddress", request, |page, call, request| {
                let plate = text("plate", request.plate)?;
                let due = day("move_due", request.move_due)?;
                let address = request.new_address.ok_or_else(|| invalid("new_address", "must be given"))?;
                let vehicle = page.get::<Vehicle>(VEHICLE, &plate)?;
                let (conclusion, from) =
                    rules::holder_address(vehicle.as_ref(), &request.holder, due, call.received_on());
                if let (Some(vehicle), Some(from)) = (vehicle, from) {
                    let moved = Vehicle {
                        address: Some(address.address_lines),
                        address_from: Some(from),
                        ..vehicle.clone()
                    };
                    page.put(VEHICLE, &plate, &moved)?;
                }
                Ok(ChangeHolderAddressResponse {
                    decision: Some(concluded(page, &conclusion, "holder-address/2026-01")?),
                    address_from: from.map(date),
                })
            })
            .await
    }

    async fn cancel_holder_address(
        &self,
        request: Request<CancelHolderAddressRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_holder_address_status(
        &self,
        request: Request<GetHolderAddressStatusRequest>,
    ) -> Result<Response<ChangeHolderAddressResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn change_licence_address(
        &self,
        request: Request<ChangeLicenceAddressRequest>,
    ) -> Result<Response<ChangeLicenceAddressResponse>, Status> {
        self.promise
            .once("ChangeLicenceAddress", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let from = day("resident_from", request.resident_from)?;
                let address = request.new_address.ok_or_else(|| invalid("new_address", "must be given"))?;
                let protected = request.protected == Some(true);
                let licence = page.get::<Licence>(LICENCE, &number)?;
                let conclusion = rules::licence_address(licence.as_ref(), protected);
                if let Some(licence) = licence.filter(|_| conclusion.gives()) {
                    let reminder_to = (!protected).then_some((address.address_lines, from));
                    page.put(LICENCE, &number, &Licence { reminder_to, ..licence })?;
                }
                let decision = concluded(page, &conclusion, "licence-address/2026-01")?;
                Ok(ChangeLicenceAddressResponse { decision: Some(decision) })
            })
            .await
    }

    async fn cancel_licence_address(
        &self,
        request: Request<CancelLicenceAddressRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_licence_address_status(
        &self,
        request: Request<GetLicenceAddressStatusRequest>,
    ) -> Result<Response<ChangeLicenceAddressResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn list_vehicles_of_estate(
        &self,
        request: Request<ListVehiclesOfEstateRequest>,
    ) -> Result<Response<VehiclesOfEstate>, Status> {
        let request = request.into_inner();
        text("death_record", request.death_record)?;
        let number = request.person_number.ok_or_else(|| invalid("person_number", "must be given"))?;
        let vehicles = self
            .held_by(&number)?
            .into_iter()
            .take(rules::VEHICLES_MAX)
            .map(|plate| EstateVehicle { plate: Some(plate) })
            .collect();
        Ok(Response::new(VehiclesOfEstate { vehicles }))
    }

    async fn open_transfer(
        &self,
        request: Request<OpenTransferRequest>,
    ) -> Result<Response<EstateTransfer>, Status> {
        self.promise
            .once("OpenTransfer", request, |page, call, request| {
                let plate = text("plate", request.plate)?;
                text("death_record", request.death_record)?;
                day("death_date", request.death_date)?;
                let vehicle = page.get::<Vehicle>(VEHICLE, &plate)?;
                let (conclusion, by) = rules::estate_transfer(vehicle.as_ref(), call.received_on());
                if let Some(vehicle) = vehicle {
                    page.put(VEHICLE, &plate, &Vehicle { transfer_by: by, ..vehicle })?;
                }
                Ok(EstateTransfer {
                    decision: Some(concluded(page, &conclusion, "estate-transfer/2026-01")?),
                    transfer_by: by.map(date),
                })
            })
            .await
    }

    async fn cancel_transfer(
        &self,
        request: Request<CancelTransferRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_transfer_status(
        &self,
        request: Request<GetTransferStatusRequest>,
    ) -> Result<Response<EstateTransfer>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn revoke_transfer(
        &self,
        request: Request<RevokeTransferRequest>,
    ) -> Result<Response<RevokeTransferResponse>, Status> {
        self.promise
            .once("RevokeTransfer", request, |page, _, request| {
                let plate = text("plate", request.plate)?;
                let vehicle = page.get::<Vehicle>(VEHICLE, &plate)?;
                let conclusion = rules::estate_transfer_revocation(vehicle.as_ref());
                if let Some(vehicle) = vehicle {
                    page.put(VEHICLE, &plate, &Vehicle { transfer_by: None, ..vehicle })?;
                }
                let decision = concluded(page, &conclusion, "estate-transfer-revocation/2026-01")?;
                Ok(RevokeTransferResponse { decision: Some(decision) })
            })
            .await
    }

    async fn withdraw_licence(
        &self,
        request: Request<WithdrawLicenceRequest>,
    ) -> Result<Response<LicenceWithdrawal>, Status> {
        self.promise
            .once("WithdrawLicence", request, |page, _, request| {
                let number =
                    request.person_number.ok_or_else(|| invalid("person_number", "must be given"))?;
                text("death_record", request.death_record)?;
                let died_on = day("death_date", request.death_date)?;
                let licence = page.get::<Licence>(LICENCE, &number)?;
                let (conclusion, withdrawn_on) = rules::licence_withdrawal(licence.as_ref(), died_on);
                if withdrawn_on.is_some() {
                    // Nobody is reminded of anything any more.
                    page.put(LICENCE, &number, &Licence { withdrawn_on, reminder_to: None })?;
                }
                Ok(LicenceWithdrawal {
                    decision: Some(concluded(page, &conclusion, "licence-withdrawal/2026-01")?),
                    licence_withdrawn_on: withdrawn_on.map(date),
                })
            })
            .await
    }

    async fn cancel_licence_withdrawal(
        &self,
        request: Request<CancelLicenceWithdrawalRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_licence_withdrawal_status(
        &self,
        request: Request<GetLicenceWithdrawalStatusRequest>,
    ) -> Result<Response<LicenceWithdrawal>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn restore_licence(
        &self,
        request: Request<RestoreLicenceRequest>,
    ) -> Result<Response<RestoreLicenceResponse>, Status> {
        self.promise
            .once("RestoreLicence", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let licence = page.get::<Licence>(LICENCE, &number)?;
                let conclusion = rules::licence_restoration(licence.as_ref());
                if conclusion.gives() {
                    page.put(LICENCE, &number, &Licence { withdrawn_on: None, reminder_to: None })?;
                }
                let decision = concluded(page, &conclusion, "licence-restoration/2026-01")?;
                Ok(RestoreLicenceResponse { decision: Some(decision) })
            })
            .await
    }
}
