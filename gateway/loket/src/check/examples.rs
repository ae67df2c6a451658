//! Example requests, made up where none is given: invented citizens, dates of this week.

use jiff::{Timestamp, ToSpan};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};
use serde_json::Value as Json;

/// The request of a file, or a made-up one.
///
/// # Errors
/// Where the file's request is not one of this message.
pub(super) fn request(of: &MessageDescriptor, given: Option<&Json>) -> Result<DynamicMessage, String> {
    match given {
        Some(json) => DynamicMessage::deserialize(of.clone(), json).map_err(|error| error.to_string()),
        None => Ok(made_up(of, 0)),
    }
}

/// A request that differs from `this` in one text, number or date; none: it has nothing that could differ.
pub(super) fn another(this: &DynamicMessage) -> Option<DynamicMessage> {
    let mut other = this.clone();
    for field in this.descriptor().fields().filter(|field| !field.is_list() && !field.is_map()) {
        let changed = match this.get_field(&field).as_ref() {
            Value::String(text) => {
                Some(Value::String(if text == "999000002" { "999000003" } else { "999000002" }.to_owned()))
            }
            Value::Message(inner) => another(inner).map(Value::Message),
            Value::I32(number) => Some(Value::I32(if *number > 1 { number - 1 } else { number + 1 })),
            Value::I64(number) => Some(Value::I64(if *number > 1 { number - 1 } else { number + 1 })),
            Value::Bool(truth) => Some(Value::Bool(!truth)),
            _ => None,
        };
        if let Some(changed) = changed {
            other.set_field(&field, changed);
            return Some(other);
        }
    }
    None
}

fn made_up(of: &MessageDescriptor, depth: u8) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    if depth > 4 {
        return message;
    }
    if of.full_name() == "google.type.Date" {
        let day = Timestamp::now().checked_sub((24 * 3).hours()).unwrap_or_else(|_| Timestamp::now());
        let [year, month, day] =
            ["%Y", "%m", "%d"].map(|part| day.strftime(part).to_string().parse().unwrap_or(1));
        for (name, number) in [("year", year), ("month", month), ("day", day)] {
            message.set_field_by_name(name, Value::I32(number));
        }
        return message;
    }
    for field in of.fields().filter(|field| !field.is_map()) {
        let value = one(&field, depth);
        message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
    }
    message
}

fn one(field: &FieldDescriptor, depth: u8) -> Value {
    match field.kind() {
        Kind::Message(inner) => Value::Message(made_up(&inner, depth + 1)),
        Kind::String => Value::String(text(field.name())),
        Kind::Enum(values) => Value::EnumNumber(values.values().last().map_or(0, |it| it.number())),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(1),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(1),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(1),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(1),
        Kind::Float => Value::F32(1.0),
        Kind::Double => Value::F64(1.0),
        Kind::Bytes => Value::Bytes(prost::bytes::Bytes::from_static(b"1")),
    }
}

fn text(name: &str) -> String {
    let known = [
        ("currency", "EUR"),
        ("region", "XZ"),
        ("country", "XZ"),
        ("parentage", "marriage"),
        ("civil_status", "married"),
        ("municipality", "oosterdam"),
        ("administrative_area", "oosterdam"),
        ("number", "999000001"),
        ("holder", "999000001"),
        ("gender", "female"),
        ("account", "GB82WEST12345698765432"),
    ];
    known.iter().find(|(part, _)| name.contains(part)).map_or("Example", |(_, text)| text).to_owned()
}
