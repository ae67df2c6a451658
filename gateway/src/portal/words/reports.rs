//! Reports: what somebody says about a happening, read by the dictionary.

use std::collections::{BTreeMap, HashMap};

use casework::dictionary::{Concept, Dictionary};
use casework::input::{Given, Report};
use casework::life_event::LifeEvent;
use casework::name::{FactName, Role};
use proto::loket::portal::v1 as pb;
use tonic::Status;

use super::values;
use crate::reasons::{self, Reason, Violation};

/// Most facts in a report, over all members.
pub const FACTS_MAX: usize = 1_000;

/// Most members in a report, over all groups.
pub const MEMBERS_MAX: usize = 200;

/// Longest report, in bytes on the wire.
pub const REPORT_BYTES_MAX: usize = 256 * 1024;

/// Most violations that one answer lists.
const VIOLATIONS_MAX: usize = 50;

/// Reads reports of one life event.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The life event.
    pub life_event: &'a LifeEvent,
    /// The dictionary.
    pub dictionary: &'a Dictionary,
}

type Facts = BTreeMap<FactName, Given>;

impl<'a> Reader<'a> {
    /// The report, without who reports it. `place` is where it stands in the request.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with every fault: each names the field, and what is right.
    pub fn report(&self, report: &pb::Report, place: &str) -> Result<Report, Status> {
        limits(report, place)?;
        self.not_too_many(report, place)?;
        let (mut read, mut faults) = (Report::default(), Faults::default());
        read.facts = self.facts(&report.facts, &format!("{place}.facts"), None, &mut faults);
        for (index, member) in report.members.iter().enumerate() {
            let place = format!("{place}.members[{index}]");
            let before = report.members[..index].iter().filter(|other| other.role == member.role).count();
            match self.whose(&member.role, before) {
                Ok(role) => {
                    let whose = Whose { role: &role, said: &member.role };
                    let facts =
                        self.facts(&member.facts, &format!("{place}.facts"), Some(whose), &mut faults);
                    put(&mut read, role, facts, self.life_event, &place, &mut faults);
                }
                Err(description) => faults.unknown(format!("{place}.role"), description),
            }
        }
        faults.none_or_all().map(|()| read)
    }

    /// A group has at most so many members, whoever they are.
    fn not_too_many(&self, report: &pb::Report, place: &str) -> Result<(), Status> {
        for spec in &self.life_event.roles {
            let Some(group) = &spec.group else { continue };
            let mut mentioned =
                report.members.iter().enumerate().filter(|(_, one)| one.role == spec.id.as_str());
            if let Some((index, _)) = mentioned.nth(usize::from(group.max)) {
                let what = format!("is too many: there can be at most {} of `{}`", group.max, spec.id);
                return Err(refused(&format!("{place}.members[{index}]"), &what));
            }
        }
        Ok(())
    }

    /// One fact, given in answer to a question or as a correction.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn fact(&self, name: &FactName, value: Option<&pb::Value>) -> Result<Given, FactFault> {
        let concept = self.concept(name).map_err(FactFault::Unknown)?;
        let value = value.ok_or_else(|| FactFault::WrongType(values::expectation(&concept.value)))?;
        values::given(value, concept, self.dictionary).map_err(FactFault::WrongType)
    }

    /// The concept that a fact is.
    ///
    /// # Errors
    /// What to do, where there is none.
    pub fn concept(&self, name: &FactName) -> Result<&'a Concept, String> {
        let Some(concept) = self.life_event.concept_of(name) else {
            let roles: Vec<&str> = self.life_event.roles.iter().map(|spec| spec.id.as_str()).collect();
            return Err(format!("is of no role of this life event; its roles are {}", roles.join(", ")));
        };
        self.dictionary
            .concept(&concept)
            .ok_or_else(|| format!("is not known: the dictionary has no `{concept}`"))
    }

    /// Whose facts an element of the members has: a group's, the role's at this place of a list of several roles, or
    /// those of a role that is no group, listed as its only one.
    fn whose(&self, said: &str, before: usize) -> Result<Role, String> {
        let parsed: Option<Role> = said.parse().ok();
        if let Some(listed) = parsed.as_ref().and_then(|role| self.life_event.together.get(role)) {
            return listed.get(before).cloned().ok_or_else(|| {
                let names: Vec<&str> = listed.iter().map(Role::as_str).collect();
                format!("has more elements than there are roles in this list: {}", names.join(", then "))
            });
        }
        match parsed.filter(|role| self.life_event.role(role).is_some()) {
            Some(role) if self.life_event.is_group(&role) || before == 0 => Ok(role),
            Some(_) => Err("is no group: there is one of it".to_owned()),
            None => Err(format!("must be a group of this life event: {}", self.groups().join(", "))),
        }
    }

    /// The names that stand for several: groups, and lists of roles.
    fn groups(&self) -> Vec<&str> {
        let groups = self.life_event.roles.iter().filter(|spec| spec.group.is_some());
        groups.map(|spec| spec.id.as_str()).chain(self.life_event.together.keys().map(Role::as_str)).collect()
    }

    /// The facts of one element of the members, or of the roles that are no group.
    fn facts(
        &self,
        sent: &HashMap<String, pb::Value>,
        place: &str,
        whose: Option<Whose<'_>>,
        faults: &mut Faults,
    ) -> Facts {
        let mut read = Facts::new();
        let sorted: BTreeMap<&String, &pb::Value> = sent.iter().collect();
        for (name, value) in sorted {
            let shown: String = name.chars().take(100).collect();
            let field = format!("{place}[\"{shown}\"]");
            let Ok(fact) = name.parse::<FactName>() else {
                faults.unknown(field, "must be a fact, such as `child.given_names`".to_owned());
                continue;
            };
            let fact = match whose {
                Some(whose) => match whose.fact(&fact) {
                    Some(fact) => fact,
                    None => {
                        faults.unknown(field, format!("must be a fact of `{}`", whose.said));
                        continue;
                    }
                },
                None if self.life_event.is_group(&fact.role()) => {
                    let role = fact.role();
                    faults.unknown(field, of_a_group(role.as_str()));
                    continue;
                }
                None => fact,
            };
            match self.fact(&fact, Some(value)) {
                Ok(given) => {
                    read.insert(fact, given);
                }
                Err(FactFault::Unknown(description)) => faults.unknown(field, description),
                Err(FactFault::WrongType(expected)) => {
                    faults.wrong_type(field, format!("must be {expected}"))
                }
            }
        }
        read
    }
}

/// Whose facts are read, and the name under which they were sent.
#[derive(Clone, Copy)]
struct Whose<'a> {
    role: &'a Role,
    said: &'a str,
}

impl Whose<'_> {
    /// The fact as the life event names it; none where it is of another role.
    fn fact(self, sent: &FactName) -> Option<FactName> {
        let role = sent.role();
        if role == *self.role {
            return Some(sent.clone());
        }
        if role.as_str() == self.said { FactName::of(self.role, sent.attribute()).ok() } else { None }
    }
}

/// Puts what an element of the members says where it belongs: to the members of a group, or to the facts of a role.
fn put(
    read: &mut Report,
    role: Role,
    facts: Facts,
    life_event: &LifeEvent,
    place: &str,
    faults: &mut Faults,
) {
    if life_event.is_group(&role) {
        read.members.entry(role).or_default().push(facts);
        return;
    }
    for (name, given) in facts {
        if read.facts.insert(name.clone(), given).is_some() {
            faults.unknown(place.to_owned(), format!("gives `{name}`, which is given elsewhere too"));
        }
    }
}

/// What is wrong with a fact that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactFault {
    /// There is no such fact.
    Unknown(String),
    /// Its value must be this.
    WrongType(String),
}

/// The faults of a request, by kind.
#[derive(Default)]
pub(crate) struct Faults {
    violations: Vec<Violation>,
    unknown: usize,
}

impl Faults {
    pub(crate) fn unknown(&mut self, field: String, description: String) {
        self.unknown += 1;
        self.violations.push(Violation::new(field, description));
    }

    pub(crate) fn wrong_type(&mut self, field: String, description: String) {
        self.violations.push(Violation::new(field, description));
    }

    pub(crate) fn none_or_all(mut self) -> Result<(), Status> {
        let all = self.violations.len();
        if all == 0 {
            return Ok(());
        }
        let reason = match self.unknown {
            0 => Reason::WrongFactType,
            unknown if unknown == all => Reason::UnknownFact,
            _ => Reason::InvalidRequest,
        };
        self.violations.truncate(VIOLATIONS_MAX);
        let first = &self.violations[0];
        let rest = if all > 1 { format!("; and {} more", all - 1) } else { String::new() };
        let detail = format!("`{}` {}{rest}", first.field, first.description);
        Err(reasons::violations(reason, detail, &self.violations))
    }
}

/// What is said of a fact that is given for a whole group, in the contract's words.
pub(crate) fn of_a_group(role: &str) -> String {
    format!("is of a group: send it under `members`, with role `{role}`")
}

fn refused(place: &str, what: &str) -> Status {
    reasons::violations(Reason::InvalidRequest, format!("`{place}` {what}"), &[Violation::new(place, what)])
}

fn limits(report: &pb::Report, place: &str) -> Result<(), Status> {
    let facts = report.facts.len() + report.members.iter().map(|member| member.facts.len()).sum::<usize>();
    let too_much = |what: String| Err(refused(place, &what));
    if facts > FACTS_MAX {
        return too_much(format!("has {facts} facts; at most {FACTS_MAX} are taken"));
    }
    if report.members.len() > MEMBERS_MAX {
        return too_much(format!("has {} members; at most {MEMBERS_MAX} are taken", report.members.len()));
    }
    let bytes = prost::Message::encoded_len(report);
    if bytes > REPORT_BYTES_MAX {
        return too_much(format!("has {bytes} bytes; at most {REPORT_BYTES_MAX} are taken"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "reports_tests.rs"]
mod tests;
