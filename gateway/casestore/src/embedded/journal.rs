//! The journal file: making one, reading one back, adding to one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::codec::Reading;
use super::frame::{self, FRAME_HEADER, FrameHeader, HEADER};
use super::spot::Spot;
use crate::state::State;
use crate::store::{Answer, StoreError};

/// Why a directory is no store.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process has it.
    #[error(
        "the case store in {directory} is in use by another process: stop that one, or name another directory; one \
         embedded store belongs to one process"
    )]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// The file system refused.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The journal holds something that this version cannot have written.
    #[error(
        "the journal {path} is unreadable at byte {offset}: {reason}. Nothing was changed; put back a copy of the \
         directory, or open it with the version that wrote it"
    )]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
}

impl EmbeddedError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// An open journal file.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) data_set: [u8; 16],
}

/// What was read back.
pub(super) struct Replayed {
    pub(super) state: State<Spot>,
    /// Where the readable frames end.
    pub(super) end: u64,
    /// How many bytes follow them: the rest of a group that nobody was told of.
    pub(super) torn: u64,
}

/// Makes a directory for a store, for its owner alone.
pub(super) fn make_directory(directory: &Path) -> Result<(), EmbeddedError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(EmbeddedError::io("cannot make the directory", directory))
}

/// Takes the directory's lock; it is free again when the file is closed, however the process ends.
pub(super) fn lock(directory: &Path) -> Result<File, EmbeddedError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(EmbeddedError::io("cannot open the lock", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(EmbeddedError::InUse { directory: directory.to_owned() })
        }
        Err(std::fs::TryLockError::Error(error)) => Err(EmbeddedError::io("cannot lock", &path)(error)),
    }
}

/// Makes the directory's entries last.
pub(super) fn sync_directory(directory: &Path) -> Result<(), EmbeddedError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(EmbeddedError::io("cannot sync the directory", directory))
}

impl Journal {
    /// A new file with nothing but its header, under a name that may hold a left-over.
    pub(super) fn create(path: &Path, data_set: [u8; 16]) -> Result<Self, EmbeddedError> {
        let file =
            OpenOptions::new().create(true).truncate(true).read(true).write(true).mode(0o600).open(path);
        let file = file.map_err(EmbeddedError::io("cannot make the journal", path))?;
        file.write_all_at(&frame::header(data_set), 0)
            .map_err(EmbeddedError::io("cannot write the journal", path))?;
        Ok(Self { file, path: path.to_owned(), data_set })
    }

    /// The file that is there.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(EmbeddedError::io("cannot open the journal", path))?;
        let mut header = [0; HEADER];
        let read = file.read_exact_at(&mut header, 0).map_err(|_| "it is shorter than a header".to_owned());
        let data_set = read
            .and_then(|()| frame::read_header(&header))
            .map_err(|reason| EmbeddedError::Corrupt { path: path.to_owned(), offset: 0, reason })?;
        Ok(Self { file, path: path.to_owned(), data_set })
    }

    /// Reads the frames up to `end`, or all there are.
    pub(super) fn replay(&self, end: Option<u64>) -> Result<Replayed, EmbeddedError> {
        let length = match end {
            Some(end) => end,
            None => {
                let meta = self.file.metadata();
                meta.map_err(EmbeddedError::io("cannot look at the journal", &self.path))?.len()
            }
        };
        let mut replayed = Replayed { state: State::default(), end: HEADER as u64, torn: 0 };
        while replayed.end < length {
            let Some(payload) = self.frame(replayed.end, length)? else {
                replayed.torn = length - replayed.end;
                break;
            };
            self.apply(&mut replayed.state, &payload, replayed.end + FRAME_HEADER as u64)?;
            replayed.end += (FRAME_HEADER + payload.len()) as u64;
        }
        Ok(replayed)
    }

    /// Makes the transactions of a payload that starts at `base` true.
    pub(super) fn apply(
        &self,
        state: &mut State<Spot>,
        payload: &[u8],
        base: u64,
    ) -> Result<(), EmbeddedError> {
        let mut reading = Reading::new(payload, base);
        loop {
            match reading.transaction() {
                Ok(Some((wall, effects))) => {
                    state.see(wall);
                    effects.into_iter().for_each(|effect| state.apply(effect));
                }
                Ok(None) => return Ok(()),
                Err(reason) => return Err(self.corrupt(base - FRAME_HEADER as u64, reason)),
            }
        }
    }

    /// The payload of the frame at this offset. None: from here on there is only what a crash left of the last group,
    /// which nobody was told of. Anything else that is unreadable was readable once, and is refused.
    pub(super) fn frame(&self, offset: u64, length: u64) -> Result<Option<Vec<u8>>, EmbeddedError> {
        if length - offset < FRAME_HEADER as u64 {
            return Ok(None);
        }
        let header = self.read(offset, FRAME_HEADER)?;
        let Some(header) = FrameHeader::read(&header, offset) else {
            // The group's first page is missing: then nothing that could be read comes later.
            return match self.find_frame(offset + 1, length)? {
                Some(_) => Err(self.corrupt(offset, "no frame starts here, and frames follow")),
                None => Ok(None),
            };
        };
        let start = offset + FRAME_HEADER as u64;
        let end = start + header.length as u64;
        if end > length {
            return Ok(None);
        }
        let payload = self.read(start, header.length)?;
        if header.fits(&payload) {
            Ok(Some(payload))
        } else if end == length {
            Ok(None)
        } else {
            Err(self.corrupt(offset, "the frame is damaged, and more follows it"))
        }
    }

    /// The next place where a whole frame starts.
    fn find_frame(&self, from: u64, length: u64) -> Result<Option<u64>, EmbeddedError> {
        const STEP: u64 = 1 << 20;
        let mut at = from;
        while at + (FRAME_HEADER as u64) <= length {
            let here = (length - at).min(STEP + FRAME_HEADER as u64);
            let bytes = self.read(at, here as usize)?;
            for (place, window) in (at..).zip(bytes.windows(FRAME_HEADER)) {
                let Some(header) = FrameHeader::read(window, place) else { continue };
                let start = place + FRAME_HEADER as u64;
                if start + header.length as u64 <= length && header.fits(&self.read(start, header.length)?) {
                    return Ok(Some(place));
                }
            }
            at += STEP;
        }
        Ok(None)
    }

    /// A piece of a frame that is durable.
    pub(super) fn piece(&self, spot: Spot) -> Answer<Bytes> {
        let mut bytes = vec![0; spot.length() as usize];
        let path = self.path.display();
        match self.file.read_exact_at(&mut bytes, spot.offset()) {
            Ok(()) => Ok(Bytes::from(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(StoreError::Corrupt {
                place: format!("{path} byte {}", spot.offset()),
                reason: "the journal is shorter than it was".to_owned(),
            }),
            Err(error) => Err(StoreError::Unavailable { reason: format!("cannot read {path}: {error}") }),
        }
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, EmbeddedError> {
        let mut bytes = vec![0; length];
        let read = self.file.read_exact_at(&mut bytes, offset);
        read.map_err(EmbeddedError::io("cannot read the journal", &self.path))?;
        Ok(bytes)
    }

    /// Cuts the file off here, for good.
    pub(super) fn cut(&self, end: u64) -> Result<(), EmbeddedError> {
        let cut = self.file.set_len(end).and_then(|()| self.file.sync_all());
        cut.map_err(EmbeddedError::io("cannot cut off the journal", &self.path))
    }

    fn corrupt(&self, offset: u64, reason: &str) -> EmbeddedError {
        EmbeddedError::Corrupt { path: self.path.clone(), offset, reason: reason.to_owned() }
    }
}
