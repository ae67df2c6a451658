//! Members of groups: the same child reported twice is one member; who is not plainly one of those known, nor plainly
//! another, is for a person to say.

use std::collections::BTreeSet;

use super::{Draft, gifts};
use crate::case::NUMBER;
use crate::entry::{Actor, Entry, Known, Source};
use crate::happening;
use crate::input::{Mentioned, Rejected};
use crate::name::{FactKey, FactName, MemberId, PartyId, Role};
use crate::value::Value;

/// The kind of thing that people are.
pub(crate) const PERSON: &str = "person";

/// Why a fact is in dispute that a second report tells otherwise.
pub(crate) const SAID_OTHERWISE: &str = "another report says otherwise";

/// Who a mentioned member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// This one.
    Same(MemberId),
    /// Plainly none of those known.
    Another,
    /// It cannot be said.
    Unclear,
}

/// Which of the members in `before` and not `taken` is meant by what is said.
pub(super) fn find(
    draft: &Draft<'_>,
    role: &Role,
    said: &[(FactName, Known)],
    before: &[MemberId],
    taken: &BTreeSet<MemberId>,
) -> Found {
    let spec = draft.rules.plan.life_event.role(role).and_then(|spec| spec.group.as_ref());
    let same_when = spec.map_or(&[][..], |group| &group.same_when);
    let mut unclear = false;
    for member in before.iter().filter(|member| !taken.contains(*member)) {
        let compared = same_when.iter().map(|attribute| {
            let now = said.iter().find(|(name, _)| name.attribute() == attribute).map(|(_, known)| known);
            let name = FactName::of(role, attribute).ok()?;
            let key = FactKey { name, member: Some(member.clone()) };
            match (now?, &draft.picture().current(&key)?.known) {
                (Known::Value(now), Known::Value(known)) => Some(now == known),
                _ => None,
            }
        });
        let compared: Vec<Option<bool>> = compared.collect();
        if !compared.is_empty() && compared.iter().all(|same| *same == Some(true)) {
            return Found::Same(member.clone());
        }
        unclear |= !compared.contains(&Some(false));
    }
    if unclear { Found::Unclear } else { Found::Another }
}

/// One more member.
pub(super) fn add(draft: &mut Draft<'_>, by: &Actor, role: &Role) -> MemberId {
    let known = draft.case.groups.get(role).map_or(0, |group| group.members.len());
    let member = MemberId::nth(u16::try_from(known + 1).unwrap_or(u16::MAX));
    draft.put(by.clone(), Entry::MemberAdded { role: role.clone(), member: member.clone() });
    let party = PartyId { role: role.clone(), member: Some(member.clone()) };
    if is_person(draft, role) {
        draft.put(by.clone(), Entry::PartyNamed { party, person: None });
    }
    member
}

/// Whether people play this part.
pub(super) fn is_person(draft: &Draft<'_>, role: &Role) -> bool {
    draft.rules.plan.life_event.role(role).is_some_and(|spec| spec.kind.as_str() == PERSON)
}

/// A person of whom a fact is learnt is a party; their number is learnt with it, where this fact is that.
pub(super) fn name_party(draft: &mut Draft<'_>, by: &Actor, key: &FactKey, known: &Known) {
    let role = key.name.role();
    if !is_person(draft, &role) {
        return;
    }
    let party = PartyId { role, member: key.member.clone() };
    let person = match known {
        Known::Value(Value::Person(number)) if key.name.attribute() == NUMBER => Some(number.clone()),
        _ => None,
    };
    let known_as = draft.case.parties.get(&party);
    let news = match (&person, known_as) {
        (_, None) => true,
        (Some(person), Some(party)) => !party.persons.contains(person),
        (None, Some(_)) => false,
    };
    if news {
        draft.put(by.clone(), Entry::PartyNamed { party, person });
    }
}

/// A person decided who an unmatched member is.
pub(super) fn decided(
    draft: &mut Draft<'_>,
    by: &Actor,
    role: &Role,
    mention: u16,
    who: Mentioned,
) -> Result<(), Rejected> {
    match by {
        Actor::Operator { .. } | Actor::Officer { .. } => {}
        Actor::Party { .. } | Actor::Agency(_) | Actor::Loket => {
            return Err(Rejected::NotYours("an officer or operator decides who a member is".to_owned()));
        }
    }
    let no_such = || Rejected::NoSuchMention { role: role.clone(), mention };
    let said = draft.case.unmatched.get(&(role.clone(), mention)).cloned().ok_or_else(no_such)?;
    let member = match who {
        Mentioned::Nobody => None,
        Mentioned::Known(member) if draft.picture().members(role).contains(&member) => Some(member),
        Mentioned::Known(_) => return Err(no_such()),
        Mentioned::New => Some(add(draft, by, role)),
    };
    let matched = Entry::MemberMatched { role: role.clone(), mention, member: member.clone() };
    draft.put(by.clone(), matched);
    let Some(member) = member else { return Ok(()) };
    for (name, known) in said.facts {
        let key = FactKey { name, member: Some(member.clone()) };
        merge(draft, by, key, known, said.source.clone());
    }
    Ok(())
}

/// Whether two reports say the same: spelling does not count, nor does how much of a date is known.
fn agree(before: &Known, said: &Known) -> bool {
    match (before, said) {
        (Known::Value(Value::Date(one)), Known::Value(Value::Date(other))) => {
            one.earliest() <= other.latest() && other.earliest() <= one.latest()
        }
        (Known::Value(one), Known::Value(other)) => happening::are_spelt_alike(one, other),
        (before, said) => before == said,
    }
}

/// Whether what is said adds to what the same hand said before: a value where there was none, more of a date.
fn adds_to(before: &Known, said: &Known) -> bool {
    match (before, said) {
        (Known::Value(Value::Date(one)), Known::Value(Value::Date(other))) => {
            one.earliest() <= other.earliest() && other.latest() <= one.latest() && one != other
        }
        (Known::Absent, Known::Value(_)) => true,
        _ => false,
    }
}

/// Whether what is said is more of the date that was said before: "in October", and then its ninth day.
pub(super) fn is_fuller_date(before: &Known, said: &Known) -> bool {
    matches!(said, Known::Value(Value::Date(_))) && *before != Known::Absent && adds_to(before, said)
}

/// Adds what a second report says to what is known. What agrees changes nothing, but that the fuller of two dates counts,
/// whoever said it. Another value is a dispute, for the source of the first to settle, also where that is the very party
/// that reports again: much may have been done with what they said, and a slip of the pen must not undo it. What a service
/// gave stands: it would have the last word had the report come before.
pub(super) fn merge(draft: &mut Draft<'_>, by: &Actor, key: FactKey, known: Known, source: Source) {
    let current = draft.picture().current(&key).cloned();
    // Those who play no part are not one and the same.
    let same_hand = |before: &Source| *before == source && source != Source::Party { party: None };
    let by_a_party = |before: &Source| matches!(before, Source::Party { .. });
    match (current, &known) {
        (Some(before), _) if same_hand(&before.source) && adds_to(&before.known, &known) => {
            gifts::learn_one(draft, by, key, known, source);
        }
        (Some(before), _) if by_a_party(&before.source) && is_fuller_date(&before.known, &known) => {
            gifts::learn_one(draft, by, key, known, source);
        }
        (Some(before), _) if agree(&before.known, &known) => {}
        (Some(_), Known::Unknown) => {}
        (Some(before), _) if matches!(before.source, Source::Step { .. } | Source::Agency(_)) => {
            // What the service does not have, a party may know.
            if before.known == Known::Absent && matches!(known, Known::Value(_)) {
                gifts::learn_one(draft, by, key, known, source);
            }
        }
        (Some(before), _) if before.known != Known::Unknown => {
            let proposed = match known {
                Known::Value(value) => Some(value),
                Known::Absent | Known::Unknown => None,
            };
            let reason = SAID_OTHERWISE.to_owned();
            draft.put(by.clone(), Entry::Disputed { key, revision: before.number, proposed, reason });
        }
        _ => gifts::learn_one(draft, by, key, known, source),
    }
}
