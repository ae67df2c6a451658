//! The desk, over the wire and behind the door: agencies register, renew, withdraw, report on steps and report
//! happenings, each for itself alone.

#[path = "../ministry/mod.rs"]
mod ministry;

mod happenings;
mod registering;
mod reports;
mod world;
