//! The decision: what follows from a case, an input and the time. Same arguments, same entries, always.
//!
//! First what we were told is recorded, then the case is advanced until nothing more follows: steps are skipped,
//! offered, given an agency and a term, called (the intent, in the same batch as what made the call due), outcomes
//! settled, the case completed or withdrawn. An accept means recorded, never done: nothing leaves before the entries
//! returned here are stored.

use crate::case::Case;
use crate::entry::{Actor, Entry, Recorded};
use crate::input::{Input, Opening, Rejected};
use crate::rulebook::Rulebook;
use crate::time::Instant;

/// Opens a case. The entries begin with [`Entry::Opened`].
///
/// # Errors
/// Where the report lacks what identifies the happening, says what it may not, or the plan cannot reach its outcomes.
pub fn open(rules: &Rulebook<'_>, opening: Opening, now: Instant) -> Result<Vec<(Actor, Entry)>, Rejected> {
    let _ = (rules, opening, now);
    Ok(Vec::new())
}

/// Decides what follows from the input. `now` is the store's; an earlier one than the case's last entry counts as
/// that. No entries: nothing follows, there is nothing to store.
///
/// # Errors
/// Where the input changes nothing, because it may not or cannot: the answer to whoever sent it.
pub fn decide(
    rules: &Rulebook<'_>,
    case: &Case,
    input: Input,
    now: Instant,
) -> Result<Vec<(Actor, Entry)>, Rejected> {
    let _ = (rules, case, input, now);
    Ok(Vec::new())
}

/// The entries as they are stored: numbered on from the case (none: a case being opened), at the moment they were
/// decided at. Whoever appends them and whoever folds the log has the same case.
#[must_use]
pub fn stamp(case: Option<&Case>, now: Instant, entries: Vec<(Actor, Entry)>) -> Vec<Recorded> {
    let first = case.map_or(1, |case| case.entries + 1);
    let at = case.map_or(now, |case| case.changed_at.max(now));
    (first..).zip(entries).map(|(number, (by, entry))| Recorded { number, at, by, entry }).collect()
}
