//! From the words of a service to the facts of the life event: roles bound, concepts found, types checked.

mod error;

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Found, nearest};
use super::{Draft, Place, Warning, conditions};
use crate::condition::Condition;
use crate::dictionary::Concept;
use crate::life_event::LifeEvent;
use crate::name::{FactName, Role};
use crate::service::{Gift, Need, Service, Shape};
use crate::shape::{self, Direction};
use crate::value::ValueType;

pub use error::WordError;

/// The option that names what a term counts from.
pub(super) const TERM_FROM: &str = "term.from";

/// A service whose words are facts of the life event.
pub(super) struct Bound<'a> {
    pub(super) service: &'a Service,
    pub(super) needs: Vec<BoundNeed<'a>>,
    pub(super) gifts: Vec<BoundGift<'a>>,
    pub(super) when: Option<Condition>,
    pub(super) competence: Option<FactName>,
    pub(super) term_from: Option<FactName>,
    /// The group it runs once per member of.
    pub(super) per: Option<Role>,
    /// What its words mean here.
    pub(super) bind: &'a BTreeMap<String, Role>,
    /// Every fact it names, with its concept.
    pub(super) concepts: BTreeMap<FactName, &'a Concept>,
}

pub(super) struct BoundNeed<'a> {
    pub(super) need: &'a Need,
    pub(super) fact: FactName,
    /// Whether it takes the facts of all members.
    pub(super) all: bool,
}

pub(super) struct BoundGift<'a> {
    pub(super) gift: &'a Gift,
    pub(super) fact: FactName,
    /// Whether each element is a member that it creates.
    pub(super) all: bool,
}

impl Bound<'_> {
    /// The facts that decide about the step without being disclosed, and the option that names each.
    pub(super) fn option_facts(&self) -> Vec<(&FactName, &'static str)> {
        let condition = self
            .when
            .iter()
            .flat_map(Condition::facts)
            .filter_map(|fact| self.concepts.get_key_value(&fact).map(|(fact, _)| (fact, "when")));
        let competence = self.competence.iter().map(|fact| (fact, "competence.fact"));
        let term = self.term_from.iter().map(|fact| (fact, TERM_FROM));
        condition.chain(competence).chain(term).collect()
    }
}

/// Binds every service that serves the life event.
pub(super) fn bind_all<'a>(draft: &Draft<'a>, services: &[&'a Service], found: &mut Found) -> Vec<Bound<'a>> {
    let mut all = Vec::new();
    for service in services {
        let Some(used) = service.life_events.iter().find(|used| used.id == draft.life_event.id) else {
            continue;
        };
        let conditions = [service.when.as_ref(), used.when.as_ref()].into_iter().flatten();
        all.push(bind(draft, service, &used.bind, conditions.collect(), found));
    }
    all
}

/// Binds one service, with the conditions under which it runs here.
pub(super) fn bind<'a>(
    draft: &Draft<'a>,
    service: &'a Service,
    bind: &'a BTreeMap<String, Role>,
    conditions: Vec<&'a Condition>,
    found: &mut Found,
) -> Bound<'a> {
    // A reversal has its words bound by what it reverses: it cannot help what it does not use.
    let own = service.life_events.iter().any(|used| used.bind == *bind);
    if own {
        check_binds(draft.life_event, service, bind, found);
    }
    let mut binder = Binder { draft, bind, concepts: BTreeMap::new(), words: BTreeSet::new(), found };
    let needs = service.needs.iter().filter_map(|need| binder.need(service, need)).collect();
    let gifts = service.gifts.iter().filter_map(|gift| binder.gift(service, gift)).collect();
    let when = binder.conditions(service, &conditions);
    let competence = binder.option(service, service.competence.as_ref(), "competence.fact", CHOOSES);
    let term_from = service.term.as_ref().and_then(|term| term.from.as_ref());
    let term_from = binder.option(service, term_from, TERM_FROM, STARTS_TERM);
    if own {
        binder.unused_binds(service);
    }
    let concepts = binder.concepts;
    Bound { service, needs, gifts, when, competence, term_from, per: None, bind, concepts }
}

fn roles_of(life_event: &LifeEvent) -> Vec<Role> {
    life_event.roles.iter().map(|spec| spec.id.clone()).collect()
}

fn check_binds(life_event: &LifeEvent, service: &Service, bind: &BTreeMap<String, Role>, found: &mut Found) {
    for (word, role) in bind {
        if life_event.role(role).is_none() {
            found.error(WordError::BindsUnknownRole {
                place: Place::option(&service.id, "life_events.bind"),
                word: word.clone(),
                role: role.clone(),
                roles: roles_of(life_event),
            });
        }
    }
}

/// Which types can be what, and in words.
type Can = (fn(&ValueType) -> bool, &'static str);

const CHOOSES: Can = (|kind| matches!(kind, ValueType::Code(_) | ValueType::Address), "a code or an address");
const STARTS_TERM: Can =
    (|kind| matches!(kind, ValueType::Date | ValueType::Instant), "a date or an instant");

struct Binder<'d, 'a> {
    draft: &'d Draft<'a>,
    bind: &'a BTreeMap<String, Role>,
    concepts: BTreeMap<FactName, &'a Concept>,
    words: BTreeSet<String>,
    found: &'d mut Found,
}

impl<'a> Binder<'_, 'a> {
    /// The fact that a word is here, and its concept.
    fn fact(&mut self, word: &FactName, place: Place) -> Option<(FactName, &'a Concept)> {
        let life_event = self.draft.life_event;
        self.words.insert(word.role().as_str().to_owned());
        let Some(fact) = life_event.fact_of(word, self.bind) else {
            // A word bound to an unknown role is told once, where it is bound.
            if !self.bind.contains_key(word.role().as_str()) {
                self.found.error(WordError::UnknownWord {
                    place,
                    written: word.clone(),
                    life_event: life_event.id.to_string(),
                    roles: roles_of(life_event),
                });
            }
            return None;
        };
        let name = life_event.concept_of(&fact)?;
        let Some(concept) = self.draft.dictionary.concept(&name) else {
            let known = self.draft.dictionary.concepts().map(|concept| concept.name.to_string());
            self.found.error(WordError::UnknownConcept {
                place,
                written: word.clone(),
                concept: name.to_string(),
                near: nearest(name.as_str(), known),
            });
            return None;
        };
        self.concepts.insert(fact.clone(), concept);
        Some((fact, concept))
    }

    fn need(&mut self, service: &Service, need: &'a Need) -> Option<BoundNeed<'a>> {
        let place = Place::request(&service.id, &need.field);
        let (fact, concept) = self.fact(&need.name, place.clone())?;
        let (all, shape) = spread(&need.shape, need.repeated, &concept.value, &need.field);
        self.check_type(place, &fact, concept, shape, Direction::Need);
        Some(BoundNeed { need, fact, all })
    }

    fn gift(&mut self, service: &Service, gift: &'a Gift) -> Option<BoundGift<'a>> {
        let place = Place::response(&service.id, &gift.field);
        let (fact, concept) = self.fact(&gift.name, place.clone())?;
        let (all, shape) = spread(&gift.shape, gift.repeated, &concept.value, &gift.field);
        self.check_type(place.clone(), &fact, concept, shape, Direction::Gift);
        // An empty list is absent, and an element of one is there: proto has no other way to say either.
        if !gift.presence && !matches!(gift.shape, Shape::List(_)) {
            self.found.error(WordError::NoPresence { place, fact: fact.clone() });
        }
        Some(BoundGift { gift, fact, all })
    }

    fn check_type(
        &mut self,
        place: Place,
        fact: &FactName,
        concept: &Concept,
        shape: &Shape,
        direction: Direction,
    ) {
        if let Err(misfit) = shape::carries(shape, &concept.value, direction, self.draft.dictionary) {
            let (fact, kind) = (fact.clone(), concept.value.clone());
            self.found.error(WordError::Type { place, fact, kind, misfit });
        }
    }

    /// The fact that an option names.
    fn option(
        &mut self,
        service: &Service,
        word: Option<&FactName>,
        option: &'static str,
        (can, wanted): Can,
    ) -> Option<FactName> {
        let place = Place::option(&service.id, option);
        let (fact, concept) = self.fact(word?, place.clone())?;
        if !can(&concept.value) {
            let (fact, kind) = (fact.clone(), concept.value.clone());
            self.found.error(WordError::OptionType { place, fact, kind, wanted });
        }
        Some(fact)
    }

    fn unused_binds(&mut self, service: &Service) {
        for word in self.bind.keys().filter(|word| !self.words.contains(*word)) {
            let place = Place::option(&service.id, "life_events.bind");
            let used = self.words.iter().cloned().collect();
            self.found.warning(Warning::UnusedBind { place, word: word.clone(), used });
        }
    }

    fn conditions(&mut self, service: &Service, conditions: &[&Condition]) -> Option<Condition> {
        let mut bound = Vec::new();
        for condition in conditions {
            let mut facts = BTreeMap::new();
            for word in condition.facts() {
                if let Some((fact, _)) = self.fact(&word, Place::option(&service.id, "when")) {
                    facts.insert(word, fact);
                }
            }
            let renamed = condition.renamed(&|word: &FactName| facts.get(word).cloned().ok_or(()));
            if let Ok(condition) = &renamed {
                let concept = |fact: &FactName| self.concepts.get(fact).copied();
                for (fact, why) in conditions::faults(condition, &concept, self.draft.dictionary) {
                    let place = Place::option(&service.id, "when");
                    self.found.error(WordError::Condition { place, fact, why });
                }
            }
            bound.extend(renamed);
        }
        match bound.len() {
            0 | 1 => bound.pop(),
            _ => Some(Condition::All(bound)),
        }
    }
}

/// Whether a field takes or gives the facts of all members, and the shape that carries one of them. A repeated field
/// of a list concept is that list, unless a message around it is repeated as well.
fn spread<'s>(shape: &'s Shape, repeated: bool, kind: &ValueType, field: &str) -> (bool, &'s Shape) {
    match (kind, shape) {
        (ValueType::List(_), _) => (repeated && field.contains('.'), shape),
        (_, Shape::List(of)) => (true, of),
        _ => (repeated, shape),
    }
}
