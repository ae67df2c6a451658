//! W3C trace context, in and out, over gRPC metadata and HTTP headers.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::metadata::{Ascii, KeyRef, MetadataKey, MetadataMap, MetadataValue};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

static W3C: LazyLock<TraceContextPropagator> = LazyLock::new(TraceContextPropagator::new);

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersOut<'a>(&'a mut HeaderMap);

impl Injector for HeadersOut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (key.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.0.insert(key, value);
        }
    }
}

struct Metadata<'a>(&'a MetadataMap);

impl Extractor for Metadata<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        let ascii = |key| match key {
            KeyRef::Ascii(key) => Some(key.as_str()),
            KeyRef::Binary(_) => None,
        };
        self.0.keys().filter_map(ascii).collect()
    }
}

struct MetadataOut<'a>(&'a mut MetadataMap);

impl Injector for MetadataOut<'_> {
    fn set(&mut self, key: &str, value: String) {
        let value = value.parse::<MetadataValue<Ascii>>();
        if let (Ok(key), Ok(mut value)) = (key.parse::<MetadataKey<Ascii>>(), value) {
            // Never said twice: not worth a place in the tables of header compression.
            value.set_sensitive(true);
            self.0.insert(key, value);
        }
    }
}

/// Makes the caller's span the parent of this one, if the headers name it. Call it before the span is entered.
pub fn parent_from_headers(span: &Span, headers: &HeaderMap) {
    adopt(span, &Headers(headers));
}

/// Makes the caller's span the parent of this one, if the metadata names it. Call it before the span is entered.
pub fn parent_from_metadata(span: &Span, metadata: &MetadataMap) {
    adopt(span, &Metadata(metadata));
}

fn adopt(span: &Span, carrier: &dyn Extractor) {
    if carrier.get("traceparent").is_none() {
        return;
    }
    let context = W3C.extract_with_context(&Context::new(), carrier);
    if context.span().span_context().is_valid() {
        // Fails only where nobody records spans.
        let _ = span.set_parent(context);
    }
}

/// Writes the context of this span into outgoing metadata.
pub fn inject(span: &Span, metadata: &mut MetadataMap) {
    W3C.inject_context(&span.context(), &mut MetadataOut(metadata));
}

/// Writes the context of this span into outgoing headers.
pub fn inject_headers(span: &Span, headers: &mut HeaderMap) {
    W3C.inject_context(&span.context(), &mut HeadersOut(headers));
}

/// The trace that the current span belongs to, 32 hexadecimal digits; none where nobody records spans.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    trace_id(&Span::current())
}

/// The trace that a span belongs to.
pub(super) fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let id = context.span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}
