//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::google::{date, euros, last_day, types::Date as WireDate};
use agency_kit::{Call, Conclusion, Page, Promise, decision, invalid};
use jiff::civil::Date;
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::records::{
    BENEFIT_OF, CHILD_BENEFIT, ChildBenefit, FILE, File, Pension, SURVIVOR_BENEFIT, SurvivorBenefit,
};
use crate::rules::{self, OBJECTION, REASONS};
use crate::wire::social_insurance_service_server::SocialInsuranceService;
use crate::wire::{
    CancelAddressChangeRequest, CancelChildBenefitRequest, CancelPensionStopRequest, CancelResponse,
    CancelSurvivorBenefitRequest, ChangeAddressRequest, ChangeAddressResponse, GetAddressChangeStatusRequest,
    GetChildBenefitStatusRequest, GetPaymentAccountRequest, GetPensionStopStatusRequest,
    GetSurvivorBenefitStatusRequest, GrantChildBenefitRequest, GrantChildBenefitResponse,
    GrantSurvivorBenefitRequest, GrantSurvivorBenefitResponse, PaymentAccount, ResumePensionRequest,
    ResumePensionResponse, StopPensionRequest, StopPensionResponse, WithdrawChildBenefitRequest,
    WithdrawChildBenefitResponse, WithdrawSurvivorBenefitRequest, WithdrawSurvivorBenefitResponse,
};

/// Version of the rules by which child benefit is granted.
const CHILD_BENEFIT_RULES: &str = "child-benefit/2026-11";

pub(crate) struct SocialInsurance {
    promise: Promise,
}

impl SocialInsurance {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

/// A partial date counts as its last possible day.
fn day(field: &str, given: Option<&WireDate>) -> Result<Date, Status> {
    given.and_then(last_day).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

fn text(field: &str, given: String) -> Result<String, Status> {
    if given.trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(given) }
}

fn given(field: &str, number: Option<String>) -> Result<String, Status> {
    text(field, number.unwrap_or_default())
}

fn concluded(page: &mut Page<'_>, conclusion: &Conclusion, rules: &str) -> Result<Option<Decision>, Status> {
    let number = page.next_number("decision")?;
    Ok(Some(decision(conclusion, rules, format!("SI-{number:06}"), REASONS, OBJECTION)))
}

#[tonic::async_trait]
impl SocialInsuranceService for SocialInsurance {
    async fn get_payment_account(
        &self,
        request: Request<GetPaymentAccountRequest>,
    ) -> Result<Response<PaymentAccount>, Status> {
        let number = given("person_number", request.into_inner().person_number)?;
        let file = self.promise.books().get::<File>(FILE, &number)?;
        Ok(Response::new(PaymentAccount { payment_account: file.and_then(|it| it.account) }))
    }

    async fn grant_child_benefit(
        &self,
        request: Request<GrantChildBenefitRequest>,
    ) -> Result<Response<GrantChildBenefitResponse>, Status> {
        self.promise.once("GrantChildBenefit", request, grant_child_benefit).await
    }

    async fn cancel_child_benefit(
        &self,
        request: Request<CancelChildBenefitRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_child_benefit_status(
        &self,
        request: Request<GetChildBenefitStatusRequest>,
    ) -> Result<Response<GrantChildBenefitResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn withdraw_child_benefit(
        &self,
        request: Request<WithdrawChildBenefitRequest>,
    ) -> Result<Response<WithdrawChildBenefitResponse>, Status> {
        self.promise
            .once("WithdrawChildBenefit", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let benefit = page.get::<ChildBenefit>(CHILD_BENEFIT, &number)?;
                let conclusion = rules::child_benefit_withdrawal(benefit.as_ref());
                page.remove(CHILD_BENEFIT, &number)?;
                if let Some(benefit) = benefit {
                    page.remove(BENEFIT_OF, &format!("{}/{number}", benefit.parent))?;
                }
                let decision = concluded(page, &conclusion, "child-benefit-withdrawal/2026-07")?;
                Ok(WithdrawChildBenefitResponse { decision })
            })
            .await
    }

    async fn change_address(
        &self,
        request: Request<ChangeAddressRequest>,
    ) -> Result<Response<ChangeAddressResponse>, Status> {
        self.promise
            .once("ChangeAddress", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                day("resident_from", request.resident_from.as_ref())?;
                let address = request.new_address.ok_or_else(|| invalid("new_address", "must be given"))?;
                let file = page.get::<File>(FILE, &number)?;
                let conclusion = rules::address_change(file.as_ref());
                if let Some(file) = file {
                    let letters_to = (request.protected != Some(true)).then_some(address.address_lines);
                    page.put(FILE, &number, &File { letters_to, ..file })?;
                }
                let decision = concluded(page, &conclusion, "address-change/2026-01")?;
                Ok(ChangeAddressResponse { decision })
            })
            .await
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

    async fn stop_pension(
        &self,
        request: Request<StopPensionRequest>,
    ) -> Result<Response<StopPensionResponse>, Status> {
        self.promise
            .once("StopPension", request, |page, call, request| {
                let number = given("person_number", request.person_number)?;
                text("death_record", request.death_record)?;
                let died_on = day("death_date", request.death_date.as_ref())?;
                let file = page.get::<File>(FILE, &number)?;
                let (conclusion, stopped_on, overpaid) =
                    rules::pension_stop(file.as_ref(), died_on, call.received_on());
                if let Some(file) = file {
                    // The one who died is nobody's contact.
                    let contact = request.contact_number.filter(|it| *it != number);
                    let pension = file.pension.clone().map(|it| match stopped_on {
                        Some(_) => Pension { stopped_on, ..it },
                        None => it,
                    });
                    page.put(FILE, &number, &File { letters_to: None, contact, pension, ..file })?;
                }
                let decision = concluded(page, &conclusion, "pension-stop/2026-01")?;
                let pension_overpaid = overpaid.map(euros);
                Ok(StopPensionResponse {
                    decision,
                    pension_stopped_on: stopped_on.map(date),
                    pension_overpaid,
                })
            })
            .await
    }

    async fn cancel_pension_stop(
        &self,
        request: Request<CancelPensionStopRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_pension_stop_status(
        &self,
        request: Request<GetPensionStopStatusRequest>,
    ) -> Result<Response<StopPensionResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn resume_pension(
        &self,
        request: Request<ResumePensionRequest>,
    ) -> Result<Response<ResumePensionResponse>, Status> {
        self.promise
            .once("ResumePension", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let file = page.get::<File>(FILE, &number)?;
                let conclusion = rules::pension_resumption(file.as_ref());
                if let Some(file) = file.filter(|_| conclusion.gives()) {
                    let pension = file.pension.clone().map(|it| Pension { stopped_on: None, ..it });
                    page.put(FILE, &number, &File { contact: None, pension, ..file })?;
                }
                let decision = concluded(page, &conclusion, "pension-resumption/2026-01")?;
                Ok(ResumePensionResponse { decision })
            })
            .await
    }

    async fn grant_survivor_benefit(
        &self,
        request: Request<GrantSurvivorBenefitRequest>,
    ) -> Result<Response<GrantSurvivorBenefitResponse>, Status> {
        self.promise
            .once("GrantSurvivorBenefit", request, |page, call, request| {
                let partner = given("person_number", request.person_number)?;
                let deceased = given("deceased_number", request.deceased_number)?;
                text("death_record", request.death_record)?;
                let died_on = day("death_date", request.death_date.as_ref())?;
                let (conclusion, benefit) = rules::survivor_benefit(
                    page.get::<File>(FILE, &partner)?.as_ref(),
                    page.get::<File>(FILE, &deceased)?.as_ref(),
                    died_on,
                    call.received_on(),
                );
                if let Some(benefit) = &benefit {
                    page.put(SURVIVOR_BENEFIT, &partner, benefit)?;
                }
                let decision = concluded(page, &conclusion, "survivor-benefit/2026-01")?;
                let survivor_benefit = benefit.map(|it| euros(it.monthly_cents));
                Ok(GrantSurvivorBenefitResponse { decision, survivor_benefit })
            })
            .await
    }

    async fn cancel_survivor_benefit(
        &self,
        request: Request<CancelSurvivorBenefitRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_survivor_benefit_status(
        &self,
        request: Request<GetSurvivorBenefitStatusRequest>,
    ) -> Result<Response<GrantSurvivorBenefitResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn withdraw_survivor_benefit(
        &self,
        request: Request<WithdrawSurvivorBenefitRequest>,
    ) -> Result<Response<WithdrawSurvivorBenefitResponse>, Status> {
        self.promise
            .once("WithdrawSurvivorBenefit", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let benefit = page.get::<SurvivorBenefit>(SURVIVOR_BENEFIT, &number)?;
                let conclusion = rules::survivor_benefit_withdrawal(benefit.as_ref());
                page.remove(SURVIVOR_BENEFIT, &number)?;
                let decision = concluded(page, &conclusion, "survivor-benefit-withdrawal/2026-01")?;
                Ok(WithdrawSurvivorBenefitResponse { decision })
            })
            .await
    }
}

/// Twins are counted one after the other: each call reads how many the one before has left.
fn grant_child_benefit(
    page: &mut Page<'_>,
    call: &Call,
    request: GrantChildBenefitRequest,
) -> Result<GrantChildBenefitResponse, Status> {
    let child = text("person_number", request.person_number)?;
    let born = day("birth_date", request.birth_date.as_ref())?;
    let account = text("parent_payment_account", request.parent_payment_account)?;
    if let Some(running) = page.get::<ChildBenefit>(CHILD_BENEFIT, &child)? {
        return Ok(GrantChildBenefitResponse {
            decision: concluded(page, &rules::child_benefit_running(), CHILD_BENEFIT_RULES)?,
            child_benefit: Some(euros(running.monthly_cents)),
            child_benefit_from: Some(date(running.from)),
        });
    }
    let (in_law, died) = (request.co_parent_parentage.is_some(), request.co_parent_died_on.is_some());
    let co_parent = request.co_parent_number.filter(|_| in_law && !died);
    let parents: Vec<String> = [request.parent_number, co_parent].into_iter().flatten().collect();
    let known = parents.iter().map(|it| parent_of(page, it)).collect::<Result<Vec<_>, _>>()?;
    let (conclusion, granted) = rules::child_benefit(&known, &account, born, call.received_on());
    if let Some(granted) = granted {
        let parent = parents[granted.parent].clone();
        page.put(BENEFIT_OF, &format!("{parent}/{child}"), &true)?;
        let benefit =
            ChildBenefit { parent, monthly_cents: granted.monthly_cents, from: granted.from, account };
        page.put(CHILD_BENEFIT, &child, &benefit)?;
    }
    Ok(GrantChildBenefitResponse {
        decision: concluded(page, &conclusion, CHILD_BENEFIT_RULES)?,
        child_benefit: granted.map(|it| euros(it.monthly_cents)),
        child_benefit_from: granted.map(|it| date(it.from)),
    })
}

fn parent_of(page: &Page<'_>, number: &str) -> Result<Option<rules::Parent>, Status> {
    let Some(file) = page.get::<File>(FILE, number)? else { return Ok(None) };
    let benefits = page.list::<bool>(BENEFIT_OF, &format!("{number}/"))?.len();
    Ok(Some(rules::Parent { insured: file.insured, benefits }))
}
