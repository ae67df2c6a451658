//! An input into a case: decide, append, and again where somebody else was faster.

use std::sync::Arc;

use casestore::{CaseId, Head};
use casework::case::{Case, Fact};
use casework::decide::decided;
use casework::duties::{due_at, duties_since};
use casework::entry::{Known, Recorded};
use casework::input::{Duty, Input, Rejected};
use casework::name::FactKey;
use casework::plan::PlanHash;
use casework::rulebook::{Rulebook, patience};
use casework::time::{Instant, PartialDate};
use casework::value::Value;

use super::seams::Books;
use super::writing::{Decided, Prepared};
use super::{CaseworkError, Inner};
use crate::cases::Held;

/// How often somebody else may be faster before an input is given back.
const ROUNDS_MAX: usize = 32;
/// How soon a case that cannot be read is looked at again, in milliseconds.
const QUARANTINE_MS: i64 = 600_000;

/// What became of inputs.
pub(super) struct Settled {
    /// The case as it is now.
    pub(super) held: Arc<Held>,
    /// For each input, why it changed nothing, where it did not.
    pub(super) rejected: Vec<Option<Rejected>>,
    /// The calls that became due and are this process's to make.
    pub(super) duties: Vec<Duty>,
    /// Whether anything was stored.
    pub(super) stored: bool,
    /// What was decided, where it is kept back: the inputs wait for others.
    pub(super) kept_back: Option<KeptBack>,
}

/// What inputs made of a case.
pub(super) struct Verdict {
    pub(super) decided: Decided,
    pub(super) rejected: Vec<Option<Rejected>>,
    /// The plan that it was decided with.
    pub(super) plan: PlanHash,
}

/// What was decided of the first inputs in hand and is not stored yet: the next are decided on from there, as long as
/// nobody else has written.
pub(super) struct KeptBack {
    upon: Head,
    inputs: usize,
    decided: Decided,
    plan: PlanHash,
}

/// What one round of deciding came to.
#[expect(clippy::large_enum_variant, reason = "one exists per round and is taken apart at once")]
enum Round {
    /// A "no", or nothing, upon what is held; but that may be old: it is said of the case as it is alone.
    Doubtful,
    /// Nothing is stored: nothing follows, or it is kept back.
    Rests(Vec<Option<Rejected>>, Option<KeptBack>),
    /// This is to be stored.
    Writes(Prepared, Vec<Option<Rejected>>, PlanHash),
}

impl Inner {
    /// Settles inputs in this order, in one append; `before` is what was kept back of the first of them. `may_wait` is
    /// asked whether what was decided may be kept back for now; it must not keep back what makes anything due.
    pub(super) async fn settle(
        &self,
        case: CaseId,
        inputs: &[Input],
        mut before: Option<KeptBack>,
        may_wait: impl Fn(&Seen<'_>) -> bool,
    ) -> Result<Settled, CaseworkError> {
        let (mut held, mut fresh) = match self.shelf.get(case) {
            Some(held) => (held, false),
            None => (self.load(case).await?, true),
        };
        let mut turn = None;
        for _ in 0..ROUNDS_MAX {
            self.confirm().await?;
            let now = self.now().await?;
            let round = self.round(&held, fresh, inputs, before.take(), &may_wait, now)?;
            let (prepared, rejected, plan) = match round {
                Round::Rests(rejected, kept_back) => {
                    let duties = Vec::new();
                    return Ok(Settled { held, rejected, duties, stored: false, kept_back });
                }
                Round::Doubtful => {
                    held = self.load(case).await?;
                    fresh = true;
                    continue;
                }
                Round::Writes(prepared, rejected, plan) => (prepared, rejected, plan),
            };
            let first = held.file.case.entries + 1;
            if let Some(held) = self.append(&mut held, prepared).await? {
                let duties = self.duties(&plan, &held, first);
                return Ok(Settled { held, rejected, duties, stored: true, kept_back: None });
            }
            fresh = true;
            // From the second round on writers of one case in this process take turns.
            if turn.is_none() {
                turn = Some(self.turnstile(case).lock().await);
            }
        }
        Err(CaseworkError::Contended)
    }

    /// Decides once, upon the case as it is held.
    fn round(
        &self,
        held: &Held,
        fresh: bool,
        inputs: &[Input],
        before: Option<KeptBack>,
        may_wait: impl Fn(&Seen<'_>) -> bool,
        now: Instant,
    ) -> Result<Round, CaseworkError> {
        let books = self.rules.books();
        let gone_on = before.and_then(|before| go_on(&*books, held, before, inputs, now));
        let verdict = gone_on.map_or_else(|| decide_all(&*books, &held.file.case, inputs, now), Ok)?;
        let Verdict { decided, rejected, plan } = verdict;
        let nothing = decided.entries.is_empty();
        if !fresh && (nothing || rejected.iter().any(Option::is_some)) {
            return Ok(Round::Doubtful);
        }
        let rules = rulebook(&*books, &plan)?;
        if nothing {
            return Ok(Round::Rests(rejected, None));
        }
        if may_wait(&Seen { rules: &rules, entries: &decided.entries }) {
            let kept_back = KeptBack { upon: held.file.head, inputs: inputs.len(), decided, plan };
            return Ok(Round::Rests(rejected, Some(kept_back)));
        }
        let prepared = self.prepare(&rules, held.file.id, Some(held), decided, now);
        Ok(Round::Writes(prepared, rejected, plan))
    }

    /// The calls of the case whose intents are among its entries from `first` on.
    pub(super) fn duties(&self, plan: &PlanHash, held: &Held, first: u64) -> Vec<Duty> {
        let books = self.rules.books();
        // A plan that was known a moment ago is known now; were it not, the due set would bring the case back.
        let Ok(rules) = rulebook(&*books, plan) else { return Vec::new() };
        duties_since(&rules, &held.file.case, held.file.now, first)
    }

    /// Nothing follows for now: the case is due when something may.
    pub(super) async fn postpone(&self, held: &Held) -> Result<(), CaseworkError> {
        let now = self.now().await?;
        let due_in = {
            let books = self.rules.books();
            let case = &held.file.case;
            due_at(&rulebook(&*books, &case.plan)?, case, now).map(|due| due.0.saturating_sub(now.0))
        };
        // A case for which nothing is ever due by itself has no due time from its last append on; were it to have
        // one, it may have it again in a day.
        let due_in = due_in.unwrap_or(patience::LOOK_AT_PEOPLE_MS);
        self.clock.heard(self.store.postpone(held.file.id, held.file.head, due_in).await?);
        Ok(())
    }

    /// A case that cannot be read is left alone, until a gateway that can read it comes by.
    pub(super) async fn leave_alone(&self, case: CaseId) -> Result<(), CaseworkError> {
        if let Some(log) = self.store.load(case).await? {
            self.clock.heard(self.store.postpone(case, log.head, QUARANTINE_MS).await?);
        }
        Ok(())
    }

    /// Has the books confirmed: before each round of deciding.
    pub(super) async fn confirm(&self) -> Result<(), CaseworkError> {
        if self.rules.confirm().await { Ok(()) } else { Err(CaseworkError::RegistryStale) }
    }

    /// Has the books brought up to date where the case is on a plan that another gateway published a moment ago.
    pub(super) async fn know_plan(&self, plan: &PlanHash) {
        if self.rules.books().rulebook(plan).is_none() {
            // Where the store does not answer, the plan stays unknown, and whoever decides says so.
            let _ = self.rules.look_anew().await;
        }
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

/// Decides the inputs that came since something was kept back. None: all is decided anew, because the case or its plan has
/// moved on, or one of them is rejected.
fn go_on(
    books: &dyn Books,
    held: &Held,
    before: KeptBack,
    inputs: &[Input],
    now: Instant,
) -> Option<Verdict> {
    let KeptBack { upon, inputs: known, mut decided, plan } = before;
    if upon != held.file.head || plan != held.file.case.plan || move_to(books, &held.file.case).is_some() {
        return None;
    }
    let rules = books.rulebook(&plan)?;
    for input in inputs.get(known..)? {
        let (entries, after) = casework::decide::decided(&rules, decided.after, input.clone(), now).ok()?;
        decided.entries.extend(entries);
        decided.after = after;
    }
    Some(Verdict { decided, rejected: vec![None; inputs.len()], plan })
}

/// Decides the inputs one after the other. Where open cases of this plan move to another, it moves first.
pub(super) fn decide_all(
    books: &dyn Books,
    case: &Case,
    inputs: &[Input],
    now: Instant,
) -> Result<Verdict, CaseworkError> {
    if let Some(to) = move_to(books, case)
        && let Some(rules) = books.rulebook(&to)
        && let Ok((entries, moved)) = decided(&rules, case.clone(), Input::Move { to: to.clone() }, now)
    {
        let (mut decided, rejected) = decide_each(&rules, &moved, inputs, now);
        decided.entries.splice(..0, entries);
        return Ok(Verdict { decided, rejected, plan: to });
    }
    let (decided, rejected) = decide_each(&rulebook(books, &case.plan)?, case, inputs, now);
    Ok(Verdict { decided, rejected, plan: case.plan.clone() })
}

/// Decides one input after the other. One that is rejected changes nothing, so what came before it is decided anew.
fn decide_each(
    rules: &Rulebook<'_>,
    case: &Case,
    inputs: &[Input],
    now: Instant,
) -> (Decided, Vec<Option<Rejected>>) {
    let mut rejected = vec![None; inputs.len()];
    'anew: loop {
        let mut all = Decided { entries: Vec::new(), after: case.clone() };
        for (input, rejected) in inputs.iter().zip(&mut rejected).filter(|(_, rejected)| rejected.is_none()) {
            match decided(rules, all.after, input.clone(), now) {
                Ok((entries, after)) => {
                    all.after = after;
                    all.entries.extend(entries);
                }
                Err(reason) => {
                    *rejected = Some(reason);
                    continue 'anew;
                }
            }
        }
        return (all, rejected);
    }
}

fn move_to(books: &dyn Books, case: &Case) -> Option<PlanHash> {
    let date = books.life_event(&case.life_event).and_then(|life_event| {
        let key = FactKey { name: life_event.identity.date.clone(), member: None };
        case.facts.get(&key).and_then(|fact| date_of(fact))
    });
    books.move_to(&case.plan, date).filter(|to| *to != case.plan)
}

fn date_of(fact: &Fact) -> Option<PartialDate> {
    match fact.revisions.iter().rev().find(|revision| !revision.retracted).map(|revision| &revision.known) {
        Some(Known::Value(Value::Date(date))) => Some(*date),
        _ => None,
    }
}
