//! The refusals that are no decisions, in the words that Loket understands.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// A field that is missing or wrong: INVALID_ARGUMENT that names it.
#[must_use]
pub fn invalid(field: &str, expected: &str) -> Status {
    Status::with_error_details(
        Code::InvalidArgument,
        format!("{field}: {expected}"),
        ErrorDetails::with_bad_request_violation(field, expected),
    )
}

/// A fact that is out of date: Loket asks its source again. FAILED_PRECONDITION, reason STALE_FACT.
#[must_use]
pub fn stale_fact(field: &str, why: &str) -> Status {
    Status::with_error_details(
        Code::FailedPrecondition,
        format!("{field} is out of date: {why}"),
        ErrorDetails::with_error_info("STALE_FACT", "loket.v1", [("field".to_owned(), field.to_owned())]),
    )
}

/// Another agency is competent: Loket routes, and the date of receipt travels along. FAILED_PRECONDITION, reason
/// NOT_COMPETENT.
#[must_use]
pub fn not_competent(forward_to: Option<&str>) -> Status {
    let forward: HashMap<String, String> =
        forward_to.map(|agency| ("forward_to".to_owned(), agency.to_owned())).into_iter().collect();
    Status::with_error_details(
        Code::FailedPrecondition,
        "this agency is not competent",
        ErrorDetails::with_error_info("NOT_COMPETENT", "loket.v1", forward),
    )
}
