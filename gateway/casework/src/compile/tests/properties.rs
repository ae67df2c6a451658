//! What holds for every draft that can be made of the ministries.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

fn shuffled() -> impl Strategy<Value = Vec<Declared>> {
    Just(ministries()).prop_shuffle()
}

fn some() -> impl Strategy<Value = Vec<Declared>> {
    let all = ministries();
    let most = all.len();
    subsequence(all, 0..=most).prop_shuffle()
}

proptest! {
    #[test]
    fn the_same_services_in_any_order_make_the_same_plan(services in shuffled()) {
        let expected = Country::of(ministries()).compile().unwrap();
        prop_assert_eq!(Country::of(services).compile().unwrap(), expected);
    }

    #[test]
    fn errors_do_not_depend_on_the_order_either(mut services in some().prop_filter("some", |s| s.len() > 1)) {
        for declared in &mut services {
            declared.0.legal_basis.clear();
        }
        let backwards: Vec<Declared> = services.iter().rev().cloned().collect();
        let errors = Country::of(services).compile().unwrap_err();
        prop_assert_eq!(Country::of(backwards).compile().unwrap_err(), errors);
    }

    #[test]
    fn what_fits_together_compiles_and_the_rest_is_named(services in some()) {
        let country = Country::of(services.clone());
        let (compiled, left_out) = compile_most(country.draft()).unwrap();
        let serving = services.iter().filter(|declared| !declared.0.life_events.is_empty());
        let ids: BTreeSet<_> = serving.map(|declared| declared.0.id.clone()).collect();
        let planned: BTreeSet<_> = compiled.plan.steps.iter().map(|step| step.service.id.clone()).collect();
        let told: BTreeSet<_> = planned.iter().chain(left_out.keys()).cloned().collect();
        prop_assert_eq!(told, ids);
    }

    #[test]
    fn each_step_comes_after_all_it_waits_for_and_has_a_source_for_every_need(services in some()) {
        let (compiled, _) = compile_most(Country::of(services).draft()).unwrap();
        let plan = compiled.plan;
        for (index, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.waits_for.iter().all(|wait| wait.step < index));
            for need in step.needs.iter().filter(|need| !need.optional) {
                let fact = &plan.facts[&need.fact];
                prop_assert!(fact.askable || !fact.givers.is_empty());
                let waited = |giver: &usize| step.waits_for.iter().any(|wait| wait.step == *giver);
                prop_assert!(fact.givers.iter().all(waited));
            }
        }
    }

    #[test]
    fn a_change_of_anything_in_a_service_is_another_plan(which in 0usize..6, timeout in 1u32..1_999) {
        let mut services = ministries();
        services.retain(|declared| !declared.0.life_events.is_empty() || declared.0.id.as_str().contains("correction"));
        let index = if which == 2 { 3 } else { which };
        services[index].0.timeout_ms = timeout;
        let changed = Country::of(services).compile().unwrap();
        prop_assert_ne!(changed.hash, Country::of(ministries()).compile().unwrap().hash);
    }

    #[test]
    fn a_plan_written_and_read_again_is_the_same_plan(services in some()) {
        let (compiled, _) = compile_most(Country::of(services).draft()).unwrap();
        let text = serde_json::to_string(&compiled.plan).unwrap();
        let read: Plan = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(hash(&read), compiled.hash);
        prop_assert_eq!(read, compiled.plan);
    }
}
