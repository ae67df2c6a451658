//! The metadata of a call: key, purpose, moment of receipt, step, and a trace of its own that cannot be joined with
//! that of another agency.

use casework::input::Duty;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// The metadata of a call, and the id of its trace. None: something in it is not printable.
pub(super) fn metadata(duty: &Duty, step_token: &str) -> Option<(MetadataMap, String)> {
    let (traceparent, trace) = trace_of_its_own();
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
    insert("traceparent", &traceparent, true)?;
    Some((metadata, trace))
}

/// A W3C trace context that begins here: the header, and the trace's id, by which the gateway's own span links to it.
fn trace_of_its_own() -> (String, String) {
    let mut random = [0; 24];
    // Without randomness there is no trace, and the call goes on: an all-zero context is ignored.
    let _ = getrandom::fill(&mut random);
    let hex = data_encoding::HEXLOWER.encode(&random);
    let (trace, span) = hex.split_at(32);
    (format!("00-{trace}-{span}-01"), trace.to_owned())
}
