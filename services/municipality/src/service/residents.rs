//! Who arrives and who leaves, by moving or by death, and who is born.

use agency_kit::google::date;
use agency_kit::{Call, Page, invalid};
use tonic::Status;

use super::concluded;
use super::fields::{competent, day, stated, text};
use crate::records::{GIFT, Gift, RESIDENT, Resident};
use crate::rules::{Place, newborns, residents};
use crate::wire::{
    CloseResidentRequest, CloseResidentResponse, ReleaseResidentRequest, ReleaseResidentResponse,
    WelcomeNewbornRequest, WelcomeNewbornResponse, WelcomeResidentRequest, WelcomeResidentResponse,
};

pub(super) fn welcome_newborn(
    place: Place,
    page: &mut Page<'_>,
    call: &Call,
    request: &WelcomeNewbornRequest,
) -> Result<WelcomeNewbornResponse, Status> {
    competent(place, "municipality", &request.municipality)?;
    let number = text("person_number", &request.person_number)?;
    let born_on = day("birth_date", request.birth_date.as_ref())?;
    if request.birth_order < 1 {
        return Err(invalid("birth_order", "must be 1 or more"));
    }
    let before = page.get::<Gift>(GIFT, &number)?;
    let given = before.is_some();
    let (conclusion, gift) =
        newborns::welcome(place, before, born_on, request.birth_order, call.received_on());
    if let Some(gift) = gift.as_ref().filter(|_| !given) {
        page.put(GIFT, &number, gift)?;
    }
    Ok(WelcomeNewbornResponse {
        decision: Some(concluded(place, page, &conclusion, newborns::VERSION)?),
        welcome_gift: gift.map(|it| it.what),
    })
}

pub(super) fn welcome(
    place: Place,
    page: &mut Page<'_>,
    _: &Call,
    request: &WelcomeResidentRequest,
) -> Result<WelcomeResidentResponse, Status> {
    competent(place, "municipality", &request.municipality)?;
    let number = text("person_number", &request.person_number)?;
    let resident_from = day("resident_from", request.resident_from.as_ref())?.first();
    let address = request.new_address.as_ref().ok_or_else(|| invalid("new_address", "must be given"))?;
    let arrival = residents::Arrival {
        resident_from,
        minor: request.minor,
        protected: request.protected.unwrap_or(false),
        lines: &address.address_lines,
        postal_code: &address.postal_code,
    };
    let known = page.get::<Resident>(RESIDENT, &number)?;
    let (conclusion, resident) = residents::arrive(place, &arrival, known.as_ref());
    page.put(RESIDENT, &number, &resident)?;
    Ok(WelcomeResidentResponse {
        decision: Some(concluded(place, page, &conclusion, residents::ARRIVAL)?),
        services_from: Some(date(resident_from)),
    })
}

pub(super) fn release(
    place: Place,
    page: &mut Page<'_>,
    _: &Call,
    request: &ReleaseResidentRequest,
) -> Result<ReleaseResidentResponse, Status> {
    competent(place, "municipality", &request.municipality)?;
    let number = text("person_number", &request.person_number)?;
    let on = day("resident_from", request.resident_from.as_ref())?.first();
    let known = page.get::<Resident>(RESIDENT, &number)?;
    let (conclusion, left) = residents::leave(place, known.as_ref(), on);
    if let Some(left) = left {
        page.put(RESIDENT, &number, &left)?;
    }
    let decision = concluded(place, page, &conclusion, residents::DEPARTURE)?;
    Ok(ReleaseResidentResponse { decision: Some(decision) })
}

pub(super) fn close(
    place: Place,
    page: &mut Page<'_>,
    call: &Call,
    request: &CloseResidentRequest,
) -> Result<CloseResidentResponse, Status> {
    competent(place, "municipality", &request.municipality)?;
    let number = text("person_number", request.person_number.as_deref().unwrap_or_default())?;
    let record = text("death_record", &request.death_record)?;
    // The one who died is nobody's contact.
    let contact = stated(request.contact_number.as_deref()).filter(|it| *it != number);
    let known = page.get::<Resident>(RESIDENT, &number)?;
    let (conclusion, closed) = residents::close(known.as_ref(), &record, contact, call.received_on());
    if let Some(closed) = closed {
        page.put(RESIDENT, &number, &closed)?;
    }
    let decision = concluded(place, page, &conclusion, residents::DEATH)?;
    Ok(CloseResidentResponse { decision: Some(decision) })
}
