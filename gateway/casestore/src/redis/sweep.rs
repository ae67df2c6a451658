//! Questions to all partitions at once. Each is one pipeline for each server: a round trip, whatever the number of
//! partitions. Where something is due a second one takes it, and a third only where it is much and unevenly spread.

use redis::Value;

use super::Redis;
use super::asking::heads;
use super::keys::{Place, key};
use super::reply::Reply;
use super::script::{self, Call};
use crate::id::Partition;
use crate::store::{Answer, Due, Millis};

impl Redis {
    /// Cases that are due: looks at the first of each partition, and takes from those where it is due.
    pub(super) async fn take(&self, partitions: &[Partition], limit: usize, lease: i64) -> Answer<Vec<Due>> {
        if limit == 0 || partitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut waiting = match partitions {
            [only] => vec![(0, *only)],
            many => self.first_due(many).await?,
        };
        // The longest due first. Each gives its share; those that may have more are asked for the rest.
        waiting.sort_unstable();
        waiting.dedup_by_key(|(_, partition)| *partition);
        let mut places: Vec<_> = waiting.into_iter().map(|(_, partition)| partition).collect();
        let mut taken = Vec::new();
        while taken.len() < limit && !places.is_empty() {
            places = self.take_shares(places, limit - taken.len(), lease, &mut taken).await?;
        }
        taken.sort_by_key(|due| (due.since, due.case));
        Ok(taken)
    }

    /// Takes up to `limit` cases, the same number from each place; the places that may have more.
    async fn take_shares(
        &self,
        mut places: Vec<Partition>,
        limit: usize,
        lease: i64,
        taken: &mut Vec<Due>,
    ) -> Answer<Vec<Partition>> {
        let later = places.split_off(limit.min(places.len()));
        let (share, rest) = (limit / places.len(), limit % places.len());
        let shares: Vec<_> = (0..places.len()).map(|at| share + usize::from(at < rest)).collect();
        let take = |(partition, share): (&Partition, &usize)| {
            let place = Place::Partition(*partition);
            Call::script(&script::TAKE, place, &[heads(place), key(place, "due")]).arg(*share).arg(lease)
        };
        let takes: Vec<_> = places.iter().zip(&shares).map(take).collect();
        let values = self.nodes.gather(&takes).await?;
        let mut more = Vec::new();
        for (((call, value), share), place) in takes.iter().zip(values).zip(shares).zip(places) {
            let (_, mut reply) = Reply::read(call, value)?;
            let until = reply.number()?;
            let mut due = reply.list()?;
            let before = taken.len();
            while !due.is_empty() {
                taken.push(Due { case: due.case()?, since: due.number()?, until });
            }
            if taken.len() - before == share {
                more.push(place);
            }
        }
        more.extend(later);
        Ok(more)
    }

    /// The partitions where something is due, and since when.
    async fn first_due(&self, partitions: &[Partition]) -> Answer<Vec<(Millis, Partition)>> {
        let mut calls = Vec::new();
        let by_node = self.nodes.by_node(partitions.iter().copied());
        for partitions in &by_node {
            for (at, partition) in partitions.iter().enumerate() {
                let place = Place::Partition(*partition);
                if at == 0 {
                    calls.extend(self.now_calls(place));
                }
                let mut first = redis::cmd("ZRANGE");
                first.arg(key(place, "due")).arg(0).arg(0).arg("WITHSCORES");
                calls.push(Call::read(place, first));
            }
        }
        let mut values = self.nodes.gather(&calls).await?.into_iter();
        let mut due = Vec::new();
        for partitions in by_node {
            let now = read_now(values.next(), values.next())?;
            for (partition, value) in partitions.into_iter().zip(values.by_ref()) {
                let since = read_score(value, Place::Partition(partition))?;
                due.extend(since.filter(|since| *since <= now).map(|since| (since, partition)));
            }
        }
        Ok(due)
    }

    /// The partitions whose outbox has rows after the cursor.
    pub(super) async fn pending(&self, cursor: &str) -> Answer<Vec<Partition>> {
        let mut calls = Vec::new();
        for partition in Partition::all() {
            let place = Place::Partition(partition);
            let (mut length, mut cursors) = (redis::cmd("LLEN"), redis::cmd("HMGET"));
            length.arg(key(place, "outbox"));
            cursors.arg(key(place, "cursors")).arg("forgotten").arg(cursor);
            calls.extend([Call::read(place, length), Call::read(place, cursors)]);
        }
        let mut values = self.nodes.gather(&calls).await?.into_iter();
        let mut pending = Vec::new();
        for partition in Partition::all() {
            let mut next = || Reply::plain(Place::Partition(partition), values.next().unwrap_or_default());
            let (mut length, mut cursors) = (next(), next());
            let mut cursors = cursors.list()?;
            let (forgotten, at) = (cursors.count()?, cursors.count()?);
            if length.count()? + forgotten > at.max(forgotten) {
                pending.push(partition);
            }
        }
        Ok(pending)
    }

    /// The store's now at this place.
    pub(super) async fn now_of(&self, place: Place) -> Answer<Millis> {
        let mut values = self.nodes.gather(&self.now_calls(place)).await?.into_iter();
        read_now(values.next(), values.next())
    }

    fn now_calls(&self, place: Place) -> [Call; 2] {
        let mut offset = redis::cmd("HGET");
        offset.arg(heads(place)).arg("clock");
        [Call::read(place, redis::cmd("TIME")), Call::read(place, offset)]
    }
}

fn read_now(time: Option<Value>, offset: Option<Value>) -> Answer<Millis> {
    let mut time = Reply::plain("the clock", time.unwrap_or_default()).list()?;
    let (seconds, micros) = (time.number()?, time.number()?);
    let offset = Reply::plain("the clock's offset", offset.unwrap_or_default()).number()?;
    Ok(seconds * 1000 + micros / 1000 + offset)
}

/// The score of the first member, if there is one: a list of pairs, as RESP3 has it.
fn read_score(value: Value, place: Place) -> Answer<Option<Millis>> {
    let mut first = Reply::plain(place, value).list()?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut pair = first.list()?;
    pair.bytes()?;
    pair.number().map(Some)
}
