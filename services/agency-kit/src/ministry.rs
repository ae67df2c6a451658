//! Serving a ministry: its own services, reflection, health, traces, and registration.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::desk::Registration;
use crate::reports::Reports;

/// Most calls that a ministry works on at once; beyond it callers wait their turn.
const CALLS_MAX: usize = 256;

/// Ends when a ministry is asked to. Boxed, as [`Serving`] is, so that a server is compiled with its ministry and not
/// once more in each program that starts it.
pub type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A ministry being served: it ends after [`Shutdown`] and the calls under way.
pub type Serving<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

/// A ministry that is ready to be served.
pub struct Ministry {
    /// Its own services, as tonic routes.
    pub services: Routes,
    /// The descriptors of its services and all they import, options kept: what reflection answers.
    pub descriptors: &'static [u8],
    /// Full names of its services, for health.
    pub names: Vec<&'static str>,
    /// How it registers; none: it does not.
    pub registration: Option<Registration>,
    /// What it still has to report back to the desk.
    pub reports: Option<Reports>,
}

/// Why a ministry cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The descriptors are unreadable.
    #[error("the descriptors for reflection are unreadable: {0}")]
    Descriptors(#[from] tonic_reflection::server::Error),
    /// The listener has no address.
    #[error("the listener has no address: {0}")]
    Listener(#[from] std::io::Error),
    /// The server ended.
    #[error("the server ended: {0}")]
    Server(#[from] tonic::transport::Error),
}

impl Ministry {
    /// Serves until `shutdown`, then finishes the calls it has.
    ///
    /// # Errors
    /// Where the descriptors are unreadable or the listener fails.
    #[must_use]
    pub fn serve(self, listener: TcpListener, shutdown: Shutdown) -> Serving<ServeError> {
        Box::pin(self.served(listener, shutdown))
    }

    async fn served(self, listener: TcpListener, shutdown: Shutdown) -> Result<(), ServeError> {
        let address = listener.local_addr()?;
        let v1 = self.reflection().build_v1()?;
        let v1alpha = self.reflection().build_v1alpha()?;
        let (health, health_service) = tonic_health::server::health_reporter();
        for name in &self.names {
            health.set_service_status(*name, tonic_health::ServingStatus::Serving).await;
        }
        let registration = self.registration.map(|it| tokio::spawn(it.keep(format!("http://{address}"))));
        let reports = self.reports.map(|it| tokio::spawn(it.deliver()));
        tracing::info!(%address, "serving");
        let incoming = TcpListenerStream::new(listener);
        // Whether it is well, and what its contract is, is answered however many calls wait their turn.
        let limit = tower::limit::GlobalConcurrencyLimitLayer::new(CALLS_MAX);
        let services = Routes::from(self.services.into_axum_router().layer(limit));
        let served = Server::builder()
            .layer(crate::telemetry::TraceLayer)
            .tcp_nodelay(true)
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .max_concurrent_streams(Some(256))
            .add_routes(services.add_service(v1).add_service(v1alpha).add_service(health_service))
            .serve_with_incoming_shutdown(incoming, shutdown)
            .await;
        for task in [registration, reports].into_iter().flatten() {
            task.abort();
        }
        Ok(served?)
    }

    fn reflection(&self) -> tonic_reflection::server::Builder<'static> {
        tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(self.descriptors)
    }
}
