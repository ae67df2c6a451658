//! The one table of reasons: why a call is refused, as gRPC code, as HTTP status and as problem type.
//!
//! Every edge refuses with [`status`] or [`violations`], and with nothing else: gRPC callers get `google.rpc` details,
//! REST callers the same as an RFC 9457 problem, and the OpenAPI document lists exactly what is here.

mod table;

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

pub use table::Reason;

/// The domain of every `google.rpc.ErrorInfo` of the gateway.
pub const DOMAIN: &str = "loket";

/// Where problem types live, before the reason's slug.
pub const PROBLEMS: &str = "/problems/";

/// A field of a request that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, from the request down: `report.facts["child.given_names"]`.
    pub field: String,
    /// What is wrong and what is right. Never the value.
    pub description: String,
}

impl Violation {
    /// A violation.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// A refusal for this reason. The detail is for the person who reads it: it names the thing, the place and the way out,
/// and no personal data.
#[must_use]
pub fn status(reason: Reason, detail: impl Into<String>) -> Status {
    build(reason, detail.into(), &[], &[], reason.retry())
}

/// A refusal that tells programs something too: `[("case", "cases/…")]`.
#[must_use]
pub fn status_with(reason: Reason, detail: impl Into<String>, metadata: &[(&str, &str)]) -> Status {
    build(reason, detail.into(), metadata, &[], reason.retry())
}

/// A refusal that says when to try again.
#[must_use]
pub fn retry_later(reason: Reason, detail: impl Into<String>, after: Duration) -> Status {
    build(reason, detail.into(), &[], &[], Some(after))
}

/// A refusal that names the fields that are not as they must be.
#[must_use]
pub fn violations(reason: Reason, detail: impl Into<String>, fields: &[Violation]) -> Status {
    build(reason, detail.into(), &[], fields, reason.retry())
}

fn build(
    reason: Reason,
    detail: String,
    metadata: &[(&str, &str)],
    fields: &[Violation],
    retry: Option<Duration>,
) -> Status {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut details = ErrorDetails::with_error_info(reason.name(), DOMAIN, metadata);
    if !fields.is_empty() {
        let fields = fields
            .iter()
            .map(|violation| FieldViolation::new(&violation.field, &violation.description))
            .collect::<Vec<_>>();
        details.set_bad_request(fields);
    }
    if let Some(after) = retry {
        details.set_retry_info(Some(after));
    }
    Status::with_error_details(reason.code(), detail, details)
}

/// What a status says, read back: the edges that speak HTTP write it as a problem.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The reason; a status that carries none of ours has the one of its code.
    pub reason: Reason,
    /// For people.
    pub detail: String,
    /// For programs.
    pub metadata: Vec<(String, String)>,
    /// The fields that are not as they must be.
    pub fields: Vec<Violation>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads a status. A status of a dependency (no reason of ours) gets the general reason of its code.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let reason = info
            .and_then(|info| Reason::by_name(&info.reason))
            .unwrap_or_else(|| Reason::of_code(status.code()));
        let mut metadata: Vec<_> =
            info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default();
        metadata.sort();
        let fields = details
            .bad_request()
            .map(|bad| {
                bad.field_violations.iter().map(|v| Violation::new(&v.field, &v.description)).collect()
            })
            .unwrap_or_default();
        let retry_after = details.retry_info().and_then(|info| info.retry_delay).or_else(|| reason.retry());
        Self { reason, detail: detail_of(status, reason), metadata, fields, retry_after }
    }
}

/// The message of a status; where it has none, the reason's title.
fn detail_of(status: &Status, reason: Reason) -> String {
    if status.message().is_empty() { reason.title().to_owned() } else { status.message().to_owned() }
}

/// A call that failed inside: the caller learns nothing of how. What happened goes to the log, by the trace.
#[must_use]
pub fn internal(what: &dyn std::error::Error) -> Status {
    tracing::error!(error = %what, "a call failed inside the gateway");
    status(Reason::Internal, "the gateway failed at this; it is logged under the trace of this call")
}

/// Whether a code means that the caller may send the very same call again.
#[must_use]
pub fn retryable(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::ResourceExhausted | Code::Aborted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_keeps_reason_metadata_and_fields_when_read_back() {
        let sent = status_with(Reason::RequestConflict, "it was used before", &[("case", "cases/abc")]);
        assert_eq!(sent.code(), Code::AlreadyExists);
        let read = Refusal::of(&sent);
        assert_eq!(read.reason, Reason::RequestConflict);
        assert_eq!(read.metadata, [("case".to_owned(), "cases/abc".to_owned())]);

        let fields = [Violation::new("report.facts", "must be an object")];
        let read = Refusal::of(&violations(Reason::InvalidRequest, "1 field is wrong", &fields));
        assert_eq!(read.fields, fields);
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        for reason in [Reason::TooManyRequests, Reason::Overloaded, Reason::ShuttingDown] {
            let read = Refusal::of(&status(reason, "later"));
            assert!(read.retry_after.is_some(), "{reason:?}");
        }
        let read = Refusal::of(&retry_later(Reason::TooManyRequests, "later", Duration::from_secs(7)));
        assert_eq!(read.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_status_without_a_reason_of_ours_gets_the_one_of_its_code() {
        assert_eq!(Refusal::of(&Status::not_found("")).reason, Reason::NotFound);
        assert_eq!(Refusal::of(&Status::unknown("")).reason, Reason::Internal);
        assert_eq!(
            Refusal::of(&Status::out_of_range("decoded message too large")).reason,
            Reason::BodyTooLarge
        );
    }
}
