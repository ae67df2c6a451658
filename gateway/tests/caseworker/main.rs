//! The caseworker by what it promises: on stores that fail, with gateways that die, against ministries in this process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what is told to fail a test fails it, in the functions that its tests share as well"
)]

mod canary;
mod country;
mod crashes;
mod faults;
mod journeys;
mod ministries;
mod opening;
mod reading;
mod sameness;
mod world;
