//! What a call does to the state: the vocabulary of the journal, and of a compacted one. Effects say what is true
//! after them, with every time resolved: reading a journal decides nothing, so that a later version's rules never
//! rewrite history.

use crate::id::{CaseId, Head, Partition};
use crate::store::{DocumentKey, KeyedHash, Millis, RequestKey};

/// One change of the state. `R` is a piece of bytes or where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect<R> {
    /// A request is bound to a body until then.
    Reserved { partition: Partition, request: RequestKey, body: [u8; 32], note: R, until: Millis },
    /// A request has made or joined this case.
    Receipt { partition: Partition, request: RequestKey, case: CaseId },
    /// A happening is in a bucket, which is at this version now.
    Happening { partition: Partition, bucket: KeyedHash, version: u64, case: CaseId, features: R },
    /// These rows are the last of the case's log, and this is its head.
    Rows { case: CaseId, head: Head, rows: Vec<R> },
    /// When the case is due.
    Due { case: CaseId, at: Option<Millis> },
    /// The case's live row.
    Live { case: CaseId, row: Option<R> },
    /// This row is the last of the partition's outbox.
    Outbox { partition: Partition, row: R },
    /// The outbox's rows up to this number are dropped.
    Forgotten { partition: Partition, number: u64 },
    /// A subscriber has dealt with the outbox up to this number.
    Cursor { partition: Partition, subscriber: String, number: u64 },
    /// These rows are the last of the case's access log, and this is its head.
    Access { case: CaseId, head: Head, rows: Vec<R> },
    /// A case is on a party's list.
    Listed { partition: Partition, party: KeyedHash, case: CaseId, at: Millis, line: R },
    /// A document is this.
    Document { key: DocumentKey, version: u64, content: R, until: Option<Millis> },
    /// There is no such document.
    NoDocument { key: DocumentKey },
    /// This row is the last of the registry's log.
    Registry { row: R },
    /// The clock is this far from real time.
    Clock { offset: i64 },
}

impl<R> Effect<R> {
    /// The same effect with each piece replaced, in order.
    pub(crate) fn try_map<S, E>(self, mut piece: impl FnMut(R) -> Result<S, E>) -> Result<Effect<S>, E> {
        Ok(match self {
            Self::Reserved { partition, request, body, note, until } => {
                Effect::Reserved { partition, request, body, note: piece(note)?, until }
            }
            Self::Receipt { partition, request, case } => Effect::Receipt { partition, request, case },
            Self::Happening { partition, bucket, version, case, features } => {
                Effect::Happening { partition, bucket, version, case, features: piece(features)? }
            }
            Self::Rows { case, head, rows } => {
                Effect::Rows { case, head, rows: rows.into_iter().map(piece).collect::<Result<_, E>>()? }
            }
            Self::Due { case, at } => Effect::Due { case, at },
            Self::Live { case, row } => Effect::Live { case, row: row.map(piece).transpose()? },
            Self::Outbox { partition, row } => Effect::Outbox { partition, row: piece(row)? },
            Self::Forgotten { partition, number } => Effect::Forgotten { partition, number },
            Self::Cursor { partition, subscriber, number } => {
                Effect::Cursor { partition, subscriber, number }
            }
            Self::Access { case, head, rows } => {
                Effect::Access { case, head, rows: rows.into_iter().map(piece).collect::<Result<_, E>>()? }
            }
            Self::Listed { partition, party, case, at, line } => {
                Effect::Listed { partition, party, case, at, line: piece(line)? }
            }
            Self::Document { key, version, content, until } => {
                Effect::Document { key, version, content: piece(content)?, until }
            }
            Self::NoDocument { key } => Effect::NoDocument { key },
            Self::Registry { row } => Effect::Registry { row: piece(row)? },
            Self::Clock { offset } => Effect::Clock { offset },
        })
    }
}
