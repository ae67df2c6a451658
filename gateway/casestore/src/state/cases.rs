//! Deciding about cases: logs, due times, live rows, access logs, the registry.

use bytes::Bytes;

use crate::id::{CaseId, Head, Partition};
use crate::state::{Chain, Effect, State, Step};
use crate::store::{Append, Due, Millis, Row};

/// What an append finds. Whether the rows after the caller's are its own is told by their hashes, not here.
pub(crate) enum Tail<R> {
    Done { rows: u64, now: Millis },
    Moved { rows: u64, after: Vec<R>, now: Millis },
    Gone,
}

/// What an append to an access chain finds.
pub(crate) enum Accessed<R> {
    Done { now: Millis },
    Moved { head: Head, rows: Vec<R>, now: Millis },
    Gone,
}

impl<R: Clone> Chain<R> {
    /// The rows after the first `rows`.
    pub(super) fn after(&self, rows: u64) -> Vec<R> {
        let from = usize::try_from(rows).unwrap_or(usize::MAX);
        self.rows.get(from..).unwrap_or_default().to_vec()
    }
}

/// What a granted append makes true.
pub(super) fn append_effects(append: Append, now: Millis) -> Vec<Effect<Bytes>> {
    let Append { case, new, row, due_in, live, outbox, .. } = append;
    let mut effects = Vec::with_capacity(5 + outbox.len());
    effects.push(Effect::Rows { case, head: new, rows: vec![row] });
    effects.push(Effect::Due { case, at: due_in.map(|span| now + span) });
    effects.push(Effect::Live { case, row: live });
    effects.extend(outbox.into_iter().map(|row| Effect::Outbox { partition: case.partition(), row }));
    effects
}

impl<R: Clone> State<R> {
    /// Appends a row to a case's log.
    pub(crate) fn append(&self, append: Append, now: Millis) -> Step<Tail<R>> {
        let Some(kept) = self.case(append.case) else { return Step::read(Tail::Gone) };
        let rows = kept.log.rows.len() as u64;
        if kept.log.head != append.prev {
            return Step::read(Tail::Moved { rows, after: kept.log.after(append.prev_rows), now });
        }
        Step { answer: Tail::Done { rows: rows + 1, now }, effects: append_effects(append, now) }
    }

    /// A case's log.
    pub(crate) fn load(&self, case: CaseId, now: Millis) -> Step<Option<(Vec<R>, Head, Millis)>> {
        Step::read(self.case(case).map(|kept| (kept.log.rows.clone(), kept.log.head, now)))
    }

    /// Cases that are due, the longest due first, each with `lease` milliseconds from now on.
    pub(crate) fn take_due(
        &self,
        partitions: &[Partition],
        limit: usize,
        lease: i64,
        now: Millis,
    ) -> Step<Vec<Due>> {
        let mut due: Vec<_> = partitions
            .iter()
            .flat_map(|&partition| {
                self.share(partition).due.iter().take_while(|(at, _)| *at <= now).take(limit)
            })
            .copied()
            .collect();
        due.sort_unstable();
        due.dedup();
        due.truncate(limit);
        let until = now + lease;
        Step {
            effects: due.iter().map(|&(_, case)| Effect::Due { case, at: Some(until) }).collect(),
            answer: due.into_iter().map(|(since, case)| Due { case, since, until }).collect(),
        }
    }

    /// Sets when a case is due, if its log is still at this head.
    pub(crate) fn postpone(&self, case: CaseId, head: Head, due_in: i64, now: Millis) -> Step<Millis> {
        if self.case(case).is_none_or(|kept| kept.log.head != head) {
            return Step::read(now);
        }
        Step { answer: now, effects: vec![Effect::Due { case, at: Some(now + due_in) }] }
    }

    /// Live rows in the order of ids.
    pub(crate) fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Step<Vec<(CaseId, R)>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        let rows = self.share(partition).live.range((from, Unbounded)).take(limit);
        Step::read(rows.map(|(case, row)| (*case, row.clone())).collect())
    }

    /// Appends rows to a case's access log.
    pub(crate) fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
        now: Millis,
    ) -> Step<Accessed<R>> {
        if self.case(case).is_none() {
            return Step::read(Accessed::Gone);
        }
        let chain = self.share(case.partition()).access.get(&case);
        let head = chain.map_or(Head::EMPTY, |chain| chain.head);
        if head == new {
            return Step::read(Accessed::Done { now });
        }
        if head != prev {
            let rows = chain.map_or_else(Vec::new, |chain| chain.rows.clone());
            return Step::read(Accessed::Moved { head, rows, now });
        }
        Step { answer: Accessed::Done { now }, effects: vec![Effect::Access { case, head: new, rows }] }
    }

    /// A case's access log.
    pub(crate) fn access(&self, case: CaseId) -> Step<Option<(Vec<R>, Head)>> {
        if self.case(case).is_none() {
            return Step::read(None);
        }
        let chain = self.share(case.partition()).access.get(&case);
        Step::read(Some(chain.map_or_else(|| (Vec::new(), Head::EMPTY), |c| (c.rows.clone(), c.head))))
    }

    /// Appends a row to the registry's log: the rows now, or what the caller missed.
    pub(crate) fn append_registry(&self, prev_rows: u64, row: Row) -> Step<Result<u64, Vec<R>>> {
        let rows = self.registry.len() as u64;
        if rows != prev_rows {
            return Step::read(Err(self.registry_rows(prev_rows, usize::MAX)));
        }
        Step { answer: Ok(rows + 1), effects: vec![Effect::Registry { row }] }
    }

    /// Rows of the registry's log.
    pub(crate) fn registry_after(&self, rows: u64, limit: usize) -> Step<Vec<R>> {
        Step::read(self.registry_rows(rows, limit))
    }

    fn registry_rows(&self, after: u64, limit: usize) -> Vec<R> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.registry.iter().skip(after).take(limit).cloned().collect()
    }
}
