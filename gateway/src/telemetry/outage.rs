//! An outage is said when it begins, now and then while it lasts, and when it is over: never once per call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody is reminded of an outage that lasts.
const REMIND: Duration = Duration::from_secs(60);
/// How long nothing may have failed before an outage counts as over: of what comes and goes nobody wants each turn.
const QUIET: Duration = Duration::from_secs(3);

/// Whether something answers.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    lasts: AtomicBool,
    state: Mutex<Option<Lasting>>,
}

#[derive(Debug)]
struct Lasting {
    since: Instant,
    last: Instant,
    said: Instant,
    failed: u64,
}

/// What is to be said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It does not answer.
    Begins,
    /// It still does not: for so long, and so many calls have failed.
    Lasts(Duration, u64),
    /// It answers again, after so long and so many calls that failed.
    Over(Duration, u64),
}

impl Outage {
    /// A call failed.
    pub(crate) fn failed(&self, now: Instant) -> Option<News> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.lasts.store(true, Ordering::Relaxed);
        let Some(lasting) = state.as_mut() else {
            *state = Some(Lasting { since: now, last: now, said: now, failed: 1 });
            return Some(News::Begins);
        };
        lasting.last = now;
        lasting.failed += 1;
        if now.saturating_duration_since(lasting.said) < REMIND {
            return None;
        }
        lasting.said = now;
        Some(News::Lasts(now.saturating_duration_since(lasting.since), lasting.failed))
    }

    /// A call was answered. Costs one load while all is well.
    pub(crate) fn answered(&self, now: Instant) -> Option<News> {
        if !self.lasts.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lasting = state.take_if(|lasting| now.saturating_duration_since(lasting.last) >= QUIET)?;
        self.lasts.store(false, Ordering::Relaxed);
        Some(News::Over(lasting.last.saturating_duration_since(lasting.since), lasting.failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_once_reminded_of_and_said_to_be_over() {
        let (outage, begun) = (Outage::default(), Instant::now());
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        assert_eq!(outage.answered(at(0)), None, "nothing was wrong");
        assert_eq!(outage.failed(at(0)), Some(News::Begins));
        assert!((1..60).all(|second| outage.failed(at(second)).is_none()), "it is said again and again");
        assert_eq!(outage.failed(at(60)), Some(News::Lasts(REMIND, 61)));
        assert_eq!(outage.answered(at(61)), None, "one answer in the midst is no end");
        assert_eq!(outage.failed(at(62)), None);
        assert_eq!(outage.answered(at(65)), Some(News::Over(Duration::from_secs(62), 62)));
        assert_eq!(outage.answered(at(66)), None);
        assert_eq!(outage.failed(at(67)), Some(News::Begins));
    }
}
