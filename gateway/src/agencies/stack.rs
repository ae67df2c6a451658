//! The way of a call through the gateway's own limits, one stack per agency, from the outside in:
//!
//! 1. load shed: above the limit nothing waits in memory; the step waits in the due set,
//! 2. concurrency limit: at most so many calls in flight to the agency from this gateway,
//! 3. quick attempts: a few, within a budget, and only where that cannot do anything twice,
//! 4. breaker: an agency that fails and fails is spared,
//! 5. pool: one of its endpoints; the deadline is kept there, where it is known whether the call has left.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tonic_types::StatusExt;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::load_shed::error::Overloaded;
use tower::{Service, ServiceBuilder, ServiceExt};

use super::breaker::Breaker;
use super::call::{CallError, Outbound};
use super::pool::Pool;

/// Attempts at one call.
const ATTEMPTS_MAX: u32 = 3;

/// The wait before the second attempt, in milliseconds; doubled before the third. Each is spread between half and all.
const PAUSE_MS: u64 = 40;

/// What a call adds to the budget of repetitions, in hundredths of one: a fifth.
const BUDGET_PER_CALL: i64 = 20;

/// The most that the budget holds, in hundredths: what a burst of failures may spend at once.
const BUDGET_MAX: i64 = 1_000;

/// The stack of one agency. Clones share its limits.
#[derive(Clone)]
pub(super) struct Stack {
    inner: LoadShed<ConcurrencyLimit<QuickAttempts<Guarded<Pool>>>>,
}

impl Stack {
    pub(super) fn new(in_flight_max: usize, breaker: Arc<Breaker>, pool: Pool) -> Self {
        let budget = Arc::new(AtomicI64::new(BUDGET_MAX / 2));
        let inner = ServiceBuilder::new()
            .load_shed()
            .concurrency_limit(in_flight_max)
            .layer_fn(|inner| QuickAttempts { inner, budget: budget.clone() })
            .layer_fn(|inner| Guarded { inner, breaker: breaker.clone() })
            .service(pool);
        Self { inner }
    }

    /// Makes the call.
    pub(super) async fn call(&self, call: Outbound) -> Result<Bytes, CallError> {
        self.inner.clone().oneshot(Arc::new(call)).await.map_err(|error| {
            match error.downcast::<CallError>() {
                Ok(error) => *error,
                Err(error) if error.is::<Overloaded>() => CallError::Overloaded,
                Err(error) => CallError::NotSent { reason: error.to_string() },
            }
        })
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Bytes, CallError>> + Send>>;

/// A few attempts, quickly.
#[derive(Clone)]
struct QuickAttempts<S> {
    inner: S,
    budget: Arc<AtomicI64>,
}

impl<S> Service<Arc<Outbound>> for QuickAttempts<S>
where
    S: Service<Arc<Outbound>, Response = Bytes, Error = CallError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Bytes;
    type Error = CallError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Arc<Outbound>) -> Answering {
        let (inner, budget) = (self.inner.clone(), self.budget.clone());
        Box::pin(async move {
            earn(&budget);
            let mut attempt = 1;
            let mut doubt: Option<CallError> = None;
            loop {
                let error = match inner.clone().oneshot(call.clone()).await {
                    Ok(response) => return Ok(response),
                    Err(error) => error,
                };
                // Whatever a later attempt says of itself, an earlier one may have done it.
                let may_repeat = attempt < ATTEMPTS_MAX && worth_another(&call, &error);
                let error = match doubt.take() {
                    Some(earlier) if error.surely_not_done() => earlier,
                    _ => error,
                };
                if !may_repeat || !spend(&budget) || !pause(&call, attempt).await {
                    return Err(error);
                }
                doubt = error.in_doubt().then_some(error);
                attempt += 1;
            }
        })
    }
}

/// Whether another attempt could help and cannot do anything twice.
fn worth_another(call: &Outbound, error: &CallError) -> bool {
    match error {
        CallError::NotSent { .. } => true,
        CallError::NoEndpoint | CallError::Overloaded | CallError::BreakerOpen => false,
        CallError::Silence | CallError::Broken { .. } => call.repeatable,
        CallError::Status(status) => {
            let told_when = status.get_details_retry_info().is_some();
            let unavailable = status.code() == tonic::Code::Unavailable;
            call.repeatable && !told_when && (unavailable || error.in_doubt())
        }
    }
}

fn earn(budget: &AtomicI64) {
    let more = |has: i64| (has < BUDGET_MAX).then_some((has + BUDGET_PER_CALL).min(BUDGET_MAX));
    // A full budget stays as it is.
    let _ = budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
}

fn spend(budget: &AtomicI64) -> bool {
    budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |has| (has >= 100).then_some(has - 100)).is_ok()
}

/// Waits a little. False: there is no time for another attempt.
async fn pause(call: &Outbound, attempt: u32) -> bool {
    let mut random = [0; 1];
    // Without randomness all wait the longest: worse, not wrong.
    let spread = getrandom::fill(&mut random).map_or(255, |()| u64::from(random[0]));
    let full = PAUSE_MS << (attempt - 1);
    let wait = Duration::from_millis(full / 2 + full * spread / 510);
    if call.time_left().is_none_or(|left| left < wait) {
        return false;
    }
    tokio::time::sleep(wait).await;
    call.time_left().is_some()
}

/// Guarded by the breaker.
#[derive(Clone)]
struct Guarded<S> {
    inner: S,
    breaker: Arc<Breaker>,
}

impl<S> Service<Arc<Outbound>> for Guarded<S>
where
    S: Service<Arc<Outbound>, Response = Bytes, Error = CallError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Bytes;
    type Error = CallError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Arc<Outbound>) -> Answering {
        let (inner, breaker) = (self.inner.clone(), self.breaker.clone());
        Box::pin(async move {
            if !breaker.admits(Instant::now()) {
                return Err(CallError::BreakerOpen);
            }
            let result = inner.oneshot(call).await;
            match &result {
                Err(error) if error.is_failure() => breaker.failed(Instant::now()),
                Err(CallError::NoEndpoint) => {}
                _ => breaker.succeeded(),
            }
            result
        })
    }
}
