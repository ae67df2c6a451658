//! The master keys: files of 32 bytes that nobody but the gateway's user may read. `master.key` wraps what is new;
//! `master-<id>.key` are older ones, kept for as long as anything is wrapped with them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::KeyringError;
use super::aead::Key;

/// The id of a master key: says which one wrapped something. It tells nothing about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MasterId(pub(crate) [u8; 4]);

impl std::fmt::Display for MasterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The master keys that are held.
pub(crate) struct Masters {
    /// What is new is wrapped with this one.
    pub(crate) current: MasterId,
    pub(crate) by_id: BTreeMap<MasterId, Key>,
}

/// The id of a master key.
pub(crate) fn id_of(key: &Key) -> MasterId {
    let mac = key.mac(&[b"loket master key id"]);
    MasterId([mac[0], mac[1], mac[2], mac[3]])
}

/// Where the master key is.
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join("master.key")
}

/// The keys in the directory; none where there is no `master.key`.
pub(crate) fn read_all(dir: &Path) -> Result<Option<Masters>, KeyringError> {
    let Some(key) = read(&path_in(dir))? else { return Ok(None) };
    let current = id_of(&key);
    let mut by_id = BTreeMap::from([(current, key)]);
    let listed = fs::read_dir(dir).map_err(|error| unreadable(dir, &error))?;
    for entry in listed {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(key) = is_older(name).then(|| read(&path)).transpose()?.flatten() {
            by_id.insert(id_of(&key), key);
        }
    }
    Ok(Some(Masters { current, by_id }))
}

fn unreadable(path: &Path, error: &std::io::Error) -> KeyringError {
    KeyringError::File { path: path.to_owned(), reason: error.to_string() }
}

fn read(path: &Path) -> Result<Option<Key>, KeyringError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let mode = file.metadata().map_err(|error| unreadable(path, &error))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyringError::Permissions { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(64));
    // One byte more than a key tells a longer file.
    Read::take(&mut file, 33).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    let size = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    Key::from_bytes(&bytes).map(Some).ok_or(KeyringError::Size { path: path.to_owned(), size })
}

/// Makes the master key. It is on the disk when this returns; where there is one already, that one is taken.
pub(crate) fn make(dir: &Path) -> Result<(Masters, bool), KeyringError> {
    fs::create_dir_all(dir).map_err(|error| unreadable(dir, &error))?;
    let path = path_in(dir);
    let fresh = Key::random();
    // Written beside and linked into place: a crash leaves a whole key or none.
    let mut suffix = [0; 8];
    super::aead::fill_random(&mut suffix);
    let beside = dir.join(format!(".master.key.{}", data_encoding::HEXLOWER.encode(&suffix)));
    let written = write_synced(&beside, fresh.bytes()).and_then(|()| fs::hard_link(&beside, &path));
    let removed = fs::remove_file(&beside);
    let made = match written {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(unreadable(&path, &error)),
    };
    removed.and_then(|()| File::open(dir)?.sync_all()).map_err(|error| unreadable(dir, &error))?;
    let masters = read_all(dir)?;
    masters.map(|masters| (masters, made)).ok_or_else(|| KeyringError::File {
        path,
        reason: "it was removed while the gateway started".to_owned(),
    })
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Takes back a key that was made a moment ago and has sealed nothing.
pub(crate) fn take_back(dir: &Path) -> Result<(), KeyringError> {
    let path = path_in(dir);
    fs::remove_file(&path).map_err(|error| unreadable(&path, &error))
}

/// Whether there are older keys: then a missing `master.key` is being replaced, not lost.
pub(crate) fn has_older(dir: &Path) -> Result<bool, KeyringError> {
    let listed = match fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unreadable(dir, &error)),
    };
    let mut names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.any(|name| is_older(&name)))
}

fn is_older(name: &str) -> bool {
    name.starts_with("master-") && name.ends_with(".key")
}
