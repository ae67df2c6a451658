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
    "trace.link",
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
}
