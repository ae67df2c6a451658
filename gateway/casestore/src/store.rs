//! The trait that every store keeps, and the words of its questions and answers.

use std::time::Duration;

use bytes::Bytes;
use tokio_stream::Stream;

use crate::id::{CaseId, Head, Partition};

/// Milliseconds since 1970, by the store's clock (with its `clock_offset`). The only clock that decides anything.
pub type Millis = i64;

/// Most bytes of one row, one document or one happening's features: a script's arguments stay small.
pub const BYTES_MAX: usize = 1 << 20;

/// Most rows in one call: the outbox rows of an append, the rows of an access batch.
pub const ROWS_MAX: usize = 1024;

/// The longest span of time in a call, in milliseconds: a thousand years. A due time may be as far back.
pub const SPAN_MAX: i64 = 31_556_952_000_000;

/// How far the store's clock may be moved, in milliseconds, either way: fifty years.
pub const CLOCK_OFFSET_MAX: i64 = 1_577_847_600_000;

/// Most bytes of a subscriber's name; it has at least one.
pub const SUBSCRIBER_MAX: usize = 64;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was done: the store could not be reached or refused before writing. Ask again later.
    #[error("the store did not take the call ({reason}); nothing was written, ask again")]
    Unavailable {
        /// What the store or the connection said.
        reason: String,
    },
    /// It may or may not have been done: the call was sent and no answer came. Nobody may assume either. Sending the
    /// very same call again is safe and tells: every write here is idempotent by its arguments.
    #[error("the store's answer was lost ({reason}); send the same call again to learn whether it was done")]
    Unknown {
        /// What happened to the answer.
        reason: String,
    },
    /// What is stored is not what this version can have written: it was damaged or is of a newer version. The place
    /// names the key or the offset.
    #[error("the store holds something unreadable at {place}: {reason}")]
    Corrupt {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The caller broke a limit named in this module; a fault of the program.
    #[error("the call breaks a limit of the store: {reason}")]
    TooLarge {
        /// Which.
        reason: String,
    },
}

/// What a store answers.
pub type Answer<T> = Result<T, StoreError>;

/// A sealed row of a case's log: one append's entries together.
pub type Row = Bytes;

/// The keyed hash of a request id together with who sent it.
pub type RequestKey = [u8; 32];

/// The keyed hash of something that a store may be asked for without learning it: a blocking key, a party.
pub type KeyedHash = [u8; 32];

/// One conditional append to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The case.
    pub case: CaseId,
    /// The head that the caller decided upon.
    pub prev: Head,
    /// How many rows the caller knew: where the store starts to tell what it missed.
    pub prev_rows: u64,
    /// `prev.after(row)`.
    pub new: Head,
    /// The row.
    pub row: Row,
    /// When somebody must look at the case again, in milliseconds from the store's now. None: nothing is due.
    pub due_in: Option<i64>,
    /// What the case's live row becomes (state, life event, who is waited for: packed, no personal data). None: the
    /// case is not live any more.
    pub live: Option<Bytes>,
    /// Rows for the partition's outbox, in order.
    pub outbox: Vec<Bytes>,
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The row is the last of the log, as durable as the store promises; due time, live row and outbox are set with it.
    Done {
        /// Rows in the log now.
        rows: u64,
        /// The store's now.
        now: Millis,
    },
    /// This very append had landed before (its answer was lost). Nothing was written now. Rows that came after it, if
    /// any, are told too.
    Landed {
        /// Rows in the log now.
        rows: u64,
        /// Rows after the caller's own.
        after: Vec<Row>,
        /// The store's now.
        now: Millis,
    },
    /// The log has moved on. Nothing was written.
    Stale {
        /// The rows after `prev_rows`: fold them and decide again.
        missed: Vec<Row>,
        /// The store's now.
        now: Millis,
    },
    /// There is no such case. Nothing was written.
    Gone,
}

/// The answer to a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// This request is bound to this body from now on (or was before, to the same body), until it expires.
    Bound {
        /// The store's now.
        now: Millis,
    },
    /// The request is bound to another body.
    Conflict {
        /// The note that the first reservation left: where its case is to be found.
        note: Bytes,
    },
}

/// One known happening in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Its case.
    pub case: CaseId,
    /// Its sealed features.
    pub features: Bytes,
}

/// What is in a bucket: the happenings that share a blocking key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How often it was written; 0: never.
    pub version: u64,
    /// The happenings, oldest first.
    pub happenings: Vec<Happening>,
}

/// A report that wants to become a case of its own, or to join one, under a condition on the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The bucket's partition: that of the case as well.
    pub partition: Partition,
    /// The bucket: keyed hash of the blocking key.
    pub bucket: KeyedHash,
    /// The version of the bucket that was decided upon; 0 where none was read: most are empty.
    pub version: u64,
    /// The request.
    pub request: RequestKey,
    /// What to do.
    pub act: ClaimAct,
}

/// What a claim does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimAct {
    /// Put a new happening into the bucket and create its case with this first append (`prev` empty, no rows).
    Create {
        /// The sealed features.
        features: Bytes,
        /// The first append.
        append: Append,
    },
    /// Attach the report to a case of the bucket.
    Attach {
        /// The append to that case.
        append: Append,
    },
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Done, in one step: bucket, case, due time, outbox and the request's receipt.
    Done {
        /// The case.
        case: CaseId,
        /// The store's now.
        now: Millis,
    },
    /// This request has made or joined this case before. Nothing was written now.
    Replayed {
        /// The case.
        case: CaseId,
    },
    /// The bucket is not what was decided upon. Nothing was written.
    Moved {
        /// What it is: decide again.
        bucket: Bucket,
    },
    /// The case to attach to has moved on. Nothing was written.
    Stale {
        /// The rows after the append's `prev_rows`.
        missed: Vec<Row>,
        /// The store's now.
        now: Millis,
    },
    /// There is no such case to attach to. Nothing was written.
    Gone,
}

/// A case as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// All rows, oldest first.
    pub rows: Vec<Row>,
    /// The head after the last.
    pub head: Head,
    /// The store's now.
    pub now: Millis,
}

/// The access log of a case: its own chain, so that a read never makes a writer stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// All rows, oldest first.
    pub rows: Vec<Row>,
    /// The head after the last.
    pub head: Head,
}

/// The answer to appending to an access chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessAppended {
    /// The rows are stored, now or by this very call before.
    Done {
        /// The store's now.
        now: Millis,
    },
    /// The chain has moved on. Nothing was written.
    Stale {
        /// The head as it is.
        head: Head,
    },
    /// There is no such case.
    Gone,
}

/// A case that somebody must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The case.
    pub case: CaseId,
    /// When it became due.
    pub since: Millis,
    /// When it is due again if nobody appends to it: the store's now and the lease.
    pub until: Millis,
}

/// A row of a partition's outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number in the partition, from 1, without gaps.
    pub number: u64,
    /// What is to be delivered.
    pub row: Bytes,
}

/// A document: something small that is kept beside the cases (a draft, a check value), replaced under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// How often it was written, from 1.
    pub version: u64,
    /// Its sealed content.
    pub content: Bytes,
}

/// The name of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    /// Where it is.
    pub partition: Partition,
    /// Its keyed name.
    pub name: KeyedHash,
}

/// The answer to writing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done {
        /// Its version now; 0: it is deleted.
        version: u64,
        /// The store's now.
        now: Millis,
    },
    /// It was not at the expected version. Nothing was written. None: there is none.
    Stale(Option<Document>),
}

/// The answer to appending to the registry's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAppended {
    /// The row is the last of the log.
    Done {
        /// Rows in the log now: the registry's version.
        rows: u64,
    },
    /// The log has moved on, or this very append had landed: compare the rows. Nothing was written.
    Stale {
        /// The rows after `prev_rows`.
        missed: Vec<Row>,
    },
}

/// A line of a party's list of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The case.
    pub case: CaseId,
    /// When it was listed: newest first, and the page token.
    pub at: Millis,
    /// A sealed line.
    pub line: Bytes,
}

/// Something was appended to a case of a watched partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The case.
    pub case: CaseId,
    /// Rows in its log now.
    pub rows: u64,
}

/// How much a store has proved that an answered write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Nothing: it is gone with the process.
    Memory,
    /// The death of the process; a crash of the host may lose about two seconds.
    Process,
    /// A crash of the host.
    LocalFsync,
}

/// A store of cases.
///
/// Every write is idempotent by its arguments: after [`StoreError::Unknown`] the very same call tells whether it was
/// done. All times are the store's own.
#[async_trait::async_trait]
pub trait CaseStore: Send + Sync + 'static {
    /// Binds a request to the hash of its body, for `keep`. When it returns `Bound`, no other body can be bound to the
    /// request until it expires; `note` is what a conflicting one will be told. Binding the same body again changes
    /// neither note nor end.
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved>;

    /// Makes or joins a case in one step, if the bucket is still at the claim's version. When it returns `Done`, the
    /// case, its due time, the bucket and the request's receipt are all stored, or none would be; watchers of the
    /// partition are told. Creating writes the bucket (its version rises by one), attaching does not. The receipt is
    /// kept as long as the case.
    async fn claim(&self, claim: Claim) -> Answer<Claimed>;

    /// What is in the bucket, and which case the request made or joined, if any.
    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)>;

    /// Appends one row, if the log's head is still `prev`. When it returns `Done`, row, due time, live row and outbox
    /// are all stored, or none would be, and watchers of the partition are told.
    async fn append(&self, append: Append) -> Answer<Appended>;

    /// The case's log as it is now, including every append that was answered before this call was made. None: no such
    /// case.
    async fn load(&self, case: CaseId) -> Answer<Option<Log>>;

    /// Up to `limit` cases of these partitions that are due now, in each partition those that have been due longest,
    /// each moved `lease` into the future so that others do not look at once. A case that nobody appends to is due
    /// again after the lease; so it is when the answer is lost. A short answer does not say that there are no more; an
    /// empty one says that there was none.
    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>>;

    /// Appends rows to the case's access chain, if its head is still `prev`; `new` is the head after them all. When it
    /// returns `Done` they are stored; what they explain may leave now. The case chain is not touched. A resend is
    /// `Done` too, even when others have appended since.
    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended>;

    /// The case's access log. None: no such case.
    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>>;

    /// Up to `limit` rows of the partition's outbox after the subscriber's cursor. They are told again until
    /// [`outbox_done`](Self::outbox_done).
    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>>;

    /// The subscriber has dealt with all rows up to this number. A lower number than before changes nothing.
    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()>;

    /// Drops the outbox's rows up to this number, whoever has read them; the numbers of the others stay. For whoever
    /// knows all subscribers: the store keeps every row until it is told.
    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()>;

    /// The partitions whose outbox has rows after the subscriber's cursor.
    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>>;

    /// Puts the case on the party's list; once only, however often it is called (a new line replaces the old one, the
    /// first time stays).
    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()>;

    /// Up to `limit` lines of the party's list, newest first, older than `before` if given (time and case of the last
    /// line of the previous page).
    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>>;

    /// The live rows of the partition's cases: up to `limit` with ids after `after`, in the order of ids.
    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>>;

    /// Writes a document, if it is still at `expected` (none: if there is none). With `keep` it is gone after that
    /// time, without it never; each write says so anew. An empty content deletes it (`Done` with version 0, also where
    /// there was none), and the next one starts from version 1.
    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written>;

    /// The document. None: there is none, or its time is over.
    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>>;

    /// Appends a row to the registry's log (agencies, plans, dictionary, grants), if it still has `prev_rows` rows.
    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended>;

    /// Up to `limit` rows of the registry's log after the first `rows`.
    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>>;

    /// Tells of appends to cases in the partition from now on, at least those that follow the stream's start. It may
    /// miss some (a lost connection) and says nothing then: whoever must not miss any reads the log as well.
    async fn watch(
        &self,
        partition: Partition,
    ) -> Answer<std::pin::Pin<Box<dyn Stream<Item = Moved> + Send>>>;

    /// The store's now.
    async fn now(&self) -> Answer<Millis>;

    /// Moves the store's clock for everybody, forward or back, by this many milliseconds from real time. For sandboxes
    /// and tests alone; the gateway refuses it elsewhere. Moving it back may or may not bring back what had expired.
    async fn set_clock_offset(&self, millis: i64) -> Answer<()>;

    /// How durable an answered write is, as the store has proved at its start.
    fn durability(&self) -> Durability;
}
