//! A registration against what is registered: does it contradict another agency, and do its words mean something?

use std::collections::{BTreeMap, BTreeSet};

use casework::compile::{CompileError, FlowError, compile, nearest};
use casework::name::{LifeEventId, ServiceId};
use casework::rulebook::Competent;
use casework::service::Service;
use tokio::time::Instant as Local;

use super::Checked;
use crate::lowering::{Fault, LoweredService};
use crate::registry::RegistryError;
use crate::registry::books::Books;
use crate::registry::inner::Writer;
use crate::registry::snapshot::competences;

/// Checks a registration against what is registered.
///
/// # Errors
/// What is wrong with it by the dictionary and the life events (`Invalid`), or that it contradicts another agency's
/// registration (`Contradicts`).
pub(in crate::registry) fn against(
    writer: &Writer,
    checked: &Checked,
    services: &[LoweredService],
) -> Result<(), RegistryError> {
    let mut faults = meanings(&writer.books, services);
    faults.extend(codes(&writer.books, checked, services));
    if !faults.is_empty() {
        return Err(RegistryError::Invalid(faults));
    }
    let mut faults = Vec::new();
    let live: BTreeSet<String> =
        writer.leases.live(Local::now()).into_iter().map(|((agency, _), _)| agency).collect();
    for (other, known) in writer.books.agencies.iter().filter(|(other, _)| **other != checked.agency) {
        let live = live.contains(other.as_str());
        for theirs in known.offered() {
            let Some(ours) = services.iter().find(|one| one.service.id == theirs.service.id) else {
                continue;
            };
            let place = format!("`{}`", ours.service.id);
            let of = |sent: &_, service: &Service| competences(sent, service);
            let both =
                (of(&checked.kept.competences, &ours.service), of(&known.sent.competences, &theirs.service));
            if let Some(overlap) = overlap(&ours.service, &both.0, &both.1) {
                faults.push(Fault::at(&place, format!("`{other}` is competent for {overlap} already; one agency is, at one time: end the one before the other begins")));
            }
            if live && ours.service.contract != theirs.service.contract {
                faults.push(Fault::at(&place, format!(
                    "`{other}` offers it under another contract ({}, here {}): all that offer a service offer the same. \
                     Offer the new one under an id of its own, or withdraw the old one there first",
                    theirs.service.contract, ours.service.contract
                )));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(RegistryError::Contradicts(faults)) }
}

/// What two agencies are both competent for, in words.
fn overlap(service: &Service, ours: &[Competent], theirs: &[Competent]) -> Option<String> {
    // A reversal stays with the agency whose act it reverses, and chooses nobody.
    if service.life_events.is_empty() {
        return None;
    }
    match (ours, theirs) {
        ([], _) | (_, []) => Some("all of it".to_owned()),
        _ => ours
            .iter()
            .find(|one| theirs.iter().any(|other| one.code == other.code && meet(one, other)))
            .map(|one| format!("`{}`", one.code)),
    }
}

fn meet(one: &Competent, other: &Competent) -> bool {
    let before = |one: &Competent, other: &Competent| match (one.until, other.from) {
        (Some(until), Some(from)) => until.latest() < from.earliest(),
        _ => false,
    };
    !before(one, other) && !before(other, one)
}

/// Codes that the list of the competence fact does not have.
fn codes(books: &Books, checked: &Checked, services: &[LoweredService]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for one in services {
        let Some(word) = &one.service.competence else { continue };
        let lists: BTreeSet<&str> = one
            .service
            .life_events
            .iter()
            .filter_map(|of| {
                let life_event = &books.files.life_events.get(&of.id)?.life_event;
                let concept = life_event.concept_of(&life_event.fact_of(word, &of.bind)?)?;
                casework::dictionary::code_list(&books.files.dictionary.concept(&concept)?.value)
            })
            .collect();
        for competent in competences(&checked.kept.competences, &one.service) {
            let unknown = lists.iter().find(|list| {
                books.files.dictionary.codes(list).is_some_and(|codes| !codes.contains_key(&competent.code))
            });
            if let Some(list) = unknown {
                let what = format!("`{}` is no code of the list `{list}`", competent.code);
                faults.push(Fault::at(format!("competences, `{}`", one.service.id), what));
            }
        }
    }
    faults
}

/// What is wrong with the services by the dictionary and the life events: what they say of themselves, whatever others
/// are registered. A missing giver or grant is not: it may come later, and until then the service is left out.
fn meanings(books: &Books, services: &[LoweredService]) -> Vec<Fault> {
    let own: BTreeMap<&ServiceId, &LoweredService> =
        services.iter().map(|one| (&one.service.id, one)).collect();
    let others = books.services().into_iter().filter(|other| !own.contains_key(&other.id));
    let all: Vec<Service> = services.iter().map(|one| Service::clone(&one.service)).chain(others).collect();
    let mut faults = Vec::new();
    let served: BTreeSet<_> =
        services.iter().flat_map(|one| &one.service.life_events).map(|of| &of.id).collect();
    for id in served {
        let Some(life_event) = books.files.life_events.get(id) else {
            faults.extend(unknown(books, id, services));
            continue;
        };
        let Err(errors) = compile(books.draft(life_event, &all)) else { continue };
        for error in errors.0.iter().filter(|error| is_of_itself(error)) {
            let first = error.services().into_iter().next();
            if let Some(one) = first.and_then(|service| own.get(&service).copied()) {
                let fault = Fault::at(&one.method, error.to_string());
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
    faults
}

/// The services that serve a life event which is not there.
fn unknown<'a>(
    books: &Books,
    id: &'a LifeEventId,
    services: &'a [LoweredService],
) -> impl Iterator<Item = Fault> + use<'a> {
    let known: Vec<String> = books.files.life_events.keys().map(ToString::to_string).collect();
    let near = nearest(id.as_str(), known.clone());
    let near = near.first().map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let what = format!(
        "life_events: there is no life event `{id}`; {near}There are `{}`. Publish its file first: loket life-event put",
        known.join("`, `")
    );
    let serves = |one: &&LoweredService| one.service.life_events.iter().any(|of| of.id == *id);
    services.iter().filter(serves).map(move |one| Fault::at(&one.method, what.clone()))
}

fn is_of_itself(error: &CompileError) -> bool {
    matches!(
        error,
        CompileError::Declaration(_)
            | CompileError::Word(_)
            | CompileError::Group(_)
            | CompileError::Flow(FlowError::NotItsGiver { .. } | FlowError::NeedsOwnGift { .. })
    )
}

/// Whether the agency's registration is this one already. One that was withdrawn is not: registering anew offers it
/// again.
pub(in crate::registry) fn is_registered(books: &Books, checked: &Checked) -> bool {
    books.agencies.get(&checked.agency).is_some_and(|known| {
        let taken_back = known.services.iter().any(|offered| offered.withdrawn && !offered.gone);
        known.sent == checked.kept && !taken_back
    })
}
