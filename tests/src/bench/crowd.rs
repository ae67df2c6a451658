//! A store with many cases: what each keeps in memory, and whether the next costs more for it.

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::driver::{Until, drive};
use super::gateway::{Happening, Loket, Store};
use super::sample::{Contender, Sample};
use super::{Options, progress};

/// A small store, in cases.
const FEW: u64 = 1_000;
/// Where the memory is looked at on the way to the whole crowd.
const SOME: u64 = 10_000;
/// Cases of one look: few, so that the small store stays small.
const CASES: u64 = 600;
/// Cases at once.
const AT_ONCE: usize = 64;

/// A crowd to be measured.
pub(super) struct Crowd<'a> {
    pub(super) program: &'a Path,
    pub(super) ministries: SocketAddr,
    pub(super) store: Store,
    pub(super) options: &'a Options,
}

/// What was seen of it.
pub(super) struct Crowded {
    /// Cases that wait, gateway's bytes per case, bytes per case of the store's own process.
    pub(super) memory: Vec<(u64, f64, f64)>,
    /// Looks in turns: with few cases in the store, with all.
    pub(super) pairs: Vec<(Sample, Sample)>,
}

impl Crowd<'_> {
    pub(super) async fn measured(&self) -> anyhow::Result<Crowded> {
        let all = self.options.crowd;
        progress(&format!("{all} cases that wait, on {}", self.store.name()));
        let few = self.gateway().await?;
        drive(&few.gateway, &few.next, AT_ONCE, Until::Cases(FEW.min(all))).await?;
        let many = self.gateway().await?;
        let memory = waiting(&many, all).await?;
        many.gateway.happening.set(Happening::Arrival);
        let mut pairs = Vec::new();
        for _ in 0..self.options.pairs {
            let of_few = few.look(AT_ONCE, Until::Cases(CASES)).await?;
            pairs.push((of_few, many.look(AT_ONCE, Until::Cases(CASES)).await?));
        }
        Ok(Crowded { memory, pairs })
    }

    async fn gateway(&self) -> anyhow::Result<Contender<Loket>> {
        Ok(Contender::new(Rc::new(Loket::start(self.program, self.store, self.ministries).await?)))
    }
}

/// Fills the store with cases that wait, and looks at the memory on the way.
async fn waiting(contender: &Contender<Loket>, all: u64) -> anyhow::Result<Vec<(u64, f64, f64)>> {
    let gateway = &contender.gateway;
    // What does not grow with the cases is there before: code, threads, caches.
    drive(gateway, &contender.next, AT_ONCE, Until::Time(Duration::from_secs(2))).await?;
    gateway.happening.set(Happening::Stay);
    let before = held(gateway).await?;
    let mut memory = Vec::new();
    let mut there = 0;
    for goal in [SOME.min(all), all] {
        while there < goal {
            gateway.refresh_tokens().await?;
            let more = (goal - there).min(SOME);
            drive(gateway, &contender.next, AT_ONCE, Until::Cases(more)).await?;
            there += more;
        }
        let now = held(gateway).await?;
        let per_case = |now: u64, before: u64| (now as f64 - before as f64) / there.max(1) as f64;
        memory.push((there, per_case(now.0, before.0), per_case(now.1, before.1)));
    }
    memory.dedup_by_key(|(cases, ..)| *cases);
    Ok(memory)
}

/// Bytes that the gateway and its store hold.
async fn held(gateway: &Loket) -> anyhow::Result<(u64, u64)> {
    let store = match &gateway.redis {
        Some(redis) => redis.memory().await?,
        None => 0,
    };
    Ok((gateway.part.memory()?, store))
}
