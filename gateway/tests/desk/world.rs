//! A desk, a caseworker behind it, and the library.

use std::sync::Arc;

use casestore::CaseId;
use casework::case::StepState;
use casework::entry::Actor;
use casework::input::{Given, Report};
use casework::name::{PartyId, StepId};
use casework::value::Value;
use gateway::agencies::Agencies;
use gateway::callers::{Callers, DoorLayer};
use gateway::cases::CaseFile;
use gateway::caseworker::{Caseworker, Opening, Reporter};
use gateway::desk::DeskServiceImpl;
use gateway::issuer::{Issuer, TokenRequest, TokenRole};
use gateway::registry::Registry;
use gateway::seal::Keyring;
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::desk::v1::desk_service_server::DeskServiceServer;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Server};
use tonic::{Request, Status};

use crate::ministry::*;

pub(crate) type Desk = DeskServiceClient<InterceptedService<Channel, Bearer>>;

/// Puts a token into every call.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<Ascii>>);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) caseworker: Caseworker,
    channel: Channel,
    issuer: Issuer,
    _keys: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let store = store().await;
        let keyring = Arc::new(Keyring::open(keys.path(), store.clone()).await.unwrap());
        let registry = registry(store.clone(), quick()).await;
        let agencies = Agencies::new(registry.clone());
        let caseworker = Caseworker::new(store, keyring.clone(), registry.clone(), agencies);
        let issuer = Issuer::open(keys.path()).unwrap();
        let callers = Callers::trust(issuer.trusted()).await.unwrap();
        let desk = DeskServiceImpl::new(registry.clone(), caseworker.clone(), keyring);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let server =
            Server::builder().layer(DoorLayer::new(callers)).add_service(DeskServiceServer::new(desk));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let channel = Channel::from_shared(uri).unwrap().connect().await.unwrap();
        Self { registry, caseworker, channel, issuer, _keys: keys }
    }

    /// The desk, as this caller sees it.
    pub(crate) fn desk(&self, role: Option<TokenRole>) -> Desk {
        let bearer = role.map(|role| {
            let token = self.issuer.token(&TokenRequest { role, lifetime: None }).unwrap();
            format!("Bearer {token}").parse().unwrap()
        });
        DeskServiceClient::with_interceptor(self.channel.clone(), Bearer(bearer))
    }

    /// The desk, as an agency sees it.
    pub(crate) fn agency(&self, agency: &str) -> Desk {
        self.desk(Some(TokenRole::Agency { agency: agency.parse().unwrap() }))
    }

    /// The library, registered at the desk.
    pub(crate) async fn library(&self, answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Ministry {
        let library = Ministry::library(Reflection::V1, answer).await;
        self.agency("library").register_agency(library.registration()).await.unwrap();
        until(&self.registry, |snapshot| snapshot.offers.0.values().flatten().any(|offer| offer.live)).await;
        library
    }

    /// A case of somebody who joins the library.
    pub(crate) async fn open(&self) -> CaseId {
        let person = PartyId { role: "person".parse().unwrap(), member: None };
        let facts = [
            ("person.number", Value::Person("999990019".to_owned())),
            ("joining.date", Value::Date("2026-11-20".parse().unwrap())),
        ];
        let given = facts.map(|(name, value)| (name.parse().unwrap(), Given::Value(value)));
        let opening = Opening {
            request_id: "r-1".to_owned(),
            reporter: Reporter {
                subject: "a citizen".to_owned(),
                actor: Actor::Party { party: Some(person.clone()), portal: "a portal".to_owned() },
                person: Some("999990019".to_owned()),
            },
            life_event: "joining".parse().unwrap(),
            report: Report { reporter: Some(person), facts: given.into(), ..Report::default() },
        };
        self.caseworker.open(opening).await.unwrap().file.id
    }

    /// The case, once its step of this service is as wanted.
    pub(crate) async fn until_step(
        &self,
        case: CaseId,
        service: &str,
        wanted: impl Fn(&StepState) -> bool,
    ) -> CaseFile {
        let step = StepId { service: service.parse().unwrap(), member: None };
        let looking = async {
            loop {
                let file = self.caseworker.read(case).await.unwrap();
                if file.case.steps.get(&step).is_some_and(|step| wanted(&step.state)) {
                    return file;
                }
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_| panic!("{service} never became what the test waits for"))
    }
}

/// A library that enrols everybody and takes days to lend.
pub(crate) fn slow_library(call: &Call) -> Reply {
    Reply::Ok(match call.path.rsplit('/').next().unwrap() {
        "Enrol" => {
            library("library.v1.EnrolResponse", r#"{"card": "L-1", "books": [{"title": "Max Havelaar"}]}"#)
        }
        _ => library("google.longrunning.Operation", r#"{"name": "operations/7"}"#),
    })
}
