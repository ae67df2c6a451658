//! Who the second parent is, and marriages concluded abroad.

use agency_kit::{BookError, Call, Page, Worklist};
use proto::google::longrunning::Operation;
use proto::loket::v1::decision::DecidedBy;
use tonic::Status;

use super::concluded;
use super::fields::{day, optional_day, person, stated, text};
use crate::records::{
    ACKNOWLEDGEMENT, FOREIGN_MARRIAGE, ForeignMarriage, PARENTAGE, Person, acknowledgement, by_number,
};
use crate::rules::{marriage, parentage};
use crate::wire::{
    CheckForeignMarriageRequest, DetermineParentageRequest, ForeignMarriageFinding, Parentage,
};

pub(super) fn determine(
    page: &mut Page<'_>,
    call: &Call,
    request: &DetermineParentageRequest,
) -> Result<Parentage, Status> {
    let mother = person(
        "mother_",
        request.mother_number.as_deref(),
        None,
        &request.mother_family_name,
        request.mother_birth_date.as_ref(),
    )?;
    let civil_status = text("mother_civil_status", &request.mother_civil_status)?;
    let marriage_partner = stated(request.marriage_partner.as_deref());
    let number = stated(request.second_parent_number.as_deref());
    let named = second_parent_by_name(request)?;
    let question = parentage::Question {
        civil_status: &civil_status,
        marriage_partner: marriage_partner.as_deref(),
        marriage_recognised: request.marriage_recognised.unwrap_or(false),
        number: number.as_deref(),
        named: named.is_some(),
        born: optional_day("second_parent_birth_date", request.second_parent_birth_date.as_ref())?,
        is_mother: is_mother(&mother, number.as_deref(), named.as_ref()),
        acknowledged: acknowledged(page, &mother, number.as_deref(), named.as_ref())?,
    };
    let (conclusion, ground) = parentage::determine(&question, call.received_on());
    if let Some(ground) = ground {
        page.put(PARENTAGE, &call.key, &(ground, &mother, number.or(named.map(|it| it.family_name))))?;
    }
    Ok(Parentage {
        decision: Some(concluded(page, &conclusion, parentage::VERSION, None)?),
        parentage: ground.map(str::to_owned),
    })
}

/// By number; where one of them has none by family name and date of birth.
fn is_mother(mother: &Person, number: Option<&str>, named: Option<&Person>) -> bool {
    match (number, mother.number.as_deref()) {
        (Some(number), Some(of_mother)) => number == of_mother,
        _ => named.is_some_and(|it| it.is(mother)),
    }
}

/// None where the family name or the date of birth is unknown.
fn second_parent_by_name(request: &DetermineParentageRequest) -> Result<Option<Person>, Status> {
    let birth_date = optional_day("second_parent_birth_date", request.second_parent_birth_date.as_ref())?;
    let family_name = stated(request.second_parent_family_name.as_deref());
    Ok(family_name.zip(birth_date).map(|(family_name, birth_date)| Person {
        number: None,
        given_names: None,
        family_name,
        birth_date,
    }))
}

/// By number; of whom there is none by family name and date of birth: the mother and the second parent alike.
fn acknowledged(
    page: &Page<'_>,
    mother: &Person,
    number: Option<&str>,
    named: Option<&Person>,
) -> Result<bool, BookError> {
    let second_parent = match (number, named) {
        (Some(number), _) => Some(by_number(number)),
        (None, named) => named.and_then(|it| it.names().into_iter().next()),
    };
    let (Some(mother), Some(second_parent)) = (mother.names().into_iter().next(), second_parent) else {
        return Ok(false);
    };
    Ok(page.get::<bool>(ACKNOWLEDGEMENT, &acknowledgement(&mother, &second_parent))?.is_some())
}

pub(super) fn ask_registrar(
    page: &mut Page<'_>,
    call: &Call,
    worklist: &Worklist,
    request: &CheckForeignMarriageRequest,
) -> Result<Operation, Status> {
    let work = ForeignMarriage {
        person: person(
            "",
            request.person_number.as_deref(),
            None,
            &request.family_name,
            request.birth_date.as_ref(),
        )?,
        concluded_on: day("marriage_date", request.marriage_date.as_ref())?,
        country: text("marriage_country", &request.marriage_country)?,
        certificate: text("marriage_certificate", &request.marriage_certificate)?,
        received_on: call.received_on(),
    };
    Ok(worklist.put(page, call, &work)?)
}

/// What the registrar concludes about a marriage on the worklist.
pub(crate) fn conclude(
    page: &mut Page<'_>,
    key: &str,
    work: ForeignMarriage,
) -> Result<ForeignMarriageFinding, Status> {
    let conclusion =
        marriage::recognise(&work.certificate, &work.country, work.concluded_on, work.received_on);
    let mut decision = concluded(page, &conclusion, marriage::VERSION, None)?;
    decision.decided_by = Some(DecidedBy::Officer(marriage::OFFICER.to_owned()));
    page.put(FOREIGN_MARRIAGE, key, &(conclusion.gives(), &work))?;
    Ok(ForeignMarriageFinding {
        decision: Some(decision),
        marriage_recognised: conclusion.gives().then_some(true),
    })
}
