//! Stores that fail, and gateways that die.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use casestore::*;
use tokio::sync::Notify;
use tokio_stream::Stream;

/// When a gateway dies: after so many points, at each of which the world outside is about to learn of it or has just
/// answered. A dead gateway does nothing any more, and none of its tasks ends.
pub(crate) struct Fate {
    left: AtomicI64,
    passed: AtomicU64,
    died: Notify,
}

impl Fate {
    pub(crate) fn after(points: i64) -> Arc<Self> {
        Arc::new(Self { left: AtomicI64::new(points), passed: AtomicU64::new(0), died: Notify::new() })
    }

    pub(crate) fn never() -> Arc<Self> {
        Self::after(i64::MAX)
    }

    /// How many points it has passed.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }

    pub(crate) async fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.died.notify_one();
            return std::future::pending().await;
        }
        self.passed.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) async fn death(&self) {
        self.died.notified().await;
    }
}

/// What happens to a call to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Refused before it is done.
    Refused,
    /// Done, and the answer lost.
    Lost,
    /// Not done, and nobody knows.
    Dropped,
}

type Faults = dyn Fn(&'static str) -> Fault + Send + Sync;
type Spoil = dyn Fn(&mut Log) + Send + Sync;

/// A store as one gateway reaches it.
pub(crate) struct Reached {
    store: Arc<dyn CaseStore>,
    fate: Arc<Fate>,
    faults: Box<Faults>,
    spoil: Box<Spoil>,
}

impl Reached {
    pub(crate) fn until(store: Arc<dyn CaseStore>, fate: Arc<Fate>) -> Arc<Self> {
        Arc::new(Self { store, fate, faults: Box::new(|_| Fault::None), spoil: Box::new(|_| {}) })
    }

    pub(crate) fn with_faults(
        store: Arc<dyn CaseStore>,
        faults: impl Fn(&'static str) -> Fault + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { store, fate: Fate::never(), faults: Box::new(faults), spoil: Box::new(|_| {}) })
    }

    /// A store that tells logs otherwise than they were written.
    pub(crate) fn spoilt(
        store: Arc<dyn CaseStore>,
        spoil: impl Fn(&mut Log) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let faults = Box::new(|_: &'static str| Fault::None);
        Arc::new(Self { store, fate: Fate::never(), faults, spoil: Box::new(spoil) })
    }

    async fn asked<T>(&self, name: &'static str, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        self.fate.pass().await;
        let fault = (self.faults)(name);
        let reason = || "a test lost it".to_owned();
        match fault {
            Fault::Refused => return Err(StoreError::Unavailable { reason: reason() }),
            Fault::Dropped => return Err(StoreError::Unknown { reason: reason() }),
            Fault::None | Fault::Lost => {}
        }
        let answer = call.await;
        self.fate.pass().await;
        if fault == Fault::Lost { Err(StoreError::Unknown { reason: reason() }) } else { answer }
    }
}

#[async_trait::async_trait]
impl CaseStore for Reached {
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved> {
        self.asked("reserve", self.store.reserve(partition, request, body, note, keep)).await
    }

    async fn claim(&self, claim: Claim) -> Answer<Claimed> {
        self.asked("claim", self.store.claim(claim)).await
    }

    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)> {
        self.asked("bucket", self.store.bucket(partition, bucket, request)).await
    }

    async fn append(&self, append: Append) -> Answer<Appended> {
        self.asked("append", self.store.append(append)).await
    }

    async fn load(&self, case: CaseId) -> Answer<Option<Log>> {
        let mut log = self.asked("load", self.store.load(case)).await?;
        log.iter_mut().for_each(|log| (self.spoil)(log));
        Ok(log)
    }

    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>> {
        self.asked("take_due", self.store.take_due(partitions, limit, lease)).await
    }

    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis> {
        self.asked("postpone", self.store.postpone(case, head, due_in)).await
    }

    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended> {
        self.asked("append_access", self.store.append_access(case, prev, new, rows)).await
    }

    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>> {
        self.asked("access", self.store.access(case)).await
    }

    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>> {
        self.asked("outbox", self.store.outbox(partition, subscriber, limit)).await
    }

    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()> {
        self.asked("outbox_done", self.store.outbox_done(partition, subscriber, number)).await
    }

    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()> {
        self.asked("outbox_forget", self.store.outbox_forget(partition, number)).await
    }

    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>> {
        self.asked("outbox_pending", self.store.outbox_pending(subscriber)).await
    }

    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()> {
        self.asked("list", self.store.list(partition, party, listed)).await
    }

    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        self.asked("listed", self.store.listed(partition, party, before, limit)).await
    }

    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>> {
        self.asked("live", self.store.live(partition, after, limit)).await
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written> {
        self.asked("write_document", self.store.write_document(key, expected, content, keep)).await
    }

    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>> {
        self.asked("document", self.store.document(key)).await
    }

    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended> {
        self.asked("append_registry", self.store.append_registry(prev_rows, row)).await
    }

    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>> {
        self.asked("registry_after", self.store.registry_after(rows, limit)).await
    }

    async fn watch(&self, partition: Partition) -> Answer<Pin<Box<dyn Stream<Item = Moved> + Send>>> {
        self.asked("watch", self.store.watch(partition)).await
    }

    async fn now(&self) -> Answer<Millis> {
        self.asked("now", self.store.now()).await
    }

    async fn set_clock_offset(&self, millis: i64) -> Answer<()> {
        self.store.set_clock_offset(millis).await
    }

    fn durability(&self) -> Durability {
        self.store.durability()
    }
}
