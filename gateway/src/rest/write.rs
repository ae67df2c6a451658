//! Writes messages as proto3 JSON with lowerCamelCase names and the natural JSON of facts and enums. What has no
//! presence is always there: a portal need not know defaults.

use std::sync::OnceLock;

use data_encoding::BASE64;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};
use serde_json::{Map, Value as Out};

use super::{natural, report, scalar};

/// Bytes are no message of the contract of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no {0} of the contract")]
pub struct NotOfContract(String);

/// A message of the contract as REST writes it, from its bytes. The name is its full name.
///
/// # Errors
/// [`NotOfContract`].
pub fn json_of(name: &str, bytes: &[u8]) -> Result<Out, NotOfContract> {
    static POOL: OnceLock<Option<DescriptorPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).ok()).as_ref();
    let descriptor = pool.and_then(|pool| pool.get_message_by_name(name));
    let decoded = descriptor.and_then(|descriptor| DynamicMessage::decode(descriptor, bytes).ok());
    decoded.as_ref().map(message).ok_or_else(|| NotOfContract(name.to_owned()))
}

/// A message as JSON.
pub(super) fn message(message: &DynamicMessage) -> Out {
    let descriptor = message.descriptor();
    match descriptor.full_name() {
        natural::VALUE => return natural::write_value(message),
        report::REPORT => return report::write(message),
        name if name.starts_with("google.protobuf.") => {
            // A moment beyond year 9999 has no JSON form; there is nothing to say then.
            return serde_json::to_value(message).unwrap_or(Out::Null);
        }
        _ => {}
    }
    let mut object = Map::new();
    for field in descriptor.fields() {
        if message.has_field(&field) || !field.supports_presence() {
            object.insert(field.json_name().to_owned(), field_value(&field, &message.get_field(&field)));
        }
    }
    Out::Object(object)
}

/// What stands in a field, as JSON.
pub(super) fn field_value(field: &FieldDescriptor, value: &Value) -> Out {
    match (field.kind(), value) {
        (Kind::Message(entry), Value::Map(pairs)) => {
            let inner = entry.map_entry_value_field();
            let mut sorted: Vec<_> = pairs.iter().map(|(key, value)| (key_text(key), value)).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Out::Object(sorted.into_iter().map(|(key, value)| (key, single(&inner.kind(), value))).collect())
        }
        (kind, Value::List(items)) => items.iter().map(|item| single(&kind, item)).collect::<Vec<_>>().into(),
        (kind, value) => single(&kind, value),
    }
}

fn single(kind: &Kind, value: &Value) -> Out {
    match value {
        Value::Bool(yes) => (*yes).into(),
        Value::I32(number) => (*number).into(),
        Value::U32(number) => (*number).into(),
        Value::I64(number) => number.to_string().into(),
        Value::U64(number) => number.to_string().into(),
        Value::F32(number) => float(f64::from(*number)),
        Value::F64(number) => float(*number),
        Value::String(text) => text.as_str().into(),
        Value::Bytes(bytes) => BASE64.encode(bytes).into(),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(names) => {
                let value = names.get_value(*number);
                value.map_or((*number).into(), |value| scalar::short_name(names, value.name()).into())
            }
            _ => (*number).into(),
        },
        Value::Message(inner) => message(inner),
        Value::List(items) => items.iter().map(|item| single(kind, item)).collect::<Vec<_>>().into(),
        Value::Map(_) => Out::Null,
    }
}

fn float(number: f64) -> Out {
    if number.is_nan() {
        "NaN".into()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        number.into()
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(yes) => yes.to_string(),
        MapKey::I32(number) => number.to_string(),
        MapKey::I64(number) => number.to_string(),
        MapKey::U32(number) => number.to_string(),
        MapKey::U64(number) => number.to_string(),
        MapKey::String(text) => text.clone(),
    }
}
