//! The promise of the vehicle authority, over gRPC: same key same answer, a tombstone after a cancel, books that
//! survive a restart, and refusals that name their field.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use agency_kit::Options;
use agency_kit::google::date;
use proto::loket::v1::decision::Result as DecisionResult;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_types::StatusExt;
use vehicles::wire::vehicles_service_client::VehiclesServiceClient;
use vehicles::wire::{
    CancelLicenceWithdrawalRequest, GetLicenceWithdrawalStatusRequest, ListVehiclesOfMoversRequest, Mover,
    WithdrawLicenceRequest,
};

struct Running {
    client: VehiclesServiceClient<Channel>,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), vehicles::Error>>,
}

impl Running {
    async fn start(data: &std::path::Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = Options {
            listen: address,
            data: data.to_owned(),
            desk: None,
            token_file: None,
            lease: std::time::Duration::from_secs(15),
            work_time: agency_kit::WORK_TIME,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(vehicles::serve(
            options,
            listener,
            Box::pin(async {
                let _ = stopped.await;
            }),
        ));
        let client = VehiclesServiceClient::connect(format!("http://{address}")).await.unwrap();
        Self { client, stop, ended }
    }

    async fn stop(self) {
        drop(self.client);
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

fn withdrawal(key: &str, number: Option<&str>) -> Request<WithdrawLicenceRequest> {
    let mut request = Request::new(WithdrawLicenceRequest {
        person_number: number.map(str::to_owned),
        death_record: "D-1".to_owned(),
        death_date: Some(date(jiff::civil::date(2026, 11, 20))),
    });
    request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn the_same_key_answers_the_same_also_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Running::start(data.path()).await;
    let answer =
        first.client.withdraw_licence(withdrawal("k1", Some("999000008"))).await.unwrap().into_inner();
    assert_eq!(answer.decision.as_ref().unwrap().result(), DecisionResult::Granted);
    first.stop().await;
    let mut again = Running::start(data.path()).await;
    let repeated =
        again.client.withdraw_licence(withdrawal("k1", Some("999000008"))).await.unwrap().into_inner();
    assert_eq!(repeated, answer);
    let status = GetLicenceWithdrawalStatusRequest { idempotency_key: "k1".to_owned() };
    assert_eq!(again.client.get_licence_withdrawal_status(status).await.unwrap().into_inner(), answer);
    let other = again.client.withdraw_licence(withdrawal("k1", Some("999000004"))).await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    again.stop().await;
}

#[tokio::test]
async fn a_cancelled_withdrawal_is_undone_and_refused_ever_after() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    running.client.withdraw_licence(withdrawal("k1", Some("999000008"))).await.unwrap();
    let cancel = CancelLicenceWithdrawalRequest { idempotency_key: "k1".to_owned() };
    assert!(running.client.cancel_licence_withdrawal(cancel.clone()).await.unwrap().into_inner().undone);
    assert!(!running.client.cancel_licence_withdrawal(cancel).await.unwrap().into_inner().undone);
    let late = running.client.withdraw_licence(withdrawal("k1", Some("999000008"))).await.unwrap_err();
    assert_eq!(
        (late.code(), late.get_details_error_info().unwrap().reason.as_str()),
        (Code::Aborted, "TOMBSTONED")
    );
    let anew =
        running.client.withdraw_licence(withdrawal("k2", Some("999000008"))).await.unwrap().into_inner();
    assert_eq!(anew.decision.unwrap().result(), DecisionResult::Granted, "the cancel gave the licence back");
    running.stop().await;
}

#[tokio::test]
async fn the_vehicles_of_movers_are_those_of_who_was_registered_at_an_address_that_is_no_secret() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let mover = |number: &str, registered: bool| Mover {
        person_number: number.to_owned(),
        resident_from: registered.then(|| date(jiff::civil::date(2026, 12, 1))),
        protected: None,
    };
    let secret = Mover { protected: Some(true), ..mover("999000008", true) };
    let movers = vec![mover("999000004", true), mover("999000003", false), secret];
    let request = ListVehiclesOfMoversRequest { movers };
    let vehicles = running.client.list_vehicles_of_movers(request).await.unwrap().into_inner().vehicles;
    let plates: Vec<_> = vehicles.iter().map(|it| it.plate.as_deref().unwrap()).collect();
    assert_eq!(plates, ["XZ-004-A", "XZ-004-B"], "of whose address is secret there is nothing to change");
    running.stop().await;
}

#[tokio::test]
async fn a_missing_field_or_key_is_refused_by_name() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let refused = running.client.withdraw_licence(withdrawal("k1", None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "person_number");
    let keyless = Request::new(withdrawal("k", Some("999000008")).into_inner());
    let refused = running.client.withdraw_licence(keyless).await.unwrap_err();
    assert!(refused.message().contains("loket-idempotency-key"));
    running.stop().await;
}
