//! The municipalities Oosterdam, Westerveen and Zuiderhaven: three agencies in one process, each with an endpoint,
//! books and rules of its own, under one contract.
//!
//! [`rules`] decide and know neither books nor wire; [`records`] are what each keeps; `service` answers calls; `seed`
//! fills the books at the first start. An address that is in no register is looked at by an inspector: its call is
//! answered with an operation. The way in is [`listeners`] and then [`serve`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use agency_kit::{
    BookError, Books, Ministry, Options, Promise, Reports, ServeError, Serving, Shutdown, Worklist, consents,
};
use futures::FutureExt;
use tokio::net::TcpListener;
use tonic::service::Routes;

pub mod records;
pub mod rules;
mod seed;
mod service;

pub use rules::Place;

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
    include!(concat!(env!("OUT_DIR"), "/gov.municipality.v1.rs"));
}

/// What the process is called: the agencies in it are [`AGENCIES`].
pub const AGENCY: &str = "municipality";
/// The agencies, in the order of [`Place::ALL`] and so of the listeners.
pub const AGENCIES: [&str; 3] =
    [Place::Oosterdam.agency(), Place::Westerveen.agency(), Place::Zuiderhaven.agency()];
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/municipality.fds"));
const GRANTS: &str = include_str!("../grants.yaml");

/// Why a municipality cannot be served.
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

/// Binds where the three listen: the port of `options.listen` and the two after it, or any three free ones for
/// port 0.
///
/// # Errors
/// Where a port is taken or not allowed.
pub async fn listeners(options: &Options) -> std::io::Result<[TcpListener; 3]> {
    let bind = |offset: u16| {
        let mut address = options.listen;
        if address.port() != 0 {
            address.set_port(address.port().saturating_add(offset));
        }
        TcpListener::bind(address)
    };
    Ok([bind(0).await?, bind(1).await?, bind(2).await?])
}

/// Serves all three until `shutdown`, in the order of [`AGENCIES`]. Each registers by itself, with a token file of its
/// own beside `options.token_file`: for `tokens/municipality.jwt` that of Oosterdam is
/// `tokens/municipality-oosterdam.jwt`.
///
/// # Errors
/// Where the books of one cannot be opened or its listener fails; the others end then too.
pub fn serve(options: Options, listeners: [TcpListener; 3], shutdown: Shutdown) -> Serving<Error> {
    Box::pin(served(options, listeners, shutdown))
}

async fn served(options: Options, listeners: [TcpListener; 3], shutdown: Shutdown) -> Result<(), Error> {
    let shutdown = shutdown.shared();
    let [oosterdam, westerveen, zuiderhaven] = listeners;
    tokio::try_join!(
        serve_one(Place::Oosterdam, &options, oosterdam, Box::pin(shutdown.clone())),
        serve_one(Place::Westerveen, &options, westerveen, Box::pin(shutdown.clone())),
        serve_one(Place::Zuiderhaven, &options, zuiderhaven, Box::pin(shutdown)),
    )?;
    Ok(())
}

async fn serve_one(
    place: Place,
    options: &Options,
    listener: TcpListener,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let books = Books::open(&options.data.join(format!("{}.redb", place.agency())))?;
    seed::fill(&books, place).map_err(Error::Seed)?;
    let options = Options {
        token_file: options.token_file.as_deref().map(|it| token_file(it, place)),
        ..options.clone()
    };
    let competences = [("municipality/*", place.code())];
    let registration = options.registration(place.agency(), place.titles(), &competences, consents(GRANTS)?);
    let reports = registration.clone().map(|it| Reports::of(books.clone(), it));
    let worklist =
        Worklist::of(service::ADDRESS_INVESTIGATION, books.clone(), reports.clone(), options.work_time);
    let service = service::Municipality::new(place, Promise::over(books), worklist.clone());
    let ministry = Ministry {
        services: Routes::new(wire::municipality_service_server::MunicipalityServiceServer::new(service)),
        descriptors: DESCRIPTORS,
        names: vec!["gov.municipality.v1.MunicipalityService"],
        registration,
        reports,
    };
    tokio::select! {
        served = ministry.serve(listener, shutdown) => Ok(served?),
        () = worklist.work(move |page, key, work| service::conclude_investigation(place, page, key, work)) => Ok(()),
    }
}

/// `municipality.jwt` -> `municipality-oosterdam.jwt`.
fn token_file(of_all: &Path, place: Place) -> PathBuf {
    let mut name = OsString::from(of_all.file_stem().unwrap_or_default());
    name.push("-");
    name.push(place.code());
    let mut path = of_all.with_file_name(name);
    if let Some(extension) = of_all.extension() {
        path.as_mut_os_string().push(".");
        path.as_mut_os_string().push(extension);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_token_file_of_its_own() {
        let of = |file: &str| token_file(Path::new(file), Place::Westerveen);
        assert_eq!(of("tokens/municipality.jwt"), Path::new("tokens/municipality-westerveen.jwt"));
        assert_eq!(of("municipality"), Path::new("municipality-westerveen"));
    }
}
