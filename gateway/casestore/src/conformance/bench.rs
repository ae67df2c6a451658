//! What checks build upon: a store, and ids that nobody else uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::{Broken, take};
use crate::id::{CaseId, Head, Partition};
use crate::store::{Append, CaseStore, Claim, ClaimAct, Claimed, KeyedHash};

/// A day: spans in checks are far longer than a check runs.
pub(super) const DAY: i64 = 86_400_000;

/// The same as a duration.
pub(super) const A_DAY: Duration = Duration::from_secs(86_400);

/// A store under test, and fresh partitions and ids for each check.
pub struct Bench {
    /// The store.
    pub store: Arc<dyn CaseStore>,
    partition: AtomicU16,
    number: AtomicU64,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").finish_non_exhaustive()
    }
}

/// A case that was opened: the last append, and how many rows it has.
pub(super) struct Opened {
    pub(super) case: CaseId,
    pub(super) head: Head,
    pub(super) rows: u64,
    pub(super) bucket: KeyedHash,
}

impl Bench {
    /// A bench over this store.
    #[must_use]
    pub fn new(store: Arc<dyn CaseStore>) -> Self {
        Self { store, partition: AtomicU16::new(0), number: AtomicU64::new(1) }
    }

    /// A partition that no other check uses.
    pub(super) fn partition(&self) -> Result<Partition, Broken> {
        let number = self.partition.fetch_add(1, Ordering::Relaxed);
        Partition::new(number).ok_or_else(|| Broken::new("more checks than partitions"))
    }

    fn number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// A key that nobody else uses.
    pub(super) fn key(&self) -> [u8; 32] {
        let mut key = [0xA5; 32];
        key[24..].copy_from_slice(&self.number().to_be_bytes());
        key
    }

    /// A case id that nobody else uses; later ones sort behind earlier ones.
    pub(super) fn case(&self, partition: Partition) -> CaseId {
        let mut random = [0; 15];
        random[7..].copy_from_slice(&self.number().to_be_bytes());
        CaseId::new(partition, random)
    }

    /// Opens a case in this partition, due as told.
    pub(super) async fn open(&self, partition: Partition, due_in: Option<i64>) -> Result<Opened, Broken> {
        let append = first(self.case(partition), b"opened", due_in);
        let (case, head) = (append.case, append.new);
        let claim = self.create(append);
        let bucket = claim.bucket;
        take!(self.store.claim(claim).await?, Claimed::Done { .. } => ());
        Ok(Opened { case, head, rows: 1, bucket })
    }

    /// A claim that creates a case with this append, in a bucket of its own.
    pub(super) fn create(&self, append: Append) -> Claim {
        Claim {
            partition: append.case.partition(),
            bucket: self.key(),
            version: 0,
            request: self.key(),
            act: ClaimAct::Create { features: Bytes::from_static(b"features"), append },
        }
    }
}

impl Opened {
    /// An append of this row to the case as it is known here: live, not due.
    pub(super) fn append(&self, row: &'static [u8]) -> Append {
        next(self.case, self.head, self.rows, row)
    }

    /// The case after this append.
    pub(super) fn after(&self, append: &Append) -> Self {
        Self { head: append.new, rows: self.rows + 1, ..*self }
    }
}

/// The first append of a case.
pub(super) fn first(case: CaseId, row: &'static [u8], due_in: Option<i64>) -> Append {
    Append { due_in, ..next(case, Head::EMPTY, 0, row) }
}

/// An append.
pub(super) fn next(case: CaseId, prev: Head, prev_rows: u64, row: &'static [u8]) -> Append {
    Append {
        case,
        prev,
        prev_rows,
        new: prev.after(row),
        row: Bytes::from_static(row),
        due_in: None,
        live: Some(Bytes::from_static(b"live")),
        outbox: Vec::new(),
    }
}
