//! The values that facts have: a closed set of types.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::time::{Instant, PartialDate};

/// The type of a concept, as the dictionary writes it: `text`, `code(gender)`, `list(text)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ValueType {
    /// Free text of one line or more.
    Text,
    /// Yes or no.
    Bool,
    /// A whole number of 64 bits.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// An amount in a currency.
    Money,
    /// A calendar date, possibly of the year or the month alone.
    Date,
    /// A moment.
    Instant,
    /// A code of the named list.
    Code(String),
    /// A reference to a person: the national number.
    Person,
    /// A postal address.
    Address,
    /// A reference to a document.
    Document,
    /// Several of one type that is no list.
    List(Box<Self>),
}

/// A value of a fact. Its `Debug` shows no content: facts are personal data and must not reach a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Free text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// An amount in a currency.
    Money(Money),
    /// A calendar date, possibly partial.
    Date(PartialDate),
    /// A moment.
    Instant(Instant),
    /// A code of the list that the concept's type names.
    Code(String),
    /// The national number of a person.
    Person(String),
    /// A postal address.
    Address(Address),
    /// A reference to a document.
    Document(String),
    /// Several.
    List(Vec<Self>),
}

/// An amount in a currency.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount, exact, in whole units of the currency (12.50 is twelve euros fifty).
    pub amount: Decimal,
    /// ISO 4217 code, upper case.
    pub currency: String,
}

/// A postal address, of the shape of `google.type.PostalAddress`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// ISO 3166-1 alpha-2 country code, upper case.
    pub region_code: String,
    /// Postal code as the country writes it.
    pub postal_code: String,
    /// Municipality code: what competence is decided by.
    pub administrative_area: String,
    /// Town or village.
    pub locality: String,
    /// Street, number and addition, one line each as on an envelope.
    pub address_lines: Vec<String>,
}

impl Value {
    /// Whether the value is of this type. A code's list is checked by the dictionary, not here.
    #[must_use]
    pub fn is_of(&self, kind: &ValueType) -> bool {
        match (self, kind) {
            (Self::Text(_), ValueType::Text)
            | (Self::Bool(_), ValueType::Bool)
            | (Self::Integer(_), ValueType::Integer)
            | (Self::Decimal(_), ValueType::Decimal)
            | (Self::Money(_), ValueType::Money)
            | (Self::Date(_), ValueType::Date)
            | (Self::Instant(_), ValueType::Instant)
            | (Self::Code(_), ValueType::Code(_))
            | (Self::Person(_), ValueType::Person)
            | (Self::Address(_), ValueType::Address)
            | (Self::Document(_), ValueType::Document) => true,
            (Self::List(items), ValueType::List(of)) => items.iter().all(|item| item.is_of(of)),
            _ => false,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "text",
            Self::Bool(_) => "bool",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Money(_) => "money",
            Self::Date(_) => "date",
            Self::Instant(_) => "instant",
            Self::Code(_) => "code",
            Self::Person(_) => "person",
            Self::Address(_) => "address",
            Self::Document(_) => "document",
            Self::List(_) => "list",
        };
        write!(f, "<{kind}>")
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Bool => f.write_str("bool"),
            Self::Integer => f.write_str("integer"),
            Self::Decimal => f.write_str("decimal"),
            Self::Money => f.write_str("money"),
            Self::Date => f.write_str("date"),
            Self::Instant => f.write_str("instant"),
            Self::Code(list) => write!(f, "code({list})"),
            Self::Person => f.write_str("person"),
            Self::Address => f.write_str("address"),
            Self::Document => f.write_str("document"),
            Self::List(of) => write!(f, "list({of})"),
        }
    }
}

impl From<ValueType> for String {
    fn from(kind: ValueType) -> Self {
        kind.to_string()
    }
}

/// A type that the dictionary does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no type; use text, bool, integer, decimal, money, date, instant, code(<list>), person, address, document or list(<type>)"
)]
pub struct UnknownType(pub String);

impl TryFrom<String> for ValueType {
    type Error = UnknownType;

    fn try_from(text: String) -> Result<Self, UnknownType> {
        let inner = |prefix: &str| {
            text.strip_prefix(prefix)?.strip_prefix('(')?.strip_suffix(')').filter(|inner| !inner.is_empty())
        };
        Ok(match text.as_str() {
            "text" => Self::Text,
            "bool" => Self::Bool,
            "integer" => Self::Integer,
            "decimal" => Self::Decimal,
            "money" => Self::Money,
            "date" => Self::Date,
            "instant" => Self::Instant,
            "person" => Self::Person,
            "address" => Self::Address,
            "document" => Self::Document,
            _ => match (inner("code"), inner("list")) {
                (Some(list), _) => Self::Code(list.to_owned()),
                (_, Some(of)) if !of.starts_with("list") => {
                    Self::List(Box::new(Self::try_from(of.to_owned())?))
                }
                _ => return Err(UnknownType(text)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: [&str; 14] = [
        "text",
        "bool",
        "integer",
        "decimal",
        "money",
        "date",
        "instant",
        "code(gender)",
        "person",
        "address",
        "document",
        "list(text)",
        "list(code(gender))",
        "list(integer)",
    ];

    /// A value of each type.
    fn values() -> Vec<Value> {
        let text = || Value::Text("Anna".to_owned());
        let code = || Value::Code("Anna".to_owned());
        vec![
            text(),
            Value::Bool(true),
            Value::Integer(1),
            Value::Decimal(Decimal::ONE),
            Value::Money(Money { amount: Decimal::ONE, currency: "Anna".to_owned() }),
            Value::Date("2026-11-23".parse().unwrap()),
            Value::Instant(Instant(0)),
            code(),
            Value::Person("Anna".to_owned()),
            Value::Address(Address { locality: "Anna".to_owned(), ..Address::default() }),
            Value::Document("Anna".to_owned()),
            Value::List(vec![text()]),
            Value::List(vec![code()]),
            Value::List(vec![Value::Integer(1), Value::Integer(2)]),
        ]
    }

    #[test]
    fn a_type_is_written_as_the_dictionary_writes_it() {
        for text in TYPES {
            assert_eq!(String::from(ValueType::try_from(text.to_owned()).unwrap()), text);
        }
        for bad in ["string", "code", "code()", "list()", "list(list(text))", "list(string)"] {
            assert!(ValueType::try_from(bad.to_owned()).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn a_value_is_of_one_type() {
        for (index, value) in values().iter().enumerate() {
            for (other, text) in TYPES.into_iter().enumerate() {
                let kind = ValueType::try_from(text.to_owned()).unwrap();
                assert_eq!(value.is_of(&kind), index == other, "{value:?} of {index}, and {kind}");
            }
        }
        let mixed = Value::List(vec![Value::Integer(1), Value::Bool(true)]);
        assert!(!mixed.is_of(&ValueType::List(Box::new(ValueType::Integer))));
    }

    #[test]
    fn a_value_never_shows_its_content_in_debug() {
        for (value, text) in values().iter().zip(TYPES) {
            let kind = text.split('(').next().unwrap();
            assert_eq!(format!("{value:?}"), format!("<{kind}>"));
        }
    }
}
