//! Values of facts: typed by the dictionary, not by how they were sent.

use casework::dictionary::{Concept, Dictionary, code_list};
use casework::entry::Known;
use casework::input::Given;
use casework::time::{Instant, PartialDate};
use casework::value::{Money, Value, ValueType};
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::value::Kind;
use rust_decimal::Decimal;

use super::address;
use super::timestamp;

/// Longest text of a fact, in characters.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// Most values in a list.
pub const LIST_MAX: usize = 100;

/// Longest number of a person, in characters.
const PERSON_CHARS_MAX: usize = 32;

/// Longest reference to a document, in characters.
const DOCUMENT_CHARS_MAX: usize = 200;

/// How many codes an error lists.
const CODES_LISTED_MAX: usize = 12;

/// What the fact is given as.
///
/// # Errors
/// What it must be, in words; never what it was.
pub fn given(value: &pb::Value, concept: &Concept, dictionary: &Dictionary) -> Result<Given, String> {
    let kind = value.kind.as_ref().ok_or("a value, or the lack of one: {\"lack\": \"LACK_ABSENT\"}")?;
    if let Kind::Lack(lack) = kind {
        return match pb::Lack::try_from(*lack) {
            Ok(pb::Lack::Absent) => Ok(Given::Absent),
            Ok(pb::Lack::Unknown) => Ok(Given::Unknown),
            _ => Err("LACK_ABSENT or LACK_UNKNOWN where there is no value".to_owned()),
        };
    }
    let read = of_type(kind, &concept.value)?;
    if dictionary.admits(concept, &read) {
        Ok(Given::Value(read))
    } else if !concept.limits.admit(&read) {
        Err(concept.limits.to_string())
    } else {
        Err(one_of_codes(&concept.value, dictionary))
    }
}

/// The value, as the type has it. A text stands for whatever is spelt so.
fn of_type(kind: &Kind, expected: &ValueType) -> Result<Value, String> {
    let wrong = || expectation(expected);
    let text = match kind {
        Kind::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let read = match (expected, kind) {
        (ValueType::Text, Kind::Text(text)) => plain(text, TEXT_CHARS_MAX).map(Value::Text),
        (ValueType::Bool, Kind::Bool(truth)) => Some(Value::Bool(*truth)),
        (ValueType::Integer, Kind::Integer(number)) => Some(Value::Integer(*number)),
        (ValueType::Integer, Kind::Text(text)) => text.parse().ok().map(Value::Integer),
        (ValueType::Decimal, Kind::Integer(number)) => Some(Value::Decimal(Decimal::from(*number))),
        (ValueType::Decimal, Kind::Decimal(text) | Kind::Text(text)) => decimal(text).map(Value::Decimal),
        (ValueType::Money, Kind::Money(money)) => read_money(money).map(Value::Money),
        (ValueType::Date, Kind::Date(text) | Kind::Text(text)) => {
            text.parse::<PartialDate>().ok().map(Value::Date)
        }
        (ValueType::Instant, Kind::Instant(moment)) => instant(moment).map(Value::Instant),
        (ValueType::Instant, Kind::Text(text)) => text.parse().ok().map(Value::Instant),
        (ValueType::Code(_), Kind::Code(code) | Kind::Text(code)) => Some(Value::Code(code.clone())),
        (ValueType::Person, Kind::Person(number) | Kind::Text(number)) => person(number).map(Value::Person),
        (ValueType::Address, Kind::Address(address)) => address::read(address).map(Value::Address),
        (ValueType::Document, Kind::Document(reference) | Kind::Text(reference)) => {
            plain(reference, DOCUMENT_CHARS_MAX).map(Value::Document)
        }
        (ValueType::List(of), Kind::List(list)) => return read_list(list, of),
        _ => None,
    };
    let empty = text.is_some_and(|text| text.trim().is_empty());
    read.ok_or_else(|| if empty { format!("{}; leave it out where it is empty", wrong()) } else { wrong() })
}

fn read_list(list: &pb::ValueList, of: &ValueType) -> Result<Value, String> {
    if list.values.len() > LIST_MAX {
        return Err(format!("a list of at most {LIST_MAX} values"));
    }
    let each = list.values.iter().map(|value| match &value.kind {
        Some(kind) => of_type(kind, of).map_err(|expected| format!("a list, each of it {expected}")),
        None => Err(format!("a list, each of it {}", expectation(of))),
    });
    each.collect::<Result<_, _>>().map(Value::List)
}

/// A text of at most so many characters, none of them a control character but line ends and tabs.
pub(super) fn plain(text: &str, most: usize) -> Option<String> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= most
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    fits.then(|| text.to_owned())
}

fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    Decimal::from_str_exact(text).ok().filter(|_| plain)
}

fn read_money(money: &pb::Money) -> Option<Money> {
    let currency = money.currency.len() == 3 && money.currency.bytes().all(|b| b.is_ascii_uppercase());
    let amount = decimal(&money.amount).filter(|_| currency)?;
    Some(Money { amount, currency: money.currency.clone() })
}

/// The moment, in whole milliseconds.
fn instant(moment: &prost_types::Timestamp) -> Option<Instant> {
    let nanos = u32::try_from(moment.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let millis = moment.seconds.checked_mul(1_000)?.checked_add(i64::from(nanos / 1_000_000))?;
    // The calendar's first and last day, as RFC 3339 writes it.
    (-62_135_596_800_000..=253_402_300_799_999).contains(&millis).then_some(Instant(millis))
}

fn person(number: &str) -> Option<String> {
    let fits = (1..=PERSON_CHARS_MAX).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then(|| number.to_owned())
}

/// What a value of the type must be, in words.
#[must_use]
pub fn expectation(kind: &ValueType) -> String {
    match kind {
        ValueType::Text => format!("text of 1 to {TEXT_CHARS_MAX} characters"),
        ValueType::Bool => "true or false".to_owned(),
        ValueType::Integer => "a whole number".to_owned(),
        ValueType::Decimal => "a decimal number as text, such as \"12.50\"".to_owned(),
        ValueType::Money => {
            "an amount and a currency, such as {\"amount\": \"12.50\", \"currency\": \"EUR\"}".to_owned()
        }
        ValueType::Date => {
            "a date such as 2026-11-23, or 2026-11 or 2026 where the day or the month is not known".to_owned()
        }
        ValueType::Instant => "a moment such as 2026-11-23T09:30:00Z".to_owned(),
        ValueType::Code(list) => format!("a code of the list `{list}`"),
        ValueType::Person => "the national number of a person".to_owned(),
        ValueType::Address => {
            "an address: region_code (two capitals), postal_code, locality and up to 5 address_lines"
                .to_owned()
        }
        ValueType::Document => "a reference to a document".to_owned(),
        ValueType::List(of) => format!("a list, each of it {}", expectation(of)),
    }
}

fn one_of_codes(kind: &ValueType, dictionary: &Dictionary) -> String {
    let list = code_list(kind).unwrap_or_default();
    let Some(codes) = dictionary.codes(list) else { return expectation(kind) };
    let shown: Vec<&str> = codes.keys().take(CODES_LISTED_MAX).map(String::as_str).collect();
    let more = if codes.len() > shown.len() { " …" } else { "" };
    format!("a code of the list `{list}`: {}{more}", shown.join(", "))
}

/// A value on the wire.
#[must_use]
pub fn value(value: &Value) -> pb::Value {
    let kind = match value {
        Value::Text(text) => Kind::Text(text.clone()),
        Value::Bool(truth) => Kind::Bool(*truth),
        Value::Integer(number) => Kind::Integer(*number),
        Value::Decimal(number) => Kind::Decimal(number.to_string()),
        Value::Money(money) => {
            Kind::Money(pb::Money { amount: money.amount.to_string(), currency: money.currency.clone() })
        }
        Value::Date(date) => Kind::Date(date.to_string()),
        Value::Instant(moment) => Kind::Instant(timestamp(*moment)),
        Value::Code(code) => Kind::Code(code.clone()),
        Value::Person(number) => Kind::Person(number.clone()),
        Value::Address(address) => Kind::Address(address::write(address)),
        Value::Document(reference) => Kind::Document(reference.clone()),
        Value::List(values) => Kind::List(pb::ValueList { values: values.iter().map(self::value).collect() }),
    };
    pb::Value { kind: Some(kind) }
}

/// What is known, on the wire.
#[must_use]
pub fn known(known: &Known) -> pb::Value {
    let lack = |lack: pb::Lack| pb::Value { kind: Some(Kind::Lack(lack.into())) };
    match known {
        Known::Value(known) => value(known),
        Known::Absent => lack(pb::Lack::Absent),
        Known::Unknown => lack(pb::Lack::Unknown),
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
