//! What a field on the wire can carry without loss: the table of conversions between the types of the dictionary and
//! the shapes of fields, and the spelling of values in fields that are strings.
//!
//! | type | shapes |
//! |---|---|
//! | text, person, document | string |
//! | bool | bool |
//! | integer | any whole number (a value that does not fit is refused when it comes), string |
//! | decimal | string, `google.type.Decimal` |
//! | money | string (`12.50 EUR`), `google.type.Money` |
//! | date | string, `google.type.Date` |
//! | instant | string (RFC 3339), `google.protobuf.Timestamp` |
//! | code | string, an enum that has every code (a need) or only codes of the list (a gift) |
//! | address | `google.type.PostalAddress` |
//! | list | repeated of what carries its items |
//!
//! Bytes and floating-point numbers carry nothing.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::dictionary::Dictionary;
use crate::service::Shape;
use crate::value::{Money, Value, ValueType};

/// Which way a fact goes through a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the agency: a need.
    Need,
    /// From the agency: a gift.
    Gift,
}

/// Why a field cannot carry a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Misfit {
    /// No conversion is without loss.
    #[error("{shape} cannot carry {kind} without loss")]
    Shape {
        /// The field's shape, in words.
        shape: String,
        /// The concept's type.
        kind: String,
    },
    /// The enum lacks codes that may have to be sent.
    #[error("the enum has no value for {} of the list `{list}`", quoted(.codes))]
    EnumLacks {
        /// The code list.
        list: String,
        /// What the enum lacks.
        codes: Vec<String>,
    },
    /// The enum has codes that the list does not know.
    #[error("the list `{list}` has no code for {} of the enum", quoted(.codes))]
    EnumExceeds {
        /// The code list.
        list: String,
        /// What the list lacks.
        codes: Vec<String>,
    },
}

fn quoted(codes: &[String]) -> String {
    codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a field of this shape carries the type in that direction.
///
/// # Errors
/// Where it does not: why.
pub fn carries(
    shape: &Shape,
    kind: &ValueType,
    direction: Direction,
    dictionary: &Dictionary,
) -> Result<(), Misfit> {
    use ValueType as T;
    let fits = match (kind, shape) {
        (T::List(of), Shape::List(item)) => return carries(item, of, direction, dictionary),
        (T::Code(list), Shape::Enum(codes)) => return enum_carries(list, codes, direction, dictionary),
        (T::Bool, Shape::Bool) | (T::Integer, Shape::Integer { .. }) => true,
        (T::Bool | T::Address | T::List(_), Shape::String) => false,
        (_, Shape::String) => true,
        (_, Shape::Message(name)) => message_of(kind).is_some_and(|message| message == name),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Misfit::Shape { shape: in_words(shape), kind: kind.to_string() })
}

/// The full name of the message that carries the type, where one does.
#[must_use]
pub fn message_of(kind: &ValueType) -> Option<&'static str> {
    Some(match kind {
        ValueType::Decimal => "google.type.Decimal",
        ValueType::Money => "google.type.Money",
        ValueType::Date => "google.type.Date",
        ValueType::Instant => "google.protobuf.Timestamp",
        ValueType::Address => "google.type.PostalAddress",
        _ => return None,
    })
}

/// The shapes that carry the type, in words, for the one who has to choose.
#[must_use]
pub fn carriers(kind: &ValueType) -> String {
    let message = message_of(kind).unwrap_or_default();
    match kind {
        ValueType::Text | ValueType::Person | ValueType::Document => "string".to_owned(),
        ValueType::Bool => "bool".to_owned(),
        ValueType::Integer => "int64, int32 or string".to_owned(),
        ValueType::Decimal | ValueType::Money | ValueType::Date | ValueType::Instant => {
            format!("{message} or string")
        }
        ValueType::Code(list) => format!("string, or an enum of the codes of `{list}`"),
        ValueType::Address => message.to_owned(),
        ValueType::List(of) => format!("repeated {}", carriers(of)),
    }
}

/// A shape as a person would say it.
#[must_use]
pub fn in_words(shape: &Shape) -> String {
    match shape {
        Shape::String => "string".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer { bits, signed } => format!("{}int{bits}", if *signed { "" } else { "u" }),
        Shape::Bytes => "bytes".to_owned(),
        Shape::Float => "a floating-point number".to_owned(),
        Shape::Enum(_) => "an enum".to_owned(),
        Shape::Message(name) => format!("the message {name}"),
        Shape::List(of) => format!("repeated {}", in_words(of)),
    }
}

/// Whether an enum's value name stands for a code: case and the kind of hyphen do not count, for a proto enum can
/// have neither small letters nor hyphens.
#[must_use]
pub fn same_code(one: &str, other: &str) -> bool {
    let letters = |code: &str| code.replace('_', "-").to_lowercase();
    letters(one) == letters(other)
}

/// The enum value that says "not said"; it stands for no code.
const UNSPECIFIED: &str = "unspecified";

fn enum_carries(
    list: &str,
    values: &[String],
    direction: Direction,
    dictionary: &Dictionary,
) -> Result<(), Misfit> {
    let codes: Vec<&String> = dictionary.codes(list).map(|codes| codes.keys().collect()).unwrap_or_default();
    let without = |of: &[&String], others: &[&String]| -> Vec<String> {
        let missing = |one: &&&String| !others.iter().any(|other| same_code(one, other));
        of.iter().filter(missing).map(|one| (*one).clone()).collect()
    };
    let values: Vec<&String> = values.iter().filter(|value| *value != UNSPECIFIED).collect();
    let (missing, list) = match direction {
        Direction::Need => (without(&codes, &values), list.to_owned()),
        Direction::Gift => (without(&values, &codes), list.to_owned()),
    };
    match (missing.is_empty(), direction) {
        (true, _) => Ok(()),
        (false, Direction::Need) => Err(Misfit::EnumLacks { list, codes: missing }),
        (false, Direction::Gift) => Err(Misfit::EnumExceeds { list, codes: missing }),
    }
}

/// The spelling of a value in a field that is a string; none for values that no string carries.
#[must_use]
pub fn spell(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) | Value::Code(text) | Value::Person(text) | Value::Document(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Money(money) => format!("{} {}", money.amount, money.currency),
        Value::Date(date) => date.to_string(),
        Value::Instant(instant) => instant.to_string(),
        Value::Bool(_) | Value::Address(_) | Value::List(_) => return None,
    })
}

/// The value of this type that a string spells; none where it spells none.
#[must_use]
pub fn read(kind: &ValueType, text: &str) -> Option<Value> {
    Some(match kind {
        ValueType::Text => Value::Text(text.to_owned()),
        ValueType::Code(_) => Value::Code(text.to_owned()),
        ValueType::Person => Value::Person(text.to_owned()),
        ValueType::Document => Value::Document(text.to_owned()),
        ValueType::Integer => Value::Integer(text.parse().ok()?),
        ValueType::Decimal => Value::Decimal(Decimal::from_str(text).ok()?),
        ValueType::Money => Value::Money(money(text)?),
        ValueType::Date => Value::Date(text.parse().ok()?),
        ValueType::Instant => Value::Instant(text.parse().ok()?),
        ValueType::Bool | ValueType::Address | ValueType::List(_) => return None,
    })
}

fn money(text: &str) -> Option<Money> {
    let (amount, currency) = text.split_once(' ')?;
    let code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
    code.then_some(())?;
    Some(Money { amount: Decimal::from_str(amount).ok()?, currency: currency.to_owned() })
}

#[cfg(test)]
mod tests;
