//! From what a store found to what it answers: the same rules for every store, where its rows have been read.

use crate::id::Head;
use crate::state::{Accessed, Tail};
use crate::store::{AccessAppended, Appended, Millis, Row};

/// The answer to an append: whether the rows that the caller missed begin with its own tells their hash.
pub(crate) fn appended(prev: Head, new: Head, tail: Tail<Row>) -> Appended {
    match tail {
        Tail::Done { rows, now } => Appended::Done { rows, now },
        Tail::Moved { rows, mut after, now } => {
            if after.first().is_some_and(|row| prev.after(row) == new) {
                after.remove(0);
                return Appended::Landed { rows, after, now };
            }
            Appended::Stale { missed: after, now }
        }
        Tail::Gone => Appended::Gone,
    }
}

/// The answer to an append to an access chain.
pub(crate) fn accessed(prev: Head, new: Head, batch: usize, found: Accessed<Row>) -> AccessAppended {
    match found {
        Accessed::Done { now } => AccessAppended::Done { now },
        Accessed::Moved { head, rows, now } => moved_access(prev, new, batch, head, &rows, now),
        Accessed::Gone => AccessAppended::Gone,
    }
}

/// Whether the batch has landed before and others came after it is told by walking the chain: it is there if the
/// head is `prev` at some place and `new` one batch later.
pub(crate) fn moved_access(
    prev: Head,
    new: Head,
    batch: usize,
    head: Head,
    rows: &[Row],
    now: Millis,
) -> AccessAppended {
    let mut at = Head::EMPTY;
    let mut landed_at = (at == prev).then_some(batch);
    for (row, passed) in rows.iter().zip(1..) {
        at = at.after(row);
        if at == new && landed_at == Some(passed) {
            return AccessAppended::Done { now };
        }
        if at == prev {
            landed_at = Some(passed + batch);
        }
    }
    AccessAppended::Stale { head }
}
