//! A life event: its roles, what identifies one happening of it, and what the citizen must end up with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dictionary::{Ask, AskOf, Concept, Texts};
use crate::name::{ConceptName, FactName, Kind, LifeEventId, OutcomeId, Role};

/// One file of `gateway/life-events/`. Adding a life event takes such a file and no Rust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeEvent {
    /// Its name.
    pub id: LifeEventId,
    /// Its names for people.
    pub titles: Texts,
    /// What it is for, in a sentence or two, for people.
    pub summary: Texts,
    /// Who answers for its outcomes: an organisation, in words.
    pub owner: String,
    /// Who and what takes part.
    pub roles: Vec<RoleSpec>,
    /// Names under which a report may list several roles together, in this order: `parent` is the mother, then the
    /// second parent. None of the roles is a group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub together: BTreeMap<Role, Vec<Role>>,
    /// What makes two reports the same happening.
    pub identity: Identity,
    /// What the citizen must end up with.
    pub outcomes: Vec<Outcome>,
}

/// A part in a life event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSpec {
    /// The role, such as `child`.
    pub id: Role,
    /// What kind of thing plays it: `person`, `vehicle`, `address` … Its facts are that kind's concepts.
    pub kind: Kind,
    /// Its names for people.
    pub titles: Texts,
    /// Whether it may be missing altogether (an unknown second parent).
    #[serde(default)]
    pub optional: bool,
    /// Whether who plays it may report the life event.
    #[serde(default)]
    pub may_report: bool,
    /// Where there may be several: how members are told apart and when all are known.
    #[serde(default)]
    pub group: Option<GroupSpec>,
    /// For things: the role whose party its facts are about (a vehicle is its holder's). None: the party itself, or
    /// for a thing without one, the reporter. For a person who cannot speak for themselves: the role that does, and
    /// sees what they would.
    #[serde(default)]
    pub about: Option<Role>,
    /// Who else reads what is about it: joint facts, and decisions that somebody else has to know (a second parent, the
    /// parent who reports a child's move).
    #[serde(default)]
    pub shared_with: Vec<SharedWith>,
    /// Whether who plays it is told nothing, in whatever other part: the case is on no list of theirs, nobody sees it in
    /// their name, and nothing is asked of them or offered to them. So it is with the one who died.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hears_nothing: bool,
    /// Whether services alone say who plays it: no report speaks of them, and nobody is asked but they themselves. So it
    /// is with whom a register knows and a stranger could make up. A group that a gift closes is named by services
    /// without saying so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named_by_services: bool,
}

/// A role that reads what is about another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedWith {
    /// The role that reads.
    pub role: Role,
    /// What it reads.
    pub what: Shared,
    /// Facts that must be known first, and be true where they say yes or no: of the member, where they are of its
    /// group.
    #[serde(default)]
    pub once: Vec<FactName>,
}

/// What is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// What agencies decided, with reasons and remedy.
    Decisions,
    /// That, and the facts.
    Everything,
}

/// How a role that may have several members works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSpec {
    /// Attributes (of the kind's concepts) that tell members apart: reported twice with the same values, it is the
    /// same member. What does not match and is not plainly another is disputed.
    pub same_when: Vec<String>,
    /// Who says that all members are known.
    pub closed_by: ClosedBy,
    /// Most members there may be.
    #[serde(default = "members_max")]
    pub max: u16,
}

fn members_max() -> u16 {
    20
}

/// Who says that all members of a group are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The report: the members it mentions are all there are.
    Report,
    /// The gift: the service that gives the group gives all of it.
    Gift,
}

/// What makes two reports the same happening. Features are facts of roles that are no group, or of the members of
/// one taken together (a set).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The fact (a date) when it happened: it picks the plan that is valid then.
    pub date: FactName,
    /// Sets of facts, in order of preference: the first that is known in full is the blocking key, coarser than the
    /// identity. A report that brings none of them in full is refused with what is missing.
    pub blocking: Vec<Vec<FactName>>,
    /// Facts which, all equal, make it surely the same happening.
    pub sure: Vec<FactName>,
    /// How many days apart the two dates may be and still be perhaps the same: a named person decides.
    #[serde(default)]
    pub near_days: Option<u16>,
}

/// What the citizen must end up with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its name.
    pub id: OutcomeId,
    /// Its names for people.
    pub titles: Texts,
    /// For a role that is a group: reached once per member.
    #[serde(default)]
    pub per: Option<Role>,
    /// Reached when this condition (CEL over facts) is true, or decided when every service that gives its facts has
    /// decided.
    pub reached: String,
    /// ISO 8601 duration from receipt within which it should be reached, for measuring.
    pub target: String,
}

impl LifeEvent {
    /// The role of this name.
    #[must_use]
    pub fn role(&self, role: &Role) -> Option<&RoleSpec> {
        self.roles.iter().find(|spec| spec.id == *role)
    }

    /// The role of a fact.
    #[must_use]
    pub fn role_of(&self, fact: &FactName) -> Option<&RoleSpec> {
        self.roles.iter().find(|spec| fact.is_of(&spec.id))
    }

    /// The concept that a fact of this life event is: the attribute of the role's kind. None where the life event
    /// has no such role.
    #[must_use]
    pub fn concept_of(&self, fact: &FactName) -> Option<ConceptName> {
        let spec = self.role_of(fact)?;
        format!("{}.{}", spec.kind, fact.attribute()).parse().ok()
    }

    /// The fact that a service's word means here: `person.number` with {person: child} is `child.number`. A word
    /// that is not bound is the role itself.
    #[must_use]
    pub fn fact_of(&self, word: &FactName, bind: &BTreeMap<String, Role>) -> Option<FactName> {
        let role = bind.get(word.role().as_str()).cloned().unwrap_or_else(|| word.role());
        self.role(&role)?;
        FactName::of(&role, word.attribute()).ok()
    }

    /// Whether who plays the role is told nothing of the case.
    #[must_use]
    pub fn hears_nothing(&self, role: &Role) -> bool {
        self.role(role).is_some_and(|spec| spec.hears_nothing)
    }

    /// Whether services alone say who plays the role, so that a report may not speak of it.
    #[must_use]
    pub fn is_named_by_services(&self, role: &Role) -> bool {
        self.role(role).is_some_and(|spec| {
            let by_gift = spec.group.as_ref().is_some_and(|group| group.closed_by == ClosedBy::Gift);
            spec.named_by_services || by_gift
        })
    }

    /// How a party is asked for a fact of this concept, where one may be. Who plays a part that services name is asked of
    /// nobody: who does play it may be asked what is asked of them alone, and what is known of a group's members by
    /// whoever reported is asked once a service has named them.
    #[must_use]
    pub fn ask<'c>(&self, fact: &FactName, concept: &'c Concept) -> Option<&'c Ask> {
        let ask = concept.ask.as_ref()?;
        let Some(spec) = self.role_of(fact) else { return Some(ask) };
        let names_a_member = spec.group.as_ref().is_some_and(|group| {
            group.closed_by == ClosedBy::Gift && group.same_when.iter().any(|it| it == fact.attribute())
        });
        let kept = names_a_member || (spec.named_by_services && ask.of != AskOf::About);
        (!kept).then_some(ask)
    }

    /// Whether the role may have several members.
    #[must_use]
    pub fn is_group(&self, role: &Role) -> bool {
        self.role(role).is_some_and(|spec| spec.group.is_some())
    }
}
