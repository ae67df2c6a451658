//! What the register tells of persons and dwellings.

use std::collections::BTreeSet;

use agency_kit::{BookError, Books};
use jiff::civil::Date;
use tonic::Status;

use super::fields::{moving_day, optional_day, postal, stated, text};
use crate::records::{DWELLING, Dwelling as KeptDwelling, PERSON, Person, RESIDENT, place, residents_of};
use crate::rules::dwellings::{self, Consent};
use crate::rules::{is_minor, marriages};
use crate::wire::{
    CoParentRecord, Dwelling, FindDwellingRequest, ListRemainingHouseholdRequest, MarriageRecord,
    PersonRecord, RemainingHousehold, Stayer, SurvivingPartner,
};

pub(super) fn person(books: &Books, number: Option<&str>) -> Result<Option<Person>, BookError> {
    match stated(number) {
        Some(number) => books.get(PERSON, &number),
        None => Ok(None),
    }
}

pub(super) fn person_record(person: Option<&Person>, on: Date) -> PersonRecord {
    let Some(person) = person else {
        return PersonRecord { minor: Some(false), protected: Some(false), ..PersonRecord::default() };
    };
    let residence = person.residence(on);
    PersonRecord {
        given_names: person.given_names.clone(),
        family_name: person.family_name.clone(),
        birth_date: Some(person.birth_date.wire()),
        minor: Some(is_minor(person.birth_date, on)),
        protected: Some(person.protected),
        address: residence.map(|it| postal(&it.address)),
        municipality: residence.map(|it| it.address.municipality.clone()),
    }
}

pub(super) fn co_parent_record(person: Option<Person>) -> CoParentRecord {
    person.map_or_else(CoParentRecord::default, |it| CoParentRecord {
        died_on: it.death().map(|death| death.died_on.wire()),
        given_names: it.given_names,
        family_name: it.family_name,
        birth_date: Some(it.birth_date.wire()),
    })
}

pub(super) fn marriage_record(
    books: &Books,
    person: Option<Person>,
    on: Date,
) -> Result<MarriageRecord, BookError> {
    let Some(person) = person else { return Ok(MarriageRecord::default()) };
    let counts = person.is_married() || still_counts(books, &person, on)?;
    let Some(marriage) = person.marriage.filter(|_| counts) else {
        return Ok(MarriageRecord { civil_status: person.civil_status, ..MarriageRecord::default() });
    };
    Ok(MarriageRecord {
        civil_status: person.civil_status,
        marriage_record: marriage.record,
        marriage_partner: marriage.partner,
        marriage_date: marriage.concluded_on.map(agency_kit::PartialDate::wire),
        marriage_country: marriage.country,
        marriage_certificate: marriage.certificate,
    })
}

/// Whether the marriage of somebody who is widowed still counts for a child that is born now.
fn still_counts(books: &Books, person: &Person, on: Date) -> Result<bool, BookError> {
    let Some(partner) = person.widowed_of() else { return Ok(false) };
    let partner = books.get::<Person>(PERSON, partner)?;
    let died_on = partner.as_ref().and_then(Person::death).map(|it| it.died_on);
    Ok(died_on.is_some_and(|it| marriages::counts_after(it, on)))
}

pub(super) fn surviving_partner(
    books: &Books,
    deceased: Option<&Person>,
) -> Result<SurvivingPartner, BookError> {
    let Some(number) = deceased.and_then(Person::partner) else { return Ok(SurvivingPartner::default()) };
    let alive = books.get::<Person>(PERSON, number)?.is_some_and(|it| it.death().is_none());
    Ok(SurvivingPartner { partner_number: alive.then(|| number.to_owned()) })
}

pub(super) fn dwelling(books: &Books, request: &FindDwellingRequest, on: Date) -> Result<Dwelling, Status> {
    let at =
        place(&text("postal_code", &request.postal_code)?, &text("house_number", &request.house_number)?);
    let declarant = text("declarant_number", &request.declarant_number)?;
    let Some(kept) = books.get::<KeptDwelling>(DWELLING, &at)? else {
        return Ok(Dwelling { move_in_consent: Some(true), ..Dwelling::default() });
    };
    let moved_on = moving_day("move_date", request.move_date.as_ref())?;
    let registered = registered_at(books, &at)?;
    let has_proof = stated(request.occupancy_proof.as_deref()).is_some();
    let main_occupant = dwellings::main_occupant(&registered, &at, on.max(moved_on));
    let (main_occupant, move_in_consent) =
        match dwellings::consent(main_occupant, &declarant, has_proof, &kept.consents) {
            Consent::Ask(occupant) => (Some(occupant), None),
            Consent::NobodyToAsk => (None, Some(true)),
        };
    Ok(Dwelling {
        dwelling: Some(kept.number),
        address: Some(postal(&kept.address)),
        municipality: Some(kept.address.municipality),
        main_occupant,
        move_in_consent,
    })
}

/// Everybody who is or was registered at a place, with their numbers.
fn registered_at(books: &Books, place: &str) -> Result<Vec<(String, Person)>, BookError> {
    let mut registered = Vec::new();
    for (_, number) in books.list::<String>(RESIDENT, &residents_of(place))? {
        if let Some(person) = books.get::<Person>(PERSON, &number)? {
            registered.push((number, person));
        }
    }
    Ok(registered)
}

pub(super) fn remaining_household(
    books: &Books,
    request: &ListRemainingHouseholdRequest,
) -> Result<RemainingHousehold, Status> {
    let mut movers = BTreeSet::new();
    let mut left = BTreeSet::new();
    for mover in &request.movers {
        let number = text("movers.person_number", &mover.person_number)?;
        let Some(from) = optional_day("movers.resident_from", mover.resident_from.as_ref())? else {
            continue;
        };
        let person = books.get::<Person>(PERSON, &number)?;
        let arrived = person.as_ref().and_then(Person::last_residence).filter(|it| it.from == from.first());
        let before = person.as_ref().zip(arrived).and_then(|(person, it)| person.residence_before(it));
        left.extend(before.map(|it| (it.place.clone(), from.first())));
        movers.insert(number);
    }
    let mut stayers = BTreeSet::new();
    for (place, on) in left {
        for (number, person) in registered_at(books, &place)? {
            let stays = person.death().is_none() && person.residence(on).is_some_and(|it| it.place == place);
            if stays && !movers.contains(&number) {
                stayers.insert(number);
            }
        }
    }
    let stayers = stayers.into_iter().map(|number| Stayer { person_number: Some(number) }).collect();
    Ok(RemainingHousehold { stayers })
}
