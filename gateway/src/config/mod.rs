//! What an operator may set: `deploy/gateway.toml` (built in, it is the manual and the defaults), then the operator's
//! own file, then `LOKET_*` variables; read and checked once.

mod layers;
mod loopback;
mod settle;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casestore::Durability;
use serde::Deserialize;

pub use loopback::{NotLoopback, require_loopback};

/// The manual: every option with its default and a sentence.
pub const MANUAL: &str = include_str!("../../../deploy/gateway.toml");

/// What was set. Its `Debug` hides the password that a store's address may hold.
#[derive(Clone)]
pub struct Config {
    /// Directory of all state.
    pub data_dir: PathBuf,
    /// Address of the case store, with its directory filled in.
    pub store: String,
    /// The least durability that the store must prove.
    pub require_durability: Option<Durability>,
    /// Whether the embedded store waits for the disk.
    pub fsync: bool,
    /// The public port: portals.
    pub public: SocketAddr,
    /// The operations port.
    pub operations: SocketAddr,
    /// The desk: agencies.
    pub desk: SocketAddr,
    /// How candidate plans are published.
    pub publication: Publication,
    /// Whether the clock may be moved.
    pub sandbox: bool,
    /// Whether the ports answer server reflection.
    pub reflection: bool,
    /// Origins of portals in browsers.
    pub cors_origins: Vec<String>,
    /// Whose tokens are taken.
    pub issuer: Issuer,
    /// Where traces and metrics are sent by OTLP; none: nowhere.
    pub otlp: Option<String>,
    /// The rest of telemetry.
    pub telemetry: Telemetry,
    /// The limits of the edges.
    pub limits: Limits,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("data_dir", &self.data_dir)
            .field("public", &self.public)
            .field("operations", &self.operations)
            .field("desk", &self.desk)
            .field("publication", &self.publication)
            .field("sandbox", &self.sandbox)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How a candidate plan is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Publication {
    /// By itself where it only adds granted steps and asks nothing new; by people otherwise.
    AutoAdditive,
    /// By people who saw the difference.
    TwoPerson,
}

/// Whose tokens are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// The gateway's own, for loopback.
    BuiltIn,
    /// An identity provider.
    Oidc {
        /// `iss` of its tokens.
        url: String,
        /// Its keys: a file, or an address on this machine.
        jwks: String,
        /// `aud` that tokens must name.
        audience: String,
    },
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogForm {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
}

/// Telemetry, besides where it is sent.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Share of traces recorded where the caller did not decide, 0.0 to 1.0.
    pub sample: f64,
    /// Between two exports of metrics.
    pub metrics_every: Duration,
    /// How log lines are written.
    pub log: LogForm,
    /// What is logged: tracing's filter directives.
    pub log_filter: String,
}

/// The limits of the edges. All are at least 1 where they count something.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest message taken, in bytes.
    pub max_message_bytes: usize,
    /// Largest message answered with, in bytes.
    pub max_answer_bytes: usize,
    /// Largest registration, in bytes.
    pub max_registration_bytes: usize,
    /// Largest set of request headers, in bytes.
    pub max_header_bytes: u32,
    /// Most levels of nesting in a JSON body.
    pub max_json_depth: usize,
    /// Most connections per port.
    pub max_connections: usize,
    /// Most concurrent streams of one HTTP/2 connection.
    pub max_streams_per_connection: u32,
    /// Most calls being worked on.
    pub max_in_flight: usize,
    /// Most open watches.
    pub max_watches: usize,
    /// Seconds that a call may take.
    pub call_seconds: u64,
    /// Seconds that the headers of a request may take.
    pub header_seconds: u64,
    /// Seconds between two pieces of a body.
    pub body_idle_seconds: u64,
    /// Seconds between two keep-alive probes.
    pub keep_alive_seconds: u64,
    /// Seconds after which a connection is asked to begin anew; 0: never.
    pub connection_age_seconds: u64,
    /// Calls a second of an address without a token.
    pub anonymous_per_second: u32,
    /// How many of those may come at once.
    pub anonymous_burst: u32,
    /// Calls a second of a person.
    pub person_per_second: u32,
    /// How many of those may come at once.
    pub person_burst: u32,
    /// Calls a second of an agency or a portal.
    pub organisation_per_second: u32,
    /// How many of those may come at once.
    pub organisation_burst: u32,
    /// Seconds that calls under way have to end at shutdown.
    pub drain_seconds: u64,
}

/// Why the gateway cannot be configured so. Every message names the place and the option.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {file} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{place} is not TOML: {reason}")]
    NotToml {
        /// The file.
        place: String,
        /// Where and why.
        reason: String,
    },
    /// An option has a value that does not fit it.
    #[error("the configuration cannot be used: {reason}")]
    Unfit {
        /// Which, and what would fit.
        reason: String,
    },
    /// There is no such option.
    #[error("{place} sets `{key}`, which is no option; {hint}")]
    Unknown {
        /// The file, or `the environment`.
        place: String,
        /// The option.
        key: String,
        /// The nearest option, or where all are listed.
        hint: String,
    },
    /// The option has another type.
    #[error("{place}: `{key}` must be {expected}")]
    WrongType {
        /// The file or variable.
        place: String,
        /// The option.
        key: String,
        /// What it must be.
        expected: String,
    },
    /// The option has a value that it must not have.
    #[error("`{key}` {fault}")]
    Refused {
        /// The option.
        key: &'static str,
        /// What is wrong, and the way out.
        fault: String,
    },
    /// A listener or an address to dial is not of this machine.
    #[error(transparent)]
    NotLoopback(#[from] NotLoopback),
}

impl Config {
    /// The configuration of this file (none: the defaults) and of these environment variables, of which those that
    /// begin with `LOKET_` and are options count.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file or variable, the option and the way out.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut options = layers::manual()?;
        if let Some(file) = file {
            layers::lay_file(&mut options, file)?;
        }
        layers::lay_environment(&mut options, environment)?;
        settle::settle(options)
    }

    /// The defaults, with all state below this directory.
    ///
    /// # Errors
    /// None that an operator could cause: the manual is part of the program, and a test reads it.
    pub fn defaults(data_dir: &Path) -> Result<Self, ConfigError> {
        let variable = ("LOKET_DATA_DIR".to_owned(), data_dir.display().to_string());
        Self::load(None, [variable])
    }
}

impl Limits {
    /// How long a call may take.
    #[must_use]
    pub fn call(&self) -> Duration {
        Duration::from_secs(self.call_seconds)
    }

    /// How long calls under way have at shutdown.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

#[cfg(test)]
mod tests;
