//! Who plays which part in a country's life event, and what tells happenings and members apart: read off its plan, so
//! that any plan can be played.

use std::collections::BTreeSet;

use casework::life_event::{ClosedBy, RoleSpec};
use casework::name::{FactName, PartyId};

use crate::country::Country;

impl Country {
    /// The parties that report: the first does it first, the last a second time.
    pub(crate) fn reporters(&self) -> (PartyId, PartyId) {
        let may = |spec: &&RoleSpec| spec.may_report && spec.group.is_none();
        let mut roles = self.plan.life_event.roles.iter().filter(may);
        let party = |spec: &RoleSpec| PartyId { role: spec.id.clone(), member: None };
        let first = roles.next().map(party).unwrap();
        (first.clone(), roles.next_back().map_or(first, party))
    }

    /// The group whose members are reported, where there is one.
    pub(crate) fn reported_group(&self) -> Option<&RoleSpec> {
        let reported =
            |spec: &&RoleSpec| spec.group.as_ref().is_some_and(|group| group.closed_by == ClosedBy::Report);
        self.plan.life_event.roles.iter().find(reported)
    }

    /// Whether the fact is about this party: a person's own, a thing's of whom the life event names.
    pub(crate) fn is_about(&self, fact: &FactName, party: &PartyId) -> bool {
        let spec = self.plan.life_event.role(&fact.role()).unwrap();
        let person = spec.kind.as_str() == "person";
        (if person { Some(&spec.id) } else { spec.about.as_ref() }) == Some(&party.role)
    }

    /// The facts that tell the members of the reported group apart.
    pub(crate) fn same_when(&self) -> BTreeSet<FactName> {
        let Some(spec) = self.reported_group() else { return BTreeSet::new() };
        let attributes = spec.group.iter().flat_map(|group| &group.same_when);
        attributes.map(|attribute| FactName::of(&spec.id, attribute).unwrap()).collect()
    }

    /// The facts that every report brings: what tells happenings, and members of a group, apart.
    pub(crate) fn identity(&self) -> BTreeSet<FactName> {
        let identity = &self.plan.life_event.identity;
        let mut facts = self.same_when();
        facts.extend(identity.blocking.iter().flatten().chain(&identity.sure).cloned());
        facts.insert(identity.date.clone());
        facts
    }
}
