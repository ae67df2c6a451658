//! What a case waits for besides its steps. Each has an owner: nothing waits for nobody.

use crate::case::{Case, StepState};
use crate::entry::Owner;
use crate::name::{FactKey, PartyId, Role};
use crate::readiness::owner;
use crate::time::Instant;

/// Something that is waited for and is no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideWait {
    /// What.
    pub what: Beside,
    /// Who must act.
    pub owner: Owner,
    /// Since when.
    pub since: Instant,
}

/// What is waited for besides steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// That the source of a fact says whether it is right.
    Dispute(FactKey),
    /// That somebody says who a member of this group is whom a report mentions.
    Member(Role),
    /// That somebody says whether this is the happening of another case.
    Sameness,
    /// That somebody says whether a reporter plays the part that they claim.
    Claim {
        /// The receipt of their report.
        receipt: u32,
        /// The part.
        party: PartyId,
    },
    /// That somebody takes up what nobody else can take further.
    Person,
}

/// Everything that is waited for besides steps, in a case that has not ended.
#[must_use]
pub fn beside_steps(case: &Case) -> Vec<BesideWait> {
    let mut waits = Vec::new();
    if case.withdrawal.is_none() {
        waits.extend(case.facts.iter().filter_map(|(key, fact)| {
            let dispute = fact.dispute.as_ref()?;
            let owner = fact.current().map_or(Owner::Operators, |current| owner(&current.source));
            Some(BesideWait { what: Beside::Dispute(key.clone()), owner, since: dispute.since })
        }));
        waits.extend(case.unmatched.iter().map(|((role, _), mention)| BesideWait {
            what: Beside::Member(role.clone()),
            owner: Owner::Operators,
            since: mention.since,
        }));
        waits.extend(case.claims.iter().filter(|claim| !claim.dismissed).map(|claim| {
            let told = case.receipts.iter().find(|receipt| receipt.number == claim.receipt);
            BesideWait {
                what: Beside::Claim { receipt: claim.receipt, party: claim.party.clone() },
                owner: Owner::Operators,
                since: told.map_or(case.changed_at, |receipt| receipt.received_at),
            }
        }));
        if !case.perhaps_same.is_empty() {
            let (owner, since) = (Owner::Operators, case.opened_at);
            waits.push(BesideWait { what: Beside::Sameness, owner, since });
        }
    }
    // Where a step is parked, its own wait says who must act.
    let parked = case.steps.values().any(|step| matches!(step.state, StepState::Parked { .. }));
    if case.needs_person.is_some() && !parked {
        waits.push(BesideWait { what: Beside::Person, owner: Owner::Operators, since: case.changed_at });
    }
    waits
}
