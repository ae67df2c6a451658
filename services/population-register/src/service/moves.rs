//! Moves.

use agency_kit::google::date;
use agency_kit::{Call, Page, invalid, stale_fact};
use tonic::Status;

use super::concluded;
use super::fields::{moving_day, of_postal, optional_day, stated, text};
use super::newborns::place_of;
use crate::records::{
    Address, DWELLING, DWELLING_NUMBER, Dwelling, PERSON, Person, RESIDENT, Residence, resident,
};
use crate::rules::moves::{self, Report};
use crate::wire::{CorrectMoveRequest, CorrectMoveResponse, MoveRegistration, RegisterMoveRequest};

pub(super) fn register(
    page: &mut Page<'_>,
    call: &Call,
    request: &RegisterMoveRequest,
) -> Result<MoveRegistration, Status> {
    let number = text("person_number", &request.person_number)?;
    let declarant_number = text("declarant_number", &request.declarant_number)?;
    let moved_on = moving_day("move_date", request.move_date.as_ref())?;
    let (known_dwelling, address) = destination(page, request)?;
    let to = match &known_dwelling {
        Some(place) => place.clone(),
        None => place_of(page, &address)?,
    };
    let mover = page.get::<Person>(PERSON, &number)?;
    let declarant = page.get::<Person>(PERSON, &declarant_number)?;
    let report = Report {
        number: &number,
        mover: mover.as_ref(),
        declarant_number: &declarant_number,
        declarant: declarant.as_ref(),
        moved_on,
        address_known: known_dwelling.is_some() || request.address_confirmed == Some(true),
        may_live_there: request.move_in_consent || stated(request.occupancy_proof.as_deref()).is_some(),
        to: &to,
    };
    let (conclusion, from) = moves::register(&report, call.received_on());
    let anew = mover.filter(|it| moves::standing(it, &to, moved_on).is_none());
    if let (Some(mut person), Some(from)) = (anew, from) {
        let entry =
            Residence { from, place: to.clone(), address, reported: Some(moved_on), cancelled: false };
        page.put(RESIDENT, &resident(&to, &number), &number)?;
        person.residences.push(entry);
        page.put(PERSON, &number, &person)?;
    }
    Ok(MoveRegistration {
        decision: Some(concluded(page, &conclusion, moves::REGISTRATION)?),
        resident_from: from.map(date),
    })
}

/// The place of the dwelling, where the register of addresses has it, and the address.
fn destination(page: &Page<'_>, request: &RegisterMoveRequest) -> Result<(Option<String>, Address), Status> {
    let municipality = text("new_municipality", &request.new_municipality)?;
    let given = request.new_address.as_ref().ok_or_else(|| invalid("new_address", "must be given"))?;
    let Some(number) = stated(request.dwelling.as_deref()) else {
        return Ok((None, Address { municipality, ..of_postal(given) }));
    };
    let place = page.get::<String>(DWELLING_NUMBER, &number)?;
    let dwelling = match &place {
        Some(place) => page.get::<Dwelling>(DWELLING, place)?,
        None => None,
    };
    let dwelling = dwelling
        .ok_or_else(|| stale_fact("dwelling", "the register of addresses has no dwelling of this number"))?;
    Ok((place, dwelling.address))
}

pub(super) fn correct(
    page: &mut Page<'_>,
    request: &CorrectMoveRequest,
) -> Result<CorrectMoveResponse, Status> {
    let number = text("person_number", &request.person_number)?;
    let moved_on = moving_day("move_date", request.move_date.as_ref())?;
    let from = optional_day("resident_from", request.resident_from.as_ref())?.map(|it| it.first());
    let person = page.get::<Person>(PERSON, &number)?;
    let latest = person.as_ref().and_then(Person::last_residence).cloned();
    let conclusion = moves::correct(latest.as_ref(), moved_on, from);
    if let (Some(mut person), Some(latest), true) = (person, latest, conclusion.gives()) {
        for residence in person.residences.iter_mut().filter(|it| **it == latest) {
            residence.cancelled = true;
        }
        page.put(PERSON, &number, &person)?;
    }
    Ok(CorrectMoveResponse { decision: Some(concluded(page, &conclusion, moves::CORRECTION)?) })
}
