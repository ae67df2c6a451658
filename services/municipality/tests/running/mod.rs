//! The three municipalities running on free ports, and the calls that the tests make.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by the tests beside it, each of which is a crate of its own"
)]

use std::path::Path;
use std::time::Duration;

use agency_kit::Options;
use agency_kit::google::{address, types::Date as WireDate};
use municipality::Place;
use municipality::wire::municipality_service_client::MunicipalityServiceClient;
use municipality::wire::{
    InvestigateAddressRequest, PermitBurialRequest, ReleaseResidentRequest, WelcomeNewbornRequest,
    WelcomeResidentRequest,
};
use proto::loket::v1::Decision;
use proto::loket::v1::decision::Result as DecisionResult;
use tokio::sync::oneshot;
use tonic::Request;
use tonic::transport::Channel;

/// A client of one municipality.
pub type Client = MunicipalityServiceClient<Channel>;

/// The three municipalities, running.
pub struct Running {
    channels: Vec<Channel>,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), municipality::Error>>,
}

impl Running {
    /// Starts them on the books in `data`, with inspectors who decide at once.
    pub async fn start(data: &Path) -> Self {
        Self::start_with(data, None, Duration::ZERO).await
    }

    /// Starts them with a desk, and with inspectors who take a time.
    pub async fn start_with(data: &Path, desk: Option<String>, work_time: Duration) -> Self {
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: data.to_owned(),
            desk,
            token_file: None,
            lease: Duration::from_secs(15),
            work_time,
        };
        let listeners = municipality::listeners(&options).await.unwrap();
        let addresses: Vec<_> = listeners.iter().map(|it| it.local_addr().unwrap()).collect();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(municipality::serve(
            options,
            listeners,
            Box::pin(async {
                let _ = stopped.await;
            }),
        ));
        let mut channels = Vec::new();
        for address in addresses {
            let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
            channels.push(endpoint.connect().await.unwrap());
        }
        Self { channels, stop, ended }
    }

    /// The channel to one of them.
    pub fn channel(&self, of: Place) -> Channel {
        self.channels[Place::ALL.iter().position(|it| *it == of).unwrap()].clone()
    }

    /// A client of one of them.
    pub fn client(&self, of: Place) -> Client {
        Client::new(self.channel(of))
    }

    /// Ends them, and their books are free again.
    pub async fn stop(self) {
        drop(self.channels);
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

/// A call with this key that was received on 20 November 2026, a Friday.
pub fn call<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
    request.metadata_mut().insert("loket-received-at", "2026-11-20T09:30:00Z".parse().unwrap());
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

/// The welcome of a child of one birth.
pub fn newborn(place: Place, number: &str, birth_order: i64) -> WelcomeNewbornRequest {
    WelcomeNewbornRequest {
        person_number: number.to_owned(),
        municipality: place.code().to_owned(),
        birth_date: Some(day(2026, 11, 20)),
        birth_order,
    }
}

/// An adult who arrives at a new address.
pub fn arrival(place: Place, number: &str) -> WelcomeResidentRequest {
    WelcomeResidentRequest {
        person_number: number.to_owned(),
        resident_from: Some(day(2026, 12, 1)),
        minor: false,
        protected: None,
        municipality: place.code().to_owned(),
        new_address: Some(address("Nieuwe Kade 7", "3012 AB", "Westerveen", place.code())),
    }
}

/// Somebody who leaves.
pub fn departure(place: Place, number: &str) -> ReleaseResidentRequest {
    ReleaseResidentRequest {
        person_number: number.to_owned(),
        resident_from: Some(day(2026, 12, 1)),
        municipality: place.code().to_owned(),
    }
}

/// A burial of somebody who died on the day of receipt.
pub fn burial(place: Place, record: &str) -> PermitBurialRequest {
    PermitBurialRequest {
        death_record: record.to_owned(),
        death_date: Some(day(2026, 11, 20)),
        death_municipality: place.code().to_owned(),
        death_unnatural: None,
        contact_number: Some("999000009".to_owned()),
    }
}

/// A houseboat that is in no register of addresses.
pub fn houseboat(place: Place, postal_code: &str) -> InvestigateAddressRequest {
    InvestigateAddressRequest {
        address: Some(address("Steiger 7-B", postal_code, "Westerveen", place.code())),
        municipality: place.code().to_owned(),
        postal_code: postal_code.to_owned(),
        house_number: "7-B".to_owned(),
    }
}
