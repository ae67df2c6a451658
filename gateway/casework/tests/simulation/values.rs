//! Values that tell which step gave them, and of which member: a value that goes astray is known by itself.

use std::collections::BTreeMap;

use casework::dictionary::{Dictionary, code_list};
use casework::name::FactName;
use casework::plan::Plan;
use casework::time::Instant;
use casework::value::{Address, Money, Value, ValueType};

use crate::world::START;

/// The code list that tells municipalities apart, in an address.
const MUNICIPALITY: &str = "municipality";

/// What values the facts of a life event have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    kinds: BTreeMap<FactName, ValueType>,
    codes: BTreeMap<String, Vec<String>>,
}

impl Values {
    pub(crate) fn of(plan: &Plan, dictionary: &Dictionary) -> Self {
        let facts = plan.life_event.roles.iter().flat_map(|spec| {
            let of = dictionary.concepts().filter(|concept| concept.name.kind() == spec.kind);
            of.map(|concept| {
                (FactName::of(&spec.id, concept.name.attribute()).unwrap(), concept.value.clone())
            })
        });
        let kinds: BTreeMap<FactName, ValueType> = facts.collect();
        let lists = kinds.values().filter_map(code_list).chain([MUNICIPALITY]);
        let codes = lists
            .filter_map(|list| Some((list.to_owned(), dictionary.codes(list)?.keys().cloned().collect())))
            .collect();
        Self { kinds, codes }
    }

    /// A value of this fact, as this source says it of this member.
    pub(crate) fn value(&self, fact: &FactName, source: &str, member: &str, number: u64) -> Value {
        self.of_kind(self.kinds.get(fact).unwrap_or(&ValueType::Text), source, member, number)
    }

    fn of_kind(&self, kind: &ValueType, source: &str, member: &str, number: u64) -> Value {
        let tag = format!("{source}|{member}|{number}");
        let small = i64::try_from(number % 1000).unwrap();
        match kind {
            ValueType::Text => Value::Text(tag),
            ValueType::Person => Value::Person(tag),
            ValueType::Document => Value::Document(tag),
            ValueType::Bool => Value::Bool(number.is_multiple_of(4)),
            ValueType::Integer => Value::Integer(small),
            ValueType::Decimal => Value::Decimal(small.into()),
            ValueType::Money => Value::Money(Money { amount: small.into(), currency: "EUR".to_owned() }),
            ValueType::Date => Value::Date(format!("2026-11-{:02}", 1 + number % 20).parse().unwrap()),
            ValueType::Instant => Value::Instant(Instant(START + small)),
            ValueType::Code(list) => Value::Code(self.code(list, number)),
            ValueType::Address => Value::Address(Address {
                region_code: "NL".to_owned(),
                postal_code: tag,
                administrative_area: self.code(MUNICIPALITY, number),
                ..Address::default()
            }),
            ValueType::List(of) => Value::List(vec![self.of_kind(of, source, member, number)]),
        }
    }

    fn code(&self, list: &str, number: u64) -> String {
        let codes = self.codes.get(list).map_or(&[][..], Vec::as_slice);
        let most = u64::try_from(codes.len()).unwrap().max(1);
        codes.get(usize::try_from(number % most).unwrap()).cloned().unwrap_or_default()
    }
}
