//! The store in one directory, for one process: the default, with nothing to set up.
//!
//! It is an append-only journal and the state in memory, without its rows: they stay in the file and are read back
//! from there, so that a waiting case costs little memory. A call is decided in memory, its effects join a group, the
//! group is written as one frame and synced once, and then everybody in it is answered. Reads wait as well until what
//! they saw is durable: no answer tells of what a crash could take back.
//!
//! Why a journal of our own and not redb or fjall: what bounds an embedded store is the sync, and a commit of redb 4.6
//! cost 4 ms where one `fdatasync` of an append cost 0.2 ms on the same disk; both were tried behind a thread of their
//! own, and one hand-off for each write costs more than the disk (446 µs of processor time for each life event, against
//! 235 µs with one hand-off per group). And the crash test chose: with one frame per group, synced before the next
//! begins, a tail torn at any byte is told from damage before it by one rule, *only the last group can be unfinished,
//! and nobody was told of it*. fjall 3.0.0 lost inserts (its issue 230); a format of some hundred lines that is torn
//! and damaged at every byte in a test is the smaller promise.
//!
//! The file is compacted, at open and while running, when more than half of it is of no use any more: its live state
//! is written to a new file, which takes the old one's name.

mod codec;
mod commit;
mod compact;
mod core;
mod frame;
mod journal;
mod spot;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use self::commit::Committer;
use self::compact::Compaction;
use self::core::Core;
pub use self::journal::EmbeddedError;
use self::journal::Journal;
use self::spot::Spot;
use crate::clock;
use crate::keep::Keep;
use crate::state::{State, Step};
use crate::store::{Answer, Durability, Millis};
use crate::watchers::Watchers;

/// The journal's name in its directory.
const JOURNAL: &str = "cases.journal";

/// How an embedded store behaves.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Wait for the disk before an answer. Off, an answered write survives the process, not the host.
    pub fsync: bool,
    /// A journal below this many bytes is not compacted by itself.
    pub compact_from: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self { fsync: true, compact_from: 64 << 20 }
    }
}

/// A store in a directory.
pub struct Embedded {
    committer: Arc<Committer>,
    compaction: Arc<Compaction>,
    watchers: Watchers,
    fsync: bool,
    _lock: Arc<File>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("directory", &self.compaction.directory).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the store in this directory, or makes one. Reads the whole journal: about a second for each gigabyte.
    ///
    /// # Errors
    /// [`EmbeddedError`]: in use, not to be read or written, or damaged.
    pub async fn open(
        directory: impl Into<PathBuf>,
        options: EmbeddedOptions,
    ) -> Result<Self, EmbeddedError> {
        let directory = directory.into();
        let opening = tokio::task::spawn_blocking(move || Self::open_blocking(directory, &options));
        opening.await.unwrap_or_else(|error| {
            Err(EmbeddedError::Io {
                what: "opening stopped in",
                path: PathBuf::new(),
                source: io::Error::other(error),
            })
        })
    }

    fn open_blocking(directory: PathBuf, options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        journal::make_directory(&directory)?;
        let lock = Arc::new(journal::lock(&directory)?);
        compact::remove_left_over(&directory)?;
        let path = directory.join(JOURNAL);
        let mut journal = match path.try_exists() {
            Ok(true) => Journal::open(&path)?,
            _ => compact::first_journal(&directory, &path)?,
        };
        let mut read = journal.replay(None)?;
        if read.torn > 0 {
            tracing::warn!(
                journal = %path.display(),
                bytes = read.torn,
                "cut off the rest of a group that was being written when the process ended; nobody was told of it"
            );
            journal.cut(read.end)?;
        }
        let mut live = read.state.weigh(|spot| spot.length());
        if compact::worthwhile(read.end, live, options.compact_from) {
            (journal, read) = compact::compacted(&directory, &journal, read, clock::wall())?;
            live = read.end;
        }
        let core = Core::new(read.state, Arc::new(journal), read.end);
        let compaction = Compaction::new(directory, options.compact_from, live, lock.clone());
        let committer = Committer::new(core, options.fsync);
        Ok(Self { committer, compaction, watchers: Watchers::default(), fsync: options.fsync, _lock: lock })
    }

    /// Writes what is live to a new journal and exchanges the two, while calls go on.
    ///
    /// # Errors
    /// [`EmbeddedError`]: the new journal could not be written; the old one goes on.
    pub async fn compact(&self) -> Result<(), EmbeddedError> {
        compact::run(self.compaction.clone(), self.committer.clone(), true).await
    }

    /// Bytes of the journal.
    #[must_use]
    pub fn journal_bytes(&self) -> u64 {
        self.committer.core().end
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.compaction.directory
    }
}

impl Keep for Embedded {
    type Piece = Spot;
    type Reader = Arc<Journal>;

    async fn keep<A: Send>(
        &self,
        decide: impl FnOnce(&State<Spot>, Millis) -> Step<A> + Send,
    ) -> Answer<(A, Arc<Journal>)> {
        let kept = self.committer.run(decide).await;
        if self.compaction.is_due(self.journal_bytes()) {
            let (compaction, committer) = (self.compaction.clone(), self.committer.clone());
            tokio::spawn(async move {
                if let Err(error) = compact::run(compaction, committer, false).await {
                    tracing::warn!(%error, "the journal was not compacted; the old one goes on");
                }
            });
        }
        kept
    }

    /// Reads in the event loop: what is asked for was mostly written a moment ago and is in the page cache, and a
    /// hand-off costs more than such a read.
    fn read(journal: &Arc<Journal>, spot: Spot) -> Answer<Bytes> {
        journal.piece(spot)
    }

    fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    fn promise(&self) -> Durability {
        if self.fsync { Durability::LocalFsync } else { Durability::Process }
    }
}
