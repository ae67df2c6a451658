//! The state with its journal: what is decided under one short lock, and the group of transactions that gathers
//! meanwhile for the next write.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::codec;
use super::frame::{self, FRAME_HEADER};
use super::journal::Journal;
use super::spot::Spot;
use crate::state::{State, Step};
use crate::store::{Answer, Millis, StoreError};

/// Most bytes that may wait for the disk; beyond it calls are refused, so that a slow disk costs no memory.
const GATHERING_MAX: usize = 128 << 20;

/// Room that a group's buffer keeps between two groups.
const ROOM_KEPT: usize = 1 << 20;

/// What became of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is durable.
    Kept,
    /// Nothing of it is in the journal, and nothing will be.
    Dropped(String),
    /// The disk did not say.
    Unknown(String),
}

impl Fate {
    fn answer(self) -> Answer<()> {
        match self {
            Self::Kept => Ok(()),
            Self::Dropped(reason) => Err(StoreError::Unavailable { reason }),
            Self::Unknown(reason) => Err(StoreError::Unknown { reason }),
        }
    }
}

/// Whoever waits for a group.
pub(super) type Waiting = Vec<oneshot::Sender<Fate>>;

/// A place in a group: what was seen and done is durable once it is told so.
pub(super) struct Ticket(oneshot::Receiver<Fate>);

impl Ticket {
    /// Waits for the group.
    pub(super) async fn settled(self) -> Answer<()> {
        let lost = || Fate::Unknown("the store was stopped".to_owned());
        self.0.await.unwrap_or_else(|_| lost()).answer()
    }
}

/// A group on its way to the disk.
pub(super) struct Group {
    pub(super) journal: Arc<Journal>,
    pub(super) offset: u64,
    pub(super) frame: Vec<u8>,
}

/// The state, the journal's end and the group that gathers.
pub(super) struct Core {
    pub(super) state: State<Spot>,
    pub(super) journal: Arc<Journal>,
    /// Where the next group goes: behind the one on its way, if there is one.
    pub(super) end: u64,
    /// Up to where the journal is durable.
    pub(super) durable: u64,
    gathering: Vec<u8>,
    gathering_waits: Waiting,
    /// Whoever waits for the group on its way.
    under_way: Waiting,
    /// Somebody leads the groups to the disk.
    pub(super) led: bool,
    /// No group may leave: the journal is being exchanged.
    pub(super) held: bool,
    /// Why no call is taken any more.
    pub(super) broken: Option<String>,
}

impl Core {
    pub(super) fn new(state: State<Spot>, journal: Arc<Journal>, end: u64) -> Self {
        Self {
            state,
            journal,
            end,
            durable: end,
            gathering: vec![0; FRAME_HEADER],
            gathering_waits: Vec::new(),
            under_way: Vec::new(),
            led: false,
            held: false,
            broken: None,
        }
    }

    /// Decides, gathers and applies. Returns the answer, and a ticket unless all that it tells is durable already.
    pub(super) fn run<A>(
        &mut self,
        wall: Millis,
        decide: impl FnOnce(&State<Spot>, Millis) -> Step<A>,
    ) -> Answer<(A, Option<Ticket>)> {
        if let Some(reason) = &self.broken {
            return Err(StoreError::Unavailable { reason: reason.clone() });
        }
        self.state.see(wall);
        let now = self.state.now(wall);
        let Step { answer, effects } = decide(&self.state, now);
        if !effects.is_empty() {
            self.gather(effects)?;
            self.state.clear_expired(now);
        }
        Ok((answer, self.ticket()))
    }

    /// All of a transaction joins the group, or nothing of it.
    fn gather(&mut self, effects: Vec<crate::state::Effect<Bytes>>) -> Answer<()> {
        let before = self.gathering.len();
        let full = |reason: &str| Err(StoreError::Unavailable { reason: reason.to_owned() });
        if before > GATHERING_MAX {
            return full("the disk does not keep up");
        }
        codec::put_transaction(&mut self.gathering, self.state.seen(), effects.len());
        let into = &mut self.gathering;
        let kept: Option<Vec<_>> =
            effects.into_iter().map(|effect| codec::put_effect(into, self.end, effect)).collect();
        let Some(kept) = kept else {
            self.gathering.truncate(before);
            return full("the journal has reached its largest size");
        };
        kept.into_iter().for_each(|effect| self.state.apply(effect));
        Ok(())
    }

    fn ticket(&mut self) -> Option<Ticket> {
        let waits = if self.gathered() {
            &mut self.gathering_waits
        } else if self.end > self.durable {
            &mut self.under_way
        } else {
            return None;
        };
        let (sender, receiver) = oneshot::channel();
        waits.push(sender);
        Some(Ticket(receiver))
    }

    /// Whether a group waits to leave.
    pub(super) fn gathered(&self) -> bool {
        self.gathering.len() > FRAME_HEADER
    }

    /// The payload of the group that gathers.
    pub(super) fn payload(&self) -> &[u8] {
        &self.gathering[FRAME_HEADER..]
    }

    /// The next group leaves, if there is one and it may.
    pub(super) fn depart(&mut self) -> Option<Group> {
        if !self.gathered() || self.held {
            return None;
        }
        let frame = std::mem::replace(&mut self.gathering, vec![0; FRAME_HEADER]);
        self.under_way = std::mem::take(&mut self.gathering_waits);
        let offset = self.end;
        self.end += frame.len() as u64;
        Some(Group { journal: self.journal.clone(), offset, frame })
    }

    /// The group on its way has arrived: whoever waited for it. Its buffer serves again.
    pub(super) fn arrived(&mut self, mut frame: Vec<u8>) -> Waiting {
        self.durable = self.end;
        if !self.gathered() && frame.capacity() <= ROOM_KEPT {
            frame.truncate(FRAME_HEADER);
            self.gathering = frame;
        }
        std::mem::take(&mut self.under_way)
    }

    /// Whoever waits for the group on its way, and for the one that gathers, which is dropped.
    pub(super) fn abandon(&mut self) -> (Waiting, Waiting) {
        self.gathering.truncate(FRAME_HEADER);
        (std::mem::take(&mut self.under_way), std::mem::take(&mut self.gathering_waits))
    }

    /// Another journal that holds the same, the gathering group included, takes the place of this one.
    pub(super) fn exchange(&mut self, state: State<Spot>, journal: Arc<Journal>, end: u64) -> Waiting {
        self.state = state;
        self.journal = journal;
        self.end = end;
        self.durable = end;
        self.gathering.truncate(FRAME_HEADER);
        std::mem::take(&mut self.gathering_waits)
    }
}

impl Group {
    /// Writes the group at its place and waits for the disk.
    pub(super) fn write(&mut self, fsync: bool) -> Fate {
        use std::os::unix::fs::FileExt;
        frame::seal(&mut self.frame, self.offset);
        let path = self.journal.path.display();
        if let Err(error) = self.journal.file.write_all_at(&self.frame, self.offset) {
            let reason = format!("cannot write {path}: {error}");
            return match self.journal.cut(self.offset) {
                Ok(()) => Fate::Dropped(reason),
                Err(cut) => Fate::Unknown(format!("{reason}; {cut}")),
            };
        }
        if fsync && let Err(error) = self.journal.file.sync_data() {
            // What the disk has of it now nobody can say: not even a second attempt.
            return Fate::Unknown(format!("cannot sync {path}: {error}"));
        }
        Fate::Kept
    }
}

/// Tells all who wait.
pub(super) fn tell(waiting: Waiting, fate: &Fate) {
    for waits in waiting {
        // Whoever does not wait any more need not be told.
        let _ = waits.send(fate.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core() -> Core {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::create(&directory.path().join("journal"), [0; 16]).unwrap();
        Core::new(State::default(), Arc::new(journal), frame::HEADER as u64)
    }

    #[test]
    fn a_read_waits_for_what_it_saw_until_that_is_durable() {
        let mut core = core();
        let write = |core: &mut Core| core.run(1, |state, _| state.set_clock_offset(5)).unwrap().1;
        let read = |core: &mut Core| core.run(1, |_, now| Step::read(now)).unwrap();
        assert!(read(&mut core).1.is_none(), "nothing to wait for");
        assert!(write(&mut core).is_some());
        assert!(read(&mut core).1.is_some(), "it gathers");
        let group = core.depart().unwrap();
        let (seen, ticket) = read(&mut core);
        assert!(seen == 6 && ticket.is_some(), "it is on its way");
        core.arrived(group.frame);
        assert!(read(&mut core).1.is_none(), "it is durable");
    }

    #[test]
    fn nothing_leaves_while_the_journal_is_exchanged() {
        let mut core = core();
        core.run(1, |state, _| state.set_clock_offset(5)).unwrap();
        core.held = true;
        assert!(core.depart().is_none());
        core.held = false;
        assert!(core.depart().is_some());
    }
}
