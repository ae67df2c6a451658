//! What the registers hold after calls, over gRPC: twins, corrections, parents without a number, acknowledgements,
//! deaths, and marriages abroad that a registrar looks at and reports on.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test asks for it may insist on")]

mod running;

use std::sync::Arc;
use std::time::Duration;

use agency_kit::google::{date, types::Date as WireDate};
use civil_registry::wire::{
    CancelBirthRequest, CancelForeignMarriageCheckRequest, CheckForeignMarriageRequest, CorrectBirthRequest,
    CorrectDeathRequest, DetermineParentageRequest, ForeignMarriageFinding,
    GetForeignMarriageCheckStatusRequest, RegisterBirthRequest, RegisterDeathRequest,
};
use prost::Message;
use proto::google::longrunning::{Operation, operation};
use proto::loket::desk::v1 as desk;
use proto::loket::desk::v1::desk_service_server::{DeskService, DeskServiceServer};
use proto::loket::v1::decision::{DecidedBy, Result as DecisionResult};
use running::{Running, birth, call, death, received, said};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};

fn numberless(order: i64) -> RegisterBirthRequest {
    RegisterBirthRequest {
        birth_order: order,
        mother_number: None,
        mother_family_name: "Haddad".to_owned(),
        mother_birth_date: Some(WireDate { year: 1990, month: 0, day: 0 }),
        second_parent_parentage: None,
        ..birth()
    }
}

#[tokio::test]
async fn each_of_twins_has_a_record_and_none_has_two() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    for order in [1, 2] {
        let twin = RegisterBirthRequest { birth_order: order, ..birth() };
        let answer =
            running.client.register_birth(call(&format!("k{order}"), twin)).await.unwrap().into_inner();
        assert_eq!(answer.birth_record, Some(format!("B-2026-00000{order}")));
    }
    let again = running.client.register_birth(call("k3", birth())).await.unwrap().into_inner();
    let decision = again.decision.unwrap();
    assert_eq!(said(Some(&decision)), (DecisionResult::Granted, vec!["already-registered"]));
    assert_eq!(decision.reference, "B-2026-000001");
    assert_eq!(again.birth_record.as_deref(), Some("B-2026-000001"));
    running.stop().await;
}

#[tokio::test]
async fn a_birth_that_is_reported_again_is_answered_with_its_record_and_writes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let first = running.client.register_birth(call("k1", birth())).await.unwrap().into_inner();
    let unnamed = RegisterBirthRequest { given_names: None, ..birth() };
    // Long after the term for a report: it was reported in time.
    let late = received("2029-01-01T09:00:00Z", "k2", unnamed);
    let again = running.client.register_birth(late).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::Granted, vec!["already-registered"]));
    assert_eq!(
        (&again.birth_record, &again.birth_date, &again.registered_name),
        (&first.birth_record, &first.birth_date, &first.registered_name)
    );
    let cancel = CancelBirthRequest { idempotency_key: "k2".to_owned() };
    running.client.cancel_birth(cancel).await.unwrap();
    let third = running.client.register_birth(call("k3", birth())).await.unwrap().into_inner();
    assert_eq!(third.birth_record, first.birth_record, "the cancel of the second took no record away");
    running.stop().await;
    let all = agency_kit::inspect(&data.path().join("civil-registry.redb")).unwrap();
    assert_eq!((all.records.get("birth"), all.changed.get("birth")), (Some(&1), Some(&1)));
}

#[tokio::test]
async fn a_birth_that_is_reported_again_otherwise_is_refused_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    running.client.register_birth(call("k1", birth())).await.unwrap();
    let others = [
        ("other-names", RegisterBirthRequest { given_names: Some("Sofie".to_owned()), ..birth() }),
        ("other-parents", RegisterBirthRequest { second_parent_parentage: None, ..birth() }),
        ("record-differs", RegisterBirthRequest { stillborn: Some(true), ..birth() }),
    ];
    for (reason, told) in others {
        let refused = running.client.register_birth(call(reason, told)).await.unwrap().into_inner();
        assert_eq!((&refused.birth_record, &refused.registered_name), (&None, &None));
        let decision = refused.decision.unwrap();
        assert_eq!(said(Some(&decision)), (DecisionResult::Refused, vec!["already-registered", reason]));
        assert_eq!(decision.reference, "B-2026-000001");
        assert_eq!(decision.remedy.unwrap().kind, "correction");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_mother_without_a_number_is_known_by_name_and_the_year_of_her_birth() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let first = running.client.register_birth(call("k1", numberless(1))).await.unwrap().into_inner();
    assert_eq!(said(first.decision.as_ref()), (DecisionResult::Granted, vec!["one-parent"]));
    let shouted = RegisterBirthRequest { mother_family_name: "HADDAD".to_owned(), ..numberless(1) };
    let again = running.client.register_birth(call("k2", shouted)).await.unwrap().into_inner();
    let known = (DecisionResult::Granted, vec!["already-registered", "one-parent"]);
    assert_eq!(said(again.decision.as_ref()), known);
    assert_eq!(again.birth_record, first.birth_record);
    let born_later = RegisterBirthRequest {
        mother_birth_date: Some(WireDate { year: 1991, month: 0, day: 0 }),
        ..numberless(1)
    };
    let another = running.client.register_birth(call("k3", born_later)).await.unwrap().into_inner();
    assert_eq!(said(another.decision.as_ref()).0, DecisionResult::Granted);
    running.stop().await;
}

#[tokio::test]
async fn a_corrected_record_of_birth_makes_room_for_a_right_one() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    running.client.register_birth(call("k1", birth())).await.unwrap();
    let by_mother = CorrectBirthRequest {
        birth_record: None,
        birth_order: 1,
        birth_date: birth().birth_date,
        mother_number: birth().mother_number,
        mother_family_name: None,
    };
    let corrected = running.client.correct_birth(call("k2", by_mother.clone())).await.unwrap().into_inner();
    assert_eq!(said(corrected.decision.as_ref()).0, DecisionResult::Granted);
    let again = running.client.correct_birth(call("k3", by_mother)).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::NotApplicable, vec!["no-valid-record"]));
    let anew = running.client.register_birth(call("k4", birth())).await.unwrap().into_inner();
    assert_eq!(anew.birth_record.as_deref(), Some("B-2026-000002"), "the first stays, as corrected");
    let by_number = CorrectBirthRequest { birth_record: anew.birth_record, ..CorrectBirthRequest::default() };
    let corrected = running.client.correct_birth(call("k5", by_number)).await.unwrap().into_inner();
    assert_eq!(said(corrected.decision.as_ref()).0, DecisionResult::Granted);
    running.stop().await;
}

#[tokio::test]
async fn no_record_is_corrected_by_guess() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let namesake = RegisterBirthRequest {
        mother_birth_date: Some(WireDate { year: 1985, month: 2, day: 1 }),
        ..numberless(1)
    };
    running.client.register_birth(call("k1", numberless(1))).await.unwrap();
    let by_name = CorrectBirthRequest {
        birth_order: 1,
        birth_date: birth().birth_date,
        mother_family_name: Some("Haddad".to_owned()),
        ..CorrectBirthRequest::default()
    };
    running.client.register_birth(call("k2", namesake)).await.unwrap();
    let unclear = running.client.correct_birth(call("k3", by_name)).await.unwrap().into_inner();
    assert_eq!(said(unclear.decision.as_ref()).1, ["no-valid-record"]);
    running.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_in_the_register_makes_a_second_parent() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let yara = DetermineParentageRequest {
        mother_number: Some("999000012".to_owned()),
        mother_family_name: "Mulder".to_owned(),
        mother_birth_date: Some(date(jiff::civil::date(1996, 8, 19))),
        mother_civil_status: "unmarried".to_owned(),
        second_parent_number: Some("999000013".to_owned()),
        ..DetermineParentageRequest::default()
    };
    let by_name = DetermineParentageRequest {
        second_parent_number: None,
        second_parent_family_name: Some("de Groot".to_owned()),
        second_parent_birth_date: Some(date(jiff::civil::date(1995, 3, 27))),
        ..yara.clone()
    };
    for (key, request) in [("k1", yara.clone()), ("k2", by_name)] {
        let found = running.client.determine_parentage(call(key, request)).await.unwrap().into_inner();
        assert_eq!(said(found.decision.as_ref()), (DecisionResult::Granted, vec!["acknowledged"]));
        assert_eq!(found.parentage.as_deref(), Some("acknowledgement"));
    }
    let stranger = DetermineParentageRequest { second_parent_number: Some("999000002".to_owned()), ..yara };
    let found = running.client.determine_parentage(call("k3", stranger)).await.unwrap().into_inner();
    assert_eq!(said(found.decision.as_ref()), (DecisionResult::Refused, vec!["not-acknowledged"]));
    assert_eq!(found.parentage, None);
    running.stop().await;
}

#[tokio::test]
async fn a_death_is_recorded_once_until_it_is_corrected() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let first = running.client.register_death(call("k1", death())).await.unwrap().into_inner();
    assert_eq!(first.death_record.as_deref(), Some("D-2026-000001"));
    let by_name = RegisterDeathRequest { person_number: None, ..death() };
    let again = running.client.register_death(call("k2", by_name)).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::Granted, vec!["already-registered"]));
    assert_eq!(again.death_record, first.death_record);
    let otherwise = RegisterDeathRequest { death_unnatural: Some(true), ..death() };
    let refused = running.client.register_death(call("k2b", otherwise)).await.unwrap().into_inner();
    let differs = vec!["already-registered", "record-differs"];
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, differs));
    assert_eq!(refused.death_record, None);
    let correction =
        CorrectDeathRequest { person_number: Some("999000008".to_owned()), ..CorrectDeathRequest::default() };
    let corrected = running.client.correct_death(call("k3", correction)).await.unwrap().into_inner();
    assert_eq!(said(corrected.decision.as_ref()).0, DecisionResult::Granted);
    let late = received("2026-11-27T00:00:00Z", "k4", death());
    let anew = running.client.register_death(late).await.unwrap().into_inner();
    assert_eq!(said(anew.decision.as_ref()), (DecisionResult::Granted, vec!["late-report"]));
    running.stop().await;
}

fn marriage() -> CheckForeignMarriageRequest {
    CheckForeignMarriageRequest {
        marriage_date: Some(WireDate { year: 2019, month: 0, day: 0 }),
        marriage_country: "TR".to_owned(),
        marriage_certificate: "MC-TR-2019-77".to_owned(),
        person_number: Some("999000014".to_owned()),
        family_name: "Kaya".to_owned(),
        birth_date: Some(date(jiff::civil::date(1993, 2, 11))),
    }
}

fn finding(operation: Operation) -> ForeignMarriageFinding {
    let Some(operation::Result::Response(response)) = operation.result else { panic!("no finding") };
    assert_eq!(response.type_url, "type.googleapis.com/gov.civilregistry.v1.ForeignMarriageFinding");
    ForeignMarriageFinding::decode(response.value.as_slice()).unwrap()
}

#[tokio::test]
async fn a_registrar_looks_at_a_marriage_abroad_and_the_status_has_the_finding() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let asked = running.client.check_foreign_marriage(call("k1", marriage())).await.unwrap().into_inner();
    assert!(!asked.done && asked.metadata.is_some());
    let status = GetForeignMarriageCheckStatusRequest { idempotency_key: "k1".to_owned() };
    let done = loop {
        let now =
            running.client.get_foreign_marriage_check_status(status.clone()).await.unwrap().into_inner();
        if now.done {
            break now;
        }
        tokio::task::yield_now().await;
    };
    let found = finding(done);
    let decision = found.decision.unwrap();
    assert_eq!((decision.result(), found.marriage_recognised), (DecisionResult::Granted, Some(true)));
    assert_eq!(decision.decided_by, Some(DecidedBy::Officer("registrar".to_owned())));
    running.stop().await;
}

#[tokio::test]
async fn work_on_the_list_survives_a_restart_and_a_cancel_takes_it_off() {
    let data = tempfile::tempdir().unwrap();
    let day = Duration::from_secs(86_400);
    let mut first = Running::start_with(data.path(), None, day).await;
    first.client.check_foreign_marriage(call("k1", marriage())).await.unwrap();
    first.stop().await;
    let mut again = Running::start_with(data.path(), None, day).await;
    let status = GetForeignMarriageCheckStatusRequest { idempotency_key: "k1".to_owned() };
    let waiting = again.client.get_foreign_marriage_check_status(status.clone()).await.unwrap().into_inner();
    assert!(!waiting.done);
    let cancel = CancelForeignMarriageCheckRequest { idempotency_key: "k1".to_owned() };
    assert!(again.client.cancel_foreign_marriage_check(cancel).await.unwrap().into_inner().undone);
    let gone = again.client.get_foreign_marriage_check_status(status).await.unwrap_err();
    assert_eq!(gone.code(), Code::Aborted);
    again.stop().await;
}

/// A desk that passes on what is reported, after it was away for the first report.
struct Desk {
    reports: mpsc::UnboundedSender<desk::ReportStepRequest>,
    away: Arc<std::sync::atomic::AtomicBool>,
}

#[tonic::async_trait]
impl DeskService for Desk {
    async fn register_agency(
        &self,
        _: Request<desk::RegisterAgencyRequest>,
    ) -> Result<Response<desk::RegisterAgencyResponse>, Status> {
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
        if self.away.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Err(Status::unavailable("away"));
        }
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
async fn a_finding_is_reported_at_the_desk_until_it_has_arrived() {
    let data = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (reports, mut reported) = mpsc::unbounded_channel();
    let service = Desk { reports, away: Arc::new(true.into()) };
    let serving = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(DeskServiceServer::new(service))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let mut running = Running::start_with(data.path(), Some(address), Duration::ZERO).await;
    let mut request = call("k1", marriage());
    request.metadata_mut().insert("loket-step", "step-77".parse().unwrap());
    running.client.check_foreign_marriage(request).await.unwrap();
    let report = reported.recv().await.unwrap();
    assert_eq!(report.step, "step-77");
    let Some(desk::report_step_request::Result::Response(response)) = report.result else {
        panic!("no finding");
    };
    let found = ForeignMarriageFinding::decode(response.value.as_slice()).unwrap();
    assert_eq!(found.marriage_recognised, Some(true));
    running.stop().await;
    serving.abort();
}

#[tokio::test]
async fn no_child_is_recorded_of_a_mother_whose_death_is_on_record_before_it() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let mother = birth();
    let her_death = RegisterDeathRequest {
        person_number: mother.mother_number.clone(),
        family_name: mother.mother_family_name.clone(),
        birth_date: mother.mother_birth_date,
        death_date: Some(WireDate { year: 2026, month: 1, day: 5 }),
        ..death()
    };
    let registered = running.client.register_death(call("k1", her_death)).await.unwrap().into_inner();
    assert!(registered.death_record.is_some());
    let refused = running.client.register_birth(call("k2", birth())).await.unwrap().into_inner();
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, vec!["mother-died-before"]));
    assert!(refused.birth_record.is_none());
    running.stop().await;
}
