//! Performing what became due: one task per case with calls out. Each answer is decided as it comes. One that makes
//! nothing due is kept in hand until one does, until no call is out, or for half a second: so the answers that come
//! together are stored together, and no step waits for a sibling's.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use casestore::CaseId;
use casework::entry::{Entry, NotDoneReason};
use casework::input::{Answer, Duty, Input};
use casework::plan::PlanHash;
use casework::service::Effect;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::giving::{KeptBack, Seen};
use super::{CaseworkError, Caseworker, Inner};
use crate::seal::StepReference;

/// How long an answer is kept in hand at most.
const IN_HAND_MAX: Duration = Duration::from_millis(500);
/// How long answers that cannot be stored are kept: after that the due set brings the case back, and the agencies
/// give the same answers again.
const UNSTORED_MAX: Duration = Duration::from_secs(20);
/// The first wait before storing is tried again; doubled up to a second.
const STORE_AGAIN: Duration = Duration::from_millis(50);

/// Duties that are being performed; it ends with them, and goes on where nobody waits for that.
pub(super) type Running = tokio::task::JoinHandle<()>;

/// Answers that are not stored yet, and what was decided of them where something was.
#[derive(Default)]
struct Hand {
    answers: Vec<Input>,
    decided: Option<KeptBack>,
}

impl Caseworker {
    /// Performs these duties of the case, and what they make due, in the background. None: there are none.
    pub(super) fn run(&self, case: CaseId, duties: Vec<Duty>) -> Option<Running> {
        if duties.is_empty() {
            return None;
        }
        let this = self.clone();
        // A panic ends this task alone; the due set brings the case back.
        let span = tracing::info_span!("case.run", %case);
        Some(self.0.runs.spawn(async move { this.0.run(case, duties).await }.instrument(span)))
    }
}

impl Inner {
    async fn run(&self, case: CaseId, duties: Vec<Duty>) {
        let mut calls: FuturesUnordered<_> = duties.into_iter().map(|duty| self.call(case, duty)).collect();
        let mut hand = Hand::default();
        let mut until = Instant::now();
        loop {
            let next = if hand.answers.is_empty() {
                calls.next().await
            } else {
                // Nothing came in time: what is in hand is stored without it.
                timeout_at(until, calls.next()).await.unwrap_or(None)
            };
            let waited_out = next.is_none();
            if hand.answers.is_empty() {
                until = Instant::now() + IN_HAND_MAX;
            }
            hand.answers.extend(next);
            if hand.answers.is_empty() {
                return;
            }
            if !waited_out {
                // Others may have come with the same packet: they go along.
                tokio::task::yield_now().await;
                while let Some(Some(answer)) = calls.next().now_or_never() {
                    hand.answers.push(answer);
                }
            }
            let store_now = waited_out || calls.is_empty();
            match self.settle_in_hand(case, &mut hand, store_now).await {
                Ok(duties) => calls.extend(duties.into_iter().map(|duty| self.call(case, duty))),
                Err(error) if error.is_outage() => {
                    tracing::debug!(%case, %error, "answers could not be stored; the case is looked at again when it is due");
                    return;
                }
                Err(error) => {
                    tracing::warn!(%case, %error, "answers could not be stored; the case is looked at again when it is due");
                    return;
                }
            }
        }
    }

    /// Settles the answers in hand; empties the hand unless they are kept.
    async fn settle_in_hand(
        &self,
        case: CaseId,
        hand: &mut Hand,
        store_now: bool,
    ) -> Result<Vec<Duty>, CaseworkError> {
        let give_up = Instant::now() + UNSTORED_MAX;
        let mut wait = STORE_AGAIN;
        loop {
            let may_wait = |seen: &Seen<'_>| !store_now && quiet(seen);
            let settled = self.settle(case, &hand.answers, hand.decided.take(), may_wait).await;
            match settled {
                Ok(settled) => {
                    for rejected in settled.rejected.iter().flatten() {
                        // Another gateway's answer came first, or the case was withdrawn meanwhile.
                        tracing::debug!(%case, %rejected, "an answer changes nothing");
                    }
                    hand.decided = settled.kept_back;
                    if hand.decided.is_none() {
                        hand.answers.clear();
                    }
                    return Ok(settled.duties);
                }
                Err(error) if passes(&error) && Instant::now() < give_up => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes one call; what it says is an input.
    async fn call(&self, case: CaseId, duty: Duty) -> Input {
        let answer = self.ask(case, &duty).await;
        let Duty { step, call, key, attempt, agency, .. } = duty;
        Input::Answer { step, call, key, attempt: Some(attempt), agency, answer }
    }

    async fn ask(&self, case: CaseId, duty: &Duty) -> Answer {
        let Ok(_permit) = self.calls.try_acquire() else {
            return Answer::NotDone { reason: NotDoneReason::Overloaded, retry_after: None };
        };
        let Some(plan) = self.plan_of(case).await else {
            return Answer::NotDone { reason: NotDoneReason::Unavailable, retry_after: None };
        };
        let token = self.keyring.step_token(&StepReference {
            case,
            step: duty.step.clone(),
            agency: duty.agency.clone(),
            call: duty.call,
            attempt: duty.attempt,
            key: duty.key.clone(),
        });
        // Whoever performs has shorter terms of its own; this one holds whatever it does.
        let left = self.clock.now().map_or(0, |now| duty.until.0.saturating_sub(now.0));
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0).max(1));
        let perform = AssertUnwindSafe(self.agencies.perform(&plan, duty, &token)).catch_unwind();
        match tokio::time::timeout(left, perform).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => {
                tracing::error!(%case, step = %duty.step, "performing a call panicked: nobody knows what was done");
                Answer::InDoubt { reason: "panic".to_owned() }
            }
            Err(_elapsed) => Answer::InDoubt { reason: "silence".to_owned() },
        }
    }

    async fn plan_of(&self, case: CaseId) -> Option<PlanHash> {
        match self.shelf.get(case) {
            Some(held) => Some(held.file.case.plan.clone()),
            None => self.load(case).await.ok().map(|held| held.file.case.plan.clone()),
        }
    }
}

/// Whether storing may succeed a little later.
fn passes(error: &CaseworkError) -> bool {
    error.is_outage() || matches!(error, CaseworkError::UnknownPlan { .. } | CaseworkError::Contended)
}

/// Whether what was decided makes nothing due, tells nobody anything that cannot wait half a second, and would be
/// found out again by asking the agency.
fn quiet(seen: &Seen<'_>) -> bool {
    seen.entries.iter().all(|recorded| match &recorded.entry {
        Entry::Done { step, .. } => {
            let plan_step = seen.rules.plan.step(&step.service);
            plan_step.is_some_and(|step| step.service.effect != Effect::Unguarded)
        }
        Entry::Learnt { .. }
        | Entry::MemberAdded { .. }
        | Entry::GroupClosed { .. }
        | Entry::OutcomeSettled { .. }
        | Entry::TermSet { .. } => true,
        _ => false,
    })
}
