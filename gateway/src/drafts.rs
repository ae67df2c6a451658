//! What a person has begun to say and not sent: kept sealed, for its owner alone, and for a while.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use casestore::{CaseId, CaseStore, Document, DocumentKey, Partition, StoreError, Written};
use casework::time::Instant;
use data_encoding::BASE32_DNSSEC as BASE32;
use prost::Message;
use proto::loket::portal::v1 as pb;

use crate::seal::Keyring;

/// How long a draft is kept after it was last saved.
pub const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);

/// What drafts are sealed, and their names hashed, as.
const DOMAIN: &str = "draft";

/// What owners are hashed as.
const OWNER_DOMAIN: &str = "draft/owner";

/// The layout of what is sealed, in its first byte.
const LAYOUT: u8 = 1;

/// How often a write is tried again that another one came before.
const TRIES: usize = 5;

/// The id of a draft: 120 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftId([u8; 15]);

/// Why there is no draft, or it is not saved.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// There is none of that name, or it is somebody else's.
    #[error("there is no such draft, or it is not yours; drafts are kept for 90 days")]
    NotFound,
    /// Somebody else has saved it in the meantime.
    #[error("the draft was saved by somebody else in the meantime; read it again")]
    Moved,
    /// What is stored cannot be read.
    #[error("the draft cannot be read: {0}")]
    Unreadable(String),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a draft says.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The life event.
    pub life_event: String,
    /// What is filled in so far.
    pub report: pb::Report,
}

/// What is kept of a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// Not submitted.
    Open {
        /// The life event.
        life_event: String,
        /// What is filled in so far.
        report: pb::Report,
    },
    /// Submitted: what was filled in is in the case, and nowhere else.
    Submitted {
        /// The case.
        case: CaseId,
    },
}

/// A draft as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// What is kept.
    pub kept: Kept,
    /// How often it was saved.
    version: u64,
    /// When it was last saved, by the store's clock.
    pub saved_at: Instant,
    /// When it is gone.
    pub expires_at: Instant,
}

impl Saved {
    /// What names this version of it.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }
}

impl DraftId {
    /// A new one.
    ///
    /// # Errors
    /// Where the system has no random bits.
    pub fn random() -> Result<Self, DraftError> {
        let mut bits = [0; 15];
        getrandom::fill(&mut bits).map_err(|error| DraftError::Unreadable(error.to_string()))?;
        Ok(Self(bits))
    }
}

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32.encode(&self.0))
    }
}

impl FromStr for DraftId {
    type Err = DraftError;

    fn from_str(text: &str) -> Result<Self, DraftError> {
        let lower = text.len() == 24 && !text.bytes().any(|b| b.is_ascii_uppercase());
        let bytes = BASE32.decode(text.as_bytes()).ok().filter(|_| lower);
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(DraftError::NotFound)
    }
}

/// The drafts in a store. Cheap to clone.
#[derive(Clone)]
pub struct Drafts {
    store: Arc<dyn CaseStore>,
    keyring: Arc<Keyring>,
}

impl Drafts {
    /// The drafts in this store.
    #[must_use]
    pub fn new(store: Arc<dyn CaseStore>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring }
    }

    /// Saves a new draft.
    ///
    /// # Errors
    /// The store's.
    pub async fn create(&self, id: &DraftId, owner: &str, content: Content) -> Result<Saved, DraftError> {
        self.write(id, owner, None, open(content)).await
    }

    /// The draft, where it is the owner's.
    ///
    /// # Errors
    /// [`DraftError::NotFound`] for a foreign one too.
    pub async fn read(&self, id: &DraftId, owner: &str) -> Result<Saved, DraftError> {
        let document = self.store.document(self.key(id)).await?.ok_or(DraftError::NotFound)?;
        self.opened(id, owner, &document)
    }

    /// Replaces what the draft says, if nobody saved it since `before` was read.
    ///
    /// # Errors
    /// [`DraftError::Moved`] where somebody did.
    pub async fn replace(
        &self,
        id: &DraftId,
        owner: &str,
        before: &Saved,
        content: Content,
    ) -> Result<Saved, DraftError> {
        self.write(id, owner, Some(before.version), open(content)).await
    }

    /// Deletes the draft, where it is the owner's.
    ///
    /// # Errors
    /// [`DraftError::NotFound`] for a foreign one too.
    pub async fn delete(&self, id: &DraftId, owner: &str) -> Result<(), DraftError> {
        for _ in 0..TRIES {
            let before = self.read(id, owner).await?;
            let deleted = self.store.write_document(self.key(id), Some(before.version), Bytes::new(), None);
            if let Written::Done { .. } = deleted.await? {
                return Ok(());
            }
        }
        Err(DraftError::Moved)
    }

    /// Keeps of the draft only which case it became, whatever was saved in the meantime.
    ///
    /// # Errors
    /// [`DraftError::NotFound`] where it was deleted in the meantime.
    pub async fn mark_submitted(&self, id: &DraftId, owner: &str, case: CaseId) -> Result<(), DraftError> {
        for _ in 0..TRIES {
            let before = self.read(id, owner).await?;
            match self.write(id, owner, Some(before.version), Kept::Submitted { case }).await {
                Ok(_) => return Ok(()),
                Err(DraftError::Moved) => {}
                Err(error) => return Err(error),
            }
        }
        Err(DraftError::Moved)
    }

    fn key(&self, id: &DraftId) -> DocumentKey {
        let name = self.keyring.hash(DOMAIN, &id.0);
        DocumentKey { partition: Partition::of_hash(&name), name }
    }

    async fn write(
        &self,
        id: &DraftId,
        owner: &str,
        expected: Option<u64>,
        kept: Kept,
    ) -> Result<Saved, DraftError> {
        let saved_at = Instant(self.store.now().await?);
        let plain = self.plain(owner, saved_at, &kept);
        let sealed = self.keyring.seal(DOMAIN, &id.0, &plain);
        let written = self.store.write_document(self.key(id), expected, sealed.into(), Some(KEEP)).await?;
        match written {
            Written::Done { version, .. } => {
                Ok(Saved { kept, version, saved_at, expires_at: expiry(saved_at) })
            }
            Written::Stale(_) => Err(DraftError::Moved),
        }
    }

    /// Layout, owner, time, kind, and what is kept.
    fn plain(&self, owner: &str, saved_at: Instant, kept: &Kept) -> Vec<u8> {
        let mut plain = vec![LAYOUT];
        plain.extend(self.keyring.hash(OWNER_DOMAIN, owner.as_bytes()));
        plain.extend(saved_at.0.to_be_bytes());
        match kept {
            Kept::Open { life_event, report } => {
                plain.push(0);
                let draft = pb::Draft {
                    life_event: life_event.clone(),
                    report: Some(report.clone()),
                    ..pb::Draft::default()
                };
                plain.extend(draft.encode_to_vec());
            }
            Kept::Submitted { case } => {
                plain.push(1);
                plain.extend(case.to_string().bytes());
            }
        }
        plain
    }

    fn opened(&self, id: &DraftId, owner: &str, document: &Document) -> Result<Saved, DraftError> {
        let unreadable = |what: &str| DraftError::Unreadable(what.to_owned());
        let plain = self.keyring.unseal(DOMAIN, &id.0, &document.content);
        let plain = plain.map_err(|error| DraftError::Unreadable(error.to_string()))?;
        let (Some((LAYOUT, rest)), true) = (plain.split_first().map(|(l, r)| (*l, r)), plain.len() > 41)
        else {
            return Err(unreadable("it is of another version"));
        };
        let (kept_owner, rest) = rest.split_at(32);
        if kept_owner != self.keyring.hash(OWNER_DOMAIN, owner.as_bytes()) {
            return Err(DraftError::NotFound);
        }
        let (at, rest) = rest.split_at(8);
        let at = at.try_into().map_err(|_| unreadable("it has no time"))?;
        let saved_at = Instant(i64::from_be_bytes(at));
        let (kind, payload) = rest.split_first().ok_or_else(|| unreadable("it is empty"))?;
        let kept = match kind {
            0 => {
                let draft = pb::Draft::decode(payload).map_err(|_| unreadable("its report is damaged"))?;
                Kept::Open { life_event: draft.life_event, report: draft.report.unwrap_or_default() }
            }
            1 => {
                let case = str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
                Kept::Submitted { case: case.ok_or_else(|| unreadable("its case is damaged"))? }
            }
            _ => return Err(unreadable("it is of another version")),
        };
        Ok(Saved { kept, version: document.version, saved_at, expires_at: expiry(saved_at) })
    }
}

fn open(content: Content) -> Kept {
    Kept::Open { life_event: content.life_event, report: content.report }
}

fn expiry(saved_at: Instant) -> Instant {
    saved_at.plus(i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_id_is_told_as_it_is_read() {
        let id = DraftId::random().unwrap();
        assert_eq!(id.to_string().parse::<DraftId>().unwrap(), id);
        for bad in ["", "x", &id.to_string().to_uppercase(), &format!("{id}a")] {
            assert!(bad.parse::<DraftId>().is_err(), "{bad:?} was taken");
        }
    }

    async fn drafts() -> (Drafts, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let store = casestore::open("memory:", casestore::Options::default()).await.unwrap();
        let keyring = Keyring::open(dir.path(), Arc::clone(&store)).await.unwrap();
        (Drafts::new(store, Arc::new(keyring)), dir)
    }

    fn content(role: &str) -> Content {
        let report = pb::Report { role: role.to_owned(), ..pb::Report::default() };
        Content { life_event: "birth".to_owned(), report }
    }

    #[tokio::test]
    async fn a_draft_is_its_owners_alone_and_changes_under_its_version() {
        let (drafts, _dir) = drafts().await;
        let id = DraftId::random().unwrap();
        let first = drafts.create(&id, "anna", content("mother")).await.unwrap();
        assert!(matches!(drafts.read(&id, "bert").await, Err(DraftError::NotFound)));
        assert!(matches!(drafts.delete(&id, "bert").await, Err(DraftError::NotFound)));
        assert_eq!(drafts.read(&id, "anna").await.unwrap(), first);
        let second = drafts.replace(&id, "anna", &first, content("second_parent")).await.unwrap();
        assert_ne!(first.etag(), second.etag());
        let stale = drafts.replace(&id, "anna", &first, content("mother")).await;
        assert!(matches!(stale, Err(DraftError::Moved)));
        drafts.delete(&id, "anna").await.unwrap();
        assert!(matches!(drafts.read(&id, "anna").await, Err(DraftError::NotFound)));
    }

    #[tokio::test]
    async fn of_a_submitted_draft_only_its_case_is_kept() {
        let (drafts, _dir) = drafts().await;
        let id = DraftId::random().unwrap();
        drafts.create(&id, "anna", content("mother")).await.unwrap();
        let case = CaseId::new(Partition::new(3).unwrap(), [5; 15]);
        drafts.mark_submitted(&id, "anna", case).await.unwrap();
        assert_eq!(drafts.read(&id, "anna").await.unwrap().kept, Kept::Submitted { case });
    }
}
