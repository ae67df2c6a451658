//! How a registry is run.

use std::time::Duration;

/// Who publishes plans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Publication {
    /// A candidate that only adds (new steps, all flows granted, nothing new is asked) publishes itself; any other is
    /// published by a person who saw the difference.
    #[default]
    AutoAdditive,
    /// Every candidate is proposed by one person and published by another.
    TwoPerson,
}

/// What open cases do when a plan is published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenCases {
    /// They finish on the plan they are on.
    #[default]
    Finish,
    /// They move to the new one at their next step.
    Move,
}

/// How a registry is run.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Who publishes plans.
    pub publication: Publication,
    /// Whether the embedded dictionary and life events are published where they are new.
    pub seeds: bool,
    /// How often the store is looked at for what other gateways wrote.
    pub poll: Duration,
    /// How long nothing must have been registered before a life event's first plan publishes itself: ministries that
    /// come up together come into it together.
    pub settle: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            publication: Publication::AutoAdditive,
            seeds: true,
            poll: Duration::from_millis(200),
            settle: Duration::from_millis(1_500),
        }
    }
}
