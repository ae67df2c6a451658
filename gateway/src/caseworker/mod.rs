//! The loop, and the only caller of `decide`: load, decide, append, perform.
//!
//! What is owed follows from the case alone, so recovery after a crash is the ordinary path: the append that stores an
//! intent sets the time at which somebody must look again, and whoever looks then ([`Alarm`](crate::alarm::Alarm))
//! decides as if nothing had happened. A case that waits has no owner and costs no memory here.

mod accessing;
mod clock;
mod giving;
mod joining;
mod live_row;
mod opening;
mod reading;
mod reference;
mod request;
mod resting;
mod running;
mod seams;
mod shelf;
mod waking;
mod watching;
mod words;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseId, CaseStore};
use casework::input::Input;
use tokio::sync::{Mutex, Semaphore};
use tokio_stream::Stream;
use tokio_util::task::TaskTracker;

use running::Running;
pub use seams::{Books, Perform, Rules};
use shelf::Shelf;
pub use waking::Wakes;
pub use words::*;

use crate::agencies::Agencies;
use crate::cases::{CaseFile, Held};
use crate::outbox::{Deliveries, Outgoing};
use crate::registry::Registry;
use crate::seal::Keyring;

/// Most cases held. What a gateway keeps in memory does not grow with the cases that wait.
const HELD_MAX: usize = 1_024;
/// How long a case is held that nobody asks for: facts do not linger in memory.
const HELD_IDLE: Duration = Duration::from_secs(30);
/// Most calls in flight from one gateway. Beyond, a step is answered "overloaded" and waits in the store's due set.
const CALLS_MAX: usize = 4_096;
/// Writers of one case in this process take turns once they have met: so many turnstiles.
const TURNSTILES: usize = 256;

/// The loop. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Caseworker(Arc<Inner>);

struct Inner {
    store: Arc<dyn CaseStore>,
    keyring: Arc<Keyring>,
    rules: Arc<dyn Rules>,
    agencies: Arc<dyn Perform>,
    shelf: Shelf<Arc<Held>>,
    clock: clock::Clock,
    outgoing: Arc<Outgoing>,
    accessing: accessing::Accessing,
    watching: watching::Watching,
    calls: Arc<Semaphore>,
    turnstiles: Vec<Mutex<()>>,
    runs: TaskTracker,
}

impl Caseworker {
    /// A caseworker on this store, that calls these agencies by this registry.
    #[must_use]
    pub fn new(
        store: Arc<dyn CaseStore>,
        keyring: Arc<Keyring>,
        registry: Registry,
        agencies: Agencies,
    ) -> Self {
        Self::with(store, keyring, Arc::new(registry), Arc::new(agencies))
    }

    /// A caseworker by these rules, with somebody else who performs.
    #[must_use]
    pub fn with(
        store: Arc<dyn CaseStore>,
        keyring: Arc<Keyring>,
        rules: Arc<dyn Rules>,
        agencies: Arc<dyn Perform>,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            keyring,
            rules,
            agencies,
            shelf: Shelf::new(HELD_MAX, HELD_IDLE),
            clock: clock::Clock::new(),
            outgoing: Arc::default(),
            accessing: accessing::Accessing::new(),
            watching: watching::Watching::default(),
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            turnstiles: (0..TURNSTILES).map(|_| Mutex::new(())).collect(),
            runs: TaskTracker::new(),
        }))
    }

    /// Accepts a report: makes a case of it, or joins it to the case of the same happening. What became due is being
    /// performed when this returns.
    ///
    /// # Errors
    /// See [`CaseworkError`]; after [`StoreError::Unknown`](casestore::StoreError::Unknown) the same opening tells.
    pub async fn open(&self, opening: Opening) -> Result<Opened, CaseworkError> {
        Ok(self.open_and_run(opening).await?.0)
    }

    /// The same, and then waits for the case to rest: until it has ended, or whoever is waited for has to act first. No
    /// longer than `most`.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub async fn open_and_rest(&self, opening: Opening, most: Duration) -> Result<Opened, CaseworkError> {
        let until = tokio::time::Instant::now() + most;
        let (mut opened, run) = self.open_and_run(opening).await?;
        opened.file = self.rested(opened.file, run, until).await;
        Ok(opened)
    }

    #[tracing::instrument(name = "case.open", skip_all, fields(life_event = %opening.life_event, case))]
    async fn open_and_run(&self, opening: Opening) -> Result<(Opened, Option<Running>), CaseworkError> {
        let (opened, duties) = self.0.open(opening).await?;
        tracing::Span::current().record("case", tracing::field::display(opened.file.id));
        let run = self.run(opened.file.id, duties);
        Ok((opened, run))
    }

    /// Gives the case an input: a verdict, never a queue. What became due is being performed when this returns.
    ///
    /// # Errors
    /// See [`CaseworkError`].
    #[tracing::instrument(name = "case.give", skip_all, fields(%case))]
    pub async fn give(&self, case: CaseId, input: Input) -> Result<CaseFile, CaseworkError> {
        let settled = self.0.settle(case, std::slice::from_ref(&input), None, |_| false).await?;
        drop(self.run(case, settled.duties));
        match settled.rejected.into_iter().next().flatten() {
            Some(rejected) => Err(rejected.into()),
            None => Ok(settled.held.file.clone()),
        }
    }

    /// The case as it is now, with every write that was answered before.
    ///
    /// # Errors
    /// See [`CaseworkError`].
    #[tracing::instrument(name = "case.read", skip_all, fields(%case))]
    pub async fn read(&self, case: CaseId) -> Result<CaseFile, CaseworkError> {
        Ok(self.0.load(case).await?.file.clone())
    }

    /// The cases of the person with this number, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn cases_of(
        &self,
        person: &str,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<(Vec<ListedCase>, Option<PageToken>), CaseworkError> {
        self.0.cases_of(person, page, limit).await
    }

    /// Tells that the case may have changed; whoever is told reads it again. At least every two seconds.
    pub fn watch(&self, case: CaseId) -> impl Stream<Item = ()> + Send + 'static + use<> {
        self.0.watching.watch(&self.0.store, case)
    }

    /// Records that somebody reads facts of the case. When it returns, the facts may leave.
    ///
    /// # Errors
    /// The store's: then nothing may leave.
    #[tracing::instrument(name = "case.record_access", skip_all, fields(%case))]
    pub async fn record_access(&self, case: CaseId, reading: Reading) -> Result<(), CaseworkError> {
        Inner::record_access(&self.0, case, reading).await
    }

    /// Who read facts of the case, oldest first.
    ///
    /// # Errors
    /// The store's, and [`CaseworkError::Quarantined`].
    pub async fn accesses(&self, case: CaseId) -> Result<Vec<Access>, CaseworkError> {
        self.0.accesses(case).await
    }

    /// Verifies the case's two chains, row by row.
    ///
    /// # Errors
    /// The store's. What is wrong with a chain is no error: it is the answer.
    pub async fn verify(&self, case: CaseId) -> Result<Verification, CaseworkError> {
        self.0.verify(case).await
    }

    /// The live cases, for operators.
    ///
    /// # Errors
    /// The store's.
    pub async fn live(
        &self,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<(Vec<LiveCase>, Option<PageToken>), CaseworkError> {
        self.0.live(page, limit).await
    }

    /// What carries the lists of parties: somebody must run it.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        Deliveries::new(self.0.store.clone(), self.0.keyring.clone(), self.0.outgoing.clone())
    }

    /// Looks at a case that is due. Where nothing follows, it is due again when something may.
    ///
    /// # Errors
    /// See [`CaseworkError`].
    #[tracing::instrument(name = "case.look", skip_all, fields(%case))]
    pub(crate) async fn look(&self, case: CaseId) -> Result<(), CaseworkError> {
        let held = match self.0.settle(case, &[Input::Look], None, |_| false).await {
            Ok(settled) if settled.stored => {
                drop(self.run(case, settled.duties));
                settled.held
            }
            Ok(settled) => {
                self.0.postpone(&settled.held).await?;
                settled.held
            }
            Err(CaseworkError::Quarantined { .. }) => return self.0.leave_alone(case).await,
            Err(error) => return Err(error),
        };
        if held.file.case.found_same.is_some() {
            match self.hand_over(case).await {
                // It waits for a person again, who is told why.
                Ok(_) | Err(CaseworkError::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks the store what time it is: the time of all decisions until its next answer. And lets go of cases that
    /// nobody asks for.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn hear_time(&self) -> Result<(), CaseworkError> {
        self.0.shelf.tidy();
        let now = self.0.store.now().await?;
        self.0.clock.heard(now);
        Ok(())
    }

    /// Returns when no call is in flight and none is owed by this process. Calls of cases that are opened meanwhile
    /// count: close the edges first.
    pub async fn idle(&self) {
        // A tracker that is closed still takes tasks.
        self.0.runs.close();
        self.0.runs.wait().await;
        self.0.runs.reopen();
    }
}
