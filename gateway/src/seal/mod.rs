//! Seals what the store holds.

use std::path::Path;
use std::sync::Arc;

use casestore::{CaseId, CaseStore};
use casework::entry::CallKind;
use casework::name::{AgencyId, StepId};

/// The keys of this installation.
pub struct Keyring {}

/// Why there is no keyring, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {}

/// Something sealed that does not open: damaged, of another place, or of another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it does not open: it was damaged, moved from another place, or sealed with another key")]
pub struct Unsealable;

/// What a step token stands for: the desk's way from an agency's report to the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReference {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: StepId,
    /// The agency that was called: a report of another is not found.
    pub agency: AgencyId,
    /// The call that is reported on.
    pub call: CallKind,
}

impl Keyring {
    /// The keys in `dir`, checked against the store; made at the first start.
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong and how to mend it.
    pub async fn open(_dir: &Path, _store: Arc<dyn CaseStore>) -> Result<Self, KeyringError> {
        Ok(Self {})
    }

    /// A keyed hash: what a store may be asked for without learning what it is. Different domains never agree.
    #[must_use]
    pub fn hash(&self, _domain: &str, _data: &[u8]) -> [u8; 32] {
        [0; 32]
    }

    /// Seals something small that is no row of a case: a draft, a note. It opens only with the same domain and context.
    #[must_use]
    pub fn seal(&self, _domain: &str, _context: &[u8], _plain: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    /// Opens what [`seal`](Self::seal) sealed.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn unseal(&self, _domain: &str, _context: &[u8], _sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        Err(Unsealable)
    }

    /// The `loket-step` metadata of a call: by it the agency reports back. No two are equal, so that they cannot be
    /// joined.
    #[must_use]
    pub fn step_token(&self, _step: &StepReference) -> String {
        String::new()
    }

    /// What a step token stands for; none where it is none of ours.
    #[must_use]
    pub fn read_step_token(&self, _token: &str) -> Option<StepReference> {
        None
    }
}
