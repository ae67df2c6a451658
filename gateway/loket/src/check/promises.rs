//! The promises, one check each. A check says kept, broken with what was seen, or not tried with why.

use std::time::{Duration, Instant};

use casework::service::{Effect, Mode};
use gateway::lowering::LoweredService;
use prost_reflect::DynamicMessage;
use serde_json::Value as Json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::calls::Ministry;
use super::examples;

/// What a check found.
pub(super) struct Outcome {
    pub(super) service: String,
    pub(super) promise: &'static str,
    pub(super) verdict: Verdict,
}

/// The verdict on one promise.
pub(super) enum Verdict {
    Kept,
    Broken(String),
    NotTried(String),
}

impl Verdict {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken(_) => "BROKEN",
            Self::NotTried(_) => "not tried",
        }
    }

    pub(super) fn detail(&self) -> &str {
        match self {
            Self::Kept => "",
            Self::Broken(detail) | Self::NotTried(detail) => detail,
        }
    }

    fn of(kept: bool, otherwise: impl FnOnce() -> String) -> Self {
        if kept { Self::Kept } else { Self::Broken(otherwise()) }
    }
}

/// One service under test, with an example request.
struct Trial<'a> {
    ministry: &'a Ministry,
    service: &'a LoweredService,
    method: prost_reflect::MethodDescriptor,
    request: DynamicMessage,
    within: Duration,
    run: String,
}

/// Checks one service. Nothing is called for one that only informs; what changes nothing owes only an answer.
pub(super) async fn check(
    ministry: &Ministry,
    service: &LoweredService,
    given: Option<&Json>,
) -> Vec<Outcome> {
    let id = service.service.id.to_string();
    let outcome = |promise, verdict| Outcome { service: id.clone(), promise, verdict };
    if service.service.mode == Mode::Inform {
        return vec![outcome("answers", Verdict::NotTried("it only informs: it is never called".to_owned()))];
    }
    let Some(method) = ministry.method(&service.contract.grpc().perform.path) else {
        return vec![outcome("descriptors", Verdict::Broken(format!("{} is not described", service.method)))];
    };
    let request = match examples::request(&method.input(), given) {
        Ok(request) => request,
        Err(error) => return vec![outcome("example request", Verdict::NotTried(error))],
    };
    let within = Duration::from_millis(u64::from(service.contract.timeout_ms));
    let run = format!("check-{}", jiff::Timestamp::now().as_microsecond());
    let trial = Trial { ministry, service, method, request, within, run };
    let mut outcomes = vec![outcome("bad input is refused", trial.bad_input().await)];
    let began = Instant::now();
    let first = trial.perform("first").await;
    outcomes.push(outcome("answers within its deadline", trial.deadline(&first, began.elapsed())));
    if service.contract.effect == Effect::Read {
        return outcomes;
    }
    outcomes.push(outcome("a call without a key is refused", trial.keyless().await));
    match first {
        Err(status) => outcomes.push(outcome("same key, same answer", declined(&status))),
        Ok(answer) => {
            outcomes.push(outcome("same key, same answer", trial.same_answer(&answer).await));
            outcomes.push(outcome("same key, other request is refused", trial.key_reused().await));
            outcomes.push(outcome("status answers what was answered", trial.status(&answer).await));
            outcomes.push(outcome("a cancelled call stays cancelled", trial.cancel_done().await));
        }
    }
    outcomes.push(outcome("status of an unknown key is NOT_FOUND", trial.status_unknown().await));
    outcomes.push(outcome("a late call after its cancel is refused", trial.tombstone().await));
    outcomes
}

/// A made-up request may well be refused: then only an example can tell.
fn declined(status: &Status) -> Verdict {
    Verdict::NotTried(format!(
        "the example was refused ({:?}: {}); give one that is done with --requests",
        status.code(),
        status.message()
    ))
}

impl Trial<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}-{name}", self.run)
    }

    async fn perform(&self, key: &str) -> Result<DynamicMessage, Status> {
        self.ministry.call(&self.method, self.request.clone(), Some(&self.key(key)), self.within).await
    }

    /// An unguarded service makes no promise about keys: one call is one effect.
    fn promises_keys(&self) -> Option<Verdict> {
        (self.service.contract.effect == Effect::Unguarded)
            .then(|| Verdict::NotTried("UNGUARDED: it promises nothing about keys".to_owned()))
    }

    async fn bad_input(&self) -> Verdict {
        if self.method.input().fields().len() == 0 {
            return Verdict::NotTried("its request has no fields".to_owned());
        }
        let empty = DynamicMessage::new(self.method.input());
        match self.ministry.call(&self.method, empty, Some(&self.key("empty")), self.within).await {
            Err(status) => Verdict::of(status.code() == Code::InvalidArgument, || {
                format!("an empty request is answered with {:?}, not INVALID_ARGUMENT", status.code())
            }),
            // A group may be empty: what is needed of each of nobody is not lacking.
            Ok(_) if self.service.service.needs.iter().all(|need| need.optional || need.repeated) => {
                Verdict::Kept
            }
            Ok(_) => Verdict::Broken("an empty request is answered with OK".to_owned()),
        }
    }

    fn deadline(&self, first: &Result<DynamicMessage, Status>, took: Duration) -> Verdict {
        let late =
            matches!(first, Err(status) if matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled));
        Verdict::of(!late, || format!("no answer within {:?} (waited {took:?})", self.within))
    }

    async fn keyless(&self) -> Verdict {
        if let Some(verdict) = self.promises_keys() {
            return verdict;
        }
        match self.ministry.call(&self.method, self.request.clone(), None, self.within).await {
            Err(status) if status.code() == Code::InvalidArgument => Verdict::Kept,
            Err(status) => {
                Verdict::Broken(format!("it is answered with {:?}, not INVALID_ARGUMENT", status.code()))
            }
            Ok(_) => Verdict::Broken("it is done: a repeat could not be recognised".to_owned()),
        }
    }

    async fn same_answer(&self, first: &DynamicMessage) -> Verdict {
        if let Some(verdict) = self.promises_keys() {
            return verdict;
        }
        match self.perform("first").await {
            Ok(again) => {
                Verdict::of(again == *first, || "the repeated call is answered differently".to_owned())
            }
            Err(status) => {
                Verdict::Broken(format!("the repeated call fails: {:?} {}", status.code(), status.message()))
            }
        }
    }

    async fn key_reused(&self) -> Verdict {
        if let Some(verdict) = self.promises_keys() {
            return verdict;
        }
        let Some(other) = examples::another(&self.request) else {
            return Verdict::NotTried("its request has nothing that could differ".to_owned());
        };
        match self.ministry.call(&self.method, other, Some(&self.key("first")), self.within).await {
            Err(status) if matches!(status.code(), Code::AlreadyExists | Code::InvalidArgument) => {
                Verdict::Kept
            }
            Err(status) => {
                Verdict::Broken(format!("it is answered with {:?}, not ALREADY_EXISTS", status.code()))
            }
            Ok(_) => Verdict::Broken("it is answered with OK".to_owned()),
        }
    }

    async fn status(&self, first: &DynamicMessage) -> Verdict {
        let Some(status) = &self.service.contract.grpc().status else {
            return Verdict::NotTried("it has no status method".to_owned());
        };
        match self.ministry.by_key(&status.path, &self.key("first"), self.within).await {
            Ok(told) => Verdict::of(told == *first || self.service.contract.grpc().perform.operation, || {
                "status tells another answer than the call gave".to_owned()
            }),
            Err(error) => Verdict::Broken(format!("status fails: {:?} {}", error.code(), error.message())),
        }
    }

    async fn status_unknown(&self) -> Verdict {
        let Some(status) = &self.service.contract.grpc().status else {
            return Verdict::NotTried("it has no status method".to_owned());
        };
        match self.ministry.by_key(&status.path, &self.key("never"), self.within).await {
            Err(error) if error.code() == Code::NotFound => Verdict::Kept,
            Err(error) => Verdict::Broken(format!("it is answered with {:?}", error.code())),
            Ok(_) => Verdict::Broken("it is answered with OK".to_owned()),
        }
    }

    async fn cancel_done(&self) -> Verdict {
        let Some(cancel) = &self.service.contract.grpc().cancel else {
            return Verdict::NotTried("it has no cancel method".to_owned());
        };
        for time in ["first", "second"] {
            if let Err(error) = self.ministry.by_key(&cancel.path, &self.key("first"), self.within).await {
                return Verdict::Broken(format!(
                    "the {time} cancel fails: {:?} {}",
                    error.code(),
                    error.message()
                ));
            }
        }
        refused_for_good(self.perform("first").await)
    }

    async fn tombstone(&self) -> Verdict {
        let Some(cancel) = &self.service.contract.grpc().cancel else {
            return Verdict::NotTried("it has no cancel method".to_owned());
        };
        if let Err(error) = self.ministry.by_key(&cancel.path, &self.key("late"), self.within).await {
            return Verdict::Broken(format!("cancelling a key never seen fails: {:?}", error.code()));
        }
        refused_for_good(self.perform("late").await)
    }
}

fn refused_for_good(late: Result<DynamicMessage, Status>) -> Verdict {
    match late {
        Ok(_) => Verdict::Broken("the late call is done".to_owned()),
        Err(status) => {
            let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
            Verdict::of(status.code() == Code::Aborted && reason == "TOMBSTONED", || {
                format!(
                    "the late call is answered with {:?} {reason}, not ABORTED with the reason TOMBSTONED",
                    status.code()
                )
            })
        }
    }
}
