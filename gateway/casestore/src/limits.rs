//! What a call may ask for, the same in every store: checked before anything is sent or written.

use std::time::Duration;

use bytes::Bytes;

use crate::id::{Head, Partition};
use crate::store::{
    Answer, Append, BYTES_MAX, CLOCK_OFFSET_MAX, Claim, ClaimAct, Listed, ROWS_MAX, Row, SPAN_MAX,
    SUBSCRIBER_MAX, StoreError,
};

fn broken<T>(reason: String) -> Answer<T> {
    Err(StoreError::TooLarge { reason })
}

/// No more than [`BYTES_MAX`] bytes in one piece.
pub(crate) fn bytes(what: &str, bytes: &Bytes) -> Answer<()> {
    if bytes.len() > BYTES_MAX {
        return broken(format!(
            "{what} has {} bytes, at most {BYTES_MAX} are kept in one piece",
            bytes.len()
        ));
    }
    Ok(())
}

/// The rows of one batch: not too many, none too large.
pub(crate) fn rows(what: &str, rows: &[Row]) -> Answer<()> {
    if rows.len() > ROWS_MAX {
        return broken(format!("{} {what}s in one call, at most {ROWS_MAX} are taken", rows.len()));
    }
    rows.iter().try_for_each(|row| bytes(what, row))
}

/// A duration in milliseconds, at least one.
pub(crate) fn span(what: &str, span: Duration) -> Answer<i64> {
    match i64::try_from(span.as_millis()) {
        Ok(millis) if millis <= SPAN_MAX => Ok(millis.max(1)),
        _ => broken(format!("{what} is longer than a thousand years")),
    }
}

/// A point or an offset in milliseconds that every store can keep exactly.
pub(crate) fn millis(what: &str, millis: i64, most: i64) -> Answer<()> {
    if millis.unsigned_abs() > most.unsigned_abs() {
        return broken(format!("{what} is {millis} ms, further than {most} ms"));
    }
    Ok(())
}

/// The clock's offset.
pub(crate) fn clock_offset(offset: i64) -> Answer<()> {
    millis("the clock's offset", offset, CLOCK_OFFSET_MAX)
}

/// A subscriber's name.
pub(crate) fn subscriber(name: &str) -> Answer<()> {
    if name.is_empty() || name.len() > SUBSCRIBER_MAX {
        return broken(format!("a subscriber's name has 1 to {SUBSCRIBER_MAX} bytes, not {}", name.len()));
    }
    Ok(())
}

/// When a case is due, from the store's now.
pub(crate) fn due_in(span: i64) -> Answer<()> {
    millis("a due time", span, SPAN_MAX)
}

/// One append: its pieces, and that `new` is what the row makes of `prev`. A wrong head would be found by whoever
/// verifies the chain, long after it could be mended.
pub(crate) fn append(append: &Append) -> Answer<()> {
    bytes("a row", &append.row)?;
    rows("outbox row", &append.outbox)?;
    if let Some(live) = &append.live {
        bytes("a live row", live)?;
    }
    append.due_in.map_or(Ok(()), due_in)?;
    if append.prev.after(&append.row) != append.new {
        return broken("the new head is not the old one after the row".to_owned());
    }
    Ok(())
}

/// One claim: its append, and that everything is in one partition.
pub(crate) fn claim(claim: &Claim) -> Answer<()> {
    let inner = match &claim.act {
        ClaimAct::Create { features, append } => {
            bytes("a happening's features", features)?;
            if append.prev != Head::EMPTY || append.prev_rows != 0 {
                return broken("a new case starts from the empty head and no rows".to_owned());
            }
            append
        }
        ClaimAct::Attach { append } => append,
    };
    same_partition(claim.partition, inner.case.partition())?;
    append(inner)
}

fn same_partition(bucket: Partition, case: Partition) -> Answer<()> {
    if bucket != case {
        return broken(format!("a bucket of partition {} for a case of {}", bucket.number(), case.number()));
    }
    Ok(())
}

/// The rows of an access batch, and that `new` is what they make of `prev`.
pub(crate) fn access(prev: Head, new: Head, batch: &[Row]) -> Answer<()> {
    rows("access row", batch)?;
    if batch.is_empty() {
        return broken("an access batch without rows".to_owned());
    }
    if batch.iter().fold(prev, |head, row| head.after(row)) != new {
        return broken("the new access head is not the old one after the rows".to_owned());
    }
    Ok(())
}

/// A line of a party's list.
pub(crate) fn listed(listed: &Listed) -> Answer<()> {
    bytes("a line", &listed.line)?;
    millis("a line's time", listed.at, SPAN_MAX * 2)
}
