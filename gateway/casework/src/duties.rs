//! What is owed: calls to make now, and when somebody must look again. Derived from the case alone, so that recovery
//! after a crash is the ordinary path.

use crate::case::Case;
use crate::input::Duty;
use crate::rulebook::Rulebook;
use crate::time::Instant;

/// The calls whose intent is stored, that nobody has answered, and that do not count as unanswered yet.
///
/// Whoever's append stored the intent performs it, once ([`Duty::intent`] says which entry that is); everybody else
/// leaves it alone until [`Duty::until`], when [`Input::Look`](crate::input::Input::Look) decides what follows.
#[must_use]
pub fn duties(rules: &Rulebook<'_>, case: &Case, now: Instant) -> Vec<Duty> {
    let _ = (rules, case, now);
    Vec::new()
}

/// When somebody must look at the case again, later than `now`. None: nothing is owed and nobody is waited for, until
/// somebody sends an input.
#[must_use]
pub fn due_at(rules: &Rulebook<'_>, case: &Case, now: Instant) -> Option<Instant> {
    let _ = (rules, case, now);
    None
}
