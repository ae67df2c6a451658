//! Records of birth.

use agency_kit::google::date;
use agency_kit::{BookError, Call, Conclusion, Page, PartialDate, invalid};
use jiff::civil::Date;
use proto::loket::v1::Decision;
use tonic::Status;

use super::fields::{day, optional_day, person, stated, text};
use super::{concluded, deaths::died_on, numbered};
use crate::records::{
    BIRTH, BIRTH_OF, Birth, GUARDIANSHIP, PROSECUTOR, Person, SecondParent, ToldToProsecutor, birth_of,
    by_family_name, by_number,
};
use crate::rules::again::{self, ToldBirth};
use crate::rules::birth::{self, Entry, Report};
use crate::wire::{BirthRegistration, CorrectBirthRequest, CorrectBirthResponse, RegisterBirthRequest};

const GENDERS: [&str; 3] = ["female", "male", "undetermined"];

pub(super) fn register(
    page: &mut Page<'_>,
    call: &Call,
    request: &RegisterBirthRequest,
) -> Result<BirthRegistration, Status> {
    let mother = mother_of(request)?;
    let birth_began = day("birth_date", request.birth_date.as_ref())?;
    let own_birth_date = optional_day("own_birth_date", request.own_birth_date.as_ref())?;
    let (notice, given_names) =
        (stated(request.birth_notice.as_deref()), stated(request.given_names.as_deref()));
    let second_parent = second_parent_of(request)?;
    complete(request)?;
    let existing = match birth_began.whole() {
        Some(began) => valid_record(page, &mother, began, request.birth_order)?,
        None => None,
    };
    let told = told(request, &mother, second_parent.as_ref(), own_birth_date);
    let known = existing.as_ref().map(|(_, record)| again::birth(record, &told));
    let report = Report {
        birth_began,
        own_birth_date,
        mother_born: mother.birth_date,
        notice: notice.as_deref(),
        given_names: given_names.as_deref(),
        stillborn: request.stillborn.unwrap_or(false),
        second_parent: second_parent.is_some(),
        mother_twice: mother.number.is_some()
            && mother.number == stated(request.second_parent_number.as_deref()),
        recorded: known.as_ref(),
        mother_died: died_on(page, &mother)?,
    };
    let (conclusion, entry) = birth::register(&report, call.received_on());
    let Some(entry) = entry else { return unwritten(page, &conclusion, existing) };
    let record = recorded(request, mother, second_parent, &entry, call.received_on())?;
    let number = enter(page, &record, &entry)?;
    let decision = concluded(page, &conclusion, birth::REGISTRATION, Some(number.clone()))?;
    Ok(answered(decision, number, &record))
}

/// What a report says of a birth that is on record.
fn told<'a>(
    request: &'a RegisterBirthRequest,
    mother: &'a Person,
    second_parent: Option<&'a SecondParent>,
    own_birth_date: Option<PartialDate>,
) -> ToldBirth<'a> {
    ToldBirth {
        mother,
        second_parent,
        own_birth_date,
        municipality: request.birth_municipality.trim(),
        gender: &request.gender,
        stillborn: request.stillborn.unwrap_or(false),
        given_names: request.given_names.as_deref().map(str::trim).filter(|it| !it.is_empty()),
        family_name: &request.family_name,
    }
}

/// Nothing is written: the answer is the record that there is, where the report is granted it, and none where it is not.
fn unwritten(
    page: &mut Page<'_>,
    conclusion: &Conclusion,
    existing: Option<(String, Birth)>,
) -> Result<BirthRegistration, Status> {
    let (number, record) = existing.unzip();
    let decision = concluded(page, conclusion, birth::REGISTRATION, number.clone())?;
    Ok(match number.zip(record).filter(|_| conclusion.gives()) {
        Some((number, record)) => answered(decision, number, &record),
        None => BirthRegistration { decision: Some(decision), ..BirthRegistration::default() },
    })
}

/// What the record says.
fn answered(decision: Decision, number: String, record: &Birth) -> BirthRegistration {
    let registered_name = record.given_names.as_ref().map(|names| format!("{names} {}", record.family_name));
    BirthRegistration {
        decision: Some(decision),
        birth_record: Some(number),
        birth_date: Some(date(record.born_on)),
        registered_name,
    }
}

/// Refuses by name what no record can do without.
fn complete(request: &RegisterBirthRequest) -> Result<(), Status> {
    text("birth_municipality", &request.birth_municipality)?;
    text("family_name", &request.family_name)?;
    if !GENDERS.contains(&request.gender.as_str()) {
        return Err(invalid("gender", "one of female, male, undetermined"));
    }
    if request.birth_order < 1 {
        return Err(invalid("birth_order", "must be 1 or more"));
    }
    Ok(())
}

fn mother_of(request: &RegisterBirthRequest) -> Result<Person, Status> {
    person(
        "mother_",
        request.mother_number.as_deref(),
        request.mother_given_names.as_deref(),
        &request.mother_family_name,
        request.mother_birth_date.as_ref(),
    )
}

/// None without a parentage, whatever else is known of them.
fn second_parent_of(request: &RegisterBirthRequest) -> Result<Option<SecondParent>, Status> {
    let Some(parentage) = stated(request.second_parent_parentage.as_deref()) else { return Ok(None) };
    if !matches!(parentage.as_str(), "marriage" | "acknowledgement") {
        return Err(invalid("second_parent_parentage", "one of marriage, acknowledgement"));
    }
    Ok(Some(SecondParent {
        number: stated(request.second_parent_number.as_deref()),
        given_names: stated(request.second_parent_given_names.as_deref()),
        family_name: stated(request.second_parent_family_name.as_deref()),
        birth_date: optional_day("second_parent_birth_date", request.second_parent_birth_date.as_ref())?,
        parentage,
    }))
}

fn recorded(
    request: &RegisterBirthRequest,
    mother: Person,
    second_parent: Option<SecondParent>,
    entry: &Entry,
    received_on: Date,
) -> Result<Birth, Status> {
    Ok(Birth {
        mother,
        second_parent,
        birth_began: entry.birth_began,
        municipality: text("birth_municipality", &request.birth_municipality)?,
        notice: stated(request.birth_notice.as_deref()),
        order: request.birth_order,
        gender: request.gender.clone(),
        stillborn: request.stillborn.unwrap_or(false),
        born_on: entry.born_on,
        given_names: entry.given_names.clone(),
        name_by: entry.name_by,
        family_name: text("family_name", &request.family_name)?,
        received_on,
        corrected_on: None,
    })
}

fn enter(page: &mut Page<'_>, record: &Birth, entry: &Entry) -> Result<String, BookError> {
    let number = numbered(page, "B", record.received_on)?;
    page.put(BIRTH, &number, record)?;
    for id in index_ids(record, &number) {
        page.put(BIRTH_OF, &id, &number)?;
    }
    if entry.late {
        page.put(PROSECUTOR, &number, &ToldToProsecutor::LateBirth)?;
    }
    if entry.minor_mother {
        page.put(GUARDIANSHIP, &number, &true)?;
    }
    Ok(number)
}

fn index_ids(record: &Birth, number: &str) -> Vec<String> {
    let names = record.mother.names().into_iter();
    names.map(|mother| birth_of(&mother, record.birth_began, record.order) + number).collect()
}

/// The valid record of this mother's birth of that day and order, and its number.
fn valid_record(
    page: &Page<'_>,
    mother: &Person,
    began: Date,
    order: i64,
) -> Result<Option<(String, Birth)>, BookError> {
    for name in mother.names() {
        for (_, number) in page.list::<String>(BIRTH_OF, &birth_of(&name, began, order))? {
            if let Some(record) = page.get::<Birth>(BIRTH, &number)?.filter(|it| it.mother.is(mother)) {
                return Ok(Some((number, record)));
            }
        }
    }
    Ok(None)
}

fn strike(page: &mut Page<'_>, record: &Birth, number: &str) -> Result<(), BookError> {
    for id in index_ids(record, number) {
        page.remove(BIRTH_OF, &id)?;
    }
    Ok(())
}

pub(super) fn correct(
    page: &mut Page<'_>,
    call: &Call,
    request: &CorrectBirthRequest,
) -> Result<CorrectBirthResponse, Status> {
    let number = match stated(request.birth_record.as_deref()) {
        Some(number) => Some(number),
        None => record_to_correct(page, request)?,
    };
    let record = match &number {
        Some(number) => page.get::<Birth>(BIRTH, number)?.filter(|it| it.corrected_on.is_none()),
        None => None,
    };
    let conclusion = birth::correct(record.is_some());
    if let (Some(record), Some(number)) = (record, &number) {
        strike(page, &record, number)?;
        page.put(BIRTH, number, &Birth { corrected_on: Some(call.received_on()), ..record })?;
    }
    Ok(CorrectBirthResponse { decision: Some(concluded(page, &conclusion, birth::CORRECTION, number)?) })
}

/// By mother, date of the birth and order; none where that leaves more than one record: none is corrected by guess.
fn record_to_correct(page: &Page<'_>, request: &CorrectBirthRequest) -> Result<Option<String>, Status> {
    let Some(began) = day("birth_date", request.birth_date.as_ref())?.whole() else { return Ok(None) };
    let order = request.birth_order;
    let numbers: Vec<String> = match stated(request.mother_number.as_deref()) {
        Some(mother) => page.list::<String>(BIRTH_OF, &birth_of(&by_number(&mother), began, order))?,
        None => match stated(request.mother_family_name.as_deref()) {
            Some(mother) => page.list::<String>(BIRTH_OF, &format!("{}\u{1f}", by_family_name(&mother)))?,
            None => Vec::new(),
        },
    }
    .into_iter()
    .map(|(_, number)| number)
    .collect();
    let mut found = Vec::new();
    for number in numbers {
        let record = page.get::<Birth>(BIRTH, &number)?;
        if record.is_some_and(|it| it.birth_began == began && it.order == order) {
            found.push(number);
        }
    }
    Ok(if found.len() == 1 { found.pop() } else { None })
}
