//! A grant that somebody gives: it must mean something, and it never takes the place of another by itself.

use casework::compile::nearest;
use casework::dictionary::Concept;
use casework::name::AgencyId;
use casework::service::Grant;

use super::books::Books;
use super::log::Event;
use super::{Fault, RegistryError};

/// What a grant that is given comes to. None: it is in force already.
///
/// # Errors
/// What of it means nothing (`Invalid`), or the grant that is there (`Contradicts`).
pub(super) fn decide(books: &Books, grant: &Grant) -> Result<Option<Event>, RegistryError> {
    let faults = meaning(books, grant);
    if !faults.is_empty() {
        return Err(RegistryError::Invalid(faults));
    }
    let same_flow =
        |one: &&Grant| (&one.from, &one.concept, &one.to) == (&grant.from, &grant.concept, &grant.to);
    match books.grants.iter().find(same_flow) {
        None => Ok(Some(Event::GrantGiven(grant.clone()))),
        Some(there) if there == grant => Ok(None),
        Some(there) => Err(RegistryError::Contradicts(vec![Fault::at(
            "grant",
            format!(
                "`{from}` lets `{to}` have `{concept}` already, for `{}` on {:?}; to change that, revoke it first: loket \
                 grant revoke {from} {concept} {to}",
                there.purpose,
                there.legal_basis,
                from = grant.from,
                concept = grant.concept,
                to = grant.to,
            ),
        )])),
    }
}

fn meaning(books: &Books, grant: &Grant) -> Vec<Fault> {
    let mut faults = Vec::new();
    match books.files.dictionary.concept(&grant.concept) {
        None => {
            let known = books.files.dictionary.concepts().map(|concept| concept.name.to_string());
            let near = did_you_mean(grant.concept.as_str(), known);
            faults.push(Fault::at(
                "grant.concept",
                format!("the dictionary has no concept `{}`{near}", grant.concept),
            ));
        }
        Some(concept) if !may_consent(concept, &grant.from) => {
            let may: Vec<String> = givers(concept).map(|agency| format!("`{agency}`")).collect();
            faults.push(Fault::at(
                "grant.from",
                format!(
                    "`{}` does not give `{}`, and cannot consent to it; {} can",
                    grant.from,
                    grant.concept,
                    may.join(" or ")
                ),
            ));
        }
        Some(_) => {}
    }
    let mut offered =
        books.agencies.values().flat_map(|known| &known.services).map(|one| &one.lowered.service);
    match offered.find(|service| service.id == grant.to) {
        None => {
            let known = books.agencies.values().flat_map(|known| &known.services);
            let known = known.map(|one| one.lowered.service.id.to_string());
            let near = did_you_mean(grant.to.as_str(), known);
            faults.push(Fault::at(
                "grant.to",
                format!(
                    "no agency has registered `{}`{near}; register it first, so that its purpose is known",
                    grant.to
                ),
            ));
        }
        Some(service) if service.purpose != grant.purpose => faults.push(Fault::at(
            "grant.purpose",
            format!(
                "`{}` asks for the purpose `{}`, not for `{}`: consent is to what the service does",
                grant.to, service.purpose, grant.purpose
            ),
        )),
        Some(_) => {}
    }
    faults
}

fn givers(concept: &Concept) -> impl Iterator<Item = &AgencyId> {
    std::iter::once(&concept.owner).chain(&concept.other_givers)
}

/// Whether the agency gives the concept: itself, or as one of a kind of agencies that does.
fn may_consent(concept: &Concept, from: &AgencyId) -> bool {
    givers(concept).any(|agency| {
        let of_kind = from.as_str().strip_prefix(agency.as_str()).is_some_and(|rest| rest.starts_with('-'));
        from == agency || of_kind
    })
}

fn did_you_mean(name: &str, known: impl Iterator<Item = String>) -> String {
    let near: Vec<String> = nearest(name, known).iter().map(|near| format!("`{near}`")).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
