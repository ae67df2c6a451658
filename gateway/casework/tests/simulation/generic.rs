//! What every plan is put to for existing: each of its steps refused, answered twice, never answered, and left by a
//! gateway that died when it had stored the call.

use casework::case::{Case, CaseState, StepState};
use casework::name::StepId;

use crate::country::Country;
use crate::world::{Trial, World};
use crate::{by_hand, generate};

const HOUR_MS: i64 = 3_600_000;

/// The plans by hand, and some by chance.
fn plans() -> Vec<Country> {
    by_hand().into_iter().chain((0..40).map(generate::country)).collect()
}

/// Every step of a plan that is called where all goes well.
fn called(country: &Country) -> Vec<StepId> {
    let nobody = StepId { service: "nobody/nothing".parse().unwrap(), member: None };
    let mut world = World::tried(country, &nobody, Trial::Refused);
    world.watch(24 * HOUR_MS);
    let case = ended(&mut world, "nothing");
    case.steps.into_iter().filter(|(_, step)| !step.calls.is_empty()).map(|(id, _)| id).collect()
}

fn ended(world: &mut World<'_>, what: &str) -> Case {
    world.check_end();
    assert!(world.course.violations.is_empty(), "{what}: {:?}", world.course.violations);
    let case = world.case().unwrap();
    assert_eq!(case.state, CaseState::Completed, "{what}");
    case
}

fn each_step(trial: Trial, hours: i64, then: impl Fn(&mut World<'_>, &StepId)) {
    for country in plans() {
        for step in called(&country) {
            let mut world = World::tried(&country, &step, trial);
            world.watch(hours * HOUR_MS);
            then(&mut world, &step);
        }
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
