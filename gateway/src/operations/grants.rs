//! Grants: an agency's consents, seen and changed by operators, and by the agency itself.

use casework::name::AgencyId;
use casework::service::Grant;
use proto::loket::operations::v1 as pb;
use tonic::Status;

use crate::callers::Principal;
use crate::portal::names;
use crate::reasons::{self, Reason};
use crate::registry::Snapshot;

/// Longest purpose and legal basis, in characters.
const WORDS_CHARS_MAX: usize = 500;

/// The grants in force that the caller may see and asks for.
pub(super) fn list(
    snapshot: &Snapshot,
    request: &pb::ListGrantsRequest,
    caller: &Principal,
) -> Vec<pb::Grant> {
    snapshot
        .grants
        .iter()
        .filter(|grant| request.from.is_empty() || grant.from.as_str() == bare(&request.from))
        .filter(|grant| request.to.is_empty() || grant.to.as_str() == request.to)
        .filter(|grant| match own_agency(caller) {
            None => true,
            Some(agency) => {
                speaks_for(snapshot, agency, &grant.from) || speaks_for(snapshot, agency, &grant.to.agency())
            }
        })
        .map(told)
        .collect()
}

fn bare(name: &str) -> &str {
    name.strip_prefix("agencies/").unwrap_or(name)
}

/// The grant on the wire.
pub(super) fn told(grant: &Grant) -> pb::Grant {
    pb::Grant {
        from: grant.from.to_string(),
        concept: grant.concept.to_string(),
        to: grant.to.to_string(),
        purpose: grant.purpose.clone(),
        legal_basis: grant.legal_basis.clone(),
    }
}

/// The agency that the caller is of; none for operators.
pub(super) fn own_agency(caller: &Principal) -> Option<&AgencyId> {
    match caller {
        Principal::Agency { agency } | Principal::Officer { agency, .. } => Some(agency),
        Principal::Anonymous
        | Principal::Citizen(_)
        | Principal::Portal { .. }
        | Principal::Operator { .. }
        | Principal::ContactCentre { .. } => None,
    }
}

/// Whether an agency speaks for this name: its own, or that of the kind of agency whose services it runs.
fn speaks_for(snapshot: &Snapshot, agency: &AgencyId, name: &AgencyId) -> bool {
    agency == name
        || snapshot
            .agency(agency)
            .is_some_and(|view| view.services.iter().any(|service| service.service.id.agency() == *name))
}

/// A grant that is to be given or revoked. `revoked`: purpose and basis need not be said.
pub(super) fn read(
    snapshot: &Snapshot,
    grant: Option<&pb::Grant>,
    caller: &Principal,
    revoked: bool,
) -> Result<Grant, Status> {
    let sent = grant.cloned().unwrap_or_default();
    let from = names::agency(&sent.from, "grant.from")?;
    if own_agency(caller).is_some_and(|agency| !speaks_for(snapshot, agency, &from)) {
        let detail = format!("only `{from}` itself, or an operator on its behalf, grants what it gives");
        return Err(reasons::status(Reason::PermissionDenied, detail));
    }
    let words = |text: &str, field: &str| match revoked {
        true => names::words(text, field, WORDS_CHARS_MAX),
        false => names::some_words(text, field, WORDS_CHARS_MAX),
    };
    Ok(Grant {
        from,
        concept: sent
            .concept
            .parse()
            .map_err(|_| names::wrong("grant.concept", "a concept, such as `person.number`"))?,
        to: sent
            .to
            .parse()
            .map_err(|_| names::wrong("grant.to", "a public service, such as `library/card`"))?,
        purpose: words(&sent.purpose, "grant.purpose")?,
        legal_basis: words(&sent.legal_basis, "grant.legal_basis")?,
    })
}
