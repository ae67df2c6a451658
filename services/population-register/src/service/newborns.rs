//! National numbers for newborns.

use agency_kit::google::types::PostalAddress;
use agency_kit::{BookError, Call, Page, invalid};
use proto::loket::v1::Decision;
use tonic::Status;

use super::concluded;
use super::fields::{day, of_postal, postal, stated, text};
use crate::records::{
    Address, DWELLING, Dwelling, NUMBER_KEPT, NUMBER_OF, PERSON, Person, RESIDENT, Residence, place, resident,
};
use crate::rules::newborns;
use crate::wire::{CorrectNumberRequest, CorrectNumberResponse, IssueNumberRequest, NumberIssue};

pub(super) fn issue(
    page: &mut Page<'_>,
    call: &Call,
    request: &IssueNumberRequest,
) -> Result<NumberIssue, Status> {
    let birth_record = text("birth_record", &request.birth_record)?;
    let address =
        request.mother_address.as_ref().ok_or_else(|| invalid("mother_address", "must be given"))?;
    let birth_date = day("birth_date", request.birth_date.as_ref())?;
    text("gender", &request.gender)?;
    let known = match page.get::<String>(NUMBER_OF, &birth_record)? {
        Some(number) => page.get::<Person>(PERSON, &number)?.map(|child| (number, child)),
        None => None,
    };
    let anew = match &known {
        Some((number, _)) => page.get::<String>(NUMBER_KEPT, number)?.is_some(),
        None => false,
    };
    if let Some((number, child)) = known.as_ref().filter(|_| !anew) {
        let decision = concluded(page, &newborns::known(), newborns::VERSION)?;
        // An address that became secret since is not told because the child's entry is older.
        let protected = Some(child.protected || request.mother_protected.unwrap_or(false));
        return Ok(NumberIssue { protected, ..answer(decision, number.clone(), child, call) });
    }
    let conclusion = newborns::register(&address.region_code, &address.administrative_area);
    let decision = concluded(page, &conclusion, newborns::VERSION)?;
    if !conclusion.gives() {
        return Ok(NumberIssue { decision: Some(decision), ..NumberIssue::default() });
    }
    let child = Person { birth_date, ..newborn(page, call, request, address)? };
    let (number, child) = match known {
        Some((number, before)) => {
            page.remove(NUMBER_KEPT, &number)?;
            for residence in &before.residences {
                page.remove(RESIDENT, &resident(&residence.place, &number))?;
            }
            (number, newborns::entered_anew(before, child))
        }
        None => (next_number(page)?, child),
    };
    enter(page, &birth_record, &number, &child)?;
    Ok(answer(decision, number, &child, call))
}

fn enter(page: &mut Page<'_>, birth_record: &str, number: &str, child: &Person) -> Result<(), BookError> {
    page.put(PERSON, number, child)?;
    page.put(NUMBER_OF, birth_record, &number)?;
    for residence in &child.residences {
        page.put(RESIDENT, &resident(&residence.place, number), &number)?;
    }
    Ok(())
}

/// Keeps the number for the record of birth that holds now. What the register holds of the child stays until it is said
/// anew.
pub(super) fn correct(
    page: &mut Page<'_>,
    request: &CorrectNumberRequest,
) -> Result<CorrectNumberResponse, Status> {
    let birth_record = text("birth_record", &request.birth_record)?;
    let number = match stated(request.person_number.as_deref()) {
        Some(number) => Some(number),
        None => page.get::<String>(NUMBER_OF, &birth_record)?,
    };
    let person = match &number {
        Some(number) => page.get::<Person>(PERSON, number)?,
        None => None,
    };
    let conclusion = newborns::correct(person.as_ref());
    if let Some(number) = number.filter(|_| conclusion.gives()) {
        page.put(NUMBER_OF, &birth_record, &number)?;
        page.put(NUMBER_KEPT, &number, &birth_record)?;
    }
    Ok(CorrectNumberResponse { decision: Some(concluded(page, &conclusion, newborns::CORRECTION)?) })
}

fn answer(decision: Decision, number: String, child: &Person, call: &Call) -> NumberIssue {
    let home = child.residence(call.received_on()).or_else(|| child.last_residence());
    NumberIssue {
        decision: Some(decision),
        person_number: Some(number),
        address: home.map(|it| postal(&it.address)),
        municipality: home.map(|it| it.address.municipality.clone()),
        protected: Some(child.protected),
    }
}

fn next_number(page: &mut Page<'_>) -> Result<String, Status> {
    loop {
        let ordinal = page.next_number("newborns")?;
        match newborns::number(ordinal) {
            Some(number) => return Ok(number),
            None if ordinal >= newborns::LAST => {
                return Err(Status::resource_exhausted("the national numbers are used up"));
            }
            None => {}
        }
    }
}

fn newborn(
    page: &Page<'_>,
    call: &Call,
    request: &IssueNumberRequest,
    address: &PostalAddress,
) -> Result<Person, Status> {
    let parent = |number: Option<&str>| -> Result<Option<(String, Option<Person>)>, Status> {
        let Some(number) = stated(number) else { return Ok(None) };
        let person = page.get::<Person>(PERSON, &number)?;
        Ok(Some((number, person)))
    };
    let mother = parent(request.mother_number.as_deref())?;
    let in_law = stated(request.second_parent_parentage.as_deref()).is_some();
    let second_parent = parent(request.second_parent_number.as_deref().filter(|_| in_law))?;
    let parents: Vec<_> = mother.iter().chain(&second_parent).collect();
    let of_parents: Vec<&str> =
        parents.iter().filter_map(|(_, it)| it.as_ref()?.family_name.as_deref()).collect();
    let (given_names, family_name) = stated(request.registered_name.as_deref())
        .map_or((None, None), |name| newborns::part_name(&name, &of_parents));
    let mother_protected = mother.as_ref().and_then(|(_, it)| it.as_ref()).is_some_and(|it| it.protected);
    let address = of_postal(address);
    Ok(Person {
        given_names,
        family_name,
        birth_date: day("birth_date", request.birth_date.as_ref())?,
        gender: request.gender.clone(),
        parents: parents.iter().map(|(number, _)| number.clone()).collect(),
        civil_status: Some("unmarried".to_owned()),
        marriage: None,
        protected: request.mother_protected.unwrap_or(false) || mother_protected,
        moves_blocked: false,
        residences: vec![Residence {
            from: day("birth_date", request.birth_date.as_ref())?.first().min(call.received_on()),
            place: place_of(page, &address)?,
            address,
            reported: None,
            cancelled: false,
        }],
        deaths: Vec::new(),
    })
}

/// Where an address is: the dwelling of its postal code and house number, which ends its first line; where the
/// register has no such dwelling, a place of its own.
pub(super) fn place_of(page: &Page<'_>, address: &Address) -> Result<String, BookError> {
    let house_number = address.lines.first().and_then(|line| line.split_whitespace().next_back());
    if let Some(house_number) = house_number {
        let at = place(&address.postal_code, house_number);
        if page.get::<Dwelling>(DWELLING, &at)?.is_some() {
            return Ok(at);
        }
    }
    Ok(place(&address.postal_code, &address.lines.concat()))
}
