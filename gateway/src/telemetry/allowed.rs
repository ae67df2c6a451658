//! The attributes that may leave the process, in spans and in log lines. A value of a case is never one of them.

/// Every attribute, event field and log field that is let out. Anything else is dropped on the way.
const ALLOWED: &[&str] = &[
    // semantic conventions
    "db.operation.name",
    "db.system.name",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "network.protocol.version",
    "rpc.method",
    "rpc.response.status_code",
    "rpc.system.name",
    // of a case: ids that say nothing of a person
    "agency",
    "agency.id",
    "attempt",
    "call",
    "case",
    "life_event",
    "loket.agency",
    "loket.attempt",
    "loket.call",
    "loket.case",
    "loket.life_event",
    "loket.outcome",
    "loket.principal",
    "loket.service",
    "loket.state",
    "loket.step",
    "outcome",
    "partition",
    "plan",
    "principal",
    "service",
    "service.id",
    "state",
    "step",
    "took_ms",
    // of the process
    "address",
    "breaker",
    "bytes",
    "count",
    "data_dir",
    "desk",
    "endpoint",
    "error",
    "fault",
    "file",
    "method",
    "milliseconds",
    "operations",
    "path",
    "pid",
    "place",
    "port",
    "public",
    "reason",
    "rejected",
    "retry_in_ms",
    "row",
    "rows",
    "seconds",
    "serial",
    "signal",
    "source",
    "store",
    "subscriber",
    "version",
];

/// Whether an attribute of this name may leave the process.
pub(super) fn allowed(name: &str) -> bool {
    ALLOWED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_leave_is_a_list_and_nothing_of_a_person_is_on_it() {
        for name in ["rpc.method", "loket.agency", "case", "error"] {
            assert!(allowed(name), "{name}");
        }
        for name in
            ["person", "subject", "name", "number", "token", "authorization", "facts", "value", "reference"]
        {
            assert!(!allowed(name), "{name}");
        }
    }

    /// The fields of one event or span: `%case`, `error = %e`, `otel.name = name`.
    fn fields(call: &str) -> Vec<String> {
        let (mut parts, mut depth, mut quoted, mut part) = (Vec::new(), 0, false, String::new());
        for character in call.chars() {
            match character {
                '"' if !part.ends_with('\\') => quoted = !quoted,
                '(' | '[' | '{' if !quoted => depth += 1,
                ')' | ']' | '}' if !quoted => depth -= 1,
                ',' if !quoted && depth == 0 => {
                    parts.push(std::mem::take(&mut part));
                    continue;
                }
                _ => {}
            }
            if depth < 0 {
                break;
            }
            part.push(character);
        }
        parts.push(part);
        let name = |part: &String| {
            let named =
                part.split(" = ").next().unwrap_or_default().trim().trim_start_matches(['%', '?']).to_owned();
            let plain = named.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
            (plain && !named.is_empty()).then_some(named)
        };
        parts.iter().filter_map(name).collect()
    }

    fn sources(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("telemetry/log.rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// A field that is not on the list is dropped: whoever writes one learns it here, and thinks about what is in it.
    #[test]
    fn every_field_that_this_crate_logs_is_on_the_list() {
        let mut found = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        let mut checked = 0;
        for source in &found {
            let marks = ["debug!(", "info!(", "warn!(", "error!(", "debug_span!(", "info_span!("];
            for mark in marks.map(|mark| format!("tracing::{mark}")) {
                for call in source.split(&mark).skip(1) {
                    for field in fields(call) {
                        checked += 1;
                        let ours =
                            field.starts_with("otel.") || matches!(field.as_str(), "parent" | "target");
                        assert!(
                            ours || allowed(&field),
                            "`{field}` is logged and not on the list: {}",
                            &call[..60.min(call.len())]
                        );
                    }
                }
            }
        }
        assert!(checked > 40, "only {checked} fields found");
    }
}
