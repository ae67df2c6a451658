//! The journal after a crash and after damage: torn at every byte, and with every byte changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::Path;

use casestore::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use support::cases;

const OPTIONS: EmbeddedOptions = EmbeddedOptions { fsync: false, compact_from: u64::MAX };

/// A journal, and what was to be read after each group of writes was answered, with the journal's length then.
struct Written {
    journal: Vec<u8>,
    groups: Vec<(u64, Vec<String>)>,
}

/// The writes of a little of everything, each answered before the next; the last three together, in one group.
async fn written() -> Written {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path(), OPTIONS).await.unwrap();
    let mut groups = vec![(store.journal_bytes(), cases::read(&store).await)];
    for step in 0..cases::WRITES - 3 {
        cases::write(&store, step).await;
        groups.push((store.journal_bytes(), cases::read(&store).await));
    }
    let together = (cases::WRITES - 3..cases::WRITES).map(|step| cases::write(&store, step));
    futures::future::join_all(together).await;
    groups.push((store.journal_bytes(), cases::read(&store).await));
    let journal = std::fs::read(directory.path().join("cases.journal")).unwrap();
    assert_eq!(journal.len() as u64, groups.last().unwrap().0);
    Written { journal, groups }
}

/// Opens a directory that holds this journal, and reads.
async fn reopened(directory: &Path, journal: &[u8]) -> Result<Vec<String>, EmbeddedError> {
    std::fs::write(directory.join("cases.journal"), journal).unwrap();
    let store = Embedded::open(directory, OPTIONS).await?;
    let kept = cases::read(&store).await;
    // It goes on from there.
    cases::open(&store, 99).await;
    drop(store);
    let again = Embedded::open(directory, OPTIONS).await?;
    assert!(again.load_rows(99).await == 1, "a write after the recovery is gone");
    Ok(kept)
}

/// How many rows a case has.
trait Rows {
    async fn load_rows(&self, number: u8) -> usize;
}

impl Rows for Embedded {
    async fn load_rows(&self, number: u8) -> usize {
        use casestore::CaseStore;
        self.load(cases::case(number)).await.unwrap().map_or(0, |log| log.rows.len())
    }
}

#[tokio::test]
async fn a_journal_torn_at_any_byte_keeps_all_that_was_answered_and_nothing_by_halves() {
    let Written { journal, groups } = written().await;
    let directory = tempfile::tempdir().unwrap();
    for length in groups[0].0 as usize..=journal.len() {
        let (_, expected) = groups.iter().rev().find(|(end, _)| *end <= length as u64).unwrap();
        let kept = reopened(directory.path(), &journal[..length]).await.unwrap();
        assert_eq!(&kept, expected, "torn at {length}");
    }
}

#[tokio::test]
async fn a_last_group_whose_pages_are_missing_is_cut_off() {
    let Written { journal, groups } = written().await;
    let directory = tempfile::tempdir().unwrap();
    let [.., (start, before), (end, after)] = &groups[..] else { panic!("too few groups") };
    let last = *start as usize..*end as usize;
    for from in last.clone() {
        // The file has its length, but from here on, or up to here, nothing was written.
        for missing in [from..last.end, last.start..from] {
            let mut torn = journal.clone();
            torn[missing.clone()].fill(0);
            let expected = if torn == journal { after } else { before };
            assert_eq!(&reopened(directory.path(), &torn).await.unwrap(), expected, "missing {missing:?}");
        }
    }
}

#[tokio::test]
async fn damage_before_the_last_group_is_told_with_its_place_and_nothing_is_cut_off() {
    let Written { journal, groups } = written().await;
    let directory = tempfile::tempdir().unwrap();
    let last = groups[groups.len() - 2].0;
    for at in 0..last {
        let mut damaged = journal.clone();
        damaged[at as usize] ^= 0x40;
        match reopened(directory.path(), &damaged).await {
            Err(EmbeddedError::Corrupt { offset, .. }) => {
                let group = groups.iter().rev().find(|(end, _)| *end <= at).map_or(0, |(end, _)| *end);
                assert_eq!(offset, group, "byte {at} is damaged");
            }
            other => panic!("byte {at} is damaged: {other:?}"),
        }
        let left = std::fs::read(directory.path().join("cases.journal")).unwrap();
        assert!(left == damaged, "byte {at} is damaged, and the journal was changed");
    }
}

#[tokio::test]
async fn damage_within_the_last_group_drops_it_whole() {
    let Written { journal, groups } = written().await;
    let directory = tempfile::tempdir().unwrap();
    let [.., (start, before), (end, _)] = &groups[..] else { panic!("too few groups") };
    for at in *start..*end {
        let mut damaged = journal.clone();
        damaged[at as usize] ^= 0x40;
        let kept = reopened(directory.path(), &damaged).await.unwrap();
        assert_eq!(&kept, before, "byte {at} is damaged");
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_format_is_refused_and_named() {
    let Written { mut journal, .. } = written().await;
    journal[8] = 2;
    let crc = crc32fast::hash(&journal[..28]);
    journal[28..32].copy_from_slice(&crc.to_le_bytes());
    let directory = tempfile::tempdir().unwrap();
    let error = reopened(directory.path(), &journal).await.unwrap_err().to_string();
    assert!(error.contains("format 2") && error.contains("cases.journal"), "{error}");
}
