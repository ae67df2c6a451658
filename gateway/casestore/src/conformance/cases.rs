//! Checks of case logs: append, load, due, live, watch.

use std::time::Duration;

use bytes::Bytes;
use tokio_stream::StreamExt;

use super::bench::{A_DAY, Bench, DAY, next};
use super::{Broken, Checked, must, must_eq, promises, take};
use crate::id::{CaseId, Head, Partition};
use crate::store::{Append, Appended, Moved};

promises![
    an_append_on_the_head_is_done_and_read_at_once,
    an_append_on_another_head_is_stale_and_told_what_it_missed,
    an_append_sent_again_has_landed_and_is_told_what_came_after,
    an_append_to_no_case_is_gone,
    a_log_is_a_chain_from_the_empty_head,
    an_append_sets_the_due_time_or_clears_it,
    an_append_sets_the_live_row_or_clears_it,
    live_rows_come_in_the_order_of_ids_page_by_page,
    of_many_appends_on_one_head_one_is_done,
    taken_cases_are_due_again_after_the_lease,
    a_case_is_postponed_unless_somebody_has_appended,
    the_longest_due_are_taken_first_and_no_more_than_the_limit,
    a_case_is_due_when_its_time_has_come,
    watchers_are_told_of_appends_and_claims,
];

async fn an_append_on_the_head_is_done_and_read_at_once(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let append = opened.append(b"second");
    let rows = take!(bench.store.append(append.clone()).await?, Appended::Done { rows, .. } => rows);
    let log = bench.store.load(opened.case).await?.ok_or_else(|| Broken::new("no log"))?;
    must_eq!((rows, log.rows.len(), log.head), (2, 2, append.new), "the log");
    Ok(())
}

async fn an_append_on_another_head_is_stale_and_told_what_it_missed(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let second = opened.append(b"second");
    bench.store.append(second.clone()).await?;
    bench.store.append(opened.after(&second).append(b"third")).await?;
    let late = Append { outbox: vec![Bytes::from_static(b"never")], ..opened.append(b"late") };
    let missed = take!(bench.store.append(late).await?, Appended::Stale { missed, .. } => missed);
    must_eq!(missed, vec![Bytes::from_static(b"second"), Bytes::from_static(b"third")], "missed");
    must!(
        bench.store.outbox(opened.case.partition(), "check", 9).await?.is_empty(),
        "an outbox row was left"
    );
    let foreign = next(opened.case, Head::from_bytes([7; 32]), 99, b"foreign");
    let missed = take!(bench.store.append(foreign).await?, Appended::Stale { missed, .. } => missed);
    must!(missed.is_empty(), "rows after the 99th: {missed:?}");
    Ok(())
}

async fn an_append_sent_again_has_landed_and_is_told_what_came_after(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let outbox = vec![Bytes::from_static(b"once")];
    let append = Append { due_in: Some(0), outbox, ..opened.append(b"mine") };
    bench.store.append(append.clone()).await?;
    let landed = bench.store.append(append.clone()).await?;
    let rows = take!(landed, Appended::Landed { rows, after, .. } if after.is_empty() => rows);
    must_eq!(rows, 2, "rows");
    bench.store.append(opened.after(&append).append(b"theirs")).await?;
    let after = take!(bench.store.append(append).await?, Appended::Landed { rows: 3, after, .. } => after);
    must_eq!(after, vec![Bytes::from_static(b"theirs")], "after mine");
    let place = opened.case.partition();
    must_eq!(bench.store.outbox(place, "check", 9).await?.len(), 1, "outbox rows");
    // The later append said that nothing is due.
    must!(bench.store.take_due(&[place], 9, A_DAY).await?.is_empty(), "the resend set the due time");
    Ok(())
}

async fn an_append_to_no_case_is_gone(bench: &Bench) -> Checked {
    let case = bench.case(bench.partition()?);
    let gone = bench.store.append(next(case, Head::EMPTY, 0, b"row")).await?;
    must_eq!(gone, Appended::Gone, "an append to no case");
    must_eq!(bench.store.load(case).await?, None, "its log");
    Ok(())
}

async fn a_log_is_a_chain_from_the_empty_head(bench: &Bench) -> Checked {
    let mut opened = bench.open(bench.partition()?, None).await?;
    for row in [&b"a"[..], b"", b"a"] {
        let append = opened.append(row);
        take!(bench.store.append(append.clone()).await?, Appended::Done { .. } => ());
        opened = opened.after(&append);
    }
    let log = bench.store.load(opened.case).await?.ok_or_else(|| Broken::new("no log"))?;
    let head = log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row));
    must_eq!((log.rows.len(), log.head), (4, head), "rows and head");
    Ok(())
}

async fn an_append_sets_the_due_time_or_clears_it(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, Some(0)).await?;
    let place = [opened.case.partition()];
    let later = Append { due_in: Some(DAY), ..opened.append(b"later") };
    bench.store.append(later.clone()).await?;
    must!(bench.store.take_due(&place, 9, A_DAY).await?.is_empty(), "due at its former time");
    let opened = opened.after(&later);
    let overdue = Append { due_in: Some(-DAY), ..opened.append(b"overdue") };
    let now = take!(bench.store.append(overdue.clone()).await?, Appended::Done { now, .. } => now);
    let due = bench.store.take_due(&place, 9, A_DAY).await?;
    must_eq!(due.iter().map(|due| due.since).collect::<Vec<_>>(), vec![now - DAY], "due since");
    let never = opened.after(&overdue).append(b"never");
    bench.store.append(never).await?;
    bench.store.set_clock_offset(9 * DAY).await?;
    let due = bench.store.take_due(&place, 9, A_DAY).await;
    bench.store.set_clock_offset(0).await?;
    must!(due?.is_empty(), "due though nothing is");
    Ok(())
}

async fn an_append_sets_the_live_row_or_clears_it(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let place = opened.case.partition();
    let changed = Append { live: Some(Bytes::new()), ..opened.append(b"changed") };
    bench.store.append(changed.clone()).await?;
    must_eq!(bench.store.live(place, None, 9).await?, vec![(opened.case, Bytes::new())], "an empty live row");
    let ended = Append { live: None, ..opened.after(&changed).append(b"ended") };
    bench.store.append(ended).await?;
    must!(bench.store.live(place, None, 9).await?.is_empty(), "a case that is not live has a live row");
    Ok(())
}

async fn live_rows_come_in_the_order_of_ids_page_by_page(bench: &Bench) -> Checked {
    let place = bench.partition()?;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bench.open(place, None).await?.case);
    }
    let mut seen = Vec::new();
    loop {
        let page = bench.store.live(place, seen.last().copied(), 2).await?;
        must!(page.len() <= 2, "a page of {}", page.len());
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|(case, _)| case));
    }
    must_eq!(seen, ids, "live cases");
    Ok(())
}

async fn of_many_appends_on_one_head_one_is_done(bench: &Bench) -> Checked {
    const WRITERS: u64 = 8;
    const EACH: u64 = 5;
    let opened = bench.open(bench.partition()?, None).await?;
    let writers = (0..WRITERS).map(|writer| {
        let (store, case, head) = (bench.store.clone(), opened.case, opened.head);
        tokio::spawn(async move {
            let (mut head, mut rows, mut won) = (head, 1, 0);
            while won < EACH {
                let row = Bytes::from(format!("{writer}.{won}"));
                let new = head.after(&row);
                let append = Append { new, row, ..next(case, head, rows, b"") };
                match store.append(append).await? {
                    Appended::Done { rows: now, .. } => {
                        must_eq!(now, rows + 1, "rows");
                        (head, rows, won) = (new, now, won + 1);
                    }
                    Appended::Stale { missed, .. } => {
                        must!(!missed.is_empty(), "stale and nothing missed");
                        rows += missed.len() as u64;
                        head = missed.iter().fold(head, |head, row| head.after(row));
                    }
                    other => return Err(Broken::new(format!("{other:?}"))),
                }
            }
            Ok(())
        })
    });
    for written in futures::future::join_all(writers).await {
        written.map_err(|error| Broken::new(error.to_string()))??;
    }
    let log = bench.store.load(opened.case).await?.ok_or_else(|| Broken::new("no log"))?;
    let head = log.rows.iter().fold(Head::EMPTY, |head, row| head.after(row));
    must_eq!((log.rows.len() as u64, log.head), (1 + WRITERS * EACH, head), "rows and head");
    let mut rows: Vec<_> = log.rows;
    rows.sort();
    rows.dedup();
    must_eq!(rows.len() as u64, 1 + WRITERS * EACH, "different rows");
    Ok(())
}

async fn a_case_is_postponed_unless_somebody_has_appended(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, Some(0)).await?;
    let (place, store) = ([opened.case.partition()], &bench.store);
    store.take_due(&place, 9, A_DAY).await?;
    store.postpone(opened.case, opened.head, -DAY).await?;
    must_eq!(store.take_due(&place, 9, A_DAY).await?.len(), 1, "due at its new time");
    let append = Append { due_in: Some(3 * DAY), ..opened.append(b"somebody's") };
    store.append(append).await?;
    store.postpone(opened.case, opened.head, -DAY).await?;
    must!(store.take_due(&place, 9, A_DAY).await?.is_empty(), "postponed although somebody has appended");
    let nowhere = CaseId::new(opened.case.partition(), [0xEE; 15]);
    store.postpone(nowhere, Head::EMPTY, -DAY).await?;
    must!(store.take_due(&place, 9, A_DAY).await?.is_empty(), "a case that is not there is due");
    Ok(())
}

async fn taken_cases_are_due_again_after_the_lease(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, Some(0)).await?;
    let (place, store) = ([opened.case.partition()], &bench.store);
    let first = store.take_due(&place, 9, A_DAY).await?;
    must_eq!(first.len(), 1, "due");
    must!(first[0].until >= first[0].since + DAY, "leased until {:?}", first[0]);
    must!(store.take_due(&place, 9, A_DAY).await?.is_empty(), "taken twice");
    store.set_clock_offset(DAY).await?;
    let again = store.take_due(&place, 9, A_DAY).await;
    store.set_clock_offset(0).await?;
    let again = again?;
    let told: Vec<_> = again.iter().map(|due| (due.case, due.since)).collect();
    must_eq!(told, vec![(opened.case, first[0].until)], "after the lease");
    Ok(())
}

async fn the_longest_due_are_taken_first_and_no_more_than_the_limit(bench: &Bench) -> Checked {
    let place = bench.partition()?;
    let mut cases = Vec::new();
    for days in [3, 1, 2] {
        cases.push(bench.open(place, Some(-days * DAY)).await?.case);
    }
    let places = [place];
    let take = || bench.store.take_due(&places, 2, A_DAY);
    let first: Vec<_> = take().await?.into_iter().map(|due| due.case).collect();
    must_eq!(first, vec![cases[0], cases[2]], "taken first");
    let rest: Vec<_> = take().await?.into_iter().map(|due| due.case).collect();
    must_eq!(rest, vec![cases[1]], "taken then");
    must!(bench.store.take_due(&[place], 0, A_DAY).await?.is_empty(), "a limit of none");

    let places: Vec<Partition> = (0..3).map(|_| bench.partition()).collect::<Result<_, _>>()?;
    for (place, cases) in places.iter().zip([1, 1, 7]) {
        for _ in 0..cases {
            bench.open(*place, Some(-DAY)).await?;
        }
    }
    let mut taken = Vec::new();
    for expected in [4, 4, 1, 0] {
        let batch = bench.store.take_due(&places, 4, A_DAY).await?;
        must_eq!(batch.len(), expected, "cases of three partitions");
        taken.extend(batch.into_iter().map(|due| due.case));
    }
    taken.sort();
    taken.dedup();
    must_eq!(taken.len(), 9, "different cases of three partitions");
    Ok(())
}

async fn a_case_is_due_when_its_time_has_come(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, Some(DAY)).await?;
    let (place, store) = ([opened.case.partition()], &bench.store);
    must!(store.take_due(&place, 9, A_DAY).await?.is_empty(), "due before its time");
    store.set_clock_offset(DAY).await?;
    let due = store.take_due(&place, 9, A_DAY).await;
    store.set_clock_offset(0).await?;
    must_eq!(due?.len(), 1, "due at its time");
    Ok(())
}

async fn watchers_are_told_of_appends_and_claims(bench: &Bench) -> Checked {
    let place = bench.partition()?;
    let mut stream = bench.store.watch(place).await?;
    let opened = bench.open(place, None).await?;
    bench.store.append(opened.append(b"row")).await?;
    for rows in 1..=2 {
        let told = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        let told = told.map_err(|_| Broken::new("nothing was told"))?;
        must_eq!(told, Some(Moved { case: opened.case, rows }), "what was told");
    }
    Ok(())
}
