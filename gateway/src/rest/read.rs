//! Reads proto3 JSON (and the natural JSON of facts) into messages. Everything that is wrong is told at once, each
//! thing with its place; what was sent is never repeated.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::json::Json;
use super::natural;
use super::report;
use super::scalar;
use crate::reasons::Violation;

/// Most things that are told at once.
const TOLD_MAX: usize = 20;

/// Longest key that is repeated in a place, in characters.
const KEY_MAX: usize = 64;

/// Reads messages and collects what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    faults: Vec<Violation>,
}

impl Reader {
    /// What was wrong, in the order in which it was met.
    pub(super) fn into_faults(self) -> Vec<Violation> {
        self.faults
    }

    /// Notes that something is wrong at a place.
    pub(super) fn fault(&mut self, at: &str, description: impl Into<String>) {
        if self.faults.len() < TOLD_MAX {
            let at = if at.is_empty() { "$" } else { at };
            self.faults.push(Violation::new(at, description));
        }
    }

    /// A message of this type. Where something is wrong it is noted, and the rest is read on.
    pub(super) fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        json: &Json,
        at: &str,
    ) -> DynamicMessage {
        match descriptor.full_name() {
            natural::VALUE => natural::read_value(self, descriptor, json, at),
            report::REPORT => report::read(self, descriptor, json, at),
            name if name.starts_with("google.protobuf.") && name != "google.protobuf.Empty" => {
                self.well_known(descriptor, json, at)
            }
            _ => self.ordinary(descriptor, json, at),
        }
    }

    /// A message of no special form: an object with its fields, under either spelling.
    fn ordinary(&mut self, descriptor: &MessageDescriptor, json: &Json, at: &str) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        let Json::Object(pairs) = json else {
            self.fault(at, format!("must be an object, not {}", json.kind()));
            return message;
        };
        let mut seen = BTreeSet::new();
        let mut written_out = Vec::new();
        for (key, value) in pairs {
            let place = below(at, key);
            match field_of(descriptor, key) {
                Some(field) if !seen.insert(field.number()) => self.fault(&place, "is given twice"),
                Some(field) => self.field(&mut message, &field, value, &place),
                None if report::written_out(descriptor, key) => {
                    written_out.push((key.clone(), value.clone()))
                }
                None => self.unknown(descriptor, &place),
            }
        }
        if !written_out.is_empty() {
            report::gather(self, &mut message, written_out, at);
        }
        message
    }

    fn unknown(&mut self, descriptor: &MessageDescriptor, place: &str) {
        let mut known: Vec<String> = descriptor.fields().map(|field| field.json_name().to_owned()).collect();
        // Around a report its parts may be written out, which is how people write it.
        let parts = ["facts", "role"].into_iter().filter(|part| report::written_out(descriptor, part));
        known.extend(parts.map(str::to_owned));
        let hint = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        self.fault(place, format!("is not known here; known are {hint}"));
    }

    fn field(&mut self, message: &mut DynamicMessage, field: &FieldDescriptor, json: &Json, at: &str) {
        let is_value = matches!(field.kind(), Kind::Message(inner) if inner.full_name() == natural::VALUE);
        if *json == Json::Null && (!is_value || field.is_list() || field.is_map()) {
            return;
        }
        if let Some(other) = other_of_oneof(message, field) {
            self.fault(at, format!("excludes `{other}`, which is given too"));
            return;
        }
        let value = if field.is_list() {
            self.list(&field.kind(), json, at)
        } else if field.is_map() {
            self.map(field, json, at)
        } else {
            self.value(&field.kind(), json, at)
        };
        if let Some(value) = value {
            message.set_field(field, value);
        }
    }

    fn list(&mut self, kind: &Kind, json: &Json, at: &str) -> Option<Value> {
        let Json::List(items) = json else {
            self.fault(at, format!("must be a list, not {}", json.kind()));
            return None;
        };
        let read = |(index, item)| self.value(kind, item, &format!("{at}[{index}]"));
        Some(Value::List(items.iter().enumerate().filter_map(read).collect()))
    }

    fn map(&mut self, field: &FieldDescriptor, json: &Json, at: &str) -> Option<Value> {
        let Kind::Message(entry) = field.kind() else { return None };
        let Json::Object(pairs) = json else {
            self.fault(at, format!("must be an object, not {}", json.kind()));
            return None;
        };
        let (key_field, value_field) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let mut read: BTreeMap<String, (MapKey, Value)> = BTreeMap::new();
        for (key, json) in pairs {
            let place = keyed(at, key);
            if read.contains_key(key) {
                self.fault(&place, "is given twice");
                continue;
            }
            let map_key = scalar::from_text(&key_field.kind(), key).ok().and_then(Value::into_map_key);
            let Some(map_key) = map_key else {
                self.fault(&place, format!("must be {} as a key", scalar::expected(&key_field.kind())));
                continue;
            };
            if let Some(value) = self.value(&value_field.kind(), json, &place) {
                read.insert(key.clone(), (map_key, value));
            }
        }
        Some(Value::Map(read.into_values().collect()))
    }

    fn value(&mut self, kind: &Kind, json: &Json, at: &str) -> Option<Value> {
        if let Kind::Message(descriptor) = kind {
            return Some(Value::Message(self.message(descriptor, json, at)));
        }
        match scalar::from_json(kind, json) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.fault(at, format!("must be {expected}"));
                None
            }
        }
    }

    /// A type of Google's with a JSON form of its own.
    fn well_known(&mut self, descriptor: &MessageDescriptor, json: &Json, at: &str) -> DynamicMessage {
        DynamicMessage::deserialize(descriptor.clone(), json.to_value()).unwrap_or_else(|_| {
            self.fault(at, format!("must be {}", expected_of(descriptor)));
            DynamicMessage::new(descriptor.clone())
        })
    }
}

/// The JSON form of a type of Google's, for people.
pub(super) fn expected_of(descriptor: &MessageDescriptor) -> String {
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => "a moment such as \"2026-11-23T08:00:00Z\"".to_owned(),
        "google.protobuf.Duration" => "a duration such as \"3.5s\"".to_owned(),
        "google.protobuf.FieldMask" => {
            "field names with commas between, such as \"title,lifeEvent\"".to_owned()
        }
        other => format!("a {other} in proto3 JSON"),
    }
}

/// The field of this name, as JSON or as the contract spells it.
fn field_of(descriptor: &MessageDescriptor, key: &str) -> Option<FieldDescriptor> {
    descriptor.get_field_by_json_name(key).or_else(|| descriptor.get_field_by_name(key))
}

/// The name of another field of the same choice that is set already.
fn other_of_oneof(message: &DynamicMessage, field: &FieldDescriptor) -> Option<String> {
    let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic())?;
    let other = oneof.fields().find(|other| other != field && message.has_field(other))?;
    Some(other.json_name().to_owned())
}

/// The place of a field below a place.
pub(super) fn below(at: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (plain, at.is_empty()) {
        (false, _) => keyed(at, key),
        (true, true) => shortened(key),
        (true, false) => format!("{at}.{}", shortened(key)),
    }
}

/// The place of a key of a map.
pub(super) fn keyed(at: &str, key: &str) -> String {
    format!("{at}[{:?}]", shortened(key))
}

fn shortened(key: &str) -> String {
    match key.char_indices().nth(KEY_MAX) {
        Some((end, _)) => format!("{}…", &key[..end]),
        None => key.to_owned(),
    }
}
