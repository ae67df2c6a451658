//! Members: which steps run once per member of a group, which take the facts of all members, and which create them.

use std::collections::BTreeMap;

use super::error::{Found, Wording};
use super::words::Bound;
use super::{Draft, Place};
use crate::life_event::ClosedBy;
use crate::name::{FactName, Role, ServiceId};

/// A group is taken or given in a way that makes no steps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupError {
    /// A service takes members of two groups.
    TwoGroups {
        /// The service.
        service: ServiceId,
        /// A field of one.
        one: (Role, Place),
        /// A field of the other.
        other: (Role, Place),
    },
    /// A service takes or gives facts of one member and of all.
    OneAndAll {
        /// The group.
        role: Role,
        /// The field of one.
        one: Place,
        /// The field of all.
        all: Place,
    },
    /// A repeated field of a role that has no members.
    NoGroup {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
    },
    /// A gift creates members of a group that the report closes.
    ClosedByReport {
        /// Where.
        place: Place,
        /// The group.
        role: Role,
    },
    /// A step of one member creates members: nobody could say when all are there.
    CreatesPerMember {
        /// Where.
        place: Place,
        /// The group that it creates.
        creates: Role,
        /// The group that it runs per member of.
        per: Role,
    },
    /// A condition, competence or term asks for a fact of one member, of which the service has none.
    NoMember {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The service.
        service: ServiceId,
    },
}

#[derive(Default)]
struct Uses {
    one: BTreeMap<Role, Place>,
    all: BTreeMap<Role, Place>,
    creates: BTreeMap<Role, Place>,
}

/// Finds the group that a service runs per member of.
pub(super) fn resolve(draft: &Draft<'_>, bound: &mut Bound<'_>, found: &mut Found) {
    let uses = uses(draft, bound, found);
    // What was just refused must not stand in the way of others.
    bound.needs.retain(|need| !need.all || draft.life_event.is_group(&need.fact.role()));
    bound.gifts.retain(|gift| !gift.all || uses.creates.contains_key(&gift.fact.role()));
    let service = &bound.service.id;
    let mut taken = uses.one.iter().chain(&uses.all).map(|(role, place)| (role.clone(), place.clone()));
    if let Some(one) = taken.next()
        && let Some(other) = taken.find(|(role, _)| *role != one.0)
    {
        found.error(GroupError::TwoGroups { service: service.clone(), one, other });
    }
    for (role, one) in &uses.one {
        if let Some(all) = uses.all.get(role) {
            found.error(GroupError::OneAndAll { role: role.clone(), one: one.clone(), all: all.clone() });
        }
    }
    bound.per = uses.one.keys().next().cloned();
    for (role, place) in &uses.creates {
        let (place, creates) = (place.clone(), role.clone());
        if let Some(per) = bound.per.clone() {
            found.error(GroupError::CreatesPerMember { place, creates, per });
        } else if let Some(all) = uses.all.get(role) {
            found.error(GroupError::OneAndAll { role: creates, one: place, all: all.clone() });
        }
    }
    check_options(draft, bound, found);
}

fn uses(draft: &Draft<'_>, bound: &Bound<'_>, found: &mut Found) -> Uses {
    let mut uses = Uses::default();
    let service = &bound.service.id;
    for need in &bound.needs {
        let (role, place) = (need.fact.role(), Place::request(service, &need.need.field));
        let uses = match (draft.life_event.is_group(&role), need.all) {
            (true, true) => &mut uses.all,
            (true, false) => &mut uses.one,
            (false, true) => {
                found.error(GroupError::NoGroup { place, fact: need.fact.clone() });
                continue;
            }
            (false, false) => continue,
        };
        uses.entry(role).or_insert(place);
    }
    for gift in &bound.gifts {
        let (role, place) = (gift.fact.role(), Place::response(service, &gift.gift.field));
        let group = draft.life_event.role(&role).and_then(|spec| spec.group.as_ref());
        let uses = match (group.map(|group| group.closed_by), gift.all) {
            (Some(ClosedBy::Gift), true) => &mut uses.creates,
            (Some(_), false) => &mut uses.one,
            (Some(ClosedBy::Report), true) => {
                found.error(GroupError::ClosedByReport { place, role });
                continue;
            }
            (None, true) => {
                found.error(GroupError::NoGroup { place, fact: gift.fact.clone() });
                continue;
            }
            (None, false) => continue,
        };
        uses.entry(role).or_insert(place);
    }
    uses
}

/// What decides about a step is about the step's own member.
fn check_options(draft: &Draft<'_>, bound: &Bound<'_>, found: &mut Found) {
    for (fact, option) in bound.option_facts() {
        let role = fact.role();
        if draft.life_event.is_group(&role) && bound.per.as_ref() != Some(&role) {
            let service = bound.service.id.clone();
            let (place, fact) = (Place::option(&service, option), fact.clone());
            found.error(GroupError::NoMember { place, fact, service });
        }
    }
}

impl GroupError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::TwoGroups { service, one: (one, first), other: (other, second) } => {
                let headline = format!("`{service}` takes members of two groups, `{one}` and `{other}`");
                let help = "split it into two services; a service takes members of at most one group";
                Wording::new("L0301", headline).at(first).at(second).help(help)
            }
            Self::OneAndAll { role, one, all } => {
                let headline =
                    format!("one `{role}` and all of them at once: it would run both once and per member");
                let help = format!(
                    "take either the facts of one `{role}` (no repeated field; it runs per member) or of all (every field of `{role}` in a repeated message)"
                );
                Wording::new("L0302", headline).at(one).at(all).help(help)
            }
            Self::NoGroup { place, fact } => {
                let role = fact.role();
                let headline = format!(
                    "a repeated field carries the facts of a group's members, and `{role}` of `{fact}` is no group"
                );
                let help = format!(
                    "move the field out of the repeated message; or make `{role}` a group in the life event's file"
                );
                Wording::new("L0303", headline).at(place).help(help)
            }
            Self::ClosedByReport { place, role } => {
                let headline = format!(
                    "the gift would create members of `{role}`, but the report says who they all are"
                );
                let help = format!(
                    "give the fact of one `{role}` (no repeated field), or write `closed_by: gift` for `{role}` in the life event's file"
                );
                Wording::new("L0304", headline).at(place).help(help)
            }
            Self::CreatesPerMember { place, creates, per } => {
                let headline = format!(
                    "members of `{creates}` are created once per `{per}`: nobody could say when all are there"
                );
                let help = format!(
                    "take all of `{per}` at once, in a repeated message, and give every `{creates}` in one answer"
                );
                Wording::new("L0305", headline).at(place).help(help)
            }
            Self::NoMember { place, fact, service } => {
                let role = fact.role();
                let headline =
                    format!("`{fact}` is a fact of one `{role}`, and `{service}` does not run per `{role}`");
                let help = format!("need a fact of one `{role}` as well, or decide by a fact of no group");
                Wording::new("L0306", headline).at(place).help(help)
            }
        }
    }
}
