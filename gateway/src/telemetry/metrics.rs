//! What is counted: rate, errors and duration per method, agency and service; cases and steps.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use prometheus::{Encoder, TextEncoder};

use super::process;
use crate::reasons::Reason;

/// Edges of the buckets of durations, in seconds.
const SECONDS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0];

/// Edges of the buckets of a case's whole duration, in seconds: from a tenth of a second to a year.
const CASE_SECONDS: [f64; 12] =
    [0.1, 0.5, 1.0, 5.0, 60.0, 600.0, 3600.0, 86_400.0, 604_800.0, 2_592_000.0, 7_776_000.0, 31_536_000.0];

struct Instruments {
    served: Histogram<f64>,
    called: Histogram<f64>,
    stored: Histogram<f64>,
    opened: Counter<u64>,
    completed: Histogram<f64>,
    attempted: Counter<u64>,
    settled: Counter<u64>,
    refused: Counter<u64>,
}

static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

fn instruments() -> &'static Instruments {
    INSTRUMENTS.get_or_init(|| Instruments::new(&process().meters.meter("loket")))
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        let seconds = |name: &'static str, about: &'static str, edges: &[f64]| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(about)
                .with_boundaries(edges.to_vec())
                .build()
        };
        let count =
            |name: &'static str, about: &'static str| meter.u64_counter(name).with_description(about).build();
        Self {
            served: seconds("rpc.server.call.duration", "Calls answered, by method and status.", &SECONDS),
            called: seconds(
                "rpc.client.call.duration",
                "Calls of agencies, by agency, service and status.",
                &SECONDS,
            ),
            stored: seconds("db.client.operation.duration", "Calls of the case store.", &SECONDS),
            opened: count("loket.case.opened", "Cases opened, by life event."),
            completed: seconds(
                "loket.case.completed",
                "Cases ended, by life event and state.",
                &CASE_SECONDS,
            ),
            attempted: count("loket.step.attempted", "Calls of steps begun, by agency and service."),
            settled: count(
                "loket.step.settled",
                "Steps that reached a final state, by agency, service and state.",
            ),
            refused: count("loket.call.refused", "Calls refused before any work, by reason."),
        }
    }
}

/// A call that this gateway answered.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// `loket.portal.v1.CaseService/OpenCase`, or `_OTHER` for what is no method of the contract.
    pub method: &'a str,
    /// The gRPC status: `OK`, `NOT_FOUND`.
    pub status: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// A call was answered.
pub fn served(call: Served<'_>) {
    instruments().served.record(
        call.took.as_secs_f64(),
        &[
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", call.method.to_owned()),
            KeyValue::new("rpc.response.status_code", call.status),
        ],
    );
}

/// A call of an agency was answered, or not. The status is a gRPC status name.
pub fn call_finished(agency: &str, service: &str, method: &str, status: &'static str, took: Duration) {
    instruments().called.record(
        took.as_secs_f64(),
        &[
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method.to_owned()),
            KeyValue::new("rpc.response.status_code", status),
            KeyValue::new("loket.agency", agency.to_owned()),
            KeyValue::new("loket.service", service.to_owned()),
        ],
    );
}

/// The case store answered; `failed` names the error where it was one.
pub(super) fn stored(
    system: &'static str,
    operation: &'static str,
    failed: Option<&'static str>,
    took: Duration,
) {
    let [system, operation] =
        [KeyValue::new("db.system.name", system), KeyValue::new("db.operation.name", operation)];
    let took = took.as_secs_f64();
    match failed {
        None => instruments().stored.record(took, &[system, operation]),
        Some(error) => {
            instruments().stored.record(took, &[system, operation, KeyValue::new("error.type", error)])
        }
    }
}

/// A case was opened.
pub(super) fn case_opened(life_event: &str) {
    instruments().opened.add(1, &[KeyValue::new("loket.life_event", life_event.to_owned())]);
}

/// A case ended in this state, so long after it was opened.
pub(super) fn case_completed(life_event: &str, state: &'static str, took: Duration) {
    instruments().completed.record(
        took.as_secs_f64(),
        &[KeyValue::new("loket.life_event", life_event.to_owned()), KeyValue::new("loket.state", state)],
    );
}

/// A step's agency is being called.
pub(super) fn step_attempted(agency: &str, service: &str) {
    instruments().attempted.add(
        1,
        &[
            KeyValue::new("loket.agency", agency.to_owned()),
            KeyValue::new("loket.service", service.to_owned()),
        ],
    );
}

/// A step reached a final state.
pub(super) fn step_settled(agency: &str, service: &str, state: &'static str) {
    instruments().settled.add(
        1,
        &[
            KeyValue::new("loket.agency", agency.to_owned()),
            KeyValue::new("loket.service", service.to_owned()),
            KeyValue::new("loket.state", state),
        ],
    );
}

/// A call was refused before any work was done for it.
pub fn refused(reason: Reason) {
    instruments().refused.add(1, &[KeyValue::new("loket.outcome", reason.name())]);
}

/// All metrics of the process in the text format of Prometheus.
#[must_use]
pub fn prometheus_text() -> String {
    let _ = instruments();
    let mut text = Vec::new();
    // Writing to memory fails only for metrics that the registry itself would not have taken.
    let _ = TextEncoder::new().encode(&process().scrape.gather(), &mut text);
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_can_be_scraped() {
        served(Served { method: "a.B/Scraped", status: "OK", took: Duration::from_millis(3) });
        call_finished("tax", "tax/allowance", "gov.tax.Tax/Grant", "UNAVAILABLE", Duration::from_millis(8));
        case_opened("scraped");
        case_completed("scraped", "completed", Duration::from_secs(2));
        step_attempted("tax", "tax/allowance");
        step_settled("tax", "tax/allowance", "done");
        refused(Reason::Overloaded);
        let text = prometheus_text();
        for line in [
            "rpc_server_call_duration_seconds_bucket",
            "rpc_method=\"a.B/Scraped\"",
            "rpc_client_call_duration_seconds_count",
            "loket_agency=\"tax\"",
            "loket_case_opened_total",
            "loket_case_completed_seconds_count",
            "loket_step_settled_total",
            "loket_outcome=\"OVERLOADED\"",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
