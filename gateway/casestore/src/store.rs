//! The trait that every store keeps, and the words of its questions and answers.

mod words;

use std::time::Duration;

use bytes::Bytes;
use tokio_stream::Stream;

pub use self::words::*;
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

impl StoreError {
    /// Whether it is the store's being away, and no fault of the call or of what is stored: the same call may succeed
    /// a little later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unknown { .. })
    }
}

/// What a store answers.
pub type Answer<T> = Result<T, StoreError>;

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
    /// again after the lease; so it is when the answer is lost. Fewer than `limit` says that there were no more.
    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>>;

    /// Sets when the case is due, in milliseconds from the store's now, if its log's head is still `head`: for whoever
    /// took it and found nothing to do. Otherwise nothing happens, and no harm is done: it is due as it was. The store's
    /// now.
    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis>;

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
