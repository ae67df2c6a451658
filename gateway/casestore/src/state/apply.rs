//! Making effects true.

use crate::id::{CaseId, Head};
use crate::state::{Case, Chain, Effect, Expiring, Happenings, Kept, PartyList, Reservation, State};
use crate::store::Millis;

/// How much of what has expired one call clears away: more than a call can add, so that it never heaps up.
const CLEARED_PER_CALL: usize = 4;

impl<R> State<R> {
    /// Makes one effect true.
    pub(crate) fn apply(&mut self, effect: Effect<R>) {
        match effect {
            Effect::Reserved { partition, request, body, note, until } => {
                self.expiring.insert((until, Expiring::Request(partition, request)));
                self.share_mut(partition).requests.insert(request, Reservation { body, note, until });
            }
            Effect::Receipt { partition, request, case } => {
                self.share_mut(partition).receipts.insert(request, case);
            }
            Effect::Happening { partition, bucket, version, case, features } => {
                let buckets = &mut self.share_mut(partition).buckets;
                buckets.entry(bucket).or_insert_with(Happenings::empty).add(version, case, features);
            }
            Effect::Rows { case, head, rows } => self.log(case, head, rows),
            Effect::Due { case, at } => self.set_due(case, at),
            Effect::Live { case, row: Some(row) } => {
                self.share_mut(case.partition()).live.insert(case, row);
            }
            Effect::Live { case, row: None } => {
                self.share_mut(case.partition()).live.remove(&case);
            }
            Effect::Outbox { partition, row } => self.share_mut(partition).outbox.push_back(row),
            Effect::Forgotten { partition, number } => {
                let share = self.share_mut(partition);
                let gone = number.saturating_sub(share.forgotten);
                let gone = usize::try_from(gone).unwrap_or(usize::MAX).min(share.outbox.len());
                share.outbox.drain(..gone);
                share.forgotten = share.forgotten.max(number);
            }
            Effect::Cursor { partition, subscriber, number } => {
                self.share_mut(partition).cursors.insert(subscriber, number);
            }
            Effect::Access { case, head, rows } => {
                let chains = &mut self.share_mut(case.partition()).access;
                let chain = chains.entry(case).or_insert_with(Chain::empty);
                chain.head = head;
                chain.rows.extend(rows);
            }
            Effect::Listed { partition, party, case, at, line } => {
                let lists = &mut self.share_mut(partition).lists;
                let list = lists.entry(party).or_insert_with(PartyList::empty);
                if let Some((before, _)) = list.lines.insert(case, (at, line)) {
                    list.order.remove(&(before, case));
                }
                list.order.insert((at, case));
            }
            Effect::Document { key, version, content, until } => {
                if let Some(until) = until {
                    self.expiring.insert((until, Expiring::Document(key)));
                }
                self.share_mut(key.partition).documents.insert(key.name, Kept { version, content, until });
            }
            Effect::NoDocument { key } => {
                self.share_mut(key.partition).documents.remove(&key.name);
            }
            Effect::Registry { row } => self.registry.push(row),
            Effect::Clock { offset } => self.offset = offset,
        }
    }

    fn log(&mut self, case: CaseId, head: Head, rows: Vec<R>) {
        let cases = &mut self.share_mut(case.partition()).cases;
        let kept = cases.entry(case).or_insert_with(|| Case { log: Chain::empty(), due: None });
        kept.log.head = head;
        // Most cases have few rows and wait for long: no spare room.
        kept.log.rows.reserve_exact(rows.len());
        kept.log.rows.extend(rows);
    }

    fn set_due(&mut self, case: CaseId, at: Option<Millis>) {
        let share = self.share_mut(case.partition());
        let Some(kept) = share.cases.get_mut(&case) else { return };
        if let Some(before) = std::mem::replace(&mut kept.due, at) {
            share.due.remove(&(before, case));
        }
        if let Some(at) = at {
            share.due.insert((at, case));
        }
    }

    /// Clears away a little of what has expired; nobody can see it, since every question looks at the time itself.
    pub(crate) fn clear_expired(&mut self, now: Millis) {
        for _ in 0..CLEARED_PER_CALL {
            let Some(&(until, what)) = self.expiring.first().filter(|(until, _)| *until <= now) else {
                return;
            };
            self.expiring.pop_first();
            match what {
                Expiring::Request(partition, request) => {
                    let requests = &mut self.share_mut(partition).requests;
                    if requests.get(&request).is_some_and(|kept| kept.until == until) {
                        requests.remove(&request);
                    }
                }
                Expiring::Document(key) => {
                    let documents = &mut self.share_mut(key.partition).documents;
                    if documents.get(&key.name).is_some_and(|kept| kept.until == Some(until)) {
                        documents.remove(&key.name);
                    }
                }
            }
        }
    }
}

impl<R> Happenings<R> {
    fn empty() -> Self {
        Self { version: 0, entries: Vec::new() }
    }

    fn add(&mut self, version: u64, case: CaseId, features: R) {
        self.version = version;
        // Most buckets have one happening: no spare room.
        self.entries.reserve_exact(1);
        self.entries.push((case, features));
    }
}

impl<R> Chain<R> {
    fn empty() -> Self {
        Self { head: Head::EMPTY, rows: Vec::new() }
    }
}

impl<R> PartyList<R> {
    fn empty() -> Self {
        Self { order: std::collections::BTreeSet::new(), lines: std::collections::HashMap::new() }
    }
}
