//! A registration: checked for itself, and against what is registered already.

mod against;

use casework::name::AgencyId;
use proto::loket::desk::v1 as desk;

pub(super) use against::{against, is_registered};

use super::books::consents;
use super::leases::{ENDPOINTS_MAX, LEASE_MS, LEASE_MS_MAX, LEASE_MS_MIN};
use super::{RegistryError, endpoint};
use crate::lowering::{DescriptorSet, Fault, LoweredService, lower, shown};

/// Most entries of each list in a registration.
const ENTRIES_MAX: usize = 2_000;

/// Most bytes of a title.
const TITLE_BYTES_MAX: usize = 200;

/// A registration that is right in itself.
pub(super) struct Checked {
    pub(super) agency: AgencyId,
    pub(super) endpoints: Vec<String>,
    pub(super) lease_ms: i64,
    /// As it is kept: with its descriptors, and without its endpoints.
    pub(super) kept: desk::RegisterAgencyRequest,
}

/// Checks what is said outside of the descriptors.
pub(super) fn check(mut sent: desk::RegisterAgencyRequest) -> Result<Checked, RegistryError> {
    let mut faults = Vec::new();
    let agency: Option<AgencyId> =
        sent.agency.parse().map_err(|error| faults.push(Fault::at("agency", format!("{error}")))).ok();
    titles(&sent, &mut faults);
    let endpoints = endpoints(&sent, &mut faults);
    let lease_ms = lease(&sent, &mut faults);
    competences(&sent, &mut faults);
    let lists =
        [("rules", sent.rules.len()), ("competences", sent.competences.len()), ("grants", sent.grants.len())];
    for (name, len) in lists {
        if len > ENTRIES_MAX {
            faults.push(Fault::at(name, format!("{len} entries, at most {ENTRIES_MAX} are taken")));
        }
    }
    let Some(agency) = agency else { return Err(RegistryError::Invalid(faults)) };
    for (at, grant) in sent.grants.iter().enumerate() {
        let whole = !grant.purpose.is_empty() && !grant.legal_basis.is_empty();
        if consents::read(&agency, grant).is_none() || !whole {
            faults.push(Fault::at(
                format!("grants[{at}]"),
                "wants a concept `<kind>.<attribute>`, a service `<agency>/<service>`, a purpose and a legal basis",
            ));
        }
    }
    if !faults.is_empty() {
        return Err(RegistryError::Invalid(faults));
    }
    sent.endpoints.clear();
    sent.lease = None;
    Ok(Checked { agency, endpoints, lease_ms, kept: sent })
}

fn titles(sent: &desk::RegisterAgencyRequest, faults: &mut Vec<Fault>) {
    if sent.titles.is_empty() {
        faults.push(Fault::at("titles", "there is none; give the agency's name in at least one language"));
    }
    for title in &sent.titles {
        let fits =
            (1..=TITLE_BYTES_MAX).contains(&title.value.len()) && !title.value.chars().any(char::is_control);
        if title.language.is_empty() || title.language.len() > 35 || !fits {
            let what = format!("wants a language and 1 to {TITLE_BYTES_MAX} bytes of text in one line");
            faults.push(Fault::at("titles", what));
        }
    }
}

fn endpoints(sent: &desk::RegisterAgencyRequest, faults: &mut Vec<Fault>) -> Vec<String> {
    if sent.endpoints.is_empty() || sent.endpoints.len() > ENDPOINTS_MAX {
        let what = format!("{} addresses; 1 to {ENDPOINTS_MAX} are taken", sent.endpoints.len());
        faults.push(Fault::at("endpoints", what));
    }
    for (at, uri) in sent.endpoints.iter().enumerate() {
        if let Err(what) = endpoint::address(uri) {
            faults.push(Fault::at(format!("endpoints[{at}]"), what));
        }
    }
    sent.endpoints.iter().map(|uri| uri.trim_end_matches('/').to_owned()).collect()
}

fn lease(sent: &desk::RegisterAgencyRequest, faults: &mut Vec<Fault>) -> i64 {
    let Some(lease) = sent.lease else { return LEASE_MS };
    let millis = lease.seconds.saturating_mul(1_000).saturating_add(i64::from(lease.nanos / 1_000_000));
    if !(LEASE_MS_MIN..=LEASE_MS_MAX).contains(&millis) {
        faults.push(Fault::at("lease", format!("{millis} ms; it is 2 s to 1 h")));
    }
    millis
}

fn competences(sent: &desk::RegisterAgencyRequest, faults: &mut Vec<Fault>) {
    use casework::time::PartialDate;
    for (at, one) in sent.competences.iter().enumerate() {
        let place = format!("competences[{at}]");
        let date = |text: &str| (!text.is_empty()).then(|| text.parse::<PartialDate>()).transpose();
        match (date(&one.from), date(&one.until)) {
            (Ok(Some(from)), Ok(Some(until))) if until.latest() < from.earliest() => {
                faults.push(Fault::at(&place, "ends before it begins"));
            }
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => faults.push(Fault::at(&place, error.to_string())),
        }
        if one.code.is_empty() || one.code.len() > 96 {
            faults.push(Fault::at(&place, "has no code, or one of more than 96 bytes"));
        }
    }
}

/// Lowers the registration's services, and checks what it says about them.
pub(super) fn lowered(checked: &Checked, set: &DescriptorSet) -> Result<Vec<LoweredService>, RegistryError> {
    let services = lower(&checked.agency, set, &checked.kept.rules).map_err(RegistryError::Invalid)?;
    let mut faults = Vec::new();
    for (at, one) in checked.kept.competences.iter().enumerate() {
        let named = |service: &LoweredService| {
            let id = &service.service.id;
            id.as_str() == one.service || one.service == format!("{}/*", id.agency())
        };
        if !services.iter().any(named) {
            faults.push(Fault::at(
                format!("competences[{at}]"),
                format!(
                    "`{}` is no service that is registered here, nor `<agency>/*` of one",
                    shown(&one.service)
                ),
            ));
        }
    }
    if faults.is_empty() { Ok(services) } else { Err(RegistryError::Invalid(faults)) }
}
