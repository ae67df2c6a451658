//! From casework's words to those of the contract and back.

mod address;
pub mod cases;
pub mod changes;
mod decisions;
pub mod disclosures;
pub mod life_events;
pub mod previews;
pub mod questions;
pub mod reports;
pub mod steps;
mod summary;
pub mod values;
pub mod viewer;
mod wording;

pub use wording::{Wording, timestamp};
