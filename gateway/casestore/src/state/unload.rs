//! The state as effects again: what a compacted journal is made of.

use std::collections::{HashMap, VecDeque};

use crate::id::{CaseId, Head, Partition};
use crate::state::{Case, Chain, Effect, Happenings, Kept, PartyList, Reservation, Share, State};
use crate::store::{DocumentKey, KeyedHash, Millis, RequestKey};

/// How many rows one effect of an unloaded log holds at most: a frame of a journal stays small.
const ROWS_PER_EFFECT: usize = 256;

impl<R> State<R> {
    /// Takes the state apart, partition by partition: applied to an empty state in this order, the effects make the
    /// same state again. What has expired stays behind.
    pub(crate) fn unload(self, now: Millis) -> impl Iterator<Item = Effect<R>> {
        let registry = self.registry.into_iter().map(|row| Effect::Registry { row });
        let shares = self.partitions.into_iter().zip(Partition::all());
        std::iter::once(Effect::Clock { offset: self.offset })
            .chain(registry)
            .chain(shares.flat_map(move |(share, partition)| share.unload(partition, now)))
    }
}

impl<R> State<R> {
    /// About how many bytes the effects of [`unload`](Self::unload) take, given the length of a piece.
    pub(crate) fn weigh(&self, length: impl Fn(&R) -> u64) -> u64 {
        let pieces = |rows: &[R]| rows.iter().map(|row| length(row) + 4).sum::<u64>();
        let share = |share: &Share<R>| {
            let requests: u64 = share.requests.values().map(|kept| length(&kept.note) + 85).sum();
            let entries = share.buckets.values().flat_map(|kept| &kept.entries);
            let buckets: u64 = entries.map(|(_, features)| length(features) + 65).sum();
            let cases: u64 = share.cases.values().map(|kept| pieces(&kept.log.rows) + 60).sum();
            let access: u64 = share.access.values().map(|chain| pieces(&chain.rows) + 60).sum();
            let live: u64 = share.live.values().map(|row| length(row) + 30).sum();
            let outbox: u64 = share.outbox.iter().map(|row| length(row) + 15).sum();
            let lines = share.lists.values().flat_map(|list| list.lines.values());
            let lists: u64 = lines.map(|(_, line)| length(line) + 70).sum();
            let documents: u64 = share.documents.values().map(|kept| length(&kept.content) + 60).sum();
            let fixed = 60 * share.receipts.len() + 30 * share.due.len() + 40 * share.cursors.len();
            requests + buckets + cases + access + live + outbox + lists + documents + fixed as u64
        };
        self.partitions.iter().map(share).sum::<u64>() + pieces(&self.registry)
    }
}

impl<R> Share<R> {
    fn unload(self, partition: Partition, now: Millis) -> impl Iterator<Item = Effect<R>> {
        let receipts = self.receipts.into_iter().map(move |(request, case)| Effect::Receipt {
            partition,
            request,
            case,
        });
        let buckets =
            self.buckets.into_iter().flat_map(move |(bucket, kept)| unload_bucket(partition, bucket, kept));
        let cases = self.cases.into_iter().flat_map(|(case, kept)| unload_case(case, kept));
        let live = self.live.into_iter().map(|(case, row)| Effect::Live { case, row: Some(row) });
        let access = self
            .access
            .into_iter()
            .flat_map(|(case, chain)| chain.unload(move |head, rows| Effect::Access { case, head, rows }));
        let forgotten =
            (self.forgotten > 0).then_some(Effect::Forgotten { partition, number: self.forgotten });
        let outbox = self.outbox.into_iter().map(move |row| Effect::Outbox { partition, row });
        let cursors = self.cursors.into_iter().map(move |(subscriber, number)| Effect::Cursor {
            partition,
            subscriber,
            number,
        });
        let lists = self.lists.into_iter().flat_map(move |(party, list)| unload_list(partition, party, list));
        unload_requests(partition, self.requests, now)
            .chain(receipts)
            .chain(buckets)
            .chain(cases)
            .chain(live)
            .chain(access)
            .chain(forgotten)
            .chain(outbox)
            .chain(cursors)
            .chain(lists)
            .chain(unload_documents(partition, self.documents, now))
    }
}

fn unload_requests<R>(
    partition: Partition,
    requests: HashMap<RequestKey, Reservation<R>>,
    now: Millis,
) -> impl Iterator<Item = Effect<R>> {
    requests.into_iter().filter(move |(_, kept)| kept.until > now).map(move |(request, kept)| {
        let Reservation { body, note, until } = kept;
        Effect::Reserved { partition, request, body, note, until }
    })
}

fn unload_bucket<R>(
    partition: Partition,
    bucket: KeyedHash,
    kept: Happenings<R>,
) -> impl Iterator<Item = Effect<R>> {
    let Happenings { version, entries } = kept;
    entries.into_iter().map(move |(case, features)| Effect::Happening {
        partition,
        bucket,
        version,
        case,
        features,
    })
}

fn unload_case<R>(case: CaseId, kept: Case<R>) -> impl Iterator<Item = Effect<R>> {
    let due = kept.due.map(|at| Effect::Due { case, at: Some(at) });
    kept.log.unload(move |head, rows| Effect::Rows { case, head, rows }).chain(due)
}

fn unload_list<R>(
    partition: Partition,
    party: KeyedHash,
    list: PartyList<R>,
) -> impl Iterator<Item = Effect<R>> {
    list.lines.into_iter().map(move |(case, (at, line))| Effect::Listed { partition, party, case, at, line })
}

fn unload_documents<R>(
    partition: Partition,
    documents: HashMap<KeyedHash, Kept<R>>,
    now: Millis,
) -> impl Iterator<Item = Effect<R>> {
    let kept = documents.into_iter().filter(move |(_, kept)| kept.until.is_none_or(|until| until > now));
    kept.map(move |(name, Kept { version, content, until })| {
        let key = DocumentKey { partition, name };
        Effect::Document { key, version, content, until }
    })
}

impl<R> Chain<R> {
    fn unload(self, effect: impl Fn(Head, Vec<R>) -> Effect<R>) -> impl Iterator<Item = Effect<R>> {
        let head = self.head;
        let mut rest = VecDeque::from(self.rows);
        std::iter::from_fn(move || {
            let take = rest.len().min(ROWS_PER_EFFECT);
            (take > 0).then(|| effect(head, rest.drain(..take).collect()))
        })
    }
}
