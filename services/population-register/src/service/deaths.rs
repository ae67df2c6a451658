//! Deaths in the population register.

use agency_kit::Page;
use tonic::Status;

use super::concluded;
use super::fields::{day, stated, text};
use crate::records::{DeathEntry as Entry, PERSON, Person};
use crate::rules::deaths;
use crate::wire::{CorrectDeathEntryRequest, CorrectDeathEntryResponse, DeathEntry, EnterDeathRequest};

pub(super) fn enter(page: &mut Page<'_>, request: &EnterDeathRequest) -> Result<DeathEntry, Status> {
    let number = text("person_number", request.person_number.as_deref().unwrap_or_default())?;
    let record = text("death_record", &request.death_record)?;
    let died_on = day("death_date", request.death_date.as_ref())?;
    let person = page.get::<Person>(PERSON, &number)?;
    let conclusion = deaths::enter(person.as_ref(), &record);
    let decision = Some(concluded(page, &conclusion, deaths::ENTRY)?);
    let (Some(mut person), true) = (person, conclusion.gives()) else {
        return Ok(DeathEntry { decision, died_on: None });
    };
    if let Some(known) = deaths::entered(&person, &record) {
        return Ok(DeathEntry { decision, died_on: Some(known.died_on.wire()) });
    }
    let widowed = widow(page, &number, &person)?;
    person.deaths.push(Entry { record, died_on, widowed, cancelled: false });
    page.put(PERSON, &number, &person)?;
    Ok(DeathEntry { decision, died_on: Some(died_on.wire()) })
}

/// The partner, who is widowed now, and their civil status before.
fn widow(page: &mut Page<'_>, number: &str, person: &Person) -> Result<Option<(String, String)>, Status> {
    let Some(partner_number) = person.partner().map(str::to_owned) else { return Ok(None) };
    let Some(mut partner) = page.get::<Person>(PERSON, &partner_number)? else { return Ok(None) };
    if partner.partner() != Some(number) || partner.death().is_some() {
        return Ok(None);
    }
    let before = partner.civil_status.replace("widowed".to_owned()).unwrap_or_default();
    page.put(PERSON, &partner_number, &partner)?;
    Ok(Some((partner_number, before)))
}

/// Puts the civil status of the partner back, if nothing has changed it since.
fn no_widow(page: &mut Page<'_>, entry: &Entry) -> Result<(), Status> {
    let Some((number, before)) = &entry.widowed else { return Ok(()) };
    if let Some(mut partner) = page.get::<Person>(PERSON, number)?
        && partner.civil_status.as_deref() == Some("widowed")
    {
        partner.civil_status = Some(before.clone());
        page.put(PERSON, number, &partner)?;
    }
    Ok(())
}

pub(super) fn correct(
    page: &mut Page<'_>,
    request: &CorrectDeathEntryRequest,
) -> Result<CorrectDeathEntryResponse, Status> {
    let number = text("person_number", &request.person_number)?;
    let record = stated(request.death_record.as_deref());
    let person = page.get::<Person>(PERSON, &number)?;
    let conclusion = deaths::correct(person.as_ref(), record.as_deref());
    if let (Some(mut person), true) = (person, conclusion.gives())
        && let Some(entry) = person.deaths.iter_mut().rev().find(|it| !it.cancelled)
    {
        entry.cancelled = true;
        let entry = entry.clone();
        page.put(PERSON, &number, &person)?;
        no_widow(page, &entry)?;
    }
    Ok(CorrectDeathEntryResponse { decision: Some(concluded(page, &conclusion, deaths::CORRECTION)?) })
}
