//! A gateway's portal and operations services on a port of their own, behind the door, with the small country behind
//! them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use casestore::CaseStore;
use casestore::memory::Memory;
use casework::dictionary::Assurance;
use gateway::agencies::Agencies;
use gateway::callers::{Callers, DoorLayer};
use gateway::caseworker::Caseworker;
use gateway::issuer::{Issuer, TokenRequest, TokenRole};
use gateway::operations::{CaseOperationsServiceImpl, RegistryServiceImpl, SandboxServiceImpl};
use gateway::portal::{CaseServiceImpl, Counter, LifeEventServiceImpl};
use gateway::seal::Keyring;
use proto::loket::operations::v1::case_operations_service_client::CaseOperationsServiceClient;
use proto::loket::operations::v1::case_operations_service_server::CaseOperationsServiceServer;
use proto::loket::operations::v1::registry_service_client::RegistryServiceClient;
use proto::loket::operations::v1::registry_service_server::RegistryServiceServer;
use proto::loket::operations::v1::sandbox_service_client::SandboxServiceClient;
use proto::loket::operations::v1::sandbox_service_server::SandboxServiceServer;
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::case_service_server::CaseServiceServer;
use proto::loket::portal::v1::life_event_service_client::LifeEventServiceClient;
use proto::loket::portal::v1::life_event_service_server::LifeEventServiceServer;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Server};
use tonic::{Request, Status};

use crate::country;
use crate::ministries::Ministries;

/// A citizen's number.
pub(crate) const KEEPER: &str = "999990019";
/// Their partner's.
pub(crate) const PARTNER: &str = "999990027";
/// Somebody else's.
pub(crate) const STRANGER: &str = "999990035";

pub(crate) type Bearing = InterceptedService<Channel, Bearer>;

/// Puts a token into every call.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<tonic::metadata::Ascii>>);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// The gateway under test.
pub(crate) struct World {
    pub(crate) ministries: Arc<Ministries>,
    pub(crate) closing: CancellationToken,
    pub(crate) channel: Channel,
    issuer: Issuer,
    _keys: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Ministries::new(&[], false)).await
    }

    pub(crate) async fn with(ministries: Ministries) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let store: Arc<dyn CaseStore> = Arc::new(Memory::new());
        let keyring = Arc::new(Keyring::open(keys.path(), store.clone()).await.unwrap());
        let registry = country::registry(store.clone()).await;
        let ministries = Arc::new(ministries);
        let caseworker =
            Caseworker::with(store.clone(), keyring.clone(), Arc::new(registry.clone()), ministries.clone());
        let delivering = caseworker.deliveries();
        let issuer = Issuer::open(keys.path()).unwrap();
        let callers = Callers::trust(issuer.trusted()).await.unwrap();
        let closing = CancellationToken::new();
        let ended = closing.clone();
        tokio::spawn(async move { ended.run_until_cancelled(delivering.run()).await });
        let counter =
            Counter::new(caseworker.clone(), registry.clone(), store.clone(), keyring, closing.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder()
            .layer(DoorLayer::new(callers))
            .add_service(LifeEventServiceServer::new(LifeEventServiceImpl::new(registry.clone())))
            .add_service(CaseServiceServer::new(CaseServiceImpl::new(counter)))
            .add_service(CaseOperationsServiceServer::new(CaseOperationsServiceImpl::new(
                caseworker.clone(),
                registry.clone(),
                store.durability(),
            )))
            .add_service(RegistryServiceServer::new(RegistryServiceImpl::new(
                registry.clone(),
                Agencies::new(registry.clone()),
            )))
            .add_service(SandboxServiceServer::new(SandboxServiceImpl::new(store, false)));
        let ended = closing.clone();
        tokio::spawn(async move {
            server.serve_with_incoming_shutdown(TcpListenerStream::new(listener), ended.cancelled()).await
        });
        let channel = connect(address).await;
        Self { ministries, closing, channel, issuer, _keys: keys }
    }

    pub(crate) fn bearer(&self, role: Option<TokenRole>) -> Bearer {
        Bearer(role.map(|role| {
            let token = self.issuer.token(&TokenRequest { role, lifetime: None }).unwrap();
            format!("Bearer {token}").parse().unwrap()
        }))
    }

    /// Cases as this caller sees them.
    pub(crate) fn cases(&self, role: TokenRole) -> CaseServiceClient<Bearing> {
        CaseServiceClient::with_interceptor(self.channel.clone(), self.bearer(Some(role)))
    }

    /// Cases as the citizen with this number sees them.
    pub(crate) fn citizen(&self, number: &str) -> CaseServiceClient<Bearing> {
        self.cases(TokenRole::citizen(number))
    }

    /// Life events, as nobody in particular sees them.
    pub(crate) fn life_events(&self) -> LifeEventServiceClient<Bearing> {
        LifeEventServiceClient::with_interceptor(self.channel.clone(), self.bearer(None))
    }

    /// Case operations, by an operator who may do everything.
    pub(crate) fn operations(&self) -> CaseOperationsServiceClient<Bearing> {
        CaseOperationsServiceClient::with_interceptor(self.channel.clone(), self.bearer(Some(operator())))
    }

    /// The registry, by this caller.
    pub(crate) fn registry_of(&self, role: TokenRole) -> RegistryServiceClient<Bearing> {
        RegistryServiceClient::with_interceptor(self.channel.clone(), self.bearer(Some(role)))
    }

    /// The sandbox.
    pub(crate) fn sandbox(&self) -> SandboxServiceClient<Bearing> {
        SandboxServiceClient::with_interceptor(self.channel.clone(), self.bearer(Some(operator())))
    }

    /// The keeper's case, opened.
    pub(crate) async fn open(&self, request_id: &str, report: pb::Report) -> pb::OpenCaseResponse {
        self.citizen(KEEPER).open_case(opening(request_id, report)).await.unwrap().into_inner()
    }

    /// The case as the citizen sees it, once it is as wanted.
    pub(crate) async fn until(
        &self,
        number: &str,
        name: &str,
        wanted: impl Fn(&pb::Case) -> bool,
    ) -> pb::Case {
        let request = pb::WatchCaseRequest { name: name.to_owned(), ..Default::default() };
        let mut watch = self.citizen(number).watch_case(request).await.unwrap().into_inner();
        let mut last = None;
        let look = async {
            while let Some(told) = watch.message().await.unwrap() {
                let case = told.case.unwrap();
                if wanted(&case) {
                    return case;
                }
                last = Some(case);
            }
            panic!("the watch ended");
        };
        match tokio::time::timeout(Duration::from_secs(20), look).await {
            Ok(case) => case,
            Err(_) => panic!("the case never became so: {last:#?}"),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

async fn connect(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// An operator who may do everything.
pub(crate) fn operator() -> TokenRole {
    TokenRole::Operator { subject: "op-1".to_owned(), roles: Vec::new() }
}

/// A citizen without a number.
pub(crate) fn unnumbered(subject: &str) -> TokenRole {
    TokenRole::Citizen {
        subject: subject.to_owned(),
        person: None,
        assurance: Assurance::High,
        portal: "web".to_owned(),
    }
}

pub(crate) fn text(text: &str) -> pb::Value {
    pb::Value { kind: Some(pb::value::Kind::Text(text.to_owned())) }
}

/// A dog as a report mentions it.
pub(crate) fn dog(chip: &str, name: &str) -> pb::Member {
    let facts = [("dog.chip", chip), ("dog.name", name)];
    pb::Member {
        role: "dog".to_owned(),
        facts: facts.map(|(fact, value)| (fact.to_owned(), text(value))).into_iter().collect(),
    }
}

/// What the keeper of one dog reports.
pub(crate) fn report() -> pb::Report {
    let facts = [("keeper.number", KEEPER), ("keeping.since", "2026-11-20")];
    pb::Report {
        role: "keeper".to_owned(),
        facts: facts.map(|(fact, value)| (fact.to_owned(), text(value))).into_iter().collect(),
        members: vec![dog("chip-1", "Bello")],
    }
}

/// The same, with a partner.
pub(crate) fn report_of_two() -> pb::Report {
    let mut report = report();
    report.facts.insert("partner.number".to_owned(), text(PARTNER));
    report
}

pub(crate) fn opening(request_id: &str, report: pb::Report) -> pb::OpenCaseRequest {
    pb::OpenCaseRequest {
        request_id: request_id.to_owned(),
        life_event: "lifeEvents/pet".to_owned(),
        report: Some(report),
        language: "en".to_owned(),
        wait: None,
    }
}

/// The step of this service.
pub(crate) fn step<'c>(case: &'c pb::Case, service: &str) -> &'c pb::Step {
    case.steps
        .iter()
        .find(|step| step.service == service)
        .unwrap_or_else(|| panic!("no {service} in {case:#?}"))
}

/// The reason in a status.
pub(crate) fn reason(status: &Status) -> gateway::reasons::Reason {
    gateway::reasons::Refusal::of(status).reason
}
