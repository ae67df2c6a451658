//! Seals what the store holds. The store sees ids, times and ciphertext.
//!
//! - The **master key** is a file of 32 bytes, made at the first start, that nobody else may read. It wraps the keys of
//!   the cases and the root secret. Without it nothing in the store can be read, by nobody, ever: back it up, apart from
//!   the store's backups.
//! - The **root secret** lies in the store, wrapped. Keyed hashes and the keys of small things (drafts, notes, lists)
//!   follow from it; it stays when the master key changes. That it unwraps is the check that the master key is the
//!   store's own.
//! - Each case has a **data key**, and one more for each of its parties, wrapped in the log's rows: see [`CaseKeys`].
//!
//! To change the master key: stop the gateway, rename `master.key` to `master-old.key` (any name `master-….key`), start
//! it again. It makes a new `master.key`, wraps the root secret and all that is new with it, and reads what is older with
//! the old one. Keep the old file for as long as there are cases from before.

mod aead;
mod case_keys;
mod master;
mod token;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use casestore::{CaseStore, DocumentKey, Partition, StoreError, Written};
use zeroize::Zeroizing;

pub(crate) use aead::fill_random;
use aead::{Key, OVERHEAD};
pub(crate) use case_keys::{CaseKeys, Part};
use master::{MasterId, Masters};
pub use token::StepReference;

/// The version of everything sealed with the keyring, in its first byte.
const FORMAT: u8 = 1;

/// The keys of this installation.
pub struct Keyring {
    masters: Masters,
    hashes: Key,
    seals: Key,
    /// The keys of the domains that were asked for: they follow from `seals`.
    domains: RwLock<HashMap<&'static str, Key>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("master", &self.masters.current).finish_non_exhaustive()
    }
}

/// Why there is no keyring, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A file cannot be read or written.
    #[error("{path}: {reason}; the gateway's user must be able to read and write there")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// Others may read the key.
    #[error(
        "{path} has mode {mode:03o}: others may read the master key. If nobody has, run `chmod 600 {path}`; if somebody \
         may have, rename it to master-old.key beside it, `chmod 600` that, and start the gateway: it makes a new key for \
         all that is new"
    )]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is no key.
    #[error("{path} has {size} bytes, a master key has 32: put the right file back from your backup")]
    Size {
        /// Which file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// There is no master key, and the store has data.
    #[error(
        "there is no master key at {path}, and the store holds data sealed with master key {needed}: put the file back \
         from your backup (32 bytes, mode 600), or start with an empty store. Without the key, what this store holds \
         cannot be read"
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// The id of the key that is needed.
        needed: String,
    },
    /// The master key is that of another store.
    #[error(
        "the master key at {path} is {found}, and the store holds data sealed with {needed}: put that key back from your \
         backup as {path} (or beside it as master-{needed}.key, if {found} is to replace it), or name the store that \
         {found} belongs to, or start with an empty store"
    )]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The id of the key in it.
        found: String,
        /// The id of the key that is needed.
        needed: String,
    },
    /// The check value in the store is damaged, or of a newer version.
    #[error(
        "the keyring's document in the store cannot be read: {reason}; restore the store from its backup"
    )]
    Document {
        /// What is wrong.
        reason: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something sealed that does not open: damaged, of another place, or of another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it does not open: it was damaged, moved from another place, or sealed with another key")]
pub struct Unsealable;

impl Keyring {
    /// The keys in `dir`, checked against the store; made at the first start.
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong and how to mend it.
    pub async fn open(dir: &Path, store: Arc<dyn CaseStore>) -> Result<Self, KeyringError> {
        let mut kept = store.document(root_key()).await?;
        loop {
            let (masters, made) = masters(dir, kept.as_ref().map(|kept| &kept.content))?;
            let root = match &kept {
                Some(kept) => {
                    let (root, with) = unwrap_root(dir, &masters, &kept.content)?;
                    if with == masters.current {
                        return Ok(Self::of(masters, &root));
                    }
                    root
                }
                None => Key::random(),
            };
            let content = wrap_root(&masters, &root);
            let expected = kept.as_ref().map(|kept| kept.version);
            match store.write_document(root_key(), expected, content.into(), None).await? {
                Written::Done { .. } => return Ok(Self::of(masters, &root)),
                // Another gateway was faster: begin again with what it wrote. A key that was made here in vain goes.
                Written::Stale(now) => {
                    let needed = now.as_ref().map(|now| wrapped_with(&now.content)).transpose()?;
                    if made && needed.is_some_and(|needed| needed != masters.current) {
                        master::take_back(dir)?;
                    }
                    kept = now;
                }
            }
        }
    }

    fn of(masters: Masters, root: &Key) -> Self {
        let (hashes, seals) = (root.derive(&[b"hashes"]), root.derive(&[b"seals"]));
        Self { masters, hashes, seals, domains: RwLock::default() }
    }

    /// The key of a domain. Deriving one costs as much as sealing something small with it.
    fn domain(&self, domain: &'static str) -> Key {
        if let Some(key) = self.domains.read().unwrap_or_else(PoisonError::into_inner).get(domain) {
            return key.clone();
        }
        let key = self.seals.derive(&[domain.as_bytes()]);
        self.domains.write().unwrap_or_else(PoisonError::into_inner).insert(domain, key.clone());
        key
    }

    /// A keyed hash: what a store may be asked for without learning what it is. Different domains never agree.
    #[must_use]
    pub fn hash(&self, domain: &str, data: &[u8]) -> [u8; 32] {
        self.hashes.mac(&[domain.as_bytes(), data])
    }

    /// Seals something small that is no row of a case: a draft, a note. It opens only with the same domain and context.
    #[must_use]
    pub fn seal(&self, domain: &'static str, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.domain(domain).seal_padded(&[FORMAT], context, plain)
    }

    /// Seals something of which every piece is to have the same length: `len` bytes of content, what is shorter is
    /// filled. What is longer is told by its length.
    #[must_use]
    pub fn seal_sized(&self, domain: &'static str, context: &[u8], plain: &[u8], len: usize) -> Vec<u8> {
        self.domain(domain).seal_sized(&[FORMAT], context, plain, len + 1)
    }

    /// Opens what [`seal`](Self::seal) or [`seal_sized`](Self::seal_sized) sealed.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn unseal(&self, domain: &'static str, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let content = sealed.strip_prefix(&[FORMAT]).ok_or(Unsealable)?;
        self.domain(domain).open_padded(context, content)
    }

    /// A keyring that is in no file and no store.
    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        Self::from_secrets(Key::random().bytes(), Key::random().bytes())
    }

    /// A keyring of these secrets, for records of which the keys are known.
    #[cfg(test)]
    pub(crate) fn from_secrets(master: &[u8; 32], root: &[u8; 32]) -> Self {
        let (master, root) = (Key::from_bytes(master).unwrap(), Key::from_bytes(root).unwrap());
        let current = master::id_of(&master);
        Self::of(Masters { current, by_id: [(current, master)].into() }, &root)
    }

    /// Whether the master key of this id is held.
    fn holds(&self, master: MasterId) -> bool {
        self.masters.by_id.contains_key(&master)
    }

    /// Wraps a key with the current master key.
    fn wrap(&self, context: &[u8], key: &Key) -> Vec<u8> {
        wrap(&self.masters, context, key)
    }

    /// Unwraps a key with the master key that wrapped it.
    fn unwrap_key(&self, context: &[u8], wrapped: &[u8]) -> Result<Key, Unsealable> {
        unwrap_key(&self.masters, context, wrapped).map(|(key, _)| key)
    }
}

/// Where the root secret is: its name must be found before there is any key.
fn root_key() -> DocumentKey {
    DocumentKey { partition: Partition::of_hash(&[0; 32]), name: *b"loket keyring: the root secret\0\0" }
}

const ROOT_CONTEXT: &[u8] = b"root secret";

/// The master keys; made where neither they nor the store's document exist. Second: whether they were made now.
fn masters(dir: &Path, document: Option<&Bytes>) -> Result<(Masters, bool), KeyringError> {
    match (master::read_all(dir)?, document) {
        (Some(masters), _) => Ok((masters, false)),
        (None, None) => master::make(dir),
        (None, Some(content)) if master::has_older(dir)? => {
            let (masters, made) = master::make(dir)?;
            match unwrap_root(dir, &masters, content) {
                Ok(_) => Ok((masters, made)),
                Err(error) => {
                    master::take_back(dir)?;
                    Err(error)
                }
            }
        }
        (None, Some(content)) => Err(KeyringError::Missing {
            path: master::path_in(dir),
            needed: wrapped_with(content)?.to_string(),
        }),
    }
}

fn wrap(masters: &Masters, context: &[u8], key: &Key) -> Vec<u8> {
    let mut wrapped = masters.current.0.to_vec();
    if let Some(master) = masters.by_id.get(&masters.current) {
        wrapped.extend(master.seal(context, key.bytes()));
    }
    wrapped
}

fn unwrap_key(masters: &Masters, context: &[u8], wrapped: &[u8]) -> Result<(Key, MasterId), Unsealable> {
    let (id, sealed) = wrapped.split_first_chunk::<4>().ok_or(Unsealable)?;
    let master = masters.by_id.get(&MasterId(*id)).ok_or(Unsealable)?;
    let key = Key::from_bytes(&Zeroizing::new(master.open(context, sealed)?)).ok_or(Unsealable)?;
    Ok((key, MasterId(*id)))
}

/// The id of the master key that wrapped a key.
fn wrapped_by(wrapped: &[u8]) -> Option<MasterId> {
    wrapped.first_chunk().map(|id| MasterId(*id))
}

fn wrap_root(masters: &Masters, root: &Key) -> Vec<u8> {
    let mut content = vec![FORMAT];
    content.extend(wrap(masters, ROOT_CONTEXT, root));
    content
}

/// The id of the master key that a document needs.
fn wrapped_with(content: &[u8]) -> Result<MasterId, KeyringError> {
    let document = |reason: &str| KeyringError::Document { reason: reason.to_owned() };
    let (format, wrapped) = content.split_first().ok_or_else(|| document("it is empty"))?;
    if *format != FORMAT {
        return Err(document(&format!("it is of format {format}, this version reads {FORMAT}")));
    }
    if wrapped.len() != 4 + 32 + OVERHEAD {
        return Err(document("it has a wrong length"));
    }
    wrapped_by(wrapped).ok_or_else(|| document("it has a wrong length"))
}

fn unwrap_root(dir: &Path, masters: &Masters, content: &[u8]) -> Result<(Key, MasterId), KeyringError> {
    let needed = wrapped_with(content)?;
    if !masters.by_id.contains_key(&needed) {
        return Err(KeyringError::Wrong {
            path: master::path_in(dir),
            found: masters.current.to_string(),
            needed: needed.to_string(),
        });
    }
    unwrap_key(masters, ROOT_CONTEXT, &content[1..])
        .map_err(|Unsealable| KeyringError::Document { reason: "it was damaged".to_owned() })
}

#[cfg(test)]
mod tests;
