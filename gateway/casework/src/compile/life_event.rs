//! What a life event's file says: that its roles, facts and outcomes are there.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Found, Wording, any_of, fault_and_help, listed, nearest};
use super::{Draft, Place, conditions};
use crate::condition::Condition;
use crate::decide::PERSON;
use crate::dictionary::Concept;
use crate::life_event::ClosedBy;
use crate::name::{FactName, OutcomeId, Role};
use crate::term;
use crate::value::ValueType;

/// A life event's file is at fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifeEventError {
    /// It names a fact that is none: no such role, or no such concept.
    UnknownFact {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// What was perhaps meant.
        near: Vec<String>,
    },
    /// Its happening is identified by a fact that no report can bring.
    NotAskable {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
    },
    /// Its happening cannot be found again: no blocking set, or one that two sure reports need not share.
    Identity {
        /// Where.
        place: Place,
        /// What is wrong, and the way out.
        why: String,
    },
    /// The date of its happening is no date.
    NotADate {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// What it is.
        kind: ValueType,
    },
    /// A role is of a kind that no concept has, or is about a role that is not there, or there twice.
    Role {
        /// Where.
        place: Place,
        /// The role.
        role: Role,
        /// What is wrong with it.
        why: String,
    },
    /// An outcome has no condition, or one for other members than its own.
    Outcome {
        /// Where.
        place: Place,
        /// The outcome.
        outcome: OutcomeId,
        /// What is wrong with it.
        why: String,
    },
}

/// Checks the life event's own file.
pub(super) fn check(draft: &Draft<'_>, found: &mut Found) {
    roles(draft, found);
    together(draft, found);
    identity(draft, found);
    findable(draft, found);
    outcomes(draft, found);
}

fn place(draft: &Draft<'_>, keys: impl Into<String>) -> Place {
    Place::LifeEvent(draft.life_event.id.clone(), keys.into())
}

/// The facts of the life event's own file that a report may bring: what identifies the happening, and what tells the
/// members apart that it mentions, of the groups (`taken`) that any step has to do with.
pub(super) fn facts<'a>(draft: &Draft<'a>, taken: &BTreeSet<Role>) -> BTreeMap<FactName, &'a Concept> {
    let identity = &draft.life_event.identity;
    let named = identity.blocking.iter().flatten().chain(&identity.sure).chain([&identity.date]).cloned();
    let told_apart = draft.life_event.roles.iter().filter(|spec| taken.contains(&spec.id)).flat_map(|spec| {
        let reported = spec.group.iter().filter(|group| group.closed_by == ClosedBy::Report);
        let attributes = reported.flat_map(|group| &group.same_when);
        attributes.filter_map(|attribute| FactName::of(&spec.id, attribute).ok())
    });
    let outcomes = draft.outcomes.values().flat_map(Condition::facts);
    let concept = |fact: &FactName| draft.dictionary.concept(&draft.life_event.concept_of(fact)?);
    let all = named.chain(told_apart).chain(outcomes);
    all.filter_map(|fact| concept(&fact).map(|concept| (fact, concept))).collect()
}

fn fact<'a>(draft: &Draft<'a>, fact: &FactName, place: Place, found: &mut Found) -> Option<&'a Concept> {
    let concept = draft.life_event.concept_of(fact).and_then(|name| draft.dictionary.concept(&name));
    if concept.is_none() {
        let known = draft.life_event.roles.iter().flat_map(|spec| {
            let of_kind = draft.dictionary.concepts().filter(|concept| concept.name.kind() == spec.kind);
            of_kind.map(|concept| format!("{}.{}", spec.id, concept.name.attribute()))
        });
        let near = nearest(fact.as_str(), known);
        found.error(LifeEventError::UnknownFact { place, fact: fact.clone(), near });
    }
    concept
}

fn roles(draft: &Draft<'_>, found: &mut Found) {
    let life_event = draft.life_event;
    for (nth, spec) in life_event.roles.iter().enumerate() {
        let place = place(draft, format!("roles.{}", spec.id));
        let mut fault = |why: String| {
            found.error(LifeEventError::Role { place: place.clone(), role: spec.id.clone(), why });
        };
        if life_event.roles.iter().take(nth).any(|other| other.id == spec.id) {
            fault("is declared twice; give one of them another name".to_owned());
        }
        if !draft.dictionary.has_kind(&spec.kind) {
            fault(format!(
                "is of the kind `{}`, of which the dictionary has no concept; use a kind that it has",
                spec.kind
            ));
        }
        if let Some(about) = spec.about.as_ref().filter(|about| life_event.role(about).is_none()) {
            let roles = listed(life_event.roles.iter().map(|spec| &spec.id));
            fault(format!("is about `{about}`, which is no role; name one of {roles}"));
        }
        for shared in spec.shared_with.iter().filter(|shared| life_event.role(&shared.role).is_none()) {
            let roles = listed(life_event.roles.iter().map(|spec| &spec.id));
            fault(format!("is shared with `{}`, which is no role; name one of {roles}", shared.role));
        }
        if spec.hears_nothing && (spec.may_report || spec.kind.as_str() != PERSON) {
            fault("hears nothing and may report, or is no person; take one of them away".to_owned());
        }
        if spec.named_by_services && (spec.may_report || spec.group.is_some()) {
            let why = "is named by services and may report, or is a group, of which `closed_by` says it; take one away";
            fault(why.to_owned());
        }
        for deaf in spec.about.iter().filter(|about| life_event.hears_nothing(about)) {
            fault(format!("is about `{deaf}`, who hears nothing; name who hears of it in their stead"));
        }
        for deaf in spec.shared_with.iter().filter(|shared| life_event.hears_nothing(&shared.role)) {
            fault(format!("is shared with `{}`, who hears nothing; name somebody else", deaf.role));
        }
        if spec.group.as_ref().is_some_and(|group| group.max == 0) {
            fault("is a group of nobody; give it a `max` of at least 1".to_owned());
        }
        for name in spec.shared_with.iter().flat_map(|shared| &shared.once) {
            fact(draft, name, place.clone(), found);
        }
        for attribute in spec.group.iter().flat_map(|group| &group.same_when) {
            match FactName::of(&spec.id, attribute) {
                Ok(name) => drop(fact(draft, &name, place.clone(), found)),
                Err(error) => {
                    let why = format!("tells its members apart by what is no fact: {error}");
                    let role = spec.id.clone();
                    found.error(LifeEventError::Role { place: place.clone(), role, why });
                }
            }
        }
    }
}

/// Roles that may be listed together: each is there, has no members, and is of one kind with the others.
fn together(draft: &Draft<'_>, found: &mut Found) {
    let life_event = draft.life_event;
    for (name, roles) in &life_event.together {
        let mut fault = |why: String| {
            let place = place(draft, format!("together.{name}"));
            found.error(LifeEventError::Role { place, role: name.clone(), why });
        };
        if life_event.role(name).is_some() {
            fault("is a role and a list of roles; give the list another name".to_owned());
        }
        let listed: Vec<_> = roles.iter().filter_map(|role| life_event.role(role)).collect();
        let alike = listed.iter().all(|spec| spec.group.is_none() && spec.kind == listed[0].kind);
        let each_once = roles.iter().collect::<BTreeSet<_>>().len() == roles.len();
        if roles.len() < 2 || listed.len() < roles.len() || !alike || !each_once {
            fault(
                "lists what cannot stand together; name two or more roles of one kind, none of them a group"
                    .to_owned(),
            );
        }
    }
}

fn findable(draft: &Draft<'_>, found: &mut Found) {
    let identity = &draft.life_event.identity;
    let why = match identity.blocking.first().filter(|facts| !facts.is_empty()) {
        None => "no set of facts finds the happening again; name one under `blocking:`".to_owned(),
        Some(facts) => match facts.iter().find(|fact| !identity.sure.contains(fact)) {
            None => return,
            Some(fact) => format!(
                "two reports that are surely of one happening may differ in `{fact}` and would not meet; \
                 begin `blocking:` with facts of `sure:`"
            ),
        },
    };
    found.error(LifeEventError::Identity { place: place(draft, "identity.blocking"), why });
}

fn identity(draft: &Draft<'_>, found: &mut Found) {
    let identity = &draft.life_event.identity;
    let blocking = identity.blocking.iter().flatten().map(|fact| ("identity.blocking", fact));
    let sure = identity.sure.iter().map(|fact| ("identity.sure", fact));
    for (keys, name) in blocking.chain(sure).chain([("identity.date", &identity.date)]) {
        let place = place(draft, keys);
        let Some(concept) = fact(draft, name, place.clone(), found) else { continue };
        if draft.life_event.ask(name, concept).is_none() {
            found.error(LifeEventError::NotAskable { place: place.clone(), fact: name.clone() });
        }
        if keys == "identity.date" && concept.value != ValueType::Date {
            let (fact, kind) = (name.clone(), concept.value.clone());
            found.error(LifeEventError::NotADate { place, fact, kind });
        }
    }
}

fn outcomes(draft: &Draft<'_>, found: &mut Found) {
    for outcome in &draft.life_event.outcomes {
        let place = place(draft, format!("outcomes.{}", outcome.id));
        let mut faults = Vec::new();
        if let Err(error) = term::roughly(&outcome.target) {
            faults.push(format!("has a wrong target: {error}"));
        }
        let group = outcome.per.as_ref().filter(|role| !draft.life_event.is_group(role));
        faults.extend(
            group.map(|role| {
                format!("is reached per `{role}`, which is no group; name one, or leave `per` out")
            }),
        );
        match draft.outcomes.get(&outcome.id) {
            None => faults.push("has no condition; write it as `reached:`".to_owned()),
            Some(condition) => {
                let concept = |fact: &FactName| draft.dictionary.concept(&draft.life_event.concept_of(fact)?);
                let wrong = conditions::faults(condition, &concept, draft.dictionary);
                faults.extend(wrong.into_iter().map(|(_, why)| format!("has a wrong condition: {why}")));
                for name in condition.facts() {
                    if fact(draft, &name, place.clone(), found).is_none() {
                        continue;
                    }
                    let role = name.role();
                    if draft.life_event.is_group(&role) && outcome.per.as_ref() != Some(&role) {
                        faults.push(format!("asks for `{name}` of one `{role}`; write `per: {role}`"));
                    }
                }
            }
        }
        for why in faults {
            let (place, outcome) = (place.clone(), outcome.id.clone());
            found.error(LifeEventError::Outcome { place, outcome, why });
        }
    }
}

impl LifeEventError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::UnknownFact { place, fact, near } => {
                let headline = format!(
                    "`{fact}` is no fact: the life event has no such role, or the dictionary no such concept"
                );
                let help = match near.is_empty() {
                    false => format!("did you mean {}?", any_of(near)),
                    true => "use <role>.<attribute> of a concept of the role's kind".to_owned(),
                };
                Wording::new("L0001", headline).at(place).help(help)
            }
            Self::NotAskable { place, fact } => {
                let headline = format!("the happening is identified by `{fact}`, which nobody may be asked");
                let help = "identify it by facts that a report can bring, or let the dictionary say how this one is asked";
                Wording::new("L0002", headline).at(place).help(help)
            }
            Self::Identity { place, why } => {
                let (fault, help) = fault_and_help(why);
                Wording::new("L0006", fault.to_owned()).at(place).help(help)
            }
            Self::NotADate { place, fact, kind } => {
                let headline = format!("the date of the happening is `{fact}`, whose type is {kind}");
                Wording::new("L0003", headline).at(place).help("name a fact of the type date")
            }
            Self::Role { place, role, why } => {
                let (fault, help) = fault_and_help(why);
                Wording::new("L0004", format!("the role `{role}` {fault}")).at(place).help(help)
            }
            Self::Outcome { place, outcome, why } => {
                let (fault, help) = fault_and_help(why);
                Wording::new("L0005", format!("the outcome `{outcome}` {fault}")).at(place).help(help)
            }
        }
    }
}
