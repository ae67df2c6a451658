//! The plan itself, put together from what was found.

use std::collections::BTreeMap;

use super::error::Found;
use super::flow::Givers;
use super::order::Waits;
use super::words::Bound;
use super::{Draft, Place, Warning, life_event, order};
use crate::dictionary::Concept;
use crate::life_event::LifeEvent;
use crate::name::FactName;
use crate::plan::{Plan, PlanFact, PlanGift, PlanNeed, PlanStep, Wait};

/// Puts the plan together.
pub(super) fn assemble(
    draft: &Draft<'_>,
    bound: &[Bound<'_>],
    reversals: &[Bound<'_>],
    order: &[usize],
    waits: &Waits,
    givers: &Givers,
    found: &mut Found,
) -> Plan {
    order::check_length(draft, bound.len(), found);
    let mut new_index = vec![0; bound.len()];
    for (new, old) in order.iter().enumerate() {
        new_index[*old] = new;
    }
    let moved = |wait: &Wait| Wait { step: new_index[wait.step], because: wait.because.clone() };
    let essential = essential(draft.life_event, bound, order, givers, found);
    let mut steps = Vec::new();
    for old in order {
        let mut waits_for: Vec<Wait> = waits[*old].iter().map(moved).collect();
        waits_for.sort();
        steps.push(step(&bound[*old], waits_for, essential[*old]));
    }
    for reversal in reversals {
        if let Some(gift) = reversal.gifts.first() {
            let place = Place::response(&reversal.service.id, &gift.gift.field);
            found.warning(Warning::ReversalGives { place, reversal: reversal.service.id.clone() });
        }
    }
    let reversal_steps = reversals.iter().map(|reversal| step(reversal, Vec::new(), false)).collect();
    Plan {
        life_event: draft.life_event.clone(),
        facts: facts(draft, bound, reversals, givers, &new_index),
        steps,
        reversals: reversal_steps,
        outcomes: draft.outcomes.clone(),
    }
}

fn step(bound: &Bound<'_>, waits_for: Vec<Wait>, essential: bool) -> PlanStep {
    let need = |need: &super::words::BoundNeed<'_>| PlanNeed {
        fact: need.fact.clone(),
        optional: need.need.optional,
        collects: need.all,
        field: need.need.field.clone(),
    };
    let gift = |gift: &super::words::BoundGift<'_>| PlanGift {
        fact: gift.fact.clone(),
        creates: gift.all,
        field: gift.gift.field.clone(),
    };
    PlanStep {
        service: bound.service.clone(),
        per: bound.per.clone(),
        needs: bound.needs.iter().map(need).collect(),
        gifts: bound.gifts.iter().map(gift).collect(),
        when: bound.when.clone(),
        waits_for,
        competence: bound.competence.clone(),
        term_from: bound.term_from.clone(),
        essential,
    }
}

/// Which steps are essential: those that say so and whose needs come from such, or can be asked.
fn essential(
    life_event: &LifeEvent,
    bound: &[Bound<'_>],
    order: &[usize],
    givers: &Givers,
    found: &mut Found,
) -> Vec<bool> {
    let mut essential: Vec<bool> = bound.iter().map(|step| step.service.essential).collect();
    for old in order {
        let step = &bound[*old];
        let in_vain = |fact: &FactName| {
            let askable =
                step.concepts.get(fact).is_none_or(|concept| life_event.ask(fact, concept).is_some());
            let of_fact = givers.get(fact).filter(|_| !askable)?;
            of_fact.iter().all(|giver| !essential[*giver]).then(|| of_fact.first().copied())?
        };
        let needs = step.needs.iter().filter(|need| !need.need.optional);
        let loose = needs.filter_map(|need| Some((need, in_vain(&need.fact)?))).next();
        if let Some((need, giver)) = loose.filter(|_| step.service.essential) {
            found.warning(Warning::NotEssential {
                place: Place::request(&step.service.id, &need.need.field),
                fact: need.fact.clone(),
                service: step.service.id.clone(),
                giver: bound[giver].service.id.clone(),
            });
            essential[*old] = false;
        }
    }
    essential
}

fn facts(
    draft: &Draft<'_>,
    bound: &[Bound<'_>],
    reversals: &[Bound<'_>],
    givers: &Givers,
    new_index: &[usize],
) -> BTreeMap<FactName, PlanFact> {
    let taken = bound.iter().flat_map(|step| step.concepts.keys().map(FactName::role)).collect();
    let own = life_event::facts(draft, &taken).into_iter();
    // What nobody gives or is asked cannot be known: only an outcome may name it, and is then out of reach.
    let own = own
        .filter(|(fact, concept)| givers.contains_key(fact) || draft.life_event.ask(fact, concept).is_some());
    let of_steps = bound.iter().chain(reversals).flat_map(|step| {
        let owned = |(fact, concept): (&FactName, &&'_ Concept)| (fact.clone(), (*concept).clone());
        step.concepts.iter().map(owned)
    });
    let own = own.map(|(fact, concept)| (fact, concept.clone()));
    let plan_fact = |(fact, concept): (FactName, Concept)| {
        let mut of_fact: Vec<usize> =
            givers.get(&fact).into_iter().flatten().map(|old| new_index[*old]).collect();
        // Ordered givers stand in the plan in that order.
        of_fact.sort_unstable();
        let askable = draft.life_event.ask(&fact, &concept).is_some();
        let propagates = concept.propagates;
        (fact, PlanFact { concept: concept.name, value: concept.value, givers: of_fact, askable, propagates })
    };
    own.chain(of_steps).map(plan_fact).collect()
}
