//! Runs a gateway: opens what it keeps, serves its ports, and ends in order.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use casestore::CaseStore;
use http::StatusCode;
use proto::loket::desk::v1::desk_service_server::DeskServiceServer;
use proto::loket::operations::v1::case_operations_service_server::CaseOperationsServiceServer;
use proto::loket::operations::v1::registry_service_server::RegistryServiceServer;
use proto::loket::operations::v1::sandbox_service_server::SandboxServiceServer;
use proto::loket::portal::v1::case_service_server::CaseServiceServer;
use proto::loket::portal::v1::life_event_service_server::LifeEventServiceServer;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::RoutesBuilder;

use crate::agencies::Agencies;
use crate::alarm::Alarm;
use crate::callers::{Callers, KeySource, KeysError, TrustedIssuer};
use crate::caseworker::{Caseworker, Wakes};
use crate::config::{self, Config};
use crate::desk::DeskServiceImpl;
use crate::issuer::{Issuer, IssuerError, token_routes};
use crate::operations::{CaseOperationsServiceImpl, RegistryServiceImpl, SandboxServiceImpl};
use crate::portal::{CaseServiceImpl, Counter, LifeEventServiceImpl};
use crate::registry::{Publication, Registry, RegistryError, RegistryOptions};
use crate::seal::{Keyring, KeyringError};
use crate::server::{Listeners, Port, Server, ServerError};
use crate::telemetry::{self, ObservedStore, TelemetryError};

/// What a gateway serves to portals.
const PORTAL: &[&str] = &["loket.portal.v1.LifeEventService", "loket.portal.v1.CaseService"];
/// What it serves to operators.
const OPERATIONS: &[&str] = &[
    "loket.operations.v1.CaseOperationsService",
    "loket.operations.v1.RegistryService",
    "loket.operations.v1.SandboxService",
];
/// What it serves to agencies.
const DESK: &[&str] = &["loket.desk.v1.DeskService"];

/// How long calls of agencies that are under way have to end, after the ports are closed.
const CALLS_END: Duration = Duration::from_secs(5);

/// Why a gateway does not run. Each names the option or file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The directory of all state cannot be made.
    #[error("`data_dir` = {path} cannot be made: {reason}")]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Telemetry.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The store.
    #[error("`store`: {0}")]
    Store(#[from] casestore::OpenError),
    /// The keys.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The built-in issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The issuer's keys.
    #[error("`issuer.jwks`: {0}")]
    Keys(#[from] KeysError),
    /// The ports.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The listeners do not tell where they listen.
    #[error("the listeners cannot be used: {0}")]
    Listeners(io::Error),
}

/// A gateway at work. Boxed, so that it is compiled here and not once more in each program that starts one.
pub type Running = Pin<Box<dyn Future<Output = Result<(), RunError>> + Send>>;

/// What a gateway keeps and works with.
struct House {
    store: Arc<dyn CaseStore>,
    keyring: Arc<Keyring>,
    registry: Registry,
    agencies: Agencies,
    caseworker: Caseworker,
}

/// Runs a gateway until `shutdown` is cancelled; it has ended in order when this returns. The listeners accept as soon
/// as everything that answers is open; until then callers wait in their queue.
///
/// # Errors
/// [`RunError`] says what is wrong and the way out. Nothing was served then.
#[must_use]
pub fn run(config: Config, listeners: Listeners, shutdown: CancellationToken) -> Running {
    Box::pin(async move {
        let guard = telemetry::init(&config)?;
        let result = served(&config, listeners, shutdown).await;
        guard.close().await;
        result
    })
}

async fn served(config: &Config, listeners: Listeners, shutdown: CancellationToken) -> Result<(), RunError> {
    let addresses = listeners.addresses().map_err(RunError::Listeners)?;
    for (option, address) in ["public", "operations", "desk"].into_iter().zip(addresses) {
        config::require_loopback(option, &address.ip().to_string())
            .map_err(|error| RunError::Listeners(io::Error::other(error)))?;
    }
    make_private(&config.data_dir)?;
    let house = House::open(config).await?;
    let (callers, issuer) = trust(config, &addresses).await?;
    let mut server = Server::new(config, callers)?;
    let closing = server.closing();
    server.open(listeners.public, public(config, &house, &closing)).await?;
    server.open(listeners.operations, operations(config, &house, &closing, issuer)).await?;
    server.open(listeners.desk, desk(config, &house)).await?;
    let [public, operations, desk] = addresses;
    tracing::info!(%public, %operations, %desk, data_dir = %config.data_dir.display(), "the gateway is open");

    let (chores, stop) = (TaskTracker::new(), CancellationToken::new());
    let alarm = Alarm::new(house.caseworker.clone(), Arc::clone(&house.store));
    let (deliveries, ended) = (house.caseworker.deliveries(), stop.clone());
    chores.spawn(async move { ended.run_until_cancelled(deliveries.run()).await });
    let ended = stop.clone();
    chores.spawn(async move { ended.run_until_cancelled(alarm.run()).await });
    let (wakes, ended) = (Wakes::new(house.caseworker.clone(), house.registry.clone()), stop.clone());
    chores.spawn(async move { ended.run_until_cancelled(wakes.run()).await });

    shutdown.cancelled().await;
    tracing::info!("the gateway is going down");
    server.close().await;
    stop.cancel();
    chores.close();
    chores.wait().await;
    // What is not answered by then is found by whoever looks at the case when it is due.
    let _ = tokio::time::timeout(CALLS_END, house.caseworker.idle()).await;
    tracing::info!("the gateway is closed");
    Ok(())
}

/// Makes the directory of all state, for nobody else to look into.
fn make_private(path: &Path) -> Result<(), RunError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|reason| RunError::DataDir { path: path.to_owned(), reason })
}

impl House {
    async fn open(config: &Config) -> Result<Self, RunError> {
        let mut options = casestore::Options::default();
        options.require = config.require_durability;
        options.fsync = config.fsync;
        let store = casestore::open(&config.store, options).await?;
        let store: Arc<dyn CaseStore> = Arc::new(ObservedStore::new(store, &config.store));
        let keyring = Arc::new(Keyring::open(&config.data_dir, Arc::clone(&store)).await?);
        let publication = match config.publication {
            config::Publication::AutoAdditive => Publication::AutoAdditive,
            config::Publication::TwoPerson => Publication::TwoPerson,
        };
        let options = RegistryOptions { publication, ..RegistryOptions::default() };
        let registry = Registry::open(Arc::clone(&store), options).await?;
        let agencies = Agencies::new(registry.clone());
        let caseworker =
            Caseworker::new(Arc::clone(&store), Arc::clone(&keyring), registry.clone(), agencies.clone());
        Ok(Self { store, keyring, registry, agencies, caseworker })
    }
}

/// Whose tokens are taken; the built-in issuer, where it is.
async fn trust(
    config: &Config,
    addresses: &[SocketAddr],
) -> Result<(Callers, Option<Arc<Issuer>>), RunError> {
    match &config.issuer {
        config::Issuer::BuiltIn => {
            Issuer::only_on_loopback(addresses)?;
            let issuer = Arc::new(Issuer::open(&config.data_dir)?);
            Ok((Callers::trust(issuer.trusted()).await?, Some(issuer)))
        }
        config::Issuer::Oidc { url, jwks, audience } => {
            let keys = match jwks.parse::<http::Uri>() {
                Ok(address) if address.scheme().is_some() => KeySource::Url(address),
                _ => KeySource::File(PathBuf::from(jwks)),
            };
            let issuer = TrustedIssuer { issuer: url.clone(), audience: audience.clone(), keys };
            Ok((Callers::trust(issuer).await?, None))
        }
    }
}

fn public(config: &Config, house: &House, closing: &CancellationToken) -> Port {
    let (most, answer) = (config.limits.max_message_bytes, config.limits.max_answer_bytes);
    let counter = Counter::new(
        house.caseworker.clone(),
        house.registry.clone(),
        Arc::clone(&house.store),
        Arc::clone(&house.keyring),
        closing.clone(),
    );
    let life_events = LifeEventServiceServer::new(LifeEventServiceImpl::new(house.registry.clone()));
    let cases = CaseServiceServer::new(CaseServiceImpl::new(counter));
    let mut routes = RoutesBuilder::default();
    routes.add_service(life_events.max_decoding_message_size(most).max_encoding_message_size(answer));
    routes.add_service(cases.max_decoding_message_size(most).max_encoding_message_size(answer));
    Port {
        services: PORTAL,
        routes,
        max_body: most,
        origins: config.cors_origins.clone(),
        extras: Router::new(),
    }
}

fn operations(
    config: &Config,
    house: &House,
    closing: &CancellationToken,
    issuer: Option<Arc<Issuer>>,
) -> Port {
    let (most, answer) = (config.limits.max_registration_bytes, config.limits.max_answer_bytes);
    let durability = house.store.durability();
    let cases = CaseOperationsServiceImpl::new(house.caseworker.clone(), house.registry.clone(), durability);
    let cases = CaseOperationsServiceServer::new(cases);
    let books = RegistryServiceImpl::new(house.registry.clone(), house.agencies.clone());
    let books = RegistryServiceServer::new(books);
    let sandbox =
        SandboxServiceServer::new(SandboxServiceImpl::new(Arc::clone(&house.store), config.sandbox));
    let mut routes = RoutesBuilder::default();
    routes.add_service(cases.max_decoding_message_size(most).max_encoding_message_size(answer));
    routes.add_service(books.max_decoding_message_size(most).max_encoding_message_size(answer));
    routes.add_service(sandbox.max_decoding_message_size(most).max_encoding_message_size(answer));
    let (registry, closing) = (house.registry.clone(), closing.clone());
    let mut extras = Router::new()
        .route("/metrics", get(|| async { telemetry::prometheus_text() }))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(move || ready(registry.clone(), closing.clone())));
    if let Some(issuer) = issuer {
        extras = extras.merge(token_routes(issuer));
    }
    Port { services: OPERATIONS, routes, max_body: most, origins: Vec::new(), extras }
}

/// Whether a load balancer should send anything here, and why not.
async fn ready(registry: Registry, closing: CancellationToken) -> (StatusCode, &'static str) {
    if closing.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "going down\n")
    } else if registry.confirm().await.is_err() {
        (StatusCode::SERVICE_UNAVAILABLE, "the registry is not confirmed by the store\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

fn desk(config: &Config, house: &House) -> Port {
    let (most, answer) = (config.limits.max_registration_bytes, config.limits.max_answer_bytes);
    let desk =
        DeskServiceImpl::new(house.registry.clone(), house.caseworker.clone(), Arc::clone(&house.keyring));
    let desk = DeskServiceServer::new(desk);
    let mut routes = RoutesBuilder::default();
    routes.add_service(desk.max_decoding_message_size(most).max_encoding_message_size(answer));
    Port { services: DESK, routes, max_body: most, origins: Vec::new(), extras: Router::new() }
}
