//! The desk, over the wire and behind the door: agencies register, renew, withdraw, report on steps and report
//! happenings, each for itself alone.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where it fails")]

#[path = "../ministry/mod.rs"]
mod ministry;

mod happenings;
mod registering;
mod reports;
mod waking;
mod world;
