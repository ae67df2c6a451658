//! A case store whose calls are counted and, inside a traced call, have spans. What is stored is not looked at.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use casestore::*;
use tokio_stream::Stream;
use tracing::{Instrument, Span};

use super::metrics;
use super::outage::{News, Outage};

/// A store that is observed.
pub struct ObservedStore {
    store: Arc<dyn CaseStore>,
    system: &'static str,
    outage: Outage,
}

impl ObservedStore {
    /// Observes this store; the address says what kind it is.
    #[must_use]
    pub fn new(store: Arc<dyn CaseStore>, address: &str) -> Self {
        let system = match address.split_once(':').map(|(scheme, _)| scheme) {
            Some("redis" | "redis-cluster") => "redis",
            Some("embedded") => "loket.embedded",
            _ => "loket.memory",
        };
        Self { store, system, outage: Outage::default() }
    }

    async fn seen<T>(&self, operation: &'static str, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        let begun = Instant::now();
        // What nobody called for (the alarm, the sweeps) has no trace to be part of.
        let answer = if Span::current().is_none() {
            call.await
        } else {
            let span = tracing::debug_span!(
                target: "loket::store",
                "store",
                otel.name = operation,
                otel.kind = "client",
                db.system.name = self.system,
                db.operation.name = operation,
            );
            call.instrument(span).await
        };
        let failed = match &answer {
            Ok(_) => None,
            Err(StoreError::Unavailable { .. }) => Some("unavailable"),
            Err(StoreError::Unknown { .. }) => Some("unknown"),
            Err(StoreError::Corrupt { .. }) => Some("corrupt"),
            Err(StoreError::TooLarge { .. }) => Some("too_large"),
        };
        metrics::stored(self.system, operation, failed, begun.elapsed());
        self.note(answer.as_ref().err());
        answer
    }

    /// Says that the store does not answer, and that it does again: once, whoever is calling.
    fn note(&self, failed: Option<&StoreError>) {
        let now = Instant::now();
        let outage = failed.filter(|error| error.is_outage());
        let news = if outage.is_some() { self.outage.failed(now) } else { self.outage.answered(now) };
        let error = outage.map(ToString::to_string).unwrap_or_default();
        match news {
            None => {}
            Some(News::Begins) => tracing::error!(
                error,
                store = self.system,
                "the store does not answer; nothing new is accepted, and nothing accepted is lost"
            ),
            Some(News::Lasts(since, count)) => {
                let seconds = since.as_secs();
                tracing::error!(
                    error,
                    store = self.system,
                    seconds,
                    count,
                    "the store still does not answer"
                );
            }
            Some(News::Over(after, count)) => {
                let seconds = after.as_secs();
                tracing::info!(store = self.system, seconds, count, "the store answers again");
            }
        }
    }
}

#[async_trait::async_trait]
impl CaseStore for ObservedStore {
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved> {
        self.seen("reserve", self.store.reserve(partition, request, body, note, keep)).await
    }

    async fn claim(&self, claim: Claim) -> Answer<Claimed> {
        self.seen("claim", self.store.claim(claim)).await
    }

    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)> {
        self.seen("bucket", self.store.bucket(partition, bucket, request)).await
    }

    async fn append(&self, append: Append) -> Answer<Appended> {
        self.seen("append", self.store.append(append)).await
    }

    async fn load(&self, case: CaseId) -> Answer<Option<Log>> {
        self.seen("load", self.store.load(case)).await
    }

    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>> {
        self.seen("take_due", self.store.take_due(partitions, limit, lease)).await
    }

    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis> {
        self.seen("postpone", self.store.postpone(case, head, due_in)).await
    }

    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended> {
        self.seen("append_access", self.store.append_access(case, prev, new, rows)).await
    }

    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>> {
        self.seen("access", self.store.access(case)).await
    }

    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>> {
        self.seen("outbox", self.store.outbox(partition, subscriber, limit)).await
    }

    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()> {
        self.seen("outbox_done", self.store.outbox_done(partition, subscriber, number)).await
    }

    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()> {
        self.seen("outbox_forget", self.store.outbox_forget(partition, number)).await
    }

    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>> {
        self.seen("outbox_pending", self.store.outbox_pending(subscriber)).await
    }

    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()> {
        self.seen("list", self.store.list(partition, party, listed)).await
    }

    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        self.seen("listed", self.store.listed(partition, party, before, limit)).await
    }

    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>> {
        self.seen("live", self.store.live(partition, after, limit)).await
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written> {
        self.seen("write_document", self.store.write_document(key, expected, content, keep)).await
    }

    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>> {
        self.seen("document", self.store.document(key)).await
    }

    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended> {
        self.seen("append_registry", self.store.append_registry(prev_rows, row)).await
    }

    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>> {
        self.seen("registry_after", self.store.registry_after(rows, limit)).await
    }

    async fn watch(&self, partition: Partition) -> Answer<Pin<Box<dyn Stream<Item = Moved> + Send>>> {
        self.seen("watch", self.store.watch(partition)).await
    }

    async fn now(&self) -> Answer<Millis> {
        self.seen("now", self.store.now()).await
    }

    async fn set_clock_offset(&self, millis: i64) -> Answer<()> {
        self.seen("set_clock_offset", self.store.set_clock_offset(millis)).await
    }

    fn durability(&self) -> Durability {
        self.store.durability()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::prometheus_text;

    #[tokio::test]
    async fn a_stores_calls_are_counted_by_what_they_are() {
        let store = ObservedStore::new(Arc::new(memory::Memory::new()), "memory:");
        store.now().await.unwrap();
        let text = prometheus_text();
        let line = text.lines().find(|line| line.contains("db_operation_name=\"now\"")).unwrap_or_default();
        assert!(line.contains("db_system_name=\"loket.memory\""), "{text}");
    }
}
