//! The journal of the embedded store: groups, compaction, the clock, and the record of each format.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use casestore::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use casestore::{Appended, CaseStore, DocumentKey, Durability, Head, OpenError, Options, Written};
use support::cases;

const OPTIONS: EmbeddedOptions = EmbeddedOptions { fsync: false, compact_from: u64::MAX };

async fn open(directory: &Path, options: EmbeddedOptions) -> Embedded {
    loop {
        match Embedded::open(directory, options.clone()).await {
            // A compaction that was under way ends first.
            Err(EmbeddedError::InUse { .. }) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

fn journal(directory: &Path) -> Vec<u8> {
    std::fs::read(directory.join("cases.journal")).unwrap()
}

/// How many frames a journal has: each was written and synced at once.
fn groups(journal: &[u8]) -> usize {
    let (mut at, mut groups) = (32, 0);
    while at < journal.len() {
        let length = u32::from_le_bytes(journal[at + 4..at + 8].try_into().unwrap());
        at += 16 + length as usize;
        groups += 1;
    }
    groups
}

#[tokio::test]
async fn calls_that_are_made_together_share_one_sync() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), EmbeddedOptions::default()).await;
    assert_eq!(store.durability(), Durability::LocalFsync);
    let heads = futures::future::join_all((0..64).map(|number| cases::open(&store, number))).await;
    assert_eq!(groups(&journal(directory.path())), 1, "64 claims");
    let appends = heads
        .into_iter()
        .zip(0..)
        .map(|(head, number)| store.append(cases::append(cases::case(number), head, 1, b"row")));
    futures::future::join_all(appends).await;
    assert_eq!(groups(&journal(directory.path())), 2, "64 appends");
    // What changes nothing is not written.
    store.append(cases::append(cases::case(1), Head::EMPTY, 0, b"stale")).await.unwrap();
    store.load(cases::case(1)).await.unwrap();
    assert_eq!(groups(&journal(directory.path())), 2, "reads");
}

#[tokio::test]
async fn compaction_drops_what_is_of_no_use_and_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), OPTIONS).await;
    for step in 0..cases::WRITES {
        cases::write(&store, step).await;
    }
    let mut head = cases::open(&store, 9).await;
    for rows in 1..=300 {
        let append = cases::append(cases::case(9), head, rows, &rows.to_be_bytes());
        head = append.new;
        store.append(append).await.unwrap();
        store.take_due(&[cases::place()], 9, Duration::from_secs(1)).await.unwrap();
    }
    store.outbox_forget(cases::place(), 250).await.unwrap();
    let (before, bytes) = (cases::read(&store).await, store.journal_bytes());
    store.compact().await.unwrap();
    assert!(store.journal_bytes() < bytes * 3 / 4, "{bytes} bytes became {}", store.journal_bytes());
    assert_eq!(cases::read(&store).await, before);
    let next = store.append(cases::append(cases::case(9), head, 301, b"next")).await.unwrap();
    assert!(matches!(next, Appended::Done { rows: 302, .. }), "{next:?}");
    drop(store);
    let store = open(directory.path(), OPTIONS).await;
    let log = store.load(cases::case(9)).await.unwrap().unwrap();
    assert_eq!(log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row)), log.head);
    let due = store.take_due(&[cases::place()], 99, Duration::from_secs(1)).await.unwrap();
    assert!(due.iter().any(|due| due.case == cases::case(9)), "due times are lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_does_not_grow_for_ever_and_writers_go_on_meanwhile() {
    const FROM: u64 = 1 << 16;
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { fsync: false, compact_from: FROM };
    let store = Arc::new(open(directory.path(), options.clone()).await);
    let writers = (0..8_u8).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let key = DocumentKey { partition: cases::place(), name: [writer; 32] };
            let mut head = cases::open(&*store, writer).await;
            for round in 0..400_u64 {
                let content = Bytes::from(vec![writer; 500]);
                let expected = (round > 0).then_some(round);
                let written = store.write_document(key, expected, content, None).await.unwrap();
                assert!(matches!(written, Written::Done { .. }), "{written:?}");
                let append = cases::append(cases::case(writer), head, round + 1, &round.to_be_bytes());
                head = append.new;
                store.append(append).await.unwrap();
                store.outbox_forget(cases::place(), u64::MAX).await.unwrap();
                // What is read while journals are exchanged is what was written.
                let log = store.load(cases::case(writer)).await.unwrap().unwrap();
                assert_eq!(log.rows.last().unwrap()[..], round.to_be_bytes());
                assert_eq!(store.document(key).await.unwrap().unwrap().content[..], [writer; 500]);
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let Some(store) = Arc::into_inner(store) else { panic!("somebody still has the store") };
    let (largest, bytes) = (8 * 400 * 500, store.journal_bytes());
    assert!(bytes < largest / 2, "{bytes} bytes, and {largest} were written");
    drop(store);
    let store = open(directory.path(), options).await;
    assert!(!directory.path().join("cases.journal.new").exists());
    for writer in 0..8 {
        let log = store.load(cases::case(writer)).await.unwrap().unwrap();
        assert_eq!(log.rows.len(), 401);
        assert_eq!(log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row)), log.head);
    }
}

#[tokio::test]
async fn a_compaction_that_a_crash_ended_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), OPTIONS).await;
    cases::open(&store, 1).await;
    let before = cases::read(&store).await;
    drop(store);
    std::fs::write(directory.path().join("cases.journal.new"), b"half of a journal").unwrap();
    let store = open(directory.path(), OPTIONS).await;
    assert_eq!(cases::read(&store).await, before);
    assert!(!directory.path().join("cases.journal.new").exists());
}

#[tokio::test]
async fn the_clocks_offset_survives_and_time_does_not_run_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), OPTIONS).await;
    store.set_clock_offset(86_400_000).await.unwrap();
    let before = store.now().await.unwrap();
    cases::open(&store, 1).await;
    drop(store);
    let store = open(directory.path(), OPTIONS).await;
    assert!(store.now().await.unwrap() >= before);
    store.compact().await.unwrap();
    assert!(store.now().await.unwrap() >= before);
}

#[tokio::test]
async fn the_address_names_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let address = format!("embedded:{}", directory.path().display());
    let mut options = Options::default();
    options.require = Some(Durability::LocalFsync);
    let store = casestore::open(&address, options.clone()).await.unwrap();
    let second = casestore::open(&address, options.clone()).await.err().unwrap();
    assert!(second.to_string().contains("in use by another process"), "{second}");
    drop(store);
    options.fsync = false;
    let weak = casestore::open(&address, options).await.err().unwrap();
    assert!(matches!(weak, OpenError::TooWeak { proved: Durability::Process, .. }), "{weak}");
}

#[tokio::test]
async fn the_journal_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("made/for/it");
    let store = open(&place, OPTIONS).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&place.join("cases.journal"))), (0o700, 0o600));
    drop(store);
}

/// Journals that earlier releases wrote: each is read for ever. `LOKET_WRITE_RECORD=1` writes that of this format anew,
/// which is only right before it was released.
#[tokio::test]
async fn the_journal_of_format_1_is_read() {
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/format-1.journal");
    let directory = tempfile::tempdir().unwrap();
    if std::env::var("LOKET_WRITE_RECORD").is_ok() {
        let store = open(directory.path(), OPTIONS).await;
        for step in 0..cases::WRITES {
            cases::write(&store, step).await;
        }
        std::fs::create_dir_all(record.parent().unwrap()).unwrap();
        std::fs::write(&record, journal(directory.path())).unwrap();
    }
    let fresh = tempfile::tempdir().unwrap();
    let store = open(fresh.path(), OPTIONS).await;
    for step in 0..cases::WRITES {
        cases::write(&store, step).await;
    }
    let mut expected = cases::read(&store).await;
    let recorded = tempfile::tempdir().unwrap();
    std::fs::copy(&record, recorded.path().join("cases.journal")).unwrap();
    let mut kept = cases::read(&open(recorded.path(), OPTIONS).await).await;
    // The draft's day is over by now.
    let draft = expected.len() - 2;
    expected.remove(draft);
    kept.remove(draft);
    assert_eq!(kept, expected);
}
