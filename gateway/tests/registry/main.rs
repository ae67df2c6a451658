//! The registry: what registers is in a candidate plan within a second in every gateway, published by its rule, and
//! what is wrong is refused with what to fix.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where it fails")]

#[path = "../ministry/mod.rs"]
mod ministry;

mod files;
mod learning;
mod leases;
mod plans;
mod refusing;
mod tree;
