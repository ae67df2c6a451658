//! The population register: who lives where, with which number, and whom the law protects.
//!
//! [`rules`] decide and know neither books nor wire; [`records`] are what it keeps; `service` answers calls; `seed`
//! fills the books at the first start with the invented population and its dwellings. The way in is [`serve`].

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
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/gov.population.v1.rs"));
}

/// The agency.
pub const AGENCY: &str = "population-register";
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/population-register.fds"));
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
    let books = Books::open(&options.data.join("population-register.redb"))?;
    seed::fill(&books).map_err(Error::Seed)?;
    let titles = [("en", "Population Register"), ("nl", "Bevolkingsregister")];
    let registration = options.registration(AGENCY, titles, &[], consents(GRANTS)?);
    let service = service::PopulationRegister::new(Promise::over(books));
    let ministry = Ministry {
        services: Routes::new(
            wire::population_register_service_server::PopulationRegisterServiceServer::new(service),
        ),
        descriptors: DESCRIPTORS,
        names: vec!["gov.population.v1.PopulationRegisterService"],
        registration,
        reports: None,
    };
    Ok(ministry.serve(listener, shutdown).await?)
}
