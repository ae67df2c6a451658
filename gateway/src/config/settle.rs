//! Gives the options their types, and refuses what makes no sense.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casestore::Durability;
use serde::Deserialize;
use toml::Table;

use super::loopback::{require_loopback, store_hosts};
use super::{Config, ConfigError, Issuer, Limits, LogForm, Publication, Telemetry};
use crate::lowering::shown;

/// The file's own form, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    data_dir: PathBuf,
    store: String,
    require_durability: String,
    fsync: bool,
    public: String,
    operations: String,
    desk: String,
    publication: Publication,
    sandbox: bool,
    reflection: bool,
    cors_origins: Vec<String>,
    issuer: WrittenIssuer,
    telemetry: WrittenTelemetry,
    limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIssuer {
    kind: IssuerKind,
    url: String,
    jwks: String,
    audience: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IssuerKind {
    BuiltIn,
    Oidc,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTelemetry {
    otlp: String,
    sample: f64,
    metrics_every_seconds: u64,
    log: LogForm,
    log_filter: String,
}

/// Checks the options and gives them their types.
pub(super) fn settle(options: Table) -> Result<Config, ConfigError> {
    let written: Written = options.try_into().map_err(|error: toml::de::Error| ConfigError::Unfit {
        reason: error.to_string().trim().to_owned(),
    })?;
    check_limits(&written.limits)?;
    check_origins(&written.cors_origins)?;
    known_store(&written.store)?;
    let store = store_address(&written.store, &written.data_dir);
    for host in store_hosts(&store) {
        require_loopback("store", &host)?;
    }
    let otlp = Some(written.telemetry.otlp.clone()).filter(|address| !address.is_empty());
    if let Some(address) = &otlp {
        dialled("telemetry.otlp", address)?;
    }
    Ok(Config {
        store,
        require_durability: durability(&written.require_durability)?,
        fsync: written.fsync,
        public: listener("public", &written.public)?,
        operations: listener("operations", &written.operations)?,
        desk: listener("desk", &written.desk)?,
        publication: written.publication,
        sandbox: written.sandbox,
        reflection: written.reflection,
        cors_origins: written.cors_origins,
        issuer: issuer(written.issuer)?,
        otlp,
        telemetry: telemetry(written.telemetry)?,
        limits: written.limits,
        data_dir: written.data_dir,
    })
}

fn refused(key: &'static str, fault: impl Into<String>) -> ConfigError {
    ConfigError::Refused { key, fault: fault.into() }
}

fn listener(key: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let address: SocketAddr =
        text.parse().map_err(|_| refused(key, "must be an address and a port, such as 127.0.0.1:8080"))?;
    require_loopback(key, &address.ip().to_string())?;
    Ok(address)
}

/// An address that the gateway dials: plain HTTP on this machine.
fn dialled(key: &'static str, text: &str) -> Result<(), ConfigError> {
    let uri: http::Uri =
        text.parse().map_err(|_| refused(key, "must be an address such as http://127.0.0.1:4317"))?;
    if uri.scheme_str() != Some("http") {
        return Err(refused(key, "must begin with http:// (TLS comes with trust)"));
    }
    Ok(require_loopback(key, uri.host().unwrap_or_default())?)
}

fn durability(text: &str) -> Result<Option<Durability>, ConfigError> {
    match text {
        "" => Ok(None),
        "memory" => Ok(Some(Durability::Memory)),
        "process" => Ok(Some(Durability::Process)),
        "local-fsync" => Ok(Some(Durability::LocalFsync)),
        _ => Err(refused("require_durability", "must be empty, `memory`, `process` or `local-fsync`")),
    }
}

/// Which kinds of store there are is said before where they may be: the host of an unknown one is no matter. What is
/// told of the address is its scheme alone: more may hold a password.
fn known_store(text: &str) -> Result<(), ConfigError> {
    let known = ["embedded:", "redis://", "redis-cluster://"].iter().any(|scheme| text.starts_with(scheme));
    if known || text == "memory:" {
        return Ok(());
    }
    let said = match text.split_once(':') {
        Some((scheme, _)) => format!("begins with `{}:`, which is no kind of store here", shown(scheme)),
        None => "names no kind of store".to_owned(),
    };
    let fault = format!(
        "{said}; there are `memory:`, `embedded:<directory>`, `redis://host:port` and `redis-cluster://host:port,…`"
    );
    Err(refused("store", fault))
}

/// The store's address with the directory that `embedded:` leaves open.
fn store_address(text: &str, data_dir: &Path) -> String {
    if text == "embedded:" {
        format!("embedded:{}", data_dir.join("cases").display())
    } else {
        text.to_owned()
    }
}

fn issuer(written: WrittenIssuer) -> Result<Issuer, ConfigError> {
    if matches!(written.kind, IssuerKind::BuiltIn) {
        return Ok(Issuer::BuiltIn);
    }
    if written.url.is_empty() {
        return Err(refused("issuer.url", "is needed where issuer.kind is `oidc`: the `iss` of its tokens"));
    }
    if written.jwks.is_empty() {
        return Err(refused("issuer.jwks", "is needed where issuer.kind is `oidc`: a JWKS file or address"));
    }
    if written.audience.is_empty() {
        return Err(refused("issuer.audience", "must not be empty: tokens for others would be taken"));
    }
    if written.jwks.contains("://") {
        dialled("issuer.jwks", &written.jwks)?;
    }
    Ok(Issuer::Oidc { url: written.url, jwks: written.jwks, audience: written.audience })
}

fn telemetry(written: WrittenTelemetry) -> Result<Telemetry, ConfigError> {
    if !(0.0..=1.0).contains(&written.sample) {
        return Err(refused("telemetry.sample", "must be between 0.0 and 1.0"));
    }
    if written.metrics_every_seconds == 0 {
        return Err(refused("telemetry.metrics_every_seconds", "must be at least 1"));
    }
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&written.log_filter) {
        return Err(refused("telemetry.log_filter", format!("is no filter: {error}")));
    }
    Ok(Telemetry {
        sample: written.sample,
        metrics_every: Duration::from_secs(written.metrics_every_seconds),
        log: written.log,
        log_filter: written.log_filter,
    })
}

fn check_origins(origins: &[String]) -> Result<(), ConfigError> {
    for origin in origins {
        let scheme = origin.starts_with("https://") || origin.starts_with("http://");
        let bare = scheme && origin.matches('/').count() == 2;
        if !(bare || origin == "*" || origin == "loopback") {
            let fault =
                "holds something else than `*`, `loopback` and origins such as https://portal.example";
            return Err(refused("cors_origins", fault));
        }
    }
    Ok(())
}

fn check_limits(limits: &Limits) -> Result<(), ConfigError> {
    let counts: [(&'static str, u64); 14] = [
        ("limits.max_message_bytes", limits.max_message_bytes as u64),
        ("limits.max_answer_bytes", limits.max_answer_bytes as u64),
        ("limits.max_registration_bytes", limits.max_registration_bytes as u64),
        ("limits.max_json_depth", limits.max_json_depth as u64),
        ("limits.max_connections", limits.max_connections as u64),
        ("limits.max_streams_per_connection", u64::from(limits.max_streams_per_connection)),
        ("limits.max_in_flight", limits.max_in_flight as u64),
        ("limits.max_watches", limits.max_watches as u64),
        ("limits.call_seconds", limits.call_seconds),
        ("limits.header_seconds", limits.header_seconds),
        ("limits.body_idle_seconds", limits.body_idle_seconds),
        ("limits.keep_alive_seconds", limits.keep_alive_seconds),
        ("limits.anonymous_per_second", u64::from(limits.anonymous_per_second.min(limits.anonymous_burst))),
        ("limits.person_per_second", u64::from(limits.person_per_second.min(limits.person_burst))),
    ];
    for (key, count) in counts {
        if count == 0 {
            return Err(refused(key, "must be at least 1"));
        }
    }
    if limits.organisation_per_second == 0 || limits.organisation_burst == 0 {
        return Err(refused("limits.organisation_per_second", "must be at least 1"));
    }
    if !(8192..=1_048_576).contains(&limits.max_header_bytes) {
        return Err(refused("limits.max_header_bytes", "must be between 8192 and 1048576"));
    }
    if limits.max_json_depth > 100 {
        return Err(refused("limits.max_json_depth", "must be at most 100, the depth of a protobuf message"));
    }
    Ok(())
}
