//! Whole cases, thousands of them, in a world that goes wrong in every way it can: one thread, virtual time, and a seed
//! that plays it again.
//!
//! `LOKET_SIM_SEEDS=100000` runs more, `LOKET_SIM_FROM=100000` others, `LOKET_SIM_SEED=4711` one that tells how it went.

#![expect(clippy::unwrap_used, reason = "a test stops where it errs")]

mod checks;
mod country;
mod ending;
mod gateway;
mod generate;
mod generic;
mod ministry;
mod parts;
mod people;
mod plans;
#[cfg(feature = "planted-faults")]
mod planted;
mod registry;
mod rng;
mod shipped;
mod values;
mod world;

use std::collections::BTreeMap;

use casework::case::CaseState;
use country::Country;
use world::{Course, World};

/// Seeds in an ordinary run.
const SEEDS: u64 = 10_000;

/// The country that a seed plays in: every other one has a name, the others are generated.
fn country(seed: u64, named: &[Country]) -> Country {
    match usize::try_from(seed % 12) {
        Ok(index) if index < named.len() => named[index].clone(),
        _ => generate::country(seed),
    }
}

/// The countries that are not left to chance: those of the shipped plans, and those made by hand.
fn named() -> Vec<Country> {
    shipped::shipped().into_iter().chain(by_hand()).collect()
}

fn by_hand() -> Vec<Country> {
    vec![plans::birth(), plans::moving(), plans::bereavement()]
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Plays these seeds, on both cores.
fn play(seeds: std::ops::Range<u64>) -> Vec<(u64, Course)> {
    let named = named();
    let threads = 2;
    std::thread::scope(|scope| {
        let part = |offset: u64| {
            let (named, seeds) = (&named, seeds.clone());
            scope.spawn(move || {
                seeds
                    .skip(usize::try_from(offset).unwrap())
                    .step_by(usize::try_from(threads).unwrap())
                    .map(|seed| {
                        let country = country(seed, named);
                        (seed, World::new(&country, seed).run())
                    })
                    .collect::<Vec<_>>()
            })
        };
        let running: Vec<_> = (0..threads).map(part).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn every_case_comes_to_its_end_and_nothing_is_done_twice() {
    let seeds = match from_env("LOKET_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let from = from_env("LOKET_SIM_FROM").unwrap_or(0);
            from..from + from_env("LOKET_SIM_SEEDS").unwrap_or(SEEDS)
        }
    };
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let (mut entries, mut lost_races, mut recovered) = (0, 0, 0);
    let courses = play(seeds);
    let failed: Vec<_> = courses.iter().filter(|(_, course)| !course.violations.is_empty()).collect();
    for (seed, course) in failed.iter().take(10) {
        eprintln!("{}seed {seed}: {}", course.story, course.violations.join("; "));
    }
    assert!(failed.is_empty(), "{} of {} seeds failed", failed.len(), courses.len());
    for (_, course) in &courses {
        *ends.entry(format!("{:?}", course.end.unwrap_or(CaseState::Open))).or_default() += 1;
        entries += course.entries;
        lost_races += course.stale;
        recovered += course.recovered;
    }
    eprintln!(
        "{} cases: {ends:?}, {entries} entries, {lost_races} lost races, {recovered} recoveries",
        courses.len()
    );
}
