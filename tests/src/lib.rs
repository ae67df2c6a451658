//! What the tests across processes share: a whole counter, started as a newcomer starts it, what can be done to its
//! parts, what its ministries' own books say, and the words to speak to it with.

pub mod births;
pub mod canaries;
pub mod collector;
pub mod counter;
pub mod ledgers;
pub mod portal;
pub mod process;
pub mod redis;
pub mod report;
pub mod wire;
