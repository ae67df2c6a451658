//! Compaction: what is live goes to a new file, which then takes the old one's name.
//!
//! While running, the old journal is read back beside the calls; what they add meanwhile is copied in rounds; only the
//! last, small round holds them up. A crash at any moment leaves the old journal or the new one, each complete.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::JOURNAL;
use super::codec;
use super::commit::Committer;
use super::core::{Core, Fate, Waiting, tell};
use super::frame::{self, FRAME_HEADER, HEADER};
use super::journal::{self, EmbeddedError, Journal, Replayed};
use super::spot::Spot;
use crate::clock;
use crate::state::State;
use crate::store::{Millis, StoreError};

/// The new journal's name until it is complete.
const NEW: &str = "cases.journal.new";

/// How large a frame of a compacted journal becomes.
const FRAME_SIZE: usize = 1 << 20;

/// After a compaction failed, the next one is not before this: a full disk stays full for a while.
const PAUSE: Duration = Duration::from_secs(60);

/// What is left to copy when the calls are held up for it.
const LAST_ROUND: u64 = 1 << 20;

/// A left-over of a compaction that did not end.
pub(super) fn remove_left_over(directory: &Path) -> Result<(), EmbeddedError> {
    let path = directory.join(NEW);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(EmbeddedError::Io { what: "cannot remove the left-over", path, source })
        }
        _ => Ok(()),
    }
}

/// The journal of a new store.
pub(super) fn first_journal(directory: &Path, path: &Path) -> Result<Journal, EmbeddedError> {
    let mut data_set = [0; 16];
    getrandom::fill(&mut data_set).map_err(|error| EmbeddedError::Io {
        what: "no random bytes for",
        path: path.to_owned(),
        source: io::Error::other(error),
    })?;
    let (journal, _) = Rewriting::create(directory, data_set)?.finish(directory)?;
    journal::sync_directory(directory)?;
    Ok(journal)
}

/// Whether more than half of a journal is of no use, and it is not small.
pub(super) fn worthwhile(bytes: u64, live: u64, from: u64) -> bool {
    bytes > from && bytes / 2 > live
}

/// A compacted journal in place of this one, before any call is taken.
pub(super) fn compacted(
    directory: &Path,
    old: &Journal,
    read: Replayed,
    wall: Millis,
) -> Result<(Journal, Replayed), EmbeddedError> {
    let mut rewriting = Rewriting::create(directory, old.data_set)?;
    rewriting.unload(read.state, old, wall)?;
    let (journal, replayed) = rewriting.finish(directory)?;
    journal::sync_directory(directory)?;
    Ok((journal, replayed))
}

/// When a running store is compacted.
pub(super) struct Compaction {
    pub(super) directory: PathBuf,
    from: u64,
    /// How much of the journal was live when it was last looked at.
    live: AtomicU64,
    running: AtomicBool,
    failed: Mutex<Option<Instant>>,
    /// The directory stays ours until a compaction has ended.
    _lock: Arc<fs::File>,
}

impl Compaction {
    pub(super) fn new(directory: PathBuf, from: u64, live: u64, lock: Arc<fs::File>) -> Arc<Self> {
        let (live, running) = (AtomicU64::new(live), AtomicBool::new(false));
        Arc::new(Self { directory, from, live, running, failed: Mutex::new(None), _lock: lock })
    }

    /// Whether a journal of this size is to be looked at.
    pub(super) fn is_due(&self, bytes: u64) -> bool {
        worthwhile(bytes, self.live.load(Ordering::Relaxed), self.from)
            && !self.running.load(Ordering::Relaxed)
            && self.failed().is_none_or(|at| at.elapsed() >= PAUSE)
    }

    fn failed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compacts a running store, if it is worthwhile or wanted. One at a time: a second call meanwhile does nothing.
pub(super) async fn run(
    compaction: Arc<Compaction>,
    committer: Arc<Committer>,
    wanted: bool,
) -> Result<(), EmbeddedError> {
    if compaction.running.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let running = Running(compaction);
    let ran = tokio::task::spawn_blocking(move || running.0.run_blocking(&committer, wanted));
    ran.await.unwrap_or_else(|error| {
        Err(EmbeddedError::Io {
            what: "stopped in",
            path: PathBuf::from(NEW),
            source: io::Error::other(error),
        })
    })
}

struct Running(Arc<Compaction>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

impl Compaction {
    fn run_blocking(&self, committer: &Arc<Committer>, wanted: bool) -> Result<(), EmbeddedError> {
        let (old, durable) = {
            let core = committer.core();
            (core.journal.clone(), core.durable)
        };
        let read = old.replay(Some(durable))?;
        let live = read.state.weigh(|spot| spot.length());
        if !wanted && !worthwhile(durable, live, self.from) {
            self.live.store(live, Ordering::Relaxed);
            return Ok(());
        }
        let exchanged = self.rewrite(committer, &old, read, durable);
        *self.failed() = exchanged.is_err().then(Instant::now);
        if exchanged.is_err() {
            remove_left_over(&self.directory)?;
        }
        exchanged
    }

    fn rewrite(
        &self,
        committer: &Arc<Committer>,
        old: &Journal,
        read: Replayed,
        durable: u64,
    ) -> Result<(), EmbeddedError> {
        let mut rewriting = Rewriting::create(&self.directory, old.data_set)?;
        rewriting.unload(read.state, old, clock::wall())?;
        self.live.store(rewriting.end, Ordering::Relaxed);
        let mut copied = durable;
        loop {
            let durable = committer.core().durable;
            rewriting.copy(old, copied, durable)?;
            let round = durable - copied;
            copied = durable;
            if round < LAST_ROUND {
                break;
            }
        }
        rewriting.sync()?;
        self.exchange(committer, old, rewriting, copied)
    }

    /// The last round, while calls wait.
    fn exchange(
        &self,
        committer: &Arc<Committer>,
        old: &Journal,
        rewriting: Rewriting,
        copied: u64,
    ) -> Result<(), EmbeddedError> {
        let (synced, waiting) = committer.hold(|core| self.exchange_held(core, old, rewriting, copied))?;
        match &synced {
            Ok(()) => tell(waiting, &Fate::Kept),
            Err(error) => tell(waiting, &Fate::Unknown(error.to_string())),
        }
        synced
    }

    fn exchange_held(
        &self,
        core: &mut Core,
        old: &Journal,
        mut rewriting: Rewriting,
        copied: u64,
    ) -> Result<(Result<(), EmbeddedError>, Waiting), EmbeddedError> {
        if let Some(reason) = &core.broken {
            return Err(rewriting.failed(io::Error::other(reason.clone())));
        }
        rewriting.copy(old, copied, core.durable)?;
        if core.gathered() {
            // Whoever is answered from the old journal reads these pieces there.
            let place = core.end + FRAME_HEADER as u64;
            let written = old.file.write_all_at(core.payload(), place);
            written.map_err(|error| rewriting.failed(error))?;
            rewriting.add(core.payload())?;
        }
        let (journal, mut replayed) = rewriting.finish(&self.directory)?;
        replayed.state.see(core.state.seen());
        let waiting = core.exchange(replayed.state, Arc::new(journal), replayed.end);
        let synced = journal::sync_directory(&self.directory);
        if let Err(error) = &synced {
            core.broken = Some(format!("{error}; start again"));
        }
        Ok((synced, waiting))
    }
}

/// A journal that is being written anew, and the state that speaks of it.
struct Rewriting {
    journal: Journal,
    state: State<Spot>,
    /// Where the frame that gathers will be.
    end: u64,
    frame: Vec<u8>,
}

impl Rewriting {
    fn create(directory: &Path, data_set: [u8; 16]) -> Result<Self, EmbeddedError> {
        let journal = Journal::create(&directory.join(NEW), data_set)?;
        Ok(Self { journal, state: State::default(), end: HEADER as u64, frame: vec![0; FRAME_HEADER] })
    }

    /// Writes all that is live in a state of the old journal.
    fn unload(&mut self, state: State<Spot>, old: &Journal, wall: Millis) -> Result<(), EmbeddedError> {
        let (now, seen) = (state.now(wall), state.seen());
        self.state.see(seen);
        for effect in state.unload(now) {
            let effect = effect.try_map(|spot| old.piece(spot)).map_err(unreadable(old))?;
            codec::put_transaction(&mut self.frame, seen, 1);
            let Some(kept) = codec::put_effect(&mut self.frame, self.end, effect) else {
                return Err(self.failed(io::Error::other("it has reached its largest size")));
            };
            self.state.apply(kept);
            if self.frame.len() > FRAME_SIZE {
                self.flush()?;
            }
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), EmbeddedError> {
        if self.frame.len() > FRAME_HEADER {
            frame::seal(&mut self.frame, self.end);
            let written = self.journal.file.write_all_at(&self.frame, self.end);
            written.map_err(|error| self.failed(error))?;
            self.end += self.frame.len() as u64;
            self.frame.truncate(FRAME_HEADER);
        }
        Ok(())
    }

    /// Adds the old journal's frames between these places.
    fn copy(&mut self, old: &Journal, mut from: u64, to: u64) -> Result<(), EmbeddedError> {
        while from < to {
            let Some(payload) = old.frame(from, to)? else {
                return Err(EmbeddedError::Corrupt {
                    path: old.path.clone(),
                    offset: from,
                    reason: "it was readable before".to_owned(),
                });
            };
            from += (FRAME_HEADER + payload.len()) as u64;
            self.add(&payload)?;
        }
        Ok(())
    }

    /// Adds a frame of this payload.
    fn add(&mut self, payload: &[u8]) -> Result<(), EmbeddedError> {
        self.journal.apply(&mut self.state, payload, self.end + FRAME_HEADER as u64)?;
        self.frame.extend_from_slice(payload);
        self.flush()
    }

    fn sync(&self) -> Result<(), EmbeddedError> {
        self.journal.file.sync_all().map_err(|error| self.failed(error))
    }

    /// The file is complete and takes its name; the directory is yet to be synced.
    fn finish(mut self, directory: &Path) -> Result<(Journal, Replayed), EmbeddedError> {
        self.flush()?;
        self.sync()?;
        let path = directory.join(JOURNAL);
        fs::rename(&self.journal.path, &path).map_err(|error| self.failed(error))?;
        self.journal.path = path;
        Ok((self.journal, Replayed { state: self.state, end: self.end, torn: 0 }))
    }

    fn failed(&self, source: io::Error) -> EmbeddedError {
        EmbeddedError::Io { what: "cannot write the journal", path: self.journal.path.clone(), source }
    }
}

fn unreadable(journal: &Journal) -> impl FnOnce(StoreError) -> EmbeddedError {
    let path = journal.path.clone();
    move |error| EmbeddedError::Io {
        what: "cannot compact the journal",
        path,
        source: io::Error::other(error),
    }
}
