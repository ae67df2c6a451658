//! One look at one contender: how many cases, how long each, and who worked how long for them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::bare::Opponent;
use super::child::Part;
use super::driver::{Reports, Until, drive};
use super::gateway::Loket;

/// Cases before each look: connections are open, caches filled.
const WARM_UP: Duration = Duration::from_millis(300);

/// A gateway that is measured.
pub(super) struct Contender<R> {
    pub(super) gateway: Rc<R>,
    pub(super) next: Cell<u64>,
}

/// What is read of a gateway from outside.
pub(super) trait Measured: Reports {
    /// Its process.
    fn part(&self) -> &Part;
    /// The process of its store, where that is another.
    fn store(&self) -> Option<&Part> {
        None
    }
    /// How often its store was asked so far, by call.
    async fn store_calls(&self) -> anyhow::Result<Vec<(String, u64)>> {
        Ok(Vec::new())
    }
    /// How many commands its store says that it was sent.
    async fn commands(&self) -> anyhow::Result<u64> {
        Ok(0)
    }
    /// Done before each look.
    async fn ready(&self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Measured for Opponent {
    fn part(&self) -> &Part {
        &self.part
    }
}

impl Measured for Loket {
    fn part(&self) -> &Part {
        &self.part
    }

    fn store(&self) -> Option<&Part> {
        self.redis.as_ref().map(|redis| &redis.part)
    }

    async fn store_calls(&self) -> anyhow::Result<Vec<(String, u64)>> {
        Self::store_calls(self).await
    }

    async fn commands(&self) -> anyhow::Result<u64> {
        match &self.redis {
            Some(redis) => redis.commands().await,
            None => Ok(0),
        }
    }

    async fn ready(&self) -> anyhow::Result<()> {
        self.refresh_tokens().await
    }
}

/// What was seen of a contender.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) cases_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Processor time of the gateway per case, in microseconds.
    pub(super) cpu_us: f64,
    /// The same of the store's own process.
    pub(super) store_cpu_us: f64,
    /// Commands that the store's own process was sent per case.
    pub(super) commands: f64,
    /// Calls of the store per case, by call, as the gateway tells.
    pub(super) store_calls: BTreeMap<String, f64>,
}

/// Two looks, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) bare: Sample,
    pub(super) loket: Sample,
}

impl<R: Measured> Contender<R> {
    pub(super) fn new(gateway: Rc<R>) -> Self {
        // What was reported while it was being started has lower numbers.
        Self { gateway, next: Cell::new(1_000_000) }
    }

    /// Looks at it for so long, at so many cases at once.
    pub(super) async fn sample(&self, at_once: usize, time: Duration) -> anyhow::Result<Sample> {
        self.look(at_once, Until::Time(time)).await
    }

    /// Looks at it for so long or so many cases.
    pub(super) async fn look(&self, at_once: usize, until: Until) -> anyhow::Result<Sample> {
        self.gateway.ready().await?;
        drive(&self.gateway, &self.next, at_once, Until::Time(WARM_UP)).await?;
        let gateway = &self.gateway;
        let store_cpu = || gateway.store().map_or(Ok(Duration::ZERO), Part::cpu);
        let (calls, commands) = (gateway.store_calls().await?, gateway.commands().await?);
        let (cpu, store) = (gateway.part().cpu()?, store_cpu()?);
        let seen = drive(gateway, &self.next, at_once, until).await?;
        let (cpu, store) = (gateway.part().cpu()? - cpu, store_cpu()? - store);
        let per_case = |count: f64| count / seen.cases.max(1) as f64;
        let before: BTreeMap<String, u64> = calls.into_iter().collect();
        let store_calls = gateway.store_calls().await?.into_iter().map(|(call, count)| {
            let since = count - before.get(&call).copied().unwrap_or(0);
            (call, per_case(since as f64))
        });
        let quantile = |share: f64| {
            let at = ((seen.took.len() as f64 * share) as usize).min(seen.took.len().saturating_sub(1));
            seen.took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
        };
        Ok(Sample {
            cases_per_second: seen.took.len() as f64 / seen.over.as_secs_f64(),
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            cpu_us: per_case(cpu.as_secs_f64() * 1e6),
            store_cpu_us: per_case(store.as_secs_f64() * 1e6),
            commands: per_case((gateway.commands().await? - commands) as f64),
            store_calls: store_calls.filter(|(_, count)| *count > 0.0).collect(),
        })
    }
}
