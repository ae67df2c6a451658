//! Whether a condition can mean what it says: what it compares has a common type, and the codes that it names exist.

use crate::condition::{Condition, Operand};
use crate::dictionary::{Concept, Dictionary};
use crate::name::FactName;
use crate::shape;
use crate::value::{Value, ValueType};

/// What is wrong with a condition: each fault as "fault; way out", with the fact that it is about.
pub(super) fn faults<'a>(
    condition: &Condition,
    concept: &impl Fn(&FactName) -> Option<&'a Concept>,
    dictionary: &Dictionary,
) -> Vec<(FactName, String)> {
    let mut faults = Vec::new();
    collect(condition, concept, dictionary, &mut faults);
    faults
}

fn collect<'a>(
    condition: &Condition,
    concept: &impl Fn(&FactName) -> Option<&'a Concept>,
    dictionary: &Dictionary,
    faults: &mut Vec<(FactName, String)>,
) {
    let kind = |fact: &FactName| concept(fact).map(|concept| &concept.value);
    let mut against = |fact: &FactName, value: &Value| {
        let fault = kind(fact).and_then(|kind| constant(fact, kind, value, dictionary));
        faults.extend(fault.map(|fault| (fact.clone(), fault)));
    };
    match condition {
        Condition::Always(_) | Condition::Has(_) => {}
        Condition::Holds(fact) => match kind(fact) {
            None | Some(ValueType::Bool) => {}
            Some(kind) => {
                let fault =
                    format!("`{fact}` is {kind}, neither true nor false; compare it, or write has({fact})");
                faults.push((fact.clone(), fault));
            }
        },
        Condition::Not(inner) => collect(inner, concept, dictionary, faults),
        Condition::All(all) | Condition::Any(all) => {
            all.iter().for_each(|inner| collect(inner, concept, dictionary, faults));
        }
        Condition::OneOf { operand: Operand::Fact(fact), values } => {
            values.iter().for_each(|value| against(fact, value));
        }
        Condition::OneOf { operand: Operand::Constant(_), .. } => {}
        Condition::Compare { left, right, .. } => match (left, right) {
            (Operand::Fact(fact), Operand::Constant(value))
            | (Operand::Constant(value), Operand::Fact(fact)) => {
                against(fact, value);
            }
            (Operand::Fact(one), Operand::Fact(other)) => {
                if let (Some(first), Some(second)) = (kind(one), kind(other))
                    && !comparable(first, second)
                {
                    let fault = format!(
                        "`{one}` is {first} and `{other}` is {second}, which cannot be compared; compare facts of one type"
                    );
                    faults.push((one.clone(), fault));
                }
            }
            (Operand::Constant(_), Operand::Constant(_)) => {}
        },
    }
}

fn comparable(one: &ValueType, other: &ValueType) -> bool {
    use ValueType::{Decimal, Integer};
    one == other || matches!((one, other), (Integer, Decimal) | (Decimal, Integer))
}

/// What is wrong with comparing a fact of this type with this constant. A text stands for whatever it spells.
fn constant(fact: &FactName, kind: &ValueType, value: &Value, dictionary: &Dictionary) -> Option<String> {
    let fits = match (kind, value) {
        (ValueType::Code(list), Value::Text(code) | Value::Code(code)) => {
            if dictionary.codes(list).is_some_and(|codes| codes.contains_key(code)) {
                return None;
            }
            return Some(format!("`{code}` is no code of the list `{list}`; use one that it has"));
        }
        (ValueType::Integer | ValueType::Decimal, Value::Integer(_) | Value::Decimal(_)) => true,
        // A text is compared with a number only where both are decimal.
        (ValueType::Integer | ValueType::Money, Value::Text(_)) => false,
        (_, Value::Text(text)) => shape::read(kind, text).is_some(),
        _ => value.is_of(kind),
    };
    (!fits).then(|| {
        format!("`{fact}` is {kind}, which is never compared with such a constant; write one of its type")
    })
}
