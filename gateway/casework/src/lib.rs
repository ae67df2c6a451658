//! Decides what a citizen's case needs next.
//!
//! No clock, no network, no store, no async: time is an argument, and the same arguments always give the same
//! entries. The way in is [`decide`](decide::decide); a plan comes from [`compile`](compile::compile).

pub mod case;
pub mod compile;
pub mod condition;
pub mod decide;
pub mod dictionary;
pub mod duties;
pub mod entry;
pub mod explain;
mod fold;
mod gate;
pub mod happening;
pub mod input;
pub mod key;
pub mod life_event;
pub mod name;
mod picture;
pub mod plan;
pub mod planted;
pub mod questions;
mod readiness;
mod reversal;
pub mod rulebook;
pub mod sameness;
pub mod service;
pub mod shape;
pub mod term;
pub mod time;
pub mod value;
pub mod view;
