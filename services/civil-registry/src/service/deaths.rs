//! Records of death.

use agency_kit::{BookError, Call, Page, PartialDate};
use tonic::Status;

use super::fields::{day, optional_day, person, stated, text};
use super::{concluded, numbered};
use crate::records::{
    DEATH, DEATH_OF, Death, ExtractTo, PROSECUTOR, Person, ToldToProsecutor, by_number, death_of,
};
use crate::rules::again::{self, ToldDeath};
use crate::rules::death::{self, Report};
use crate::wire::{CorrectDeathRequest, CorrectDeathResponse, DeathRegistration, RegisterDeathRequest};

pub(super) fn register(
    page: &mut Page<'_>,
    call: &Call,
    request: &RegisterDeathRequest,
) -> Result<DeathRegistration, Status> {
    let person = person(
        "",
        request.person_number.as_deref(),
        request.given_names.as_deref(),
        &request.family_name,
        request.birth_date.as_ref(),
    )?;
    let died_on = day("death_date", request.death_date.as_ref())?;
    let municipality = text("death_municipality", &request.death_municipality)?;
    let certificate = text("death_certificate", &request.death_certificate)?;
    let unnatural = request.death_unnatural.unwrap_or(false);
    let existing = valid_record(page, &person)?;
    let told = ToldDeath { died_on, municipality: &municipality, certificate: &certificate, unnatural };
    let known = existing.as_ref().map(|(_, record)| again::death(record, &told));
    let report = Report {
        birth_date: person.birth_date,
        died_on,
        certificate: &certificate,
        unnatural,
        recorded: known.as_ref(),
    };
    let conclusion = death::register(&report, call.received_on());
    if existing.is_some() || !conclusion.gives() {
        // Nothing is written: the answer is the record that there is, or none.
        let number = existing.map(|(number, _)| number);
        let decision = concluded(page, &conclusion, death::REGISTRATION, number.clone())?;
        let death_record = number.filter(|_| conclusion.gives());
        return Ok(DeathRegistration { decision: Some(decision), death_record });
    }
    let record = Death {
        extract_to: extract_to(&person, stated(request.contact_number.as_deref())),
        person,
        died_on,
        municipality,
        prosecutor_consents_first: unnatural,
        certificate,
        kinship: stated(request.contact_kinship.as_deref()),
        received_on: call.received_on(),
        corrected_on: None,
    };
    let number = enter(page, &record)?;
    let decision = concluded(page, &conclusion, death::REGISTRATION, Some(number.clone()))?;
    Ok(DeathRegistration { decision: Some(decision), death_record: Some(number) })
}

/// Nothing is ever sent to the one who died.
fn extract_to(person: &Person, contact: Option<String>) -> ExtractTo {
    match contact {
        Some(contact) if person.number.as_ref() != Some(&contact) => ExtractTo::Contact(contact),
        _ => ExtractTo::Estate,
    }
}

fn enter(page: &mut Page<'_>, record: &Death) -> Result<String, BookError> {
    let number = numbered(page, "D", record.received_on)?;
    page.put(DEATH, &number, record)?;
    for id in index_ids(record, &number) {
        page.put(DEATH_OF, &id, &number)?;
    }
    if record.prosecutor_consents_first {
        page.put(PROSECUTOR, &number, &ToldToProsecutor::UnnaturalDeath)?;
    }
    Ok(number)
}

fn index_ids(record: &Death, number: &str) -> Vec<String> {
    record.person.names().into_iter().map(|name| death_of(&name) + number).collect()
}

/// The valid record of this person's death, and its number.
fn valid_record(page: &Page<'_>, person: &Person) -> Result<Option<(String, Death)>, BookError> {
    for name in person.names() {
        for (_, number) in page.list::<String>(DEATH_OF, &death_of(&name))? {
            if let Some(record) = page.get::<Death>(DEATH, &number)?.filter(|it| it.person.is(person)) {
                return Ok(Some((number, record)));
            }
        }
    }
    Ok(None)
}

/// When the person with this number died; none for one who is alive, or has no number to be sure of.
pub(super) fn died_on(page: &Page<'_>, person: &Person) -> Result<Option<PartialDate>, BookError> {
    if person.number.is_none() {
        return Ok(None);
    }
    let known = valid_record(page, person)?.map(|(_, record)| record);
    Ok(known.filter(|it| it.person.number == person.number).map(|it| it.died_on))
}

fn strike(page: &mut Page<'_>, record: &Death, number: &str) -> Result<(), BookError> {
    for id in index_ids(record, number) {
        page.remove(DEATH_OF, &id)?;
    }
    Ok(())
}

pub(super) fn correct(
    page: &mut Page<'_>,
    call: &Call,
    request: &CorrectDeathRequest,
) -> Result<CorrectDeathResponse, Status> {
    let number = match stated(request.death_record.as_deref()) {
        Some(number) => Some(number),
        None => record_to_correct(page, request)?,
    };
    let record = match &number {
        Some(number) => page.get::<Death>(DEATH, number)?.filter(|it| it.corrected_on.is_none()),
        None => None,
    };
    let conclusion = death::correct(record.is_some());
    if let (Some(record), Some(number)) = (record, &number) {
        strike(page, &record, number)?;
        page.put(DEATH, number, &Death { corrected_on: Some(call.received_on()), ..record })?;
    }
    Ok(CorrectDeathResponse { decision: Some(concluded(page, &conclusion, death::CORRECTION, number)?) })
}

/// By the person: by number, else by family name and date of birth.
fn record_to_correct(page: &Page<'_>, request: &CorrectDeathRequest) -> Result<Option<String>, Status> {
    if let Some(number) = stated(request.person_number.as_deref()) {
        let found = page.list::<String>(DEATH_OF, &death_of(&by_number(&number)))?;
        return Ok(found.into_iter().next().map(|(_, record)| record));
    }
    let family_name = stated(request.family_name.as_deref());
    let birth_date = optional_day("birth_date", request.birth_date.as_ref())?;
    match (family_name, birth_date) {
        (Some(family_name), Some(birth_date)) => {
            let person = Person { number: None, given_names: None, family_name, birth_date };
            Ok(valid_record(page, &person)?.map(|(number, _)| number))
        }
        _ => Ok(None),
    }
}
