//! The embedded store in a process of its own that is killed, or whose disk is full.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use casestore::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use casestore::{Appended, CaseStore, Head, StoreError};
use support::cases;

/// Tells the child what to do, and where.
const TASK: &str = "LOKET_CASESTORE_TASK";

const WRITERS: u8 = 8;

/// This test binary again, to run one test alone, with a task. The shell may set limits first.
fn child(limits: &str, task: &str, directory: &Path) -> Child {
    Command::new("sh")
        .args(["-c", &format!("{limits} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["a_child_does_its_task", "--exact", "--nocapture"])
        .env(TASK, format!("{task} {}", directory.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the children run; without a task it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (task, directory) = task.split_once(' ').unwrap();
    let store = Embedded::open(directory, EmbeddedOptions::default()).await.unwrap();
    match task {
        "write" => write_for_ever(store).await,
        "fill" => fill(&store).await,
        _ => panic!("an unknown task: {task}"),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever listened may have heard enough.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Each writer appends to a case of its own and says so after each answer.
async fn write_for_ever(store: Embedded) {
    let store = std::sync::Arc::new(store);
    for writer in 0..WRITERS {
        let store = store.clone();
        tokio::spawn(async move {
            let mut head = cases::open(&*store, writer).await;
            for rows in 1_u64.. {
                say(&format!("acknowledged {writer} {rows}"));
                let append = cases::append(cases::case(writer), head, rows, format!("row {rows}").as_bytes());
                head = append.new;
                let done = store.append(append).await.unwrap();
                assert!(matches!(done, Appended::Done { .. }), "{done:?}");
            }
        });
    }
    std::future::pending().await
}

/// Appends until the disk is full, then shows that what was answered is there.
async fn fill(store: &Embedded) {
    let row = vec![b'x'; 3000];
    let (mut head, mut rows) = (cases::open(store, 1).await, 1);
    let error = loop {
        let append = cases::append(cases::case(1), head, rows, &row);
        let new = append.new;
        match store.append(append).await {
            Ok(Appended::Done { .. }) => (head, rows) = (new, rows + 1),
            other => break other,
        }
    };
    let refused =
        matches!(&error, Err(StoreError::Unavailable { reason }) if reason.contains("cannot write"));
    let log = store.load(cases::case(1)).await.unwrap().unwrap();
    let kept = (log.rows.len() as u64, log.head) == (rows, head);
    // What needs no room goes on.
    let small = store.outbox_done(cases::place(), "small", 1).await.is_ok();
    say(&format!("full {refused} {kept} {small} {rows} {}", store.journal_bytes()));
}

/// How many rows of each writer were acknowledged.
fn acknowledged(lines: impl Iterator<Item = String>, enough: usize) -> (usize, HashMap<u8, u64>) {
    let mut rows = HashMap::new();
    let mut count = 0;
    for line in lines {
        // The test harness may have begun the line.
        let Some((_, line)) = line.split_once("acknowledged ") else { continue };
        let Some((writer, row)) = line.split_once(' ') else { continue };
        let (Ok(writer), Ok(row)) = (writer.parse(), row.parse()) else { continue };
        rows.insert(writer, row);
        count += 1;
        if count == enough {
            break;
        }
    }
    (count, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill_at_any_moment() {
    for enough in [1, 20, 333, 1000, 2000] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = child("", "write", directory.path());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (count, mut rows) = acknowledged(out.by_ref().lines().map_while(Result::ok), enough);
        assert_eq!(count, enough, "the child ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still said before it died.
        rows.extend(acknowledged(out.lines().map_while(Result::ok), usize::MAX).1);

        let store = Embedded::open(directory.path(), EmbeddedOptions::default()).await.unwrap();
        let mut all = 0;
        for (writer, acknowledged) in rows {
            let log = store.load(cases::case(writer)).await.unwrap().unwrap();
            let there = log.rows.len() as u64;
            assert!((acknowledged..=acknowledged + 1).contains(&there), "{acknowledged} and {there} rows");
            assert_eq!(log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row)), log.head);
        }
        for (case, live) in store.live(cases::place(), None, 99).await.unwrap() {
            let log = store.load(case).await.unwrap().unwrap();
            assert_eq!(log.rows.last(), Some(&live), "a row without its live row");
            all += log.rows.len();
        }
        let outbox = cases::in_order(store.outbox(cases::place(), "all", usize::MAX).await.unwrap());
        assert_eq!(outbox.len(), all, "rows without their outbox rows");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_keeps_what_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    // No file may have more than 64 KiB; the signal for it is ignored, so that the write fails.
    let child = child("trap '' XFSZ; ulimit -f 128;", "fill", directory.path());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("full ")).unwrap_or_else(|| panic!("{said}")).1;
    let words: Vec<_> = line.split(' ').collect();
    assert_eq!(words[..3], ["true", "true", "true"], "refused, kept, small");
    let (rows, bytes): (usize, u64) = (words[3].parse().unwrap(), words[4].parse().unwrap());
    let journal = directory.path().join("cases.journal").metadata().unwrap().len();
    assert_eq!(journal, bytes, "something half-written remains");
    let store = Embedded::open(directory.path(), EmbeddedOptions::default()).await.unwrap();
    let log = store.load(cases::case(1)).await.unwrap().unwrap();
    assert_eq!(log.rows.len(), rows);
    let more =
        store.append(cases::append(cases::case(1), log.head, rows as u64, b"room again")).await.unwrap();
    assert!(matches!(more, Appended::Done { .. }), "{more:?}");
}

#[tokio::test]
async fn one_directory_belongs_to_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = child("", "write", directory.path());
    let out = BufReader::new(child.stdout.take().unwrap());
    let (count, _) = acknowledged(out.lines().map_while(Result::ok), 1);
    let second = Embedded::open(directory.path(), EmbeddedOptions::default()).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(count, 1, "the child ended by itself");
    let error = second.unwrap_err();
    assert!(matches!(error, EmbeddedError::InUse { .. }), "{error}");
    assert!(error.to_string().contains(&directory.path().display().to_string()), "{error}");
    Embedded::open(directory.path(), EmbeddedOptions::default()).await.unwrap();
}
