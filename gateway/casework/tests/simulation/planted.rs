//! The simulation on trial: each fault that can be planted in the core must be found within an ordinary run.

use std::sync::atomic::{AtomicUsize, Ordering};

use casework::planted::{ALL, Fault, plant};

use crate::world::World;
use crate::{SEEDS, country, named};

/// The first of so many seeds that finds the fault, and what it sees.
fn find(fault: Option<Fault>, seeds: u64) -> Option<(u64, String)> {
    let named = named();
    plant(fault);
    let found = (0..seeds).find_map(|seed| {
        let course = World::new(&country(seed, &named), seed).run();
        course.violations.into_iter().next().map(|violation| (seed, violation))
    });
    plant(None);
    found
}

#[test]
fn every_planted_fault_is_found() {
    assert!(ALL.len() >= 10, "there are {} faults to plant", ALL.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        let take = || ALL.get(next.fetch_add(1, Ordering::Relaxed)).copied();
        std::iter::from_fn(|| take().map(|fault| (fault, find(Some(fault), SEEDS)))).collect::<Vec<_>>()
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let running = [scope.spawn(worker), scope.spawn(worker)];
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

#[test]
fn where_no_fault_is_planted_none_is_found() {
    assert_eq!(find(None, 500), None);
}
