//! Checks of what is kept beside the cases: outboxes, parties' lists, documents.

use bytes::Bytes;

use super::bench::{A_DAY, Bench, DAY};
use super::{Broken, Checked, must, must_eq, promises, take};
use crate::id::Partition;
use crate::store::{Append, Document, DocumentKey, Listed, Written};

promises![
    outbox_rows_are_numbered_and_told_until_done,
    each_subscriber_has_a_cursor_of_its_own,
    a_cursor_never_moves_back,
    forgotten_outbox_rows_are_told_to_nobody_and_keep_the_numbers,
    pending_outboxes_are_those_with_rows_after_the_cursor,
    a_case_is_on_a_list_once_and_keeps_its_first_time,
    a_list_is_read_newest_first_in_pages,
    a_document_is_written_where_it_is_as_expected,
    a_document_that_is_not_as_expected_is_told_and_stays,
    an_empty_document_is_deleted,
    a_document_is_gone_after_its_time,
];

/// A case whose opening and second row put this many rows into the outbox: `1`, `2`, …
async fn outbox_of(bench: &Bench, rows: u8) -> Result<Partition, Broken> {
    let opened = bench.open(bench.partition()?, None).await?;
    let outbox = (1..=rows).map(|row| Bytes::from(vec![row])).collect();
    bench.store.append(Append { outbox, ..opened.append(b"row") }).await?;
    Ok(opened.case.partition())
}

async fn numbers(
    bench: &Bench,
    place: Partition,
    subscriber: &str,
    limit: usize,
) -> Result<Vec<u64>, Broken> {
    let rows = bench.store.outbox(place, subscriber, limit).await?;
    for row in &rows {
        must_eq!(u64::from(row.row[0]), row.number, "the row of this number");
    }
    Ok(rows.into_iter().map(|row| row.number).collect())
}

async fn outbox_rows_are_numbered_and_told_until_done(bench: &Bench) -> Checked {
    let place = outbox_of(bench, 4).await?;
    for _ in 0..2 {
        must_eq!(numbers(bench, place, "a", 3).await?, vec![1, 2, 3], "rows");
    }
    bench.store.outbox_done(place, "a", 2).await?;
    must_eq!(numbers(bench, place, "a", 9).await?, vec![3, 4], "rows after the second");
    bench.store.outbox_done(place, "a", 4).await?;
    must!(numbers(bench, place, "a", 9).await?.is_empty(), "rows after the last");
    Ok(())
}

async fn each_subscriber_has_a_cursor_of_its_own(bench: &Bench) -> Checked {
    let place = outbox_of(bench, 2).await?;
    bench.store.outbox_done(place, "a", 2).await?;
    must_eq!(numbers(bench, place, "b", 9).await?, vec![1, 2], "rows of another subscriber");
    Ok(())
}

async fn a_cursor_never_moves_back(bench: &Bench) -> Checked {
    let place = outbox_of(bench, 3).await?;
    bench.store.outbox_done(place, "a", 2).await?;
    bench.store.outbox_done(place, "a", 1).await?;
    must_eq!(numbers(bench, place, "a", 9).await?, vec![3], "rows");
    Ok(())
}

async fn forgotten_outbox_rows_are_told_to_nobody_and_keep_the_numbers(bench: &Bench) -> Checked {
    let place = outbox_of(bench, 3).await?;
    bench.store.outbox_forget(place, 2).await?;
    bench.store.outbox_forget(place, 1).await?;
    must_eq!(numbers(bench, place, "a", 9).await?, vec![3], "rows");
    // What is yet to come cannot be forgotten.
    bench.store.outbox_forget(place, 99).await?;
    must!(numbers(bench, place, "a", 9).await?.is_empty(), "all is forgotten");
    let opened = bench.open(place, None).await?;
    let outbox = vec![Bytes::from_static(&[4])];
    bench.store.append(Append { outbox, ..opened.append(b"row") }).await?;
    must_eq!(numbers(bench, place, "a", 9).await?, vec![4], "the next row");
    Ok(())
}

async fn pending_outboxes_are_those_with_rows_after_the_cursor(bench: &Bench) -> Checked {
    let (one, two, none) = (outbox_of(bench, 1).await?, outbox_of(bench, 2).await?, bench.partition()?);
    let pending = async || -> Result<Vec<Partition>, Broken> {
        let mut pending = bench.store.outbox_pending("pending").await?;
        pending.retain(|place| [one, two, none].contains(place));
        pending.sort();
        Ok(pending)
    };
    must_eq!(pending().await?, vec![one, two], "pending");
    bench.store.outbox_done(one, "pending", 1).await?;
    bench.store.outbox_done(two, "pending", 1).await?;
    must_eq!(pending().await?, vec![two], "pending after the first rows");
    bench.store.outbox_forget(two, 2).await?;
    must!(pending().await?.is_empty(), "pending though forgotten");
    Ok(())
}

fn line(bench: &Bench, place: Partition, at: i64) -> Listed {
    Listed { case: bench.case(place), at, line: Bytes::from(at.to_string()) }
}

async fn a_case_is_on_a_list_once_and_keeps_its_first_time(bench: &Bench) -> Checked {
    let (place, party) = (bench.partition()?, bench.key());
    let first = line(bench, place, 100);
    let again = Listed { at: 200, line: Bytes::from_static(b"new"), ..first.clone() };
    bench.store.list(place, party, first.clone()).await?;
    bench.store.list(place, party, again.clone()).await?;
    let expected = vec![Listed { at: 100, ..again }];
    must_eq!(bench.store.listed(place, party, None, 9).await?, expected, "the list");
    must!(bench.store.listed(place, bench.key(), None, 9).await?.is_empty(), "a list of another party");
    Ok(())
}

async fn a_list_is_read_newest_first_in_pages(bench: &Bench) -> Checked {
    let (place, party) = (bench.partition()?, bench.key());
    let mut lines: Vec<_> = [10, 30, 30, 20, 30, 30].map(|at| line(bench, place, at)).into();
    for listed in &lines {
        bench.store.list(place, party, listed.clone()).await?;
    }
    lines.sort_by_key(|listed| std::cmp::Reverse((listed.at, listed.case)));
    for limit in 1..=6 {
        let mut read: Vec<Listed> = Vec::new();
        loop {
            let before = read.last().map(|last| (last.at, last.case));
            let page = bench.store.listed(place, party, before, limit).await?;
            must!(page.len() <= limit, "a page of {}", page.len());
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        must_eq!(read, lines, format!("pages of {limit}"));
    }
    // A token need not be a line.
    let page = bench.store.listed(place, party, Some((25, lines[0].case)), 9).await?;
    must_eq!(page.iter().map(|listed| listed.at).collect::<Vec<_>>(), vec![20, 10], "before 25");
    let middle = bench.store.listed(place, party, Some((30, lines[2].case)), 1).await?;
    must_eq!(middle, lines[3..4].to_vec(), "before the third");
    Ok(())
}

fn document(bench: &Bench) -> Result<DocumentKey, Broken> {
    Ok(DocumentKey { partition: bench.partition()?, name: bench.key() })
}

const ONE: Bytes = Bytes::from_static(b"one");
const TWO: Bytes = Bytes::from_static(b"two");

async fn a_document_is_written_where_it_is_as_expected(bench: &Bench) -> Checked {
    let (key, store) = (document(bench)?, &bench.store);
    must_eq!(store.document(key).await?, None, "no document");
    take!(store.write_document(key, None, ONE, None).await?, Written::Done { version: 1, .. } => ());
    must_eq!(store.document(key).await?, Some(Document { version: 1, content: ONE }), "the first");
    take!(store.write_document(key, Some(1), TWO, None).await?, Written::Done { version: 2, .. } => ());
    must_eq!(store.document(key).await?, Some(Document { version: 2, content: TWO }), "the second");
    Ok(())
}

async fn a_document_that_is_not_as_expected_is_told_and_stays(bench: &Bench) -> Checked {
    let (key, store) = (document(bench)?, &bench.store);
    let stale = store.write_document(key, Some(1), ONE, None).await?;
    must_eq!(stale, Written::Stale(None), "a version of no document");
    store.write_document(key, None, ONE, None).await?;
    for expected in [None, Some(2)] {
        let kept = Document { version: 1, content: ONE };
        let stale = store.write_document(key, expected, TWO, None).await?;
        must_eq!(stale, Written::Stale(Some(kept)), "another version");
    }
    must_eq!(store.document(key).await?, Some(Document { version: 1, content: ONE }), "the document");
    Ok(())
}

async fn an_empty_document_is_deleted(bench: &Bench) -> Checked {
    let (key, store) = (document(bench)?, &bench.store);
    let none = store.write_document(key, None, Bytes::new(), None).await?;
    take!(none, Written::Done { version: 0, .. } => ());
    store.write_document(key, None, ONE, None).await?;
    take!(store.write_document(key, None, Bytes::new(), None).await?, Written::Stale(Some(_)) => ());
    let gone = store.write_document(key, Some(1), Bytes::new(), None).await?;
    take!(gone, Written::Done { version: 0, .. } => ());
    must_eq!(store.document(key).await?, None, "a deleted document");
    take!(store.write_document(key, None, TWO, None).await?, Written::Done { version: 1, .. } => ());
    Ok(())
}

async fn a_document_is_gone_after_its_time(bench: &Bench) -> Checked {
    let (timed, kept, store) = (document(bench)?, document(bench)?, &bench.store);
    store.write_document(timed, None, ONE, Some(A_DAY)).await?;
    store.write_document(kept, None, ONE, Some(A_DAY)).await?;
    store.write_document(kept, Some(1), TWO, None).await?;
    store.set_clock_offset(DAY).await?;
    let after = (store.document(timed).await, store.document(kept).await);
    let again = store.write_document(timed, None, TWO, None).await;
    store.set_clock_offset(0).await?;
    must_eq!(after.0?, None, "a document after its time");
    must_eq!(after.1?, Some(Document { version: 2, content: TWO }), "a document that has no time any more");
    take!(again?, Written::Done { version: 1, .. } => ());
    Ok(())
}
