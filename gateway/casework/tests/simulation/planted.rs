//! The simulation on trial: each fault that can be planted in the core must be found within an ordinary run.

use casework::planted::{ALL, Fault, plant};

use crate::world::World;
use crate::{SEEDS, by_hand, country};

/// The first seed that finds the fault, and what it sees.
fn find(fault: Fault) -> Option<(u64, String)> {
    let by_hand = by_hand();
    plant(Some(fault));
    let found = (0..SEEDS).find_map(|seed| {
        let course = World::new(&country(seed, &by_hand), seed).run();
        course.violations.into_iter().next().map(|violation| (seed, violation))
    });
    plant(None);
    found
}

#[test]
fn every_planted_fault_is_found() {
    let halves = [&ALL[..ALL.len() / 2], &ALL[ALL.len() / 2..]];
    let found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = halves
            .map(|half| {
                scope.spawn(move || half.iter().map(|fault| (*fault, find(*fault))).collect::<Vec<_>>())
            })
            .into_iter()
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for (fault, found) in &found {
        match found {
            Some((seed, violation)) => {
                eprintln!("{fault:?}: seed {seed}: {}", violation.lines().next().unwrap_or_default());
            }
            None => eprintln!("{fault:?}: NOT FOUND"),
        }
    }
    let missed: Vec<_> = found.iter().filter(|(_, found)| found.is_none()).map(|(fault, _)| fault).collect();
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
