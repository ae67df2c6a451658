//! Scalars and enums of proto3 JSON, from JSON values and from text (paths and queries).
//!
//! An enum's value is written without what the contract repeats of the enum's own name: `COMPLETED`, not
//! `STATE_COMPLETED`. Both are read.

use data_encoding::{BASE64, BASE64URL};
use prost_reflect::{EnumDescriptor, Kind, Value};

use super::json::Json;

/// Most names of an enum that an error lists.
const NAMES_MAX: usize = 24;

/// A scalar from a JSON value.
///
/// # Errors
/// What it must be, for people.
pub(super) fn from_json(kind: &Kind, json: &Json) -> Result<Value, String> {
    let value = match (kind, json) {
        (Kind::String, Json::Text(text)) => Some(Value::String(text.clone())),
        (Kind::Bytes, Json::Text(text)) => bytes(text),
        (Kind::Bool, Json::Bool(yes)) => Some(Value::Bool(*yes)),
        (Kind::Enum(names), Json::Text(name)) => enum_value(names, name),
        (Kind::Enum(_), Json::Whole(number)) => i32::try_from(*number).ok().map(Value::EnumNumber),
        (Kind::Float | Kind::Double, json) => float(kind, json),
        (_, Json::Whole(number)) => whole(kind, *number),
        (_, Json::Fraction(number)) if number.fract() == 0.0 && number.abs() < 9e15 => {
            whole(kind, *number as i128)
        }
        (_, Json::Text(text)) => text.parse().ok().and_then(|number| whole(kind, number)),
        _ => None,
    };
    value.ok_or_else(|| expected(kind))
}

/// A scalar from text.
///
/// # Errors
/// What it must be, for people.
pub(super) fn from_text(kind: &Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Bool => text.parse().map(Value::Bool).map_err(|_| expected(kind)),
        Kind::Enum(names) => match text.parse::<i32>() {
            Ok(number) => Ok(Value::EnumNumber(number)),
            Err(_) => enum_value(names, text).ok_or_else(|| expected(kind)),
        },
        _ => from_json(kind, &Json::Text(text.to_owned())),
    }
}

/// What a scalar must be, for people.
pub(super) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::String => "a string".to_owned(),
        Kind::Bytes => "a string in base64".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Float | Kind::Double => "a number".to_owned(),
        Kind::Enum(names) => {
            let all: Vec<String> =
                names.values().map(|value| short_name(names, value.name())).take(NAMES_MAX).collect();
            format!("one of {}", all.join(", "))
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "a whole number of 32 bits".to_owned(),
        Kind::Uint32 | Kind::Fixed32 => "a whole number from 0 to 4294967295".to_owned(),
        Kind::Uint64 | Kind::Fixed64 => "a whole number from 0, or a string of one".to_owned(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "a whole number, or a string of one".to_owned(),
        Kind::Message(descriptor) => format!("a {}", descriptor.full_name()),
    }
}

fn enum_value(names: &EnumDescriptor, name: &str) -> Option<Value> {
    let value = names
        .get_value_by_name(name)
        .or_else(|| names.values().find(|value| short_name(names, value.name()) == name));
    value.map(|value| Value::EnumNumber(value.number()))
}

/// The name of an enum's value as REST writes it: of `STATE_COMPLETED` of the enum `State` it is `COMPLETED`.
pub(super) fn short_name(names: &EnumDescriptor, value: &str) -> String {
    let mut repeated = String::new();
    for (index, letter) in names.name().char_indices() {
        if index > 0 && letter.is_ascii_uppercase() {
            repeated.push('_');
        }
        repeated.push(letter.to_ascii_uppercase());
    }
    repeated.push('_');
    let bare =
        value.strip_prefix(&repeated).filter(|bare| bare.starts_with(|c: char| c.is_ascii_alphabetic()));
    bare.unwrap_or(value).to_owned()
}

fn whole(kind: &Kind, number: i128) -> Option<Value> {
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number.try_into().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number.try_into().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number.try_into().ok()?),
        _ => return None,
    })
}

fn float(kind: &Kind, json: &Json) -> Option<Value> {
    let number = match json {
        Json::Whole(number) => *number as f64,
        Json::Fraction(number) => *number,
        Json::Text(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            text => text.parse().ok().filter(|number: &f64| number.is_finite())?,
        },
        _ => return None,
    };
    Some(if matches!(kind, Kind::Float) { Value::F32(number as f32) } else { Value::F64(number) })
}

/// Base64 of either alphabet, padded or not.
fn bytes(text: &str) -> Option<Value> {
    let bare = text.trim_end_matches('=');
    let padded = format!("{bare}{}", "=".repeat((4 - bare.len() % 4) % 4));
    let decoded = BASE64.decode(padded.as_bytes()).or_else(|_| BASE64URL.decode(padded.as_bytes()));
    decoded.ok().map(|bytes| Value::Bytes(bytes.into()))
}
