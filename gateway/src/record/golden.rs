//! Golden logs: what each release wrote, every later one reads. `tests/records/README.md` says how they are made.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use casestore::{CaseId, Head, Log, Partition};
use casework::entry::Recorded;
use data_encoding::HEXLOWER;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{arbitrary, write_row};
use crate::cases;
use crate::seal::{CaseKeys, Keyring};

const MASTER: [u8; 32] = *b"a master key that all may read..";
const ROOT: [u8; 32] = *b"a root secret that all may read.";

fn records() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/records")
}

fn id() -> CaseId {
    CaseId::new(Partition::new(512).unwrap(), *b"a golden record")
}

/// A log as it is kept in a file: a line per row, in hexadecimal.
fn read_file(path: &Path) -> Log {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Bytes> = rows.map(|line| HEXLOWER.decode(line.as_bytes()).unwrap().into()).collect();
    let head = rows.iter().fold(Head::EMPTY, |head, row| head.after(row));
    Log { rows, head, now: 0 }
}

/// Two hundred entries of all kinds, always the same: an opening and what chance brought once.
fn entries() -> Vec<Recorded> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut drawn = || arbitrary::recorded().new_tree(&mut runner).unwrap().current();
    let opening = std::iter::repeat_with(&mut drawn)
        .find(|recorded| matches!(recorded.entry, casework::entry::Entry::Opened { .. }))
        .unwrap();
    let mut entries = vec![opening];
    entries.extend(std::iter::repeat_with(drawn).take(199));
    for (number, recorded) in (1..).zip(&mut entries) {
        recorded.number = number;
    }
    entries
}

/// Writes the log of this version, where there is none.
fn write_file(path: &Path) {
    let keyring = Keyring::from_secrets(&MASTER, &ROOT);
    let (mut keys, mut parties) = (CaseKeys::default(), Vec::new());
    let mut text = String::from(
        "# A log of entries of all kinds, sealed with keys that are in gateway/src/record/golden.rs.\n",
    );
    for (row, chunk) in (0..).zip(entries().chunks(10)) {
        let (parts, all) = write_row(chunk, None, &parties);
        let (bytes, more) = keys.seal_row(&keyring, id(), row, &parts);
        (keys, parties) = (more, all);
        writeln!(text, "{}", HEXLOWER.encode(&bytes)).unwrap();
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn what_every_release_wrote_is_read_and_folded() {
    let ours = records().join(env!("CARGO_PKG_VERSION")).join("every-kind.hex");
    if std::env::var_os("LOKET_WRITE_RECORDS").is_some() {
        write_file(&ours);
    }
    assert!(ours.exists(), "this version has no golden log: see tests/records/README.md");
    let keyring = Keyring::from_secrets(&MASTER, &ROOT);
    let mut read = 0;
    for release in std::fs::read_dir(records()).unwrap().map(|entry| entry.unwrap().path()) {
        for path in release.is_dir().then(|| std::fs::read_dir(&release).unwrap()).into_iter().flatten() {
            let path = path.unwrap().path();
            let held = cases::read(&keyring, id(), &read_file(&path), None);
            let held = held.unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            assert_eq!(held.file.case.entries, 200, "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 0);
    let now = cases::read(&keyring, id(), &read_file(&ours), None).unwrap();
    assert_eq!(now.file.entries(), entries(), "this version reads its own log otherwise than it wrote it");
}
