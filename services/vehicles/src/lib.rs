//! The vehicle authority: who holds which vehicle, and who may drive.
//!
//! The shortest of the reference ministries, and so the one to read first: [`rules`] decides and knows neither books
//! nor wire; [`records`] is what it keeps; `service` answers calls; `seed` fills the books at the first start. The way
//! in is [`serve`].

use agency_kit::{BookError, Books, Ministry, Options, Promise, ServeError, Serving, Shutdown, consents};
use tokio::net::TcpListener;
use tonic::service::Routes;

pub mod records;
pub mod rules;
mod seed;
mod service;

/// What is generated from the own proto: for the service, and for clients in tests.
pub mod wire {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        clippy::too_many_lines,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/gov.vehicles.v1.rs"));
}

/// The agency.
pub const AGENCY: &str = "vehicles";
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/vehicles.fds"));
const GRANTS: &str = include_str!("../grants.yaml");

/// Why the ministry cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its books cannot be opened or filled.
    #[error(transparent)]
    Books(#[from] BookError),
    /// Its consents are unreadable.
    #[error("grants.yaml is unreadable: {0}")]
    Grants(#[from] serde_saphyr::Error),
    /// The books could not be filled at the first start.
    #[error("the books cannot be filled: {}", .0.message())]
    Seed(tonic::Status),
    /// Serving failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Serves the ministry until `shutdown`.
///
/// # Errors
/// Where its books cannot be opened or its listener fails.
pub fn serve(options: Options, listener: TcpListener, shutdown: Shutdown) -> Serving<Error> {
    Box::pin(served(options, listener, shutdown))
}

async fn served(options: Options, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
    let books = Books::open(&options.data.join("vehicles.redb"))?;
    seed::fill(&books).map_err(Error::Seed)?;
    let titles = [("en", "Vehicle Authority"), ("nl", "Dienst Voertuigen")];
    let registration = options.registration(AGENCY, titles, &[], consents(GRANTS)?);
    let service = service::Vehicles::new(Promise::over(books));
    let ministry = Ministry {
        services: Routes::new(wire::vehicles_service_server::VehiclesServiceServer::new(service)),
        descriptors: DESCRIPTORS,
        names: vec!["gov.vehicles.v1.VehiclesService"],
        registration,
        reports: None,
    };
    Ok(ministry.serve(listener, shutdown).await?)
}
