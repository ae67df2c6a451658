//! The door: a tower layer that authenticates each request once and asks the table of rights.
//!
//! It belongs inside the gRPC-Web layer (it answers as gRPC does) and around the router that REST calls in process:
//! one place for gRPC, gRPC-Web and REST.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tower::{Layer, Service};

use super::principal::Principal;
use super::rights::{self, Role, Verdict};
use super::verify::{AuthError, Callers};
use crate::reasons::{self, Reason};

/// Who is calling, as the door found: in the extensions of every request behind it.
#[derive(Debug, Clone)]
pub struct Caller(pub Result<Arc<Principal>, AuthError>);

/// Who is calling.
///
/// # Errors
/// UNAUTHENTICATED where the request did not come through the door, or with a token that is not taken.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<Arc<Principal>, Status> {
    match request.extensions().get::<Caller>() {
        Some(Caller(Ok(principal))) => Ok(Arc::clone(principal)),
        Some(Caller(Err(error))) => Err(not_authenticated(error)),
        None => {
            Err(reasons::status(Reason::Unauthenticated, "this call came past the door; send it to the port"))
        }
    }
}

fn not_authenticated(error: &AuthError) -> Status {
    reasons::status(Reason::InvalidToken, error.to_string())
}

/// Puts the [`Door`] around a service.
#[derive(Debug, Clone)]
pub struct DoorLayer {
    callers: Callers,
}

impl DoorLayer {
    /// A door that takes the tokens these callers verify.
    #[must_use]
    pub fn new(callers: Callers) -> Self {
        Self { callers }
    }
}

impl<S> Layer<S> for DoorLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { inner, callers: self.callers.clone() }
    }
}

/// The door around a service.
#[derive(Debug, Clone)]
pub struct Door<S> {
    inner: S,
    callers: Callers,
}

impl<S, B, R> Service<Request<B>> for Door<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let callers = self.callers.clone();
        // The clone may not be ready; the one that was polled is.
        let waiting = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, waiting);
        Box::pin(async move {
            let caller = match request.extensions().get::<Caller>() {
                Some(caller) => caller.clone(),
                None => Caller(callers.authenticate(request.headers()).await),
            };
            if let Some(refusal) = refusal(request.uri().path(), &caller) {
                return Ok(refusal.into_http());
            }
            request.extensions_mut().insert(caller);
            ready.call(request).await
        })
    }
}

/// Why the call goes no further; none where it may.
fn refusal(path: &str, caller: &Caller) -> Option<Status> {
    let principal = match &caller.0 {
        Ok(principal) => principal,
        Err(error) => return Some(not_authenticated(error)),
    };
    match rights::verdict(path, principal) {
        Verdict::Allowed => None,
        // Not ours to say: the router answers that there is no such method.
        Verdict::NoRow if !path.starts_with("/loket.") => None,
        Verdict::NoRow => Some(reasons::status(Reason::NoSuchPath, "there is no such method")),
        Verdict::NeedsToken(roles) => Some(reasons::status(
            Reason::Unauthenticated,
            format!("this needs a token of {}: send it as `authorization: Bearer <token>`", in_words(roles)),
        )),
        Verdict::Forbidden(roles) => Some(reasons::status(
            Reason::PermissionDenied,
            format!("{} may not do this; it needs a token of {}", principal.kind(), in_words(roles)),
        )),
    }
}

fn in_words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.in_words()).collect::<Vec<_>>().join(" or ")
}
