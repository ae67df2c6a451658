//! Deciding about what is kept beside the cases: outboxes, parties' lists, documents, the clock.

use std::ops::Bound::{Excluded, Unbounded};

use bytes::Bytes;

use crate::id::{CaseId, Partition};
use crate::state::{Effect, Kept, Share, State, Step};
use crate::store::{DocumentKey, KeyedHash, Listed, Millis};

/// A document as it is kept: its version and content.
pub(crate) type Content<R> = (u64, R);

/// What writing a document finds: its version now, or what it is instead.
pub(crate) type Writing<R> = Result<(u64, Millis), Option<Content<R>>>;

impl<R> Share<R> {
    fn cursor(&self, subscriber: &str) -> u64 {
        self.cursors.get(subscriber).copied().unwrap_or(0)
    }

    /// The number of the outbox's last row.
    fn last(&self) -> u64 {
        self.forgotten + self.outbox.len() as u64
    }
}

impl<R: Clone> State<R> {
    /// Rows of an outbox after the subscriber's cursor, with their numbers.
    pub(crate) fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Step<Vec<(u64, R)>> {
        let share = self.share(partition);
        let from = share.cursor(subscriber).max(share.forgotten);
        let skip = usize::try_from(from - share.forgotten).unwrap_or(usize::MAX);
        let rows = share.outbox.iter().skip(skip).take(limit).cloned();
        Step::read((from + 1..).zip(rows).collect())
    }

    /// Moves a subscriber's cursor; never back.
    pub(crate) fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Step<()> {
        if number <= self.share(partition).cursor(subscriber) {
            return Step::read(());
        }
        let subscriber = subscriber.to_owned();
        Step { answer: (), effects: vec![Effect::Cursor { partition, subscriber, number }] }
    }

    /// Drops rows of an outbox; not those that are yet to come.
    pub(crate) fn outbox_forget(&self, partition: Partition, number: u64) -> Step<()> {
        let share = self.share(partition);
        let number = number.min(share.last());
        if number <= share.forgotten {
            return Step::read(());
        }
        Step { answer: (), effects: vec![Effect::Forgotten { partition, number }] }
    }

    /// Where rows wait for the subscriber.
    pub(crate) fn outbox_pending(&self, subscriber: &str) -> Step<Vec<Partition>> {
        let waits = |partition: &Partition| {
            let share = self.share(*partition);
            share.last() > share.cursor(subscriber).max(share.forgotten)
        };
        Step::read(Partition::all().filter(waits).collect())
    }

    /// Puts a case on a party's list.
    pub(crate) fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Step<()> {
        let Listed { case, at, line } = listed;
        let before = self.share(partition).lists.get(&party).and_then(|list| list.lines.get(&case));
        let at = before.map_or(at, |(at, _)| *at);
        Step { answer: (), effects: vec![Effect::Listed { partition, party, case, at, line }] }
    }

    /// A page of a party's list, newest first.
    pub(crate) fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Step<Vec<(CaseId, Millis, R)>> {
        let Some(list) = self.share(partition).lists.get(&party) else { return Step::read(Vec::new()) };
        let page = list.order.range((Unbounded, before.map_or(Unbounded, Excluded))).rev().take(limit);
        let line =
            |&(at, case): &(Millis, CaseId)| list.lines.get(&case).map(|(_, line)| (case, at, line.clone()));
        Step::read(page.filter_map(line).collect())
    }

    fn kept(&self, key: DocumentKey, now: Millis) -> Option<&Kept<R>> {
        let kept = self.share(key.partition).documents.get(&key.name);
        kept.filter(|kept| kept.until.is_none_or(|until| until > now))
    }

    /// Writes or deletes a document: its version now, or what it is instead.
    pub(crate) fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<i64>,
        now: Millis,
    ) -> Step<Writing<R>> {
        let kept = self.kept(key, now);
        if kept.map(|kept| kept.version) != expected {
            return Step::read(Err(kept.map(|kept| (kept.version, kept.content.clone()))));
        }
        if content.is_empty() {
            let effects = kept.map(|_| Effect::NoDocument { key }).into_iter().collect();
            return Step { answer: Ok((0, now)), effects };
        }
        let version = expected.unwrap_or(0) + 1;
        let until = keep.map(|span| now + span);
        Step { answer: Ok((version, now)), effects: vec![Effect::Document { key, version, content, until }] }
    }

    /// A document.
    pub(crate) fn document(&self, key: DocumentKey, now: Millis) -> Step<Option<Content<R>>> {
        Step::read(self.kept(key, now).map(|kept| (kept.version, kept.content.clone())))
    }

    /// Moves the clock.
    pub(crate) fn set_clock_offset(&self, offset: i64) -> Step<()> {
        if offset == self.offset {
            return Step::read(());
        }
        Step { answer: (), effects: vec![Effect::Clock { offset }] }
    }
}
