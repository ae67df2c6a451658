//! The plans of the life events that are shipped, as the ministries' own protos make them: `tests/plans`. A test of the
//! gateway keeps them up to date; here they are played and put to everything that every plan is put to.

use std::collections::BTreeSet;
use std::path::Path;

use casework::compile::{Draft, compile, hash};
use casework::dictionary::{Dictionary, DictionaryFile, Limits};
use casework::plan::{Plan, PlanHash, PlanStep};
use casework::rulebook::Offers;
use casework::service::{Grant, Grants, Service};
use serde::Deserialize;

use crate::country::{Country, offers};
use crate::rng::Rng;

/// A plan and the hash that it was given when it was last looked at.
#[derive(Deserialize)]
struct Golden {
    hash: PlanHash,
    plan: Plan,
}

fn goldens() -> Vec<Golden> {
    let files = [
        include_str!("../plans/birth.snap"),
        include_str!("../plans/moving.snap"),
        include_str!("../plans/bereavement.snap"),
    ];
    // What comes before is about the file.
    let content = |file: &'static str| file.split_once("\n---\n").unwrap().1;
    files.map(|file| serde_json::from_str(content(file)).unwrap()).into()
}

/// The countries of the shipped life events: everything granted, one agency per municipality.
pub(crate) fn shipped() -> Vec<Country> {
    goldens().into_iter().map(country).collect()
}

fn country(golden: Golden) -> Country {
    let Golden { plan, hash } = golden;
    let dictionary = dictionary();
    let places: Vec<&str> = dictionary.codes("municipality").unwrap().keys().map(String::as_str).collect();
    let offered = services(&plan).into_iter().map(|service| (service.id.clone(), offers(&service, &places)));
    let (grants, offers) = (grants(&plan), Offers(offered.collect()));
    Country { plan, hash, dictionary, grants, offers, registry: 1, revoked: false }
}

/// The dictionary of the tree, but for the limits of its values: here a value is a tag that tells who gave it of whom.
fn dictionary() -> Dictionary {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dictionary");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut file = serde_saphyr::from_str::<DictionaryFile>(&text).unwrap();
        file.concepts.iter_mut().for_each(|concept| concept.limits = Limits::default());
        file
    });
    Dictionary::assemble(files).unwrap()
}

fn steps(plan: &Plan) -> impl Iterator<Item = &PlanStep> {
    plan.steps.iter().chain(&plan.reversals)
}

fn services(plan: &Plan) -> Vec<Service> {
    steps(plan).map(|step| step.service.clone()).collect()
}

/// Every flow from a giver to a taker, granted.
fn grants(plan: &Plan) -> Grants {
    let mut grants = Grants::default();
    for taker in steps(plan) {
        for need in &taker.needs {
            let concept = plan.life_event.concept_of(&need.fact).unwrap();
            let gives = |giver: &&PlanStep| giver.gifts.iter().any(|gift| gift.fact == need.fact);
            let givers: BTreeSet<_> =
                plan.steps.iter().filter(gives).map(|giver| giver.service.id.agency()).collect();
            for from in givers {
                grants.give(Grant {
                    from,
                    concept: concept.clone(),
                    to: taker.service.id.clone(),
                    purpose: taker.service.purpose.clone(),
                    legal_basis: "Act of consent".to_owned(),
                });
            }
        }
    }
    grants
}

#[test]
fn a_plan_that_was_published_keeps_its_hash() {
    for Golden { plan, hash: golden } in goldens() {
        let id = &plan.life_event.id;
        assert_eq!(hash(&plan), golden, "{id}: open cases and the registry's log name it by this hash");
        let read: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!(hash(&read), golden, "{id}");
    }
}

#[test]
fn the_shipped_services_make_the_same_plan_in_whatever_order_they_come() {
    let dictionary = dictionary();
    for Golden { plan, hash: golden } in goldens() {
        let (grants, mut services) = (grants(&plan), services(&plan));
        for seed in 0..50 {
            shuffle(&mut services, seed);
            let compiled = compile(Draft {
                life_event: &plan.life_event,
                outcomes: &plan.outcomes,
                services: &services,
                dictionary: &dictionary,
                grants: &grants,
            });
            let compiled = compiled.unwrap_or_else(|errors| panic!("{errors}"));
            assert_eq!(compiled.hash, golden, "{}", plan.life_event.id);
            assert_eq!(compiled.plan, plan);
        }
    }
}

fn shuffle(services: &mut [Service], seed: u64) {
    let mut rng = Rng::new(seed);
    for last in (1..services.len()).rev() {
        let other = usize::try_from(rng.below(u64::try_from(last).unwrap() + 1)).unwrap();
        services.swap(last, other);
    }
}

#[test]
fn any_change_of_a_shipped_plan_is_another_plan() {
    for Golden { plan, hash: golden } in goldens() {
        for index in 0..plan.steps.len() {
            let mut other = plan.clone();
            other.steps[index].service.purpose.push('!');
            assert_ne!(hash(&other), golden);
            let mut other = plan.clone();
            other.steps[index].needs.pop();
            assert!(plan.steps[index].needs.is_empty() || hash(&other) != golden);
        }
    }
}
