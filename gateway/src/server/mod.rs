//! The three ports: public for portals, operations, and the desk of the agencies. Each speaks gRPC (with health and
//! reflection), gRPC-Web and REST on one listener, within the same limits.

mod bounds;
mod connections;
mod edge;
mod peer;
mod rates;
mod reflection;
mod refusing;
mod wording;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use prost_reflect::DescriptorPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::RoutesBuilder;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, HealthService};
use tower::{ServiceBuilder, ServiceExt, service_fn};

pub use peer::Peer;

use crate::callers::rights::RIGHTS;
use crate::callers::{Callers, DoorLayer};
use crate::config::{Config, Limits};
use crate::reasons::{Reason, status};
use crate::rest::{Inside, Rest, RuleError, problem};
use crate::telemetry::{CallLayer, MethodNames};

/// How long what is aborted may take to notice.
const ABORT_TIME: Duration = Duration::from_secs(1);

/// The listeners of a gateway.
#[derive(Debug)]
pub struct Listeners {
    /// Portals.
    pub public: TcpListener,
    /// Operators.
    pub operations: TcpListener,
    /// Agencies.
    pub desk: TcpListener,
}

/// Why the ports cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address cannot be listened on.
    #[error("`{option}` = {address} cannot be listened on: {reason}; is another gateway running?")]
    Bind {
        /// The option.
        option: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// The contract cannot be read; a fault of the program.
    #[error("the contract's descriptors cannot be read: {0}")]
    Contract(#[from] prost_reflect::DescriptorError),
    /// The contract's REST rules cannot be served; a fault of the program.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The contract's descriptors cannot be told of; a fault of the program.
    #[error("the contract's descriptors cannot be told of: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

impl Listeners {
    /// Listens on the three configured addresses.
    ///
    /// # Errors
    /// [`ServerError::Bind`], which names the option.
    pub async fn bind(config: &Config) -> Result<Self, ServerError> {
        Ok(Self {
            public: bind("public", config.public).await?,
            operations: bind("operations", config.operations).await?,
            desk: bind("desk", config.desk).await?,
        })
    }

    /// Where they listen: public, operations, desk.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn addresses(&self) -> io::Result<[SocketAddr; 3]> {
        Ok([self.public.local_addr()?, self.operations.local_addr()?, self.desk.local_addr()?])
    }
}

async fn bind(option: &'static str, address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|reason| ServerError::Bind { option, address, reason })
}

/// What a port serves.
pub(crate) struct Port {
    /// The services, by full name: those that are told of and transcoded.
    pub services: &'static [&'static str],
    /// The services themselves.
    pub routes: RoutesBuilder,
    /// Largest body of a REST request, in bytes.
    pub max_body: usize,
    /// Origins that may call from a browser.
    pub origins: Vec<String>,
    /// What else is served over plain HTTP.
    pub extras: Router,
}

/// All ports of a gateway, from the first that opens until they close together.
pub(crate) struct Server {
    pool: DescriptorPool,
    names: MethodNames,
    limits: Arc<Limits>,
    reflection: bool,
    callers: Callers,
    bounds: bounds::Bounds,
    rates: rates::Rates,
    health: HealthReporter,
    served: Vec<&'static str>,
    ends: connections::Ends,
    tasks: TaskTracker,
}

impl Server {
    /// A server of no port yet.
    ///
    /// # Errors
    /// [`ServerError::Contract`].
    pub(crate) fn new(config: &Config, callers: Callers) -> Result<Self, ServerError> {
        let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET)?;
        let closing = CancellationToken::new();
        let rates = rates::Rates::new(&config.limits);
        let ends = connections::Ends { closing: closing.clone(), over: CancellationToken::new() };
        let tasks = TaskTracker::new();
        let (tidy, over) = (rates.clone().tidy(), closing.clone());
        tasks.spawn(async move { over.run_until_cancelled(tidy).await });
        Ok(Self {
            names: MethodNames::of(&pool),
            bounds: bounds::Bounds::new(&pool, &config.limits, closing),
            limits: Arc::new(config.limits.clone()),
            reflection: config.reflection,
            callers,
            rates,
            health: HealthReporter::new(),
            served: vec![""],
            ends,
            tasks,
            pool,
        })
    }

    /// Opens a port: it answers when this returns.
    ///
    /// # Errors
    /// [`ServerError`], a fault of the program.
    pub(crate) async fn open(&mut self, listener: TcpListener, port: Port) -> Result<(), ServerError> {
        let mut routes = port.routes;
        let health = HealthService::from_health_reporter(self.health.clone());
        routes.add_service(tonic_health::pb::health_server::HealthServer::new(health));
        if self.reflection && !port.services.is_empty() {
            reflection::add(&mut routes, proto::FILE_DESCRIPTOR_SET, port.services)?;
        }
        let inside = self.inside(routes);
        let rest =
            Rest::new(&self.pool, port.services, inside.clone(), &self.limits, port.max_body, who_may)?;
        let rest = service_fn(move |request: Request<Body>| {
            let rest = rest.clone();
            async move { Ok::<_, Infallible>(edge::unguessed(rest.answer(request).await)) }
        });
        let extras = port.extras.method_not_allowed_fallback(other_method).fallback_service(rest);
        let plain = edge::Plain::new(extras);
        let edge = edge::edge(inside, plain, &port.origins, edge::Sizes::of(&self.limits));
        for name in port.services {
            self.health.set_service_status(*name, ServingStatus::Serving).await;
            self.served.push(name);
        }
        let (limits, ends, tasks) = (Arc::clone(&self.limits), self.ends.clone(), self.tasks.clone());
        self.tasks.spawn(connections::serve(listener, edge, limits, ends, tasks));
        Ok(())
    }

    /// The services with their layers: counted, bounded, behind the door, rated.
    fn inside(&self, routes: RoutesBuilder) -> Inside {
        let layers = ServiceBuilder::new()
            .layer(CallLayer(self.names.clone()))
            .layer(self.bounds.clone())
            .layer(DoorLayer::new(self.callers.clone()))
            .layer(self.rates.clone())
            .layer(wording::Wording);
        let service = layers.service(routes.routes().prepare());
        let service = ServiceExt::<Request<tonic::body::Body>>::map_response(service, boxed);
        Inside::new(service)
    }

    /// Whether the ports are open: cancelled when they begin to close.
    pub(crate) fn closing(&self) -> CancellationToken {
        self.ends.closing.clone()
    }

    /// Closes all ports in order: says so to load balancers, takes nothing new, ends streams, lets calls under way end
    /// within the configured time.
    pub(crate) async fn close(self) {
        for name in &self.served {
            self.health.set_service_status(*name, ServingStatus::NotServing).await;
        }
        self.ends.closing.cancel();
        self.tasks.close();
        if tokio::time::timeout(self.limits.drain(), self.tasks.wait()).await.is_err() {
            tracing::warn!("calls are still under way after the time to end; they are cut off");
            self.ends.over.cancel();
            let _ = tokio::time::timeout(ABORT_TIME, self.tasks.wait()).await;
        }
    }
}

/// The refusal of a path of the extras that has another method.
async fn other_method() -> Response<Body> {
    problem::response(&status(Reason::MethodNotAllowed, "this path has another method"))
}

/// An answer with a body of one type.
fn boxed<B>(response: Response<B>) -> Response<tonic::body::Body>
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    response.map(tonic::body::Body::new)
}

/// Who may call an RPC, in words.
fn who_may(rpc: &str) -> Vec<String> {
    let right = RIGHTS.iter().find(|right| right.rpc == rpc);
    right.map(|right| right.roles.iter().map(|role| role.in_words()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
