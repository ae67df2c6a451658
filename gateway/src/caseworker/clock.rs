//! The store's time, as its last answer told it and as long ago as that was. No other clock decides anything.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant as Local;

use casestore::Millis;
use casework::time::Instant;

/// How long an answer's time is good for, in milliseconds.
const FRESH_MS: i64 = 2_000;

/// The store's time.
pub(super) struct Clock {
    started: Local,
    /// The store's time at the start of this process, as of the last answer; and when, since then, that came.
    origin: AtomicI64,
    heard_at: AtomicI64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { started: Local::now(), origin: AtomicI64::new(0), heard_at: AtomicI64::new(i64::MIN / 2) }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX / 4)
    }

    /// The store has told its time.
    pub(super) fn heard(&self, now: Millis) -> Instant {
        let elapsed = self.elapsed();
        self.origin.store(now.saturating_sub(elapsed), Ordering::Relaxed);
        self.heard_at.store(elapsed, Ordering::Release);
        Instant(now)
    }

    /// The store's time, if it told it lately.
    pub(super) fn now(&self) -> Option<Instant> {
        let elapsed = self.elapsed();
        let fresh = elapsed - self.heard_at.load(Ordering::Acquire) <= FRESH_MS;
        fresh.then(|| Instant(self.origin.load(Ordering::Relaxed).saturating_add(elapsed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_the_stores_and_goes_on_from_its_last_answer() {
        let clock = Clock::new();
        assert_eq!(clock.now(), None, "nobody has told the time yet");
        clock.heard(5_000_000);
        let now = clock.now().unwrap().0;
        assert!((5_000_000..5_002_000).contains(&now), "{now}");
        clock.heard(1_000);
        assert!(clock.now().unwrap().0 < 5_000, "a clock moved back is believed");
    }
}
