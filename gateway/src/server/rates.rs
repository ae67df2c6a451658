//! How often a caller may call: by address without a token, by who it is with one.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, Ready, ready};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{Request, Response};
use tonic::Status;
use tower::{Layer, Service};

use super::Peer;
use crate::callers::{Caller, Principal};
use crate::config::Limits;
use crate::reasons::{Reason, retry_later};
use crate::telemetry;

/// How often buckets that are full again are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// The rates, shared by all ports of a gateway.
#[derive(Clone)]
pub(super) struct Rates(Arc<Buckets>);

struct Buckets {
    anonymous: DefaultKeyedRateLimiter<u64>,
    persons: DefaultKeyedRateLimiter<u64>,
    organisations: DefaultKeyedRateLimiter<u64>,
    clock: DefaultClock,
    hasher: RandomState,
}

impl Rates {
    /// The rates of these limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Buckets {
            anonymous: RateLimiter::keyed(quota(limits.anonymous_per_second, limits.anonymous_burst)),
            persons: RateLimiter::keyed(quota(limits.person_per_second, limits.person_burst)),
            organisations: RateLimiter::keyed(quota(
                limits.organisation_per_second,
                limits.organisation_burst,
            )),
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
        }))
    }

    /// Forgets callers that have not called for a while, for ever.
    pub(super) async fn tidy(self) {
        let mut every = tokio::time::interval(TIDY_EVERY);
        loop {
            every.tick().await;
            for buckets in [&self.0.anonymous, &self.0.persons, &self.0.organisations] {
                buckets.retain_recent();
                buckets.shrink_to_fit();
            }
        }
    }

    /// Counts a call; the refusal if it is one too many.
    fn count(&self, caller: &Principal, peer: Option<Peer>) -> Option<Status> {
        let buckets = &self.0;
        let (of, key) = match caller {
            Principal::Anonymous => (&buckets.anonymous, self.key(&peer.map(Peer::network))),
            Principal::Citizen(citizen) => (&buckets.persons, self.key(&("citizen", &citizen.subject))),
            Principal::Officer { agency, subject } => {
                (&buckets.persons, self.key(&("officer", agency.as_str(), subject)))
            }
            Principal::Operator { subject, .. } => (&buckets.persons, self.key(&("operator", subject))),
            Principal::ContactCentre { subject } => (&buckets.persons, self.key(&("contact", subject))),
            Principal::Portal { client } => (&buckets.organisations, self.key(&("portal", client))),
            Principal::Agency { agency } => (&buckets.organisations, self.key(&("agency", agency.as_str()))),
        };
        let wait = of.check_key(&key).err()?.wait_time_from(buckets.clock.now());
        telemetry::refused(Reason::TooManyRequests);
        let detail = format!("{} sends more than is allowed; wait {} ms", caller.kind(), wait.as_millis());
        Some(retry_later(Reason::TooManyRequests, detail, wait))
    }

    fn key(&self, of: &impl Hash) -> u64 {
        self.0.hasher.hash_one(of)
    }
}

fn quota(per_second: u32, burst: u32) -> Quota {
    let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

impl<S> Layer<S> for Rates {
    type Service = Rated<S>;

    fn layer(&self, inner: S) -> Rated<S> {
        Rated { inner, rates: self.clone() }
    }
}

/// A service behind [`Rates`]; it stands behind the door.
#[derive(Clone)]
pub(super) struct Rated<S> {
    inner: S,
    rates: Rates,
}

impl<S, B, R> Service<Request<B>> for Rated<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let peer = request.extensions().get::<Peer>().copied();
        let counted = match request.extensions().get::<Caller>() {
            Some(Caller(Ok(principal))) => self.rates.count(principal, peer),
            _ => self.rates.count(&Principal::Anonymous, peer),
        };
        match counted {
            Some(refusal) => Either::Right(ready(Ok(refusal.into_http()))),
            None => Either::Left(self.inner.call(request)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::reasons::Refusal;

    fn rates(change: impl FnOnce(&mut Limits)) -> Rates {
        let mut limits = Config::load(None, []).unwrap().limits;
        change(&mut limits);
        Rates::new(&limits)
    }

    fn peer(address: &str) -> Option<Peer> {
        Some(Peer(format!("{address}:1").parse().unwrap()))
    }

    #[test]
    fn who_has_no_token_is_limited_by_address_and_told_when_to_come_back() {
        let rates = rates(|limits| limits.anonymous_burst = 2);
        for _ in 0..2 {
            assert!(rates.count(&Principal::Anonymous, peer("10.0.0.1")).is_none());
        }
        let refusal = Refusal::of(&rates.count(&Principal::Anonymous, peer("10.0.0.1")).unwrap());
        assert_eq!(refusal.reason, Reason::TooManyRequests);
        assert!(refusal.retry_after.is_some());
        assert!(rates.count(&Principal::Anonymous, peer("10.0.0.2")).is_none());
    }

    #[test]
    fn one_citizen_cannot_use_up_what_another_has() {
        let rates = rates(|limits| limits.person_burst = 1);
        let operator =
            |subject: &str| Principal::Operator { subject: subject.to_owned(), roles: Default::default() };
        assert!(rates.count(&operator("a"), None).is_none());
        assert!(rates.count(&operator("a"), None).is_some());
        assert!(rates.count(&operator("b"), None).is_none());
    }
}
