//! Which step waits for which, and the order that follows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::{Found, Wording, listed};
use super::flow::Givers;
use super::words::{Bound, TERM_FROM};
use super::{Draft, Part, Place, STEPS_MAX};
use crate::life_event::ClosedBy;
use crate::name::{FactName, Role, ServiceId};
use crate::plan::{Because, Wait};
use crate::service::After;

/// For each step (index of the bound services), what it waits for.
pub(super) type Waits = Vec<BTreeSet<Wait>>;

/// The steps have no order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderError {
    /// Two services give one fact and neither comes first.
    NeitherFirst {
        /// The fact.
        fact: FactName,
        /// Where one gives it.
        one: Place,
        /// Where the other gives it.
        other: Place,
    },
    /// Two services create members of one group and neither comes first.
    TwoCreators {
        /// The group.
        role: Role,
        /// Where one does.
        one: Place,
        /// Where the other does.
        other: Place,
    },
    /// Steps that wait for each other.
    Cycle {
        /// Each waits for the next, the last for the first.
        links: Vec<CycleLink>,
    },
    /// More steps than a plan may have.
    TooManySteps {
        /// The life event.
        place: Place,
        /// How many.
        found: usize,
    },
}

/// One link of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CycleLink {
    /// The service that waits.
    pub waits: ServiceId,
    /// The service that it waits for.
    pub waits_for: ServiceId,
    /// Why.
    pub because: Because,
}

/// What each step waits for. The givers of each fact are put in their order.
pub(super) fn waits(draft: &Draft<'_>, bound: &[Bound<'_>], givers: &Givers, found: &mut Found) -> Waits {
    let mut waits: Waits =
        bound.iter().enumerate().map(|(own, step)| of_step(bound, own, step, givers)).collect();
    for (own, step) in bound.iter().enumerate() {
        for (creator, fact) in creators(draft, bound, step) {
            if creator != own && !waits[own].iter().any(|wait| wait.step == creator) {
                waits[own].insert(Wait { step: creator, because: Because::Needs(fact) });
            }
        }
    }
    let reach = Reach::of(&waits);
    alternatives(bound, givers, &reach, &mut waits, found);
    two_creators(bound, &reach, found);
    waits
}

fn of_step(bound: &[Bound<'_>], own: usize, step: &Bound<'_>, givers: &Givers) -> BTreeSet<Wait> {
    let mut waits = BTreeSet::new();
    let mut wait = |fact: &FactName, because: fn(FactName) -> Because| {
        for giver in givers.get(fact).into_iter().flatten().filter(|giver| **giver != own) {
            waits.insert(Wait { step: *giver, because: because(fact.clone()) });
        }
    };
    for need in &step.needs {
        wait(&need.fact, if need.need.optional { Because::CanUse } else { Because::Needs });
    }
    for (fact, option) in step.option_facts() {
        if option != TERM_FROM {
            wait(fact, Because::Condition);
        }
    }
    for (other, earlier) in bound.iter().enumerate() {
        let comes_after = |after: &After| match after {
            After::Service(id) => *id == earlier.service.id,
            // "All of the agency's" is all of its others where it is one of the agency's itself.
            After::Agency(agency) => *agency == earlier.service.id.agency() && other != own,
        };
        if step.service.after.iter().any(comes_after) {
            waits.insert(Wait { step: other, because: Because::Law });
        }
    }
    waits
}

/// The steps that create the members which a step runs per, or takes all of; with a fact that they give.
fn creators(draft: &Draft<'_>, bound: &[Bound<'_>], step: &Bound<'_>) -> Vec<(usize, FactName)> {
    let taken = step.needs.iter().filter(|need| need.all).map(|need| need.fact.role());
    let roles: BTreeSet<Role> = taken.chain(step.per.clone()).collect();
    let by_gift = |role: &Role| {
        let group = draft.life_event.role(role).and_then(|spec| spec.group.as_ref());
        group.is_some_and(|group| group.closed_by == ClosedBy::Gift)
    };
    let mut creators = Vec::new();
    for (index, other) in bound.iter().enumerate() {
        let gift = other.gifts.iter().find(|gift| {
            let role = gift.fact.role();
            gift.all && roles.contains(&role) && by_gift(&role)
        });
        creators.extend(gift.map(|gift| (index, gift.fact.clone())));
    }
    creators
}

/// Which step comes before which, over any number of waits.
struct Reach(Vec<BTreeSet<usize>>);

impl Reach {
    fn of(waits: &Waits) -> Self {
        let from = |start: usize| {
            let mut seen = BTreeSet::new();
            let mut todo = vec![start];
            while let Some(step) = todo.pop() {
                todo.extend(waits[step].iter().map(|wait| wait.step).filter(|next| seen.insert(*next)));
            }
            seen
        };
        Self((0..waits.len()).map(from).collect())
    }

    fn before(&self, one: usize, other: usize) -> bool {
        self.0[other].contains(&one)
    }

    fn ordered(&self, one: usize, other: usize) -> bool {
        self.before(one, other) || self.before(other, one)
    }
}

fn gives(bound: &Bound<'_>, fact: &FactName) -> Place {
    let gift = bound.gifts.iter().find(|gift| gift.fact == *fact);
    Place::response(&bound.service.id, gift.map_or("", |gift| &gift.gift.field))
}

fn alternatives(bound: &[Bound<'_>], givers: &Givers, reach: &Reach, waits: &mut Waits, found: &mut Found) {
    for (fact, steps) in givers {
        for (nth, one) in steps.iter().enumerate() {
            for other in &steps[nth + 1..] {
                if !reach.ordered(*one, *other) {
                    let (one, other) = (gives(&bound[*one], fact), gives(&bound[*other], fact));
                    found.error(OrderError::NeitherFirst { fact: fact.clone(), one, other });
                } else if reach.before(*one, *other) != reach.before(*other, *one) {
                    let (first, then) =
                        if reach.before(*one, *other) { (*one, *other) } else { (*other, *one) };
                    waits[then].insert(Wait { step: first, because: Because::GivesFirst(fact.clone()) });
                }
            }
        }
    }
}

fn two_creators(bound: &[Bound<'_>], reach: &Reach, found: &mut Found) {
    let mut creators: BTreeMap<Role, Vec<(usize, Place)>> = BTreeMap::new();
    for (index, step) in bound.iter().enumerate() {
        for gift in step.gifts.iter().filter(|gift| gift.all) {
            let of_role = creators.entry(gift.fact.role()).or_default();
            if of_role.last().is_none_or(|(last, _)| *last != index) {
                of_role.push((index, Place::response(&step.service.id, &gift.gift.field)));
            }
        }
    }
    for (role, of_role) in creators {
        for pair in of_role.windows(2) {
            if let [(one, first), (other, second)] = pair
                && !reach.ordered(*one, *other)
            {
                let (one, other) = (first.clone(), second.clone());
                found.error(OrderError::TwoCreators { role: role.clone(), one, other });
            }
        }
    }
}

/// The order of the steps (indices), each after all it waits for, and by id where that leaves a choice. None where
/// there is none: the cycles are found.
pub(super) fn sort(bound: &[Bound<'_>], waits: &Waits, found: &mut Found) -> Option<Vec<usize>> {
    let mut open: Vec<BTreeSet<usize>> =
        waits.iter().map(|waits| waits.iter().map(|wait| wait.step).collect()).collect();
    // The bound services are in the order of their ids, so that indices are.
    let mut left: BTreeSet<usize> = (0..bound.len()).collect();
    let mut order = Vec::new();
    while let Some(next) = left.iter().copied().find(|step| open[*step].is_empty()) {
        left.remove(&next);
        order.push(next);
        for waits in &mut open {
            waits.remove(&next);
        }
    }
    if left.is_empty() {
        return Some(order);
    }
    while let Some(cycle) = left.iter().find_map(|start| shortest_cycle(*start, waits, &left)) {
        for (step, _) in &cycle {
            left.remove(step);
        }
        let link = |(step, wait): &(usize, &Wait)| CycleLink {
            waits: bound[*step].service.id.clone(),
            waits_for: bound[wait.step].service.id.clone(),
            because: wait.because.clone(),
        };
        found.error(OrderError::Cycle { links: cycle.iter().map(link).collect() });
    }
    None
}

/// The shortest way from a step back to itself, among the steps that are left.
fn shortest_cycle<'w>(
    start: usize,
    waits: &'w Waits,
    left: &BTreeSet<usize>,
) -> Option<Vec<(usize, &'w Wait)>> {
    let mut came: BTreeMap<usize, (usize, &Wait)> = BTreeMap::new();
    let mut todo = VecDeque::from([start]);
    while let Some(step) = todo.pop_front() {
        for wait in waits[step].iter().filter(|wait| left.contains(&wait.step)) {
            if came.contains_key(&wait.step) {
                continue;
            }
            came.insert(wait.step, (step, wait));
            if wait.step != start {
                todo.push_back(wait.step);
                continue;
            }
            let mut way = Vec::new();
            let mut at = start;
            while let Some((from, wait)) = came.get(&at) {
                way.push((*from, *wait));
                at = *from;
                if at == start {
                    break;
                }
            }
            way.reverse();
            return Some(way);
        }
    }
    None
}

/// Finds a plan that is too long.
pub(super) fn check_length(draft: &Draft<'_>, steps: usize, found: &mut Found) {
    if steps > STEPS_MAX {
        let place = Place::LifeEvent(draft.life_event.id.clone(), "services".to_owned());
        found.error(OrderError::TooManySteps { place, found: steps });
    }
}

impl OrderError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::NeitherFirst { fact, one, other } => {
                let services = listed([one, other].iter().filter_map(|place| place.service()));
                let headline = format!("{services} both give `{fact}` and neither comes first");
                let help = "let one of them come `after` the other: the first that applies gives the fact";
                Wording::new("L0501", headline).at(one).at(other).help(help)
            }
            Self::TwoCreators { role, one, other } => {
                let services = listed([one, other].iter().filter_map(|place| place.service()));
                let headline = format!("{services} both say who all of `{role}` are and neither comes first");
                let help =
                    "let one of them come `after` the other, or give all facts of the members in one answer";
                Wording::new("L0502", headline).at(one).at(other).help(help)
            }
            Self::Cycle { links } => {
                let services = listed(links.iter().map(|link| &link.waits));
                let headline = match links.len() {
                    1 => format!("{services} waits for itself"),
                    _ => format!("{services} wait for each other"),
                };
                let mut wording = Wording::new("L0503", headline);
                for link in links {
                    wording =
                        wording.at(&Place::Service(link.waits.clone(), Part::Whole)).note(link.to_string());
                }
                wording.help(
                    "take out one of these needs or `after`, or split a service of which a part can go first",
                )
            }
            Self::TooManySteps { place, found } => {
                let headline = format!("the plan has {found} steps; there may be {STEPS_MAX}");
                Wording::new("L0504", headline).at(place).help("split the life event, or merge services")
            }
        }
    }
}

impl std::fmt::Display for CycleLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { waits, waits_for, because } = self;
        match because {
            Because::Needs(fact) => write!(f, "`{waits}` needs `{fact}`, which `{waits_for}` gives"),
            Because::CanUse(fact) => write!(f, "`{waits}` can use `{fact}`, which `{waits_for}` gives"),
            Because::Condition(fact) => write!(f, "`{waits}` depends on `{fact}`, which `{waits_for}` gives"),
            Because::Law => write!(f, "`{waits}` comes after `{waits_for}`"),
            Because::GivesFirst(fact) => write!(f, "`{waits_for}` gives `{fact}` before `{waits}` does"),
        }
    }
}
