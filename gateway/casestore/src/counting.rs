//! A store that counts what it is asked: each call is a round trip to the store behind it, so that a test can say
//! what a case costs.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio_stream::Stream;

use crate::id::{CaseId, Head, Partition};
use crate::store::*;

/// What a store is asked.
#[expect(missing_docs, reason = "each is the call of its name")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Reserve,
    Claim,
    Bucket,
    Append,
    Load,
    TakeDue,
    Postpone,
    AppendAccess,
    Access,
    Outbox,
    OutboxDone,
    OutboxForget,
    OutboxPending,
    List,
    Listed,
    Live,
    WriteDocument,
    Document,
    AppendRegistry,
    RegistryAfter,
    Watch,
    Now,
    SetClockOffset,
}

/// A store that counts its calls.
pub struct Counting {
    store: Arc<dyn CaseStore>,
    calls: Mutex<BTreeMap<Operation, u64>>,
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counting").field("calls", &self.counts()).finish_non_exhaustive()
    }
}

impl Counting {
    /// Counts what goes to this store.
    #[must_use]
    pub fn new(store: Arc<dyn CaseStore>) -> Self {
        Self { store, calls: Mutex::default() }
    }

    /// How often each call was made since the last [`reset`](Self::reset).
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Operation, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often this call was made.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        self.counts().get(&operation).copied().unwrap_or(0)
    }

    /// How many round trips these calls were, all together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts().values().sum()
    }

    /// Counts from nothing again.
    pub fn reset(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn asked(&self, operation: Operation) -> &dyn CaseStore {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
        &*self.store
    }
}

#[async_trait::async_trait]
impl CaseStore for Counting {
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved> {
        self.asked(Operation::Reserve).reserve(partition, request, body, note, keep).await
    }

    async fn claim(&self, claim: Claim) -> Answer<Claimed> {
        self.asked(Operation::Claim).claim(claim).await
    }

    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)> {
        self.asked(Operation::Bucket).bucket(partition, bucket, request).await
    }

    async fn append(&self, append: Append) -> Answer<Appended> {
        self.asked(Operation::Append).append(append).await
    }

    async fn load(&self, case: CaseId) -> Answer<Option<Log>> {
        self.asked(Operation::Load).load(case).await
    }

    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>> {
        self.asked(Operation::TakeDue).take_due(partitions, limit, lease).await
    }

    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis> {
        self.asked(Operation::Postpone).postpone(case, head, due_in).await
    }

    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended> {
        self.asked(Operation::AppendAccess).append_access(case, prev, new, rows).await
    }

    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>> {
        self.asked(Operation::Access).access(case).await
    }

    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>> {
        self.asked(Operation::Outbox).outbox(partition, subscriber, limit).await
    }

    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()> {
        self.asked(Operation::OutboxDone).outbox_done(partition, subscriber, number).await
    }

    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()> {
        self.asked(Operation::OutboxForget).outbox_forget(partition, number).await
    }

    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>> {
        self.asked(Operation::OutboxPending).outbox_pending(subscriber).await
    }

    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()> {
        self.asked(Operation::List).list(partition, party, listed).await
    }

    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        self.asked(Operation::Listed).listed(partition, party, before, limit).await
    }

    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>> {
        self.asked(Operation::Live).live(partition, after, limit).await
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written> {
        self.asked(Operation::WriteDocument).write_document(key, expected, content, keep).await
    }

    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>> {
        self.asked(Operation::Document).document(key).await
    }

    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended> {
        self.asked(Operation::AppendRegistry).append_registry(prev_rows, row).await
    }

    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>> {
        self.asked(Operation::RegistryAfter).registry_after(rows, limit).await
    }

    async fn watch(&self, partition: Partition) -> Answer<Pin<Box<dyn Stream<Item = Moved> + Send>>> {
        self.asked(Operation::Watch).watch(partition).await
    }

    async fn now(&self) -> Answer<Millis> {
        self.asked(Operation::Now).now().await
    }

    async fn set_clock_offset(&self, millis: i64) -> Answer<()> {
        self.asked(Operation::SetClockOffset).set_clock_offset(millis).await
    }

    fn durability(&self) -> Durability {
        self.store.durability()
    }
}
