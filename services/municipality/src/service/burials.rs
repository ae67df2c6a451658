//! Permits for burial.

use agency_kit::google::date;
use agency_kit::{Call, Page};
use tonic::Status;

use super::concluded;
use super::fields::{competent, day, stated, text};
use crate::records::{PERMIT, PERMIT_OF, Permit};
use crate::rules::{Place, burial};
use crate::wire::{
    BurialPermit, PermitBurialRequest, WithdrawBurialPermitRequest, WithdrawBurialPermitResponse,
};

pub(super) fn permit(
    place: Place,
    page: &mut Page<'_>,
    call: &Call,
    request: &PermitBurialRequest,
) -> Result<BurialPermit, Status> {
    competent(place, "death_municipality", &request.death_municipality)?;
    let death_record = text("death_record", &request.death_record)?;
    let died_on = day("death_date", request.death_date.as_ref())?;
    let unnatural = request.death_unnatural.unwrap_or(false);
    let (conclusion, days) = burial::permit(died_on, unnatural, call.received_on());
    let decision = concluded(place, page, &conclusion, burial::PERMIT)?;
    let Some(days) = days else {
        return Ok(BurialPermit { decision: Some(decision), ..BurialPermit::default() });
    };
    let permit = Permit {
        death_record,
        not_before: days.not_before,
        burial_by: days.by,
        contact: stated(request.contact_number.as_deref()),
        used: false,
        withdrawn: false,
    };
    let (number, burial_by) = give(place, page, call, permit)?;
    Ok(BurialPermit {
        decision: Some(decision),
        death_burial_permit: Some(number),
        death_burial_by: Some(date(burial_by)),
    })
}

/// There is one permit in force for one death: who asks again is given the same.
fn give(
    place: Place,
    page: &mut Page<'_>,
    call: &Call,
    permit: Permit,
) -> Result<(String, jiff::civil::Date), Status> {
    if let Some(number) = page.get::<String>(PERMIT_OF, &permit.death_record)?
        && let Some(in_force) = page.get::<Permit>(PERMIT, &number)?
    {
        return Ok((number, in_force.burial_by));
    }
    let series = format!("BP-{}-{}", place.code(), call.received_on().year());
    let number = format!("{series}-{:06}", page.next_number(&series)?);
    page.put(PERMIT, &number, &permit)?;
    page.put(PERMIT_OF, &permit.death_record, &number)?;
    Ok((number, permit.burial_by))
}

fn strike(page: &mut Page<'_>, permit: &Permit, number: &str) -> Result<(), Status> {
    if page.get::<String>(PERMIT_OF, &permit.death_record)?.as_deref() == Some(number) {
        page.remove(PERMIT_OF, &permit.death_record)?;
    }
    Ok(())
}

pub(super) fn withdraw(
    place: Place,
    page: &mut Page<'_>,
    request: &WithdrawBurialPermitRequest,
) -> Result<WithdrawBurialPermitResponse, Status> {
    competent(place, "death_municipality", &request.death_municipality)?;
    let death_record = text("death_record", &request.death_record)?;
    let number = match stated(request.death_burial_permit.as_deref()) {
        Some(number) => Some(number),
        None => page.get::<String>(PERMIT_OF, &death_record)?,
    };
    let permit = match &number {
        Some(number) => page.get::<Permit>(PERMIT, number)?.filter(|it| it.death_record == death_record),
        None => None,
    };
    let conclusion = burial::withdraw(permit.as_ref());
    if let (Some(permit), Some(number), true) = (permit, &number, conclusion.gives()) {
        strike(page, &permit, number)?;
        page.put(PERMIT, number, &Permit { withdrawn: true, ..permit })?;
    }
    let decision = concluded(place, page, &conclusion, burial::WITHDRAWAL)?;
    Ok(WithdrawBurialPermitResponse { decision: Some(decision) })
}
