//! The house style, as far as a program can see it. Function lengths, unwraps and missing docs are clippy's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 600;
const FILE_LINES_P95: usize = 350;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "common", "manager", "misc"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["proto", "gateway", "services", "deploy", "tests"].iter().map(|it| root().join(it)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if path.is_dir() && !["target", "node_modules", "google", "mutants.out"].contains(&name.as_str())
            {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_file_has_one_subject() {
    let mut lengths: Vec<(usize, PathBuf)> =
        files(".rs").into_iter().map(|path| (text(&path).lines().count(), path)).collect();
    lengths.sort();
    let too_long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX).collect();
    assert!(too_long.is_empty(), "each of these wants to be two files: {too_long:#?}");
    let (p95, _) = lengths[lengths.len() * 95 / 100];
    assert!(
        p95 <= FILE_LINES_P95,
        "the 95th percentile of lines per file is {p95}, more than {FILE_LINES_P95}"
    );
}

#[test]
fn a_module_is_named_in_words_of_the_domain() {
    for path in files(".rs") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(!EMPTY_NAMES.contains(&name) && !EMPTY_NAMES.contains(&folder), "{}", path.display());
    }
}

#[test]
fn every_crate_opens_with_what_it_is_for() {
    for path in files("src/lib.rs").iter().chain(&files("src/main.rs")) {
        assert!(text(path).starts_with("//! "), "{} does not begin with what it is for", path.display());
    }
}

#[test]
fn no_test_sleeps_is_ignored_or_is_tried_again() {
    // Written in parts, so that this file does not find itself.
    let ignored = ["#[", "ignore"].concat();
    for path in files(".rs") {
        let text = text(&path);
        assert!(!text.contains(&ignored), "{} ignores a test", path.display());
        let todo = ["TO", "DO"].concat();
        assert!(!text.contains(&todo), "{} leaves something to be done without an owner", path.display());
    }
}

#[test]
fn the_core_knows_no_clock_no_network_and_no_store() {
    let manifest = text(&root().join("gateway/casework/Cargo.toml"));
    let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
    for alien in ["tokio", "tonic", "prost", "redis", "tracing", "opentelemetry", "casestore", "rand", "cel"]
    {
        let named = dependencies
            .lines()
            .any(|line| line.starts_with(&format!("{alien}.")) || line.starts_with(&format!("{alien} ")));
        assert!(!named, "casework depends on {alien}");
    }
    let is_test =
        |path: &Path| path.iter().any(|part| part == "tests" || part == "tests.rs" || part == "fixture.rs");
    let core = root().join("gateway/casework/src");
    for path in
        files(".rs").iter().filter(|path| path.strip_prefix(&core).is_ok_and(|inside| !is_test(inside)))
    {
        let code = text(path);
        for alien in [
            "SystemTime::now",
            "Instant::now()",
            "Timestamp::now",
            "Zoned::now",
            "async fn",
            "std::thread",
            "std::net",
            "std::fs",
        ] {
            let code = code.split("#[cfg(test)]").next().unwrap();
            assert!(!code.contains(alien), "{} uses {alien}", path.display());
        }
    }
}

#[test]
fn the_gateway_depends_on_no_ministry() {
    let manifest = text(&root().join("gateway/Cargo.toml"));
    let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
    for ministry in std::fs::read_dir(root().join("services")).unwrap().map(Result::unwrap) {
        let name = ministry.file_name().into_string().unwrap();
        assert!(!dependencies.contains(&format!("\n{name}")), "gateway depends on {name}");
    }
}

#[test]
fn ministries_share_nothing_but_the_kit_and_the_contract() {
    let folders: Vec<String> = std::fs::read_dir(root().join("services"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for one in folders.iter().filter(|it| *it != "examples") {
        let manifest = text(&root().join("services").join(one).join("Cargo.toml"));
        for other in folders.iter().filter(|it| *it != one && *it != "agency-kit") {
            assert!(!manifest.contains(&format!("\n{other}")), "{one} depends on {other}");
        }
        for inner in ["gateway", "casework", "casestore"] {
            assert!(!manifest.contains(&format!("\n{inner}")), "{one} depends on {inner}");
        }
    }
}

#[test]
fn every_invariant_of_the_architecture_names_a_test_that_exists() {
    let architecture = text(&root().join("ARCHITECTURE.md"));
    assert!(architecture.lines().count() <= 200, "ARCHITECTURE.md has more than 200 lines");
    let sources: String = files(".rs").iter().map(|path| text(path)).collect();
    let section =
        architecture.split("## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let invariants: Vec<&str> = section.lines().filter(|line| line.starts_with("- **")).collect();
    assert!(invariants.len() >= 10, "the invariants are gone from ARCHITECTURE.md");
    for line in invariants {
        let test = line.rsplit('`').nth(1).unwrap_or_default();
        let known = sources.contains(&format!("fn {test}(")) || test.starts_with("lint ");
        assert!(known, "no test `{test}` holds: {line}");
    }
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let home = ["/ro", "ot/"].concat();
    let work = ["/wo", "rk/"].concat();
    for ending in [".rs", ".md", ".toml", ".yaml", ".proto", ".py", ".js", ".json"] {
        for path in files(ending) {
            let text = text(&path);
            assert!(
                !text.contains(&home) && !text.contains(&work),
                "{} names an absolute path",
                path.display()
            );
        }
    }
}

#[test]
fn no_build_but_the_simulations_own_plants_faults() {
    let manifests = files("Cargo.toml");
    let naming: Vec<_> = manifests.iter().filter(|path| text(path).contains("planted-faults")).collect();
    assert_eq!(naming, [&root().join("gateway/casework/Cargo.toml")], "only the core may name the feature");
    assert!(!text(&root().join("Cargo.toml")).contains("planted-faults"));
    let core = text(naming[0]);
    assert!(core.contains("\nplanted-faults = []\n"));
    assert!(!core.contains("\ndefault = "), "a default feature could turn it on");
    let run = text(&root().join("tests/run"));
    assert!(run.contains("--features planted-faults"), "continuous integration puts the simulation on trial");
}
