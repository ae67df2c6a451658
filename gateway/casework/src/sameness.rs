//! Two cases of one happening: which one a person means, and what was reported in the later one, to be given to the
//! earlier one ([`Input::TakeUp`](crate::input::Input::TakeUp)).

use std::collections::BTreeMap;

use crate::case::Case;
use crate::decide::{SAID_OTHERWISE, goes_on};
use crate::entry::{Actor, Entry, Known, OtherCase, Recorded};
use crate::input::{Given, Received, Rejected, Report};
use crate::life_event::LifeEvent;
use crate::name::{FactKey, FactName, MemberId, PartyId, Role};
use crate::value::Value;

/// The case that this one is said to be the same as, of those that it resembles: by reference or by what the store knows
/// it by. Where it resembles one alone, nobody has to say which. Where that was decided, it is that one.
///
/// # Errors
/// Where it resembles several and none is named, or another is; in words, where nobody asks.
pub fn candidate<'a>(case: &'a Case, named: Option<&str>) -> Result<&'a OtherCase, Rejected> {
    let is_meant = |other: &&OtherCase| {
        named.is_none_or(|name| other.reference.eq_ignore_ascii_case(name) || other.case == name)
    };
    if let Some(decided) = case.goes_on_in() {
        return Some(decided).filter(is_meant).ok_or_else(|| goes_on(decided));
    }
    let mut meant = case.perhaps_same.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(other), None) => Ok(other),
        _ if case.perhaps_same.is_empty() => {
            Err(Rejected::Ended("nobody asks whether it is the same as another".to_owned()))
        }
        _ => Err(Rejected::NotOneOf(case.perhaps_same.iter().map(in_words).collect())),
    }
}

fn in_words(other: &OtherCase) -> String {
    format!("{} (case {})", other.reference, other.case)
}

/// What was reported in the case, report by report, oldest first, as it follows from its log: what each reporter said
/// first, corrected since and answered, with the request, the number and the moment of receipt that their receipt has.
///
/// Answers of those who reported nothing are not in it: the earlier case asks them, where it has to know.
#[must_use]
pub fn reports(life_event: &LifeEvent, case: &Case, log: &[Recorded]) -> Vec<Received> {
    let mut told: Vec<Told> = Vec::new();
    for recorded in log {
        match &recorded.entry {
            Entry::Reported { request, received_at, .. } => {
                let received = Received {
                    by: recorded.by.clone(),
                    report: Report { reporter: part(&recorded.by).cloned(), ..Report::default() },
                    request: request.clone(),
                    person: None,
                    received_at: *received_at,
                };
                let written_by = recorded.by.clone();
                told.push(Told { received, written_by, named: false, members: Vec::new() });
            }
            Entry::MemberMatched { role, mention, member: None } => {
                told.iter_mut().for_each(|told| told.forget(role, *mention));
            }
            entry => {
                // Whoever reported twice said it in the last of both.
                let speaks = |told: &&mut Told| told.written_by == recorded.by;
                if let Some(told) = told.iter_mut().rev().find(speaks) {
                    told.hear(entry);
                }
            }
        }
    }
    told.into_iter().map(|told| told.whole(life_event, case)).collect()
}

fn part(by: &Actor) -> Option<&PartyId> {
    match by {
        Actor::Party { party, .. } => party.as_ref(),
        Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
    }
}

/// Who is meant by a mention of a group.
#[derive(PartialEq, Eq)]
enum Meant {
    /// This member.
    Member(MemberId),
    /// Nobody known, under this number.
    Nobody(u16),
}

/// What one report told.
struct Told {
    received: Received,
    /// Who the log names for what they say.
    written_by: Actor,
    /// Whether it was said who plays the reporter's part.
    named: bool,
    members: Vec<(Role, Meant, BTreeMap<FactName, Given>)>,
}

impl Told {
    fn hear(&mut self, entry: &Entry) {
        match entry {
            // By the number that they were authenticated with, which stands first; a number that they say is a fact.
            Entry::PartyNamed { party, person } if self.received.report.reporter.as_ref() == Some(party) => {
                if !self.named {
                    self.received.person.clone_from(person);
                }
                self.named = true;
            }
            Entry::PartClaimed { party, person, facts, .. } => {
                self.received.report.reporter = Some(party.clone());
                self.received.person.clone_from(person);
                self.named = true;
                if let Actor::Party { party: part, .. } = &mut self.received.by {
                    *part = Some(party.clone());
                }
                // What they say once the claim is borne out is theirs too.
                self.written_by = self.received.by.clone();
                facts.iter().for_each(|(key, known)| self.say(key, given(known)));
            }
            Entry::MemberAdded { role, member } => {
                self.member(role, Meant::Member(member.clone()));
            }
            Entry::MemberUnmatched { role, mention, facts, .. } => {
                let said = self.member(role, Meant::Nobody(*mention));
                said.extend(facts.iter().map(|(name, known)| (name.clone(), given(known))));
            }
            Entry::Learnt { key, known, .. } => self.say(key, given(known)),
            Entry::Disputed { key, proposed: Some(value), .. } => self.say(key, Given::Value(value.clone())),
            Entry::Disputed { key, proposed: None, reason, .. } if reason == SAID_OTHERWISE => {
                self.say(key, Given::Absent);
            }
            _ => {}
        }
    }

    fn say(&mut self, key: &FactKey, given: Given) {
        let said = match &key.member {
            None => &mut self.received.report.facts,
            Some(member) => self.member(&key.name.role(), Meant::Member(member.clone())),
        };
        said.insert(key.name.clone(), given);
    }

    fn member(&mut self, role: &Role, meant: Meant) -> &mut BTreeMap<FactName, Given> {
        let known = self.members.iter().position(|(group, known, _)| group == role && *known == meant);
        let at = known.unwrap_or_else(|| {
            self.members.push((role.clone(), meant, BTreeMap::new()));
            self.members.len() - 1
        });
        &mut self.members[at].2
    }

    /// A person decided that the mention was a mistake.
    fn forget(&mut self, role: &Role, mention: u16) {
        self.members.retain(|(group, meant, _)| group != role || *meant != Meant::Nobody(mention));
    }

    /// The report. Of a member of whom others said what tells members apart, it says so too: it was of that one that they
    /// spoke.
    fn whole(self, life_event: &LifeEvent, case: &Case) -> Received {
        let Self { mut received, members, .. } = self;
        for (role, meant, mut said) in members {
            if let Meant::Member(member) = meant {
                for (name, given) in told_apart_by(life_event, case, &role, member) {
                    said.entry(name).or_insert(given);
                }
            }
            received.report.members.entry(role).or_default().push(said);
        }
        received
    }
}

/// What tells the member apart from others of its group, as far as it is known.
fn told_apart_by(
    life_event: &LifeEvent,
    case: &Case,
    role: &Role,
    member: MemberId,
) -> Vec<(FactName, Given)> {
    let group = life_event.role(role).and_then(|spec| spec.group.as_ref());
    let attributes = group.map_or(&[][..], |group| &group.same_when).iter();
    let known = attributes.filter_map(|attribute| {
        let name = FactName::of(role, attribute).ok()?;
        let key = FactKey { name, member: Some(member.clone()) };
        let value = match &case.facts.get(&key)?.current()?.known {
            Known::Value(value) => value.clone(),
            Known::Absent | Known::Unknown => return None,
        };
        Some((key.name, Given::Value(value)))
    });
    known.collect()
}

fn given(known: &Known) -> Given {
    match known {
        Known::Value(value) => Given::Value(Value::clone(value)),
        Known::Absent => Given::Absent,
        Known::Unknown => Given::Unknown,
    }
}
