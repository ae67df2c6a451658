//! Candidate plans, and who publishes them.

use std::sync::Arc;

use casework::name::{LifeEventId, ServiceId};
use casework::plan::PlanHash;
use casework::service::Grant;
use gateway::registry::{
    OpenCases, Publication, PublishOutcome, PublishPlan, Registry, RegistryError, RegistryOptions,
};
use proto::loket::desk::v1::RegisterAgencyRequest;

use crate::ministry::*;

fn joining() -> LifeEventId {
    "joining".parse().unwrap()
}

fn id(service: &str) -> ServiceId {
    service.parse().unwrap()
}

/// The library, with its proto changed.
async fn library_with(edits: &[(&str, &str)]) -> Ministry {
    agency_with(include_str!("../ministry/library.proto"), edits).await
}

async fn agency_with(proto: &str, edits: &[(&str, &str)]) -> Ministry {
    let mut source = proto.to_owned();
    for (from, to) in edits {
        assert!(source.contains(from), "{from}");
        source = source.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agency.proto"), source).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let set = set_of(&[folder.path(), &root.join("proto")], "agency.proto");
    Ministry::start(set, Reflection::V1, |_| Reply::Silence).await
}

/// A museum that needs what the library gives.
const MUSEUM: &str = r#"
syntax = "proto3";
package museum.v1;
import "loket/v1/annotations.proto";
service MuseumService {
  rpc Welcome(WelcomeRequest) returns (WelcomeResponse) {
    option (loket.v1.public_service) = {
      id: "museum/welcome" life_events: {id: "joining"} act: ACT_EX_OFFICIO effect: EFFECT_IDEMPOTENT
      legal_basis: "Museum Act, article 1" purpose: "culture" titles: {language: "en", value: "Welcome"}
    };
  }
}
message WelcomeRequest { string card = 1 [(loket.v1.fact).name = "person.library_card"]; }
message WelcomeResponse {}
"#;

fn museum(ministry: &Ministry) -> RegisterAgencyRequest {
    registration("museum", &[&ministry.uri])
}

fn grant() -> Grant {
    Grant {
        from: "library".parse().unwrap(),
        concept: "person.library_card".parse().unwrap(),
        to: id("museum/welcome"),
        purpose: "culture".to_owned(),
        legal_basis: "Library Act, article 9".to_owned(),
    }
}

fn published(registry: &Registry) -> (PlanHash, Vec<String>) {
    let snapshot = registry.snapshot();
    let (hash, plan) = snapshot.published(&joining(), None).unwrap();
    (hash.clone(), plan.steps.iter().map(|step| step.service.id.to_string()).collect())
}

#[tokio::test]
async fn a_new_service_is_left_out_until_it_is_granted_and_then_joins_the_plan_by_itself() {
    let registry = registry(store().await, quick()).await;
    let library = library_with(&[]).await;
    registry.register(library.registration()).await.unwrap();
    let (first, steps) = published(&registry);
    assert_eq!(steps, ["library/enrolment", "library/lending"]);
    let museum_system = agency_with(MUSEUM, &[]).await;
    let told = registry.register(museum(&museum_system)).await.unwrap();
    let findings = told.plans[0].findings.join("\n");
    for named in ["museum/welcome", "person.library_card", "library", "grant"] {
        assert!(findings.contains(named), "{named} is not in {findings}");
    }
    assert_eq!(published(&registry).0, first);
    registry.give_grant(grant(), "an officer").await.unwrap();
    let (second, steps) = published(&registry);
    assert_ne!(second, first);
    assert_eq!(steps, ["library/enrolment", "library/lending", "museum/welcome"]);
    // The earlier plan stays for the cases that are on it.
    assert!(registry.snapshot().rulebook(&first).is_some());
}

#[tokio::test]
async fn a_consent_in_the_registration_is_a_grant_and_a_revocation_goes_before_it() {
    let registry = registry(store().await, quick()).await;
    let (library, museum_system) = (library_with(&[]).await, agency_with(MUSEUM, &[]).await);
    let mut request = library.registration();
    let consent = grant();
    request.grants = vec![proto::loket::desk::v1::Grant {
        concept: consent.concept.to_string(),
        to: consent.to.to_string(),
        purpose: consent.purpose.clone(),
        legal_basis: consent.legal_basis.clone(),
    }];
    registry.register(request.clone()).await.unwrap();
    registry.register(museum(&museum_system)).await.unwrap();
    let granted = |registry: &Registry| {
        let consent = grant();
        let snapshot = registry.snapshot();
        snapshot.grants.find(&consent.from, &consent.concept, &consent.to, &consent.purpose).is_some()
    };
    assert!(granted(&registry));
    let (plan, _) = published(&registry);
    assert!(registry.revoke_grant(&grant(), "an officer").await.unwrap().0);
    assert!(!registry.revoke_grant(&grant(), "an officer").await.unwrap().0, "it was revoked twice");
    assert!(!granted(&registry));
    assert_eq!(published(&registry).0, plan, "a revoked grant took a step out of the published plan");
    request.titles[0].value = "The library".to_owned();
    registry.register(request).await.unwrap();
    assert!(!granted(&registry), "registering anew lifted a revocation");
    registry.give_grant(grant(), "an officer").await.unwrap();
    assert!(granted(&registry));
}

#[tokio::test]
async fn the_published_plan_never_changes_by_itself() {
    let registry = registry(store().await, quick()).await;
    let library = library_with(&[]).await;
    registry.register(library.registration()).await.unwrap();
    let (first, _) = published(&registry);
    let old = registry
        .snapshot()
        .plan(&first)
        .unwrap()
        .step(&id("library/enrolment"))
        .unwrap()
        .service
        .contract
        .clone();
    // Another tag on the wire: an incompatible change.
    let changed = library_with(&[("string number = 1", "string number = 7")]).await;
    let told = registry.register(changed.registration()).await.unwrap();
    assert_ne!(told.plans[0].candidate, first.0);
    assert_eq!(told.plans[0].published, first.0);
    let finding = told.plans[0].findings.join("\n");
    assert!(
        finding.contains("changes `library/enrolment`") && finding.contains("loket plan publish joining"),
        "{finding}"
    );
    let snapshot = registry.snapshot();
    let offer = &snapshot.offers.0[&id("library/enrolment")][0];
    assert_ne!(offer.contract, old, "nobody sees that the contract is another");
    assert!(snapshot.contract(&old).is_some(), "calls that are out cannot be asked about any more");
    // A person looks at it and publishes it; open cases move.
    let wish = wish(PlanHash(told.plans[0].candidate.clone()), OpenCases::Move);
    assert_eq!(registry.publish_plan(wish, "anna").await.unwrap(), PublishOutcome::Published);
    let (second, _) = published(&registry);
    assert_eq!(registry.snapshot().move_to(&first, None), Some(&second));
    assert_eq!(registry.snapshot().move_to(&second, None), None);
}

fn wish(candidate: PlanHash, open_cases: OpenCases) -> PublishPlan {
    PublishPlan {
        life_event: joining(),
        candidate,
        open_cases,
        valid_from: None,
        reason: "the library asked for it".to_owned(),
    }
}

#[tokio::test]
async fn a_withdrawn_service_takes_no_new_steps_and_stays_in_the_plan_until_somebody_publishes() {
    let registry = registry(store().await, quick()).await;
    let library = library_with(&[]).await;
    registry.register(library.registration()).await.unwrap();
    let (first, _) = published(&registry);
    let withdrawn = registry.withdraw("library", &["library/lending".to_owned()]).await.unwrap();
    assert_eq!(withdrawn.services, ["library/lending"]);
    let offer = |registry: &Registry| registry.snapshot().offers.0[&id("library/lending")][0].withdrawn;
    assert!(offer(&registry));
    assert_eq!(published(&registry).0, first);
    let refused = registry.withdraw("library", &["library/reading".to_owned()]).await.unwrap_err();
    assert!(matches!(refused, RegistryError::NotFound { .. }), "{refused}");
    registry.register(library.registration()).await.unwrap();
    assert!(!offer(&registry), "registering anew does not offer it again");
}

#[tokio::test]
async fn a_plan_is_for_happenings_from_its_first_day_on() {
    let registry = registry(store().await, quick()).await;
    let library = library_with(&[]).await;
    registry.register(library.registration()).await.unwrap();
    let (first, _) = published(&registry);
    let changed = library_with(&[("Library Act, article 3", "Library Act 2027, article 3")]).await;
    let told = registry.register(changed.registration()).await.unwrap();
    let mut wish = wish(PlanHash(told.plans[0].candidate.clone()), OpenCases::Finish);
    wish.valid_from = Some("2999-01-01".parse().unwrap());
    registry.publish_plan(wish, "anna").await.unwrap();
    let snapshot = registry.snapshot();
    let on = |date: &str| snapshot.published(&joining(), Some(date.parse().unwrap())).unwrap().0.clone();
    assert_eq!(on("2998-12-30"), first, "a happening of December falls under January's rules");
    assert_eq!(on("2999-01-01").0, told.plans[0].candidate);
    assert_eq!(snapshot.published(&joining(), None).unwrap().0, &first, "the future's plan holds today");
}

#[tokio::test]
async fn where_two_persons_publish_one_is_not_enough() {
    let options = RegistryOptions { publication: Publication::TwoPerson, ..quick() };
    let registry = registry(store().await, options).await;
    let library = library_with(&[]).await;
    let told = registry.register(library.registration()).await.unwrap();
    assert_eq!(told.plans[0].published, "");
    assert!(told.plans[0].findings.join("\n").contains("two persons"), "{:?}", told.plans);
    let candidate = PlanHash(told.plans[0].candidate.clone());
    let publish = |by: &'static str| {
        let (registry, wish) = (registry.clone(), wish(candidate.clone(), OpenCases::Finish));
        async move { registry.publish_plan(wish, by).await.unwrap() }
    };
    assert_eq!(publish("anna").await, PublishOutcome::Proposed);
    assert_eq!(publish("anna").await, PublishOutcome::Proposed);
    assert!(registry.snapshot().published(&joining(), None).is_none());
    assert_eq!(publish("bert").await, PublishOutcome::Published);
    assert_eq!(published(&registry).0, candidate);
}

#[tokio::test]
async fn only_the_candidate_that_was_reviewed_is_published() {
    let registry = registry(store().await, quick()).await;
    let refused = registry.publish_plan(wish(PlanHash("00".to_owned()), OpenCases::Finish), "anna").await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, RegistryError::Refused(_)), "{refused}");
    assert!(refused.to_string().contains("not the one that was reviewed"), "{refused}");
}

#[tokio::test]
async fn a_revoked_plan_opens_no_case() {
    let registry = registry(store().await, quick()).await;
    let library = library_with(&[]).await;
    registry.register(library.registration()).await.unwrap();
    let (hash, _) = published(&registry);
    registry.revoke_plan(&hash, "a mistake", "anna").await.unwrap();
    let snapshot = registry.snapshot();
    assert!(snapshot.published(&joining(), None).is_none());
    assert!(snapshot.is_revoked(&hash) && snapshot.plan(&hash).is_some());
}

#[tokio::test]
async fn two_gateways_that_change_the_registry_at_once_agree() {
    let store = store().await;
    let one = registry(Arc::clone(&store), quick()).await;
    let other = Registry::open(store, quick()).await.unwrap();
    let (library, museum_system) = (library_with(&[]).await, agency_with(MUSEUM, &[]).await);
    let (first, second) = tokio::join!(one.register(library.registration()), async {
        other.register(museum(&museum_system)).await.unwrap();
        other.give_grant(grant(), "an officer").await
    });
    first.unwrap();
    second.unwrap();
    let complete = |snapshot: &gateway::registry::Snapshot| {
        let plan = snapshot.published(&joining(), None);
        plan.is_some_and(|(_, plan)| plan.steps.len() == 3)
    };
    let here = until(&one, complete).await;
    let version = here.version;
    let there = until(&other, |snapshot| snapshot.version == version).await;
    assert_eq!(here.published(&joining(), None).unwrap().0, there.published(&joining(), None).unwrap().0);
    assert_eq!(here.grants, there.grants);
}
