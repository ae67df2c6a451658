//! `loket agency`: registered systems.

use std::time::Duration;

use proto::loket::desk::v1 as desk;
use proto::loket::desk::v1::register_agency_response::PlanEffect;
use proto::loket::operations::v1 as operations;
use proto::loket::v1::Text;

use crate::command::{AgencyAct, Place};
use crate::failure::Failure;
use crate::{check, output, registration, staying};

/// The lease of what nobody renews.
const LEASE: Duration = Duration::from_secs(3_600);

pub(crate) async fn run(place: &Place, act: AgencyAct) -> Result<(), Failure> {
    match act {
        AgencyAct::List => list(place).await,
        AgencyAct::Show { id } => show(place, &id).await,
        AgencyAct::Register {
            id,
            endpoints,
            title,
            descriptor_set,
            rules,
            competent_for,
            lease,
            stay,
            desk,
        } => {
            let mut sent = rules.as_deref().map(registration::read).transpose()?.unwrap_or_default();
            if let Some(path) = descriptor_set {
                sent.descriptor_set = std::fs::read(&path)
                    .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
            }
            let title = title.or_else(|| sent.titles.is_empty().then(|| id.clone()));
            sent.titles.extend(title.map(|value| Text { language: "en".to_owned(), value }));
            let competences = competent_for.iter().map(|text| competence(text));
            sent.competences.extend(competences.collect::<Result<Vec<_>, _>>()?);
            (sent.agency, sent.endpoints) = (id, endpoints);
            let lease = lease.unwrap_or(if stay { staying::LEASE } else { LEASE });
            sent.lease = prost_types::Duration::try_from(lease).ok();
            register(place, sent.clone()).await?;
            if stay { staying::stay(place, &desk, sent, lease).await } else { Ok(()) }
        }
        AgencyAct::Withdraw { id, services, desk } => {
            let request = desk::WithdrawServicesRequest { agency: id.clone(), services };
            let answer = place.desk(&desk, &id).await?.withdraw_services(request).await?.into_inner();
            if place.json {
                return output::json("loket.desk.v1.WithdrawServicesResponse", &answer);
            }
            output::line(&format!("withdrawn: {}", answer.services.join(", ")))
        }
        AgencyAct::Check(options) => check::run(place, &options).await,
    }
}

async fn list(place: &Place) -> Result<(), Failure> {
    let answer = place
        .registry("operator")
        .await?
        .list_agencies(operations::ListAgenciesRequest {})
        .await?
        .into_inner();
    if place.json {
        return output::json("loket.operations.v1.ListAgenciesResponse", &answer);
    }
    let rows: Vec<Vec<String>> = answer
        .agencies
        .into_iter()
        .map(|it| {
            let healthy = it.endpoints.iter().filter(|endpoint| endpoint.healthy).count();
            vec![
                crate::life_events::short(&it.name).to_owned(),
                it.title,
                format!("{healthy}/{}", it.endpoints.len()),
                it.services.len().to_string(),
                it.breaker,
                it.source,
            ]
        })
        .collect();
    output::table(&["AGENCY", "NAME", "ENDPOINTS", "SERVICES", "BREAKER", "LEARNT BY"], &rows)
}

async fn show(place: &Place, id: &str) -> Result<(), Failure> {
    let request = operations::GetAgencyRequest { name: format!("agencies/{id}") };
    let agency = place.registry("operator").await?.get_agency(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.Agency", &agency);
    }
    output::line(&format!("{} — {}, learnt by {}", id, agency.title, agency.source))?;
    for endpoint in &agency.endpoints {
        let state = if endpoint.healthy { "in use" } else { "not used" };
        output::line(&format!(
            "endpoint {} {state}, lease until {}",
            endpoint.uri,
            output::moment(endpoint.expire_time)
        ))?;
    }
    for competence in &agency.competences {
        output::line(&format!("competent for {} in {}", competence.service, competence.code))?;
    }
    let rows: Vec<Vec<String>> =
        agency.services.into_iter().map(|it| vec![it.id, it.method, it.rules_from, it.contract]).collect();
    output::table(&["SERVICE", "METHOD", "RULES FROM", "CONTRACT"], &rows)
}

async fn register(place: &Place, registration: desk::RegisterAgencyRequest) -> Result<(), Failure> {
    let answer = register_quietly(place, registration).await?;
    if place.json {
        return output::json("loket.desk.v1.RegisterAgencyResponse", &answer);
    }
    for service in &answer.services {
        output::line(&format!("{}  {}  by {}", service.id, service.method, answer.source))?;
    }
    answer.plans.iter().try_for_each(effect)
}

/// Registers it and says nothing.
pub(crate) async fn register_quietly(
    place: &Place,
    registration: desk::RegisterAgencyRequest,
) -> Result<desk::RegisterAgencyResponse, Failure> {
    let request = operations::RegisterAgencyRequest { registration: Some(registration) };
    Ok(place.registry("operator").await?.register_agency(request).await?.into_inner())
}

/// What became of a plan.
pub(crate) fn effect(plan: &PlanEffect) -> Result<(), Failure> {
    let state = match (plan.candidate.as_str(), plan.published.as_str()) {
        ("", _) => "its candidate plan does not compile".to_owned(),
        (candidate, published) if candidate == published => "published".to_owned(),
        _ => format!("candidate; see `loket plan diff {}`", plan.life_event),
    };
    output::line(&format!("{}: {state}", plan.life_event))?;
    plan.findings.iter().try_for_each(|finding| output::line(finding))
}

/// `municipality/*=oosterdam`.
fn competence(text: &str) -> Result<desk::CompetentFor, Failure> {
    let (service, code) = text.split_once('=').ok_or_else(|| {
        Failure::usage(format!("`{text}` is no competence; write municipality/*=oosterdam"))
    })?;
    Ok(desk::CompetentFor {
        service: service.to_owned(),
        code: code.to_owned(),
        from: String::new(),
        until: String::new(),
    })
}
