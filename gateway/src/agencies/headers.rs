//! The metadata of a call: key, purpose, moment of receipt, step, and a trace of its own that cannot be joined with
//! that of another agency.

use casework::input::Duty;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

use crate::seal::fill_random;

const TRACEPARENT: &str = "traceparent";

/// The metadata of a call, but for its trace. None: something in it is not printable.
pub(super) fn metadata(duty: &Duty, step_token: &str) -> Option<MetadataMap> {
    let mut metadata = MetadataMap::with_capacity(5);
    let mut insert = |name: &'static str, value: &str, once: bool| -> Option<()> {
        let mut value = value.parse::<MetadataValue<Ascii>>().ok()?;
        // What is never said twice only fills the tables of header compression at both ends.
        value.set_sensitive(once);
        metadata.insert(name, value);
        Some(())
    };
    insert("loket-idempotency-key", &duty.key, true)?;
    insert("loket-purpose", &duty.purpose, false)?;
    insert("loket-received-at", &duty.received_at.to_string(), true)?;
    insert("loket-step", step_token, true)?;
    Some(metadata)
}

/// Adds the call's own trace: the one that its span began, or, where nobody records spans, one that begins here.
pub(super) fn trace(metadata: &mut MetadataMap, of_its_span: Option<String>) {
    let traceparent = of_its_span.unwrap_or_else(trace_of_its_own);
    if let Ok(mut value) = traceparent.parse::<MetadataValue<Ascii>>() {
        value.set_sensitive(true);
        metadata.insert(TRACEPARENT, value);
    }
}

/// A W3C trace context that begins here.
fn trace_of_its_own() -> String {
    let mut random = [0; 24];
    fill_random(&mut random);
    let hex = data_encoding::HEXLOWER.encode(&random);
    let (trace, span) = hex.split_at(32);
    format!("00-{trace}-{span}-01")
}
