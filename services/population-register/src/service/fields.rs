//! Reads the fields of requests; what is wrong is refused by the name of its field.

use agency_kit::google::types::{Date as WireDate, PostalAddress};
use agency_kit::google::{address as in_the_republic, last_day};
use agency_kit::{PartialDate, invalid};
use jiff::civil::Date;
use tonic::Status;

use crate::records::Address;

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

/// The day on which somebody moves; of a partial date the last day that it can be.
pub(super) fn moving_day(field: &str, given: Option<&WireDate>) -> Result<Date, Status> {
    given.and_then(last_day).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

pub(super) fn postal(address: &Address) -> PostalAddress {
    PostalAddress {
        address_lines: address.lines.clone(),
        ..in_the_republic("", &address.postal_code, &address.locality, &address.municipality)
    }
}

pub(super) fn of_postal(address: &PostalAddress) -> Address {
    Address {
        lines: address.address_lines.clone(),
        postal_code: address.postal_code.clone(),
        locality: address.locality.clone(),
        municipality: address.administrative_area.clone(),
    }
}
