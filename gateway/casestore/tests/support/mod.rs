//! What the tests of the stores share.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "shared by test files, each of which is a crate")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

pub mod cases;
pub mod proxy;
pub mod servers;

use casestore::conformance::{Differential, Door};

/// How many calls the differential test compares with one store: a share of the hundred thousand of a CI run, or of
/// `LOKET_DIFFERENTIAL_CALLS`. `LOKET_DIFFERENTIAL_SEED` starts from other random calls.
pub fn differential(tenths: u64, sequences: u8) -> Differential {
    let number = |name: &str, otherwise| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    };
    let calls: u64 = number("LOKET_DIFFERENTIAL_CALLS", 100_000);
    Differential {
        seed: number("LOKET_DIFFERENTIAL_SEED", 20_261_123),
        calls: calls * tenths / 10,
        sequences,
    }
}

/// Leaves the store as it is between rounds.
pub fn always_open() -> Door {
    Box::new(|store| Box::pin(async { store }))
}
