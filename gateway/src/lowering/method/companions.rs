//! The methods that a public service names beside itself: cancel, status, find, reversal. All of the same service.

use casework::service::ReversalKind;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use proto::google::longrunning::OperationInfo;
use proto::loket::v1 as annotations;

use super::Reading;
use crate::lowering::DescriptorSet;
use crate::lowering::contract::KeyCall;
use crate::lowering::words::{shown, some_of};

const OPERATION: &str = "google.longrunning.Operation";

/// What a method answers with.
pub(super) struct Answers {
    /// The message that facts and decision are in.
    pub(super) message: MessageDescriptor,
    /// Whether it comes in an operation.
    pub(super) operation: bool,
}

/// What a method answers with: its output, or what its operation announces.
pub(super) fn answer_type(
    set: &DescriptorSet,
    method: &MethodDescriptor,
    announced: Option<&OperationInfo>,
) -> Result<Answers, String> {
    let output = method.output();
    if output.full_name() != OPERATION {
        return Ok(Answers { message: output, operation: false });
    }
    let Some(announced) = announced.map(|info| info.response_type.as_str()).filter(|name| !name.is_empty())
    else {
        return Err("it answers with an operation and does not say what comes of it; add \
             `option (google.longrunning.operation_info) = {response_type: \"…\"}`"
            .to_owned());
    };
    let package = method.parent_service().package_name().to_owned();
    let found = set
        .pool()
        .get_message_by_name(&format!("{package}.{announced}"))
        .or_else(|| set.pool().get_message_by_name(announced));
    match found {
        Some(message) => Ok(Answers { message, operation: true }),
        None => {
            Err(format!("its operation announces `{}`, which the descriptors do not have", shown(announced)))
        }
    }
}

/// The path of a method on the wire.
pub(super) fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The methods beside a public service.
pub(super) struct Companions {
    pub(super) cancel: Option<KeyCall>,
    pub(super) status: Option<KeyCall>,
    pub(super) find: Option<MethodDescriptor>,
    /// Full name of the method, and what the reversal is.
    pub(super) reversal: Option<(String, ReversalKind)>,
}

impl Companions {
    pub(super) fn find(
        method: &MethodDescriptor,
        said: &annotations::PublicService,
        answers: Option<&Answers>,
        reading: &mut Reading,
    ) -> Self {
        let mut named = |role: &str, name: &str| companion(method, role, name, reading);
        let cancel = named("cancel", &said.cancel);
        let status = named("status", &said.status);
        let find = named("find", &said.find);
        let reversal =
            said.reversal.as_ref().and_then(|of| Some((named("reversal", &of.method)?, of.kind())));
        let cancel = cancel.and_then(|method| key_call("cancel", &method, reading));
        if let (Some(status), Some(answers)) = (&status, answers) {
            same_answer("status", status, answers, reading);
        }
        let status = status.and_then(|method| key_call("status", &method, reading));
        let reversal = reversal
            .and_then(|(method, kind)| Some((method.full_name().to_owned(), reversal_kind(kind, reading)?)));
        Self { cancel, status, find, reversal }
    }
}

fn companion(
    method: &MethodDescriptor,
    role: &str,
    name: &str,
    reading: &mut Reading,
) -> Option<MethodDescriptor> {
    if name.is_empty() {
        return None;
    }
    let service = method.parent_service();
    let found = service.methods().find(|other| other.name() == name);
    if found.is_none() {
        let known: Vec<String> = service.methods().map(|other| other.name().to_owned()).collect();
        reading.fault(format!(
            "`{role}` names `{}`, which `{}` does not have; it has {}",
            shown(name),
            service.full_name(),
            some_of(&known)
        ));
    }
    found.filter(|other| {
        let streams = other.is_client_streaming() || other.is_server_streaming();
        if streams {
            reading.fault(format!(
                "`{role}` names `{name}`, which streams; it must take one request and give one response"
            ));
        }
        !streams
    })
}

fn key_call(role: &str, method: &MethodDescriptor, reading: &mut Reading) -> Option<KeyCall> {
    let is_text = |field: &FieldDescriptor| field.kind() == Kind::String && !field.is_list();
    let input = method.input();
    let key = input.get_field_by_name("idempotency_key");
    if key.as_ref().is_some_and(|field| !is_text(field)) || (key.is_none() && input.fields().len() > 0) {
        reading.fault(format!(
            "`{role}` names `{}`, whose request has fields but no `string idempotency_key`; it is asked by key alone",
            method.name()
        ));
        return None;
    }
    Some(KeyCall {
        path: path_of(method),
        key_tag: key.map(|field| field.number()),
        operation: method.output().full_name() == OPERATION,
    })
}

/// Whoever tells what became of a call answers as the call itself would have.
pub(super) fn same_answer(role: &str, method: &MethodDescriptor, answers: &Answers, reading: &mut Reading) {
    let output = method.output();
    let operation = output.full_name() == OPERATION;
    if output.full_name() != answers.message.full_name() && !(operation && answers.operation) {
        reading.fault(format!(
            "`{role}` names `{}`, which answers with `{}`; it must answer as the call itself does, with `{}`{}",
            method.name(),
            output.full_name(),
            answers.message.full_name(),
            if answers.operation { " or the operation" } else { "" }
        ));
    }
}

fn reversal_kind(kind: annotations::reversal::Kind, reading: &mut Reading) -> Option<ReversalKind> {
    use annotations::reversal::Kind;
    match kind {
        Kind::Correction => Some(ReversalKind::Correction),
        Kind::Revocation => Some(ReversalKind::Revocation),
        Kind::Withdrawal => Some(ReversalKind::Withdrawal),
        Kind::Unspecified => {
            reading.fault("reversal: `kind` is missing: KIND_CORRECTION, KIND_REVOCATION or KIND_WITHDRAWAL");
            None
        }
    }
}
