//! The differential test: random calls go to a store and to the model; each reply, and in the end all that is kept,
//! must be equal. Many sequences run at once, each with partitions and a model of its own; between rounds the clock
//! is moved forward, and a store that can be closed is closed and opened again.
//!
//! The model is asked at the store's now, as the reply tells it. Spans of time are whole days and so are the moves of
//! the clock, so that the milliseconds which no reply tells decide nothing.

mod op;
mod world;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use self::op::{Op, Reply, sorted};
use self::world::World;
use super::bench::DAY;
use super::{Broken, Checked};
use crate::id::Partition;
use crate::memory::Memory;
use crate::store::{CaseStore, DocumentKey, Due, Millis};

/// Calls of one sequence in one round.
const CALLS_PER_ROUND: u64 = 50;

/// Partitions of one sequence.
const PLACES: u16 = 3;

/// Where a sequence's partitions begin; those below are for checks.
const FIRST_PLACE: u16 = 200;

/// May close the store after a round and open it again: the store to go on with.
pub type Door =
    Box<dyn FnMut(Arc<dyn CaseStore>) -> Pin<Box<dyn Future<Output = Arc<dyn CaseStore>> + Send>> + Send>;

/// How much to compare.
#[derive(Debug, Clone)]
pub struct Differential {
    /// Where the random calls start from; the same seed makes the same calls.
    pub seed: u64,
    /// How many calls in all, at least.
    pub calls: u64,
    /// How many sequences at once; at most 200.
    pub sequences: u8,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Calls whose replies were equal.
    pub calls: u64,
    /// How often each form of a reply came.
    pub forms: BTreeMap<&'static str, u64>,
}

/// Repeatable random numbers (SplitMix64).
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

impl Differential {
    /// Compares. The store must be empty from partition 200 on.
    ///
    /// # Errors
    /// The first reply that differs, with the seed, the sequence, the number of the call, and the call.
    pub async fn run(&self, mut store: Arc<dyn CaseStore>, mut door: Door) -> Result<Ran, Broken> {
        let mut random = Random(self.seed);
        let mut sequences: Vec<_> = (0..self.sequences).map(|name| Sequence::new(self.seed, name)).collect();
        let mut ran = Ran { calls: 0, forms: BTreeMap::new() };
        let mut moved = 0;
        while ran.calls < self.calls {
            let rounds = sequences.iter_mut().map(|sequence| sequence.round(&*store));
            futures::future::try_join_all(rounds).await?;
            ran.calls += u64::from(self.sequences) * CALLS_PER_ROUND;
            moved += random.below(3) as i64 * DAY;
            store.set_clock_offset(moved).await?;
            store = door(store).await;
        }
        let ends = sequences.iter_mut().map(|sequence| sequence.end(&*store));
        futures::future::try_join_all(ends).await?;
        for (form, times) in sequences.into_iter().flat_map(|sequence| sequence.forms) {
            *ran.forms.entry(form).or_default() += times;
        }
        Ok(ran)
    }
}

/// One sequence: its calls and its model.
struct Sequence {
    seed: u64,
    name: u8,
    world: World,
    model: Memory,
    /// The model's clock: the latest now that a reply told.
    clock: Arc<AtomicI64>,
    calls: u64,
    forms: BTreeMap<&'static str, u64>,
}

impl Sequence {
    fn new(seed: u64, name: u8) -> Self {
        let first = FIRST_PLACE + u16::from(name) * PLACES;
        let places = (first..first + PLACES).filter_map(Partition::new).collect();
        let random = Random(seed ^ (u64::from(name) + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let clock = Arc::new(AtomicI64::new(0));
        let told = clock.clone();
        Self {
            seed,
            name,
            world: World::new(random, name, places, name == 0),
            model: Memory::with_clock(move || told.load(Ordering::Relaxed)),
            clock,
            calls: 0,
            forms: BTreeMap::new(),
        }
    }

    async fn round(&mut self, store: &dyn CaseStore) -> Checked {
        self.clock.fetch_max(store.now().await?, Ordering::Relaxed);
        for _ in 0..CALLS_PER_ROUND {
            let op = self.world.next();
            self.compare(store, &op).await?;
        }
        Ok(())
    }

    async fn compare(&mut self, store: &dyn CaseStore, op: &Op) -> Checked {
        self.calls += 1;
        let reply = op.ask(store).await;
        let reply = reply.map_err(|error| self.differs(op, &format!("the store answered: {error}")))?;
        let expected = match (op, &reply) {
            (Op::TakeDue { places, limit, days }, Reply::Due(due)) if places.len() > 1 => {
                self.sweep(due, places, *limit, *days).await?
            }
            _ => {
                self.see(op.now(&reply));
                op.ask(&self.model).await?
            }
        };
        self.world.learn(op, &reply);
        let (reply, expected) = (sorted(reply), sorted(expected));
        if reply == expected {
            *self.forms.entry(reply.form()).or_default() += 1;
            return Ok(());
        }
        Err(self.differs(op, &format!("the store replied {reply:?}\n  the model replied {expected:?}")))
    }

    fn see(&self, now: Option<Millis>) {
        self.clock.fetch_max(now.unwrap_or(0), Ordering::Relaxed);
    }

    /// A store may look at each partition at a moment of its own: the model is asked for one after another, at the
    /// moment that the store's reply tells.
    async fn sweep(
        &self,
        told: &[Due],
        places: &[Partition],
        limit: usize,
        days: u64,
    ) -> Result<Reply, Broken> {
        let until =
            |place: &Partition| told.iter().find(|due| due.case.partition() == *place).map(|due| due.until);
        let mut places = places.to_vec();
        places.sort_by_key(|place| until(place));
        let mut all = Vec::new();
        for place in places {
            self.see(until(&place).map(|until| until - days as i64 * DAY));
            let one = Op::TakeDue { places: vec![place], limit, days };
            if let Reply::Due(due) = one.ask(&self.model).await? {
                all.extend(due);
            }
        }
        Ok(Reply::Due(all))
    }

    fn differs(&self, op: &Op, how: &str) -> Broken {
        let (seed, name, calls) = (self.seed, self.name, self.calls);
        Broken::new(format!("seed {seed}, sequence {name}, call {calls}: {op:?}\n  {how}"))
    }

    /// All that is kept, by all that can be asked.
    async fn end(&mut self, store: &dyn CaseStore) -> Checked {
        let mut asks = Vec::new();
        for case in self.world.cases() {
            asks.extend([Op::Load(case), Op::Access(case)]);
        }
        let subscribers = [self.world.subscribers().to_vec(), vec!["nobody".to_owned()]].concat();
        for &place in &self.world.places {
            asks.push(Op::Live { place, after: None, limit: 1000 });
            for subscriber in subscribers.clone() {
                asks.push(Op::Outbox { place, subscriber, limit: 10_000 });
            }
            let keys = |kind, of| self.world.keys(kind, of);
            asks.extend(keys(b'p', 3).map(|party| Op::Listed { place, party, before: None, limit: 1000 }));
            asks.extend(keys(b'd', 3).map(|name| Op::Document(DocumentKey { partition: place, name })));
            let none = [0; 32];
            asks.extend(keys(b'b', 4).map(|bucket| Op::Bucket { place, bucket, request: none }));
            asks.extend(keys(b'q', 200).map(|request| Op::Bucket { place, bucket: none, request }));
        }
        let among = self.world.places.clone();
        for subscriber in subscribers {
            asks.push(Op::OutboxPending { subscriber, among: among.clone() });
        }
        // What is due now, and what will be.
        asks.push(Op::TakeDue { places: among, limit: 10_000, days: 1 });
        for ask in asks {
            self.compare(store, &ask).await?;
        }
        Ok(())
    }
}
