//! Messages and enums as JSON Schema.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;
use crate::rest::{natural, report, scalar};

/// The schemas that were referred to, each described once.
pub(super) struct Schemas<'a> {
    comments: &'a Comments,
    described: BTreeMap<String, Value>,
}

/// Whether a message is one value in JSON, such as a moment.
pub(super) fn is_value(message: &MessageDescriptor) -> bool {
    message.full_name() == natural::VALUE || well_known(message.full_name()).is_some()
}

fn well_known(name: &str) -> Option<Value> {
    Some(match name {
        "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
        "google.protobuf.Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"}),
        "google.protobuf.FieldMask" => json!({"type": "string"}),
        "google.protobuf.Empty" => json!({"type": "object", "maxProperties": 0}),
        "google.protobuf.Any" => {
            json!({"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]})
        }
        "google.protobuf.Struct" => json!({"type": "object"}),
        "google.protobuf.Value" => json!({}),
        "google.protobuf.ListValue" => json!({"type": "array"}),
        _ => return None,
    })
}

impl<'a> Schemas<'a> {
    pub(super) fn new(comments: &'a Comments) -> Self {
        Self { comments, described: BTreeMap::new() }
    }

    /// All schemas that were referred to.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.described.into_iter().collect()
    }

    /// A reference to a message's schema.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = name_of(message.full_name());
        if !self.described.contains_key(&name) {
            // Taken before it is described: a message may hold itself.
            self.described.insert(name.clone(), Value::Null);
            let schema = match message.full_name() {
                natural::VALUE => self.value(message),
                report::REPORT => self.report(message),
                _ => self.object(message),
            };
            self.described.insert(name.clone(), schema);
        }
        reference(&name)
    }

    fn object(&mut self, message: &MessageDescriptor) -> Value {
        let mut properties = Map::new();
        for field in message.fields() {
            let schema = self.described_field(&field);
            properties.insert(field.json_name().to_owned(), schema);
            if let (true, Kind::Message(inner)) = (has_report(message), field.kind())
                && inner.full_name() == report::REPORT
            {
                properties.extend(self.written_out(&inner));
            }
        }
        let mut schema = json!({
            "type": "object",
            "description": self.comments.of_message(message),
            "properties": properties
        });
        if has_report(message) {
            let beside = ["role", "facts", "members"].map(|part| json!({"required": ["report", part]}));
            schema["not"] = json!({"anyOf": beside});
        }
        schema
    }

    /// The parts of a report, which may stand in the message around it.
    fn written_out(&mut self, report: &MessageDescriptor) -> Vec<(String, Value)> {
        let name = match self.message(report)["$ref"].as_str() {
            Some(reference) => reference.to_owned(),
            None => return Vec::new(),
        };
        let part = |part: &str| {
            let about = format!("`report.{part}`, written out. In requests, instead of `report`.");
            (part.to_owned(), json!({"$ref": format!("{name}/properties/{part}"), "description": about}))
        };
        vec![part("role"), part("facts"), part("members")]
    }

    fn described_field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = self.field(field);
        let about = self.comments.of_field(field);
        if let (Some(object), false) = (schema.as_object_mut(), about.is_empty()) {
            object.insert("description".to_owned(), about.into());
        }
        schema
    }

    /// The schema of what stands in a field.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let inner = self.kind(&entry.map_entry_value_field().kind());
                json!({"type": "object", "additionalProperties": inner})
            }
            kind if field.is_list() => json!({"type": "array", "items": self.kind(&kind)}),
            kind => self.kind(&kind),
        }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::String => json!({"type": "string"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Double | Kind::Float => json!({"type": "number"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => {
                json!({"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32})
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": ["string", "integer"], "format": "int64", "pattern": "^-?[0-9]+$"})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": ["string", "integer"], "format": "uint64", "pattern": "^[0-9]+$"})
            }
            Kind::Enum(names) => self.names(names),
            Kind::Message(message) => self.message(message),
        }
    }

    fn names(&mut self, names: &EnumDescriptor) -> Value {
        let name = name_of(names.full_name());
        if !self.described.contains_key(&name) {
            let short = |value: &str| scalar::short_name(names, value);
            let all: Vec<String> = names.values().map(|value| short(value.name())).collect();
            let lines = names
                .values()
                .map(|value| format!("- `{}`: {}", short(value.name()), self.comments.of_enum_value(&value)));
            let lines: Vec<String> = lines.collect();
            let about = format!("{}\n\n{}", self.comments.of_enum(names), lines.join("\n"));
            self.described.insert(name.clone(), json!({"type": "string", "enum": all, "description": about}));
        }
        reference(&name)
    }

    /// The natural JSON of a fact's value.
    fn value(&mut self, message: &MessageDescriptor) -> Value {
        let parts = ["money", "address"].map(|field| {
            let kind = message.get_field_by_name(field).map(|field| field.kind());
            let schema = kind.map_or(json!({}), |kind| self.kind(&kind));
            json!({"allOf": [schema], "unevaluatedProperties": false})
        });
        let [money, address] = parts;
        let unknown = json!({
            "type": "object", "required": ["unknown"], "additionalProperties": false,
            "properties": {"unknown": {"const": true}}
        });
        json!({
            "description": "The value itself, as the fact's type has it: text, decimal, date, moment, code, person and \
                document as a string; an integer as a number or a string of one; money and addresses as objects; \
                several as a list; null for none, {\"unknown\": true} for not known.",
            "anyOf": [
                {"type": ["string", "number", "boolean", "null"]},
                money,
                address,
                {"type": "array", "items": reference(&name_of(message.full_name()))},
                unknown
            ],
            "examples": ["Lotte", 2, "2026-11-23", {"amount": "12.50", "currency": "EUR"}, null, {"unknown": true}]
        })
    }

    /// The natural JSON of a report.
    fn report(&mut self, message: &MessageDescriptor) -> Value {
        let value = reference(&name_of(natural::VALUE));
        if let Some(Kind::Message(entry)) = message.get_field_by_name("facts").map(|field| field.kind()) {
            self.kind(&entry.map_entry_value_field().kind());
        }
        let members =
            message.get_field_by_name("members").map_or(json!({}), |field| self.described_field(&field));
        let of_role = json!({"type": "object", "additionalProperties": value});
        let role = message.get_field_by_name("role").map_or(json!({}), |field| self.described_field(&field));
        json!({
            "type": "object",
            "description": self.comments.of_message(message),
            "properties": {
                "role": role,
                "facts": {
                    "type": "object",
                    "description": "Facts by role: a role has an object with its facts, a group a list of its members. \
                        `\"mother.number\": …` is the same as `\"mother\": {\"number\": …}`.",
                    "additionalProperties": {
                        "anyOf": [of_role, {"type": "array", "items": of_role}, value]
                    },
                    "examples": [{"mother": {"number": "999990019"}, "child": [{"given_names": "Lotte"}]}]
                },
                "members": members
            }
        })
    }
}

/// Whether a report may be written out in the message around it.
fn has_report(message: &MessageDescriptor) -> bool {
    report::written_out(message, "facts")
}

/// A schema's name: the message's full name without `loket.`.
fn name_of(full_name: &str) -> String {
    full_name.strip_prefix("loket.").unwrap_or(full_name).to_owned()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
