//! The endpoints of one agency. Each call goes to the one with the fewest calls in flight; where it surely did not
//! leave, it goes to the next within the same attempt.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::Instant;
use tower::Service;

use super::breaker::Breaker;
use super::call::{CallError, Outbound};
use super::endpoint::Endpoint;

/// The endpoints of one agency. Clones share them.
#[derive(Clone)]
pub(super) struct Pool {
    endpoints: Arc<Mutex<Vec<Arc<Endpoint>>>>,
    breaker: Arc<Breaker>,
    /// Where the search begins, so that idle endpoints take turns.
    turn: Arc<AtomicUsize>,
}

impl Pool {
    pub(super) fn new(breaker: Arc<Breaker>) -> Self {
        Self { endpoints: Arc::default(), breaker, turn: Arc::default() }
    }

    /// The endpoints of these services are these: address, and the number that rises whenever the agency registers it
    /// anew.
    pub(super) fn set<'a>(
        &self,
        wanted: impl Iterator<Item = (&'a str, u64)>,
        services: &Arc<BTreeSet<String>>,
    ) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Vec::new();
        for (uri, registered) in wanted {
            let known = endpoints.iter().find(|endpoint| endpoint.uri == uri);
            match known {
                Some(known) if known.registered == registered => next.push(known.clone()),
                // Registered anew, it starts with a clean slate.
                _ => {
                    next.extend(Endpoint::new(uri, registered, services.clone(), self.breaker.clone()));
                    self.breaker.let_one_try(Instant::now());
                }
            }
        }
        *endpoints = next;
    }

    /// The endpoints as they are.
    pub(super) fn endpoints(&self) -> Vec<Arc<Endpoint>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn attempt(&self, call: &Outbound) -> Result<Bytes, CallError> {
        let mut endpoints = self.endpoints();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(endpoints.len()).unwrap_or(0);
        endpoints.rotate_left(first);
        let mut tried = BTreeSet::new();
        let mut last = match endpoints.is_empty() {
            true => CallError::NoEndpoint,
            false => CallError::NotSent { reason: "no endpoint can be relied on for the moment".to_owned() },
        };
        loop {
            let next = endpoints
                .iter()
                .filter(|endpoint| !tried.contains(&endpoint.uri) && !endpoint.is_ejected())
                .min_by_key(|endpoint| endpoint.in_flight());
            let Some(endpoint) = next else { return Err(last) };
            match endpoint.call(call).await {
                Err(error @ CallError::NotSent { .. }) => {
                    tried.insert(endpoint.uri.clone());
                    last = error;
                }
                result => return result,
            }
        }
    }
}

impl Service<Arc<Outbound>> for Pool {
    type Response = Bytes;
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<Bytes, CallError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Arc<Outbound>) -> Self::Future {
        let pool = self.clone();
        Box::pin(async move { pool.attempt(&call).await })
    }
}
