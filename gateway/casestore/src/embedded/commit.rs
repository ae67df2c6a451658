//! Group commit. Callers decide and apply in the event loop; one leading task takes what has gathered to the disk,
//! one hand-off to a blocking thread for each group, and wakes all of the group in the event loop again. A hand-off
//! for each write costs twice the processor time of the whole write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::core::{Core, Fate, Group, tell};
use super::journal::{EmbeddedError, Journal};
use super::spot::Spot;
use crate::clock;
use crate::state::{State, Step};
use crate::store::{Answer, Millis};

/// The core, shared with the leading task.
pub(super) struct Committer {
    core: Mutex<Core>,
    /// Nobody leads any more.
    idle: Condvar,
    fsync: bool,
    /// Whether the last group was not stored: of a disk that is full, not every attempt is said.
    failing: AtomicBool,
}

impl Committer {
    pub(super) fn new(core: Core, fsync: bool) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(core),
            idle: Condvar::new(),
            fsync,
            failing: AtomicBool::new(false),
        })
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(|poisoned| {
            let mut core = poisoned.into_inner();
            core.broken.get_or_insert_with(|| "a call ended in the midst; start again".to_owned());
            core
        })
    }

    /// Decides, applies, and returns when all that was seen and done is durable, with the journal that its pieces
    /// are in.
    pub(super) async fn run<A>(
        self: &Arc<Self>,
        decide: impl FnOnce(&State<Spot>, Millis) -> Step<A>,
    ) -> Answer<(A, Arc<Journal>)> {
        let (answer, ticket, journal) = {
            let mut core = self.core();
            let (answer, ticket) = core.run(clock::wall(), decide)?;
            let journal = core.journal.clone();
            self.lead(&mut core);
            (answer, ticket, journal)
        };
        if let Some(ticket) = ticket {
            ticket.settled().await?;
        }
        Ok((answer, journal))
    }

    /// Makes sure that somebody leads what has gathered to the disk.
    pub(super) fn lead(self: &Arc<Self>, core: &mut Core) {
        if !core.led && !core.held && core.gathered() {
            core.led = true;
            tokio::spawn(Leader { committer: Some(self.clone()) }.lead());
        }
    }

    /// Works on the core while no group is on its way and none leaves. For a blocking thread: calls wait meanwhile.
    pub(super) fn hold<T>(self: &Arc<Self>, work: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core();
        core.held = true;
        let mut core = self.idle.wait_while(core, |core| core.led).unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut core);
        core.held = false;
        self.lead(&mut core);
        done
    }

    /// Nobody leads from here on.
    fn rest(&self, core: &mut Core) {
        core.led = false;
        self.idle.notify_all();
    }

    /// After a group that was dropped: the state holds what the journal does not. Reads it back.
    fn read_back(&self, journal: &Journal, durable: u64) {
        let read = journal.replay(Some(durable)).and_then(|read| match read.torn {
            0 => Ok(read.state),
            _ => Err(EmbeddedError::Corrupt {
                path: journal.path.clone(),
                offset: read.end,
                reason: "it was readable before".to_owned(),
            }),
        });
        let mut core = self.core();
        match read {
            Ok(state) => {
                core.state = state;
                core.end = durable;
                core.broken = None;
            }
            Err(error) => core.broken = Some(error.to_string()),
        }
    }
}

/// Whoever leads groups to the disk; if the runtime stops in the midst, nobody waits for ever.
struct Leader {
    committer: Option<Arc<Committer>>,
}

impl Drop for Leader {
    fn drop(&mut self) {
        let Some(committer) = self.committer.take() else { return };
        let mut core = committer.core();
        committer.rest(&mut core);
        let reason = "the runtime was stopped while a group was on its way; open the store again".to_owned();
        core.broken = Some(reason.clone());
        let (under_way, gathering) = core.abandon();
        drop(core);
        tell(under_way, &Fate::Unknown(reason.clone()));
        tell(gathering, &Fate::Dropped(reason));
    }
}

impl Leader {
    async fn lead(mut self) {
        while let Some((group, fsync)) = self.depart() {
            let written = tokio::task::spawn_blocking(move || {
                let mut group = group;
                let fate = group.write(fsync);
                (fate, group)
            });
            // A panic there, or a runtime that stops: the drop of the leader tells.
            let Ok((fate, group)) = written.await else { return };
            match fate {
                Fate::Kept => self.arrived(group),
                fate => self.lost(fate, group).await,
            }
        }
    }

    fn depart(&mut self) -> Option<(Group, bool)> {
        let committer = self.committer.clone()?;
        let mut core = committer.core();
        let group = core.depart();
        if group.is_none() {
            committer.rest(&mut core);
            self.committer = None;
        }
        group.map(|group| (group, committer.fsync))
    }

    /// Tells the group. If nothing has gathered meanwhile the leader has let go of the store by then, so that whoever
    /// closes it after the last answer closes it indeed.
    fn arrived(&mut self, group: Group) {
        let Some(committer) = self.committer.as_ref() else { return };
        if committer.failing.load(Ordering::Relaxed) && committer.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(journal = %group.journal.path.display(), "writes are stored again");
        }
        let mut core = committer.core();
        let waiting = core.arrived(group.frame);
        let done = !core.gathered() || core.held;
        if done {
            committer.rest(&mut core);
        }
        drop(core);
        if done {
            self.committer = None;
        }
        drop(group.journal);
        tell(waiting, &Fate::Kept);
    }

    async fn lost(&mut self, fate: Fate, group: Group) {
        let Some(committer) = self.committer.take() else { return };
        let (under_way, gathering) = {
            let mut core = committer.core();
            committer.rest(&mut core);
            core.broken = Some(match &fate {
                Fate::Unknown(reason) => format!("{reason}; start again"),
                _ => "a write failed, and the journal is being read back".to_owned(),
            });
            core.abandon()
        };
        let dropped = match &fate {
            Fate::Dropped(reason) | Fate::Unknown(reason) => Fate::Dropped(reason.clone()),
            Fate::Kept => Fate::Kept,
        };
        let journal = group.journal.path.display();
        if committer.failing.swap(true, Ordering::Relaxed) {
            tracing::debug!(%journal, ?fate, "a group of writes was not stored");
        } else {
            tracing::error!(%journal, ?fate, "a group of writes was not stored; it is said again when one is");
        }
        if matches!(fate, Fate::Dropped(_)) {
            let read = tokio::task::spawn_blocking(move || committer.read_back(&group.journal, group.offset));
            // A panic there leaves the store as broken as it is.
            let _ = read.await;
        }
        tell(under_way, &fate);
        tell(gathering, &dropped);
    }
}
