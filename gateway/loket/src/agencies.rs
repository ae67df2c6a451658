//! `loket agency`: registered systems.

use proto::loket::desk::v1 as desk;
use proto::loket::operations::v1 as operations;
use proto::loket::v1::Text;

use crate::command::{AgencyAct, Place};
use crate::failure::Failure;
use crate::{check, output};

pub(crate) async fn run(place: &Place, act: AgencyAct) -> Result<(), Failure> {
    match act {
        AgencyAct::List => list(place).await,
        AgencyAct::Show { id } => show(place, &id).await,
        AgencyAct::Register { id, endpoints, title, descriptor_set, competent_for, lease } => {
            let descriptor_set = match descriptor_set {
                Some(path) => std::fs::read(&path)
                    .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?,
                None => Vec::new(),
            };
            let title = Text { language: "en".to_owned(), value: title.unwrap_or_else(|| id.clone()) };
            let registration = desk::RegisterAgencyRequest {
                titles: vec![title],
                agency: id,
                endpoints,
                lease: prost_types::Duration::try_from(lease).ok(),
                descriptor_set,
                competences: competent_for.iter().map(|text| competence(text)).collect::<Result<_, _>>()?,
                ..desk::RegisterAgencyRequest::default()
            };
            register(place, registration).await
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
    let request = operations::RegisterAgencyRequest { registration: Some(registration) };
    let answer = place.registry("operator").await?.register_agency(request).await?.into_inner();
    if place.json {
        return output::json("loket.desk.v1.RegisterAgencyResponse", &answer);
    }
    for service in &answer.services {
        output::line(&format!("{}  {}  by {}", service.id, service.method, answer.source))?;
    }
    for plan in &answer.plans {
        let state = match (plan.candidate.as_str(), plan.published.as_str()) {
            ("", _) => "its candidate plan does not compile",
            (candidate, published) if candidate == published => "published",
            _ => "candidate; see `loket plan diff`",
        };
        output::line(&format!("{}: {state}", plan.life_event))?;
        plan.findings.iter().try_for_each(|finding| output::line(finding))?;
    }
    Ok(())
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
