//! What the ministries' own books say was done: read from their tables, after they have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use agency_kit::{Inspection, inspect};
use proto::loket::portal::v1::Case;
use proto::loket::portal::v1::step::State;

/// Where the ministries' contracts are.
const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../services");
/// The one that knows no keys: its records are counted instead.
const LETTER: &str = "health-insurance/insurance-letter";

/// The books of all ministries.
pub struct Ledgers(BTreeMap<String, Inspection>);

impl Ledgers {
    /// Reads them.
    ///
    /// # Panics
    /// Where some are open or damaged.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot read the books cannot go on")]
    pub fn read(data: &Path) -> Self {
        let mut all = BTreeMap::new();
        for ministry in std::fs::read_dir(data.join("ministries")).expect("the ministries' folder") {
            for file in std::fs::read_dir(ministry.expect("a ministry").path()).expect("its books") {
                let path = file.expect("its books").path();
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                all.insert(name, inspect(&path).expect("its books can be read"));
            }
        }
        Self(all)
    }

    /// How many records of a kind calls have made or changed, in all books whose name begins so.
    #[must_use]
    pub fn changed(&self, books: &str, kind: &str) -> u64 {
        let of = self.0.iter().filter(|(name, _)| name.starts_with(books));
        of.filter_map(|(_, seen)| seen.changed.get(kind)).sum()
    }

    /// How many records of a kind there are.
    #[must_use]
    pub fn records(&self, books: &str, kind: &str) -> u64 {
        let of = self.0.iter().filter(|(name, _)| name.starts_with(books));
        of.filter_map(|(_, seen)| seen.records.get(kind)).sum()
    }

    /// Proves that each ministry did exactly what the cases say it did: as many calls stand under keys of their own as
    /// there are steps that were done or decided, and none was cancelled.
    ///
    /// # Panics
    /// Where a ministry did more or less; with its books, counted.
    pub fn agree_with(&self, cases: &[Case]) {
        let reads = that_only_read();
        for (agency, seen) in &self.0 {
            let done = |it: &&proto::loket::portal::v1::Step| {
                it.agency == *agency
                    && matches!(it.state(), State::Done | State::Refused)
                    && it.service != LETTER
                    && !reads.contains(&it.service)
            };
            let steps = cases.iter().map(|case| case.steps.iter().filter(done).count() as u64).sum::<u64>();
            assert_eq!(seen.done, steps, "{agency} did another number of things: {:?}", seen.changed);
            assert_eq!(seen.cancelled, 0, "{agency} was asked to take something back");
            assert_eq!(seen.reports_waiting, 0, "{agency} still has to report");
        }
    }

    /// Proves that so many children were born, once in every register, and that none was sent two letters.
    ///
    /// # Panics
    /// Where a register has another number.
    pub fn hold_children(&self, children: u64) {
        let once = [
            ("civil-registry", "birth"),
            ("population-register", "number-of"),
            ("health-insurance", "policy"),
            ("youth-health", "file"),
        ];
        for (books, kind) in &once[..2] {
            assert_eq!(self.changed(books, kind), children, "{kind} in {books}");
            assert_eq!(self.records(books, kind), children, "{kind} in {books}");
        }
        for (books, kind) in &once[2..] {
            assert!(
                self.changed(books, kind) >= children,
                "{kind} in {books}: {}",
                self.changed(books, kind)
            );
        }
        let letters = self.records("health-insurance", "letter");
        assert!(letters <= children, "{letters} letters for {children} children");
    }
}

/// The services that leave nothing in any books, by the contracts.
#[expect(clippy::expect_used, reason = "a test that cannot read the contracts cannot go on")]
fn that_only_read() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(SERVICES)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the tree") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "proto") {
                let text = std::fs::read_to_string(path).expect("a contract");
                found.extend(text.split("(loket.v1.public_service) = {").skip(1).filter_map(read_id));
            }
        }
    }
    assert!(!found.is_empty(), "the contracts name no service that reads");
    found
}

fn read_id(rules: &str) -> Option<String> {
    let rules = rules.split("};").next()?;
    let id = rules.split("id: \"").nth(1)?.split('"').next()?;
    rules.contains("EFFECT_READ").then(|| id.to_owned())
}
