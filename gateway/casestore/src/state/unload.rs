//! The state as effects again: what a compacted journal is made of.

use std::collections::VecDeque;

use crate::id::{CaseId, Head, Partition};
use crate::state::{Chain, Effect, Share, State};
use crate::store::{DocumentKey, Millis};

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

impl<R> Share<R> {
    fn unload(self, partition: Partition, now: Millis) -> impl Iterator<Item = Effect<R>> {
        let requests = self.requests.into_iter().filter(move |(_, kept)| kept.until > now).map(
            move |(request, kept)| Effect::Reserved {
                partition,
                request,
                body: kept.body,
                note: kept.note,
                until: kept.until,
            },
        );
        let receipts = self.receipts.into_iter().map(move |(request, case)| Effect::Receipt {
            partition,
            request,
            case,
        });
        let buckets = self.buckets.into_iter().flat_map(move |(bucket, kept)| {
            let version = kept.version;
            kept.entries.into_iter().map(move |(case, features)| Effect::Happening {
                partition,
                bucket,
                version,
                case,
                features,
            })
        });
        let cases = self.cases.into_iter().flat_map(|(case, kept)| {
            let due = kept.due.map(|at| Effect::Due { case, at: Some(at) });
            kept.log.unload(move |head, rows| Effect::Rows { case, head, rows }).chain(due)
        });
        let live = self.live.into_iter().map(|(case, row)| Effect::Live { case, row: Some(row) });
        let access = self.access.into_iter().flat_map(|(case, chain)| unload_access(case, chain));
        let forgotten =
            (self.forgotten > 0).then_some(Effect::Forgotten { partition, number: self.forgotten });
        let outbox = self.outbox.into_iter().map(move |row| Effect::Outbox { partition, row });
        let cursors = self.cursors.into_iter().map(move |(subscriber, number)| Effect::Cursor {
            partition,
            subscriber,
            number,
        });
        let lists = self.lists.into_iter().flat_map(move |(party, list)| {
            list.lines.into_iter().map(move |(case, (at, line))| Effect::Listed {
                partition,
                party,
                case,
                at,
                line,
            })
        });
        let documents = self
            .documents
            .into_iter()
            .filter(move |(_, kept)| kept.until.is_none_or(|until| until > now))
            .map(move |(name, kept)| Effect::Document {
                key: DocumentKey { partition, name },
                version: kept.version,
                content: kept.content,
                until: kept.until,
            });
        requests
            .chain(receipts)
            .chain(buckets)
            .chain(cases)
            .chain(live)
            .chain(access)
            .chain(forgotten)
            .chain(outbox)
            .chain(cursors)
            .chain(lists)
            .chain(documents)
    }
}

fn unload_access<R>(case: CaseId, chain: Chain<R>) -> impl Iterator<Item = Effect<R>> {
    chain.unload(move |head, rows| Effect::Access { case, head, rows })
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
