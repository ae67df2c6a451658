//! Traces and logs of a ministry. The caller's W3C context is the parent of each call's span; no personal data is in
//! any of them.

use std::task::{Context, Poll};

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower::{Layer, Service};
use tracing::Instrument;
use tracing::instrument::Instrumented;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Ends the telemetry of a process: what is still to be exported is.
pub struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take() {
            // A collector that is away at the end must not keep the process.
            let _ = provider.shutdown_with_timeout(std::time::Duration::from_secs(1));
        }
    }
}

/// Starts logs to standard error and, where an OTLP collector is named, traces to it. Once per process: a second call
/// changes nothing.
#[must_use]
pub fn telemetry(service: &str, otlp: Option<&str>) -> Telemetry {
    let exporter = otlp.and_then(|endpoint| {
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().ok()
    });
    let provider = exporter.map(|exporter| {
        SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(service.to_owned()).build())
            .with_batch_exporter(exporter)
            .build()
    });
    let traces =
        provider.as_ref().map(|it| tracing_opentelemetry::layer().with_tracer(it.tracer("agency-kit")));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("info,h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off,opentelemetry_sdk=off")
    });
    let logs = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(filter).with(traces).with(logs).try_init();
    Telemetry(provider)
}

/// Puts every call into a span whose parent is the caller's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceLayer;

impl<S> Layer<S> for TraceLayer {
    type Service = Traced<S>;
    fn layer(&self, inner: S) -> Traced<S> {
        Traced { inner }
    }
}

/// A service whose calls are in spans.
#[derive(Debug, Clone)]
pub(crate) struct Traced<S> {
    inner: S,
}

impl<S, B> Service<http::Request<B>> for Traced<S>
where
    S: Service<http::Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let span = tracing::info_span!("call", otel.name = %method, otel.kind = "server", rpc.system.name = "grpc", rpc.method = %method);
        let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
        // Without a collector there is no layer that would take it.
        let _ = span.set_parent(parent);
        self.inner.call(request).instrument(span)
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
