//! Agencies, as operators see them.

use proto::loket::desk::v1::register_agency_response::RegisteredService;
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::agency::Endpoint;

use crate::agencies::{Agencies, AgencyHealth};
use crate::portal::language::Language;
use crate::portal::words::timestamp;
use crate::registry::{AgencyView, EndpointView, ServiceView};

/// The agency on the wire: as registered, and as this gateway sees it.
pub(super) fn agency(view: &AgencyView, agencies: &Agencies, language: &Language) -> pb::Agency {
    let health = agencies.health(&view.id);
    pb::Agency {
        name: format!("agencies/{}", view.id),
        title: language.pick(&view.titles).to_owned(),
        endpoints: view.endpoints.iter().map(|endpoint| self::endpoint(endpoint, health.as_ref())).collect(),
        services: view.services.iter().map(service).collect(),
        source: view.source.clone(),
        competences: view.competences.clone(),
        in_flight: health.as_ref().map_or(0, |health| i32::try_from(health.in_flight).unwrap_or(i32::MAX)),
        breaker: health.map_or("closed", |health| health.breaker).to_owned(),
    }
}

fn endpoint(endpoint: &EndpointView, health: Option<&AgencyHealth>) -> Endpoint {
    let ejected = health.is_some_and(|health| health.ejected.contains(&endpoint.uri));
    Endpoint {
        uri: endpoint.uri.clone(),
        expire_time: Some(timestamp(endpoint.expires)),
        healthy: endpoint.live && !ejected,
    }
}

fn service(view: &ServiceView) -> RegisteredService {
    RegisteredService {
        id: view.service.id.to_string(),
        method: view.method.clone(),
        contract: view.service.contract.clone(),
        rules_from: view.rules_from.to_owned(),
    }
}
