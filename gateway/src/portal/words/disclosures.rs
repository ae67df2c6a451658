//! Who saw which of somebody's facts: what agencies were given, and what people read, in one list.

use casework::entry::Actor;
use casework::view::SeenDisclosure;
use proto::loket::portal::v1 as pb;

use super::timestamp;
use super::viewer::Viewer;
use crate::caseworker::Access;

/// The disclosures and the accesses, merged by time, oldest first. Of an access, the facts of the viewer alone.
#[must_use]
pub fn merged(viewer: &Viewer<'_>, disclosed: &[SeenDisclosure], accesses: &[Access]) -> Vec<pb::Disclosure> {
    let mut all: Vec<(i64, pb::Disclosure)> =
        disclosed.iter().map(|disclosure| (disclosure.at.0, to_agency(disclosure))).collect();
    all.extend(accesses.iter().filter_map(|access| Some((access.at.0, by_person(viewer, access)?))));
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, disclosure)| disclosure).collect()
}

fn to_agency(disclosed: &SeenDisclosure) -> pb::Disclosure {
    pb::Disclosure {
        time: Some(timestamp(disclosed.at)),
        recipient: disclosed.agency.to_string(),
        service: disclosed.service.to_string(),
        facts: disclosed.facts.iter().map(ToString::to_string).collect(),
        purpose: disclosed.purpose.clone(),
        legal_basis: disclosed.legal_basis.clone(),
        ..pb::Disclosure::default()
    }
}

/// A reading, where it was of the viewer's facts.
fn by_person(viewer: &Viewer<'_>, access: &Access) -> Option<pb::Disclosure> {
    let facts: Vec<String> =
        access.reading.facts.iter().filter(|key| viewer.may_see(key)).map(ToString::to_string).collect();
    (!facts.is_empty()).then(|| pb::Disclosure {
        time: Some(timestamp(access.at)),
        recipient: reader(viewer, &access.reading.by),
        facts,
        purpose: access.reading.purpose.clone(),
        legal_basis: access.reading.legal_basis.clone(),
        ..pb::Disclosure::default()
    })
}

/// Who read, by function: a person's subject is told to nobody.
fn reader(viewer: &Viewer<'_>, by: &Actor) -> String {
    match by {
        Actor::Party { party: Some(party), .. } if viewer.is_me(party) => "you".to_owned(),
        Actor::Party { party: Some(party), .. } => party.to_string(),
        Actor::Party { party: None, .. } => "reporter".to_owned(),
        Actor::Agency(agency) => agency.to_string(),
        Actor::Officer { agency, .. } => format!("officer of {agency}"),
        Actor::Operator { .. } => "operator".to_owned(),
        Actor::Loket => "loket".to_owned(),
    }
}
