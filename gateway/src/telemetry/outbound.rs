//! Calls of agencies. Each begins a trace of its own, so that two agencies cannot join what they see; the gateway's
//! span links to it, and whoever may see both can follow the link.

use std::time::Instant;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use tonic::Code;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::calls::code_name;
use super::metrics;

/// One call of an agency, from before it leaves until [`finished`](Self::finished).
#[derive(Debug)]
pub struct Outbound {
    span: Span,
    context: SpanContext,
    begun: Instant,
    agency: String,
    service: String,
    method: String,
}

impl Outbound {
    /// Begins a call: a trace of its own, linked from the current span. The method is `package.Service/Method`.
    #[must_use]
    pub fn begin(agency: &str, service: &str, method: &str) -> Self {
        let span = tracing::info_span!(
            target: "loket::agencies",
            parent: None,
            "call",
            otel.name = method,
            otel.kind = "client",
            otel.status_code = field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = field::Empty,
            loket.agency = agency,
            loket.service = service,
        );
        let context = span.context().span().span_context().clone();
        if context.is_valid() {
            Span::current().add_link(context.clone());
        }
        Self {
            span,
            context,
            begun: Instant::now(),
            agency: agency.to_owned(),
            service: service.to_owned(),
            method: method.to_owned(),
        }
    }

    /// The call's own trace as a header tells it (W3C Trace Context, `traceparent`); none where nobody records spans.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        let (trace, span) = (self.context.trace_id(), self.context.span_id());
        self.context.is_valid().then(|| format!("00-{trace}-{span}-{:02x}", self.context.trace_flags()))
    }

    /// The call was answered with this code, or counts as if.
    pub fn finished(self, code: Code) {
        let name = code_name(code);
        self.span.record("rpc.response.status_code", name);
        if code != Code::Ok {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics::call_finished(&self.agency, &self.service, &self.method, name, self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::sink::Sink;

    #[test]
    fn each_call_of_an_agency_begins_a_trace_that_the_gateways_span_links_to() {
        let sink = Sink::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(sink.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let mut seen = None;
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let inside = tracing::info_span!("decide");
            inside.in_scope(|| {
                let call = Outbound::begin("tax", "tax/allowance", "gov.tax.Tax/Grant");
                seen = call.traceparent();
                call.finished(Code::Unavailable);
                Outbound::begin("youth", "youth/visit", "gov.youth.Youth/Plan").finished(Code::Ok);
            });
        });
        let spans = sink.spans();
        let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
        let (inside, tax, youth) = (of("decide"), of("gov.tax.Tax/Grant"), of("gov.youth.Youth/Plan"));
        let traces = [inside, tax, youth].map(|span| span.span_context.trace_id());
        assert!(traces[0] != traces[1] && traces[1] != traces[2] && traces[0] != traces[2]);
        let linked: Vec<_> = inside.links.links.iter().map(|link| link.span_context.trace_id()).collect();
        assert_eq!(linked, [traces[1], traces[2]]);
        let span = tax.span_context.span_id();
        assert_eq!(seen.unwrap(), format!("00-{}-{span}-01", traces[1]));
    }
}
