//! The civil registry running on a free port, and the calls that the tests make.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by the tests beside it, each of which is a crate of its own"
)]

use std::path::Path;
use std::time::Duration;

use agency_kit::Options;
use agency_kit::google::date;
use civil_registry::wire::civil_registry_service_client::CivilRegistryServiceClient;
use civil_registry::wire::{RegisterBirthRequest, RegisterDeathRequest};
use proto::loket::v1::Decision;
use proto::loket::v1::decision::Result as DecisionResult;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::Request;
use tonic::transport::Channel;

/// The registry, running.
pub struct Running {
    /// A client of its service.
    pub client: CivilRegistryServiceClient<Channel>,
    /// The channel of the client.
    pub channel: Channel,
    books: std::path::PathBuf,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), civil_registry::Error>>,
}

impl Running {
    /// Starts it on the books in `data`, with registrars who decide at once.
    pub async fn start(data: &Path) -> Self {
        Self::start_with(data, None, Duration::ZERO).await
    }

    /// Starts it with a desk, and with registrars who take a time.
    pub async fn start_with(data: &Path, desk: Option<String>, work_time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = Options {
            listen: address,
            data: data.to_owned(),
            desk,
            token_file: None,
            lease: Duration::from_secs(15),
            work_time,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(civil_registry::serve(
            options,
            listener,
            Box::pin(async {
                let _ = stopped.await;
            }),
        ));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let books = data.join("civil-registry.redb");
        Self { client: CivilRegistryServiceClient::new(channel.clone()), channel, books, stop, ended }
    }

    /// Ends it, and its books are free again.
    pub async fn stop(self) {
        drop((self.client, self.channel));
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
        // A last look at the worklist may hold them for a moment longer.
        while agency_kit::Books::open(&self.books).is_err() {
            tokio::task::yield_now().await;
        }
    }
}

/// A call with this key that was received on 20 November 2026, a Friday.
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

/// The birth of the first child of Noor van Dijk, whose second parent is married to her.
pub fn birth() -> RegisterBirthRequest {
    RegisterBirthRequest {
        birth_date: Some(date(jiff::civil::date(2026, 11, 20))),
        birth_municipality: "oosterdam".to_owned(),
        birth_order: 1,
        gender: "female".to_owned(),
        given_names: Some("Fien".to_owned()),
        family_name: "van Dijk".to_owned(),
        mother_number: Some("999000001".to_owned()),
        mother_family_name: "van Dijk".to_owned(),
        mother_birth_date: Some(date(jiff::civil::date(1994, 4, 12))),
        second_parent_number: Some("999000002".to_owned()),
        second_parent_family_name: Some("van Dijk".to_owned()),
        second_parent_parentage: Some("marriage".to_owned()),
        ..RegisterBirthRequest::default()
    }
}

/// The death of Hendrik Visser.
pub fn death() -> RegisterDeathRequest {
    RegisterDeathRequest {
        person_number: Some("999000008".to_owned()),
        family_name: "Visser".to_owned(),
        birth_date: Some(date(jiff::civil::date(1941, 2, 9))),
        death_date: Some(date(jiff::civil::date(2026, 11, 20))),
        death_municipality: "oosterdam".to_owned(),
        death_certificate: "DC-2026-000123".to_owned(),
        contact_number: Some("999000009".to_owned()),
        ..RegisterDeathRequest::default()
    }
}

/// The result and the codes of the reasons.
pub fn said(decision: Option<&Decision>) -> (DecisionResult, Vec<&str>) {
    let decision = decision.unwrap();
    (decision.result(), decision.reasons.iter().map(|it| it.code.as_str()).collect())
}
