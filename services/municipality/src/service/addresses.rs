//! Addresses that are in no register.

use agency_kit::{Call, Page, Worklist, invalid};
use proto::google::longrunning::Operation;
use proto::loket::v1::decision::DecidedBy;
use tonic::Status;

use super::concluded;
use super::fields::{competent, text};
use crate::records::{INVESTIGATION, Investigation};
use crate::rules::{Place, addresses};
use crate::wire::{AddressFinding, InvestigateAddressRequest};

pub(super) fn ask_inspector(
    place: Place,
    page: &mut Page<'_>,
    call: &Call,
    worklist: &Worklist,
    request: InvestigateAddressRequest,
) -> Result<Operation, Status> {
    competent(place, "municipality", &request.municipality)?;
    let address = request.address.ok_or_else(|| invalid("address", "must be given"))?;
    let work = Investigation {
        lines: address.address_lines,
        administrative_area: address.administrative_area,
        postal_code: text("postal_code", &request.postal_code)?,
        house_number: text("house_number", &request.house_number)?,
    };
    Ok(worklist.put(page, call, &work)?)
}

/// What the inspector concludes about an address on the worklist.
pub(crate) fn conclude(
    place: Place,
    page: &mut Page<'_>,
    key: &str,
    work: Investigation,
) -> Result<AddressFinding, Status> {
    let conclusion = addresses::investigate(place, &work);
    let mut decision = concluded(place, page, &conclusion, addresses::VERSION)?;
    decision.decided_by = Some(DecidedBy::Officer(addresses::OFFICER.to_owned()));
    page.put(INVESTIGATION, key, &(conclusion.gives(), &work))?;
    Ok(AddressFinding { decision: Some(decision), confirmed: conclusion.gives().then_some(true) })
}
