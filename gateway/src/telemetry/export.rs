//! Exporters that let out only what is allowed, and that say once that their collector is down.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::allowed::allowed;

/// An exporter, made discreet.
pub(super) struct Discreet<E> {
    inner: E,
    what: &'static str,
    down: AtomicBool,
}

impl<E> Discreet<E> {
    pub(super) fn new(inner: E, what: &'static str) -> Self {
        Self { inner, what, down: AtomicBool::new(false) }
    }

    /// Logs a change between reachable and not; an outage of hours is one line.
    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        let failed = result.is_err();
        if self.down.swap(failed, Ordering::Relaxed) != failed {
            let what = self.what;
            match &result {
                Err(error) => {
                    tracing::warn!(%error, "the collector does not take {what}; they are dropped until it does")
                }
                Ok(()) => tracing::info!("the collector takes {what} again"),
            }
        }
        result
    }
}

impl<E> fmt::Debug for Discreet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discreet").field("what", &self.what).finish_non_exhaustive()
    }
}

/// Drops every attribute that is not on the list, of the span, its events and its links.
fn discreet(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| allowed(attribute.key.as_str()));
    for event in &mut span.events.events {
        event.attributes.retain(|attribute| allowed(attribute.key.as_str()));
    }
    for link in &mut span.links.links {
        link.attributes.retain(|attribute| allowed(attribute.key.as_str()));
    }
    span
}

impl<E: SpanExporter> SpanExporter for Discreet<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.note(self.inner.export(batch.into_iter().map(discreet).collect()).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Discreet<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.note(self.inner.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span, Tracer, TracerProvider};
    use opentelemetry_sdk::error::OTelSdkError;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;
    use crate::telemetry::sink::Sink;

    #[test]
    fn only_attributes_of_the_list_leave_the_process() {
        let sink = Sink::default();
        let provider =
            SdkTracerProvider::builder().with_simple_exporter(Discreet::new(sink.clone(), "traces")).build();
        let mut span = provider.tracer("test").start("call");
        span.set_attribute(KeyValue::new("rpc.method", "a.B/C"));
        span.set_attribute(KeyValue::new("person.number", "999990019"));
        span.add_event("done", vec![KeyValue::new("given_names", "Lotte"), KeyValue::new("state", "done")]);
        span.end();
        let seen = format!("{:?}", sink.spans());
        assert!(seen.contains("a.B/C") && seen.contains("state"), "{seen}");
        assert!(!seen.contains("999990019") && !seen.contains("Lotte"), "{seen}");
    }

    #[test]
    fn an_outage_is_noted_when_it_begins_and_when_it_ends() {
        let exporter = Discreet::new((), "traces");
        assert!(!exporter.down.load(Ordering::Relaxed));
        assert!(exporter.note(Err(OTelSdkError::InternalFailure("refused".into()))).is_err());
        assert!(exporter.down.load(Ordering::Relaxed));
        assert!(exporter.note(Ok(())).is_ok());
        assert!(!exporter.down.load(Ordering::Relaxed));
    }
}
