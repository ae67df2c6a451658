//! Decides what a case needs next.
#![allow(missing_docs)]
pub mod dictionary;
pub mod life_event;
pub mod name;
pub mod time;
pub mod value;
