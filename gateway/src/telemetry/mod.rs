//! Traces, metrics and logs from the first day, and no personal data in any: only attributes of the list in `allowed`
//! leave the process.
//!
//! A collector that is down slows nothing: spans go through a bounded queue that drops, and the outage is logged once.
//! The story of a case comes from its own log, not from here.

mod allowed;
mod calls;
mod casework;
mod context;
mod export;
mod log;
mod metrics;
mod outage;
mod outbound;
#[cfg(test)]
mod sink;
mod store;

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

pub use calls::{CallLayer, CallService, MethodNames};
pub use casework::recorded;
pub use context::{current_trace_id, parent_from_headers};
pub use metrics::{Served, call_finished, prometheus_text, refused, served};
pub(crate) use outage::Outage;
pub use outbound::Outbound;
pub use store::ObservedStore;

use crate::config::{Config, LogForm};

/// How long an export may take. The queue before it is bounded, so nobody waits for it.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The directives that keep the exporter from tracing its own calls, and libraries from logging what they carry.
const QUIET: &str = "h2=off,hyper=off,hyper_util=off,tonic=off,tower=off,opentelemetry=off,opentelemetry_sdk=off,\
                     opentelemetry_otlp=off";

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The exporter could not be made.
    #[error("`telemetry.otlp` cannot be used: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// What the process set up, once.
struct Process {
    traces: SdkTracerProvider,
    meters: SdkMeterProvider,
    scrape: prometheus::Registry,
}

static PROCESS: OnceLock<Process> = OnceLock::new();

/// Ends telemetry in order: what is under way is exported, within a bound.
#[derive(Debug)]
#[must_use = "dropped, what is under way is not exported"]
pub struct Guard {
    owner: bool,
}

/// Sets up traces, metrics and logs for the process. A second call in the same process changes nothing. Call it inside
/// the runtime.
///
/// # Errors
/// [`TelemetryError`] where the exporter's address cannot be used; one that nobody listens on is no error.
pub fn init(config: &Config) -> Result<Guard, TelemetryError> {
    if PROCESS.get().is_some() {
        return Ok(Guard { owner: false });
    }
    let process = Process::new(config)?;
    let traces = process.traces.clone();
    let owner = PROCESS.set(process).is_ok();
    if owner {
        global::set_text_map_propagator(TraceContextPropagator::new());
        log_and_trace(config, &traces);
    }
    Ok(Guard { owner })
}

impl Process {
    fn new(config: &Config) -> Result<Self, TelemetryError> {
        let resource = Resource::builder()
            .with_service_name("loket-gateway")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.telemetry.sample)));
        let mut traces = SdkTracerProvider::builder().with_resource(resource.clone()).with_sampler(sampler);
        let (mut meters, scrape) = scraped(resource);
        if let Some(endpoint) = &config.otlp {
            let spans = opentelemetry_otlp::SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(EXPORT_TIMEOUT)
                .build()?;
            traces = traces.with_batch_exporter(export::Discreet::new(spans, "traces"));
            let figures = opentelemetry_otlp::MetricExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(EXPORT_TIMEOUT)
                .build()?;
            let reader = PeriodicReader::builder(export::Discreet::new(figures, "metrics"))
                .with_interval(config.telemetry.metrics_every)
                .build();
            meters = meters.with_reader(reader);
        }
        Ok(Self { traces: traces.build(), meters: meters.build(), scrape })
    }

    /// Without exporters: what a process has that never called [`init`], such as a test.
    fn bare() -> Self {
        let (meters, scrape) = scraped(Resource::builder().with_service_name("loket-gateway").build());
        Self { traces: SdkTracerProvider::builder().build(), meters: meters.build(), scrape }
    }
}

/// A meter provider that can be scraped. Without the scrape's reader (it cannot fail but for a registry that refuses
/// its collector) metrics still go out by OTLP.
fn scraped(resource: Resource) -> (opentelemetry_sdk::metrics::MeterProviderBuilder, prometheus::Registry) {
    let registry = prometheus::Registry::new();
    let meters = SdkMeterProvider::builder().with_resource(resource);
    match opentelemetry_prometheus::exporter().with_registry(registry.clone()).build() {
        Ok(reader) => (meters.with_reader(reader), registry),
        Err(_) => (meters, registry),
    }
}

/// What the process set up, or the least there is.
fn process() -> &'static Process {
    PROCESS.get_or_init(Process::bare)
}

fn log_and_trace(config: &Config, traces: &SdkTracerProvider) {
    let quiet = format!("{},{QUIET}", config.telemetry.log_filter);
    let logged = EnvFilter::try_new(quiet).unwrap_or_else(|_| EnvFilter::new(format!("info,{QUIET}")));
    let json = match config.telemetry.log {
        LogForm::Json => true,
        LogForm::Pretty => false,
        LogForm::Auto => !std::io::stderr().is_terminal(),
    };
    // Calls of the store and of agencies are worth their spans only where somebody collects them. Without, a call of an
    // agency still has a trace of its own to go on with.
    let (store, agencies) = match &config.otlp {
        Some(_) => (LevelFilter::DEBUG, LevelFilter::INFO),
        None => (LevelFilter::OFF, LevelFilter::OFF),
    };
    let traced = Targets::new()
        .with_target("gateway", LevelFilter::INFO)
        .with_target("loket::store", store)
        .with_target("loket::agencies", agencies);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer("loket"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // Nobody here asks OpenTelemetry for its current context: it would be set at every poll of every call.
        .with_context_activation(false)
        .with_filter(traced);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .fmt_fields(log::NoFields)
        .event_format(log::Lines { json })
        // A line tells nothing of the spans around it but their trace, which is known without this layer seeing them.
        .with_filter(filter_fn(|about| about.is_event()).and(logged));
    // A program around this one may have its own subscriber: then its choice stands.
    let _ = tracing_subscriber::registry().with(spans).with(lines).try_init();
}

impl Guard {
    /// Exports what is under way and ends. Takes at most some seconds; where nobody listens, what is left is lost.
    pub async fn close(self) {
        if !self.owner {
            return;
        }
        let _ = tokio::task::spawn_blocking(|| {
            let process = process();
            let _ = process.traces.force_flush();
            let _ = process.meters.force_flush();
        })
        .await;
    }
}
