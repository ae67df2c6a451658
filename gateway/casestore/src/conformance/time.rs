//! Checks of the store's clock.

use std::time::Duration;

use super::bench::{A_DAY, Bench, DAY, first};
use super::{Checked, must, promises, take};
use crate::id::Partition;
use crate::store::{Appended, Claimed};

promises![the_clock_is_real_time_and_moves_for_everybody, every_reply_carries_the_stores_now];

async fn the_clock_is_real_time_and_moves_for_everybody(bench: &Bench) -> Checked {
    let wall = crate::clock::wall();
    let now = bench.store.now().await?;
    must!((wall - now).abs() < DAY, "the store's now is {now}, real time {wall}");
    for offset in [3 * DAY, -3 * DAY, 0] {
        bench.store.set_clock_offset(offset).await?;
        bench.store.set_clock_offset(offset).await?;
        let moved = bench.store.now().await? - now - offset;
        must!((0..DAY).contains(&moved), "moved by {offset} and {moved}");
    }
    // In every partition.
    bench.store.set_clock_offset(5 * DAY).await?;
    let mut strays = Vec::new();
    for number in [0, 1, 512, 1023] {
        let Some(place) = Partition::new(number) else { continue };
        let reserved = bench.store.reserve(place, bench.key(), [0; 32], Default::default(), A_DAY).await?;
        let at = take!(reserved, crate::store::Reserved::Bound { now } => now);
        if at - now < 5 * DAY {
            strays.push(number);
        }
    }
    bench.store.set_clock_offset(0).await?;
    must!(strays.is_empty(), "partitions where the clock has not moved: {strays:?}");
    Ok(())
}

async fn every_reply_carries_the_stores_now(bench: &Bench) -> Checked {
    let (place, store) = (bench.partition()?, &bench.store);
    let before = store.now().await?;
    let append = first(bench.case(place), b"row", Some(0));
    let (case, head) = (append.case, append.new);
    let claimed = take!(store.claim(bench.create(append)).await?, Claimed::Done { now, .. } => now);
    let second = super::bench::next(case, head, 1, b"second");
    let appended = take!(store.append(second.clone()).await?, Appended::Done { now, .. } => now);
    let landed = take!(store.append(second).await?, Appended::Landed { now, .. } => now);
    let loaded = store.load(case).await?.map_or(0, |log| log.now);
    store.take_due(&[place], 1, Duration::from_secs(1)).await?;
    let times = [before, claimed, appended, landed, loaded, store.now().await?];
    must!(times.is_sorted(), "times run back: {times:?}");
    must!(times[5] - times[0] < DAY, "times run away: {times:?}");
    Ok(())
}
