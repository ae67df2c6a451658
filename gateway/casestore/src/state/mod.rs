//! The store as a pure state machine: no I/O, the time is told. A question is *decided* against the state, which
//! yields an answer and effects; effects are *applied*. [`Memory`](crate::memory::Memory) applies them at once,
//! [`Embedded`](crate::embedded::Embedded) journals them as well, and both are therefore the same store.
//!
//! `R` is what a piece of bytes is to the state: the bytes, or where they lie.

mod apply;
mod cases;
mod effect;
mod lists;
mod requests;
mod unload;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bytes::Bytes;

pub(crate) use cases::{Accessed, Tail};
pub(crate) use effect::Effect;
pub(crate) use requests::{Claiming, Reserving};

use crate::id::{CaseId, Head, PARTITIONS, Partition};
use crate::store::{DocumentKey, KeyedHash, Millis, RequestKey};

/// What was decided: the answer, and what makes it true.
pub(crate) struct Step<A> {
    pub(crate) answer: A,
    pub(crate) effects: Vec<Effect<Bytes>>,
}

impl<A> Step<A> {
    /// An answer that changes nothing.
    pub(crate) fn read(answer: A) -> Self {
        Self { answer, effects: Vec::new() }
    }
}

/// Everything that a store keeps.
pub(crate) struct State<R> {
    partitions: Vec<Share<R>>,
    registry: Vec<R>,
    /// The latest real time that was seen.
    seen: Millis,
    /// The clock's offset from real time.
    offset: i64,
    /// What is gone when, so that it leaves the memory too.
    expiring: BTreeSet<(Millis, Expiring)>,
}

/// What is kept for a time only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expiring {
    Request(Partition, RequestKey),
    Document(DocumentKey),
}

/// What one partition keeps.
struct Share<R> {
    requests: HashMap<RequestKey, Reservation<R>>,
    receipts: HashMap<RequestKey, CaseId>,
    buckets: HashMap<KeyedHash, Happenings<R>>,
    cases: HashMap<CaseId, Case<R>>,
    due: BTreeSet<(Millis, CaseId)>,
    live: BTreeMap<CaseId, R>,
    access: HashMap<CaseId, Chain<R>>,
    outbox: VecDeque<R>,
    /// How many rows of the outbox were dropped: the number of the first kept one, less one.
    forgotten: u64,
    cursors: BTreeMap<String, u64>,
    lists: HashMap<KeyedHash, PartyList<R>>,
    documents: HashMap<KeyedHash, Kept<R>>,
}

struct Reservation<R> {
    body: [u8; 32],
    note: R,
    until: Millis,
}

struct Happenings<R> {
    version: u64,
    entries: Vec<(CaseId, R)>,
}

struct Chain<R> {
    head: Head,
    rows: Vec<R>,
}

struct Case<R> {
    log: Chain<R>,
    due: Option<Millis>,
}

struct PartyList<R> {
    order: BTreeSet<(Millis, CaseId)>,
    lines: HashMap<CaseId, (Millis, R)>,
}

struct Kept<R> {
    version: u64,
    content: R,
    until: Option<Millis>,
}

impl<R> Default for Share<R> {
    fn default() -> Self {
        Self {
            requests: HashMap::new(),
            receipts: HashMap::new(),
            buckets: HashMap::new(),
            cases: HashMap::new(),
            due: BTreeSet::new(),
            live: BTreeMap::new(),
            access: HashMap::new(),
            outbox: VecDeque::new(),
            forgotten: 0,
            cursors: BTreeMap::new(),
            lists: HashMap::new(),
            documents: HashMap::new(),
        }
    }
}

impl<R> Default for State<R> {
    fn default() -> Self {
        Self {
            partitions: (0..PARTITIONS).map(|_| Share::default()).collect(),
            registry: Vec::new(),
            seen: 0,
            offset: 0,
            expiring: BTreeSet::new(),
        }
    }
}

impl<R> State<R> {
    fn share(&self, partition: Partition) -> &Share<R> {
        &self.partitions[usize::from(partition.number())]
    }

    fn share_mut(&mut self, partition: Partition) -> &mut Share<R> {
        &mut self.partitions[usize::from(partition.number())]
    }

    fn case(&self, case: CaseId) -> Option<&Case<R>> {
        self.share(case.partition()).cases.get(&case)
    }

    /// The store's now, given real time: it never runs back by itself.
    pub(crate) fn now(&self, wall: Millis) -> Millis {
        self.seen.max(wall) + self.offset
    }

    /// The latest real time that was seen.
    pub(crate) fn seen(&self) -> Millis {
        self.seen
    }

    /// Real time was this.
    pub(crate) fn see(&mut self, wall: Millis) {
        self.seen = self.seen.max(wall);
    }
}
