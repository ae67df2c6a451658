//! The README's own service in Rust: a program of its own, on agency-kit alone, in the next birth without a restart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tests::counter::{Counter, PATIENCE, program};

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Waits until the command line says what is wanted, and tells what it said.
async fn until(counter: &Counter, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        let said = text(&counter.loket(arguments));
        if wanted(&said) {
            return said;
        }
        assert!(began.elapsed() < PATIENCE, "`loket {}` never said it:\n{said}", arguments.join(" "));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_in_rust_is_in_the_next_birth_and_keeps_its_promise() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    let token = text(&counter.loket(&["token", "--agency", "library"]));
    let folder = tempfile::tempdir().unwrap();
    let started = Command::new(program().with_file_name("library"))
        .args([token.trim(), &format!("http://127.0.0.1:{}", counter.desk)])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _library =
        Running(started.expect("there is no `library` beside `loket`; run `cargo build -p library`"));
    until(&counter, &["agency", "list"], |said| said.contains("library")).await;
    let consent = "loket grant give population-register person.number library/first-card";
    assert!(text(&counter.loket(&["plan", "show", "birth"])).contains(consent), "the way out is not told");
    let give = ["grant", "give", "population-register", "person.number", "library/first-card"];
    let law = ["--purpose", "library-card", "--legal-basis", "Library Act, article 7"];
    text(&counter.loket(&[&give[..], &law[..]].concat()));
    until(&counter, &["plan", "show", "birth"], |said| !said.contains(consent)).await;

    let opened = text(&counter.loket(&["case", "open", "birth", "--sample", "--wait", "--json"]));
    let case: serde_json::Value = serde_json::from_str(&opened).unwrap();
    let steps = case["steps"].as_array().unwrap();
    let card =
        steps.iter().find(|step| step["service"] == "library/first-card").expect("a step of the library");
    assert_eq!(card["state"], "DONE", "{card}");

    let shown: serde_json::Value =
        serde_json::from_str(&text(&counter.loket(&["agency", "show", "library", "--json"]))).unwrap();
    let uri = shown["endpoints"][0]["uri"].as_str().unwrap();
    let checked = text(&counter.loket(&["agency", "check", uri]));
    assert!(checked.lines().count() > 5 && checked.lines().all(|line| line.starts_with("kept")), "{checked}");
}
