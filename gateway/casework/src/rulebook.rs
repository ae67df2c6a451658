//! What a case is decided by: its plan, and what of the registry holds today.

use std::collections::BTreeMap;

use crate::dictionary::Dictionary;
use crate::name::{AgencyId, ServiceId};
use crate::plan::{Plan, PlanHash};
use crate::service::Grants;
use crate::time::{Instant, PartialDate};

/// Everything besides the case itself that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Rulebook<'a> {
    /// The plan that the case is on.
    pub plan: &'a Plan,
    /// Its hash.
    pub hash: &'a PlanHash,
    /// The dictionary.
    pub dictionary: &'a Dictionary,
    /// The grants in force today: disclosure obeys these, whatever plan the case is on.
    pub grants: &'a Grants,
    /// Who offers which service today.
    pub offers: &'a Offers,
    /// The registry's version that grants and offers are of.
    pub registry: u64,
    /// Whether the plan was revoked: nobody new is called by it, and what is due stands still.
    pub revoked: bool,
}

/// Who offers which service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers(pub BTreeMap<ServiceId, Vec<AgencyOffer>>);

/// One agency's offer of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyOffer {
    /// The agency.
    pub agency: AgencyId,
    /// What it is competent for. Empty: for everything.
    pub competent_for: Vec<Competent>,
    /// The fingerprint of its contract.
    pub contract: String,
    /// Whether it has an endpoint whose lease runs, or fetches its work. Otherwise its steps wait.
    pub live: bool,
    /// Whether it was withdrawn: takes no new steps, finishes what it has.
    pub withdrawn: bool,
    /// When it last registered one of its endpoints: what it could not do before, it may do now. None: not known.
    pub registered: Option<Instant>,
}

/// A code that an agency is competent for, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competent {
    /// The code of the competence fact.
    pub code: String,
    /// First day, of the happening's date. None: always.
    pub from: Option<PartialDate>,
    /// Last day. None: for ever.
    pub until: Option<PartialDate>,
}

/// How patient decisions are. Constants, not settings: tests and simulation run with the very same.
pub mod patience {
    /// Beyond a service's own timeout, until a call counts as unanswered: queueing and quick attempts.
    pub const CALL_SLACK_MS: i64 = 6_000;
    /// The first wait before something surely not done is tried again; doubled each time.
    pub const RETRY_FIRST_MS: i64 = 1_000;
    /// The longest such wait.
    pub const RETRY_MAX_MS: i64 = 6 * 3_600_000;
    /// How long after `Pending` the agency is asked, should it not have reported.
    pub const ASK_PENDING_MS: i64 = 60_000;
    /// How soon a step that waits for a live or competent agency, or a grant, is looked at again.
    pub const LOOK_AGAIN_MS: i64 = 2_000;
    /// The longest until such a step is looked at again; the wait grows with how long it has waited.
    pub const LOOK_AGAIN_MAX_MS: i64 = 300_000;
    /// How soon a case that waits for people alone is looked at again.
    pub const LOOK_AT_PEOPLE_MS: i64 = 86_400_000;
}

/// The wait before the `attempt`th retry (from 1), in milliseconds: doubled each time, spread by a hash of the case's
/// seed so that cases that failed together do not come back together.
#[must_use]
pub fn retry_wait(seed: &[u8; 16], attempt: u32) -> i64 {
    let exponent = attempt.saturating_sub(1).min(30);
    let full = patience::RETRY_FIRST_MS.saturating_mul(1 << exponent).min(patience::RETRY_MAX_MS);
    let spread = i64::from(seed[(attempt % 16) as usize]);
    full / 2 + full * spread / 510
}

/// How long until a step that waits for the registry is looked at again, in milliseconds: the longer it has waited, the
/// longer; spread by the case's seed.
#[must_use]
pub fn look_wait(seed: &[u8; 16], waited_ms: i64) -> i64 {
    let full = (waited_ms / 8).clamp(patience::LOOK_AGAIN_MS, patience::LOOK_AGAIN_MAX_MS);
    full / 2 + full * i64::from(seed[0]) / 510
}

/// The moment a wait ends.
#[must_use]
pub fn after(now: Instant, wait_ms: i64) -> Instant {
    now.plus(wait_ms.max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Patience is spread over half of the wait, by the case's seed.
    const NONE: [u8; 16] = [0; 16];
    const FULL: [u8; 16] = [255; 16];

    #[test]
    fn each_retry_waits_twice_as_long_up_to_six_hours() {
        let waits: Vec<i64> = (1..=5).map(|attempt| retry_wait(&FULL, attempt)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000]);
        let waits: Vec<i64> = (1..=5).map(|attempt| retry_wait(&NONE, attempt)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000]);
        for attempt in [16, 31, 32, 33, u32::MAX] {
            assert_eq!(retry_wait(&FULL, attempt), 21_600_000, "attempt {attempt}");
        }
        assert_eq!(retry_wait(&FULL, 0), 1_000);
    }

    #[test]
    fn cases_that_failed_together_come_back_apart() {
        let seed: [u8; 16] = std::array::from_fn(|index| u8::try_from(index * 17).unwrap());
        assert_eq!(retry_wait(&seed, 2), 1_000 + 2_000 * 34 / 510);
        assert_eq!(retry_wait(&seed, 18), retry_wait(&NONE, 18) + 21_600_000 * 34 / 510);
    }

    #[test]
    fn what_has_waited_longer_is_looked_at_more_seldom_and_never_less_than_every_five_minutes() {
        assert_eq!(look_wait(&FULL, 0), 2_000);
        assert_eq!(look_wait(&NONE, 0), 1_000);
        assert_eq!(look_wait(&FULL, 80_000), 10_000);
        assert_eq!(look_wait(&FULL, i64::MAX), 300_000);
        let mut seed = NONE;
        seed[0] = 51;
        assert_eq!(look_wait(&seed, 80_000), 5_000 + 1_000);
    }

    #[test]
    fn a_wait_ends_after_it_and_never_before_now() {
        assert_eq!(after(Instant(5), 7), Instant(12));
        assert_eq!(after(Instant(5), -7), Instant(5));
    }
}
