//! Messages, lowered: which facts their fields are, what those fields can carry, and where they are in the bytes.

use std::collections::{BTreeMap, BTreeSet};

use casework::name::FactName;
use casework::service::Shape;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use proto::loket::v1::Fact;

use super::Fault;
use super::marks::Marks;
use super::wire::{Carried, Holds, Node};
use super::words::{shown, some_of};

/// How deep messages with facts may nest.
const DEPTH_MAX: usize = 5;

/// Most facts of one message.
const FACTS_MAX: usize = 200;

const DECISION: &str = "loket.v1.Decision";

/// A message as it was lowered.
#[derive(Debug, Default)]
pub(super) struct LoweredMessage {
    pub(super) nodes: Vec<Node>,
    pub(super) facts: Vec<MarkedField>,
    pub(super) has_decision: bool,
}

/// A field that is a fact.
#[derive(Debug)]
pub(super) struct MarkedField {
    pub(super) name: FactName,
    pub(super) optional: bool,
    pub(super) field: String,
    pub(super) shape: Shape,
    /// Whether a message it is in is repeated.
    pub(super) per_member: bool,
    pub(super) list: bool,
    pub(super) presence: bool,
}

/// Lowers one message.
pub(super) struct Fields<'a> {
    marks: &'a Marks,
    beside: BTreeMap<&'a str, &'a Fact>,
    /// The method, for faults.
    place: String,
    answers: bool,
    lowered: LoweredMessage,
    met: BTreeSet<String>,
    faults: Vec<Fault>,
}

/// Where the walk is.
struct At<'a> {
    path: &'a str,
    depth: usize,
    per_member: bool,
}

impl<'a> Fields<'a> {
    /// What says which fields are facts: the marks, and for those it names, the rules beside. `answers`: it is what
    /// the agency answers with, where a decision may be.
    pub(super) fn new(
        marks: &'a Marks,
        beside: impl IntoIterator<Item = (&'a String, &'a Fact)>,
        place: String,
        answers: bool,
    ) -> Self {
        let beside = beside.into_iter().map(|(path, fact)| (path.as_str(), fact)).collect();
        let (lowered, met, faults) = Default::default();
        Self { marks, beside, place, answers, lowered, met, faults }
    }

    /// Lowers the message.
    pub(super) fn lower(mut self, message: &MessageDescriptor) -> Result<LoweredMessage, Vec<Fault>> {
        self.lowered.nodes = self.nodes(message, &At { path: "", depth: 0, per_member: false });
        let known: Vec<String> = self.met.iter().cloned().collect();
        for path in self.beside.keys().filter(|path| !self.met.contains(**path)) {
            self.faults.push(Fault::at(
                format!("{}, rule for field `{}`", self.place, shown(path)),
                format!("`{}` has no such field; it has {}", message.full_name(), some_of(&known)),
            ));
        }
        if self.lowered.facts.len() > FACTS_MAX {
            let what = format!("{} facts, at most {FACTS_MAX} in a message", self.lowered.facts.len());
            self.faults.push(Fault::at(&self.place, what));
        }
        if self.faults.is_empty() { Ok(self.lowered) } else { Err(self.faults) }
    }

    fn nodes(&mut self, message: &MessageDescriptor, at: &At<'_>) -> Vec<Node> {
        let mut fields: Vec<FieldDescriptor> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        fields.iter().filter_map(|field| self.node(message, field, at)).collect()
    }

    fn node(&mut self, message: &MessageDescriptor, field: &FieldDescriptor, at: &At<'_>) -> Option<Node> {
        let path = if at.path.is_empty() {
            field.name().to_owned()
        } else {
            format!("{}.{}", at.path, field.name())
        };
        self.met.insert(path.clone());
        let fact = match self.beside.get(path.as_str()) {
            Some(fact) => Some((*fact).clone()),
            None => self.marks.fact(message.full_name(), field.number()).cloned(),
        };
        let holds = match (fact, field.kind()) {
            (Some(fact), _) => self.fact(field, &fact, &path, at)?,
            (None, Kind::Message(inner)) if inner.full_name() == DECISION => {
                self.decision(field, &path, at)?
            }
            (None, Kind::Message(inner)) => self.message(field, &inner, &path, at)?,
            (None, _) if field.is_required() && !self.answers => {
                return self.refuse(&path, "is required and no fact; nobody could fill it: make it optional");
            }
            (None, _) => return None,
        };
        Some(Node { tag: field.number(), field: path, holds })
    }

    fn refuse<T>(&mut self, path: &str, what: &str) -> Option<T> {
        self.faults.push(Fault::at(format!("{}, field `{path}`", self.place), what));
        None
    }

    fn decision(&mut self, field: &FieldDescriptor, path: &str, at: &At<'_>) -> Option<Holds> {
        if !self.answers {
            return None;
        }
        if field.is_list() || at.depth > 0 {
            return self.refuse(path, "a decision stands in the response itself, once; decide once per call");
        }
        if std::mem::replace(&mut self.lowered.has_decision, true) {
            return self.refuse(path, "is a second decision; a call ends with one");
        }
        Some(Holds::Decision)
    }

    fn message(
        &mut self,
        field: &FieldDescriptor,
        inner: &MessageDescriptor,
        path: &str,
        at: &At<'_>,
    ) -> Option<Holds> {
        let googles = inner.full_name().starts_with("google.");
        if field.is_map() || field.is_group() || googles || at.depth + 1 >= DEPTH_MAX {
            return None;
        }
        let repeated = field.is_list();
        let facts_before = self.lowered.facts.len();
        let below = At { path, depth: at.depth + 1, per_member: at.per_member || repeated };
        let nodes = self.nodes(inner, &below);
        if nodes.is_empty() {
            return None;
        }
        if repeated && at.per_member && self.lowered.facts.len() > facts_before {
            return self
                .refuse(path, "is repeated within a repeated message; facts repeat at one level only");
        }
        Some(Holds::Message { repeated, nodes })
    }

    fn fact(&mut self, field: &FieldDescriptor, fact: &Fact, path: &str, at: &At<'_>) -> Option<Holds> {
        let name: FactName = match fact.name.parse() {
            Ok(name) => name,
            Err(error) => return self.refuse(path, &format!("{error}")),
        };
        if field.is_map() || field.is_group() {
            return self.refuse(path, "a map or group carries no fact; use a repeated message");
        }
        let in_choice = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
        if in_choice && !self.answers {
            return self.refuse(path, "is in a oneof: only one of its facts could be sent; take it out");
        }
        let (carried, shape) = carried(&field.kind());
        let list = field.is_list();
        self.lowered.facts.push(MarkedField {
            name,
            optional: fact.optional,
            field: path.to_owned(),
            shape: if list { Shape::List(Box::new(shape)) } else { shape },
            per_member: at.per_member,
            list,
            presence: field.supports_presence() && !list,
        });
        Some(Holds::Fact { carried, list, packed: field.is_packed() })
    }
}

/// How a field of this kind is written, and what the compiler knows of it.
fn carried(kind: &Kind) -> (Carried, Shape) {
    let integer = |carried, bits, signed| (carried, Shape::Integer { bits, signed });
    match kind {
        Kind::String => (Carried::String, Shape::String),
        Kind::Bool => (Carried::Bool, Shape::Bool),
        Kind::Int32 => integer(Carried::Int { bits: 32 }, 32, true),
        Kind::Int64 => integer(Carried::Int { bits: 64 }, 64, true),
        Kind::Uint32 => integer(Carried::Uint { bits: 32 }, 32, false),
        Kind::Uint64 => integer(Carried::Uint { bits: 64 }, 64, false),
        Kind::Sint32 => integer(Carried::Sint { bits: 32 }, 32, true),
        Kind::Sint64 => integer(Carried::Sint { bits: 64 }, 64, true),
        Kind::Fixed32 => integer(Carried::Fixed { bits: 32, signed: false }, 32, false),
        Kind::Fixed64 => integer(Carried::Fixed { bits: 64, signed: false }, 64, false),
        Kind::Sfixed32 => integer(Carried::Fixed { bits: 32, signed: true }, 32, true),
        Kind::Sfixed64 => integer(Carried::Fixed { bits: 64, signed: true }, 64, true),
        Kind::Float | Kind::Double => (Carried::Nothing, Shape::Float),
        Kind::Bytes => (Carried::Nothing, Shape::Bytes),
        Kind::Enum(of) => {
            let codes = codes(of);
            let shape = Shape::Enum(codes.iter().map(|(code, _)| code.clone()).collect());
            (Carried::Enum(codes), shape)
        }
        Kind::Message(of) => {
            let carried = match of.full_name() {
                "google.type.Date" => Carried::Date,
                "google.type.Money" => Carried::Money,
                "google.type.Decimal" => Carried::Decimal,
                "google.protobuf.Timestamp" => Carried::Timestamp,
                "google.type.PostalAddress" => Carried::PostalAddress,
                _ => Carried::Nothing,
            };
            (carried, Shape::Message(of.full_name().to_owned()))
        }
    }
}

/// The codes of an enum: names of its values without the enum's own name before them, in lower case, with hyphens. The
/// zero is "not said" and no code.
fn codes(of: &EnumDescriptor) -> Vec<(String, i32)> {
    let mut prefix = String::new();
    for (i, c) in of.name().char_indices() {
        if c.is_ascii_uppercase() && i > 0 {
            prefix.push('_');
        }
        prefix.push(c.to_ascii_uppercase());
    }
    prefix.push('_');
    let code = |name: &str| {
        let bare = name.strip_prefix(prefix.as_str()).filter(|bare| !bare.is_empty()).unwrap_or(name);
        bare.to_ascii_lowercase().replace('_', "-")
    };
    of.values()
        .filter(|value| value.number() != 0)
        .map(|value| (code(value.name()), value.number()))
        .collect()
}
