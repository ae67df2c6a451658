//! Registering, renewing and withdrawing.

use gateway::issuer::TokenRole;
use proto::loket::desk::v1::{HeartbeatRequest, WithdrawServicesRequest};
use tonic::Code;
use tonic_types::StatusExt;

use crate::ministry::*;
use crate::world::{World, slow_library};

#[tokio::test]
async fn an_agency_registers_renews_and_withdraws_for_itself_alone() {
    let world = World::start().await;
    let library = Ministry::library(Reflection::V1, slow_library).await;
    let registration = || registration("library", &[&library.uri]);
    let beat = |agency: &str| HeartbeatRequest { agency: agency.to_owned(), endpoint: library.uri.clone() };
    let mut desk = world.agency("library");
    let forgotten = desk.heartbeat(beat("library")).await.unwrap_err();
    assert_eq!(forgotten.code(), Code::NotFound);
    assert!(forgotten.message().contains("register again"), "{forgotten}");
    let registered = desk.register_agency(registration()).await.unwrap().into_inner();
    assert_eq!((registered.services.len(), registered.source.as_str()), (3, "reflection-v1"));
    assert!(desk.heartbeat(beat("library")).await.unwrap().into_inner().expire_time.is_some());
    let mut museum = world.agency("museum");
    for refused in [
        museum.register_agency(registration()).await.map(|_| ()),
        museum.heartbeat(beat("library")).await.map(|_| ()),
        museum
            .withdraw_services(WithdrawServicesRequest { agency: "library".to_owned(), ..Default::default() })
            .await
            .map(|_| ()),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    }
    let withdrawn = desk
        .withdraw_services(WithdrawServicesRequest { agency: "library".to_owned(), ..Default::default() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(withdrawn.services.len(), 3);
}

#[tokio::test]
async fn nobody_but_agencies_has_business_at_the_desk() {
    let world = World::start().await;
    let request = registration("library", &["http://127.0.0.1:1"]);
    let anonymous = world.desk(None).register_agency(request.clone()).await.unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    let citizen =
        world.desk(Some(TokenRole::citizen("999990019"))).register_agency(request).await.unwrap_err();
    assert_eq!(citizen.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_wrong_registration_is_told_every_fault_where_it_is() {
    let world = World::start().await;
    let mut request = registration("library", &["http://127.0.0.1:1", "ftp://10.0.0.1"]);
    request.titles.clear();
    let refused = world.agency("library").register_agency(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "INVALID_REGISTRATION");
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["titles", "endpoints[1]"]);
}
