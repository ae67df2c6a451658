//! Calls the agencies, driven by what they registered: no generated code of a ministry is in here.
//!
//! A duty becomes the bytes of a request (`project`), goes out through the agency's `stack` of limits to one of its
//! endpoints, and what comes back becomes an answer (`response`, `refusal`). Nothing else of a case leaves.

mod breaker;
mod call;
mod connection;
mod decision;
mod endpoint;
mod extract;
mod headers;
mod identity;
mod pool;
mod project;
pub(crate) mod refusal;
pub(crate) mod response;
mod socket;
mod stack;
mod values;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use casework::entry::{CallKind, DecisionResult, NotDoneReason};
use casework::input::{Answer, Duty, RequestField};
use casework::name::AgencyId;
use casework::plan::PlanHash;
use casework::service::Effect;
use tokio::time::Instant;
use tonic::Code;

use self::breaker::Breaker;
use self::call::{CallError, Outbound};
use self::pool::Pool;
pub use self::project::Unfit;
use self::response::{ReadBy, breach};
use self::stack::Stack;
use crate::lowering::{Contract, FindCall, KeyCall, Wire};
use crate::registry::{AgencyView, Registry, Snapshot};
use crate::telemetry;

/// Calls that may be in flight to one agency from this gateway, where nothing else is said.
pub const IN_FLIGHT_MAX: usize = 256;

/// The way to all agencies. Cheap to clone; all clones share the limits.
#[derive(Clone)]
pub struct Agencies {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    in_flight_max: usize,
    agencies: Mutex<BTreeMap<AgencyId, Arc<Agency>>>,
}

/// One agency, as this gateway calls it.
struct Agency {
    stack: Stack,
    pool: Pool,
    breaker: Arc<Breaker>,
    /// The snapshot that its endpoints are of.
    endpoints_of: AtomicU64,
    in_flight: AtomicUsize,
}

/// How this gateway sees an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyHealth {
    /// Calls in flight from this gateway.
    pub in_flight: usize,
    /// `closed`, `open` or `half-open`.
    pub breaker: &'static str,
    /// Endpoints that this gateway does not use for the moment, having failed.
    pub ejected: Vec<String>,
}

impl Agencies {
    /// The agencies of this registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self::with_limit(registry, IN_FLIGHT_MAX)
    }

    /// The agencies of this registry, each with at most so many calls in flight.
    #[must_use]
    pub fn with_limit(registry: Registry, in_flight_max: usize) -> Self {
        Self { inner: Arc::new(Inner { registry, in_flight_max, agencies: Mutex::default() }) }
    }

    /// Performs a duty of a case on this plan and tells what came of it. Never an error: every failure is an answer.
    /// Gifts are named as facts of the life event. `step_token` lets the agency report back at the desk.
    pub async fn perform(&self, plan: &PlanHash, duty: &Duty, step_token: &str) -> Answer {
        let not_done = |reason| Answer::NotDone { reason, retry_after: None };
        let registry = &self.inner.registry;
        if registry.confirm().await.is_err() {
            return not_done(NotDoneReason::Unavailable);
        }
        let snapshot = registry.snapshot();
        let Some(contract) = snapshot.contract(&duty.contract) else {
            return breach("the contract that the call was decided under is not registered");
        };
        let until = duty.until.0.saturating_sub(registry.now().0);
        if until <= 0 {
            return not_done(NotDoneReason::Unavailable);
        }
        let mut call = match outbound(contract, duty, step_token, until) {
            Ok(call) => call,
            Err(what) => return breach(&what),
        };
        let method = call.outbound.path.path().trim_start_matches('/');
        let seen = telemetry::Outbound::begin(duty.agency.as_str(), duty.service.as_str(), method);
        headers::trace(&mut call.outbound.metadata, seen.traceparent());
        let operation = call.operation;
        let agency = self.agency(&duty.agency, &snapshot);
        let started = Instant::now();
        agency.in_flight.fetch_add(1, Ordering::Relaxed);
        let result = agency.stack.call(call.outbound).await;
        agency.in_flight.fetch_sub(1, Ordering::Relaxed);
        seen.finished(code_of(&result));
        note(duty, &result, started.elapsed());
        match result {
            Ok(body) => answer(&snapshot, plan, contract, duty, operation, &body),
            Err(error) => refusal::of_call(duty.call, &error),
        }
    }

    /// How this gateway sees the agency. None: it was never called.
    #[must_use]
    pub fn health(&self, agency: &AgencyId) -> Option<AgencyHealth> {
        let agencies = self.inner.agencies.lock().unwrap_or_else(PoisonError::into_inner);
        let agency = agencies.get(agency)?;
        let ejected = agency.pool.endpoints();
        Some(AgencyHealth {
            in_flight: agency.in_flight.load(Ordering::Relaxed),
            breaker: agency.breaker.shown(Instant::now()),
            ejected: ejected.iter().filter(|one| one.is_ejected()).map(|one| one.uri.clone()).collect(),
        })
    }

    /// The agency, with its endpoints as the snapshot has them.
    fn agency(&self, id: &AgencyId, snapshot: &Snapshot) -> Arc<Agency> {
        let mut agencies = self.inner.agencies.lock().unwrap_or_else(PoisonError::into_inner);
        let agency = agencies.entry(id.clone()).or_insert_with(|| {
            let breaker = Arc::new(Breaker::default());
            let pool = Pool::new(breaker.clone());
            Arc::new(Agency {
                stack: Stack::new(self.inner.in_flight_max, breaker.clone(), pool.clone()),
                pool,
                breaker,
                endpoints_of: AtomicU64::new(0),
                in_flight: AtomicUsize::new(0),
            })
        });
        if agency.endpoints_of.fetch_max(snapshot.serial, Ordering::Relaxed) < snapshot.serial {
            let view = snapshot.agency(id);
            let endpoints = view.map(|view| view.endpoints.as_slice()).unwrap_or_default();
            let live = endpoints.iter().filter(|endpoint| endpoint.live);
            let services = Arc::new(view.map(AgencyView::grpc_services).unwrap_or_default());
            agency.pool.set(live.map(|endpoint| (endpoint.uri.as_str(), endpoint.registered)), &services);
        }
        agency.clone()
    }
}

#[async_trait::async_trait]
impl crate::caseworker::Perform for Agencies {
    async fn perform(&self, plan: &PlanHash, duty: &Duty, step_token: &str) -> Answer {
        Self::perform(self, plan, duty, step_token).await
    }
}

/// A call that is ready to leave.
struct Ready {
    outbound: Outbound,
    /// Whether its answer comes as an operation.
    operation: bool,
}

/// The call of a duty.
///
/// # Errors
/// How the duty and the contract do not fit: a breach.
fn outbound(contract: &Contract, duty: &Duty, step_token: &str, until_ms: i64) -> Result<Ready, String> {
    let Wire::Grpc(calls) = &contract.wire;
    let by_key = |call: &KeyCall| (call.path.clone(), key_request(call, duty), call.operation);
    let no_method = |what: &str| format!("the contract has no method for {what}");
    let (path, body, operation) = match duty.call {
        CallKind::Perform | CallKind::Reverse => {
            let body = contract.request(&duty.request).map_err(|unfit| unfit.to_string())?;
            (calls.perform.path.clone(), body, calls.perform.operation)
        }
        CallKind::Status => match (&calls.status, &calls.find) {
            (Some(status), _) => by_key(status),
            (None, Some(find)) => {
                let body = project::project(&find.request, &found_by(find, &duty.request));
                (find.path.clone(), body.map_err(|unfit| unfit.to_string())?, find.operation)
            }
            (None, None) => return Err(no_method("status")),
        },
        CallKind::Cancel => by_key(calls.cancel.as_ref().ok_or_else(|| no_method("cancel"))?),
    };
    let acts = matches!(duty.call, CallKind::Perform | CallKind::Reverse);
    let path = path.parse().map_err(|_| "the contract's method has no path".to_owned())?;
    let metadata = headers::metadata(duty, step_token).ok_or("the key or the purpose is not printable")?;
    let outbound = Outbound {
        path,
        body: body.into(),
        metadata,
        timeout: Duration::from_millis(u64::from(contract.timeout_ms)),
        until: Instant::now() + Duration::from_millis(u64::try_from(until_ms).unwrap_or(0)),
        repeatable: !acts || contract.effect != Effect::Unguarded,
    };
    Ok(Ready { outbound, operation })
}

/// What of the service's own request an effect is found by.
fn found_by(find: &FindCall, request: &[RequestField]) -> Vec<RequestField> {
    let theirs = |of: &RequestField| {
        let field = find.fields.get(&of.field)?.clone();
        Some(RequestField { field, content: of.content.clone() })
    };
    request.iter().filter_map(theirs).collect()
}

fn key_request(call: &KeyCall, duty: &Duty) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(tag) = call.key_tag {
        project::write_bytes(tag, duty.key.as_bytes(), &mut body);
    }
    body
}

fn answer(
    snapshot: &Snapshot,
    plan: &PlanHash,
    contract: &Contract,
    duty: &Duty,
    operation: bool,
    body: &Bytes,
) -> Answer {
    if duty.call == CallKind::Cancel {
        return Answer::Undone;
    }
    let Some(plan) = snapshot.plan(plan) else { return breach("the plan of the case is not known") };
    let Some(step) = plan.step(&duty.service) else { return breach("the plan has no such service") };
    let Wire::Grpc(calls) = &contract.wire;
    let read = ReadBy { direct: &calls.perform, plan, step, dictionary: &snapshot.dictionary };
    match (duty.call, read.answer(operation, body)) {
        (CallKind::Reverse, answer) => of_reversal(answer),
        (_, answer) => answer,
    }
}

/// What an answer to a reversal says: done is undone, unless it was refused. That there was nothing to reverse is what
/// was wanted, too.
pub(crate) fn of_reversal(answer: Answer) -> Answer {
    match answer {
        Answer::Done { decision: Some(decision), gifts } if decision.result == DecisionResult::Refused => {
            Answer::Done { gifts, decision: Some(decision) }
        }
        Answer::Done { .. } => Answer::Undone,
        answer => answer,
    }
}

/// What a call counts as in telemetry.
fn code_of(result: &Result<Bytes, CallError>) -> Code {
    match result {
        Ok(_) => Code::Ok,
        Err(CallError::Status(status)) => status.code(),
        Err(CallError::Silence) => Code::DeadlineExceeded,
        Err(CallError::Broken { .. }) => Code::Unknown,
        Err(
            CallError::NotSent { .. }
            | CallError::NoEndpoint
            | CallError::Overloaded
            | CallError::BreakerOpen,
        ) => Code::Unavailable,
    }
}

/// One line per call: who, what, how it ended, how long. No facts, no key, nothing of a person.
fn note(duty: &Duty, result: &Result<Bytes, CallError>, took: Duration) {
    let outcome = match result {
        Ok(_) => "OK",
        Err(CallError::Status(status)) => refusal::name_of(status.code()),
        Err(CallError::NotSent { .. }) => "not sent",
        Err(CallError::NoEndpoint) => "no endpoint",
        Err(CallError::Overloaded) => "overloaded",
        Err(CallError::BreakerOpen) => "breaker open",
        Err(CallError::Silence) => "silence",
        Err(CallError::Broken { .. }) => "broken",
    };
    tracing::debug!(
        agency.id = %duty.agency,
        service.id = %duty.service,
        call = ?duty.call,
        attempt = duty.attempt,
        outcome,
        took_ms = took.as_millis() as u64,
        "called an agency"
    );
}
