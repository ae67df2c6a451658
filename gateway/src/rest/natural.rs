//! The natural JSON of facts: a value is the value itself.

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};
use serde_json::Value as Out;

use super::json::Json;
use super::read::{Reader, below};
use super::write;

/// The message that is a fact's value.
pub(super) const VALUE: &str = "loket.portal.v1.Value";

const ABSENT: i32 = 1;
const UNKNOWN: i32 = 2;

/// Whole numbers up to here are the same in every JSON reader.
const SAFE_WHOLE: i64 = 9_007_199_254_740_992;

/// Most digits that a number with a fraction surely keeps on its way through JSON readers.
const SAFE_DIGITS: usize = 15;

const SHAPES: &str = "a string, a number, true or false, a list, null (there is none), {\"unknown\": true}, \
                      {\"amount\": …, \"currency\": …} or an address";

/// Reads a value from its natural JSON.
pub(super) fn read_value(
    reader: &mut Reader,
    descriptor: &MessageDescriptor,
    json: &Json,
    at: &str,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    let kind = match json {
        Json::Null => Some(("lack", Value::EnumNumber(ABSENT))),
        Json::Bool(yes) => Some(("bool", Value::Bool(*yes))),
        Json::Text(text) => Some(("text", Value::String(text.clone()))),
        Json::Whole(number) => match i64::try_from(*number) {
            Ok(number) => Some(("integer", Value::I64(number))),
            Err(_) => refuse(reader, at, "is too large for a number; write it as a string"),
        },
        Json::Fraction(number) => match decimal(*number) {
            Some(text) => Some(("decimal", Value::String(text))),
            None => refuse(reader, at, "has more digits than a JSON number keeps; write it as a string"),
        },
        Json::List(items) => read_list(reader, descriptor, items, at),
        Json::Object(pairs) => read_object(reader, descriptor, pairs, json, at),
    };
    if let Some((field, value)) = kind {
        message.set_field_by_name(field, value);
    }
    message
}

fn refuse<T>(reader: &mut Reader, at: &str, description: &str) -> Option<T> {
    reader.fault(at, description);
    None
}

fn read_list(
    reader: &mut Reader,
    descriptor: &MessageDescriptor,
    items: &[Json],
    at: &str,
) -> Option<(&'static str, Value)> {
    let mut list = inner(descriptor, "list")?;
    let values = items
        .iter()
        .enumerate()
        .map(|(index, item)| Value::Message(read_value(reader, descriptor, item, &format!("{at}[{index}]"))));
    list.set_field_by_name("values", Value::List(values.collect()));
    Some(("list", Value::Message(list)))
}

/// An object is an amount of money, an address, or says that the value is not known.
fn read_object(
    reader: &mut Reader,
    descriptor: &MessageDescriptor,
    pairs: &[(String, Json)],
    json: &Json,
    at: &str,
) -> Option<(&'static str, Value)> {
    let has = |key: &str| pairs.iter().any(|(name, _)| name == key);
    if has("unknown") {
        return match pairs {
            [(_, Json::Bool(true))] => Some(("lack", Value::EnumNumber(UNKNOWN))),
            _ => refuse(reader, at, "must be {\"unknown\": true} where it is not known"),
        };
    }
    if has("amount") || has("currency") {
        return read_money(reader, descriptor, pairs, at);
    }
    let address = inner(descriptor, "address")?.descriptor();
    let known =
        |key: &str| address.get_field_by_json_name(key).is_some() || address.get_field_by_name(key).is_some();
    if pairs.is_empty() || !pairs.iter().any(|(key, _)| known(key)) {
        return refuse(reader, at, &format!("must be {SHAPES}"));
    }
    Some(("address", Value::Message(reader.message(&address, json, at))))
}

fn read_money(
    reader: &mut Reader,
    descriptor: &MessageDescriptor,
    pairs: &[(String, Json)],
    at: &str,
) -> Option<(&'static str, Value)> {
    let mut money = inner(descriptor, "money")?;
    for (key, json) in pairs {
        let text = match (key.as_str(), json) {
            ("amount" | "currency", Json::Text(text)) => Some(text.clone()),
            ("amount", Json::Whole(number)) => Some(number.to_string()),
            ("amount", Json::Fraction(number)) => decimal(*number),
            _ => None,
        };
        match text {
            Some(text) if !money.has_field_by_name(key) => money.set_field_by_name(key, Value::String(text)),
            Some(_) => reader.fault(&below(at, key), "is given twice"),
            None => reader.fault(
                &below(at, key),
                "does not fit an amount of money: {\"amount\": \"12.50\", \"currency\": \"EUR\"}",
            ),
        }
    }
    for key in ["amount", "currency"] {
        if !money.has_field_by_name(key) {
            reader.fault(&below(at, key), "is missing: {\"amount\": \"12.50\", \"currency\": \"EUR\"}");
        }
    }
    Some(("money", Value::Message(money)))
}

/// An empty message of the type of this field.
fn inner(descriptor: &MessageDescriptor, field: &str) -> Option<DynamicMessage> {
    match descriptor.get_field_by_name(field)?.kind() {
        Kind::Message(inner) => Some(DynamicMessage::new(inner)),
        _ => None,
    }
}

/// The shortest text of a number, where it surely is the number that was written.
fn decimal(number: f64) -> Option<String> {
    let scientific = format!("{number:e}");
    let digits = scientific.split('e').next()?.bytes().filter(u8::is_ascii_digit).count();
    let moderate = number == 0.0 || (1e-15..1e15).contains(&number.abs());
    (digits <= SAFE_DIGITS && moderate).then(|| number.to_string())
}

/// A value as natural JSON.
pub(super) fn write_value(message: &DynamicMessage) -> Out {
    let Some((field, value)) = message.fields().next() else { return Out::Null };
    match (field.name(), value) {
        ("integer", Value::I64(number)) if number.abs() <= SAFE_WHOLE => (*number).into(),
        ("list", Value::Message(list)) => {
            let values = list.get_field_by_name("values");
            let values = values.iter().flat_map(|list| list.as_list().unwrap_or_default());
            values.filter_map(Value::as_message).map(write_value).collect::<Vec<_>>().into()
        }
        ("lack", Value::EnumNumber(UNKNOWN)) => serde_json::json!({"unknown": true}),
        ("lack", _) => Out::Null,
        ("address", Value::Message(address)) => {
            let parts = address
                .fields()
                .map(|(field, value)| (field.json_name().to_owned(), write::field_value(&field, value)));
            Out::Object(parts.collect())
        }
        (_, value) => write::field_value(&field, value),
    }
}
