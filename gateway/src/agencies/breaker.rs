//! Spares an agency that fails, and those who would wait for it: after some failures in a row its calls are answered at
//! once, until one that is let through succeeds.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
const FAILURES_MAX: u32 = 12;

/// How long it is open the first time; doubled each time.
const OPEN_FIRST: Duration = Duration::from_secs(1);

/// The longest that it is open before one is let through.
const OPEN_MAX: Duration = Duration::from_secs(30);

/// The breaker of one agency.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened: u32,
    /// Until when it is open. None: closed.
    until: Option<Instant>,
    /// Since when one is trying.
    trying: Option<Instant>,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call may be made now. While it is open, one is let through each time its time is over.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        match state.until {
            None => true,
            Some(until) if now < until => false,
            // One who was let through and never came back must not keep it open for ever.
            Some(_) if state.trying.is_some_and(|since| now < since + OPEN_MAX) => false,
            Some(_) => {
                state.trying = Some(now);
                true
            }
        }
    }

    /// A call was answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// A call failed.
    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures < FAILURES_MAX && state.until.is_none() {
            return;
        }
        let open = OPEN_FIRST.saturating_mul(1 << state.opened.min(10)).min(OPEN_MAX);
        if state.until.is_none() || state.trying.is_some() {
            state.opened = state.opened.saturating_add(1);
            state.trying = None;
            state.until = Some(now + open);
        }
    }

    /// There is reason to hope: the next call is let through.
    pub(super) fn let_one_try(&self, now: Instant) {
        let mut state = self.state();
        if state.until.is_some() {
            state.until = Some(now);
            state.trying = None;
        }
    }

    /// `closed`, `open` or `half-open`.
    pub(super) fn shown(&self, now: Instant) -> &'static str {
        let state = self.state();
        match state.until {
            None => "closed",
            Some(until) if now < until => "open",
            Some(_) => "half-open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_through_after_a_while() {
        let breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 0..FAILURES_MAX {
            assert!(breaker.admits(now));
            breaker.failed(now);
        }
        assert!(!breaker.admits(now), "it did not open");
        now += OPEN_FIRST;
        assert_eq!(breaker.shown(now), "half-open");
        assert!(breaker.admits(now) && !breaker.admits(now), "not exactly one was let through");
        breaker.failed(now);
        now += OPEN_FIRST;
        assert!(!breaker.admits(now), "the second time is not longer");
        now += OPEN_FIRST;
        assert!(breaker.admits(now));
        breaker.succeeded();
        assert_eq!(breaker.shown(now), "closed");
        assert!(breaker.admits(now) && breaker.admits(now));
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..10 * FAILURES_MAX {
            breaker.failed(now);
            breaker.succeeded();
        }
        assert!(breaker.admits(now));
    }

    #[test]
    fn hope_lets_the_next_one_through_at_once() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        (0..FAILURES_MAX).for_each(|_| breaker.failed(now));
        assert!(!breaker.admits(now));
        breaker.let_one_try(now);
        assert!(breaker.admits(now));
    }
}
