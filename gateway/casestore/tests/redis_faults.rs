//! The Redis store when Redis or the wire to it fails: nothing answered is lost, and no answer lies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use casestore::redis::{Redis, RedisOptions};
use casestore::{
    AccessAppended, Appended, CaseStore, Claimed, DocumentKey, Head, RegistryAppended, Reserved, StoreError,
    Written,
};
use support::cases;
use support::proxy::{Proxy, Wire};
use support::servers::{self, Server};
use tokio_stream::StreamExt;

async fn open(address: &str) -> Redis {
    Redis::open(address, &RedisOptions::default()).await.unwrap()
}

/// A store behind a wire, impatient.
async fn wired(server: &Server) -> (Redis, Proxy) {
    let proxy = Proxy::start(server.port).await;
    let options = RedisOptions { response_timeout: Duration::from_millis(300), ..RedisOptions::default() };
    (Redis::open(&proxy.address(), &options).await.unwrap(), proxy)
}

/// Asks until the store can be reached again.
macro_rules! again {
    ($call:expr) => {
        loop {
            match $call.await {
                Err(StoreError::Unavailable { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
                answer => break answer.unwrap(),
            }
        }
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_killed_redis_that_syncs_always() {
    let mut server = servers::start(&["--appendfsync", "always"]);
    let store = Arc::new(open(&server.address()).await);
    let written = Arc::new(tokio::sync::Semaphore::new(0));
    let writers: Vec<_> = (0..8_u8)
        .map(|writer| {
            let (store, written) = (store.clone(), written.clone());
            tokio::spawn(async move {
                let mut head = cases::open(&*store, writer).await;
                for rows in 1_u64.. {
                    let append = cases::append(cases::case(writer), head, rows, &rows.to_be_bytes());
                    let new = append.new;
                    match store.append(append.clone()).await {
                        Ok(Appended::Done { .. }) => head = new,
                        Ok(other) => panic!("{other:?}"),
                        // It met the break: whether it was done, the same call tells when Redis is back.
                        Err(StoreError::Unknown { .. }) => return (rows, append),
                        Err(StoreError::Unavailable { .. }) => return (rows, append),
                        Err(error) => panic!("{error}"),
                    }
                    written.add_permits(1);
                }
                unreachable!("it writes until Redis is gone")
            })
        })
        .collect();
    let _ = written.acquire_many(500).await.unwrap();
    server.kill();
    let mut ends = Vec::new();
    for writer in writers {
        ends.push(writer.await.unwrap());
    }
    let gone = store.load(cases::case(0)).await;
    assert!(matches!(gone, Err(StoreError::Unavailable { .. })), "{gone:?}");
    server.run().unwrap();
    for (answered, last) in ends {
        let log = again!(store.load(last.case)).unwrap();
        let there = log.rows.len() as u64;
        assert!((answered..=answered + 1).contains(&there), "{answered} answered, {there} there");
        assert_eq!(log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row)), log.head);
        match store.append(last).await.unwrap() {
            Appended::Landed { .. } => assert_eq!(there, answered + 1),
            Appended::Done { .. } => assert_eq!(there, answered),
            other => panic!("{other:?}"),
        }
    }
    let rows: usize = store.live(cases::place(), None, 99).await.unwrap().len();
    assert_eq!(rows, 8, "live rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_unknown_and_the_same_call_tells() {
    let server = servers::start(&[]);
    let (store, proxy) = wired(&server).await;
    let head = cases::open(&store, 1).await;
    let append = cases::append(cases::case(1), head, 1, b"second");
    let document = DocumentKey { partition: cases::place(), name: [1; 32] };
    let draft = Bytes::from_static(b"draft");
    let read = vec![Bytes::from_static(b"read")];
    let read_head = Head::EMPTY.after(b"read");

    for wire in [Wire::BreaksBeforeTheAnswer, Wire::KeepsAnswers] {
        again!(store.now());
        macro_rules! lost_then {
            ($call:expr, $told:pat) => {{
                proxy.set(wire);
                let lost = $call.await;
                assert!(matches!(lost, Err(StoreError::Unknown { .. })), "{wire:?}: {lost:?}");
                proxy.set(Wire::Whole);
                let told = again!($call);
                assert!(matches!(told, $told), "{wire:?}: {told:?}");
            }};
        }
        let reserve = || store.reserve(cases::place(), [9; 32], [1; 32], Bytes::new(), cases::DAY);
        lost_then!(reserve(), Reserved::Bound { .. });
        lost_then!(store.claim(cases::claim(2, b"opened")), Claimed::Replayed { .. });
        lost_then!(store.append(append.clone()), Appended::Landed { .. });
        let access = || store.append_access(cases::case(1), Head::EMPTY, read_head, read.clone());
        lost_then!(access(), AccessAppended::Done { .. });
        let write = || store.write_document(document, None, draft.clone(), None);
        lost_then!(write(), Written::Stale(Some(_)));
        lost_then!(store.append_registry(0, draft.clone()), RegistryAppended::Stale { .. });
        lost_then!(store.outbox_done(cases::place(), "subscriber", 1), ());
        lost_then!(store.set_clock_offset(86_400_000), ());
        // A question that changes nothing is not in doubt.
        proxy.set(wire);
        let lost = store.load(cases::case(1)).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{wire:?}: {lost:?}");
        proxy.set(Wire::Whole);
    }
    let log = again!(store.load(cases::case(1))).unwrap();
    assert_eq!(log.rows.len(), 2, "something was done twice");
    assert_eq!(again!(store.access(cases::case(1))).unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_call_that_cannot_be_sent_is_not_done() {
    let mut server = servers::start(&[]);
    let store = open(&server.address()).await;
    let head = cases::open(&store, 1).await;
    server.kill();
    let append = cases::append(cases::case(1), head, 1, b"second");
    // The first may meet the break; from then on the store knows.
    let _ = store.append(append.clone()).await;
    for _ in 0..3 {
        let refused = store.append(append.clone()).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_is_not_taken_for_the_one_it_was() {
    let mut server = servers::start(&["--appendonly", "no"]);
    let store = open(&server.address()).await;
    cases::open(&store, 1).await;
    server.kill();
    server.run().unwrap();
    // The first may meet the break.
    let _ = store.load(cases::case(1)).await;
    for _ in 0..3 {
        let refused = store.load(cases::case(1)).await;
        let told =
            matches!(&refused, Err(StoreError::Unavailable { reason }) if reason.contains("came back empty"));
        assert!(told, "{refused:?}");
    }
}

#[tokio::test]
async fn scripts_that_redis_has_forgotten_are_sent_again() {
    let server = servers::start(&[]);
    let store = open(&server.address()).await;
    let () = server.ask(&["SCRIPT", "FLUSH"]);
    let head = cases::open(&store, 1).await;
    let () = server.ask(&["SCRIPT", "FLUSH"]);
    let places: Vec<_> = casestore::Partition::all().collect();
    let due = store.take_due(&places, 10, Duration::from_secs(1)).await.unwrap();
    assert_eq!(due.len(), 1, "a pipeline of scripts");
    let done = store.append(cases::append(cases::case(1), head, 1, b"second")).await.unwrap();
    assert!(matches!(done, Appended::Done { .. }), "{done:?}");
}

#[tokio::test]
async fn a_redis_without_memory_refuses_writes_before_they_begin_and_still_reads() {
    let server = servers::start(&["--enable-debug-command", "yes"]);
    let store = open(&server.address()).await;
    let head = cases::open(&store, 1).await;
    let () = server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let before: String = server.ask(&["DEBUG", "DIGEST"]);
    let append = cases::append(cases::case(1), head, 1, b"second");
    let document = DocumentKey { partition: cases::place(), name: [1; 32] };
    let content = Bytes::from_static(b"draft");
    let refused = [
        store.append(append.clone()).await.map(drop),
        store.claim(cases::claim(2, b"opened")).await.map(drop),
        store.reserve(cases::place(), [9; 32], [1; 32], Bytes::new(), cases::DAY).await.map(drop),
        store.write_document(document, None, content.clone(), None).await.map(drop),
        store.append_registry(0, content).await.map(drop),
        store.take_due(&[cases::place()], 9, cases::DAY).await.map(drop),
    ];
    for refused in refused {
        let told =
            matches!(&refused, Err(StoreError::Unavailable { reason }) if reason.contains("maxmemory"));
        assert!(told, "{refused:?}");
    }
    let after: String = server.ask(&["DEBUG", "DIGEST"]);
    assert_eq!(before, after, "something was written");
    assert_eq!(store.load(cases::case(1)).await.unwrap().unwrap().rows.len(), 1);
    assert_eq!(store.document(document).await.unwrap(), None);
    let () = server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    let done = store.append(append).await.unwrap();
    assert!(matches!(done, Appended::Done { .. }), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_hears_again_after_its_connection_broke() {
    let server = servers::start(&[]);
    let store = open(&server.address()).await;
    let mut stream = store.watch(cases::place()).await.unwrap();
    let mut head = cases::open(&store, 1).await;
    assert_eq!(stream.next().await.unwrap().rows, 1);
    let killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    assert_eq!(killed, 1, "connections that listen");
    // What is told while the connection is made anew is missed.
    for rows in 1_u64.. {
        let append = cases::append(cases::case(1), head, rows, b"row");
        head = append.new;
        store.append(append).await.unwrap();
        let told = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
        assert!(rows < 200, "nothing is heard any more");
        if let Ok(told) = told {
            assert_eq!(told.unwrap().rows, rows + 1);
            break;
        }
    }
}
