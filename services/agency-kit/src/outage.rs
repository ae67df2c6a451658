//! What does not work is said when it begins, now and then while it lasts, and when it works again: never once per
//! attempt.

use std::time::{Duration, Instant};

/// How often somebody is reminded of what lasts.
const REMIND: Duration = Duration::from_secs(60);

/// Something that may not work for a while.
#[derive(Debug, Default)]
pub(crate) struct Outage(Option<(String, Instant)>);

impl Outage {
    /// It does not work, for this reason. True: that is to be said now.
    pub(crate) fn failed(&mut self, reason: &str) -> bool {
        match &self.0 {
            Some((said, at)) if said == reason && at.elapsed() < REMIND => false,
            _ => {
                self.0 = Some((reason.to_owned(), Instant::now()));
                true
            }
        }
    }

    /// Whether it did not work when it was last tried.
    pub(crate) fn lasts(&self) -> bool {
        self.0.is_some()
    }

    /// It works. True: it did not before.
    pub(crate) fn over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_once_and_another_at_once() {
        let mut outage = Outage::default();
        assert!(!outage.over());
        assert!(outage.failed("away") && !outage.failed("away") && outage.failed("refused"));
        assert!(outage.over() && !outage.over());
        assert!(outage.failed("refused"), "it begins anew");
    }
}
