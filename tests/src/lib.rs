//! What the tests across processes share: a whole counter, started as a newcomer starts it, and the words to speak to
//! it with.

pub mod counter;
pub mod portal;
pub mod report;
pub mod wire;
