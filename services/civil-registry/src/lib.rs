//! The civil registry: records of birth and death, and the questions of family law that they turn on.
//!
//! [`rules`] decide and know neither books nor wire; [`records`] are what it keeps; `service` answers calls; `seed`
//! fills the books at the first start. A marriage concluded abroad is looked at by a registrar: its call is answered
//! with an operation. The way in is [`serve`].

use agency_kit::{
    BookError, Books, Ministry, Options, Promise, Reports, ServeError, Serving, Shutdown, Worklist, consents,
};
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
    include!(concat!(env!("OUT_DIR"), "/gov.civilregistry.v1.rs"));
}

/// The agency.
pub const AGENCY: &str = "civil-registry";
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/civil-registry.fds"));
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
    let books = Books::open(&options.data.join("civil-registry.redb"))?;
    seed::fill(&books).map_err(Error::Seed)?;
    let titles = [("en", "Civil Registry"), ("nl", "Burgerlijke Stand")];
    let registration = options.registration(AGENCY, titles, &[], consents(GRANTS)?);
    let reports = registration.clone().map(|it| Reports::of(books.clone(), it));
    let worklist =
        Worklist::of(service::FOREIGN_MARRIAGE_CHECK, books.clone(), reports.clone(), options.work_time);
    let service = service::CivilRegistry::new(Promise::over(books), worklist.clone());
    let ministry = Ministry {
        services: Routes::new(wire::civil_registry_service_server::CivilRegistryServiceServer::new(service)),
        descriptors: DESCRIPTORS,
        names: vec!["gov.civilregistry.v1.CivilRegistryService"],
        registration,
        reports,
    };
    tokio::select! {
        served = ministry.serve(listener, shutdown) => Ok(served?),
        () = worklist.work(service::conclude_foreign_marriage) => Ok(()),
    }
}
