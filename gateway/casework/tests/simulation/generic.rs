//! What every plan is put to for existing: each of its steps refused, answered twice, never answered, and left by a
//! gateway that died when it had stored the call. The shipped plans are put to it with each of their steps.

use std::collections::BTreeSet;

use casework::case::{Case, CaseState, StepState};
use casework::explain::explain;
use casework::name::{ServiceId, StepId};
use casework::plan::PlanStep;
use casework::service::Mode;
use casework::time::Instant;

use crate::country::Country;
use crate::shipped::shipped;
use crate::world::{Trial, World};
use crate::{by_hand, generate};

const HOUR_MS: i64 = 3_600_000;

/// Reports among which each step of a shipped plan is called by one.
const REPORTS: u64 = 300;

/// The shipped plans, those by hand, and some by chance.
fn plans() -> Vec<Country> {
    shipped().into_iter().chain(by_hand()).chain((0..40).map(generate::country)).collect()
}

/// A step that is called where all goes well, and in the world of which seed.
type Called = (StepId, u64);

/// Of each service of a plan, the steps that are called in the first of some worlds that calls any of them.
fn called(country: &Country) -> Vec<Called> {
    let mut services: BTreeSet<ServiceId> = callable(country).map(|step| step.service.id.clone()).collect();
    let mut called = Vec::new();
    for seed in 0..REPORTS {
        let case = untroubled(country, seed);
        let steps = case.steps.iter().filter(|(_, step)| !step.calls.is_empty()).map(|(id, _)| id);
        let new: Vec<&StepId> = steps.filter(|id| services.contains(&id.service)).collect();
        called.extend(new.iter().map(|id| ((*id).clone(), seed)));
        new.iter().for_each(|id| {
            services.remove(&id.service);
        });
        if services.is_empty() {
            break;
        }
    }
    called
}

fn callable(country: &Country) -> impl Iterator<Item = &PlanStep> {
    country.plan.steps.iter().filter(|step| step.service.mode != Mode::Inform)
}

fn untroubled(country: &Country, seed: u64) -> Case {
    let nobody = StepId { service: "nobody/nothing".parse().unwrap(), member: None };
    let mut world = World::tried(country, seed, &nobody, Trial::Refused);
    world.watch(24 * HOUR_MS);
    ended(&mut world, &format!("{} of seed {seed}", country.plan.life_event.id))
}

fn ended(world: &mut World<'_>, what: &str) -> Case {
    world.check_end();
    let story = |case: &Case| explain(&world.country.rules(), case, Instant(world.now));
    let (case, violations) = (world.case(), &world.course.violations);
    assert!(
        violations.is_empty(),
        "{what}: {violations:?}\n{}",
        case.as_ref().map(story).unwrap_or_default()
    );
    let case = case.unwrap();
    assert_eq!(case.state, CaseState::Completed, "{what}\n{}", story(&case));
    case
}

fn each_step(trial: Trial, hours: i64, then: impl Fn(&mut World<'_>, &StepId)) {
    for country in plans() {
        for (step, seed) in called(&country) {
            let mut world = World::tried(&country, seed, &step, trial);
            world.watch(hours * HOUR_MS);
            then(&mut world, &step);
        }
    }
}

#[test]
fn every_step_of_a_shipped_plan_is_among_those_that_are_tried() {
    for country in shipped() {
        let tried: BTreeSet<ServiceId> = called(&country).into_iter().map(|(step, _)| step.service).collect();
        let missed: Vec<&ServiceId> =
            callable(&country).map(|step| &step.service.id).filter(|id| !tried.contains(id)).collect();
        assert!(missed.is_empty(), "{}: never called: {missed:?}", country.plan.life_event.id);
    }
}

#[test]
fn a_refused_step_leaves_what_others_did_standing_and_the_case_completes() {
    each_step(Trial::Refused, 24, |world, step| {
        let before = world.ministries.deeds.len();
        let case = ended(world, &format!("{step} refused"));
        // A reading that was refused may have been read before something else called it stale.
        let state = &case.steps[step].state;
        assert!(matches!(state, StepState::Refused | StepState::Skipped(_)), "{step} is {}", state.word());
        assert_eq!(world.ministries.deeds.iter().filter(|deed| deed.stands).count(), before);
    });
}

#[test]
fn a_step_that_is_answered_twice_is_done_once() {
    each_step(Trial::AnsweredTwice, 24, |world, step| {
        ended(world, &format!("{step} answered twice"));
    });
}

#[test]
fn a_step_whose_gateway_died_before_the_call_is_called_by_the_next() {
    each_step(Trial::CrashedAfter, 24, |world, step| {
        let case = ended(world, &format!("{step} left by a dying gateway"));
        assert!(case.steps[step].calls.values().any(|call| call.attempt > 1) || world.course.recovered > 1);
    });
}

#[test]
fn a_step_that_is_never_answered_holds_up_what_needs_it_and_nothing_else() {
    each_step(Trial::NeverAnswered, 6, |world, step| {
        assert!(world.course.violations.is_empty(), "{step}: {:?}", world.course.violations);
        let case = world.case().unwrap();
        assert!(!matches!(case.steps[step].state, StepState::Done | StepState::Refused), "{step} ended");
        // A case that can do without it may complete; a person takes it up from there.
        let done_without = case.state == CaseState::Completed;
        assert!(world.due.is_some() || done_without, "nobody looks at {step} again");
        for (id, other) in &case.steps {
            let waits = world.rests_on(id, step);
            let ended = matches!(other.state, StepState::Done | StepState::Refused | StepState::Skipped(_));
            assert!(ended || waits || id == step, "{id} waits for {step}, on which it does not rest");
        }
    });
}
