//! The grants in force: what agencies registered, what was given on their behalf, without what was revoked.
//!
//! A service of a kind (`municipality/…`) is offered by many agencies, each of which consents for itself. The kind
//! consents where every one of them does: one that does not must not be overruled by another.

use std::collections::{BTreeMap, BTreeSet};

use casework::name::AgencyId;
use casework::service::{Grant, Grants};
use proto::loket::desk::v1 as desk;

use super::{FlowKey, Registration, flow_of};

pub(super) fn in_force(
    agencies: &BTreeMap<AgencyId, Registration>,
    given: &BTreeMap<FlowKey, Grant>,
    revoked: &BTreeSet<FlowKey>,
) -> Grants {
    let own: Vec<Grant> = agencies
        .iter()
        .flat_map(|(agency, known)| known.sent.grants.iter().filter_map(|grant| read(agency, grant)))
        .chain(given.values().cloned())
        .filter(|grant| !revoked.contains(&flow_of(grant)))
        .collect();
    let of_kinds = of_kinds(agencies, &own);
    let mut grants = Grants::default();
    for grant in of_kinds.into_iter().chain(own).filter(|grant| !revoked.contains(&flow_of(grant))) {
        grants.give(grant);
    }
    grants
}

/// A consent as it was registered.
pub(in crate::registry) fn read(from: &AgencyId, grant: &desk::Grant) -> Option<Grant> {
    Some(Grant {
        from: from.clone(),
        concept: grant.concept.parse().ok()?,
        to: grant.to.parse().ok()?,
        purpose: grant.purpose.clone(),
        legal_basis: grant.legal_basis.clone(),
    })
}

fn of_kinds(agencies: &BTreeMap<AgencyId, Registration>, own: &[Grant]) -> Vec<Grant> {
    let mut kinds: BTreeMap<AgencyId, BTreeSet<&AgencyId>> = BTreeMap::new();
    for (agency, registration) in agencies {
        for one in registration.offered() {
            let kind = one.service.id.agency();
            if kind != *agency {
                kinds.entry(kind).or_default().insert(agency);
            }
        }
    }
    let mut of_kinds = Vec::new();
    for (kind, members) in &kinds {
        let first = own.iter().filter(|grant| members.first() == Some(&&grant.from));
        let all = first.filter(|grant| {
            members.iter().all(|member| {
                own.iter().any(|other| {
                    other.from == **member
                        && (&other.concept, &other.to, &other.purpose)
                            == (&grant.concept, &grant.to, &grant.purpose)
                })
            })
        });
        of_kinds.extend(all.map(|grant| Grant { from: kind.clone(), ..grant.clone() }));
    }
    of_kinds
}
