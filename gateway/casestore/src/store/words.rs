//! The words of the questions that a store is asked and of its answers.

use bytes::Bytes;

use super::Millis;
use crate::id::{CaseId, Head, Partition};

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
