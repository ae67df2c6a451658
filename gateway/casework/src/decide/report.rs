//! A report of the happening: the one that opens the case, and each that joins it. Every reporter has a receipt.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, claims, gifts, members};
use crate::case::{Claim, NUMBER};
use crate::entry::{Actor, Entry, Known, Source};
use crate::input::{Given, Received, Rejected, Report};
use crate::life_event::ClosedBy;
use crate::name::{FactKey, FactName, MemberId, PartyId, Role};
use crate::planted::{Fault, planted};
use crate::rulebook::Rulebook;
use crate::time::Instant;
use crate::value::Value;
use crate::view;

/// The report that opens the case: the members it mentions are new.
pub(super) fn first(draft: &mut Draft<'_>, received: Received) -> Result<(), Rejected> {
    check(draft, &received.report, received.person.as_deref())?;
    let Received { by, report, request, person, received_at } = received;
    let by = &by;
    receive(draft, by, report.reporter.as_ref(), person, (request, received_at));
    let source = Source::Party { party: report.reporter.clone() };
    for (name, given) in report.facts {
        let key = FactKey { name, member: None };
        gifts::learn_one(draft, by, key, given.into(), source.clone());
    }
    for (role, mentions) in report.members {
        for said in mentions {
            let member = members::add(draft, by, &role);
            for (name, given) in said {
                let key = FactKey { name, member: Some(member.clone()) };
                gifts::learn_one(draft, by, key, given.into(), source.clone());
            }
        }
    }
    let rules = draft.rules;
    for spec in &rules.plan.life_event.roles {
        if spec.group.as_ref().is_some_and(|group| group.closed_by == ClosedBy::Report) {
            draft.put(by.clone(), Entry::GroupClosed { role: spec.id.clone() });
        }
    }
    Ok(())
}

/// A report that joins a case: what it adds is learnt, or held where the reporter is no party of it; what it says
/// otherwise is disputed.
pub(super) fn attach(draft: &mut Draft<'_>, received: Received) -> Result<(), Rejected> {
    check(draft, &received.report, received.person.as_deref())?;
    let Received { by, report, request, person, received_at } = received;
    let mut hand = Hand::of(draft, &by, &report, person, (request, received_at));
    for (name, given) in report.facts {
        hand.says(draft, FactKey { name, member: None }, given.into());
    }
    for (role, mentions) in report.members {
        let before: Vec<MemberId> = draft.picture().members(&role).to_vec();
        let alone = mentions.len() == 1 && before.len() == 1;
        let mut taken = BTreeSet::new();
        for said in mentions {
            let said: Vec<(FactName, Known)> = said.into_iter().map(|(n, given)| (n, given.into())).collect();
            let member = match (members::find(draft, &role, &said, &before, &taken), before.first()) {
                _ if planted(Fault::CountedTwice) => Some(members::add(draft, &hand.by, &role)),
                (members::Found::Same(member), _) => Some(member),
                // One child known and one reported, and nothing says that it is another one.
                (members::Found::Unclear, Some(only)) if alone => Some(only.clone()),
                (members::Found::Another, _) if !all_are_known(draft, &role) && hand.claims.is_none() => {
                    Some(members::add(draft, &hand.by, &role))
                }
                _ => None,
            };
            match member {
                Some(member) => {
                    taken.insert(member.clone());
                    for (name, known) in said {
                        hand.says(draft, FactKey { name, member: Some(member.clone()) }, known);
                    }
                }
                None => unmatched(draft, &hand.by, &role, said, hand.source.clone()),
            }
        }
    }
    hand.rest(draft);
    Ok(())
}

/// Who speaks in a report that joins.
struct Hand {
    by: Actor,
    source: Source,
    /// The part that they only claim, and what they say that nobody said before: it is held.
    claims: Option<Claim>,
}

impl Hand {
    /// The receipt of the report; and who speaks in it.
    fn of(
        draft: &mut Draft<'_>,
        by: &Actor,
        report: &Report,
        person: Option<String>,
        receipt: (String, Instant),
    ) -> Self {
        let part = report.reporter.clone();
        let claimed = part.filter(|part| !claims::plays(draft.picture(), part, person.as_deref()));
        let Some(party) = claimed else {
            receive(draft, by, report.reporter.as_ref(), person, receipt);
            let source = Source::Party { party: report.reporter.clone() };
            return Self { by: by.clone(), source, claims: None };
        };
        let by = match by {
            Actor::Party { portal, .. } => Actor::Party { party: None, portal: portal.clone() },
            other => other.clone(),
        };
        let receipt = receive(draft, &by, None, None, receipt);
        let claims = Some(Claim { receipt, party, person, facts: Vec::new(), dismissed: false });
        Self { by, source: Source::Party { party: None }, claims }
    }

    fn says(&mut self, draft: &mut Draft<'_>, key: FactKey, known: Known) {
        match &mut self.claims {
            Some(claim) if claims::is_held(draft.picture(), claim, &key, &known) => {
                claim.facts.push((key, known))
            }
            _ => members::merge(draft, &self.by, key, known, self.source.clone()),
        }
    }

    /// Puts down what is claimed.
    fn rest(self, draft: &mut Draft<'_>) {
        let Some(Claim { receipt, party, person, facts, .. }) = self.claims else { return };
        draft.put(self.by, Entry::PartClaimed { receipt, party, person, facts });
    }
}

/// Whether somebody said that these are all there are.
fn all_are_known(draft: &Draft<'_>, role: &Role) -> bool {
    draft.case.groups.get(role).is_some_and(|group| group.closed)
}

fn unmatched(draft: &mut Draft<'_>, by: &Actor, role: &Role, facts: Vec<(FactName, Known)>, source: Source) {
    let mut same = draft.case.unmatched.iter().filter(|((group, _), _)| group == role);
    if same.any(|(_, before)| before.facts == facts) {
        return;
    }
    let mention = draft.case.mentions.saturating_add(1);
    draft.put(by.clone(), Entry::MemberUnmatched { role: role.clone(), mention, facts, source });
}

/// Puts down the receipt of the request, at its moment; the receipt's number.
fn receive(
    draft: &mut Draft<'_>,
    by: &Actor,
    part: Option<&PartyId>,
    person: Option<String>,
    (request, received_at): (String, Instant),
) -> u32 {
    let receipt = u32::try_from(draft.case.receipts.len() + 1).unwrap_or(u32::MAX);
    draft.put(by.clone(), Entry::Reported { receipt, request, received_at });
    if let Some(party) = part {
        draft.put(by.clone(), Entry::PartyNamed { party: party.clone(), person });
    }
    receipt
}

/// Whether it is somebody who hears nothing of the case that reports: by the report itself, or by what is known.
fn check_heard(draft: &Draft<'_>, report: &Report, person: Option<&str>) -> Result<(), Rejected> {
    let life_event = &draft.rules.plan.life_event;
    let Some(person) = person else { return Ok(()) };
    let is_them = |given: &Given| matches!(given, Given::Value(Value::Person(number)) if number == person);
    let said = report.facts.iter().chain(report.members.values().flatten().flatten());
    let mut numbers =
        said.filter(|(name, _)| name.attribute() == NUMBER && life_event.hears_nothing(&name.role()));
    if numbers.any(|(_, given)| is_them(given)) || draft.case.is_kept_from(life_event, person) {
        return Err(Rejected::NotYours("whom this happened to cannot report it".to_owned()));
    }
    Ok(())
}

/// Whether the report says only what may be said, by whom it may be said.
fn check(draft: &Draft<'_>, report: &Report, person: Option<&str>) -> Result<(), Rejected> {
    let life_event = &draft.rules.plan.life_event;
    check_heard(draft, report, person)?;
    if let Some(reporter) = &report.reporter {
        let may = life_event.role(&reporter.role).is_some_and(|spec| spec.may_report);
        if !may {
            return Err(Rejected::NotYours(format!("`{}` may not report this", reporter.role)));
        }
    }
    for (name, given) in &report.facts {
        if life_event.is_group(&name.role()) || life_event.is_named_by_services(&name.role()) {
            return Err(Rejected::NotAsked(name.to_string()));
        }
        check_one(draft.rules, report.reporter.as_ref(), name, given)?;
    }
    for (role, mentions) in &report.members {
        if let Some(first) = mentions.first().filter(|_| life_event.is_named_by_services(role)) {
            return Err(Rejected::NotAsked(
                first.keys().next().map_or(role.to_string(), FactName::to_string),
            ));
        }
        let max = life_event.role(role).and_then(|spec| spec.group.as_ref()).map_or(0, |group| group.max);
        if mentions.len() > usize::from(max) {
            return Err(Rejected::Limit(format!("there can be {max} of `{role}`, not {}", mentions.len())));
        }
        for (name, given) in mentions.iter().flatten() {
            if !name.is_of(role) {
                return Err(Rejected::NotAsked(name.to_string()));
            }
            check_one(draft.rules, report.reporter.as_ref(), name, given)?;
        }
        told_apart(draft.rules, role, mentions)?;
    }
    Ok(())
}

/// Whether no two members of a report are the same one by what tells members apart.
fn told_apart(
    rules: &Rulebook<'_>,
    role: &Role,
    mentions: &[BTreeMap<FactName, Given>],
) -> Result<(), Rejected> {
    let group = rules.plan.life_event.role(role).and_then(|spec| spec.group.as_ref());
    let attributes = group.map_or(&[][..], |group| &group.same_when);
    let names: Vec<FactName> =
        attributes.iter().filter_map(|attribute| FactName::of(role, attribute).ok()).collect();
    let known = |said: &BTreeMap<FactName, Given>| -> Option<Vec<Given>> {
        let known = names.iter().map(|name| said.get(name).cloned());
        known.map(|given| given.filter(|given| matches!(given, Given::Value(_)))).collect()
    };
    let mut before: Vec<Option<Vec<Given>>> = Vec::new();
    for (second, said) in mentions.iter().enumerate() {
        let known = known(said).filter(|known| !known.is_empty());
        let same = |other: &Option<Vec<Given>>| known.is_some() && *other == known;
        if let Some(first) = before.iter().position(same) {
            let (role, attributes) = (role.clone(), attributes.to_vec());
            return Err(Rejected::SameMember { role, first, second, attributes });
        }
        before.push(known);
    }
    Ok(())
}

fn check_one(
    rules: &Rulebook<'_>,
    reporter: Option<&PartyId>,
    name: &FactName,
    given: &Given,
) -> Result<(), Rejected> {
    if !may_be_reported(rules, name) {
        return Err(Rejected::NotAsked(name.to_string()));
    }
    check_type(rules, name, given)?;
    if view::asks_only_whom_it_is_about(rules, name) {
        let about = view::about_role(rules, &name.role());
        if about.is_none() || about.as_ref() != reporter.map(|party| &party.role) {
            return Err(Rejected::NotYours(format!("`{name}` is asked of the person it is about alone")));
        }
    }
    Ok(())
}

/// What the plan speaks of and a party may be asked: also what a service may give, for it may turn out not to (of a
/// mother without a number no register knows the name). Where it does give it, the service has the last word.
fn may_be_reported(rules: &Rulebook<'_>, name: &FactName) -> bool {
    let life_event = &rules.plan.life_event;
    let identity = &life_event.identity;
    let tells_apart = *name == identity.date
        || identity.blocking.iter().flatten().chain(&identity.sure).any(|fact| fact == name)
        || life_event
            .role(&name.role())
            .and_then(|spec| spec.group.as_ref())
            .is_some_and(|group| group.same_when.iter().any(|attribute| attribute == name.attribute()));
    let may_be_asked = life_event
        .concept_of(name)
        .and_then(|concept| rules.dictionary.concept(&concept))
        .is_some_and(|concept| life_event.ask(name, concept).is_some());
    match rules.plan.facts.get(name) {
        Some(fact) => fact.askable,
        None => tells_apart && may_be_asked,
    }
}

/// Whether the value is one that the fact may have.
pub(super) fn check_type(rules: &Rulebook<'_>, name: &FactName, given: &Given) -> Result<(), Rejected> {
    let Given::Value(value) = given else { return Ok(()) };
    let concept = rules.plan.life_event.concept_of(name).and_then(|name| rules.dictionary.concept(&name));
    let Some(concept) = concept else { return Err(Rejected::NotAsked(name.to_string())) };
    if rules.dictionary.admits(concept, value) {
        return Ok(());
    }
    let expected = match concept.limits.admit(value) {
        true => concept.value.to_string(),
        false => concept.limits.to_string(),
    };
    Err(Rejected::WrongType { fact: name.to_string(), expected })
}

impl From<Given> for Known {
    fn from(given: Given) -> Self {
        match given {
            Given::Value(value) => Self::Value(value),
            Given::Absent => Self::Absent,
            Given::Unknown => Self::Unknown,
        }
    }
}

/// Facts by key, checked for type: what answers and corrections bring.
pub(super) fn checked(
    rules: &Rulebook<'_>,
    facts: BTreeMap<FactKey, Given>,
) -> Result<Vec<(FactKey, Known)>, Rejected> {
    facts
        .into_iter()
        .map(|(key, given)| {
            check_type(rules, &key.name, &given)?;
            Ok((key, given.into()))
        })
        .collect()
}
