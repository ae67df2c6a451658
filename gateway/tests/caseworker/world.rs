//! A store, a country, its ministries, and gateways on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use casestore::memory::Memory;
use casestore::{CaseId, CaseStore};
use casework::case::{Case, CaseState};
use gateway::alarm::Alarm;
use gateway::caseworker::Caseworker;
use gateway::seal::Keyring;

use crate::country::{Country, Ruled};
use crate::faults::{self, Fate};
use crate::ministries::{self, Ministries};

/// Everything that outlives a gateway.
pub(crate) struct World {
    pub(crate) store: Arc<dyn CaseStore>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) country: Arc<Country>,
    pub(crate) ministries: Arc<Ministries>,
    keys: tempfile::TempDir,
    offset: AtomicI64,
}

/// A gateway: the loop and the alarm, ticked by hand.
pub(crate) struct Gateway {
    pub(crate) caseworker: Caseworker,
    pub(crate) alarm: Alarm,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(Memory::new()), Country::new(), Ministries::new()).await
    }

    pub(crate) async fn on(
        store: Arc<dyn CaseStore>,
        country: Arc<Country>,
        ministries: Arc<Ministries>,
    ) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let keyring = Arc::new(Keyring::open(keys.path(), store.clone()).await.unwrap());
        Self { store, keyring, country, ministries, keys, offset: AtomicI64::new(0) }
    }

    /// A gateway that lives.
    pub(crate) fn gateway(&self) -> Gateway {
        self.mortal(Fate::never())
    }

    /// A gateway with this fate.
    pub(crate) fn mortal(&self, fate: Arc<Fate>) -> Gateway {
        let store = faults::Reached::until(self.store.clone(), fate.clone());
        self.reaching(store, fate)
    }

    /// A gateway that reaches the store this way.
    pub(crate) fn reaching(&self, store: Arc<dyn CaseStore>, fate: Arc<Fate>) -> Gateway {
        let ministries = ministries::Reached { ministries: self.ministries.clone(), fate };
        let rules = Arc::new(Ruled(self.country.clone()));
        let caseworker = Caseworker::with(store.clone(), self.keyring.clone(), rules, Arc::new(ministries));
        let alarm = Alarm::new(caseworker.clone(), store);
        Gateway { caseworker, alarm }
    }

    /// The folder of the master key.
    pub(crate) fn keys(&self) -> &std::path::Path {
        self.keys.path()
    }

    /// Time passes, for everybody.
    pub(crate) async fn pass(&self, millis: i64) {
        let offset = self.offset.fetch_add(millis, Ordering::SeqCst) + millis;
        self.store.set_clock_offset(offset).await.unwrap();
    }
}

impl Gateway {
    /// Lets time pass, wakes what is due and waits for its calls, until the case has ended.
    pub(crate) async fn finish(&self, world: &World, case: CaseId) -> Arc<Case> {
        for _ in 0..200 {
            self.caseworker.idle().await;
            let file = self.caseworker.read(case).await.unwrap();
            if matches!(file.case.state, CaseState::Completed | CaseState::Withdrawn) {
                return file.case.clone();
            }
            world.pass(3_000).await;
            self.alarm.tick().await.unwrap();
        }
        let file = self.caseworker.read(case).await.unwrap();
        panic!(
            "the case does not end: {:#?}",
            file.case.steps.values().map(|step| &step.state).collect::<Vec<_>>()
        );
    }
}
