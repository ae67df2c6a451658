//! W3C trace context of whoever calls. What goes out is a trace of its own: see [`Outbound`](super::Outbound).

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
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

/// Makes the caller's span the parent of this one, if the headers name it. Call it before the span is entered.
pub fn parent_from_headers(span: &Span, headers: &HeaderMap) {
    let carrier = Headers(headers);
    if carrier.get("traceparent").is_none() {
        return;
    }
    let context = W3C.extract_with_context(&Context::new(), &carrier);
    if context.span().span_context().is_valid() {
        // Fails only where nobody records spans.
        let _ = span.set_parent(context);
    }
}

/// The trace that the current span belongs to, 32 hexadecimal digits; none where nobody records spans.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    let context = Span::current().context();
    let id = context.span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}
