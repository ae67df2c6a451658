//! `loket agency check`: whether a ministry keeps its promise, in whatever language it is written. It really calls the
//! system: use one for tests.

mod calls;
mod examples;
mod promises;

use std::collections::BTreeMap;

use casework::name::AgencyId;
use gateway::lowering::{DescriptorSet, LoweredService, lower};
use gateway::registry::descriptors;
use proto::loket::operations::v1::GetAgencyRequest;
use serde_json::Value as Json;

use crate::command::{CheckOptions, Place};
use crate::failure::Failure;
use crate::{connection, output, registration};
use calls::Ministry;
use promises::{Outcome, Verdict};

/// Checks every service found, or one, and reports each promise. Fails where one is broken.
pub(crate) async fn run(place: &Place, options: &CheckOptions) -> Result<(), Failure> {
    let endpoint = endpoint(place, &options.system).await?;
    let channel = connection::ministry(&endpoint).await?;
    let (set, source) = descriptors::learn(std::slice::from_ref(&endpoint))
        .await
        .map_err(|error| Failure::check(format!("its descriptors cannot be learnt: {error}")))?;
    let services = services(&set, options)?;
    let requests = requests(options)?;
    let ministry = Ministry::new(channel, set.pool().clone());
    let mut outcomes = Vec::new();
    for service in
        services.iter().filter(|it| options.service.as_ref().is_none_or(|id| it.service.id.as_str() == id))
    {
        outcomes.extend(promises::check(&ministry, service, requests.get(service.service.id.as_str())).await);
    }
    if outcomes.is_empty() {
        return Err(Failure::usage(format!(
            "there is no such service at {}; it has {}",
            endpoint,
            services.iter().map(|it| it.service.id.as_str()).collect::<Vec<_>>().join(", ")
        )));
    }
    report(place, source, &outcomes)
}

/// Where the system is reached: as it was given, or as the agency of this name has registered.
async fn endpoint(place: &Place, system: &str) -> Result<String, Failure> {
    if system.contains("://") {
        return Ok(system.to_owned());
    }
    let request = GetAgencyRequest { name: format!("agencies/{system}") };
    let agency = place.registry("operator").await?.get_agency(request).await?.into_inner();
    let in_use = agency.endpoints.into_iter().find(|it| it.healthy);
    in_use.map(|it| it.uri).ok_or_else(|| {
        Failure::check(format!("`{system}` has no endpoint that answers; see `loket agency show {system}`"))
    })
}

/// What is declared, in the proto or beside it, lowered as the gateway would at registration.
fn services(set: &DescriptorSet, options: &CheckOptions) -> Result<Vec<LoweredService>, Failure> {
    let rules = options.rules.as_deref().map(registration::read).transpose()?.unwrap_or_default().rules;
    let beside = rules.iter().find_map(|rule| agency_of(&rule.public_service.as_ref()?.id));
    let agency = beside.or_else(|| declared_agency(set)).ok_or_else(|| {
        Failure::check(
            "no method is marked `(loket.v1.public_service)`, or its id is not `<agency>/<service>`; rules beside the \
             proto are given with --rules",
        )
    })?;
    lower(&agency, set, &rules).map_err(|faults| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::check(format!("what it declares would not be registered:\n  {}", all.join("\n  ")))
    })
}

/// The agency's part of the first declared service id.
fn declared_agency(set: &DescriptorSet) -> Option<AgencyId> {
    let mark = set.pool().get_extension_by_name("loket.v1.public_service")?;
    set.methods().find_map(|method| {
        let options = method.options();
        let declared = options.has_extension(&mark).then(|| options.get_extension(&mark).into_owned())?;
        let id = declared.as_message()?.get_field_by_name("id")?.as_str()?.to_owned();
        agency_of(&id)
    })
}

/// The agency's part of a service id.
fn agency_of(id: &str) -> Option<AgencyId> {
    id.split('/').next()?.parse().ok()
}

fn requests(options: &CheckOptions) -> Result<BTreeMap<String, Json>, Failure> {
    let Some(path) = &options.requests else { return Ok(BTreeMap::new()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{} is not {{\"<service id>\": {{request}}}}: {error}", path.display()))
    })
}

fn report(place: &Place, source: &str, outcomes: &[Outcome]) -> Result<(), Failure> {
    if place.json {
        let all: Vec<Json> = outcomes
            .iter()
            .map(|it| {
                serde_json::json!({
                    "service": it.service,
                    "promise": it.promise,
                    "verdict": it.verdict.word(),
                    "detail": it.verdict.detail(),
                })
            })
            .collect();
        output::line(&serde_json::json!({ "learntBy": source, "promises": all }).to_string())?;
    } else {
        let rows: Vec<Vec<String>> = outcomes
            .iter()
            .map(|it| {
                let detail = it.verdict.detail().to_owned();
                vec![it.verdict.word().to_owned(), it.service.clone(), it.promise.to_owned(), detail]
            })
            .collect();
        output::table(&["VERDICT", "SERVICE", "PROMISE", "DETAIL"], &rows)?;
    }
    let broken = outcomes.iter().filter(|it| matches!(it.verdict, Verdict::Broken(_))).count();
    if broken > 0 {
        return Err(Failure::check(format!("{broken} of {} promises are broken", outcomes.len())));
    }
    Ok(())
}
