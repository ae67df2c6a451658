//! A registered library and duties to it.

use std::sync::Arc;

use casestore::CaseStore;
use casework::entry::CallKind;
use casework::input::{Answer, Content, Duty, RequestField};
use casework::name::{ServiceId, StepId};
use casework::plan::PlanHash;
use casework::value::Value;
use gateway::agencies::Agencies;
use gateway::registry::{Registry, RegistryOptions};

use crate::ministry::*;

/// A registry in which the library is registered with these systems, and the way to it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn CaseStore>,
    pub(crate) registry: Registry,
    pub(crate) agencies: Agencies,
    pub(crate) plan: PlanHash,
}

impl World {
    /// The library is reached at these addresses.
    pub(crate) async fn at(endpoints: &[&str]) -> Self {
        Self::with_limit(endpoints, gateway::agencies::IN_FLIGHT_MAX).await
    }

    /// The same, with at most so many calls in flight.
    pub(crate) async fn with_limit(endpoints: &[&str], in_flight_max: usize) -> Self {
        Self::with(endpoints, in_flight_max, quick()).await
    }

    /// The same, with a registry that is run otherwise.
    pub(crate) async fn with_options(endpoints: &[&str], options: RegistryOptions) -> Self {
        Self::with(endpoints, gateway::agencies::IN_FLIGHT_MAX, options).await
    }

    async fn with(endpoints: &[&str], in_flight_max: usize, options: RegistryOptions) -> Self {
        let store = store().await;
        let registry = registry(Arc::clone(&store), options).await;
        let mut request = registration("library", endpoints);
        request.descriptor_set = library_set();
        registry.register(request).await.unwrap();
        let snapshot =
            until(&registry, |snapshot| snapshot.offers.0.values().flatten().any(|offer| offer.live));
        let snapshot = snapshot.await;
        let (plan, _) = snapshot.published(&"joining".parse().unwrap(), None).unwrap();
        let agencies = Agencies::with_limit(registry.clone(), in_flight_max);
        Self { store, agencies, plan: plan.clone(), registry }
    }

    /// One ministry, and the world in which it is the library.
    pub(crate) async fn of(answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> (Self, Ministry) {
        let library = Ministry::library(Reflection::Neither, answer).await;
        (Self::at(&[&library.uri]).await, library)
    }

    pub(crate) async fn perform(&self, duty: &Duty) -> Answer {
        self.agencies.perform(&self.plan, duty, "a step token").await
    }

    /// A duty of the enrolment.
    pub(crate) fn enrol(&self, call: CallKind) -> Duty {
        let own: ServiceId = "library/enrolment".parse().unwrap();
        let (service, request) = match call {
            CallKind::Perform => (own.clone(), vec![one("number", Value::Person("123".to_owned()))]),
            CallKind::Reverse => {
                let card = Value::Document("L-1".to_owned());
                ("library/leaving".parse().unwrap(), vec![one("card", card)])
            }
            CallKind::Status | CallKind::Cancel => (own.clone(), Vec::new()),
        };
        self.duty(StepId { service: own, member: None }, service, call, request)
    }

    /// A duty of the loan, which is done once.
    pub(crate) fn lend(&self) -> Duty {
        let service: ServiceId = "library/lending".parse().unwrap();
        let titles = Content::Each(vec![Some(Value::Text("Max Havelaar".to_owned())), None]);
        let request = vec![
            one("card", Value::Document("L-1".to_owned())),
            RequestField { field: "books.title".to_owned(), content: titles },
        ];
        let step = StepId { service: service.clone(), member: None };
        self.duty(step, service, CallKind::Perform, request)
    }

    fn duty(&self, step: StepId, service: ServiceId, call: CallKind, request: Vec<RequestField>) -> Duty {
        let snapshot = self.registry.snapshot();
        let plan = snapshot.plan(&self.plan).unwrap();
        Duty {
            intent: 1,
            step,
            call,
            attempt: 1,
            agency: "library".parse().unwrap(),
            key: "abcdefghjkmnpqrstvwxyz0123".to_owned(),
            contract: plan.step(&service).unwrap().service.contract.clone(),
            service,
            purpose: "library".to_owned(),
            received_at: "2026-11-23T09:30:00Z".parse().unwrap(),
            until: self.registry.now().plus(6_000),
            operation: None,
            request,
        }
    }
}

pub(crate) fn one(field: &str, value: Value) -> RequestField {
    RequestField { field: field.to_owned(), content: Content::One(value) }
}
