//! A contract: how a service is called. It stays as it is for as long as a case is on a plan that was compiled with it.

use std::collections::BTreeMap;

use casework::service::Effect;

use super::wire::Node;

/// How a service is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its fingerprint: the same for every agency that offers the service in this way.
    pub fingerprint: String,
    /// How its calls are made.
    pub wire: Wire,
    /// What a repeated or lost call would do.
    pub effect: Effect,
    /// How long a direct answer may take, in milliseconds.
    pub timeout_ms: u32,
}

/// The wire protocol of a contract, with what its calls are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// gRPC.
    Grpc(GrpcCalls),
}

/// The calls of a contract over gRPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcCalls {
    /// The call itself.
    pub perform: Direct,
    /// The question what became of a call.
    pub status: Option<KeyCall>,
    /// The undoing by key.
    pub cancel: Option<KeyCall>,
    /// The question by business facts, asked where there is none by key.
    pub find: Option<FindCall>,
}

impl Contract {
    /// Its calls over gRPC.
    #[must_use]
    pub fn grpc(&self) -> &GrpcCalls {
        let Wire::Grpc(calls) = &self.wire;
        calls
    }
}

/// A method that is called with facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// `/package.Service/Method`.
    pub path: String,
    /// Where the request's facts go.
    pub request: Vec<Node>,
    /// Where the response's facts are; for an operation, those of the response it announces.
    pub response: Vec<Node>,
    /// Full name of the message that the facts are in.
    pub response_type: String,
    /// Whether it answers with a `google.longrunning.Operation`.
    pub operation: bool,
}

/// A method that finds an effect by business facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindCall {
    /// `/package.Service/Method`.
    pub path: String,
    /// Where the request's facts go.
    pub request: Vec<Node>,
    /// Field of the service's own request, and the field of this one that holds the same fact.
    pub fields: BTreeMap<String, String>,
    /// Whether it answers with a `google.longrunning.Operation`.
    pub operation: bool,
}

/// A method that is called with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCall {
    /// `/package.Service/Method`.
    pub path: String,
    /// Where the key goes in the request; none where it travels in metadata alone.
    pub key_tag: Option<u32>,
    /// Whether it answers with a `google.longrunning.Operation`.
    pub operation: bool,
}
