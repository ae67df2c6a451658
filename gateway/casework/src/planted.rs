//! Faults that can be planted in the core, one at a time, to prove that the simulation would find them. Without the
//! feature `planted-faults` there are none: the question whether one is planted is compiled out.

/// Declares the faults, and the list of all of them: one that is declared is tried.
macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident,)*) => {
        /// A fault that can be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        /// Every fault.
        pub const ALL: &[Fault] = &[$(Fault::$fault),*];
    };
}

faults! {
    /// A withdrawal undoes in any order.
    OrderIgnored,
    /// A step that perhaps was done counts as cancelled without the agency's tombstone.
    TombstoneSkipped,
    /// An answer is taken whatever key it answers.
    FenceDropped,
    /// An answer is taken whether or not anything was asked.
    UnaskedTaken,
    /// An answer is taken from whichever agency.
    OtherAgencyTaken,
    /// A step whose repeat does it twice is repeated.
    UnguardedRepeated,
    /// Each attempt has a key of its own.
    KeyPerAttempt,
    /// A call leaves before its intent is stored.
    CalledBeforeRecorded,
    /// What nobody consented to is disclosed.
    ConsentIgnored,
    /// A retry is not due at any time.
    WakeUpLost,
    /// A member's gifts are learnt of the first member.
    OtherMember,
    /// A second report adds its members once more.
    CountedTwice,
    /// The case completes although something is owed.
    CompletedTooEarly,
    /// A refusal takes back everything.
    RefusalWithdraws,
    /// A withdrawal forgets what an agency has taken up.
    PendingForgotten,
    /// What is in dispute is disclosed.
    DisputeIgnored,
    /// What a step gave holds although the step was taken back.
    NothingRetracted,
    /// A correction reaches nobody.
    CorrectionIgnored,
    /// A step that was skipped stays skipped.
    SkippedForEver,
    /// Only what was surely done is undone.
    DoubtForgotten,
    /// What perhaps was done is told anew without being cancelled.
    ToldAnewTooEarly,
}

#[cfg(feature = "planted-faults")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// Plants a fault in this thread, or none.
#[cfg(feature = "planted-faults")]
pub fn plant(fault: Option<Fault>) {
    PLANTED.set(fault);
}

/// Whether the fault is planted.
#[cfg(feature = "planted-faults")]
pub(crate) fn planted(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

/// No fault is ever planted.
#[cfg(not(feature = "planted-faults"))]
pub(crate) const fn planted(_: Fault) -> bool {
    false
}
