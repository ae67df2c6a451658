//! Things held for a while, by case. A plain map in shards: a write costs as little as a look-up, which matters because
//! every append is one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use casestore::CaseId;

/// So many locks.
const SHARDS: usize = 16;
/// Things of a shard looked at when it is tidied.
const TIDIED_AT_ONCE: usize = 8;

/// Things held by case: at most so many, and none for long that nobody asks for.
pub(crate) struct Shelf<T> {
    shards: Vec<Mutex<Shard<T>>>,
    most: usize,
    idle: Duration,
}

struct Shard<T> {
    held: HashMap<CaseId, Thing<T>>,
    /// Each of `held` once; the longest there first.
    order: VecDeque<CaseId>,
}

struct Thing<T> {
    thing: T,
    used: Instant,
}

impl<T: Clone> Shelf<T> {
    /// Holds at most about `most` things, each until nobody has asked for it for `idle`.
    pub(crate) fn new(most: usize, idle: Duration) -> Self {
        let shard = || Mutex::new(Shard { held: HashMap::new(), order: VecDeque::new() });
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), most: most.div_ceil(SHARDS), idle }
    }

    fn shard(&self, case: CaseId) -> std::sync::MutexGuard<'_, Shard<T>> {
        let last = case.as_bytes()[16];
        self.shards[usize::from(last) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is held of the case.
    pub(crate) fn get(&self, case: CaseId) -> Option<T> {
        let mut shard = self.shard(case);
        let held = shard.held.get_mut(&case)?;
        held.used = Instant::now();
        Some(held.thing.clone())
    }

    /// Holds this of the case from now on.
    pub(crate) fn put(&self, case: CaseId, thing: T) {
        let mut shard = self.shard(case);
        if shard.held.insert(case, Thing { thing, used: Instant::now() }).is_none() {
            shard.order.push_back(case);
            shard.tidy(self.most, self.idle);
        }
    }

    /// Holds nothing of the case any more.
    pub(crate) fn forget(&self, case: CaseId) {
        // Its place in the order is given up when its turn comes.
        self.shard(case).held.remove(&case);
    }

    /// Lets go of what nobody asks for any more. For whoever comes by regularly.
    pub(crate) fn tidy(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).tidy(self.most, self.idle);
        }
    }
}

impl<T> Shard<T> {
    fn tidy(&mut self, most: usize, idle: Duration) {
        for _ in 0..TIDIED_AT_ONCE {
            let Some(case) = self.order.pop_front() else { return };
            let Some(held) = self.held.get(&case) else { continue };
            // The longest there makes room; what is merely old may stay if it is used.
            if self.held.len() > most || held.used.elapsed() > idle {
                self.held.remove(&case);
            } else {
                self.order.push_back(case);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use casestore::Partition;

    use super::*;

    fn case(number: u16) -> CaseId {
        let mut random = [0; 15];
        random[13..].copy_from_slice(&number.to_be_bytes());
        CaseId::new(Partition::new(1).unwrap(), random)
    }

    #[test]
    fn it_holds_so_many_and_no_more() {
        let shelf = Shelf::new(160, Duration::from_secs(60));
        for number in 0..2_000 {
            shelf.put(case(number), number);
            shelf.put(case(number), number);
        }
        let held = (0..2_000).filter(|number| shelf.get(case(*number)) == Some(*number)).count();
        assert!((100..=160).contains(&held), "{held}");
        assert_eq!(shelf.get(case(1_999)), Some(1_999));
        let places: usize = shelf.shards.iter().map(|shard| shard.lock().unwrap().order.len()).sum();
        assert!(places <= 320, "{places} places for {held} things");
    }

    #[test]
    fn what_nobody_asks_for_is_let_go() {
        let shelf = Shelf::new(1_000, Duration::ZERO);
        (0..100).for_each(|number| shelf.put(case(number), number));
        (0..20).for_each(|_| shelf.tidy());
        assert!((0..100).all(|number| shelf.get(case(number)).is_none()));
        let kept = Shelf::new(1_000, Duration::from_secs(60));
        (0..100).for_each(|number| kept.put(case(number), number));
        (0..20).for_each(|_| kept.tidy());
        kept.forget(case(7));
        assert_eq!((0..100).filter(|number| kept.get(case(*number)).is_some()).count(), 99);
    }
}
