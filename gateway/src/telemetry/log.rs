//! Log lines: for people on a terminal, one JSON object per line elsewhere. Only fields of the list are written.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::allowed::allowed;
use super::context::current_trace_id;

/// Spans' own fields are not repeated in every line: the trace has them.
pub(super) struct NoFields;

impl<'writer> FormatFields<'writer> for NoFields {
    fn format_fields<R: RecordFields>(&self, _: Writer<'writer>, _: R) -> fmt::Result {
        Ok(())
    }
}

/// Writes events as lines.
pub(super) struct Lines {
    /// One JSON object per line, instead of text for people.
    pub json: bool,
}

/// The message of an event and its allowed fields.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Said {
    fn put(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
        } else if allowed(field.name()) {
            self.fields.push((field.name(), text));
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string());
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let now = jiff::Timestamp::now();
        let level = event.metadata().level();
        let line = if self.json {
            json_line(now, level.as_str(), event.metadata().target(), &said, current_trace_id())
        } else {
            text_line(now, level.as_str(), &said)?
        };
        writeln!(writer, "{line}")
    }
}

fn json_line(now: jiff::Timestamp, level: &str, target: &str, said: &Said, trace: Option<String>) -> String {
    let mut object = serde_json::Map::new();
    object.insert("time".to_owned(), format!("{now:.3}").into());
    object.insert("level".to_owned(), level.to_ascii_lowercase().into());
    object.insert("target".to_owned(), target.into());
    object.insert("message".to_owned(), said.message.clone().into());
    if let Some(trace) = trace {
        object.insert("trace_id".to_owned(), trace.into());
    }
    for (name, text) in &said.fields {
        object.insert((*name).to_owned(), text.clone().into());
    }
    serde_json::Value::Object(object).to_string()
}

fn text_line(now: jiff::Timestamp, level: &str, said: &Said) -> Result<String, fmt::Error> {
    let mut line = format!("{now:.3} {level:>5} {}", said.message);
    for (name, text) in &said.fields {
        write!(line, " {name}={text}")?;
    }
    // A line is a line: nothing that was logged can make up another.
    Ok(line.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lined(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lined {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(json: bool, what: impl FnOnce()) -> String {
        let seen = Lined::default();
        let sink = seen.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || sink.clone())
            .fmt_fields(NoFields)
            .event_format(Lines { json });
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), what);
        let bytes = seen.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_has_message_and_allowed_fields_alone() {
        let text = lines(true, || {
            tracing::warn!(agency = "civil-registry", given_names = "Lotte", "it \"waits\"");
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "it \"waits\"");
        assert_eq!(line["level"], "warn");
        assert_eq!(line["agency"], "civil-registry");
        assert!(line.get("given_names").is_none());
    }

    #[test]
    fn a_text_line_is_one_line_whatever_is_logged() {
        let text = lines(false, || tracing::info!(error = "bad\nINFO forged", "stopped"));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("INFO stopped error=bad INFO forged"), "{text}");
    }

    #[test]
    fn spans_add_no_fields_to_a_line() {
        let text = lines(true, || {
            let span = tracing::info_span!("call", person = "999990019");
            span.in_scope(|| tracing::info!("inside"));
        });
        assert!(text.contains("inside") && !text.contains("999990019"), "{text}");
    }
}
