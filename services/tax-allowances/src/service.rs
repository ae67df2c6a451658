//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

mod acts;

use agency_kit::{Conclusion, Promise, decision};
use tonic::{Request, Response, Status};

use crate::rules::{OBJECTION, REASONS};
use crate::wire::tax_allowances_service_server::TaxAllowancesService;
use crate::wire::{
    CancelAddressChangeRequest, CancelAllowancesStopRequest, CancelChildBudgetRequest,
    CancelHouseholdRecheckRequest, CancelRentAllowanceRecheckRequest, CancelResponse, ChangeAddressRequest,
    ChangeAddressResponse, ExplainInheritanceTaxRequest, ExplainInheritanceTaxResponse,
    GetAddressChangeStatusRequest, GetAllowancesStopStatusRequest, GetChildBudgetStatusRequest,
    GetHouseholdRecheckStatusRequest, GetRentAllowanceRecheckStatusRequest, GrantChildBudgetRequest,
    GrantChildBudgetResponse, OfferChildcareAllowanceRequest, OfferChildcareAllowanceResponse,
    RecheckHouseholdRequest, RecheckHouseholdResponse, RecheckRentAllowanceRequest,
    RecheckRentAllowanceResponse, ResumeAllowancesRequest, ResumeAllowancesResponse,
    RevokeChildBudgetRequest, RevokeChildBudgetResponse, StopAllowancesRequest, StopAllowancesResponse,
    WithdrawRentAllowanceRecheckRequest, WithdrawRentAllowanceRecheckResponse,
};

pub(crate) struct TaxAllowances {
    promise: Promise,
}

impl TaxAllowances {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

#[tonic::async_trait]
impl TaxAllowancesService for TaxAllowances {
    async fn grant_child_budget(
        &self,
        request: Request<GrantChildBudgetRequest>,
    ) -> Result<Response<GrantChildBudgetResponse>, Status> {
        self.promise.once("GrantChildBudget", request, acts::grant_child_budget).await
    }

    async fn cancel_child_budget(
        &self,
        request: Request<CancelChildBudgetRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_child_budget_status(
        &self,
        request: Request<GetChildBudgetStatusRequest>,
    ) -> Result<Response<GrantChildBudgetResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn revoke_child_budget(
        &self,
        request: Request<RevokeChildBudgetRequest>,
    ) -> Result<Response<RevokeChildBudgetResponse>, Status> {
        self.promise.once("RevokeChildBudget", request, acts::revoke_child_budget).await
    }

    async fn offer_childcare_allowance(
        &self,
        _: Request<OfferChildcareAllowanceRequest>,
    ) -> Result<Response<OfferChildcareAllowanceResponse>, Status> {
        let conclusion = Conclusion::not_applicable("apply-yourself");
        let decision =
            Some(decision(&conclusion, "childcare-allowance/2026-01", String::new(), REASONS, OBJECTION));
        Ok(Response::new(OfferChildcareAllowanceResponse { decision }))
    }

    async fn change_address(
        &self,
        request: Request<ChangeAddressRequest>,
    ) -> Result<Response<ChangeAddressResponse>, Status> {
        self.promise.once("ChangeAddress", request, acts::change_address).await
    }

    async fn cancel_address_change(
        &self,
        request: Request<CancelAddressChangeRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_address_change_status(
        &self,
        request: Request<GetAddressChangeStatusRequest>,
    ) -> Result<Response<ChangeAddressResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn recheck_rent_allowance(
        &self,
        request: Request<RecheckRentAllowanceRequest>,
    ) -> Result<Response<RecheckRentAllowanceResponse>, Status> {
        self.promise.once("RecheckRentAllowance", request, acts::recheck_rent_allowance).await
    }

    async fn cancel_rent_allowance_recheck(
        &self,
        request: Request<CancelRentAllowanceRecheckRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_rent_allowance_recheck_status(
        &self,
        request: Request<GetRentAllowanceRecheckStatusRequest>,
    ) -> Result<Response<RecheckRentAllowanceResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn withdraw_rent_allowance_recheck(
        &self,
        request: Request<WithdrawRentAllowanceRecheckRequest>,
    ) -> Result<Response<WithdrawRentAllowanceRecheckResponse>, Status> {
        self.promise
            .once("WithdrawRentAllowanceRecheck", request, acts::withdraw_rent_allowance_recheck)
            .await
    }

    async fn recheck_household(
        &self,
        request: Request<RecheckHouseholdRequest>,
    ) -> Result<Response<RecheckHouseholdResponse>, Status> {
        self.promise.once("RecheckHousehold", request, acts::recheck_household).await
    }

    async fn cancel_household_recheck(
        &self,
        request: Request<CancelHouseholdRecheckRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_household_recheck_status(
        &self,
        request: Request<GetHouseholdRecheckStatusRequest>,
    ) -> Result<Response<RecheckHouseholdResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn stop_allowances(
        &self,
        request: Request<StopAllowancesRequest>,
    ) -> Result<Response<StopAllowancesResponse>, Status> {
        self.promise.once("StopAllowances", request, acts::stop_allowances).await
    }

    async fn cancel_allowances_stop(
        &self,
        request: Request<CancelAllowancesStopRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_allowances_stop_status(
        &self,
        request: Request<GetAllowancesStopStatusRequest>,
    ) -> Result<Response<StopAllowancesResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn resume_allowances(
        &self,
        request: Request<ResumeAllowancesRequest>,
    ) -> Result<Response<ResumeAllowancesResponse>, Status> {
        self.promise.once("ResumeAllowances", request, acts::resume_allowances).await
    }

    async fn explain_inheritance_tax(
        &self,
        _: Request<ExplainInheritanceTaxRequest>,
    ) -> Result<Response<ExplainInheritanceTaxResponse>, Status> {
        let conclusion = Conclusion::not_applicable("file-yourself");
        let decision =
            Some(decision(&conclusion, "inheritance-tax/2026-01", String::new(), REASONS, OBJECTION));
        Ok(Response::new(ExplainInheritanceTaxResponse { decision }))
    }
}
