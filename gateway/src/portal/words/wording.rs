//! Things by the names that people know them by.

use casework::dictionary::code_list;
use casework::entry::Known;
use casework::life_event::LifeEvent;
use casework::name::{AgencyId, ConceptName, FactKey, FactName, MemberId, Role, ServiceId, StepId};
use casework::plan::Plan;
use casework::term::on_the_clock;
use casework::time::Instant;
use casework::value::Value;

use crate::portal::language::{Language, Tongue};
use crate::portal::sentences::Sentence;
use crate::registry::Snapshot;

/// Says things of a plan in somebody's language.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    /// The registry: titles of agencies, the dictionary.
    pub snapshot: &'a Snapshot,
    /// The plan: titles of services, roles and outcomes.
    pub plan: &'a Plan,
    /// The language.
    pub language: &'a Language,
}

impl Wording<'_> {
    /// A sentence with its gaps filled in.
    #[must_use]
    pub fn say(&self, sentence: Sentence, gaps: &[(&str, &str)]) -> String {
        sentence.say(self.language.tongue(), gaps)
    }

    /// The agency's name. Of a kind of agency, of which the facts have not chosen one: as the dictionary calls it, else
    /// the only one there is, else its id.
    #[must_use]
    pub fn agency(&self, agency: &AgencyId) -> String {
        let registered = |agency| self.snapshot.agency(agency).map(|view| self.language.pick(&view.titles));
        let kind = || code_title(self.snapshot, AGENCY_KINDS, agency.as_str(), self.language);
        let named = |title: &&str| !title.is_empty();
        let title = registered(agency).filter(named).or_else(kind);
        let title = title.or_else(|| registered(self.only_of_kind(agency)?).filter(named));
        title.map_or_else(|| agency.to_string(), str::to_owned)
    }

    /// The agency that alone offers the services of this kind.
    fn only_of_kind(&self, kind: &AgencyId) -> Option<&AgencyId> {
        let of_kind = self.snapshot.offers.0.iter().filter(|(service, _)| service.agency() == *kind);
        let mut all = of_kind.flat_map(|(_, offers)| offers).map(|offer| &offer.agency);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The service's name.
    #[must_use]
    pub fn service(&self, service: &ServiceId) -> String {
        let title = self.plan.step(service).map(|step| self.language.pick(&step.service.titles));
        title.filter(|title| !title.is_empty()).map_or_else(|| service.to_string(), str::to_owned)
    }

    /// The services' names, once each.
    #[must_use]
    pub fn services<'s>(&self, steps: impl IntoIterator<Item = &'s StepId>) -> String {
        listed(steps.into_iter().map(|step| self.service(&step.service)))
    }

    /// What the fact is called in a sentence, with the role it is of.
    #[must_use]
    pub fn fact(&self, fact: &FactName) -> String {
        let life_event = &self.plan.life_event;
        let label = fact_label(self.snapshot, life_event, fact, self.language);
        label.unwrap_or_else(|| fact.to_string())
    }

    /// What a code means that is known; empty for another value, and for what is not known.
    #[must_use]
    pub fn value(&self, concept: Option<&ConceptName>, known: &Known) -> String {
        let title = || {
            let Known::Value(Value::Code(code)) = known else { return None };
            let list = code_list(&self.snapshot.dictionary.concept(concept?)?.value)?;
            code_title(self.snapshot, list, code, self.language)
        };
        title().unwrap_or_default().to_owned()
    }

    /// The facts, once each.
    #[must_use]
    pub fn facts<'s>(&self, facts: impl IntoIterator<Item = &'s FactName>) -> String {
        listed(facts.into_iter().map(|fact| self.fact(fact)))
    }

    /// The facts of these keys, once each.
    #[must_use]
    pub fn keys<'s>(&self, keys: impl IntoIterator<Item = &'s FactKey>) -> String {
        self.facts(keys.into_iter().map(|key| &key.name))
    }

    /// The role's name.
    #[must_use]
    pub fn role(&self, role: &Role) -> String {
        role_title(&self.plan.life_event, role, self.language)
    }

    /// The role's name, with the member's place in its group.
    #[must_use]
    pub fn member(&self, role: &Role, member: Option<&MemberId>) -> String {
        match member {
            Some(member) => format!("{} {}", self.role(role), member.as_str().trim_start_matches('m')),
            None => self.role(role),
        }
    }

    /// The moment, in the country's time, which it names.
    #[must_use]
    pub fn moment(&self, instant: Instant) -> String {
        let local = on_the_clock(instant.timestamp());
        format!("{}, {}", self.date(instant), local.strftime("%H:%M %Z"))
    }

    /// The day, in the country's time.
    #[must_use]
    pub fn date(&self, instant: Instant) -> String {
        let local = on_the_clock(instant.timestamp());
        let names = match self.language.tongue() {
            Tongue::En => MONTHS_EN,
            Tongue::Nl => MONTHS_NL,
        };
        let month = usize::try_from(local.month() - 1).ok().and_then(|month| names.get(month)).unwrap_or(&"");
        format!("{} {month} {}", local.day(), local.year())
    }
}

/// The code list of what kinds of agencies are called.
const AGENCY_KINDS: &str = "agency_kind";

/// What a code is called; none where the list does not have it.
pub(super) fn code_title<'s>(
    snapshot: &'s Snapshot,
    list: &str,
    code: &str,
    language: &Language,
) -> Option<&'s str> {
    let texts = snapshot.dictionary.codes(list)?.get(code)?;
    Some(language.pick(texts)).filter(|title| !title.is_empty())
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_NL: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// What the fact is called in this life event: as the dictionary calls it, else by its question, else by its
/// definition. None where the dictionary does not know it.
pub(super) fn fact_label(
    snapshot: &Snapshot,
    life_event: &LifeEvent,
    fact: &FactName,
    language: &Language,
) -> Option<String> {
    let concept = snapshot.dictionary.concept(&life_event.concept_of(fact)?)?;
    let question = || concept.ask.as_ref().and_then(|ask| language.pick_of(&ask.question));
    let label = match language.pick(&concept.called) {
        "" => question().map_or(concept.definition.as_str(), |question| question.label.as_str()),
        called => called,
    };
    let label = label.trim_end_matches(['.', '?', '!', ' ']);
    Some(format!("{label} ({})", role_title(life_event, &fact.role(), language)))
}

/// The role's name.
pub(super) fn role_title(life_event: &LifeEvent, role: &Role, language: &Language) -> String {
    let title = life_event.role(role).map(|spec| language.pick(&spec.titles)).unwrap_or_default();
    if title.is_empty() { role.to_string() } else { title.to_owned() }
}

/// Several things in one line, each once, in their order.
pub(super) fn listed(things: impl IntoIterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for thing in things {
        if !seen.contains(&thing) {
            seen.push(thing);
        }
    }
    seen.join(", ")
}

/// A moment on the wire.
#[must_use]
pub fn timestamp(instant: Instant) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.0.div_euclid(1_000),
        nanos: i32::try_from(instant.0.rem_euclid(1_000) * 1_000_000).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_1970_is_a_moment_too() {
        assert_eq!(timestamp(Instant(-1)), prost_types::Timestamp { seconds: -1, nanos: 999_000_000 });
        assert_eq!(timestamp(Instant(1_500)), prost_types::Timestamp { seconds: 1, nanos: 500_000_000 });
    }

    #[test]
    fn things_are_listed_once_each() {
        let things = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(listed(things), "a, b");
    }
}
