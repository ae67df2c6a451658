//! Lowers what agencies register into casework's words and into wire tables: descriptors and annotations (or rules
//! beside them) into services, conditions in CEL into casework's own. It happens at registration, never in a case.

pub mod cel;
mod contract;
mod durations;
mod fields;
mod fingerprint;
mod marks;
mod method;
mod set;
pub mod wire;
mod words;

pub(crate) use words::shown;

use std::collections::BTreeMap;
use std::sync::Arc;

use casework::name::AgencyId;
use casework::service::Service;
use proto::loket::desk::v1::MethodRule;

pub use contract::{Contract, Direct, FindCall, GrpcCalls, KeyCall, Wire};
pub use set::{DescriptorSet, SET_BYTES_MAX};
pub(crate) use set::{FILES_MAX, SENT_BYTES_MAX};

/// Most public services that one agency may register.
pub const SERVICES_MAX: usize = 200;

/// One fault of what was sent: where it is, what is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// The method, field, file or entry that is wrong.
    pub place: String,
    /// What is wrong with it and what to do.
    pub what: String,
}

impl Fault {
    /// A fault at this place.
    pub fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// Where the rules of a service came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesFrom {
    /// Annotations in the agency's proto.
    Annotations,
    /// Rules beside it.
    Rules,
}

impl RulesFrom {
    /// The word that is shown: `annotations` or `rules`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Rules => "rules",
        }
    }
}

/// A service as it was lowered.
#[derive(Debug, Clone)]
pub struct LoweredService {
    /// In casework's words.
    pub service: Arc<Service>,
    /// How it is called.
    pub contract: Arc<Contract>,
    /// Its method: full name.
    pub method: String,
    /// Where its rules came from.
    pub rules_from: RulesFrom,
}

/// Lowers everything an agency registers.
///
/// # Errors
/// Every fault, each naming the method or field and the way out.
pub fn lower(
    agency: &AgencyId,
    set: &DescriptorSet,
    rules: &[MethodRule],
) -> Result<Vec<LoweredService>, Vec<Fault>> {
    let mut faults = Vec::new();
    let beside = rules_by_method(rules, set, &mut faults);
    let mut lowered: Vec<method::LoweredMethod> = Vec::new();
    for method in set.methods() {
        let rule = beside.get(method.full_name()).copied();
        match method::lower(agency, set, &method, rule) {
            Ok(Some(one)) => lowered.push(one),
            Ok(None) => {}
            Err(mut more) => faults.append(&mut more),
        }
    }
    if lowered.is_empty() && faults.is_empty() {
        faults.push(Fault::at(
            "the descriptors",
            "no method is marked `(loket.v1.public_service)`. Older servers strip options from what they reflect: \
             send the descriptor_set as the compiler wrote it, or rules beside it",
        ));
    }
    if lowered.len() > SERVICES_MAX {
        faults.push(Fault::at(
            "the descriptors",
            format!("{} services, at most {SERVICES_MAX} per agency", lowered.len()),
        ));
    }
    let services = method::bind_reversals(lowered, &mut faults);
    if faults.is_empty() { Ok(services) } else { Err(faults) }
}

fn rules_by_method<'a>(
    rules: &'a [MethodRule],
    set: &DescriptorSet,
    faults: &mut Vec<Fault>,
) -> BTreeMap<&'a str, &'a MethodRule> {
    let mut by_method = BTreeMap::new();
    for rule in rules {
        if !set.methods().any(|method| method.full_name() == rule.method) {
            let known: Vec<String> = set.methods().map(|method| method.full_name().to_owned()).collect();
            faults.push(Fault::at(
                format!("rule for `{}`", shown(&rule.method)),
                format!("the descriptors have no such method; they have {}", words::some_of(&known)),
            ));
        } else if by_method.insert(rule.method.as_str(), rule).is_some() {
            faults.push(Fault::at(
                format!("rule for `{}`", shown(&rule.method)),
                "there are two rules for this method; merge them",
            ));
        }
    }
    by_method
}

#[cfg(test)]
mod tests;
