//! The population register running on a free port, and the calls that the tests make.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by the tests beside it, each of which is a crate of its own"
)]

use std::path::Path;
use std::time::Duration;

use agency_kit::google::{address, types::Date as WireDate};
use agency_kit::{Options, WORK_TIME};
use population_register::wire::population_register_service_client::PopulationRegisterServiceClient;
use population_register::wire::{
    Dwelling, FindDwellingRequest, GetPersonRecordRequest, IssueNumberRequest, PersonRecord,
    RegisterMoveRequest,
};
use proto::loket::v1::Decision;
use proto::loket::v1::decision::Result as DecisionResult;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::Request;
use tonic::transport::Channel;

/// Eva Bakker, her husband Daan, and their children Lotte, Bram and Mila.
pub const BAKKERS: [&str; 5] = ["999000003", "999000004", "999000005", "999000006", "999000007"];
/// A client of the register.
pub type Client = PopulationRegisterServiceClient<Channel>;

/// The register, running.
pub struct Running {
    /// A client of its service.
    pub client: Client,
    /// The channel of the client.
    pub channel: Channel,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), population_register::Error>>,
}

impl Running {
    /// Starts it on the books in `data`.
    pub async fn start(data: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = Options {
            listen: address,
            data: data.to_owned(),
            desk: None,
            token_file: None,
            lease: Duration::from_secs(15),
            work_time: WORK_TIME,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(population_register::serve(
            options,
            listener,
            Box::pin(async {
                let _ = stopped.await;
            }),
        ));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { client: Client::new(channel.clone()), channel, stop, ended }
    }

    /// Ends it, and its books are free again.
    pub async fn stop(self) {
        drop((self.client, self.channel));
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

/// A call with this key that was received on 20 November 2026.
pub fn call<T>(key: &str, message: T) -> Request<T> {
    received("2026-11-20T09:30:00Z", key, message)
}

/// A call with this key that was received at this moment.
pub fn received<T>(at: &str, key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
    request.metadata_mut().insert("loket-received-at", at.parse().unwrap());
    request
}

/// A whole date.
pub fn day(year: i32, month: i32, day: i32) -> WireDate {
    WireDate { year, month, day }
}

/// The result and the codes of the reasons.
pub fn said(decision: Option<&Decision>) -> (DecisionResult, Vec<&str>) {
    let decision = decision.unwrap();
    (decision.result(), decision.reasons.iter().map(|it| it.code.as_str()).collect())
}

/// What the register holds of somebody on a day.
pub async fn person(client: &mut Client, on: &str, number: &str) -> PersonRecord {
    let request = GetPersonRecordRequest { person_number: Some(number.to_owned()) };
    client.get_person_record(received(on, "read", request)).await.unwrap().into_inner()
}

/// The dwelling at a place, found for a declarant.
pub async fn dwelling(
    client: &mut Client,
    declarant: &str,
    postal_code: &str,
    house_number: &str,
) -> Dwelling {
    let request = FindDwellingRequest {
        postal_code: postal_code.to_owned(),
        house_number: house_number.to_owned(),
        occupancy_proof: None,
        declarant_number: declarant.to_owned(),
        move_date: Some(day(2026, 12, 1)),
    };
    client.find_dwelling(call("read", request)).await.unwrap().into_inner()
}

/// A move that Eva Bakker reports, to a dwelling that the register has.
pub fn moving(mover: &str, to: &Dwelling) -> RegisterMoveRequest {
    RegisterMoveRequest {
        person_number: mover.to_owned(),
        declarant_number: BAKKERS[0].to_owned(),
        move_date: Some(day(2026, 12, 1)),
        new_address: to.address.clone(),
        new_municipality: to.municipality.clone().unwrap_or_default(),
        dwelling: to.dwelling.clone(),
        address_confirmed: None,
        occupancy_proof: None,
        move_in_consent: to.move_in_consent.unwrap_or(false),
    }
}

/// A newborn of Noor van Dijk.
pub fn newborn(birth_record: &str) -> IssueNumberRequest {
    IssueNumberRequest {
        birth_record: birth_record.to_owned(),
        birth_date: Some(day(2026, 11, 20)),
        registered_name: Some("Fien van Dijk".to_owned()),
        gender: "female".to_owned(),
        mother_number: Some("999000001".to_owned()),
        mother_address: Some(address("Havenstraat 12", "1000 XZ", "Oosterdam", "oosterdam")),
        mother_protected: Some(false),
        second_parent_number: Some("999000002".to_owned()),
        second_parent_parentage: Some("marriage".to_owned()),
    }
}
