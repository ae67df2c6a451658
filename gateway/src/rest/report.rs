//! The natural JSON of a report: its facts by role.
//!
//! `{"role": "mother", "facts": {"mother": {"number": "…"}, "child": [{"given_names": "…"}]}}`. A role with an object
//! has its facts, one with a list has members; `"mother.number": "…"` is the same as the nested form. Around a field
//! `report` the report may be written out: `{"lifeEvent": "birth", "facts": {…}}`.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use serde_json::{Map, Value as Out};

use super::json::Json;
use super::natural;
use super::read::{Reader, below};

/// The message that is a report.
pub(super) const REPORT: &str = "loket.portal.v1.Report";

/// Whether this key of a message with a field `report` is a part of the report, written out.
pub(super) fn written_out(descriptor: &MessageDescriptor, key: &str) -> bool {
    let report = descriptor.get_field_by_name("report").map(|field| field.kind());
    matches!(report, Some(Kind::Message(inner)) if inner.full_name() == REPORT)
        && matches!(key, "role" | "facts" | "members")
}

/// Gathers a report that was written out in the message around it.
pub(super) fn gather(
    reader: &mut Reader,
    message: &mut DynamicMessage,
    parts: Vec<(String, Json)>,
    at: &str,
) {
    let Some(Kind::Message(descriptor)) =
        message.descriptor().get_field_by_name("report").map(|field| field.kind())
    else {
        return;
    };
    if message.has_field_by_name("report") {
        let (key, _) = &parts[0];
        reader.fault(&below(at, key), "is given beside `report`; put it in there");
        return;
    }
    let report = read(reader, &descriptor, &Json::Object(parts), at);
    message.set_field_by_name("report", Value::Message(report));
}

/// What is read of a report.
struct Heard {
    value: MessageDescriptor,
    member: MessageDescriptor,
    facts: HashMap<MapKey, Value>,
    members: Vec<Value>,
}

/// Reads a report from its natural JSON.
pub(super) fn read(
    reader: &mut Reader,
    descriptor: &MessageDescriptor,
    json: &Json,
    at: &str,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    let (Json::Object(pairs), Some(mut heard)) = (json, Heard::of(descriptor)) else {
        reader.fault(at, format!("must be an object, not {}", json.kind()));
        return message;
    };
    let mut seen: Vec<&str> = Vec::new();
    for (key, json) in pairs {
        let place = below(at, key);
        if seen.contains(&key.as_str()) {
            reader.fault(&place, "is given twice");
            continue;
        }
        seen.push(key);
        match (key.as_str(), json) {
            (_, Json::Null) => {}
            ("role", Json::Text(role)) => message.set_field_by_name("role", Value::String(role.clone())),
            ("role", _) => reader.fault(&place, "must be a string"),
            ("facts", Json::Object(facts)) => heard.facts(reader, facts, &place),
            ("facts", _) => reader.fault(&place, format!("must be an object, not {}", json.kind())),
            ("members", Json::List(members)) => heard.members(reader, members, &place),
            ("members", _) => reader.fault(&place, format!("must be a list, not {}", json.kind())),
            _ => reader.fault(&place, "is not known here; known are role, facts, members"),
        }
    }
    message.set_field_by_name("facts", Value::Map(heard.facts));
    message.set_field_by_name("members", Value::List(heard.members));
    message
}

impl Heard {
    fn of(report: &MessageDescriptor) -> Option<Self> {
        let Kind::Message(member) = report.get_field_by_name("members")?.kind() else { return None };
        let Kind::Message(entry) = report.get_field_by_name("facts")?.kind() else { return None };
        let Kind::Message(value) = entry.map_entry_value_field().kind() else { return None };
        Some(Self { value, member, facts: HashMap::new(), members: Vec::new() })
    }

    /// Facts under their full names, and roles with an object or a list.
    fn facts(&mut self, reader: &mut Reader, pairs: &[(String, Json)], at: &str) {
        let mut roles: Vec<&str> = Vec::new();
        for (key, json) in pairs {
            let place = below(at, key);
            match json {
                _ if key.contains('.') => self.fact(reader, key.clone(), json, &place),
                _ if roles.contains(&key.as_str()) => reader.fault(&place, "is given twice"),
                Json::Object(facts) => {
                    roles.push(key);
                    for (name, json) in facts {
                        self.fact(reader, format!("{key}.{name}"), json, &below(&place, name));
                    }
                }
                Json::List(items) => {
                    roles.push(key);
                    for (index, item) in items.iter().enumerate() {
                        self.member(reader, key, item, &format!("{place}[{index}]"));
                    }
                }
                _ => reader.fault(
                    &place,
                    "must be an object with the facts of the role, or a list of its members; or name the fact in \
                     full, such as \"mother.number\"",
                ),
            }
        }
    }

    fn fact(&mut self, reader: &mut Reader, name: String, json: &Json, at: &str) {
        let value = Value::Message(natural::read_value(reader, &self.value, json, at));
        if self.facts.insert(MapKey::String(name), value).is_some() {
            reader.fault(at, "is given twice");
        }
    }

    /// A member of a role: its facts, by attribute or by full name.
    fn member(&mut self, reader: &mut Reader, role: &str, json: &Json, at: &str) {
        let Json::Object(pairs) = json else {
            reader.fault(at, format!("must be an object with the facts of one member, not {}", json.kind()));
            return;
        };
        let mut facts = HashMap::new();
        for (name, json) in pairs {
            let full = if name.contains('.') { name.clone() } else { format!("{role}.{name}") };
            let place = below(at, name);
            let value = Value::Message(natural::read_value(reader, &self.value, json, &place));
            if facts.insert(MapKey::String(full), value).is_some() {
                reader.fault(&place, "is given twice");
            }
        }
        let mut member = DynamicMessage::new(self.member.clone());
        member.set_field_by_name("role", Value::String(role.to_owned()));
        member.set_field_by_name("facts", Value::Map(facts));
        self.members.push(Value::Message(member));
    }

    /// Members as the contract writes them.
    fn members(&mut self, reader: &mut Reader, items: &[Json], at: &str) {
        let descriptor = self.member.clone();
        for (index, item) in items.iter().enumerate() {
            let member = reader.message(&descriptor, item, &format!("{at}[{index}]"));
            self.members.push(Value::Message(member));
        }
    }
}

/// A report as natural JSON: facts by role.
pub(super) fn write(message: &DynamicMessage) -> Out {
    let mut roles: Map<String, Out> = Map::new();
    let text = |message: &DynamicMessage| {
        let role = message.get_field_by_name("role");
        role.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let members = message.get_field_by_name("members");
    for member in members.iter().flat_map(|list| list.as_list().unwrap_or_default()) {
        let Some(member) = member.as_message() else { continue };
        let role = text(member);
        let of_member = facts_of(member).into_iter().map(|(name, value)| {
            let attribute = name.strip_prefix(&format!("{role}.")).map(str::to_owned);
            (attribute.unwrap_or(name), value)
        });
        let of_member = Out::Object(of_member.collect());
        if let Out::Array(list) = roles.entry(role).or_insert_with(|| Out::Array(Vec::new())) {
            list.push(of_member);
        }
    }
    for (name, value) in facts_of(message) {
        match name.split_once('.') {
            Some((role, attribute)) if !matches!(roles.get(role), Some(Out::Array(_))) => {
                let of_role = roles.entry(role).or_insert_with(|| Out::Object(Map::new()));
                if let Out::Object(facts) = of_role {
                    facts.insert(attribute.to_owned(), value);
                }
            }
            _ => {
                roles.insert(name, value);
            }
        }
    }
    serde_json::json!({"role": text(message), "facts": roles})
}

/// The facts of a report or a member, by name.
fn facts_of(message: &DynamicMessage) -> BTreeMap<String, Out> {
    let facts = message.get_field_by_name("facts");
    let facts = facts.iter().flat_map(|facts| facts.as_map().into_iter().flatten());
    let named = facts.filter_map(|(name, value)| match (name, value) {
        (MapKey::String(name), Value::Message(value)) => Some((name.clone(), natural::write_value(value))),
        _ => None,
    });
    named.collect()
}
