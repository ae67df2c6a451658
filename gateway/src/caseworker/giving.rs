//! An input into a case: decide, append, and again where somebody else was faster.

use std::sync::Arc;

use casestore::CaseId;
use casework::case::{Case, Fact};
use casework::decide::{decide, stamp};
use casework::entry::{Known, Recorded};
use casework::input::{Duty, Input, Rejected};
use casework::name::FactKey;
use casework::plan::PlanHash;
use casework::rulebook::Rulebook;
use casework::time::{Instant, PartialDate};
use casework::value::Value;

use super::seams::Books;
use super::writing::{Decided, duties_from};
use super::{CaseworkError, Inner};
use crate::cases::Held;

/// How often somebody else may be faster before an input is given back.
const ROUNDS_MAX: usize = 32;

/// What became of inputs.
pub(super) struct Settled {
    /// The case as it is now.
    pub(super) held: Arc<Held>,
    /// For each input, why it changed nothing, where it did not.
    pub(super) rejected: Vec<Option<Rejected>>,
    /// The calls that became due and are this process's to make.
    pub(super) duties: Vec<Duty>,
    /// Nothing was stored: the inputs may wait for others.
    pub(super) kept_back: bool,
}

/// What inputs made of a case.
pub(super) struct Verdict {
    pub(super) decided: Decided,
    pub(super) rejected: Vec<Option<Rejected>>,
    /// The plan that it was decided with.
    pub(super) plan: PlanHash,
}

impl Inner {
    /// Settles inputs in this order, in one append. `may_wait` is asked whether what was decided may be kept back for
    /// now; it must not keep back what makes anything due.
    pub(super) async fn settle(
        &self,
        case: CaseId,
        inputs: &[Input],
        may_wait: impl Fn(&Seen<'_>) -> bool,
    ) -> Result<Settled, CaseworkError> {
        let mut held = match self.shelf.get(case) {
            Some(held) => held,
            None => self.load(case).await?,
        };
        let mut turn = None;
        for _ in 0..ROUNDS_MAX {
            let now = self.now().await?;
            let (prepared, verdict, first) = {
                let books = self.books()?;
                let verdict = decide_all(&*books, &held.file.case, inputs, now)?;
                let rules = rulebook(&*books, &verdict.plan)?;
                let seen = Seen { rules: &rules, entries: &verdict.decided.entries };
                let nothing = verdict.decided.entries.is_empty();
                if nothing || may_wait(&seen) {
                    let Verdict { rejected, .. } = verdict;
                    return Ok(Settled { held, rejected, duties: Vec::new(), kept_back: !nothing });
                }
                let first = held.file.case.entries + 1;
                let Verdict { decided, rejected, plan } = verdict;
                (self.prepare(&rules, case, Some(&held), decided, now), (rejected, plan), first)
            };
            if let Some(stored) = self.append(&mut held, prepared).await? {
                let (rejected, plan) = verdict;
                let duties = self.duties(&plan, &stored, first);
                return Ok(Settled { held: stored, rejected, duties, kept_back: false });
            }
            // From the second round on writers of one case in this process take turns.
            if turn.is_none() {
                turn = Some(self.turnstile(case).lock().await);
            }
        }
        Err(CaseworkError::Contended)
    }

    /// The calls of the case whose intents are among its entries from `first` on.
    pub(super) fn duties(&self, plan: &PlanHash, held: &Held, first: u64) -> Vec<Duty> {
        let books = self.rules.books();
        // A plan that was known a moment ago is known now; were it not, the due set would bring the case back.
        let Ok(rules) = rulebook(&*books, plan) else { return Vec::new() };
        duties_from(&rules, &held.file.case, held.file.now, first)
    }

    /// The books, if they may be decided by.
    pub(super) fn books(&self) -> Result<Arc<dyn Books>, CaseworkError> {
        if self.rules.confirmed() { Ok(self.rules.books()) } else { Err(CaseworkError::RegistryStale) }
    }

    /// The store's now.
    pub(super) async fn now(&self) -> Result<Instant, CaseworkError> {
        match self.clock.now() {
            Some(now) => Ok(now),
            None => Ok(self.clock.heard(self.store.now().await?)),
        }
    }

    fn turnstile(&self, case: CaseId) -> &tokio::sync::Mutex<()> {
        let bytes = case.as_bytes();
        &self.turnstiles[usize::from(bytes[bytes.len() - 1]) % self.turnstiles.len()]
    }
}

/// What was decided, for whoever asks whether it may wait.
pub(super) struct Seen<'a> {
    pub(super) rules: &'a Rulebook<'a>,
    pub(super) entries: &'a [Recorded],
}

pub(super) fn rulebook<'a>(books: &'a dyn Books, plan: &PlanHash) -> Result<Rulebook<'a>, CaseworkError> {
    books.rulebook(plan).ok_or_else(|| CaseworkError::UnknownPlan { plan: plan.0.clone() })
}

/// Decides the inputs one after the other. Where open cases of this plan move to another, it moves first.
pub(super) fn decide_all(
    books: &dyn Books,
    case: &Case,
    inputs: &[Input],
    now: Instant,
) -> Result<Verdict, CaseworkError> {
    let mut decided = Decided { entries: Vec::new(), after: case.clone() };
    let mut plan = case.plan.clone();
    if let Some(to) = move_to(books, case) {
        let moved = books
            .rulebook(&to)
            .is_some_and(|rules| one(&rules, &mut decided, Input::Move { to: to.clone() }, now).is_none());
        if moved {
            plan = to;
        }
    }
    let rules = rulebook(books, &plan)?;
    let rejected = inputs.iter().map(|input| one(&rules, &mut decided, input.clone(), now)).collect();
    Ok(Verdict { decided, rejected, plan })
}

fn one(rules: &Rulebook<'_>, decided: &mut Decided, input: Input, now: Instant) -> Option<Rejected> {
    match decide(rules, &decided.after, input, now) {
        Ok(entries) => {
            let entries = stamp(Some(&decided.after), now, entries);
            entries.iter().for_each(|recorded| decided.after.apply(recorded));
            decided.entries.extend(entries);
            None
        }
        Err(rejected) => Some(rejected),
    }
}

fn move_to(books: &dyn Books, case: &Case) -> Option<PlanHash> {
    let date = books.life_event(&case.life_event).and_then(|life_event| {
        let key = FactKey { name: life_event.identity.date.clone(), member: None };
        case.facts.get(&key).and_then(date_of)
    });
    books.move_to(&case.plan, date).filter(|to| *to != case.plan)
}

fn date_of(fact: &Fact) -> Option<PartialDate> {
    match fact.revisions.iter().rev().find(|revision| !revision.retracted).map(|revision| &revision.known) {
        Some(Known::Value(Value::Date(date))) => Some(*date),
        _ => None,
    }
}
