//! Answers the calls: parse, decide by [`crate::rules`], keep in [`crate::records`].

use agency_kit::google::{date, euros, first_day, last_day, types::Date as WireDate};
use agency_kit::{Conclusion, Page, Promise, decision, invalid};
use proto::loket::v1::Decision;
use tonic::{Request, Response, Status};

use crate::records::{LETTER, Letter, POLICY, Policy};
use crate::rules::{self, OBJECTION, REASONS};
use crate::wire::health_insurance_service_server::HealthInsuranceService;
use crate::wire::{
    CancelAddressChangeRequest, CancelNewbornEnrolmentRequest, CancelPolicyEndRequest, CancelResponse,
    ChangeAddressRequest, ChangeAddressResponse, EndPolicyRequest, EndPolicyResponse, EnrolNewbornRequest,
    EnrolNewbornResponse, GetAddressChangeStatusRequest, GetNewbornEnrolmentStatusRequest,
    GetPolicyEndStatusRequest, PrintInsuranceLetterRequest, PrintInsuranceLetterResponse,
    ResumePolicyRequest, ResumePolicyResponse, RevokeNewbornEnrolmentRequest, RevokeNewbornEnrolmentResponse,
};

pub(crate) struct HealthInsurance {
    promise: Promise,
}

impl HealthInsurance {
    pub(crate) fn new(promise: Promise) -> Self {
        Self { promise }
    }

    async fn take_back(&self, key: String) -> Result<Response<CancelResponse>, Status> {
        let undone = self.promise.take_back(key).await?;
        Ok(Response::new(CancelResponse { undone }))
    }
}

fn day(field: &str, given: Option<&WireDate>) -> Result<jiff::civil::Date, Status> {
    given.and_then(first_day).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

fn text(field: &str, given: String) -> Result<String, Status> {
    if given.trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(given) }
}

fn concluded(page: &mut Page<'_>, conclusion: &Conclusion, rules: &str) -> Result<Option<Decision>, Status> {
    let number = page.next_number("decision")?;
    Ok(Some(decision(conclusion, rules, format!("HI-{number:06}"), REASONS, OBJECTION)))
}

#[tonic::async_trait]
impl HealthInsuranceService for HealthInsurance {
    async fn enrol_newborn(
        &self,
        request: Request<EnrolNewbornRequest>,
    ) -> Result<Response<EnrolNewbornResponse>, Status> {
        self.promise
            .once("EnrolNewborn", request, |page, call, request| {
                let number = text("person_number", request.person_number)?;
                let born = day("birth_date", request.birth_date.as_ref())?;
                let own = page.get::<Policy>(POLICY, &number)?;
                let mut parents = Vec::new();
                let co_parent = request.co_parent_number.filter(|_| request.co_parent_parentage.is_some());
                for parent in [request.parent_number, co_parent].into_iter().flatten() {
                    parents.extend(page.get::<Policy>(POLICY, &parent)?);
                }
                let (conclusion, from) =
                    rules::newborn_enrolment(own.as_ref(), &parents, born, call.received_on());
                let policy = match (own, from) {
                    (Some(own), _) => Some(own.number),
                    (None, Some(from)) => Some(enrol(page, &number, from)?),
                    (None, None) => None,
                };
                let decision = concluded(page, &conclusion, "newborn-enrolment/2026-01")?;
                Ok(EnrolNewbornResponse { decision, insurance_policy: policy, insured_from: from.map(date) })
            })
            .await
    }

    async fn cancel_newborn_enrolment(
        &self,
        request: Request<CancelNewbornEnrolmentRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_newborn_enrolment_status(
        &self,
        request: Request<GetNewbornEnrolmentStatusRequest>,
    ) -> Result<Response<EnrolNewbornResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn revoke_newborn_enrolment(
        &self,
        request: Request<RevokeNewbornEnrolmentRequest>,
    ) -> Result<Response<RevokeNewbornEnrolmentResponse>, Status> {
        self.promise
            .once("RevokeNewbornEnrolment", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let policy = page.get::<Policy>(POLICY, &number)?;
                let conclusion = rules::enrolment_revocation(policy.as_ref());
                page.remove(POLICY, &number)?;
                let decision = concluded(page, &conclusion, "newborn-enrolment-revocation/2026-01")?;
                Ok(RevokeNewbornEnrolmentResponse { decision })
            })
            .await
    }

    /// Each call is one more letter: the printing house knows no keys, and neither does this.
    async fn print_insurance_letter(
        &self,
        request: Request<PrintInsuranceLetterRequest>,
    ) -> Result<Response<PrintInsuranceLetterResponse>, Status> {
        let request = request.into_inner();
        let policy = text("insurance_policy", request.insurance_policy)?;
        let address = request.address.ok_or_else(|| invalid("address", "must be given"))?;
        let names = request.registered_name.unwrap_or_else(|| "The parents of your child".to_owned());
        let letter = Letter { policy, names, to: address.address_lines };
        let books = self.promise.books().clone();
        tokio::task::spawn_blocking(move || {
            books.change(|page| {
                let number = page.next_number("letter")?;
                Ok(page.put(LETTER, &format!("{number:08}"), &letter)?)
            })
        })
        .await
        .map_err(|_| Status::internal("the call ended unexpectedly"))??;
        Ok(Response::new(PrintInsuranceLetterResponse {}))
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
                let policy = page.get::<Policy>(POLICY, &number)?;
                let conclusion = rules::address_change(policy.as_ref());
                if let Some(policy) = policy {
                    let letters_to = (request.protected != Some(true)).then_some(address.address_lines);
                    let moved = Policy { letters_to, region: Some(address.administrative_area), ..policy };
                    page.put(POLICY, &number, &moved)?;
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

    async fn end_policy(
        &self,
        request: Request<EndPolicyRequest>,
    ) -> Result<Response<EndPolicyResponse>, Status> {
        self.promise
            .once("EndPolicy", request, |page, call, request| {
                let number =
                    request.person_number.ok_or_else(|| invalid("person_number", "must be given"))?;
                text("death_record", request.death_record)?;
                let died_on = request.death_date.as_ref().and_then(last_day);
                let died_on =
                    died_on.ok_or_else(|| invalid("death_date", "a date of which the year is known"))?;
                let policy = page.get::<Policy>(POLICY, &number)?;
                let (conclusion, ended_on, refund) =
                    rules::policy_end(policy.as_ref(), died_on, call.received_on());
                if let Some(policy) = policy.filter(|_| ended_on.is_some()) {
                    // The one who died is nobody's contact.
                    let contact = request.contact_number.filter(|it| *it != number);
                    page.put(POLICY, &number, &Policy { ended_on, letters_to: None, contact, ..policy })?;
                }
                let decision = concluded(page, &conclusion, "policy-end/2026-01")?;
                let premium_refund = refund.map(euros);
                Ok(EndPolicyResponse { decision, policy_ended_on: ended_on.map(date), premium_refund })
            })
            .await
    }

    async fn cancel_policy_end(
        &self,
        request: Request<CancelPolicyEndRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.take_back(request.into_inner().idempotency_key).await
    }

    async fn get_policy_end_status(
        &self,
        request: Request<GetPolicyEndStatusRequest>,
    ) -> Result<Response<EndPolicyResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }

    async fn resume_policy(
        &self,
        request: Request<ResumePolicyRequest>,
    ) -> Result<Response<ResumePolicyResponse>, Status> {
        self.promise
            .once("ResumePolicy", request, |page, _, request| {
                let number = text("person_number", request.person_number)?;
                let policy = page.get::<Policy>(POLICY, &number)?;
                let conclusion = rules::policy_resumption(policy.as_ref());
                if let Some(policy) = policy.filter(|_| conclusion.gives()) {
                    page.put(POLICY, &number, &Policy { ended_on: None, contact: None, ..policy })?;
                }
                let decision = concluded(page, &conclusion, "policy-resumption/2026-01")?;
                Ok(ResumePolicyResponse { decision })
            })
            .await
    }
}

fn enrol(page: &mut Page<'_>, number: &str, from: jiff::civil::Date) -> Result<String, Status> {
    let policy = Policy {
        number: format!("HP-{:08}", page.next_number("policy")?),
        from,
        ended_on: None,
        premium: false,
        letters_to: None,
        contact: None,
        region: None,
    };
    page.put(POLICY, number, &policy)?;
    Ok(policy.number)
}
