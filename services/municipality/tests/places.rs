//! What the three municipalities do, each by its own rules, over gRPC: newborns, moves, burials, deaths, and addresses
//! that an inspector looks at.

#![expect(clippy::unwrap_used, reason = "what a test asks for it may insist on")]

mod running;

use std::collections::BTreeMap;
use std::time::Duration;

use municipality::Place;
use municipality::wire::{
    AddressFinding, CancelAddressInvestigationRequest, CancelArrivalRequest, CancelWelcomeRequest,
    CloseResidentRequest, GetAddressInvestigationStatusRequest, InvestigateAddressRequest,
    PermitBurialRequest, WelcomeResidentRequest, WithdrawBurialPermitRequest,
};
use prost::Message;
use proto::google::longrunning::operation;
use proto::loket::desk::v1 as desk;
use proto::loket::desk::v1::desk_service_server::{DeskService, DeskServiceServer};
use proto::loket::v1::decision::{DecidedBy, Result as DecisionResult};
use running::{Client, Running, arrival, burial, call, day, departure, houseboat, newborn, said};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};

#[tokio::test]
async fn each_welcomes_newborns_in_its_own_way() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let cases = [
        (Place::Oosterdam, 1, DecisionResult::Granted, Some("voucher")),
        (Place::Westerveen, 1, DecisionResult::Granted, Some("tree")),
        (Place::Zuiderhaven, 1, DecisionResult::NotApplicable, None),
        (Place::Zuiderhaven, 2, DecisionResult::Granted, Some("money")),
    ];
    for (place, order, result, gift) in cases {
        let request = newborn(place, &format!("90000000{order}"), order);
        let answer = running
            .client(place)
            .welcome_newborn(call(&format!("k{order}"), request))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.decision.as_ref().unwrap().result(), result, "{place:?}");
        assert_eq!(answer.welcome_gift.as_deref(), gift, "{place:?}");
    }
    let mut client = running.client(Place::Oosterdam);
    client.welcome_newborn(call("k9", newborn(Place::Oosterdam, "900000001", 1))).await.unwrap();
    let cancel = CancelWelcomeRequest { idempotency_key: "k9".to_owned() };
    assert!(client.cancel_welcome(cancel).await.unwrap().into_inner().undone);
    running.stop().await;
}

#[tokio::test]
async fn who_moves_arrives_in_one_place_and_leaves_the_other() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let (mut from, mut to) = (running.client(Place::Oosterdam), running.client(Place::Westerveen));
    let eva = "999000003";
    let arrived =
        to.welcome_resident(call("k1", arrival(Place::Westerveen, eva))).await.unwrap().into_inner();
    assert_eq!(said(arrived.decision.as_ref()), (DecisionResult::Granted, vec![]));
    assert_eq!(arrived.services_from, Some(day(2026, 12, 1)));
    let left =
        from.release_resident(call("k1", departure(Place::Oosterdam, eva))).await.unwrap().into_inner();
    assert_eq!(said(left.decision.as_ref()), (DecisionResult::Granted, vec![]));
    let again =
        from.release_resident(call("k2", departure(Place::Oosterdam, eva))).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::NotApplicable, vec!["not-a-resident"]));
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_arrival_leaves_no_resident_and_a_protected_one_no_address() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(Place::Westerveen);
    let eva = "999000003";
    client.welcome_resident(call("k1", arrival(Place::Westerveen, eva))).await.unwrap();
    let cancel = CancelArrivalRequest { idempotency_key: "k1".to_owned() };
    assert!(client.cancel_arrival(cancel).await.unwrap().into_inner().undone);
    let left =
        client.release_resident(call("k2", departure(Place::Westerveen, eva))).await.unwrap().into_inner();
    assert_eq!(said(left.decision.as_ref()).1, ["not-a-resident"]);
    let anneke = "999000010";
    let secret = WelcomeResidentRequest { protected: Some(true), ..arrival(Place::Westerveen, anneke) };
    let moved = client.welcome_resident(call("k3", secret)).await.unwrap().into_inner();
    assert_eq!(
        said(moved.decision.as_ref()),
        (DecisionResult::Granted, vec!["moved-within", "address-protected"])
    );
    let cancel = CancelArrivalRequest { idempotency_key: "k3".to_owned() };
    client.cancel_arrival(cancel).await.unwrap();
    let left =
        client.release_resident(call("k4", departure(Place::Westerveen, anneke))).await.unwrap().into_inner();
    assert_eq!(said(left.decision.as_ref()).0, DecisionResult::Granted, "she is a resident as before");
    running.stop().await;
}

#[tokio::test]
async fn a_burial_waits_for_the_prosecutor_after_an_unnatural_death() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(Place::Zuiderhaven);
    let unnatural =
        PermitBurialRequest { death_unnatural: Some(true), ..burial(Place::Zuiderhaven, "D-2026-000001") };
    let refused = client.permit_burial(call("k1", unnatural)).await.unwrap().into_inner();
    let decision = refused.decision.unwrap();
    assert_eq!(said(Some(&decision)), (DecisionResult::Refused, vec!["prosecutor-has-not-consented"]));
    assert!(decision.remedy.unwrap().r#where.contains("prosecutor"));
    assert_eq!((refused.death_burial_permit, refused.death_burial_by), (None, None));
    running.stop().await;
}

#[tokio::test]
async fn an_unused_permit_is_taken_back_once() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(Place::Oosterdam);
    client.permit_burial(call("k1", burial(Place::Oosterdam, "D-2026-000001"))).await.unwrap();
    let withdrawal = WithdrawBurialPermitRequest {
        death_record: "D-2026-000001".to_owned(),
        death_municipality: "oosterdam".to_owned(),
        death_burial_permit: None,
    };
    let taken = client.withdraw_burial_permit(call("k2", withdrawal.clone())).await.unwrap().into_inner();
    assert_eq!(said(taken.decision.as_ref()).0, DecisionResult::Granted);
    let by_number = WithdrawBurialPermitRequest {
        death_burial_permit: Some("BP-oosterdam-2026-000001".to_owned()),
        ..withdrawal
    };
    let again = client.withdraw_burial_permit(call("k3", by_number)).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::NotApplicable, vec!["no-permit"]));
    running.stop().await;
}

#[tokio::test]
async fn services_end_for_a_resident_who_died() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let mut client = running.client(Place::Oosterdam);
    let close = CloseResidentRequest {
        person_number: Some("999000008".to_owned()),
        municipality: "oosterdam".to_owned(),
        death_record: "D-2026-000001".to_owned(),
        contact_number: Some("999000009".to_owned()),
    };
    for (key, result) in [("k1", DecisionResult::Granted), ("k2", DecisionResult::NotApplicable)] {
        let closed = client.close_resident(call(key, close.clone())).await.unwrap().into_inner();
        assert_eq!(said(closed.decision.as_ref()).0, result);
    }
    running.stop().await;
}

async fn investigated(client: &mut Client, key: &str, request: InvestigateAddressRequest) -> AddressFinding {
    let asked = client.investigate_address(call(key, request)).await.unwrap().into_inner();
    assert!(!asked.done && asked.metadata.is_some());
    let status = GetAddressInvestigationStatusRequest { idempotency_key: key.to_owned() };
    loop {
        let now = client.get_address_investigation_status(status.clone()).await.unwrap().into_inner();
        if let Some(operation::Result::Response(response)) = now.result {
            assert_eq!(response.type_url, "type.googleapis.com/gov.municipality.v1.AddressFinding");
            return AddressFinding::decode(response.value.as_slice()).unwrap();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_inspector_looks_at_an_address_by_the_rules_of_the_place() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(data.path()).await;
    let cases = [
        (Place::Oosterdam, "1099 ZZ", DecisionResult::Granted, "habitable"),
        (Place::Westerveen, "3099 ZZ", DecisionResult::Refused, "holiday-home"),
        (Place::Zuiderhaven, "5099 XX", DecisionResult::Granted, "habitable"),
    ];
    for (place, postal_code, result, reason) in cases {
        let found = investigated(&mut running.client(place), "k1", houseboat(place, postal_code)).await;
        let decision = found.decision.unwrap();
        assert_eq!(said(Some(&decision)), (result, vec![reason]));
        assert_eq!(decision.decided_by, Some(DecidedBy::Officer("address-inspector".to_owned())));
        assert_eq!(found.confirmed, (result == DecisionResult::Granted).then_some(true));
    }
    running.stop().await;
}

#[tokio::test]
async fn an_investigation_survives_a_restart_and_a_cancel_ends_it() {
    let data = tempfile::tempdir().unwrap();
    let week = Duration::from_secs(604_800);
    let first = Running::start_with(data.path(), None, week).await;
    let request = houseboat(Place::Westerveen, "3099 XX");
    first.client(Place::Westerveen).investigate_address(call("k1", request)).await.unwrap();
    first.stop().await;
    let again = Running::start_with(data.path(), None, week).await;
    let mut client = again.client(Place::Westerveen);
    let status = GetAddressInvestigationStatusRequest { idempotency_key: "k1".to_owned() };
    assert!(!client.get_address_investigation_status(status.clone()).await.unwrap().into_inner().done);
    let cancel = CancelAddressInvestigationRequest { idempotency_key: "k1".to_owned() };
    assert!(client.cancel_address_investigation(cancel).await.unwrap().into_inner().undone);
    assert_eq!(client.get_address_investigation_status(status).await.unwrap_err().code(), Code::Aborted);
    again.stop().await;
}

/// A desk that notes who registers, and that passes on what is reported.
struct Desk {
    registered: mpsc::UnboundedSender<desk::RegisterAgencyRequest>,
    reports: mpsc::UnboundedSender<desk::ReportStepRequest>,
}

#[tonic::async_trait]
impl DeskService for Desk {
    async fn register_agency(
        &self,
        request: Request<desk::RegisterAgencyRequest>,
    ) -> Result<Response<desk::RegisterAgencyResponse>, Status> {
        let _ = self.registered.send(request.into_inner());
        Ok(Response::new(desk::RegisterAgencyResponse::default()))
    }

    async fn heartbeat(
        &self,
        _: Request<desk::HeartbeatRequest>,
    ) -> Result<Response<desk::HeartbeatResponse>, Status> {
        Ok(Response::new(desk::HeartbeatResponse::default()))
    }

    async fn withdraw_services(
        &self,
        _: Request<desk::WithdrawServicesRequest>,
    ) -> Result<Response<desk::WithdrawServicesResponse>, Status> {
        Ok(Response::new(desk::WithdrawServicesResponse::default()))
    }

    async fn report_step(
        &self,
        request: Request<desk::ReportStepRequest>,
    ) -> Result<Response<desk::ReportStepResponse>, Status> {
        let _ = self.reports.send(request.into_inner());
        Ok(Response::new(desk::ReportStepResponse::default()))
    }

    async fn report_happening(
        &self,
        _: Request<desk::ReportHappeningRequest>,
    ) -> Result<Response<desk::ReportHappeningResponse>, Status> {
        Err(Status::unimplemented("no happenings here"))
    }
}

#[tokio::test]
async fn each_registers_for_its_own_code_and_reports_what_its_inspector_found() {
    let data = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let ((registered, mut registrations), (reports, mut reported)) =
        (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let serving = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(DeskServiceServer::new(Desk { registered, reports }))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let running = Running::start_with(data.path(), Some(address), Duration::ZERO).await;
    let mut agencies = BTreeMap::new();
    for _ in Place::ALL {
        let it = registrations.recv().await.unwrap();
        agencies.insert(it.agency, (it.competences, it.endpoints));
    }
    for place in Place::ALL {
        let (competences, endpoints) = &agencies[place.agency()];
        assert_eq!(
            (competences[0].service.as_str(), competences[0].code.as_str()),
            ("municipality/*", place.code())
        );
        assert_eq!(endpoints.len(), 1);
    }
    let endpoints: std::collections::BTreeSet<_> = agencies.values().flat_map(|it| it.1.clone()).collect();
    assert_eq!(endpoints.len(), 3, "each has an endpoint of its own");
    let mut request = call("k1", houseboat(Place::Zuiderhaven, "5099 XX"));
    request.metadata_mut().insert("loket-step", "step-77".parse().unwrap());
    running.client(Place::Zuiderhaven).investigate_address(request).await.unwrap();
    let report = reported.recv().await.unwrap();
    assert_eq!(report.step, "step-77");
    running.stop().await;
    serving.abort();
}
