//! What a case means, as stories: each test tells what happens to one, and what follows.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it errs")]

mod answers;
#[path = "../simulation/country.rs"]
mod country;
mod explanations;
mod facts;
mod groups;
mod joining;
mod named_by_services;
mod offers;
mod opening;
mod registry;
mod robustness;
mod sameness;
mod silence;
mod skips;
mod steering;
mod story;
mod told_anew;
mod views;
mod withdrawal;
