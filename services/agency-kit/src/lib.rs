//! What a ministry written in Rust gets for free: the promise that Loket asks of it, and nothing of its business.
//!
//! - [`Books`] keep the ministry's records in one file; [`Promise`] makes every effectful call answer the same for
//!   the same key, leave a tombstone when it is cancelled, and tell what became of it, in one transaction with the
//!   business change itself.
//! - [`Ministry`] serves it: reflection, health, traces, and registration at the desk with a heartbeat.
//! - [`Worklist`] keeps what a person of the ministry has to look at, and [`Reports`] carries what was answered with
//!   an operation back to the desk, until it has arrived.
//!
//! The way in is [`Ministry`]; `services/vehicles` is the shortest example.

mod books;
pub mod calendar;
mod call;
mod decision;
mod desk;
pub mod google;
mod inspection;
mod ministry;
mod options;
mod outage;
mod partial_date;
mod promise;
mod refusal;
mod reports;
pub mod synthetic;
mod telemetry;
mod worklist;

pub use books::{BookError, Books, Page};
pub use call::{Call, CallError, received_on};
pub use decision::{Conclusion, ReasonTexts, Remedy, decision, faults_of};
pub use desk::{Consent, Registration};
pub use inspection::{Effect, Inspection, inspect};
pub use ministry::{Ministry, ServeError, Serving, Shutdown};
pub use options::{Options, WORK_TIME};
pub use partial_date::PartialDate;
pub use promise::Promise;
pub use refusal::{invalid, not_competent, stale_fact};
pub use reports::Reports;
pub use telemetry::{Telemetry, telemetry};
pub use worklist::{OperationOf, Worklist};

/// Parses the consents of a ministry's `grants.yaml`.
///
/// # Errors
/// Where the text is not a list of consents, saying where.
pub fn consents(yaml: &str) -> Result<Vec<Consent>, serde_saphyr::Error> {
    serde_saphyr::from_str_with_options(yaml, serde_saphyr::options! { strict_booleans: true })
}
