//! Checks of what a call may ask for: what is too large is refused before anything is written.

use std::time::Duration;

use bytes::Bytes;

use super::bench::{A_DAY, Bench, first};
use super::{Broken, Checked, must, must_eq, promises, take};
use crate::id::Head;
use crate::store::*;

promises![
    the_largest_pieces_are_kept,
    what_is_too_large_is_refused_and_nothing_is_written,
    a_head_that_the_row_does_not_make_is_refused,
    a_claim_across_partitions_is_refused,
];

fn refused<T: std::fmt::Debug>(what: &str, answer: Answer<T>) -> Checked {
    match answer {
        Err(StoreError::TooLarge { .. }) => Ok(()),
        other => Err(Broken::new(
            format!("{what} was not refused: {other:?}").chars().take(200).collect::<String>(),
        )),
    }
}

async fn the_largest_pieces_are_kept(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let row = Bytes::from(vec![0xF0; BYTES_MAX]);
    let new = opened.head.after(&row);
    let outbox = vec![Bytes::from_static(b"x"); ROWS_MAX];
    let append = Append { new, row: row.clone(), outbox, due_in: Some(SPAN_MAX), ..opened.append(b"") };
    take!(bench.store.append(append).await?, Appended::Done { .. } => ());
    let log = bench.store.load(opened.case).await?;
    must!(log.is_some_and(|log| log.rows[1] == row), "the row came back changed");
    let rows = bench.store.outbox(opened.case.partition(), &"s".repeat(SUBSCRIBER_MAX), ROWS_MAX).await?;
    must_eq!(rows.len(), ROWS_MAX, "outbox rows");
    Ok(())
}

async fn what_is_too_large_is_refused_and_nothing_is_written(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let (store, place, key) = (&bench.store, opened.case.partition(), bench.key());
    let large = Bytes::from(vec![0; BYTES_MAX + 1]);
    let ages = Duration::from_secs(u64::MAX);
    let document = DocumentKey { partition: place, name: key };
    let row = Append { new: opened.head.after(&large), row: large.clone(), ..opened.append(b"") };
    refused("a row", store.append(row).await)?;
    let outbox = vec![Bytes::new(); ROWS_MAX + 1];
    refused("an outbox", store.append(Append { outbox, ..opened.append(b"a") }).await)?;
    refused("a live row", store.append(Append { live: Some(large.clone()), ..opened.append(b"a") }).await)?;
    refused("a due time", store.append(Append { due_in: Some(i64::MIN), ..opened.append(b"a") }).await)?;
    refused("a note", store.reserve(place, key, [0; 32], large.clone(), A_DAY).await)?;
    refused("a reservation", store.reserve(place, key, [0; 32], Bytes::new(), ages).await)?;
    refused("a document", store.write_document(document, None, large.clone(), None).await)?;
    refused(
        "a document's time",
        store.write_document(document, None, Bytes::from_static(b"x"), Some(ages)).await,
    )?;
    refused("a lease", store.take_due(&[place], 1, ages).await)?;
    refused("a registry row", store.append_registry(0, large.clone()).await)?;
    refused("a subscriber", store.outbox_done(place, "", 1).await)?;
    refused("a subscriber", store.outbox(place, &"s".repeat(SUBSCRIBER_MAX + 1), 1).await)?;
    refused("a clock", store.set_clock_offset(i64::MAX).await)?;
    let line = Listed { case: opened.case, at: 0, line: large };
    refused("a line", store.list(place, key, line).await)?;
    let none = store.append_access(opened.case, Head::EMPTY, Head::EMPTY, Vec::new()).await;
    refused("no access rows", none)?;

    take!(store.append(opened.append(b"row")).await?, Appended::Done { rows: 2, .. } => ());
    must_eq!(store.document(document).await?, None, "the document");
    must!(store.outbox(place, "check", 9).await?.is_empty(), "outbox rows");
    Ok(())
}

async fn a_head_that_the_row_does_not_make_is_refused(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let wrong = Append { new: Head::from_bytes([9; 32]), ..opened.append(b"row") };
    refused("a wrong head", bench.store.append(wrong).await)?;
    let rows = vec![Bytes::from_static(b"row")];
    let wrong = bench.store.append_access(opened.case, Head::EMPTY, Head::from_bytes([9; 32]), rows).await;
    refused("a wrong access head", wrong)
}

async fn a_claim_across_partitions_is_refused(bench: &Bench) -> Checked {
    let (here, there) = (bench.partition()?, bench.partition()?);
    let claim = Claim { partition: there, ..bench.create(first(bench.case(here), b"row", None)) };
    refused("a claim over two partitions", bench.store.claim(claim).await)?;
    let opened = bench.open(here, None).await?;
    let claim = bench.create(opened.append(b"row"));
    refused("a first append after another", bench.store.claim(claim).await)
}
