//! The loop, and the only caller of `decide`: load, decide, append, perform.

mod seams;
mod words;

use std::sync::Arc;

use casestore::{CaseId, CaseStore};
use casework::input::Input;
use tokio_stream::Stream;

pub use seams::{Books, Perform, Rules};
pub use words::*;

use crate::cases::CaseFile;
use crate::seal::Keyring;

/// The loop. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Caseworker {
    _store: Arc<dyn CaseStore>,
    _keyring: Arc<Keyring>,
}

impl Caseworker {
    /// A caseworker on this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn CaseStore>,
        keyring: Arc<Keyring>,
        _rules: Arc<dyn Rules>,
        _agencies: Arc<dyn Perform>,
    ) -> Self {
        Self { _store: store, _keyring: keyring }
    }

    /// Accepts a report: makes a case of it, or joins it to the case of the same happening. What became due is being
    /// performed when this returns.
    ///
    /// # Errors
    /// See [`CaseworkError`]; after [`StoreError::Unknown`](casestore::StoreError::Unknown) the same opening tells.
    pub async fn open(&self, _opening: Opening) -> Result<Opened, CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// Gives the case an input: a verdict, never a queue.
    ///
    /// # Errors
    /// See [`CaseworkError`].
    pub async fn give(&self, _case: CaseId, _input: Input) -> Result<CaseFile, CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// The case as it is now, with every write that was answered before.
    ///
    /// # Errors
    /// See [`CaseworkError`].
    pub async fn read(&self, _case: CaseId) -> Result<CaseFile, CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// The cases of the person with this number, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn cases_of(
        &self,
        _person: &str,
        _page: Option<PageToken>,
        _limit: usize,
    ) -> Result<(Vec<ListedCase>, Option<PageToken>), CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// Tells that the case may have changed; whoever is told reads it again. At least every two seconds.
    pub fn watch(&self, _case: CaseId) -> impl Stream<Item = ()> + Send + 'static {
        tokio_stream::empty()
    }

    /// Records that somebody reads facts of the case. When it returns, the facts may leave.
    ///
    /// # Errors
    /// The store's: then nothing may leave.
    pub async fn record_access(&self, _case: CaseId, _reading: Reading) -> Result<(), CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// Who read facts of the case, oldest first.
    ///
    /// # Errors
    /// The store's, and [`CaseworkError::Quarantined`].
    pub async fn accesses(&self, _case: CaseId) -> Result<Vec<Access>, CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// Verifies the case's two chains, row by row.
    ///
    /// # Errors
    /// The store's. What is wrong with a chain is no error: it is the answer.
    pub async fn verify(&self, _case: CaseId) -> Result<Verification, CaseworkError> {
        Err(CaseworkError::NotFound)
    }

    /// The live cases, for operators.
    ///
    /// # Errors
    /// The store's.
    pub async fn live(
        &self,
        _page: Option<PageToken>,
        _limit: usize,
    ) -> Result<(Vec<LiveCase>, Option<PageToken>), CaseworkError> {
        Err(CaseworkError::NotFound)
    }
}
