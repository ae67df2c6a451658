//! The way of each fact: who gives it, who may, whether a party can be asked, and whether the giver allows it.

use std::collections::BTreeMap;

use super::error::{Found, Wording, listed};
use super::words::{Bound, TERM_FROM};
use super::{Draft, Place, Warning};
use crate::dictionary::Concept;
use crate::name::{AgencyId, ConceptName, FactName, ServiceId};

/// The steps (indices) that give each fact.
pub(super) type Givers = BTreeMap<FactName, Vec<usize>>;

/// A fact has no way from its giver to its taker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowError {
    /// A service gives what another agency owns.
    NotItsGiver {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The concept.
        concept: ConceptName,
        /// Whose service it is.
        agency: AgencyId,
        /// Who may give it, the owner first.
        may: Vec<AgencyId>,
    },
    /// Nothing gives a fact that a service needs, and no question asks for it.
    NoGiver {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The service that needs it.
        service: ServiceId,
        /// Who may give it, the owner first.
        may: Vec<AgencyId>,
    },
    /// A service needs what it gives.
    NeedsOwnGift {
        /// Where it needs it.
        place: Place,
        /// Where it gives it.
        gives: Place,
        /// The fact.
        fact: FactName,
        /// The service.
        service: ServiceId,
    },
    /// The giver does not allow the flow.
    Ungranted {
        /// Where the fact would go.
        to: Place,
        /// Where it comes from.
        from: Place,
        /// The fact.
        fact: FactName,
        /// The concept.
        concept: ConceptName,
        /// The giver's agency.
        giver: AgencyId,
        /// The taker.
        taker: ServiceId,
        /// The taker's purpose.
        purpose: String,
        /// The taker's legal basis.
        legal_basis: String,
        /// The purposes for which there is a grant.
        granted_for: Option<String>,
    },
}

/// Who gives each fact. A gift that is not the giver's to give is none: it must not stand in the way of others.
pub(super) fn givers(bound: &[Bound<'_>]) -> Givers {
    let mut givers = Givers::new();
    for (index, step) in bound.iter().enumerate() {
        let agency = step.service.id.agency();
        for gift in &step.gifts {
            if !step.concepts.get(&gift.fact).is_some_and(|concept| may_give(concept).contains(&agency)) {
                continue;
            }
            let of_fact = givers.entry(gift.fact.clone()).or_default();
            if of_fact.last() != Some(&index) {
                of_fact.push(index);
            }
        }
    }
    givers
}

/// Checks the way of every fact into and out of the steps.
pub(super) fn check(draft: &Draft<'_>, bound: &[Bound<'_>], givers: &Givers, found: &mut Found) {
    for (index, step) in bound.iter().enumerate() {
        check_gifts(step, found);
        check_own(step, found);
        check_sources(draft, step, givers, found);
        check_grants(draft, bound, Some(index), step, givers, found);
    }
}

fn may_give(concept: &Concept) -> Vec<AgencyId> {
    std::iter::once(&concept.owner).chain(&concept.other_givers).cloned().collect()
}

fn check_gifts(step: &Bound<'_>, found: &mut Found) {
    let agency = step.service.id.agency();
    for gift in &step.gifts {
        let Some(concept) = step.concepts.get(&gift.fact) else { continue };
        let may = may_give(concept);
        if !may.contains(&agency) {
            found.error(FlowError::NotItsGiver {
                place: Place::response(&step.service.id, &gift.gift.field),
                fact: gift.fact.clone(),
                concept: concept.name.clone(),
                agency: agency.clone(),
                may,
            });
        }
    }
}

fn check_own(step: &Bound<'_>, found: &mut Found) {
    for Wanted { place, fact, .. } in wanted(step).filter(|wanted| wanted.orders) {
        if let Some(gift) = step.gifts.iter().find(|gift| gift.fact == *fact) {
            found.error(FlowError::NeedsOwnGift {
                place,
                gives: Place::response(&step.service.id, &gift.gift.field),
                fact: fact.clone(),
                service: step.service.id.clone(),
            });
        }
    }
}

/// A fact that a step wants, wherever.
struct Wanted<'s> {
    place: Place,
    fact: &'s FactName,
    optional: bool,
    /// Whether the step waits for it; a term may count from what the step itself gives.
    orders: bool,
}

fn wanted<'s>(step: &'s Bound<'_>) -> impl Iterator<Item = Wanted<'s>> {
    let id = &step.service.id;
    let needs = step.needs.iter().map(move |need| Wanted {
        place: Place::request(id, &need.need.field),
        fact: &need.fact,
        optional: need.need.optional,
        orders: true,
    });
    let named: BTreeMap<&FactName, &'static str> = step.option_facts().into_iter().rev().collect();
    let options = named.into_iter().map(move |(fact, option)| Wanted {
        place: Place::option(id, option),
        fact,
        optional: false,
        orders: option != TERM_FROM,
    });
    needs.chain(options)
}

/// Every fact that a step wants comes from somewhere.
pub(super) fn check_sources(draft: &Draft<'_>, step: &Bound<'_>, givers: &Givers, found: &mut Found) {
    for Wanted { place, fact, optional, .. } in wanted(step) {
        let Some(concept) = step.concepts.get(fact) else { continue };
        if givers.contains_key(fact) || draft.life_event.ask(fact, concept).is_some() {
            continue;
        }
        let (fact, service) = (fact.clone(), step.service.id.clone());
        if optional {
            found.warning(Warning::NeverComes { place, fact, service });
        } else {
            found.error(FlowError::NoGiver { place, fact, service, may: may_give(concept) });
        }
    }
}

/// Every fact that another agency gives goes to a step with the giver's consent.
pub(super) fn check_grants(
    draft: &Draft<'_>,
    bound: &[Bound<'_>],
    own: Option<usize>,
    step: &Bound<'_>,
    givers: &Givers,
    found: &mut Found,
) {
    let taker = &step.service.id;
    for need in &step.needs {
        let Some(concept) = step.concepts.get(&need.fact) else { continue };
        for giver in givers.get(&need.fact).into_iter().flatten().filter(|giver| Some(**giver) != own) {
            let giving = &bound[*giver];
            let agency = giving.service.id.agency();
            let purpose = &step.service.purpose;
            let grants = draft.grants;
            if agency == taker.agency() || grants.find(&agency, &concept.name, taker, purpose).is_some() {
                continue;
            }
            let gift = giving.gifts.iter().find(|gift| gift.fact == need.fact);
            let granted_for = grants
                .iter()
                .find(|grant| grant.from == agency && grant.concept == concept.name && grant.to == *taker)
                .map(|grant| grant.purpose.clone());
            found.error(FlowError::Ungranted {
                to: Place::request(taker, &need.need.field),
                from: Place::response(&giving.service.id, gift.map_or("", |gift| &gift.gift.field)),
                fact: need.fact.clone(),
                concept: concept.name.clone(),
                giver: agency,
                taker: taker.clone(),
                purpose: purpose.clone(),
                legal_basis: step.service.legal_basis.clone(),
                granted_for,
            });
        }
    }
}

impl FlowError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::NotItsGiver { place, fact, concept, agency, may } => {
                let headline = format!("`{agency}` gives `{fact}`, which is not its to give");
                let note = format!("the concept `{concept}` may be given by {}", listed(may));
                let help = match may.first() {
                    Some(owner) => format!(
                        "ask `{owner}`, who owns `{concept}`, to add `{agency}` to its `other_givers` in the dictionary; or give a concept of your own"
                    ),
                    None => "give a concept of your own".to_owned(),
                };
                Wording::new("L0401", headline).at(place).note(note).help(help)
            }
            Self::NoGiver { place, fact, service, may } => {
                let headline =
                    format!("`{service}` needs `{fact}`, which nothing gives and no question asks");
                let help = format!(
                    "register a service of {} that gives it, make the need optional, or let the dictionary say how it is asked",
                    listed(may)
                );
                Wording::new("L0402", headline).at(place).help(help)
            }
            Self::NeedsOwnGift { place, gives, fact, service } => {
                let headline = format!("`{service}` needs `{fact}` and gives it");
                let help = "before and after are two concepts, such as `address.old` and `address.new`: use another for one of them";
                Wording::new("L0403", headline).at(place).at(gives).help(help)
            }
            Self::Ungranted { to, from, fact, concept, giver, taker, purpose, legal_basis, granted_for } => {
                let to_whom = taker.agency();
                let headline = format!("`{giver}` does not allow `{to_whom}` to have `{fact}` for `{taker}`");
                let help = format!(
                    "have `{giver}` give its consent: loket grant give {giver} {concept} {taker} --purpose {purpose} --legal-basis {legal_basis:?}"
                );
                let wording = Wording::new("L0404", headline).at(to).at(from).help(help);
                match granted_for {
                    Some(other) => wording
                        .note(format!("there is a grant for the purpose `{other}`, not for `{purpose}`")),
                    None => wording,
                }
            }
        }
    }
}
