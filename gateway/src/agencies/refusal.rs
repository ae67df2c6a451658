//! A call that did not end with OK: what that says, by the rules of the contract with ministries. The agency's own words
//! are not taken over: they may hold personal data.

use casework::entry::{CallKind, NotDoneReason};
use casework::input::Answer;
use prost::Message;
use proto::google::rpc::Status as OperationError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::call::CallError;
use super::response::breach;

/// The longest wait that an agency may ask for, in milliseconds: a day. Casework has its own beyond that.
const RETRY_AFTER_MAX_MS: i64 = 86_400_000;

/// Most names of facts or fields taken over from an error.
const NAMES_MAX: usize = 32;

/// What a failed call says.
pub(super) fn of_call(kind: CallKind, error: &CallError) -> Answer {
    let not_done = |reason| Answer::NotDone { reason, retry_after: None };
    match error {
        CallError::NotSent { .. } => not_done(NotDoneReason::Unavailable),
        CallError::NoEndpoint => not_done(NotDoneReason::NoEndpoint),
        CallError::Overloaded => not_done(NotDoneReason::Overloaded),
        CallError::BreakerOpen => not_done(NotDoneReason::BreakerOpen),
        CallError::Silence => in_doubt("silence"),
        CallError::Broken { .. } => in_doubt("broken connection"),
        CallError::Status(status) => of_status(kind, status),
    }
}

/// What a status says.
pub(super) fn of_status(kind: CallKind, status: &Status) -> Answer {
    let details = status.get_error_details();
    match status.code() {
        Code::Unavailable => not_done(NotDoneReason::Unavailable, &details),
        Code::ResourceExhausted => not_done(NotDoneReason::Overloaded, &details),
        Code::DeadlineExceeded => in_doubt("DEADLINE_EXCEEDED"),
        Code::Cancelled => in_doubt("CANCELLED"),
        Code::Unknown => in_doubt("UNKNOWN"),
        Code::Internal => in_doubt("INTERNAL"),
        Code::Aborted if reason(&details) == Some("TOMBSTONED") => Answer::Tombstoned,
        Code::FailedPrecondition if reason(&details) == Some("STALE_FACT") => {
            Answer::StaleFact { facts: stale(&details) }
        }
        Code::FailedPrecondition if reason(&details) == Some("NOT_COMPETENT") => Answer::NotCompetent {
            forward_to: info(&details, "forward_to").and_then(|agency| agency.parse().ok()),
        },
        // Cancelling leaves a tombstone for a key never seen; whoever answers this has left none.
        Code::NotFound if kind == CallKind::Status => Answer::NeverSeen,
        code => breach(&in_words(code, &details)),
    }
}

/// What an operation that ended with an error says.
pub(crate) fn of_operation(error: &OperationError) -> Answer {
    let code = Code::from_i32(error.code);
    if code == Code::Ok {
        return breach("the operation ended with an error that is OK");
    }
    let status = Status::with_details(code, "", error.encode_to_vec().into());
    of_status(CallKind::Perform, &status)
}

fn not_done(reason: NotDoneReason, details: &ErrorDetails) -> Answer {
    let retry_after = details
        .retry_info()
        .and_then(|info| info.retry_delay)
        .map(|delay| i64::try_from(delay.as_millis()).unwrap_or(i64::MAX).min(RETRY_AFTER_MAX_MS));
    Answer::NotDone { reason, retry_after }
}

fn in_doubt(reason: &str) -> Answer {
    Answer::InDoubt { reason: reason.to_owned() }
}

fn reason(details: &ErrorDetails) -> Option<&str> {
    details.error_info().map(|info| info.reason.as_str())
}

fn info<'a>(details: &'a ErrorDetails, key: &str) -> Option<&'a str> {
    details.error_info()?.metadata.get(key).map(String::as_str)
}

/// The fields or facts that are out of date: names, separated by commas.
fn stale(details: &ErrorDetails) -> Vec<String> {
    let named = ["field", "fields", "fact", "facts"].into_iter().filter_map(|key| info(details, key));
    let names = named.flat_map(|names| names.split(',')).map(str::trim).filter(|name| is_path(name));
    names.take(NAMES_MAX).map(str::to_owned).collect()
}

/// The status in words that hold nothing of a case: its code, its reason and the fields it names.
fn in_words(code: Code, details: &ErrorDetails) -> String {
    let mut words = format!("it answered {}", name_of(code));
    let reason = reason(details).filter(|reason| {
        !reason.is_empty()
            && reason.len() <= 63
            && reason.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    });
    if let Some(reason) = reason {
        words.push_str(&format!(", reason {reason}"));
    }
    let fields: Vec<&str> = details
        .bad_request()
        .iter()
        .flat_map(|bad| &bad.field_violations)
        .map(|violation| violation.field.as_str())
        .filter(|field| is_path(field))
        .take(NAMES_MAX)
        .collect();
    if !fields.is_empty() {
        words.push_str(&format!(", fields {}", fields.join(", ")));
    }
    words
}

/// A path of names, and nothing that could be a value.
fn is_path(text: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= 128 && text.split('.').all(word)
}

/// A code as the world writes it.
pub(super) fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
