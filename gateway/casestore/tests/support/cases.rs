//! A little of everything that a store keeps, and all of it read back.

use std::time::Duration;

use bytes::Bytes;
use casestore::{
    Append, CaseId, CaseStore, Claim, ClaimAct, Claimed, DocumentKey, Head, Listed, OutboxRow, Partition,
};

pub const DAY: Duration = Duration::from_secs(86_400);

pub fn place() -> Partition {
    Partition::new(7).unwrap()
}

pub fn case(number: u8) -> CaseId {
    CaseId::new(place(), [number; 15])
}

/// An append of this row; live row and outbox row are the row's own bytes, so that what belongs together is seen.
pub fn append(case: CaseId, prev: Head, prev_rows: u64, row: &[u8]) -> Append {
    let row = Bytes::copy_from_slice(row);
    Append {
        case,
        prev,
        prev_rows,
        new: prev.after(&row),
        due_in: Some(0),
        live: Some(row.clone()),
        outbox: vec![row.clone()],
        row,
    }
}

pub fn claim(number: u8, row: &[u8]) -> Claim {
    let features = Bytes::from(vec![number]);
    let act = ClaimAct::Create { features, append: append(case(number), Head::EMPTY, 0, row) };
    Claim { partition: place(), bucket: [number; 32], version: 0, request: [number; 32], act }
}

/// Opens a case and returns its head.
pub async fn open(store: &dyn CaseStore, number: u8) -> Head {
    let claimed = store.claim(claim(number, b"opened")).await.unwrap();
    assert!(matches!(claimed, Claimed::Done { .. }), "{claimed:?}");
    Head::EMPTY.after(b"opened")
}

/// How many writes [`write`] knows.
pub const WRITES: usize = 10;

/// The `step`th write of a fixed series that has a little of everything.
pub async fn write(store: &dyn CaseStore, step: usize) {
    let document = DocumentKey { partition: place(), name: [1; 32] };
    let opened = Head::EMPTY.after(b"opened");
    match step {
        0 => drop(store.reserve(place(), [9; 32], [1; 32], Bytes::from_static(b"note"), DAY).await.unwrap()),
        1 => drop(open(store, 1).await),
        2 => drop(store.append(append(case(1), opened, 1, b"second")).await.unwrap()),
        3 => {
            let rows = vec![Bytes::from_static(b"read"), Bytes::from_static(b"again")];
            let new = rows.iter().fold(Head::EMPTY, |head, row| head.after(row));
            store.append_access(case(1), Head::EMPTY, new, rows).await.unwrap();
        }
        4 => store.outbox_done(place(), "subscriber", 1).await.unwrap(),
        5 => {
            let listed = Listed { case: case(1), at: 5, line: Bytes::from_static(b"line") };
            store.list(place(), [2; 32], listed).await.unwrap();
        }
        6 => {
            drop(store.write_document(document, None, Bytes::from_static(b"draft"), Some(DAY)).await.unwrap())
        }
        7 => drop(store.append_registry(0, Bytes::from_static(b"agency")).await.unwrap()),
        8 => drop(open(store, 2).await),
        _ => store.outbox_forget(place(), 1).await.unwrap(),
    }
}

/// All that is kept of the series, but for times.
pub async fn read(store: &dyn CaseStore) -> Vec<String> {
    let mut kept = Vec::new();
    for number in 1..=2 {
        let log = store.load(case(number)).await.unwrap();
        kept.push(format!("{:?}", log.map(|log| (log.rows, log.head))));
        kept.push(format!("{:?}", store.access(case(number)).await.unwrap()));
        kept.push(format!("{:?}", store.bucket(place(), [number; 32], [number; 32]).await.unwrap()));
    }
    kept.push(format!("{:?}", store.live(place(), None, 9).await.unwrap()));
    for subscriber in ["subscriber", "another"] {
        kept.push(format!("{:?}", store.outbox(place(), subscriber, 9).await.unwrap()));
    }
    kept.push(format!("{:?}", store.listed(place(), [2; 32], None, 9).await.unwrap()));
    let document = DocumentKey { partition: place(), name: [1; 32] };
    kept.push(format!("{:?}", store.document(document).await.unwrap()));
    kept.push(format!("{:?}", store.registry_after(0, 9).await.unwrap()));
    kept
}

/// The rows of an outbox without their numbers, which must be in order.
pub fn in_order(outbox: Vec<OutboxRow>) -> Vec<Bytes> {
    assert!(outbox.windows(2).all(|pair| pair[0].number + 1 == pair[1].number), "{outbox:?}");
    outbox.into_iter().map(|row| row.row).collect()
}
