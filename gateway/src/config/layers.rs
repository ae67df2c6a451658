//! The layers of the configuration, one laid over the other: only what the manual has can be set.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use super::loopback::{require_loopback, store_hosts};
use super::{Config, ConfigError, Issuer, Limits, LogForm, MANUAL, Publication, Telemetry};
use casestore::Durability;

/// What the manual is called in errors.
const MANUAL_NAME: &str = "deploy/gateway.toml";

/// The options as the manual sets them.
pub(super) fn manual() -> Result<Table, ConfigError> {
    parse(MANUAL_NAME, MANUAL)
}

fn parse(place: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>()
        .map_err(|error| ConfigError::NotToml { place: place.to_owned(), reason: error.to_string() })
}

/// Lays an operator's file over the options.
pub(super) fn lay_file(options: &mut Table, file: &Path) -> Result<(), ConfigError> {
    let text = fs::read_to_string(file)
        .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), reason: error.to_string() })?;
    let place = file.display().to_string();
    lay(options, parse(&place, &text)?, &place, "")
}

/// Lays a table over the options: each key must be there and of the same type.
fn lay(options: &mut Table, over: Table, place: &str, prefix: &str) -> Result<(), ConfigError> {
    let known: Vec<String> = options.keys().map(|key| format!("{prefix}{key}")).collect();
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        let Some(option) = options.get_mut(&key) else {
            return Err(unknown(place, &path, &known));
        };
        match (option, value) {
            (Value::Table(inner), Value::Table(value)) => lay(inner, value, place, &format!("{path}."))?,
            (option @ Value::Float(_), Value::Integer(value)) => *option = Value::Float(value as f64),
            (option, value) if option.same_type(&value) => *option = value,
            (option, _) => {
                let expected = type_of(option).to_owned();
                return Err(ConfigError::WrongType { place: place.to_owned(), key: path, expected });
            }
        }
    }
    Ok(())
}

fn type_of(option: &Value) -> &'static str {
    match option {
        Value::String(_) => "a string",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of strings",
        Value::Table(_) => "a section",
        Value::Datetime(_) => "a date",
    }
}

fn unknown(place: &str, key: &str, known: &[String]) -> ConfigError {
    let nearest = known.iter().map(|option| (distance(option, key), option)).min();
    let hint = match nearest {
        Some((distance, option)) if distance <= 3 => format!("did you mean `{option}`?"),
        _ => format!("{MANUAL_NAME} lists them all"),
    };
    ConfigError::Unknown { place: place.to_owned(), key: key.to_owned(), hint }
}

/// Edit distance, for a hint about a misspelt option.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let cost = usize::from(x != y);
            let next = (corner + cost).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// Variables that the command line reads, and that are no options of a gateway.
const OF_THE_COMMAND_LINE: [&str; 4] = ["TOKEN", "PUBLIC_URL", "OPERATIONS_URL", "DESK_URL"];

/// Lays the variables that begin with `LOKET_` over the options. A variable that is no option is an error, too.
pub(super) fn lay_environment(
    options: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let paths = paths(options);
    for (variable, text) in environment {
        let Some(name) = variable.strip_prefix("LOKET_") else { continue };
        if OF_THE_COMMAND_LINE.contains(&name) {
            continue;
        }
        let Some((_, path)) = paths.iter().find(|(spelt, _)| spelt == name) else {
            let known: Vec<String> = paths.iter().map(|(spelt, _)| format!("LOKET_{spelt}")).collect();
            return Err(unknown("the environment", &variable, &known));
        };
        let Some(option) = option_at(options, path) else { continue };
        let value = read_as(option, &text).ok_or_else(|| ConfigError::WrongType {
            place: format!("the environment variable {variable}"),
            key: path.join("."),
            expected: type_of(option).to_owned(),
        })?;
        *option = value;
    }
    Ok(())
}

/// Every option: as a variable spells it, and its path.
fn paths(options: &Table) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (key, value) in options {
        let spelt = key.to_uppercase();
        match value {
            Value::Table(inner) => found.extend(paths(inner).into_iter().map(|(rest, mut path)| {
                path.insert(0, key.clone());
                (format!("{spelt}_{rest}"), path)
            })),
            _ => found.push((spelt, vec![key.clone()])),
        }
    }
    found
}

fn option_at<'a>(options: &'a mut Table, path: &[String]) -> Option<&'a mut Value> {
    let (first, rest) = path.split_first()?;
    let option = options.get_mut(first)?;
    match (rest.is_empty(), option) {
        (true, option) => Some(option),
        (false, Value::Table(inner)) => option_at(inner, rest),
        (false, _) => None,
    }
}

/// A variable's text as a value of the option's type; a list is separated by commas.
fn read_as(option: &Value, text: &str) -> Option<Value> {
    Some(match option {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => Value::Integer(text.replace('_', "").parse().ok()?),
        Value::Float(_) => Value::Float(text.parse().ok()?),
        Value::Boolean(_) => Value::Boolean(text.parse().ok()?),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Value::Table(_) | Value::Datetime(_) => return None,
    })
}

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
    let written: Written = options.try_into().map_err(|error: toml::de::Error| ConfigError::NotToml {
        place: "the configuration".to_owned(),
        reason: error.to_string(),
    })?;
    check_limits(&written.limits)?;
    check_origins(&written.cors_origins)?;
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

fn listener(key: &'static str, text: &str) -> Result<std::net::SocketAddr, ConfigError> {
    let address: std::net::SocketAddr =
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
