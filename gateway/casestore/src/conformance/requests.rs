//! Checks of reservations, claims and buckets.

use std::time::Duration;

use bytes::Bytes;

use super::bench::{A_DAY, Bench, DAY, first};
use super::{Checked, must, must_eq, promises, take};
use crate::id::Head;
use crate::store::{Append, Bucket, Claim, ClaimAct, Claimed, Happening, Reserved};

promises![
    a_request_is_bound_to_its_first_body,
    binding_the_same_body_again_changes_neither_note_nor_end,
    a_reservation_expires,
    the_same_request_in_another_partition_is_another,
    a_claim_that_creates_stores_all_at_once,
    a_claim_that_attaches_appends_and_leaves_the_bucket,
    a_claim_sent_again_is_replayed,
    a_claim_on_a_bucket_that_moved_is_told_the_bucket,
    a_claim_on_a_case_that_moved_is_told_the_rows,
    a_claim_on_no_case_is_gone,
    a_case_id_is_taken_once,
    a_bucket_that_was_never_written_is_empty_and_of_version_0,
    of_many_claims_on_one_bucket_one_is_done,
];

const NOTE: Bytes = Bytes::from_static(b"note");

async fn a_request_is_bound_to_its_first_body(bench: &Bench) -> Checked {
    let (place, request) = (bench.partition()?, bench.key());
    let other = Bytes::from_static(b"other note");
    take!(bench.store.reserve(place, request, [1; 32], NOTE, A_DAY).await?, Reserved::Bound { .. } => ());
    let conflict = bench.store.reserve(place, request, [2; 32], other, A_DAY).await?;
    must_eq!(conflict, Reserved::Conflict { note: NOTE }, "another body");
    Ok(())
}

async fn binding_the_same_body_again_changes_neither_note_nor_end(bench: &Bench) -> Checked {
    let (place, request) = (bench.partition()?, bench.key());
    let store = &bench.store;
    let later = Bytes::from_static(b"later note");
    take!(store.reserve(place, request, [1; 32], NOTE, A_DAY).await?, Reserved::Bound { .. } => ());
    take!(store.reserve(place, request, [1; 32], later, A_DAY * 9).await?, Reserved::Bound { .. } => ());
    let conflict = store.reserve(place, request, [2; 32], Bytes::new(), A_DAY).await?;
    must_eq!(conflict, Reserved::Conflict { note: NOTE }, "the note");
    store.set_clock_offset(DAY).await?;
    let after = store.reserve(place, request, [2; 32], Bytes::new(), A_DAY).await;
    store.set_clock_offset(0).await?;
    take!(after?, Reserved::Bound { .. } => ());
    Ok(())
}

async fn a_reservation_expires(bench: &Bench) -> Checked {
    let (place, request) = (bench.partition()?, bench.key());
    let store = &bench.store;
    take!(store.reserve(place, request, [1; 32], NOTE, A_DAY * 2).await?, Reserved::Bound { .. } => ());
    store.set_clock_offset(DAY).await?;
    let before = store.reserve(place, request, [2; 32], NOTE, A_DAY).await;
    store.set_clock_offset(2 * DAY).await?;
    let after = store.reserve(place, request, [2; 32], NOTE, A_DAY).await;
    store.set_clock_offset(0).await?;
    take!(before?, Reserved::Conflict { .. } => ());
    take!(after?, Reserved::Bound { .. } => ());
    Ok(())
}

async fn the_same_request_in_another_partition_is_another(bench: &Bench) -> Checked {
    let (here, there, request) = (bench.partition()?, bench.partition()?, bench.key());
    take!(bench.store.reserve(here, request, [1; 32], NOTE, A_DAY).await?, Reserved::Bound { .. } => ());
    take!(bench.store.reserve(there, request, [2; 32], NOTE, A_DAY).await?, Reserved::Bound { .. } => ());
    Ok(())
}

async fn a_claim_that_creates_stores_all_at_once(bench: &Bench) -> Checked {
    let (place, store) = (bench.partition()?, &bench.store);
    let outbox = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let append = Append { outbox, ..first(bench.case(place), b"row", Some(0)) };
    let (case, head) = (append.case, append.new);
    let claim = bench.create(append);
    let (bucket, request) = (claim.bucket, claim.request);
    let now = take!(store.claim(claim).await?, Claimed::Done { case: made, now } if made == case => now);

    let log = store.load(case).await?;
    let Some(log) = log else { return Err(super::Broken::new("the case is not there")) };
    must_eq!((log.rows, log.head), (vec![Bytes::from_static(b"row")], head), "the log");
    let features = Bytes::from_static(b"features");
    let expected = Bucket { version: 1, happenings: vec![Happening { case, features }] };
    must_eq!(store.bucket(place, bucket, request).await?, (expected, Some(case)), "bucket and receipt");
    must_eq!(store.live(place, None, 9).await?, vec![(case, Bytes::from_static(b"live"))], "live rows");
    let due = store.take_due(&[place], 9, Duration::from_secs(9)).await?;
    must_eq!(due.iter().map(|due| (due.case, due.since)).collect::<Vec<_>>(), vec![(case, now)], "due");
    let outbox = store.outbox(place, "check", 9).await?;
    let numbered: Vec<_> = outbox.iter().map(|row| (row.number, &row.row[..])).collect();
    must_eq!(numbered, vec![(1, &b"one"[..]), (2, b"two")], "outbox");
    Ok(())
}

async fn a_claim_that_attaches_appends_and_leaves_the_bucket(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let append = opened.append(b"attached");
    let (head, place, request) = (append.new, opened.case.partition(), bench.key());
    let act = ClaimAct::Attach { append };
    let claim = Claim { partition: place, bucket: opened.bucket, version: 1, request, act };
    take!(bench.store.claim(claim).await?, Claimed::Done { case, .. } if case == opened.case => ());
    let (bucket, receipt) = bench.store.bucket(place, opened.bucket, request).await?;
    must_eq!((bucket.version, bucket.happenings.len(), receipt), (1, 1, Some(opened.case)), "bucket");
    let log = bench.store.load(opened.case).await?;
    must!(log.is_some_and(|log| log.head == head && log.rows.len() == 2), "the row was not appended");
    Ok(())
}

async fn a_claim_sent_again_is_replayed(bench: &Bench) -> Checked {
    let append = first(bench.case(bench.partition()?), b"row", None);
    let case = append.case;
    let claim = bench.create(append);
    take!(bench.store.claim(claim.clone()).await?, Claimed::Done { .. } => ());
    must_eq!(bench.store.claim(claim).await?, Claimed::Replayed { case }, "the second time");
    let rows = bench.store.load(case).await?.map(|log| log.rows.len());
    must_eq!(rows, Some(1), "rows");
    Ok(())
}

async fn a_claim_on_a_bucket_that_moved_is_told_the_bucket(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let late = first(bench.case(opened.case.partition()), b"late", None);
    let late_case = late.case;
    let claim = Claim { bucket: opened.bucket, ..bench.create(late) };
    let bucket = take!(bench.store.claim(claim).await?, Claimed::Moved { bucket } => bucket);
    let features = Bytes::from_static(b"features");
    let expected = Bucket { version: 1, happenings: vec![Happening { case: opened.case, features }] };
    must_eq!(bucket, expected, "the bucket");
    must!(bench.store.load(late_case).await?.is_none(), "a refused claim made a case");
    Ok(())
}

async fn a_claim_on_a_case_that_moved_is_told_the_rows(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    bench.store.append(opened.append(b"faster")).await?;
    let act = ClaimAct::Attach { append: opened.append(b"slower") };
    let (partition, request) = (opened.case.partition(), bench.key());
    let claim = Claim { partition, bucket: opened.bucket, version: 1, request, act };
    let missed = take!(bench.store.claim(claim).await?, Claimed::Stale { missed, .. } => missed);
    must_eq!(missed, vec![Bytes::from_static(b"faster")], "what was missed");
    let (_, receipt) = bench.store.bucket(partition, opened.bucket, request).await?;
    must_eq!(receipt, None, "the receipt of a refused claim");
    Ok(())
}

async fn a_claim_on_no_case_is_gone(bench: &Bench) -> Checked {
    let case = bench.case(bench.partition()?);
    let act = ClaimAct::Attach { append: super::bench::next(case, Head::EMPTY, 0, b"row") };
    let (bucket, request) = (bench.key(), bench.key());
    let claim = Claim { partition: case.partition(), bucket, version: 0, request, act };
    must_eq!(bench.store.claim(claim).await?, Claimed::Gone, "attaching to nothing");
    must!(bench.store.load(case).await?.is_none(), "it made a case");
    Ok(())
}

async fn a_case_id_is_taken_once(bench: &Bench) -> Checked {
    let opened = bench.open(bench.partition()?, None).await?;
    let again = bench.create(first(opened.case, b"again", None));
    let missed = take!(bench.store.claim(again).await?, Claimed::Stale { missed, .. } => missed);
    must_eq!(missed, vec![Bytes::from_static(b"opened")], "the rows that are there");
    Ok(())
}

async fn a_bucket_that_was_never_written_is_empty_and_of_version_0(bench: &Bench) -> Checked {
    let found = bench.store.bucket(bench.partition()?, bench.key(), bench.key()).await?;
    must_eq!(found, (Bucket::default(), None), "an unknown bucket");
    Ok(())
}

async fn of_many_claims_on_one_bucket_one_is_done(bench: &Bench) -> Checked {
    let (place, bucket) = (bench.partition()?, bench.key());
    let claims = (0..16).map(|_| {
        let claim = Claim { bucket, ..bench.create(first(bench.case(place), b"row", None)) };
        let store = bench.store.clone();
        tokio::spawn(async move { store.claim(claim).await })
    });
    let (mut done, mut moved) = (0, 0);
    for claimed in futures::future::join_all(claims).await {
        match claimed.map_err(|error| super::Broken::new(error.to_string()))?? {
            Claimed::Done { .. } => done += 1,
            Claimed::Moved { bucket } if bucket.version == 1 => moved += 1,
            other => return Err(super::Broken::new(format!("{other:?}"))),
        }
    }
    must_eq!((done, moved), (1, 15), "done and moved");
    Ok(())
}
