//! The one place where the registry is read and written: it tails the log, writes leases, publishes what publishes
//! itself, and makes the snapshots.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use casestore::{BYTES_MAX, CaseStore, RegistryAppended, StoreError};
use casework::time::Instant;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant as Local;

use super::books::Books;
use super::leases::{self, LeaseAct, Leases, Now};
use super::log::{Event, Row};
use super::publication;
use super::snapshot::{Snapshot, Views};
use super::{Fault, RegistryError, RegistryOptions};

/// How long a confirmation holds.
const CONFIRMED_FOR: Duration = Duration::from_secs(2);

/// Rows read at once.
const PAGE: usize = 256;

/// Attempts at a change while others change the registry at the same moment.
const ATTEMPTS_MAX: usize = 32;

/// Attempts at one append whose answer is lost.
const RESENDS_MAX: usize = 4;

pub(super) struct Inner {
    pub(super) store: Arc<dyn CaseStore>,
    pub(super) options: RegistryOptions,
    pub(super) snapshot: ArcSwap<Snapshot>,
    pub(super) changes: watch::Sender<u64>,
    writer: tokio::sync::Mutex<Writer>,
    acts: Mutex<Vec<(LeaseAct, oneshot::Sender<()>)>>,
    wake: Notify,
    base: Local,
    /// Milliseconds from `base` to the last confirmation, and one; 0: never.
    confirmed: AtomicU64,
    /// Told of every look at the store that has ended: whether it succeeded.
    looked: watch::Sender<bool>,
    /// The store's now less the milliseconds since `base`.
    clock: AtomicI64,
}

/// What is known, and by whom it is changed: one at a time.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) books: Books,
    pub(super) leases: Leases,
    /// Since when no row has come, by this process's clock.
    pub(super) quiet_since: Option<Local>,
    shown: Shown,
    /// The leases that the last snapshot shows the ends of.
    leases_shown: Option<u64>,
    /// When the store was last read, by this process's clock.
    looked_at: Option<Local>,
    /// A row that this program cannot read: nothing is confirmed any more.
    stopped: bool,
}

/// What the last snapshot was made of.
#[derive(Default, PartialEq)]
struct Shown {
    rows: u64,
    live: Vec<(leases::EndpointKey, u64)>,
    day: i64,
}

impl Inner {
    pub(super) fn new(store: Arc<dyn CaseStore>, options: RegistryOptions) -> Arc<Self> {
        Arc::new(Self {
            store,
            options,
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            changes: watch::Sender::new(0),
            writer: tokio::sync::Mutex::default(),
            acts: Mutex::default(),
            wake: Notify::new(),
            base: Local::now(),
            confirmed: AtomicU64::new(0),
            looked: watch::Sender::new(false),
            clock: AtomicI64::new(0),
        })
    }

    /// Looks at the store again and again, until the registry is dropped.
    pub(super) async fn tail(registry: Weak<Self>) {
        while let Some(inner) = registry.upgrade() {
            let looked = inner.look().await;
            if let Err(error) = &looked {
                // That the store does not answer is said by whoever observes it, once and not five times a second.
                tracing::debug!(%error, "the registry could not be confirmed");
            }
            inner.looked.send_replace(looked.is_ok());
            // Leases that came meanwhile need not wait for the next look.
            tokio::select! {
                () = inner.wake.notified() => {}
                () = tokio::time::sleep(inner.options.poll) => {}
            }
        }
    }

    pub(super) fn now(&self) -> Instant {
        let since = i64::try_from(self.base.elapsed().as_millis()).unwrap_or(i64::MAX);
        Instant(self.clock.load(Ordering::Relaxed).saturating_add(since))
    }

    /// What time it is, by both clocks.
    pub(super) fn at(&self) -> Now {
        Now { store: self.now(), local: Local::now() }
    }

    pub(super) fn confirmed(&self, now: Local) -> bool {
        let at = self.confirmed.load(Ordering::Relaxed);
        at > 0 && now.saturating_duration_since(self.base) < Duration::from_millis(at - 1) + CONFIRMED_FOR
    }

    /// Returns once the snapshot is confirmed as of some moment from two seconds before this call on: nearly always
    /// at once. Where this process has had no time to look, it looks now, once for all who wait: being busy is no
    /// reason to refuse anybody.
    pub(super) async fn confirm(&self) -> Result<(), RegistryError> {
        let asked = Local::now();
        if self.confirmed(asked) {
            return Ok(());
        }
        self.look_for(|| self.confirmed(asked)).await
    }

    /// Returns once a look at the store has been taken that began after this call.
    pub(super) async fn look_anew(&self) -> Result<(), RegistryError> {
        let asked = u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.look_for(|| self.confirmed.load(Ordering::Relaxed) > asked + 1).await
    }

    /// Has the store looked at until `enough` says so, or the store does not answer.
    async fn look_for(&self, enough: impl Fn() -> bool) -> Result<(), RegistryError> {
        let mut looked = self.looked.subscribe();
        loop {
            self.wake.notify_one();
            looked.changed().await.map_err(|_| RegistryError::NotConfirmed)?;
            let succeeded = *looked.borrow_and_update();
            if enough() {
                return Ok(());
            }
            if !succeeded {
                return Err(RegistryError::NotConfirmed);
            }
        }
    }

    /// Reads what is new and shows it.
    pub(super) async fn look(&self) -> Result<(), RegistryError> {
        let mut writer = self.writer.lock().await;
        let asked = self.base.elapsed();
        let rows = writer.books.rows;
        let store = &*self.store;
        let (rows, document, now) =
            tokio::join!(store.registry_after(rows, PAGE), leases::read(store), store.now());
        let (mut rows, document, now) = (rows?, document?, Instant(now?));
        let at = Now { store: now, local: Local::now() };
        let gap = writer.looked_at.replace(at.local).map_or(Duration::ZERO, |last| at.local - last);
        if gap > CONFIRMED_FOR {
            writer.leases.deaf_for(gap);
        }
        let since = i64::try_from(self.base.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.clock.store(now.0.saturating_sub(since), Ordering::Relaxed);
        loop {
            let full = rows.len() == PAGE;
            writer.fold(&rows)?;
            if !full {
                break;
            }
            rows = store.registry_after(writer.books.rows, PAGE).await?;
        }
        writer
            .leases
            .take_in(document, at)
            .map_err(|reason| StoreError::Corrupt { place: "the registry's leases".to_owned(), reason })?;
        self.write_leases(&mut writer, at).await?;
        publication::publish_due(self, &mut writer).await?;
        self.show(&mut writer);
        let at = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX - 1);
        self.confirmed.store(at + 1, Ordering::Relaxed);
        Ok(())
    }

    async fn write_leases(&self, writer: &mut Writer, at: Now) -> Result<(), RegistryError> {
        let waiting = std::mem::take(&mut *self.acts.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() && !writer.leases.any_forgotten(at.local) {
            return Ok(());
        }
        let (acts, told): (Vec<LeaseAct>, Vec<oneshot::Sender<()>>) = waiting.into_iter().unzip();
        // Where it fails, nobody is told, and each of them hears that it is not confirmed.
        writer.leases.write(&*self.store, &acts, at).await?;
        told.into_iter().for_each(|waiting| {
            // Whoever does not wait any more need not be told.
            let _ = waiting.send(());
        });
        Ok(())
    }

    /// Has leases written with the next look, and waits for that.
    pub(super) async fn lease(&self, act: LeaseAct) -> Result<(), RegistryError> {
        let (sender, receiver) = oneshot::channel();
        self.acts.lock().unwrap_or_else(PoisonError::into_inner).push((act, sender));
        self.wake.notify_one();
        receiver.await.map_err(|_| RegistryError::NotConfirmed)
    }

    /// The books and leases as they are known, for a question that changes nothing.
    pub(super) async fn ask<T>(&self, question: impl FnOnce(&Writer) -> T) -> T {
        question(&*self.writer.lock().await)
    }

    /// Changes the registry: decides upon the books as they are, writes the row, and decides again where others were
    /// faster. None decided: nothing is written. Tells the registry's version.
    pub(super) async fn change(
        &self,
        by: &str,
        decide: impl Fn(&Writer) -> Result<Option<Event>, RegistryError>,
    ) -> Result<u64, RegistryError> {
        let mut writer = self.writer.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let Some(event) = decide(&writer)? else { break };
            if self.append(&mut writer, by, event).await? {
                publication::publish_due(self, &mut writer).await?;
                self.show(&mut writer);
                return Ok(writer.books.rows);
            }
        }
        match decide(&writer)? {
            None => Ok(writer.books.rows),
            Some(_) => Err(RegistryError::Contended),
        }
    }

    /// Appends one row to the log and folds it. False: others were faster; what they wrote is folded.
    pub(super) async fn append(
        &self,
        writer: &mut Writer,
        by: &str,
        event: Event,
    ) -> Result<bool, RegistryError> {
        if writer.stopped {
            return Err(RegistryError::NotConfirmed);
        }
        let row = Row { at: self.now(), by: by.to_owned(), event }.encode();
        if row.len() > BYTES_MAX {
            let what = format!("{} bytes, at most {BYTES_MAX} are kept in one piece", row.len());
            return Err(RegistryError::Invalid(vec![Fault::at("the whole", what)]));
        }
        let mut resends = 0;
        loop {
            match self.store.append_registry(writer.books.rows, row.clone()).await {
                Ok(RegistryAppended::Done { .. }) => {
                    writer.fold(std::slice::from_ref(&row))?;
                    return Ok(true);
                }
                Ok(RegistryAppended::Stale { missed }) => {
                    writer.fold(&missed)?;
                    return Ok(missed.first() == Some(&row));
                }
                Err(StoreError::Unknown { .. }) if resends < RESENDS_MAX => resends += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Makes a snapshot of what is known, where it differs from the last.
    fn show(&self, writer: &mut Writer) {
        const DAY_MS: i64 = 86_400_000;
        let at = self.at();
        let (live, day) = (writer.leases.live(at.local), at.store.0.div_euclid(DAY_MS));
        let shown = Shown { rows: writer.books.rows, live, day };
        let last = self.snapshot.load();
        let same = shown == writer.shown && last.serial > 0;
        if same && writer.leases.version() == writer.leases_shown {
            return;
        }
        writer.leases_shown = writer.leases.version();
        let mut next = if same {
            Snapshot::clone(&last)
        } else {
            Snapshot::of(&writer.books, &writer.leases, last.serial + 1, at)
        };
        next.agencies = Views::of(&writer.books, &writer.leases, at);
        let (serial, version, before) = (next.serial, next.version, last.serial);
        drop(last);
        self.snapshot.store(Arc::new(next));
        if serial != before {
            tracing::debug!(serial, version, "a new snapshot of the registry");
            writer.shown = shown;
            self.changes.send_replace(serial);
        }
    }
}

impl Writer {
    fn fold(&mut self, rows: &[Bytes]) -> Result<(), RegistryError> {
        if self.stopped {
            return Err(RegistryError::NotConfirmed);
        }
        if !rows.is_empty() {
            self.quiet_since = Some(Local::now());
        }
        self.books.fold(rows).map_err(|(row, reason)| {
            self.stopped = true;
            tracing::error!(row, reason, "the registry's log cannot be read; nothing is called any more");
            StoreError::Corrupt { place: format!("row {row} of the registry's log"), reason }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use casestore::memory::Memory;

    use super::*;

    #[tokio::test]
    async fn what_was_not_confirmed_for_two_seconds_is_not_confirmed() {
        let inner = Inner::new(Arc::new(Memory::new()), RegistryOptions::default());
        assert!(!inner.confirmed(Local::now()), "nobody looked yet");
        let before = Local::now();
        inner.look().await.unwrap();
        assert!(inner.confirmed(Local::now()));
        assert!(inner.confirmed(before + Duration::from_millis(1_900)));
        assert!(!inner.confirmed(Local::now() + Duration::from_millis(2_001)));
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_stops_the_gateway_and_says_which() {
        let store = Arc::new(Memory::new());
        let inner = Inner::new(store.clone(), RegistryOptions::default());
        inner.look().await.unwrap();
        store.append_registry(0, Bytes::from_static(b"\x08\x63")).await.unwrap();
        let error = inner.look().await.unwrap_err().to_string();
        assert!(error.contains("row 1") && error.contains("newer program"), "{error}");
        assert!(inner.look().await.is_err(), "it goes on past a row that it cannot read");
    }
}
