//! The store in memory: the model that the others are compared with, and the store of tests. It is gone with the
//! process, and says so.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::clock;
use crate::keep::Keep;
use crate::state::{State, Step};
use crate::store::{Answer, Durability, Millis};
use crate::watchers::Watchers;

/// A store in memory. Every call is answered without waiting.
pub struct Memory {
    state: Mutex<State<Bytes>>,
    wall: Box<dyn Fn() -> Millis + Send + Sync>,
    watchers: Watchers,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// An empty store by the host's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(clock::wall)
    }

    /// An empty store by this clock: milliseconds since 1970. A clock that runs back stands still for the store.
    #[must_use]
    pub fn with_clock(wall: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        Self { state: Mutex::new(State::default()), wall: Box::new(wall), watchers: Watchers::default() }
    }
}

impl Keep for Memory {
    type Piece = Bytes;
    type Reader = ();

    async fn keep<A: Send>(
        &self,
        decide: impl FnOnce(&State<Bytes>, Millis) -> Step<A> + Send,
    ) -> Answer<(A, ())> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = (self.wall)();
        state.see(wall);
        let now = state.now(wall);
        let step = decide(&state, now);
        if !step.effects.is_empty() {
            step.effects.into_iter().for_each(|effect| state.apply(effect));
            state.clear_expired(now);
        }
        Ok((step.answer, ()))
    }

    fn read((): &(), piece: Bytes) -> Answer<Bytes> {
        Ok(piece)
    }

    fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    fn promise(&self) -> Durability {
        Durability::Memory
    }
}
