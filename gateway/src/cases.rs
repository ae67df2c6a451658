//! A case as the gateway holds it: what the store keeps, unsealed and folded.

use std::sync::Arc;

use casestore::{CaseId, Head};
use casework::case::Case;
use casework::entry::Recorded;
use casework::time::Instant;

/// A case as it was read: the fold of its entries, and where in the log that is.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Its id.
    pub id: CaseId,
    /// What follows from its entries.
    pub case: Arc<Case>,
    /// Its entries, oldest first.
    pub entries: Arc<Vec<Recorded>>,
    /// The head of its log: what the next append is conditional on.
    pub head: Head,
    /// Rows in its log.
    pub rows: u64,
    /// The store's now when it was read or last written.
    pub now: Instant,
}
