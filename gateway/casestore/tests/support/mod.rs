//! What the tests of the stores share.

#![allow(dead_code, reason = "each test file uses its part")]

use casestore::conformance::Differential;

/// How many calls the differential test compares with each store: a fraction of the hundred thousand of a CI run, or
/// of `LOKET_DIFFERENTIAL_CALLS`.
pub fn differential(share_of_ten: u64, sequences: u8) -> Differential {
    let calls = std::env::var("LOKET_DIFFERENTIAL_CALLS").map_or(100_000, |calls| calls.parse().unwrap());
    let seed = std::env::var("LOKET_DIFFERENTIAL_SEED").map_or(20_261_123, |seed| seed.parse().unwrap());
    Differential { seed, calls: calls * share_of_ten / 10, sequences }
}
