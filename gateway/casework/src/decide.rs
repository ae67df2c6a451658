//! The decision: what follows from a case, an input and the time. Same arguments, same entries, always.
//!
//! First what we were told is recorded, then the case is advanced until nothing more follows: steps are skipped,
//! offered, given an agency and a term, called (the intent, in the same batch as what made the call due), outcomes
//! settled, the case completed or withdrawn. An accept means recorded, never done: nothing leaves before the entries
//! returned here are stored.

mod advance;
mod answer;
mod call;
mod claims;
mod facts;
mod gifts;
mod members;
mod open;
mod outcomes;
mod redo;
mod report;
mod sameness;
mod silence;
mod steer;
mod withdraw;

use crate::case::{Case, CaseState};
use crate::entry::{Actor, Entry, Recorded};
use crate::input::{Input, Received, Rejected};
use crate::picture::Picture;
use crate::rulebook::Rulebook;
use crate::time::Instant;

pub(crate) use advance::lapses_at;
pub(crate) use members::{PERSON, SAID_OTHERWISE};
pub use open::{open, opened};
pub(crate) use sameness::goes_on;
pub(crate) use silence::can_be_asked;

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
    advanced(rules, case.clone(), input, now).map(|draft| draft.entries)
}

/// As [`decide`], for whoever goes on with the case as it is then: the entries as they are stored, and the case after
/// them.
///
/// # Errors
/// As [`decide`].
pub fn decided(
    rules: &Rulebook<'_>,
    case: Case,
    input: Input,
    now: Instant,
) -> Result<(Vec<Recorded>, Case), Rejected> {
    let first = case.entries + 1;
    Ok(advanced(rules, case, input, now)?.finish(first))
}

/// Whether a party may withdraw the case as it is: something of it is still to be done, or can be taken back.
#[must_use]
pub fn can_be_withdrawn(rules: &Rulebook<'_>, case: &Case) -> bool {
    withdraw::is_possible(Picture { rules, case })
}

fn advanced<'a>(
    rules: &'a Rulebook<'a>,
    case: Case,
    input: Input,
    now: Instant,
) -> Result<Draft<'a>, Rejected> {
    let mut draft = Draft::of(rules, case, now);
    // It is put down, and nothing follows from it: whoever says so is about another case and makes no calls of this one.
    let aside = matches!(input, Input::Resembled { .. });
    if let Input::Move { to } = input {
        draft.move_to(to)?;
    } else {
        if *rules.hash != draft.case.plan {
            return Err(Rejected::OtherPlan(draft.case.plan));
        }
        draft.record(input)?;
    }
    if !aside {
        advance::advance(&mut draft);
    }
    Ok(draft)
}

/// The entries as they are stored: numbered on from the case (none: a case being opened), at the moment they were
/// decided at. Whoever appends them and whoever folds the log has the same case.
#[must_use]
pub fn stamp(case: Option<&Case>, now: Instant, entries: Vec<(Actor, Entry)>) -> Vec<Recorded> {
    let first = case.map_or(1, |case| case.entries + 1);
    let at = case.map_or(now, |case| case.changed_at.max(now));
    (first..).zip(entries).map(|(number, (by, entry))| Recorded { number, at, by, entry }).collect()
}

/// A case while it is decided about: each entry counts for those after it.
struct Draft<'a> {
    rules: &'a Rulebook<'a>,
    case: Case,
    now: Instant,
    entries: Vec<(Actor, Entry)>,
}

impl<'a> Draft<'a> {
    fn of(rules: &'a Rulebook<'a>, case: Case, now: Instant) -> Self {
        let now = case.changed_at.max(now);
        Self { rules, case, now, entries: Vec::new() }
    }

    /// Adds an entry.
    fn put(&mut self, by: Actor, entry: Entry) {
        let number = self.case.entries + 1;
        let recorded = Recorded { number, at: self.now, by, entry };
        self.case.apply(&recorded);
        self.entries.push((recorded.by, recorded.entry));
    }

    /// The entries as they are stored, the first with this number, and the case after them.
    fn finish(self, first: u64) -> (Vec<Recorded>, Case) {
        let at = self.now;
        let entries = (first..).zip(self.entries);
        let entries = entries.map(|(number, (by, entry))| Recorded { number, at, by, entry }).collect();
        (entries, self.case)
    }

    /// Adds an entry that follows by itself.
    fn follow(&mut self, entry: Entry) {
        self.put(Actor::Loket, entry);
    }

    fn picture(&self) -> Picture<'_> {
        Picture { rules: self.rules, case: &self.case }
    }

    /// Records what we were told.
    fn record(&mut self, input: Input) -> Result<(), Rejected> {
        match input {
            Input::Report { by, report, request, person } => {
                self.refuse_ended()?;
                let received_at = self.now;
                report::attach(self, Received { by, report, request, person, received_at })
            }
            Input::Answers { by, facts } => {
                self.refuse_ended()?;
                facts::answers(self, &by, facts)
            }
            Input::Dispute { by, key, proposed, reason } => {
                self.refuse_ended()?;
                facts::dispute(self, &by, key, proposed, reason)
            }
            Input::Correct { by, facts, .. } => {
                self.refuse_ended()?;
                facts::correct(self, &by, facts)
            }
            Input::MemberDecided { by, role, mention, member } => {
                self.refuse_ended()?;
                members::decided(self, &by, &role, mention, member)
            }
            Input::Offer { by, step, accepted } => steer::offer(self, by, step, accepted),
            Input::Withdraw { by, reason } => withdraw::ask(self, by, reason),
            Input::Answer { step, call, key, attempt, agency, answer } => {
                answer::take(self, answer::Told { step, call, key, attempt, agency }, answer)
            }
            Input::Steer { by, step, act, reason } => steer::steer(self, by, step, act, reason),
            Input::Resembled { other } => {
                self.refuse_ended()?;
                if !self.case.resembled_by.contains(&other) {
                    self.follow(Entry::ResembledBy { other });
                }
                Ok(())
            }
            Input::ClaimDecided { by, receipt, upheld, reason } => {
                self.refuse_ended()?;
                claims::decided(self, by, receipt, upheld, reason)
            }
            Input::SamenessDecided { by, same_as, reason } => sameness::decided(self, by, same_as, reason),
            Input::TakeUp { by, other, reports, reason } => {
                sameness::take_up(self, by, other, reports, reason)
            }
            Input::HandedOver { to, refused } => sameness::handed_over(self, &to, refused),
            // A move has come before this: it is the one input that changes which plan the case is decided with.
            Input::Move { .. } | Input::Look => Ok(()),
        }
    }

    /// A case that was withdrawn, or is being so, takes no more facts; nor does one that goes on in another.
    fn refuse_ended(&self) -> Result<(), Rejected> {
        if let Some(other) = self.case.goes_on_in() {
            return Err(goes_on(other));
        }
        match (self.case.state, self.case.withdrawal) {
            (CaseState::Withdrawn, _) => Err(Rejected::Ended("it was withdrawn".to_owned())),
            (_, Some(_)) => Err(Rejected::Ended("it is being withdrawn".to_owned())),
            _ => Ok(()),
        }
    }

    fn move_to(&mut self, to: crate::plan::PlanHash) -> Result<(), Rejected> {
        if *self.rules.hash != to {
            return Err(Rejected::OtherPlan(to));
        }
        if self.case.plan != to {
            self.follow(Entry::PlanMoved { to });
        }
        Ok(())
    }
}
