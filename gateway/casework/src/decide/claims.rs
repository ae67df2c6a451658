//! Who speaks for a part. Whoever reports first speaks for the part they report in. Later, a part is theirs who are
//! named for it by somebody else: a party, an agency, a register. Others have a receipt and nothing more: what they say
//! of the part is held until that happens, and they see nothing of a case that is somebody else's.

use super::{Draft, members};
use crate::case::Claim;
use crate::entry::{Actor, Entry, Known, Source};
use crate::input::Report;
use crate::name::{FactKey, PartyId};
use crate::picture::Picture;
use crate::value::Value;

/// Whether the reporter is known to play this part, or the case is nobody's yet whose part it could be.
pub(super) fn plays(picture: Picture<'_>, part: &PartyId, person: Option<&str>) -> bool {
    let named = picture.case.parties.get(part);
    let is_named =
        |person: &str| named.is_some_and(|party| party.persons.iter().any(|known| known == person));
    person.is_some_and(is_named) || (named.is_none() && nobody_may_report(picture))
}

/// Whether nobody is known who may report this: an agency did, and named none of them.
fn nobody_may_report(picture: Picture<'_>) -> bool {
    let life_event = &picture.rules.plan.life_event;
    let may = |part: &PartyId| life_event.role(&part.role).is_some_and(|spec| spec.may_report);
    !picture.case.parties.keys().any(may)
}

/// Puts down that the reporter claims the part, and takes what they say of it out of their report. From here on they
/// speak for no part.
pub(super) fn claim(
    draft: &mut Draft<'_>,
    by: &Actor,
    part: PartyId,
    person: Option<String>,
    report: &mut Report,
) {
    let receipt = draft.case.receipts.last().map_or(1, |receipt| receipt.number);
    let of_the_part: Vec<_> = report.facts.keys().filter(|name| name.role() == part.role).cloned().collect();
    let facts = of_the_part.into_iter().filter_map(|name| {
        let given = report.facts.remove(&name)?;
        Some((name, given.into()))
    });
    let facts = facts.collect();
    draft.put(by.clone(), Entry::PartClaimed { receipt, party: part, person, facts });
}

/// Upholds the claims that are borne out by now: what was held is learnt.
pub(super) fn uphold(draft: &mut Draft<'_>) {
    for claim in draft.case.claims.clone() {
        if !is_borne_out(draft.picture(), &claim) {
            continue;
        }
        let Claim { receipt, party, person, facts } = claim;
        let told = draft.case.receipts.iter().find(|known| known.number == receipt);
        let portal = match told.map(|receipt| &receipt.by) {
            Some(Actor::Party { portal, .. }) => portal.clone(),
            _ => String::new(),
        };
        let by = Actor::Party { party: Some(party.clone()), portal };
        draft.follow(Entry::ClaimUpheld { receipt });
        draft.follow(Entry::PartyNamed { party: party.clone(), person });
        for (name, known) in facts {
            let key = FactKey { name, member: None };
            members::merge(draft, &by, key, known, Source::Party { party: Some(party.clone()) });
        }
    }
}

/// Whether somebody else names them: for the part itself, or, where nobody is named for it, anywhere in the case (the
/// mother's husband, in the register of marriages).
fn is_borne_out(picture: Picture<'_>, claim: &Claim) -> bool {
    let Some(person) = &claim.person else { return false };
    let named = picture.case.parties.get(&claim.party).map_or(&[][..], |party| &party.persons);
    let somewhere = || {
        picture.case.facts.values().filter_map(|fact| fact.current()).any(|revision| {
            revision.known == Known::Value(Value::Person(person.clone()))
                && revision.source != Source::Party { party: None }
        })
    };
    if named.is_empty() { somewhere() } else { named.contains(person) }
}
