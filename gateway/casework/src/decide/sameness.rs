//! A case held as perhaps of another's happening: a person decides. Where it is the same, the earlier case takes up all
//! that was reported in the later one, and then the later one ends, in which nothing was begun.
//!
//! Three steps, in this order. The later case writes down what was decided, and takes nothing more: from here on what
//! there is to hand over stays the same. The earlier case takes it up, in one append. The later case ends, and names the
//! earlier one. Each step done again changes nothing, so that whoever finds the first one done can do the others.

use super::{Draft, report};
use crate::entry::{Actor, Entry, OtherCase};
use crate::input::{Received, Rejected};

/// A person decides whether the case is the same as another (its reference), or one of its own.
pub(super) fn decided(
    draft: &mut Draft<'_>,
    by: Actor,
    same_as: Option<String>,
    reason: String,
) -> Result<(), Rejected> {
    may(&by)?;
    match (draft.case.goes_on_in(), &same_as) {
        (Some(decided), Some(same)) if decided.reference == *same => return Ok(()),
        (Some(decided), _) => return Err(goes_on(decided)),
        (None, _) => {}
    }
    if draft.case.perhaps_same.is_empty() || draft.case.withdrawal.is_some() {
        return Err(Rejected::Ended("nobody asks whether it is the same as another".to_owned()));
    }
    let entry = match same_as {
        None => Entry::NotTheSame { reason },
        Some(same) => {
            let other = crate::sameness::candidate(&draft.case, Some(&same))?.clone();
            Entry::FoundSame { other, reason }
        }
    };
    draft.put(by, entry);
    Ok(())
}

/// The earlier case takes up the reports of a later one as if they had joined it: each with a receipt of its own, at the
/// moment when it was received there. What it holds already (by the request) it leaves. None of them, where it cannot take
/// one of them.
pub(super) fn take_up(
    draft: &mut Draft<'_>,
    by: Actor,
    other: OtherCase,
    reports: Vec<Received>,
    reason: String,
) -> Result<(), Rejected> {
    may(&by)?;
    let is_here = |request: &str| draft.case.receipts.iter().any(|known| known.request == request);
    let new: Vec<Received> = reports.into_iter().filter(|report| !is_here(&report.request)).collect();
    if new.is_empty() {
        return Ok(());
    }
    draft.refuse_ended()?;
    draft.put(by, Entry::TookUp { other, reason });
    new.into_iter().try_for_each(|received| report::attach(draft, received))
}

/// The other case has taken up what was reported here, or cannot.
pub(super) fn handed_over(draft: &mut Draft<'_>, to: &str, refused: Option<String>) -> Result<(), Rejected> {
    match (&draft.case.found_same, &draft.case.joined_to) {
        (_, Some(joined)) if joined.reference == to => Ok(()),
        (Some(found), _) if found.other.reference == to => {
            let other = found.other.clone();
            draft.follow(match refused {
                None => Entry::Joined { other },
                Some(reason) => Entry::NotJoined { reason },
            });
            Ok(())
        }
        _ => Err(Rejected::Ended(format!("nobody decided that it is the same as {to}"))),
    }
}

fn may(by: &Actor) -> Result<(), Rejected> {
    match by {
        Actor::Officer { .. } | Actor::Operator { .. } => Ok(()),
        Actor::Party { .. } | Actor::Agency(_) | Actor::Loket => {
            Err(Rejected::NotYours("an officer or operator decides whether it is the same".to_owned()))
        }
    }
}

/// The answer to whoever wants something of a case that goes on in another.
pub(crate) fn goes_on(other: &OtherCase) -> Rejected {
    Rejected::Ended(where_it_goes_on(other))
}

/// Where it goes on, in words.
pub(super) fn where_it_goes_on(other: &OtherCase) -> String {
    let OtherCase { reference, case } = other;
    format!("it is the same as {reference} (case {case}), which goes on with what was reported in it")
}
