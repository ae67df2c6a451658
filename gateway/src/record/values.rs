//! Values of facts.

use casework::value::{Address, Money, Value};
use proto::loket::log::v1 as log;
use proto::loket::log::v1::value::Kind;

use super::RecordFault;
use super::aside::Kept;
use super::names::{name, required};

/// How deep lists may be in each other: casework's types have no list of lists.
const DEPTH_MAX: usize = 4;

pub(super) fn to_log(value: &Value) -> log::Value {
    let kind = match value {
        Value::Text(text) => Kind::Text(text.clone()),
        Value::Bool(truth) => Kind::Bool(*truth),
        Value::Integer(number) => Kind::Integer(*number),
        Value::Decimal(number) => Kind::Decimal(number.to_string()),
        Value::Money(money) => Kind::Money(log::value::Money {
            amount: money.amount.to_string(),
            currency: money.currency.clone(),
        }),
        Value::Date(date) => Kind::Date(date.to_string()),
        Value::Instant(instant) => Kind::Instant(instant.0),
        Value::Code(code) => Kind::Code(code.clone()),
        Value::Person(number) => Kind::Person(number.clone()),
        Value::Address(address) => Kind::Address(log::value::Address {
            region_code: address.region_code.clone(),
            postal_code: address.postal_code.clone(),
            administrative_area: address.administrative_area.clone(),
            locality: address.locality.clone(),
            address_lines: address.address_lines.clone(),
        }),
        Value::Document(document) => Kind::Document(document.clone()),
        Value::List(items) => Kind::List(log::Values { values: items.iter().map(to_log).collect() }),
    };
    log::Value { kind: Some(kind) }
}

pub(super) fn from_log(value: &log::Value, kept: &Kept) -> Result<Value, RecordFault> {
    read(kept.find(value)?, DEPTH_MAX)
}

/// A text that was put aside as a value.
pub(super) fn text_from_log(value: &log::Value, kept: &Kept) -> Result<String, RecordFault> {
    match from_log(value, kept)? {
        Value::Text(text) | Value::Person(text) => Ok(text),
        _ => Err(RecordFault("a text is another value".to_owned())),
    }
}

fn read(value: &log::Value, depth: usize) -> Result<Value, RecordFault> {
    if depth == 0 {
        return Err(RecordFault("a value is too deep".to_owned()));
    }
    Ok(match required(value.kind.as_ref(), "a value")? {
        Kind::Text(text) => Value::Text(text.clone()),
        Kind::Bool(truth) => Value::Bool(*truth),
        Kind::Integer(number) => Value::Integer(*number),
        Kind::Decimal(number) => Value::Decimal(name(number, "a decimal")?),
        Kind::Money(money) => Value::Money(Money {
            amount: name(&money.amount, "an amount")?,
            currency: money.currency.clone(),
        }),
        Kind::Date(date) => Value::Date(name(date, "a date")?),
        Kind::Instant(millis) => Value::Instant(casework::time::Instant(*millis)),
        Kind::Code(code) => Value::Code(code.clone()),
        Kind::Person(number) => Value::Person(number.clone()),
        Kind::Address(address) => Value::Address(Address {
            region_code: address.region_code.clone(),
            postal_code: address.postal_code.clone(),
            administrative_area: address.administrative_area.clone(),
            locality: address.locality.clone(),
            address_lines: address.address_lines.clone(),
        }),
        Kind::Document(document) => Value::Document(document.clone()),
        Kind::List(list) => {
            Value::List(list.values.iter().map(|item| read(item, depth - 1)).collect::<Result<_, _>>()?)
        }
        Kind::Elsewhere(_) => return Err(RecordFault("a value is put aside twice".to_owned())),
    })
}
