//! Reads the fields of requests; what is wrong is refused by the name of its field.

use agency_kit::google::types::Date as WireDate;
use agency_kit::{PartialDate, invalid, not_competent};
use tonic::Status;

use crate::rules::Place;

pub(super) fn text(field: &str, given: &str) -> Result<String, Status> {
    stated(Some(given)).ok_or_else(|| invalid(field, "must not be empty"))
}

/// None where it is unset or blank.
pub(super) fn stated(given: Option<&str>) -> Option<String> {
    given.map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned)
}

pub(super) fn day(field: &str, given: Option<&WireDate>) -> Result<PartialDate, Status> {
    given
        .and_then(PartialDate::of)
        .ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

/// Refuses a call that is for another municipality, and says which agency that is.
pub(super) fn competent(place: Place, field: &str, code: &str) -> Result<(), Status> {
    if text(field, code)? == place.code() {
        return Ok(());
    }
    Err(not_competent(Place::of(code.trim()).map(Place::agency)))
}
