//! Checks of the chains beside the case: access logs and the registry.

use bytes::Bytes;

use super::bench::{Bench, Opened};
use super::{Broken, Checked, must, must_eq, promises, take};
use crate::id::Head;
use crate::store::{AccessAppended, Appended, RegistryAppended, Row};

promises![
    access_rows_are_stored_in_a_chain_of_their_own,
    an_access_batch_on_another_head_is_told_the_head,
    an_access_batch_sent_again_is_done_once,
    there_is_no_access_log_without_a_case,
    of_many_access_batches_all_arrive_in_the_end,
    the_registry_takes_a_row_at_its_end_only,
    the_registry_is_read_in_pages,
];

fn batch(rows: &[&'static [u8]]) -> Vec<Row> {
    rows.iter().map(|row| Bytes::from_static(row)).collect()
}

fn head_after(prev: Head, rows: &[Row]) -> Head {
    rows.iter().fold(prev, |head, row| head.after(row))
}

async fn add(bench: &Bench, opened: &Opened, prev: Head, rows: &[Row]) -> Result<AccessAppended, Broken> {
    Ok(bench.store.append_access(opened.case, prev, head_after(prev, rows), rows.to_vec()).await?)
}

async fn access_rows_are_stored_in_a_chain_of_their_own(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let none = bench.store.access(opened.case).await?.ok_or_else(|| Broken::new("no access log"))?;
    must_eq!((none.rows.len(), none.head), (0, Head::EMPTY), "an access log without rows");
    let (first, second) = (batch(&[b"a", b"b"]), batch(&[b"c"]));
    take!(add(bench, &opened, Head::EMPTY, &first).await?, AccessAppended::Done { .. } => ());
    let head = head_after(Head::EMPTY, &first);
    take!(add(bench, &opened, head, &second).await?, AccessAppended::Done { .. } => ());
    let log = bench.store.access(opened.case).await?.ok_or_else(|| Broken::new("no access log"))?;
    must_eq!((log.rows, log.head), (batch(&[b"a", b"b", b"c"]), head_after(head, &second)), "the access log");
    // The case's own chain has not moved.
    take!(bench.store.append(opened.append(b"row")).await?, Appended::Done { .. } => ());
    Ok(())
}

async fn an_access_batch_on_another_head_is_told_the_head(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let (faster, slower) = (batch(&[b"faster"]), batch(&[b"slower"]));
    add(bench, &opened, Head::EMPTY, &faster).await?;
    let head = head_after(Head::EMPTY, &faster);
    must_eq!(add(bench, &opened, Head::EMPTY, &slower).await?, AccessAppended::Stale { head }, "the slower");
    let rows = bench.store.access(opened.case).await?.map(|log| log.rows);
    must_eq!(rows, Some(faster), "rows");
    Ok(())
}

async fn an_access_batch_sent_again_is_done_once(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let (first, second) = (batch(&[b"a", b"b"]), batch(&[b"c"]));
    for _ in 0..2 {
        take!(add(bench, &opened, Head::EMPTY, &first).await?, AccessAppended::Done { .. } => ());
    }
    let head = head_after(Head::EMPTY, &first);
    take!(add(bench, &opened, head, &second).await?, AccessAppended::Done { .. } => ());
    // Others have appended since; both are known nevertheless.
    take!(add(bench, &opened, Head::EMPTY, &first).await?, AccessAppended::Done { .. } => ());
    take!(add(bench, &opened, head, &second).await?, AccessAppended::Done { .. } => ());
    let rows = bench.store.access(opened.case).await?.map(|log| log.rows);
    must_eq!(rows, Some(batch(&[b"a", b"b", b"c"])), "rows");
    Ok(())
}

async fn there_is_no_access_log_without_a_case(bench: &Bench) -> Checked {
    let case = bench.case(bench.partition()?);
    let rows = batch(&[b"a"]);
    let gone = bench.store.append_access(case, Head::EMPTY, head_after(Head::EMPTY, &rows), rows).await?;
    must_eq!(gone, AccessAppended::Gone, "access rows of no case");
    must_eq!(bench.store.access(case).await?, None, "the access log of no case");
    Ok(())
}

async fn of_many_access_batches_all_arrive_in_the_end(bench: &Bench) -> Checked {
    const READERS: usize = 8;
    let opened = bench.open(bench.partition()?, None).await?;
    let readers = (0..READERS).map(|reader| {
        let (store, case) = (bench.store.clone(), opened.case);
        tokio::spawn(async move {
            let row = Bytes::from(vec![b'r', reader as u8]);
            let mut prev = Head::EMPTY;
            loop {
                match store.append_access(case, prev, prev.after(&row), vec![row.clone()]).await? {
                    AccessAppended::Done { .. } => return Ok::<_, Broken>(()),
                    AccessAppended::Stale { head } => prev = head,
                    AccessAppended::Gone => return Err(Broken::new("the case is gone")),
                }
            }
        })
    });
    for read in futures::future::join_all(readers).await {
        read.map_err(|error| Broken::new(error.to_string()))??;
    }
    let log = bench.store.access(opened.case).await?.ok_or_else(|| Broken::new("no access log"))?;
    must_eq!((log.rows.len(), log.head), (READERS, head_after(Head::EMPTY, &log.rows)), "rows and head");
    Ok(())
}

/// How many rows the registry has: other checks have written to it as well.
async fn registry_rows(bench: &Bench) -> Result<u64, Broken> {
    Ok(bench.store.registry_after(0, usize::MAX).await?.len() as u64)
}

async fn the_registry_takes_a_row_at_its_end_only(bench: &Bench) -> Checked {
    let (store, rows) = (&bench.store, registry_rows(bench).await?);
    let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
    let done = store.append_registry(rows, first.clone()).await?;
    must_eq!(done, RegistryAppended::Done { rows: rows + 1 }, "the first");
    let stale = store.append_registry(rows, second.clone()).await?;
    must_eq!(stale, RegistryAppended::Stale { missed: vec![first] }, "the second");
    let beyond = store.append_registry(rows + 9, second).await?;
    must_eq!(beyond, RegistryAppended::Stale { missed: Vec::new() }, "one beyond the end");
    must_eq!(registry_rows(bench).await?, rows + 1, "rows");
    Ok(())
}

async fn the_registry_is_read_in_pages(bench: &Bench) -> Checked {
    let rows = registry_rows(bench).await?;
    let added = batch(&[b"a", b"b", b"c"]);
    for (row, at) in added.iter().zip(rows..) {
        bench.store.append_registry(at, row.clone()).await?;
    }
    let page = bench.store.registry_after(rows, 2).await?;
    must_eq!(page, added[..2].to_vec(), "the first page");
    must_eq!(bench.store.registry_after(rows + 2, 2).await?, added[2..].to_vec(), "the second page");
    must!(bench.store.registry_after(rows + 3, 2).await?.is_empty(), "a page after the end");
    must!(bench.store.registry_after(rows, 0).await?.is_empty(), "a limit of none");
    Ok(())
}
