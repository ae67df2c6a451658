//! Fills the books at the first start: all dwellings, and the invented population in them.

use std::collections::HashMap;

use agency_kit::Books;
use agency_kit::synthetic::{self, Citizen, Home};
use jiff::civil::{Date, date};
use tonic::Status;

use crate::records::{
    Address, DWELLING, DWELLING_NUMBER, Dwelling, Marriage, PERSON, Person, RESIDENT, Residence, place,
    resident,
};

/// Married abroad, of which no document was shown: their civil status is not known here. Places in the population.
const MARRIED_ABROAD: [u32; 2] = [14, 15];
/// The main occupant of the dwelling of the first has agreed that the second moves in.
const CONSENT: (u32, u32) = (10, 9);
/// One citizen of so many has blocked reports of moves by others.
const MOVES_BLOCKED: usize = 100;
/// One couple of so many has a registered partnership.
const PARTNERSHIPS: usize = 10;
/// Since when the registrations of those hold who moved in before there were books.
const LONG_AGO: Date = date(2020, 1, 1);

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        let citizens = synthetic::population();
        let (host, guest) = (synthetic::number(CONSENT.0), synthetic::number(CONSENT.1));
        let host = citizens.iter().find(|it| it.number == host).map(|it| place_of(&it.home));
        let dwellings: Vec<(String, Dwelling)> = synthetic::dwellings()
            .iter()
            .zip(1..)
            .map(|(home, at): (_, u32)| {
                let place = place_of(home);
                let consents = if host.as_ref() == Some(&place) { vec![guest.clone()] } else { Vec::new() };
                (place, Dwelling { number: format!("DW-{at:07}"), address: address(home), consents })
            })
            .collect();
        let numbers = dwellings.iter().map(|(place, dwelling)| (dwelling.number.clone(), place));
        page.put_all(DWELLING_NUMBER, numbers)?;
        page.put_all(DWELLING, dwellings.iter().map(|(place, dwelling)| (place.clone(), dwelling)))?;
        let born: HashMap<&str, i16> =
            citizens.iter().map(|it| (it.number.as_str(), it.birth_date.year())).collect();
        let persons = citizens.iter().enumerate().map(|(at, citizen)| {
            let partner = citizen.married_to.as_deref().and_then(|it| born.get(it)).copied();
            (citizen.number.clone(), person(citizen, partner, at))
        });
        page.put_all(PERSON, persons)?;
        let residents =
            citizens.iter().map(|it| (resident(&place_of(&it.home), &it.number), it.number.as_str()));
        page.put_all(RESIDENT, residents)?;
        Ok(page.put("seed", "filled", &true)?)
    })
}

fn person(citizen: &Citizen, partner_born: Option<i16>, at: usize) -> Person {
    let abroad = MARRIED_ABROAD.iter().any(|it| synthetic::number(*it) == citizen.number);
    let first = citizen.married_to.as_ref().map_or(&citizen.number, |it| it.min(&citizen.number)).clone();
    let partnership = first.parse::<usize>().is_ok_and(|it| it % PARTNERSHIPS == 7);
    let status = match &citizen.married_to {
        _ if abroad => None,
        Some(_) if partnership => Some("partnership"),
        Some(_) => Some("married"),
        None => Some("unmarried"),
    };
    let residence = Residence {
        from: LONG_AGO.max(citizen.birth_date),
        place: place_of(&citizen.home),
        address: address(&citizen.home),
        reported: None,
        cancelled: false,
    };
    Person {
        given_names: Some(citizen.given_names.clone()),
        family_name: Some(citizen.family_name.clone()),
        birth_date: citizen.birth_date.into(),
        gender: citizen.gender.to_owned(),
        parents: citizen.parents.clone(),
        civil_status: status.map(str::to_owned),
        marriage: citizen
            .married_to
            .as_ref()
            .zip(partner_born)
            .map(|(partner, born)| marriage(partner, &first, born.max(citizen.birth_date.year()))),
        protected: citizen.protected,
        moves_blocked: at % MOVES_BLOCKED == MOVES_BLOCKED - 1,
        residences: vec![residence],
        deaths: Vec::new(),
    }
}

/// Both partners have the same record: its number is of the one whose own is the lower. They married when the younger
/// was twenty.
fn marriage(partner: &str, first: &str, younger_born: i16) -> Marriage {
    let concluded_on = date(younger_born + 20, 6, 5);
    Marriage {
        record: Some(format!("M-{}-{}", concluded_on.year(), first.get(3..).unwrap_or(first))),
        partner: Some(partner.to_owned()),
        concluded_on: Some(concluded_on.into()),
        country: Some("XZ".to_owned()),
        certificate: None,
    }
}

fn place_of(home: &Home) -> String {
    place(&home.postal_code, &home.house_number.to_string())
}

fn address(home: &Home) -> Address {
    Address {
        lines: vec![home.line()],
        postal_code: home.postal_code.clone(),
        locality: home.locality.clone(),
        municipality: home.municipality.to_owned(),
    }
}
