//! The plan of what fits together, while the rest is not there yet or is at fault.

use std::collections::{BTreeMap, BTreeSet};

use super::{CompileError, CompileErrors, Compiled, Draft, compile};
use crate::name::ServiceId;
use crate::service::Service;

/// The services that were left out, each with what is wrong.
pub type LeftOut = BTreeMap<ServiceId, Vec<CompileError>>;

/// Compiles the plan of the services that fit together. When ministries come up one by one, a service whose givers are
/// not registered yet is left out, and comes in with them; one that is at fault never breaks the plan of the others.
///
/// # Errors
/// Where nothing can be left out to mend it: the life event's file is at fault.
pub fn compile_most(draft: Draft<'_>) -> Result<(Compiled, LeftOut), CompileErrors> {
    compile_around(draft, &BTreeSet::new())
}

/// Compiles the plan of the services that fit together, around those that are settled: where a settled one and a
/// newcomer do not fit (they wait for each other, or both give the same), the newcomer is left out.
///
/// # Errors
/// As [`compile_most`].
pub fn compile_around(
    draft: Draft<'_>,
    settled: &BTreeSet<ServiceId>,
) -> Result<(Compiled, LeftOut), CompileErrors> {
    let mut left_out = LeftOut::new();
    let mut services: Vec<Service> = draft.services.to_vec();
    loop {
        let errors = match compile(Draft { services: &services, ..draft }) {
            Ok(compiled) => return Ok((compiled, left_out)),
            Err(errors) => errors,
        };
        let mut leaving = BTreeSet::new();
        for error in &errors.0 {
            let services = error.services();
            let newcomer = services.iter().find(|service| !settled.contains(service));
            if let Some(service) = newcomer.or(services.first()).cloned() {
                left_out.entry(service.clone()).or_default().push(error.clone());
                leaving.insert(service);
            }
        }
        if leaving.is_empty() {
            return Err(errors);
        }
        services.retain(|service| !leaving.contains(&service.id));
    }
}
