//! Reads the fields of requests; what is wrong is refused by the name of its field.

use agency_kit::google::types::Date as WireDate;
use agency_kit::{PartialDate, invalid};
use tonic::Status;

use crate::records::Person;

pub(super) fn text(field: &str, given: &str) -> Result<String, Status> {
    stated(Some(given)).ok_or_else(|| invalid(field, "must not be empty"))
}

/// None where it is unset or blank.
pub(super) fn stated(given: Option<&str>) -> Option<String> {
    given.map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned)
}

pub(super) fn day(field: &str, given: Option<&WireDate>) -> Result<PartialDate, Status> {
    optional_day(field, given)?.ok_or_else(|| invalid(field, "must be given"))
}

pub(super) fn optional_day(field: &str, given: Option<&WireDate>) -> Result<Option<PartialDate>, Status> {
    let read = |date| {
        PartialDate::of(date).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
    };
    given.map(read).transpose()
}

/// A person whose fields are `<prefix>number`, `<prefix>family_name` and so on.
pub(super) fn person(
    prefix: &str,
    number: Option<&str>,
    given_names: Option<&str>,
    family_name: &str,
    birth_date: Option<&WireDate>,
) -> Result<Person, Status> {
    Ok(Person {
        number: stated(number),
        given_names: stated(given_names),
        family_name: text(&format!("{prefix}family_name"), family_name)?,
        birth_date: day(&format!("{prefix}birth_date"), birth_date)?,
    })
}
