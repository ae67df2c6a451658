//! A Redis Cluster that changes under the store: slots move, a server goes and comes back.

mod support;

use std::time::Duration;

use casestore::redis::{Redis, RedisOptions};
use casestore::{Appended, CaseStore, Partition, StoreError};
use support::cases;
use support::servers::{self, Cluster, Server};
use tokio_stream::StreamExt;

/// The slot of the cases' partition, who has it, and another server.
fn owner(cluster: &Cluster) -> (String, &Server, &Server) {
    let slot: u16 = cluster.servers[0].ask(&["CLUSTER", "KEYSLOT", "{p0007}"]);
    let at = usize::from(slot > 5460) + usize::from(slot > 10922);
    (slot.to_string(), &cluster.servers[at], &cluster.servers[(at + 1) % 3])
}

fn id(server: &Server) -> String {
    server.ask(&["CLUSTER", "MYID"])
}

/// Moves all keys of the slot; the cluster still says that it is being moved.
fn move_keys(slot: &str, from: &Server, to: &Server) {
    let () = to.ask(&["CLUSTER", "SETSLOT", slot, "IMPORTING", &id(from)]);
    let () = from.ask(&["CLUSTER", "SETSLOT", slot, "MIGRATING", &id(to)]);
    let keys: Vec<String> = from.ask(&["CLUSTER", "GETKEYSINSLOT", slot, "1000"]);
    let port = to.port.to_string();
    let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
    migrate.extend(keys.iter().map(String::as_str));
    let () = from.ask(&migrate);
}

fn end_move(slot: &str, from: &Server, to: &Server, all: &[Server]) {
    let owner = id(to);
    for server in [to, from].into_iter().chain(all) {
        let () = server.ask(&["CLUSTER", "SETSLOT", slot, "NODE", &owner]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_is_followed() {
    let cluster = servers::start_cluster();
    let store = Redis::open(&cluster.address(), &RedisOptions::default()).await.unwrap();
    let mut stream = store.watch(cases::place()).await.unwrap();
    let mut head = cases::open(&store, 1).await;
    let mut rows = 1;
    let mut append = async || {
        let append = cases::append(cases::case(1), head, rows, b"row");
        (head, rows) = (append.new, rows + 1);
        let done = store.append(append).await.unwrap();
        assert!(matches!(done, Appended::Done { .. }), "{done:?}");
    };
    let (slot, from, to) = owner(&cluster);
    move_keys(&slot, from, to);
    // The old owner says ASK, and the new one answers.
    assert_eq!(store.load(cases::case(1)).await.unwrap().unwrap().rows.len(), 1);
    append().await;
    // A call that makes keys has to wait until the move has ended: nothing is done.
    let refused = store.claim(cases::claim(2, b"opened")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    end_move(&slot, from, to, &cluster.servers);
    // It says MOVED.
    append().await;
    let due = store.take_due(&Partition::all().collect::<Vec<_>>(), 9, cases::DAY).await.unwrap();
    assert_eq!(due.len(), 1, "a sweep after the move");
    assert_eq!(store.load(cases::case(1)).await.unwrap().unwrap().rows.len(), 3);
    // The watcher has followed, too.
    for _ in 0..200 {
        append().await;
        let told = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
        if told.is_ok_and(|moved| moved.unwrap().rows >= 4) {
            return;
        }
    }
    panic!("the watcher hears nothing after the move");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back_keeps_its_cases() {
    let mut cluster = servers::start_cluster();
    let store = Redis::open(&cluster.address(), &RedisOptions::default()).await.unwrap();
    let head = cases::open(&store, 1).await;
    let append = cases::append(cases::case(1), head, 1, b"row");
    let port = owner(&cluster).1.port;
    let Some(server) = cluster.servers.iter_mut().find(|server| server.port == port) else {
        panic!("no owner")
    };
    server.kill();
    // The first may meet the break; from then on the store knows.
    let _ = store.append(append.clone()).await;
    for _ in 0..3 {
        let refused = store.append(append.clone()).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }
    server.run().unwrap();
    for _ in 0..2000 {
        match store.append(append.clone()).await {
            Ok(Appended::Done { .. } | Appended::Landed { .. }) => return,
            Ok(other) => panic!("{other:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the cluster is whole again, and the store does not see it");
}
