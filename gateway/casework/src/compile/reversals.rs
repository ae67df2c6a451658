//! Reversals: services of their own that undo others in law.

use std::collections::BTreeMap;

use super::error::{Found, Wording, nearest};
use super::flow::Givers;
use super::words::{Bound, bind};
use super::{Draft, Place, declaration, flow, groups};
use crate::name::{FactName, ServiceId};
use crate::service::{Effect, Service};

/// A reversal is at fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReversalError {
    /// No service of the named id is registered.
    Unknown {
        /// Where it is named.
        place: Place,
        /// The name.
        reversal: ServiceId,
        /// What was perhaps meant.
        near: Vec<String>,
    },
    /// A reversal cannot do without what the reversed service gives, which may never have come.
    NeedsGift {
        /// Where it needs it.
        place: Place,
        /// Where it is given.
        gives: Place,
        /// The fact.
        fact: FactName,
        /// What it reverses.
        reverses: ServiceId,
    },
    /// A reversal that changes nothing.
    Reads {
        /// The reversal.
        reversal: ServiceId,
    },
    /// A reversal runs for other members than what it reverses.
    OtherMembers {
        /// The reversal.
        reversal: ServiceId,
        /// What it reverses.
        reverses: ServiceId,
    },
    /// One reversal undoes two services whose words mean different facts here.
    TwoMeanings {
        /// The reversal.
        reversal: ServiceId,
        /// One service.
        one: ServiceId,
        /// The other.
        other: ServiceId,
    },
}

/// Binds every reversal that a step names, once.
pub(super) fn bind_all<'a>(
    draft: &Draft<'a>,
    services: &[&'a Service],
    bound: &[Bound<'a>],
    givers: &Givers,
    found: &mut Found,
) -> Vec<Bound<'a>> {
    let mut reversals: BTreeMap<&ServiceId, (Bound<'a>, &ServiceId)> = BTreeMap::new();
    for step in bound {
        let Some(named) = &step.service.reversal else { continue };
        let Some(service) = services.iter().find(|service| service.id == named.service) else {
            let known = services.iter().map(|service| service.id.to_string());
            let near = nearest(named.service.as_str(), known);
            let place = Place::option(&step.service.id, "reversal.method");
            found.error(ReversalError::Unknown { place, reversal: named.service.clone(), near });
            continue;
        };
        let reversal = bind_one(draft, service, step, bound, givers, found);
        if let Some((before, one)) = reversals.get(&service.id) {
            if !same_meaning(before, &reversal) {
                let (one, other) = ((*one).clone(), step.service.id.clone());
                found.error(ReversalError::TwoMeanings { reversal: service.id.clone(), one, other });
            }
            continue;
        }
        reversals.insert(&service.id, (reversal, &step.service.id));
    }
    reversals.into_values().map(|(reversal, _)| reversal).collect()
}

fn same_meaning(one: &Bound<'_>, other: &Bound<'_>) -> bool {
    let facts = |bound: &Bound<'_>| -> Vec<FactName> {
        let needs = bound.needs.iter().map(|need| need.fact.clone());
        needs.chain(bound.option_facts().into_iter().map(|(fact, _)| fact.clone())).collect()
    };
    facts(one) == facts(other)
}

fn bind_one<'a>(
    draft: &Draft<'a>,
    service: &'a Service,
    reverses: &Bound<'a>,
    bound: &[Bound<'a>],
    givers: &Givers,
    found: &mut Found,
) -> Bound<'a> {
    let conditions = service.when.iter().collect();
    let mut reversal = bind(draft, service, reverses.bind, conditions, found);
    declaration::check(service, found);
    groups::resolve(draft, &mut reversal, found);
    flow::check_sources(draft, &reversal, givers, found);
    flow::check_grants(draft, bound, None, &reversal, givers, found);
    check(&reversal, reverses, found);
    reversal
}

fn check(reversal: &Bound<'_>, reverses: &Bound<'_>, found: &mut Found) {
    let id = &reversal.service.id;
    let undone = &reverses.service.id;
    if reversal.service.effect == Effect::Read {
        found.error(ReversalError::Reads { reversal: id.clone() });
    }
    if reversal.per.is_some() && reversal.per != reverses.per {
        found.error(ReversalError::OtherMembers { reversal: id.clone(), reverses: undone.clone() });
    }
    for need in reversal.needs.iter().filter(|need| !need.need.optional) {
        if let Some(gift) = reverses.gifts.iter().find(|gift| gift.fact == need.fact) {
            found.error(ReversalError::NeedsGift {
                place: Place::request(id, &need.need.field),
                gives: Place::response(undone, &gift.gift.field),
                fact: need.fact.clone(),
                reverses: undone.clone(),
            });
        }
    }
}

impl ReversalError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::Unknown { place, reversal, near } => {
                let headline = format!("the reversal `{reversal}` is no registered service");
                let help = match near.first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "mark the method that `reversal` names as a public service too, without life events"
                            .to_owned()
                    }
                };
                Wording::new("L0601", headline).at(place).help(help)
            }
            Self::NeedsGift { place, gives, fact, reverses } => {
                let headline = format!(
                    "the reversal of `{reverses}` cannot do without `{fact}`, which `{reverses}` gives"
                );
                let help = "mark the need `optional`: the answer that would bring it may have been lost";
                Wording::new("L0602", headline).at(place).at(gives).help(help)
            }
            Self::Reads { reversal } => {
                let headline = format!("`{reversal}` changes nothing and so reverses nothing");
                Wording::new("L0603", headline)
                    .at(&Place::option(reversal, "effect"))
                    .help("declare what it does: EFFECT_IDEMPOTENT, for example")
            }
            Self::OtherMembers { reversal, reverses } => {
                let headline = format!("`{reversal}` does not run for the member that `{reverses}` ran for");
                let help = "let both take facts of one member of the same group, or neither";
                let wording = Wording::new("L0604", headline).at(&Place::option(reversal, "request"));
                wording.at(&Place::option(reverses, "request")).help(help)
            }
            Self::TwoMeanings { reversal, one, other } => {
                let headline = format!(
                    "`{reversal}` reverses `{one}` and `{other}`, whose words mean different facts here"
                );
                let wording = Wording::new("L0605", headline).at(&Place::option(one, "reversal.method"));
                wording.at(&Place::option(other, "reversal.method")).help("give each a reversal of its own")
            }
        }
    }
}
