//! What a change did to the plans, for whoever made it.

use std::collections::BTreeSet;

use casework::name::{AgencyId, LifeEventId, ServiceId};
use proto::loket::desk::v1::register_agency_response::{PlanEffect, RegisteredService};
use tokio::time::Instant as Local;

use super::books::{Books, Registration};
use super::inner::Writer;
use super::options::RegistryOptions;
use super::publication;

/// Most findings told about one plan.
const FINDINGS_MAX: usize = 50;

/// The services of an agency as they were registered.
pub(super) fn services(known: &Registration) -> Vec<RegisteredService> {
    let shown = |one: &crate::lowering::LoweredService| RegisteredService {
        id: one.service.id.to_string(),
        method: one.method.clone(),
        contract: one.service.contract.clone(),
        rules_from: one.rules_from.as_str().to_owned(),
    };
    known.offered().map(shown).collect()
}

/// What became of the plans that the agency's services take part in.
pub(super) fn of_agency(writer: &Writer, options: &RegistryOptions, agency: &AgencyId) -> Vec<PlanEffect> {
    let Some(known) = writer.books.agencies.get(agency) else { return Vec::new() };
    let own: BTreeSet<&ServiceId> = known.offered().map(|one| &one.service.id).collect();
    let served: BTreeSet<&LifeEventId> =
        known.offered().flat_map(|one| &one.service.life_events).map(|of| &of.id).collect();
    served.into_iter().map(|id| effect(writer, options, id, |service| own.contains(service))).collect()
}

/// What became of all plans.
pub(super) fn of_all(writer: &Writer, options: &RegistryOptions) -> Vec<PlanEffect> {
    writer.books.candidates.keys().map(|id| effect(writer, options, id, |_| true)).collect()
}

fn effect(
    writer: &Writer,
    options: &RegistryOptions,
    life_event: &LifeEventId,
    concerns: impl Fn(&ServiceId) -> bool,
) -> PlanEffect {
    let books: &Books = &writer.books;
    let mut findings = Vec::new();
    let mut hash = String::new();
    match books.candidates.get(life_event) {
        None => findings.push(format!("there is no life event `{life_event}`")),
        Some(Err(errors)) => findings.push(publication::does_not_compile(errors)),
        Some(Ok(candidate)) => {
            hash.clone_from(&candidate.compiled.hash.0);
            for (service, errors) in candidate.left_out.iter().filter(|(service, _)| concerns(service)) {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                findings.push(format!("`{service}` is left out of the plan:\n{}", errors.join("\n")));
            }
            let quiet = writer.quiet_since.is_none_or(|since| Local::now() >= since + options.settle);
            findings.extend(publication::why_not(books, life_event, candidate, options.publication, quiet));
        }
    }
    findings.truncate(FINDINGS_MAX);
    let published = books.last_published(life_event).map(|(published, _)| published.hash.0.clone());
    PlanEffect {
        life_event: life_event.to_string(),
        candidate: hash,
        published: published.unwrap_or_default(),
        findings,
    }
}
