//! One occurrence of a life event, told apart from every other: the same birth reported by the mother, the father and
//! the hospital is one case.
//!
//! A report that brings enough has a blocking key, which says where in the store to look; what is found there is
//! compared by features. Sure joins the reporter to the open case, near calls for a person, none is a happening of its
//! own. Spelling does not count: case, spaces and punctuation of a text are left out of key and features. Of a date, the
//! key has the year alone: "in 1990" and the ninth of May of that year are looked for in the same place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::input::{Given, Report};
use crate::life_event::LifeEvent;
use crate::name::FactName;
use crate::time::PartialDate;
use crate::value::Value;

/// Where happenings that may be the same are kept together. Coarser than the happening's identity. Personal data: it
/// leaves casework only through a keyed hash, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockingKey(String);

impl BlockingKey {
    /// What to hash with a key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for BlockingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<blocking key>")
    }
}

/// What tells one happening from another. Personal data: sealed wherever it is kept, and its `Debug` shows no values.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    date: Option<PartialDate>,
    facts: BTreeMap<FactName, Feature>,
    /// What the key was made of, in full: what shares a key may still differ in it.
    key: BTreeMap<FactName, Feature>,
}

/// What is known of one fact: of one party, or of all members of a group together.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Feature {
    values: BTreeSet<String>,
    /// Whether no member lacks it.
    complete: bool,
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.facts.keys()).finish()
    }
}

/// How a report compares with a known happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Another happening.
    None,
    /// Perhaps the same: a named person decides.
    Near,
    /// Surely the same.
    Sure,
}

/// A report that does not say which happening it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report does not say which happening it is about: give {}", alternatives(.0))]
pub struct Lacking(
    /// The facts that are missing, for each set that would do; the preferred set first.
    pub Vec<Vec<FactName>>,
);

fn alternatives(sets: &[Vec<FactName>]) -> String {
    let set = |facts: &Vec<FactName>| {
        facts.iter().map(|fact| format!("`{fact}`")).collect::<Vec<_>>().join(" and ")
    };
    sets.iter().map(set).collect::<Vec<_>>().join(", or ")
}

/// The date when it happened, where the report says: the plan that is valid then is the case's.
#[must_use]
pub fn date(life_event: &LifeEvent, report: &Report) -> Option<PartialDate> {
    match report.facts.get(&life_event.identity.date) {
        Some(Given::Value(Value::Date(date))) => Some(*date),
        _ => None,
    }
}

/// The key under which happenings that may be the same are found: the first of the life event's blocking sets that
/// the report brings in full.
///
/// # Errors
/// Where it brings none of them in full: what is missing of each.
pub fn blocking_key(life_event: &LifeEvent, report: &Report) -> Result<BlockingKey, Lacking> {
    let mut key = life_event.id.to_string();
    for (fact, feature) in blocking(life_event, report)? {
        let values: BTreeSet<_> = feature.values.iter().map(|value| coarse(value)).collect();
        let values: Vec<_> = values.into_iter().collect();
        // No value holds a control character: it was left out with the punctuation.
        key.push_str(&format!("\u{1e}{fact}\u{1f}{}", values.join("\u{1f}")));
    }
    Ok(BlockingKey(key))
}

/// The first of the life event's blocking sets that the report brings in full; or what is missing of each.
fn blocking(life_event: &LifeEvent, report: &Report) -> Result<Vec<(FactName, Feature)>, Lacking> {
    let mut lacking = Vec::new();
    for set in &life_event.identity.blocking {
        let known: Vec<_> =
            set.iter().map(|fact| (fact.clone(), feature(life_event, report, fact))).collect();
        let missing: Vec<_> =
            known.iter().filter(|(_, feature)| !feature.complete).map(|(fact, _)| fact.clone()).collect();
        if missing.is_empty() {
            return Ok(known);
        }
        lacking.push(missing);
    }
    Err(Lacking(lacking))
}

/// A value as it stands in a key: of a date, the year.
fn coarse(value: &str) -> &str {
    match value.strip_prefix(DATE) {
        Some(date) => date.split('-').next().unwrap_or(date),
        None => value,
    }
}

/// What tells this happening from another, as far as the report says.
#[must_use]
pub fn features(life_event: &LifeEvent, report: &Report) -> Features {
    let facts = life_event.identity.sure.iter();
    Features {
        date: date(life_event, report),
        facts: facts.map(|fact| (fact.clone(), feature(life_event, report, fact))).collect(),
        key: blocking(life_event, report).unwrap_or_default().into_iter().collect(),
    }
}

/// Whether two happenings that share a blocking key are the same.
///
/// Sure: every fact of the identity's `sure` is known on both sides and equal (the members of a group as a set).
/// None: one of them, or of what the key was made of, plainly differs; groups differ where they have no member in
/// common; the date of the happening, where it is further off than `near_days`. Near: all between, where the life event
/// has `near_days` at all.
#[must_use]
pub fn compare(life_event: &LifeEvent, report: &Features, known: &Features) -> Match {
    let identity = &life_event.identity;
    let differs = |(fact, one): (&FactName, &Feature)| {
        // How far two dates may be apart is said below.
        *fact != identity.date
            && known.key.get(fact).is_some_and(|other| matches!(relation(one, other), Relation::Different))
    };
    if report.key.iter().any(differs) {
        return Match::None;
    }
    let mut sure = !identity.sure.is_empty();
    for fact in &identity.sure {
        let nothing = Feature::default();
        let sides = [report, known].map(|side| side.facts.get(fact).unwrap_or(&nothing));
        match relation(sides[0], sides[1]) {
            Relation::Same => {}
            Relation::Different if *fact != identity.date => return Match::None,
            Relation::Different | Relation::Open => sure = false,
        }
    }
    if sure {
        return Match::Sure;
    }
    let Some(near_days) = identity.near_days else { return Match::None };
    match (report.date, known.date) {
        (Some(one), Some(other)) if days_apart(one, other) > i64::from(near_days) => Match::None,
        _ => Match::Near,
    }
}

enum Relation {
    Same,
    Different,
    /// It cannot be said: unknown, partly known, or some members in common.
    Open,
}

fn relation(one: &Feature, other: &Feature) -> Relation {
    if one.values.is_empty() || other.values.is_empty() {
        return Relation::Open;
    }
    if let (Some(one), Some(other)) = (only_date(one), only_date(other)) {
        return match one.earliest() <= other.latest() && other.earliest() <= one.latest() {
            true if one == other && one.day().is_some() => Relation::Same,
            // "in November" twice may be two happenings, or one.
            true => Relation::Open,
            false => Relation::Different,
        };
    }
    if one.values.is_disjoint(&other.values) {
        return Relation::Different;
    }
    match one.complete && other.complete && one.values == other.values {
        true => Relation::Same,
        false => Relation::Open,
    }
}

fn only_date(feature: &Feature) -> Option<PartialDate> {
    match feature.values.len() {
        1 => feature.values.first()?.strip_prefix(DATE)?.parse().ok(),
        _ => None,
    }
}

/// Days between two dates; none between partial ones that may be the same day.
fn days_apart(one: PartialDate, other: PartialDate) -> i64 {
    let gap = |earlier: PartialDate, later: PartialDate| {
        later.earliest().duration_since(earlier.latest()).as_hours() / 24
    };
    gap(one, other).max(gap(other, one)).max(0)
}

/// Marks a date among the spellings.
const DATE: &str = "date:";

fn feature(life_event: &LifeEvent, report: &Report, fact: &FactName) -> Feature {
    let role = fact.role();
    let given: Vec<Option<&Given>> = if life_event.is_group(&role) {
        let members = report.members.get(&role).map_or(&[][..], Vec::as_slice);
        members.iter().map(|member| member.get(fact)).collect()
    } else {
        vec![report.facts.get(fact)]
    };
    let spelt: Vec<Option<String>> = given
        .iter()
        .map(|given| match given {
            Some(Given::Value(value)) => Some(spelling(value)).filter(|spelt| !spelt.is_empty()),
            Some(Given::Absent | Given::Unknown) | None => None,
        })
        .collect();
    Feature {
        complete: !spelt.is_empty() && spelt.iter().all(Option::is_some),
        values: spelt.into_iter().flatten().collect(),
    }
}

/// Whether two values are the same but for their spelling.
pub(crate) fn are_spelt_alike(one: &Value, other: &Value) -> bool {
    let (spelt, said) = (spelling(one), spelling(other));
    one == other || (!spelt.is_empty() && spelt == said)
}

/// A value as it counts for sameness.
fn spelling(value: &Value) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match value {
        Value::Text(text) | Value::Code(text) | Value::Person(text) | Value::Document(text) => plain(text),
        Value::Bool(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::Money(money) => format!("{}{}", money.amount.normalize(), plain(&money.currency)),
        Value::Date(date) => format!("{DATE}{date}"),
        Value::Instant(instant) => instant.to_string(),
        Value::Address(address) => {
            let lines = address.address_lines.iter().map(|line| plain(line)).collect::<String>();
            format!("{}{}{lines}", plain(&address.region_code), plain(&address.postal_code))
        }
        Value::List(items) => items.iter().map(spelling).collect::<Vec<_>>().join("+"),
    }
}

#[cfg(test)]
mod tests;
