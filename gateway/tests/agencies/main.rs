//! The way to agencies, with real ministries over real HTTP/2: what leaves, what comes back, what every failure is, and
//! what happens when a system of an agency is not there.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it fails")]

#[path = "../ministry/mod.rs"]
mod ministry;

mod answers;
mod failing;
mod leaving;
mod world;
