//! The portal and the operators' services by what they promise, over real sockets, against a small country.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where it fails")]

mod acts;
mod country;
mod drafts;
mod life_events;
mod matrix;
mod ministries;
mod opening;
mod operations;
mod reading;
mod sameness;
mod watching;
mod world;
