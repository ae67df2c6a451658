//! The ministries and life events of the tree, as they are registered.

use std::path::{Path, PathBuf};

use casework::name::LifeEventId;
use gateway::registry::{Registry, RegistryOptions, Snapshot};
use proto::loket::desk::v1::{CompetentFor, Grant, RegisterAgencyRequest};
use serde::Deserialize;

use crate::ministry::*;

const MUNICIPALITIES: [&str; 3] = ["oosterdam", "westerveen", "zuiderhaven"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[derive(Deserialize)]
struct Consent {
    concept: String,
    to: String,
    purpose: String,
    legal_basis: String,
}

fn ministry(agency: &str, folder: &str, file: &str) -> RegisterAgencyRequest {
    let service = root().join("services").join(folder);
    let set = set_of(&[&service.join("proto"), &root().join("proto")], file);
    let consents = std::fs::read_to_string(service.join("grants.yaml")).unwrap();
    let consents: Vec<Consent> = serde_saphyr::from_str(&consents).unwrap();
    let grant = |consent: Consent| Grant {
        concept: consent.concept,
        to: consent.to,
        purpose: consent.purpose,
        legal_basis: consent.legal_basis,
    };
    RegisterAgencyRequest {
        descriptor_set: set,
        grants: consents.into_iter().map(grant).collect(),
        ..registration(agency, &["http://127.0.0.1:1"])
    }
}

fn ministries() -> Vec<RegisterAgencyRequest> {
    let mut all = vec![
        ministry("civil-registry", "civil-registry", "gov/civilregistry/v1/civil_registry.proto"),
        ministry("population-register", "population-register", "gov/population/v1/population_register.proto"),
        ministry("tax-allowances", "tax-allowances", "gov/tax/v1/tax_allowances.proto"),
        ministry("social-insurance", "social-insurance", "gov/socialinsurance/v1/social_insurance.proto"),
        ministry("health-insurance", "health-insurance", "gov/healthinsurance/v1/health_insurance.proto"),
        ministry("youth-health", "youth-health", "gov/youthhealth/v1/youth_health.proto"),
        ministry("vehicles", "vehicles", "gov/vehicles/v1/vehicles.proto"),
    ];
    for place in MUNICIPALITIES {
        let agency = format!("municipality-{place}");
        let mut request = ministry(&agency, "municipality", "gov/municipality/v1/municipality.proto");
        let service = "municipality/*".to_owned();
        request.competences =
            vec![CompetentFor { service, code: place.to_owned(), ..CompetentFor::default() }];
        all.push(request);
    }
    all
}

fn left_out(snapshot: &Snapshot, id: &LifeEventId) -> Vec<String> {
    match snapshot.candidate(id).unwrap() {
        Ok(candidate) => candidate.left_out.values().flatten().map(ToString::to_string).collect(),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

/// The ministries come up together, in whatever order: what they make together is published.
async fn all_registered(
    order: impl Fn(&mut Vec<RegisterAgencyRequest>),
) -> (Registry, std::sync::Arc<Snapshot>) {
    let settle = std::time::Duration::from_millis(600);
    let options = RegistryOptions { seeds: true, settle, ..quick() };
    let registry = Registry::open(store().await, options).await.unwrap();
    let mut ministries = ministries();
    order(&mut ministries);
    for request in ministries {
        let agency = request.agency.clone();
        if let Err(error) = registry.register(request).await {
            panic!("{agency}: {error}");
        }
    }
    let ids = ["birth", "moving", "bereavement"].map(|id| id.parse::<LifeEventId>().unwrap());
    for id in &ids {
        let left_out = left_out(&registry.snapshot(), id);
        assert!(left_out.is_empty(), "{id}:\n{}", left_out.join("\n"));
    }
    let snapshot = until(&registry, |snapshot| {
        ids.iter().all(|id| {
            let candidate = snapshot.candidate(id).and_then(|candidate| candidate.as_ref().ok());
            let published = snapshot.published(id, None);
            published.is_some_and(|(hash, _)| candidate.is_some_and(|it| it.compiled.hash == *hash))
        })
    });
    let snapshot = snapshot.await;
    (registry, snapshot)
}

#[tokio::test]
async fn the_ministries_of_the_tree_register_and_their_plans_are_published() {
    let (_registry, snapshot) = all_registered(|_| {}).await;
    for (id, least) in [("birth", 9), ("moving", 5), ("bereavement", 8)] {
        let (_, plan) = snapshot.published(&id.parse().unwrap(), None).unwrap();
        assert!(plan.steps.len() >= least, "{id} has {} steps", plan.steps.len());
        assert!(plan.unreachable_outcomes().is_empty());
    }
}

#[tokio::test]
async fn the_plans_are_the_same_in_whatever_order_the_ministries_come() {
    let (_one, forward) = all_registered(|_| {}).await;
    let (_other, backward) = all_registered(|all| all.reverse()).await;
    for id in ["birth", "moving", "bereavement"] {
        let id = id.parse().unwrap();
        assert_eq!(forward.published(&id, None).unwrap().0, backward.published(&id, None).unwrap().0, "{id}");
    }
}

/// The core is tried on these very plans, from files: `INSTA_UPDATE=always` writes them anew, for people to look at what
/// changed.
#[tokio::test]
async fn the_plans_that_the_core_is_tried_on_are_those_of_the_ministries_protos() {
    let (_registry, snapshot) = all_registered(|_| {}).await;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../casework/tests/plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for id in ["birth", "moving", "bereavement"] {
        let (hash, plan) = snapshot.published(&id.parse().unwrap(), None).unwrap();
        let golden = serde_json::json!({"hash": hash, "plan": plan});
        let golden = serde_json::to_string_pretty(&golden).unwrap();
        settings.bind(|| insta::assert_snapshot!(id, golden));
    }
}
