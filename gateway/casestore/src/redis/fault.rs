//! What an error of the server's means: refused before anything was written, or something that must not be there.

use redis::ServerError;

use super::script::Call;
use crate::store::StoreError;

/// Refusals: the server says them before it runs a command or a script.
const REFUSALS: &[&str] = &[
    "OOM",
    "READONLY",
    "LOADING",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "TRYAGAIN",
    "BUSY",
    "NOREPLICAS",
    "MISCONF",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "NOSCRIPT",
    "MOVED",
    "ASK",
    "CROSSSLOT",
];

/// The error of a call that the server has answered with this.
pub(super) fn fault(call: &Call, error: &ServerError) -> StoreError {
    if error.code() == "OOM" {
        let reason =
            "Redis has reached its maxmemory: give it more, or remove what is not Loket's".to_owned();
        return StoreError::Unavailable { reason };
    }
    if REFUSALS.contains(&error.code()) {
        return StoreError::Unavailable { reason: error.to_string() };
    }
    // Scripts touch everything before their first write: what they stumble over was there before.
    let place = format!("{} of {}", call.name(), call.place);
    StoreError::Corrupt { place, reason: error.to_string() }
}

/// Whether the error speaks of a key of a wrong type.
pub(super) fn is_wrong_type(error: &ServerError) -> bool {
    error.code() == "WRONGTYPE" || error.details().is_some_and(|details| details.contains("WRONGTYPE"))
}
