//! The fingerprint of a contract: what a call depends on, and nothing else. Names for people, life events, conditions
//! and terms are the plan's matter: a plan keeps them, and changing them breaks no call of an open case.
//!
//! The bytes that are hashed are part of the durable format: plans name fingerprints, and a gateway must find the same
//! ones again. A test holds one fixed.

use casework::service::{Effect, ReversalKind, Service};
use sha2::{Digest, Sha256};

use super::contract::{Contract, KeyCall, Wire};
use super::wire::{Carried, Holds, Node};

/// How much of the hash is shown and compared: 128 bits in hexadecimal.
const HEX_CHARS: usize = 32;

struct Print(Sha256);

impl Print {
    /// One line; what is in it cannot hold a line's end, so no two contents run into one another.
    fn line(&mut self, parts: &[&str]) {
        for part in parts {
            self.0.update(part.as_bytes());
            self.0.update([0x1f]);
        }
        self.0.update(b"\n");
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            let tag = node.tag.to_string();
            match &node.holds {
                Holds::Fact { carried, list, packed } => {
                    self.line(&["fact", &tag, &node.field, &kind(carried), flag(*list), flag(*packed)]);
                }
                Holds::Message { repeated, nodes } => {
                    self.line(&["message", &tag, &node.field, flag(*repeated)]);
                    self.nodes(nodes);
                    self.line(&["end"]);
                }
                Holds::Decision => self.line(&["decision", &tag]),
            }
        }
    }

    fn key_call(&mut self, role: &str, call: Option<&KeyCall>) {
        if let Some(call) = call {
            let key = call.key_tag.map(|tag| tag.to_string()).unwrap_or_default();
            self.line(&[role, &call.path, &key, flag(call.operation)]);
        }
    }
}

/// The fingerprint of a service's contract.
pub(super) fn fingerprint(
    service: &Service,
    contract: &Contract,
    reversal: Option<&(String, ReversalKind)>,
) -> String {
    let mut print = Print(Sha256::new());
    print.line(&["loket contract 1", service.id.as_str()]);
    let Wire::Grpc(calls) = &contract.wire;
    let perform = &calls.perform;
    print.line(&["perform", &perform.path, &perform.response_type, flag(perform.operation)]);
    print.line(&["request"]);
    print.nodes(&perform.request);
    print.line(&["response"]);
    print.nodes(&perform.response);
    for need in &service.needs {
        print.line(&["need", need.name.as_str(), &need.field, flag(need.optional)]);
    }
    for gift in &service.gifts {
        print.line(&["gift", gift.name.as_str(), &gift.field, flag(gift.presence)]);
    }
    print.key_call("status", calls.status.as_ref());
    print.key_call("cancel", calls.cancel.as_ref());
    if let Some(find) = &calls.find {
        print.line(&["find", &find.path, flag(find.operation)]);
        print.nodes(&find.request);
    }
    if let Some((method, kind)) = reversal {
        let kind = match kind {
            ReversalKind::Correction => "correction",
            ReversalKind::Revocation => "revocation",
            ReversalKind::Withdrawal => "withdrawal",
        };
        print.line(&["reversal", method, kind]);
    }
    let effect = match service.effect {
        Effect::Read => "read",
        Effect::Idempotent => "idempotent",
        Effect::Guarded => "guarded",
        Effect::Unguarded => "unguarded",
    };
    let competence = service.competence.as_ref().map(casework::name::FactName::as_str).unwrap_or_default();
    print.line(&["law", effect, &service.purpose, &service.legal_basis, competence]);
    let mut hex = data_encoding::HEXLOWER.encode(&print.0.finalize());
    hex.truncate(HEX_CHARS);
    hex
}

fn flag(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn kind(carried: &Carried) -> String {
    match carried {
        Carried::String => "string".to_owned(),
        Carried::Bool => "bool".to_owned(),
        Carried::Int { bits } => format!("int{bits}"),
        Carried::Uint { bits } => format!("uint{bits}"),
        Carried::Sint { bits } => format!("sint{bits}"),
        Carried::Fixed { bits, signed: false } => format!("fixed{bits}"),
        Carried::Fixed { bits, signed: true } => format!("sfixed{bits}"),
        Carried::Enum(codes) => {
            let codes: Vec<String> = codes.iter().map(|(code, number)| format!("{code}={number}")).collect();
            format!("enum {}", codes.join(","))
        }
        Carried::Date => "date".to_owned(),
        Carried::Money => "money".to_owned(),
        Carried::Decimal => "decimal".to_owned(),
        Carried::Timestamp => "timestamp".to_owned(),
        Carried::PostalAddress => "address".to_owned(),
        Carried::Nothing => "nothing".to_owned(),
    }
}
