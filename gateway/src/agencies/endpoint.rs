//! One endpoint of an agency: its connection, made when it is needed, and whether it can be relied on.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use tokio::time::{Instant, timeout_at};

use super::breaker::Breaker;
use super::call::{CallError, Outbound};
use super::connection::Connection;
use crate::telemetry::Outage;

/// Failures in a row after which an endpoint is not used for a while.
const FAILURES_MAX: u32 = 5;

/// How long it is not used the first time; doubled each time until it has served again.
const EJECTION_FIRST: Duration = Duration::from_millis(500);

/// The longest that it is not used before it is looked at again.
const EJECTION_MAX: Duration = Duration::from_secs(30);

/// An endpoint.
pub(super) struct Endpoint {
    pub(super) uri: String,
    /// Rises whenever the agency registers the endpoint anew.
    pub(super) registered: u64,
    address: SocketAddr,
    origin: Uri,
    /// The agency's services, by the full names of its proto's: who serves none of them is somebody else.
    services: Arc<BTreeSet<String>>,
    connection: tokio::sync::Mutex<Kept>,
    health: Mutex<Health>,
    in_flight: AtomicUsize,
    breaker: Arc<Breaker>,
    /// What is said of it: when it begins to fail and when it serves again, not each turn.
    outage: Outage,
}

/// The connection, and when making one last failed.
#[derive(Default)]
struct Kept {
    open: Option<Connection>,
    failed: Option<(Instant, CallError)>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    ejections: u32,
    ejected: bool,
    /// Somebody looks at it again and again until it is used.
    looked_at: bool,
}

impl Endpoint {
    /// The endpoint at this address. None: it is no address that is dialled.
    pub(super) fn new(
        uri: &str,
        registered: u64,
        services: Arc<BTreeSet<String>>,
        breaker: Arc<Breaker>,
    ) -> Option<Arc<Self>> {
        let address = crate::registry::endpoint::address(uri).ok()?;
        Some(Arc::new(Self {
            uri: uri.to_owned(),
            registered,
            address,
            origin: uri.parse().ok()?,
            services,
            connection: tokio::sync::Mutex::default(),
            health: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            breaker,
            outage: Outage::default(),
        }))
    }

    /// Calls in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether it is not used, having failed.
    pub(super) fn is_ejected(&self) -> bool {
        self.health().ejected
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one attempt at a call.
    pub(super) async fn call(self: &Arc<Self>, call: &Outbound) -> Result<Bytes, CallError> {
        let _counted = Counted::new(&self.in_flight);
        let result = self.attempt(call).await;
        match &result {
            Err(error) if error.is_failure() => self.failed(),
            _ => self.served(),
        }
        result
    }

    async fn attempt(&self, call: &Outbound) -> Result<Bytes, CallError> {
        let no_time = || CallError::NotSent { reason: "no time left".to_owned() };
        let connection = timeout_at(call.until, self.connection()).await.map_err(|_| no_time())??;
        let time_left = call.time_left().ok_or_else(no_time)?;
        connection.call(call, time_left).await
    }

    /// The open connection, or a new one; many that want one at once wait for the same, and fail with it.
    async fn connection(&self) -> Result<Connection, CallError> {
        let asked = Instant::now();
        let mut kept = self.connection.lock().await;
        if let Some(connection) = kept.open.as_ref().filter(|connection| connection.is_open()) {
            return Ok(connection.clone());
        }
        kept.open = None;
        if let Some((_, error)) = kept.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        match Connection::open(self.address, &self.origin, &self.services).await {
            Ok(connection) => {
                kept.open = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                kept.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn failed(self: &Arc<Self>) {
        let mut health = self.health();
        health.failures += 1;
        if health.failures < FAILURES_MAX || health.ejected {
            return;
        }
        health.ejected = true;
        let news = self.outage.failed(Instant::now().into_std());
        if news.is_some() {
            tracing::info!(endpoint = %self.uri, "an endpoint fails too often and is not used for a while");
        }
        if !std::mem::replace(&mut health.looked_at, true) {
            tokio::spawn(look_again(Arc::downgrade(self)));
        }
    }

    fn served(&self) {
        let mut health = self.health();
        *health = Health { looked_at: health.looked_at, ..Health::default() };
        drop(health);
        if self.outage.answered(Instant::now().into_std()).is_some() {
            tracing::info!(endpoint = %self.uri, "an endpoint serves again");
        }
    }
}

/// Looks at an ejected endpoint until it can be connected to and does not say that it is not serving.
async fn look_again(endpoint: Weak<Endpoint>) {
    loop {
        let Some(wait) = endpoint.upgrade().map(|endpoint| {
            let mut health = endpoint.health();
            health.ejections = health.ejections.saturating_add(1);
            EJECTION_FIRST.saturating_mul(1 << (health.ejections - 1).min(10)).min(EJECTION_MAX)
        }) else {
            return;
        };
        tokio::time::sleep(wait).await;
        let Some(endpoint) = endpoint.upgrade() else { return };
        if !endpoint.is_ejected() {
            // A call that was still in flight was answered.
            endpoint.health().looked_at = false;
            return;
        }
        *endpoint.connection.lock().await = Kept::default();
        if endpoint.connection().await.is_ok() {
            let mut health = endpoint.health();
            // One more failure ejects it again, for longer.
            *health = Health { failures: FAILURES_MAX - 1, ejections: health.ejections, ..Health::default() };
            endpoint.breaker.let_one_try(Instant::now());
            return;
        }
    }
}

struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
