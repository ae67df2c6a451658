//! What an answer gives: checked against the contract, and learnt as facts of the case.

use std::collections::BTreeSet;

use super::{Draft, members};
use crate::entry::{Actor, Entry, Known, Source};
use crate::input::Gifts;
use crate::name::{FactKey, FactName, MemberId, Role, StepId};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::readiness::giver_before;
use crate::rulebook::Rulebook;
use crate::value::Value;

/// Whether the gifts are what the service says it gives.
///
/// # Errors
/// How not, in words for the agency's people, without values.
pub(super) fn check(rules: &Rulebook<'_>, step: &PlanStep, gifts: &Gifts) -> Result<(), String> {
    for (name, value) in &gifts.facts {
        check_one(rules, step, name, value.as_ref(), false)?;
    }
    for (role, members) in &gifts.members {
        let spec = rules.plan.life_event.role(role).and_then(|spec| spec.group.as_ref());
        let max = spec.map_or(0, |group| group.max);
        if members.len() > usize::from(max) {
            return Err(format!("gives {} of `{role}`, of which there can be {max}", members.len()));
        }
        for (name, value) in members.iter().flatten() {
            if !name.is_of(role) {
                return Err(format!("gives `{name}` as a fact of `{role}`"));
            }
            check_one(rules, step, name, value.as_ref(), true)?;
        }
    }
    Ok(())
}

fn check_one(
    rules: &Rulebook<'_>,
    step: &PlanStep,
    name: &FactName,
    value: Option<&Value>,
    creates: bool,
) -> Result<(), String> {
    let declared = step.gifts.iter().any(|gift| gift.fact == *name && gift.creates == creates);
    let Some(fact) = rules.plan.facts.get(name).filter(|_| declared) else {
        return Err(format!("gives `{name}`, which its contract does not name"));
    };
    let concept = rules.dictionary.concept(&fact.concept);
    match value {
        Some(value) if !concept.is_some_and(|concept| rules.dictionary.admits(concept, value)) => {
            Err(format!("gives `{name}` as something else than {}", fact.value))
        }
        _ => Ok(()),
    }
}

/// Learns what a step gave: what it did not set is absent. Where the law does not apply, all of it is.
pub(super) fn learn(draft: &mut Draft<'_>, step: &PlanStep, id: &StepId, by: &Actor, gifts: Gifts) {
    let agency = draft.case.steps.get(id).and_then(|state| state.agency.clone());
    let agency = agency.unwrap_or_else(|| step.service.id.agency());
    let source = Source::Step { step: id.clone(), agency };
    for gift in step.gifts.iter().filter(|gift| !gift.creates) {
        let first = id.member.as_ref().map(|_| MemberId::nth(1)).filter(|_| planted(Fault::OtherMember));
        let member = first.as_ref().or(id.member.as_ref());
        let key = draft.picture().key(&gift.fact, step.per.as_ref(), member);
        // The first that applies wins: what comes later in the choice of givers changes nothing.
        if giver_before(draft.picture(), &key, id).is_none() {
            let value = gifts.facts.get(&gift.fact).cloned().flatten();
            // What the giver does not have, a party is asked; one that has said it already need not say it again.
            if value.is_some() || !is_said_by_a_party(draft, &key) {
                learn_one(draft, by, key, value.map_or(Known::Absent, Known::Value), source.clone());
            }
        }
    }
    let created: BTreeSet<Role> =
        step.gifts.iter().filter(|gift| gift.creates).map(|gift| gift.fact.role()).collect();
    for role in created {
        let all = gifts.members.get(&role).cloned().unwrap_or_default();
        let names: Vec<FactName> = step
            .gifts
            .iter()
            .filter(|gift| gift.creates && gift.fact.is_of(&role))
            .map(|gift| gift.fact.clone())
            .collect();
        let before: Vec<MemberId> = draft.picture().members(&role).to_vec();
        let mut taken = BTreeSet::new();
        for element in all {
            let said = names.iter().map(|name| {
                let value = element.get(name).cloned().flatten();
                (name.clone(), value.map_or(Known::Absent, Known::Value))
            });
            let said: Vec<_> = said.collect();
            let member = match members::find(draft, &role, &said, &before, &taken) {
                members::Found::Same(member) => member,
                members::Found::Another | members::Found::Unclear => members::add(draft, by, &role),
            };
            taken.insert(member.clone());
            for (name, known) in said {
                let key = FactKey { name, member: Some(member.clone()) };
                learn_one(draft, by, key, known, source.clone());
            }
        }
        if !draft.case.groups.get(&role).is_some_and(|group| group.closed) {
            draft.put(by.clone(), Entry::GroupClosed { role });
        }
    }
}

fn is_said_by_a_party(draft: &Draft<'_>, key: &FactKey) -> bool {
    draft.picture().current(key).is_some_and(|current| {
        matches!((&current.known, &current.source), (Known::Value(_), Source::Party { .. }))
    })
}

/// Learns one fact, where it is not known so already from the same hand.
pub(super) fn learn_one(draft: &mut Draft<'_>, by: &Actor, key: FactKey, known: Known, source: Source) {
    let last = draft.case.facts.get(&key).and_then(|fact| fact.revisions.last());
    let same_hand = |before: &Source| match (before, &source) {
        (Source::Step { step: before, .. }, Source::Step { step: now, .. }) => before == now,
        (Source::Party { party: before }, Source::Party { party: now }) => before == now,
        (Source::Agency(before), Source::Agency(now)) => before == now,
        // The source has the last word on what it gave.
        (Source::Agency(_), Source::Step { .. }) => true,
        _ => false,
    };
    let already = last.is_some_and(|last| !last.retracted && last.known == known && same_hand(&last.source));
    if already {
        return;
    }
    let revision = last.map_or(1, |last| last.number + 1);
    members::name_party(draft, by, &key, &known);
    draft.put(by.clone(), Entry::Learnt { key, revision, known, source });
}
