//! The natural JSON of facts: a value is the value itself, and a report names its facts by role.
//!
//! A report in REST: `{"role": "mother", "facts": {"mother": {"number": "…"}, "child": [{"given_names": "…"}]}}`. A role
//! with an object has its facts, one with a list has members; `"mother.number": "…"` is the same as the nested form.
//! Around a field `report` the report may be written out: `{"lifeEvent": "birth", "facts": {…}}`.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use serde_json::{Map, Value as Out};

use super::json::Json;
use super::read::{Reader, below};
use super::write;

/// The message that is a fact's value.
pub(super) const VALUE: &str = "loket.portal.v1.Value";
/// The message that is a report.
pub(super) const REPORT: &str = "loket.portal.v1.Report";

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
    let report = read_report(reader, &descriptor, &Json::Object(parts), at);
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
pub(super) fn read_report(
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
        let value = Value::Message(read_value(reader, &self.value, json, at));
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
            let value = Value::Message(read_value(reader, &self.value, json, &place));
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
pub(super) fn write_report(message: &DynamicMessage) -> Out {
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
        (MapKey::String(name), Value::Message(value)) => Some((name.clone(), write_value(value))),
        _ => None,
    });
    named.collect()
}
