//! The trait of the stores that are a [`State`] in this process, and the store that each of them is by that.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use tokio_stream::Stream;

use crate::answer;
use crate::id::{CaseId, Head, Partition};
use crate::limits;
use crate::state::{Accessed, Claiming, Reserving, State, Step, Tail};
use crate::store::*;
use crate::watchers::Watchers;

/// A state in this process, and what makes its effects last.
pub(crate) trait Keep: Send + Sync + 'static {
    /// What a piece of bytes is to the state.
    type Piece: Clone + Send + Sync + 'static;
    /// What reads the pieces that one answer speaks of.
    type Reader: Send + Sync;

    /// Decides, applies, and returns when all that was seen and done is as durable as promised.
    fn keep<A: Send>(
        &self,
        decide: impl FnOnce(&State<Self::Piece>, Millis) -> Step<A> + Send,
    ) -> impl Future<Output = Answer<(A, Self::Reader)>> + Send;

    /// The bytes of a piece.
    fn read(reader: &Self::Reader, piece: Self::Piece) -> Answer<Bytes>;

    /// Whoever watches.
    fn watchers(&self) -> &Watchers;

    /// What the store promises.
    fn promise(&self) -> Durability;
}

/// The answer alone, where no pieces are to be read.
async fn answered<K: Keep, A: Send>(
    store: &K,
    decide: impl FnOnce(&State<K::Piece>, Millis) -> Step<A> + Send,
) -> Answer<A> {
    store.keep(decide).await.map(|(answer, _)| answer)
}

fn read_all<K: Keep>(reader: &K::Reader, pieces: Vec<K::Piece>) -> Answer<Vec<Row>> {
    pieces.into_iter().map(|piece| K::read(reader, piece)).collect()
}

fn read_bucket<K: Keep>(
    reader: &K::Reader,
    version: u64,
    happenings: Vec<(CaseId, K::Piece)>,
) -> Answer<Bucket> {
    let happening = |(case, piece)| Ok(Happening { case, features: K::read(reader, piece)? });
    Ok(Bucket { version, happenings: happenings.into_iter().map(happening).collect::<Answer<_>>()? })
}

fn read_document<K: Keep>(reader: &K::Reader, kept: Option<(u64, K::Piece)>) -> Answer<Option<Document>> {
    kept.map(|(version, piece)| Ok(Document { version, content: K::read(reader, piece)? })).transpose()
}

#[async_trait::async_trait]
impl<K: Keep> CaseStore for K {
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved> {
        limits::bytes("a note", &note)?;
        let keep = limits::span("a reservation", keep)?;
        let decide = |state: &State<_>, now| state.reserve(partition, request, body, note, keep, now);
        let (found, reader) = self.keep(decide).await?;
        Ok(match found {
            Reserving::Bound { now } => Reserved::Bound { now },
            Reserving::Conflict { note } => Reserved::Conflict { note: K::read(&reader, note)? },
        })
    }

    async fn claim(&self, claim: Claim) -> Answer<Claimed> {
        limits::claim(&claim)?;
        let (found, reader) = self.keep(|state, now| state.claim(claim, now)).await?;
        Ok(match found {
            Claiming::Done { case, rows, now } => {
                self.watchers().tell(Moved { case, rows });
                Claimed::Done { case, now }
            }
            Claiming::Replayed { case } => Claimed::Replayed { case },
            Claiming::Moved { version, happenings } => {
                Claimed::Moved { bucket: read_bucket::<K>(&reader, version, happenings)? }
            }
            Claiming::Stale { missed, now } => {
                Claimed::Stale { missed: read_all::<K>(&reader, missed)?, now }
            }
            Claiming::Gone => Claimed::Gone,
        })
    }

    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)> {
        let decide = |state: &State<_>, _| state.bucket(partition, bucket, request);
        let ((version, happenings, receipt), reader) = self.keep(decide).await?;
        Ok((read_bucket::<K>(&reader, version, happenings)?, receipt))
    }

    async fn append(&self, append: Append) -> Answer<Appended> {
        limits::append(&append)?;
        let (case, prev, new) = (append.case, append.prev, append.new);
        let (tail, reader) = self.keep(|state, now| state.append(append, now)).await?;
        let tail = match tail {
            Tail::Done { rows, now } => {
                self.watchers().tell(Moved { case, rows });
                Tail::Done { rows, now }
            }
            Tail::Moved { rows, after, now } => {
                Tail::Moved { rows, after: read_all::<K>(&reader, after)?, now }
            }
            Tail::Gone => Tail::Gone,
        };
        Ok(answer::appended(prev, new, tail))
    }

    async fn load(&self, case: CaseId) -> Answer<Option<Log>> {
        let (found, reader) = self.keep(|state, now| state.load(case, now)).await?;
        found.map(|(rows, head, now)| Ok(Log { rows: read_all::<K>(&reader, rows)?, head, now })).transpose()
    }

    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>> {
        let lease = limits::span("a lease", lease)?;
        answered(self, |state, now| state.take_due(partitions, limit, lease, now)).await
    }

    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis> {
        limits::due_in(due_in)?;
        answered(self, |state, now| state.postpone(case, head, due_in, now)).await
    }

    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended> {
        limits::access(prev, new, &rows)?;
        let batch = rows.len();
        let decide = |state: &State<_>, now| state.append_access(case, prev, new, rows, now);
        let (found, reader) = self.keep(decide).await?;
        let found = match found {
            Accessed::Done { now } => Accessed::Done { now },
            Accessed::Moved { head, rows, now } => {
                Accessed::Moved { head, rows: read_all::<K>(&reader, rows)?, now }
            }
            Accessed::Gone => Accessed::Gone,
        };
        Ok(answer::accessed(prev, new, batch, found))
    }

    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>> {
        let (found, reader) = self.keep(|state, _| state.access(case)).await?;
        found.map(|(rows, head)| Ok(AccessLog { rows: read_all::<K>(&reader, rows)?, head })).transpose()
    }

    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>> {
        limits::subscriber(subscriber)?;
        let (rows, reader) = self.keep(|state, _| state.outbox(partition, subscriber, limit)).await?;
        let row = |(number, piece)| Ok(OutboxRow { number, row: K::read(&reader, piece)? });
        rows.into_iter().map(row).collect()
    }

    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()> {
        limits::subscriber(subscriber)?;
        answered(self, |state, _| state.outbox_done(partition, subscriber, number)).await
    }

    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()> {
        answered(self, |state, _| state.outbox_forget(partition, number)).await
    }

    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>> {
        limits::subscriber(subscriber)?;
        answered(self, |state, _| state.outbox_pending(subscriber)).await
    }

    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()> {
        limits::listed(&listed)?;
        answered(self, |state, _| state.list(partition, party, listed)).await
    }

    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        let (page, reader) = self.keep(|state, _| state.listed(partition, party, before, limit)).await?;
        let line = |(case, at, piece)| Ok(Listed { case, at, line: K::read(&reader, piece)? });
        page.into_iter().map(line).collect()
    }

    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>> {
        let (rows, reader) = self.keep(|state, _| state.live(partition, after, limit)).await?;
        rows.into_iter().map(|(case, piece)| Ok((case, K::read(&reader, piece)?))).collect()
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written> {
        limits::bytes("a document", &content)?;
        let keep = keep.map(|keep| limits::span("a document's time", keep)).transpose()?;
        let decide = |state: &State<_>, now| state.write_document(key, expected, content, keep, now);
        let (found, reader) = self.keep(decide).await?;
        Ok(match found {
            Ok((version, now)) => Written::Done { version, now },
            Err(kept) => Written::Stale(read_document::<K>(&reader, kept)?),
        })
    }

    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>> {
        let (kept, reader) = self.keep(|state, now| state.document(key, now)).await?;
        read_document::<K>(&reader, kept)
    }

    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended> {
        limits::bytes("a registry row", &row)?;
        let (found, reader) = self.keep(|state, _| state.append_registry(prev_rows, row)).await?;
        Ok(match found {
            Ok(rows) => RegistryAppended::Done { rows },
            Err(missed) => RegistryAppended::Stale { missed: read_all::<K>(&reader, missed)? },
        })
    }

    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>> {
        let (rows, reader) = self.keep(|state, _| state.registry_after(rows, limit)).await?;
        read_all::<K>(&reader, rows)
    }

    async fn watch(&self, partition: Partition) -> Answer<Pin<Box<dyn Stream<Item = Moved> + Send>>> {
        Ok(self.watchers().watch(partition))
    }

    async fn now(&self) -> Answer<Millis> {
        answered(self, |_, now| Step::read(now)).await
    }

    async fn set_clock_offset(&self, millis: i64) -> Answer<()> {
        limits::clock_offset(millis)?;
        answered(self, |state, _| state.set_clock_offset(millis)).await
    }

    fn durability(&self) -> Durability {
        self.promise()
    }
}
