//! The annotations of an agency's proto, read from the bytes of its descriptors. Only the extension's number counts:
//! it does not matter whether the annotations' own file came along, or in which version.

use std::collections::BTreeMap;

use prost::Message;
use proto::google::longrunning::OperationInfo;
use proto::loket::v1::{Fact, PublicService};

/// Nesting of message types that is looked into.
const NESTING_MAX: usize = 16;

/// What is marked in a set of descriptors.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    /// By full name of the method.
    methods: BTreeMap<String, MethodMarks>,
    /// By full name of the message, then by number of the field.
    fields: BTreeMap<String, BTreeMap<i32, Fact>>,
}

/// What is said about a method.
#[derive(Clone, PartialEq, Message)]
pub(super) struct MethodMarks {
    #[prost(message, optional, tag = "51100")]
    pub(super) public_service: Option<PublicService>,
    #[prost(message, optional, tag = "1049")]
    pub(super) operation_info: Option<OperationInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldMarks {
    #[prost(message, optional, tag = "51100")]
    fact: Option<Fact>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<MessageType>,
    #[prost(message, repeated, tag = "6")]
    services: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct MessageType {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    fields: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    nested: Vec<Self>,
}

#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(int32, tag = "3")]
    number: i32,
    #[prost(message, optional, tag = "8")]
    options: Option<FieldMarks>,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    methods: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "4")]
    options: Option<MethodMarks>,
}

impl Marks {
    /// Reads the marks of one file.
    pub(super) fn read(&mut self, file: &[u8]) -> Result<(), String> {
        let file = File::decode(file).map_err(|_| {
            "its options cannot be read; are its annotations those of loket/v1/annotations.proto?".to_owned()
        })?;
        for message in &file.messages {
            self.message(&file.package, message, 0);
        }
        for service in file.services {
            let prefix = joined(&file.package, &service.name);
            for method in service.methods {
                if let Some(options) = method.options {
                    self.methods.insert(joined(&prefix, &method.name), options);
                }
            }
        }
        Ok(())
    }

    fn message(&mut self, prefix: &str, message: &MessageType, depth: usize) {
        let name = joined(prefix, &message.name);
        for field in &message.fields {
            if let Some(fact) = field.options.as_ref().and_then(|options| options.fact.clone()) {
                self.fields.entry(name.clone()).or_default().insert(field.number, fact);
            }
        }
        if depth < NESTING_MAX {
            message.nested.iter().for_each(|nested| self.message(&name, nested, depth + 1));
        }
    }

    /// What is said about the method of this full name.
    pub(super) fn method(&self, full_name: &str) -> Option<&MethodMarks> {
        self.methods.get(full_name)
    }

    /// The fact that the field of this message is.
    pub(super) fn fact(&self, message: &str, number: u32) -> Option<&Fact> {
        self.fields.get(message)?.get(&i32::try_from(number).ok()?)
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
