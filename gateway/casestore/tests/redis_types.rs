//! A key of a wrong type among those of a script: the script fails before it writes, and the key is named.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use casestore::redis::{Redis, RedisOptions};
use casestore::{Append, CaseStore, DocumentKey, Head, Listed, StoreError};
use support::cases;
use support::servers::{self, Server};

type Outcome = Result<(), StoreError>;
type Call = for<'a> fn(&'a Redis) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Names a call, says how many keys it touches, and makes it.
macro_rules! calls {
    ($($name:literal, $keys:literal, |$store:ident| $call:expr;)+) => {
        &[$(($name, $keys, |$store| Box::pin(async move { $call.await.map(drop) }))),+]
    };
}

const DOCUMENT: [u8; 32] = [1; 32];

fn document() -> DocumentKey {
    DocumentKey { partition: cases::place(), name: DOCUMENT }
}

fn opened() -> Head {
    Head::EMPTY.after(b"opened")
}

fn bytes() -> Bytes {
    Bytes::from_static(b"bytes")
}

fn listed() -> Listed {
    Listed { case: cases::case(1), at: 5, line: bytes() }
}

/// Each script, called so that it would write or read all its keys. The heads hold the clock, and so are a key of each
/// that asks for the time.
const CALLS: &[(&str, usize, Call)] = calls! {
    "reserve", 2, |store| store.reserve(cases::place(), [9; 32], [1; 32], bytes(), cases::DAY);
    "append", 5, |store| store.append(cases::append(cases::case(1), opened(), 1, b"second"));
    "append, the last", 6, |store| store.append(Append {
        live: None,
        due_in: None,
        ..cases::append(cases::case(1), opened(), 1, b"second")
    });
    "claim", 8, |store| store.claim(cases::claim(2, b"opened"));
    "load", 2, |store| store.load(cases::case(1));
    "take_due", 2, |store| store.take_due(&[cases::place()], 9, cases::DAY);
    "postpone", 2, |store| store.postpone(cases::case(1), opened(), 1);
    "append_access", 3, |store| store.append_access(
        cases::case(1), Head::EMPTY, Head::EMPTY.after(b"bytes"), vec![bytes()]);
    "access", 3, |store| store.access(cases::case(1));
    "outbox", 2, |store| store.outbox(cases::place(), "a", 9);
    "outbox_done", 1, |store| store.outbox_done(cases::place(), "a", 1);
    "outbox_forget", 2, |store| store.outbox_forget(cases::place(), 1);
    "list", 2, |store| store.list(cases::place(), [2; 32], listed());
    "listed", 2, |store| store.listed(cases::place(), [2; 32], None, 9);
    "live", 2, |store| store.live(cases::place(), None, 9);
    "write_document", 2, |store| store.write_document(document(), Some(1), bytes(), None);
    "document", 2, |store| store.document(document());
    "append_registry", 1, |store| store.append_registry(0, bytes());
};

/// What is there before a call: a case with an access row, a document with an end, a line, a clock that was moved.
async fn set_up(server: &Server, store: &Redis) {
    let () = server.ask(&["FLUSHALL"]);
    store.set_clock_offset(1000).await.unwrap();
    cases::open(store, 1).await;
    let head = Head::EMPTY.after(b"first");
    store.append_access(cases::case(1), Head::EMPTY, head, vec![Bytes::from_static(b"first")]).await.unwrap();
    store.write_document(document(), None, bytes(), Some(cases::DAY)).await.unwrap();
    store.list(cases::place(), [2; 32], listed()).await.unwrap();
    store.outbox_done(cases::place(), "another", 1).await.unwrap();
}

fn keys(server: &Server) -> BTreeSet<String> {
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    // Clocks of other partitions are of no interest.
    keys.into_iter().filter(|key| key.starts_with("{p0007}") || key.starts_with("{loket}")).collect()
}

#[tokio::test]
async fn a_key_of_a_wrong_type_fails_each_script_before_it_writes() {
    let server = servers::start(&["--enable-debug-command", "yes", "--appendonly", "no"]);
    let store = Redis::open(&server.address(), &RedisOptions::default()).await.unwrap();
    for (name, touched, call) in CALLS {
        set_up(&server, &store).await;
        let mut all = keys(&server);
        call(&store).await.unwrap();
        all.extend(keys(&server));
        let mut failed = BTreeSet::new();
        for key in all {
            set_up(&server, &store).await;
            let kind: String = server.ask(&["TYPE", &key]);
            let () = server.ask(&["DEL", &key]);
            let plant: &[&str] = if kind == "set" || kind == "string" { &["RPUSH"] } else { &["SADD"] };
            let _: i64 = server.ask(&[plant, &[&key, "wrong"]].concat());
            let before: String = server.ask(&["DEBUG", "DIGEST"]);
            match call(&store).await {
                Ok(()) => {}
                Err(StoreError::Corrupt { place, reason }) => {
                    assert!(place.contains(&key), "{name}: {key} is wrong, and {place} was named: {reason}");
                    let after: String = server.ask(&["DEBUG", "DIGEST"]);
                    assert_eq!(before, after, "{name}: something was written beside {key}");
                    failed.insert(key);
                }
                Err(error) => panic!("{name}, {key}: {error}"),
            }
        }
        assert_eq!(failed.len(), *touched, "{name} touched {failed:?}");
    }
}
