//! Query parameters: the fields of a request that neither path nor body has. `a.b=1` is a field of a field, the same
//! name twice is a list.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};

use super::json::Json;
use super::natural;
use super::read::{Reader, expected_of};
use super::routes::{field_at, get_at, set_at};
use super::scalar;
use super::template::percent_decode;

/// Most parameters of one request.
const PARAMETERS_MAX: usize = 64;

/// Reads the query into the request. `taken` are the fields that the path has.
pub(super) fn read(reader: &mut Reader, message: &mut DynamicMessage, query: &str, taken: &[Vec<String>]) {
    let parameters: Vec<&str> = query.split('&').filter(|parameter| !parameter.is_empty()).collect();
    if parameters.len() > PARAMETERS_MAX {
        reader.fault("query", format!("has more than {PARAMETERS_MAX} parameters"));
        return;
    }
    for parameter in parameters {
        let (name, text) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (Some(name), Some(text)) = (decode(name), decode(text)) else {
            reader.fault("query", "is not percent-encoded UTF-8");
            continue;
        };
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let place = format!("query.{}", name.chars().take(64).collect::<String>());
        match field_at(&message.descriptor(), &path) {
            Some(_) if taken.contains(&path) => {
                reader.fault(&place, "is given by the path; leave it out here")
            }
            Some(field) => parameter_of(reader, message, &path, &field, &text, &place),
            None => {
                let descriptor = message.descriptor();
                let known: Vec<_> = descriptor.fields().map(|field| field.json_name().to_owned()).collect();
                reader.fault(&place, format!("is not known here; known are {}", known.join(", ")));
            }
        }
    }
}

fn parameter_of(
    reader: &mut Reader,
    message: &mut DynamicMessage,
    path: &[String],
    field: &FieldDescriptor,
    text: &str,
    place: &str,
) {
    if field.is_map() {
        reader.fault(place, "cannot be given in a query");
        return;
    }
    let Some(value) = value_of(reader, field, text, place) else { return };
    if !field.is_list() {
        if get_at(message, path).is_some() {
            reader.fault(place, "is given twice");
        }
        set_at(message, path, value);
        return;
    }
    let mut list = match get_at(message, path) {
        Some(Value::List(list)) => list,
        _ => Vec::new(),
    };
    list.push(value);
    set_at(message, path, Value::List(list));
}

fn value_of(reader: &mut Reader, field: &FieldDescriptor, text: &str, place: &str) -> Option<Value> {
    let kind = field.kind();
    let Kind::Message(descriptor) = &kind else {
        return match scalar::from_text(&kind, text) {
            Ok(value) => Some(value),
            Err(expected) => {
                reader.fault(place, format!("must be {expected}"));
                None
            }
        };
    };
    let name = descriptor.full_name();
    if name == natural::VALUE || name.starts_with("google.protobuf.") {
        let read = reader.message(descriptor, &Json::Text(text.to_owned()), place);
        return Some(Value::Message(read));
    }
    reader.fault(place, format!("must be given field by field, not as {}", expected_of(descriptor)));
    None
}

/// A name or value of a query: `+` is a space.
fn decode(text: &str) -> Option<String> {
    String::from_utf8(percent_decode(&text.replace('+', " "))?).ok()
}
