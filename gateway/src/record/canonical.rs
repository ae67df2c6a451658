//! What a report says, as bytes that are the same for the same parsed values, whatever they came as.

use std::collections::BTreeMap;

use casework::input::{Given, Report};
use casework::name::{FactName, LifeEventId};
use casework::value::{Money, Value};
use prost::Message;

use super::values;

/// The bytes of what a report says.
pub(crate) fn canonical(life_event: &LifeEventId, report: &Report) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    put(&mut bytes, life_event.as_str().as_bytes());
    put(&mut bytes, report.reporter.as_ref().map(ToString::to_string).unwrap_or_default().as_bytes());
    facts(&mut bytes, &report.facts);
    for (role, members) in &report.members {
        put(&mut bytes, role.as_str().as_bytes());
        bytes.extend((members.len() as u64).to_be_bytes());
        members.iter().for_each(|member| facts(&mut bytes, member));
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, piece: &[u8]) {
    bytes.extend((piece.len() as u64).to_be_bytes());
    bytes.extend_from_slice(piece);
}

fn facts(bytes: &mut Vec<u8>, facts: &BTreeMap<FactName, Given>) {
    bytes.extend((facts.len() as u64).to_be_bytes());
    for (name, given) in facts {
        put(bytes, name.as_str().as_bytes());
        match given {
            Given::Absent => put(bytes, b"-"),
            Given::Unknown => put(bytes, b"?"),
            Given::Value(value) => {
                put(bytes, b"=");
                put(bytes, &values::to_log(&plain(value)).encode_to_vec());
            }
        }
    }
}

/// Equal numbers are written alike: 12.50 is 12.5.
fn plain(value: &Value) -> Value {
    match value {
        Value::Decimal(number) => Value::Decimal(number.normalize()),
        Value::Money(money) => {
            Value::Money(Money { amount: money.amount.normalize(), currency: money.currency.clone() })
        }
        Value::List(items) => Value::List(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(facts: &[(&str, Given)]) -> Vec<u8> {
        let facts = facts.iter().map(|(name, given)| (name.parse().unwrap(), given.clone())).collect();
        canonical(&"birth".parse().unwrap(), &Report { facts, ..Report::default() })
    }

    fn decimal(text: &str) -> Given {
        Given::Value(Value::Decimal(text.parse().unwrap()))
    }

    #[test]
    fn equal_values_are_equal_bytes_and_others_are_not() {
        assert_eq!(report(&[("a.b", decimal("12.50"))]), report(&[("a.b", decimal("12.5"))]));
        let all = [
            report(&[]),
            report(&[("a.b", decimal("12.5"))]),
            report(&[("a.b", Given::Absent)]),
            report(&[("a.b", Given::Unknown)]),
            report(&[("a.b", Given::Value(Value::Text("12.5".to_owned())))]),
            report(&[("a.c", decimal("12.5"))]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at} is equal to another");
        }
    }
}
