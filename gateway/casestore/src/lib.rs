//! Keeps cases. A case is a log of rows; a store appends to it under a condition, says which cases are due, and
//! keeps beside it what has to be true at the same moment: the bucket of the happening, the outbox, the access log.
//!
//! The way in is the trait [`CaseStore`]; its doc comments say what is true when each call returns. A store sees ids,
//! times and sealed bytes, never a fact.
//!
//! Implementations: [`Memory`](memory::Memory) (the model, and the oracle of the differential test),
//! [`Embedded`](embedded::Embedded) (the default: one process, one file, crash-safe), [`Redis`](redis::Redis)
//! (standalone or Cluster). One conformance suite holds for all. [`open()`] is the door to all of them.

mod answer;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod counting;
pub mod embedded;
mod id;
mod keep;
mod limits;
pub mod memory;
mod open;
pub mod redis;
mod state;
mod store;
mod watchers;

pub use counting::{Counting, Operation};
pub use id::{CaseId, Head, NotACaseId, PARTITIONS, Partition};
pub use open::{OpenError, Options, open};
pub use store::*;
