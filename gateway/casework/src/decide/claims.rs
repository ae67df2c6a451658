//! Who speaks for a part. Whoever reports first speaks for the part they report in. Later, a part is theirs who are
//! named for it by somebody else: a party, an agency, a register. Others have a receipt and nothing more: what they add
//! is held until that happens, and they see nothing of a case that is somebody else's.

use super::{Draft, members};
use crate::case::Claim;
use crate::entry::{Actor, Entry, Known, Source};
use crate::input::Rejected;
use crate::name::{FactKey, PartyId};
use crate::picture::Picture;
use crate::value::Value;

/// Whether the reporter is known to play this part, or the case is nobody's yet whose part it could be.
pub(super) fn plays(picture: Picture<'_>, part: &PartyId, person: Option<&str>) -> bool {
    let is_named = |person: &str| picture.case.parts_of(person).any(|known| known == part);
    let nobodys = || !picture.case.parties.contains_key(part) && nobody_may_report(picture);
    person.is_some_and(is_named) || nobodys()
}

/// Whether nobody is known who may report this: an agency did, and named none of them.
fn nobody_may_report(picture: Picture<'_>) -> bool {
    let life_event = &picture.rules.plan.life_event;
    let may = |part: &PartyId| life_event.role(&part.role).is_some_and(|spec| spec.may_report);
    !picture.case.parties.keys().any(may)
}

/// Whether what somebody says who only claims a part is held: all that they say of the part, and what nobody said before,
/// or not so fully.
/// What others said otherwise is in dispute, whoever says so.
pub(super) fn is_held(picture: Picture<'_>, claim: &Claim, key: &FactKey, said: &Known) -> bool {
    let new = || match picture.current(key) {
        None => true,
        Some(revision) if members::is_fuller_date(&revision.known, said) => true,
        Some(revision) => match (&revision.known, &revision.source) {
            (Known::Unknown, _) => true,
            (Known::Absent, Source::Step { .. } | Source::Agency(_)) => true,
            (Known::Absent, Source::Party { .. }) | (Known::Value(_), _) => false,
        },
    };
    key.name.is_of(&claim.party.role) || new()
}

/// Upholds the claims that are borne out by now: what was held is learnt.
pub(super) fn uphold(draft: &mut Draft<'_>) {
    for claim in draft.case.claims.clone() {
        if is_borne_out(draft.picture(), &claim) {
            admit(draft, &Actor::Loket, claim, None);
        }
    }
}

/// A person decides whether a reporter plays the part that they claim.
pub(super) fn decided(
    draft: &mut Draft<'_>,
    by: Actor,
    receipt: u32,
    upheld: bool,
    reason: String,
) -> Result<(), Rejected> {
    match &by {
        Actor::Officer { .. } | Actor::Operator { .. } => {}
        Actor::Party { .. } | Actor::Agency(_) | Actor::Loket => {
            return Err(Rejected::NotYours("an officer or operator decides about a claim".to_owned()));
        }
    }
    let claim = draft.case.claims.iter().find(|claim| claim.receipt == receipt).cloned();
    let claim = claim.ok_or(Rejected::NoSuchClaim(receipt))?;
    match upheld {
        true if is_played_by_another(draft.picture(), &claim) => Err(Rejected::PartTaken(claim.party)),
        true => {
            admit(draft, &by, claim, Some(reason));
            Ok(())
        }
        false => {
            if !claim.dismissed {
                draft.put(by, Entry::ClaimDismissed { receipt, reason });
            }
            Ok(())
        }
    }
}

/// Whether somebody with another number is named for the part.
fn is_played_by_another(picture: Picture<'_>, claim: &Claim) -> bool {
    let named = picture.case.parties.get(&claim.party).map_or(&[][..], |party| &party.persons);
    let play = |person: &&String| picture.case.parts_of(person).any(|part| *part == claim.party);
    named.iter().filter(play).any(|person| Some(person) != claim.person.as_ref())
}

/// Who claims it plays the part from here on, and what they said of it is learnt.
fn admit(draft: &mut Draft<'_>, decided_by: &Actor, claim: Claim, reason: Option<String>) {
    let Claim { receipt, party, person, facts, .. } = claim;
    let told = draft.case.receipts.iter().find(|known| known.number == receipt);
    let portal = match told.map(|receipt| &receipt.by) {
        Some(Actor::Party { portal, .. }) => portal.clone(),
        _ => String::new(),
    };
    let by = Actor::Party { party: Some(party.clone()), portal };
    draft.put(decided_by.clone(), Entry::ClaimUpheld { receipt, reason });
    draft.put(decided_by.clone(), Entry::PartyNamed { party: party.clone(), person });
    for (key, known) in facts {
        members::merge(draft, &by, key, known, Source::Party { party: Some(party.clone()) });
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
    if named.is_empty() {
        somewhere()
    } else {
        picture.case.parts_of(person).any(|part| *part == claim.party)
    }
}
