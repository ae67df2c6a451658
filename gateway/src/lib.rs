//! The gateway: it takes what happened in a citizen's life, works out which services that touches, calls the
//! agencies in order and keeps one record of the case.
//!
//! One direction: an edge makes an input, the [`caseworker`] loads, decides, appends and performs, the [`agencies`]
//! call. The way in is [`run()`].

pub mod agencies;
pub mod alarm;
pub mod callers;
pub mod cases;
pub mod caseworker;
pub mod config;
pub mod desk;
pub mod drafts;
pub mod issuer;
pub mod lowering;
pub mod operations;
pub mod outbox;
pub mod portal;
pub mod reasons;
pub mod record;
pub mod registry;
pub mod rest;
pub mod run;
pub mod seal;
pub mod server;
pub mod telemetry;

pub use run::{RunError, run};
pub use server::Listeners;
