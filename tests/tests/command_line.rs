//! The command line, as operators and testers use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use tests::counter::{Counter, program};

fn text(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_from_the_command_line() {
    let counter = Counter::open(&[]).await;
    let listed = counter.loket(&["life-event", "list"]);
    assert_eq!(text(&listed).lines().filter(|it| it.contains("can be reported")).count(), 3);

    let open = [
        "case",
        "open",
        "birth",
        "--as",
        "999000001",
        "--no-input",
        "--watch",
        "--request-id",
        "cli-1",
        "--set",
        "birth.date=2026-11-20",
        "--set",
        "birth.municipality=oosterdam",
        "--set",
        "child[1].birth_order=1",
        "--set",
        "child[1].gender=female",
        "--set",
        "child[1].family_name=van Dijk",
        "--set",
        "child[1].given_names=Mila",
    ];
    let opened = counter.loket(&open);
    assert!(opened.status.success(), "{}{}", text(&opened), String::from_utf8_lossy(&opened.stderr));

    let name = text(&opened)
        .split_whitespace()
        .skip_while(|word| *word != "case")
        .nth(1)
        .expect("a case")
        .to_owned();
    let mut noor = counter.cases("999000001").await;
    tests::report::listed(&mut noor, &format!("cases/{name}")).await;
    let cases = text(&counter.loket(&["case", "list", "--as", "999000001"]));
    let id = cases.split('\t').next().expect("a case").to_owned();
    let got = text(&counter.loket(&["case", "get", &id, "--as", "999000001", "--json"]));
    let case: serde_json::Value = serde_json::from_str(&got).expect("JSON for programs");
    assert_eq!(case["state"], "COMPLETED");
    assert!(!got.contains('\u{1b}'), "no colour in a pipe");

    let explained = text(&counter.loket(&["case", "explain", &id]));
    assert!(explained.contains("civil-registry/birth-registration"), "{explained}");
    assert!(
        !explained.contains("999000001") && !explained.contains("Mila"),
        "values in an explanation:\n{explained}"
    );
    let verified = counter.loket(&["case", "verify", &id]);
    assert!(verified.status.success() && text(&verified).contains("both verify"), "{}", text(&verified));
    assert!(
        text(&counter.loket(&["case", "disclosures", &id, "--as", "999000001"])).contains("civil-registry")
    );
    assert!(text(&counter.loket(&["plan", "show", "birth"])).contains("civil-registry/birth-registration"));
    assert!(text(&counter.loket(&["plan", "show", "birth", "--dot"])).starts_with("digraph"));
    assert!(text(&counter.loket(&["agency", "list"])).contains("municipality-zuiderhaven"));

    let missing = counter.loket(&["case", "get", "0000000000000000000000000000", "--as", "999000001"]);
    assert!(matches!(missing.status.code(), Some(1 | 3)), "{:?}", missing.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_completed_twice_in_a_row() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    assert!(
        counter.said().contains("invented twins"),
        "the start shows a birth of twins:\n{}",
        counter.said()
    );
    for life_event in ["birth", "birth", "moving", "bereavement"] {
        let opened = counter.loket(&["case", "open", life_event, "--sample", "--wait", "--json"]);
        let case: serde_json::Value = serde_json::from_str(&text(&opened)).expect("JSON for programs");
        assert_eq!(case["state"], "COMPLETED", "{life_event}: {}", text(&opened));
    }
    assert_eq!(text(&counter.loket(&["citizens", "--sample", "5"])).lines().count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_each_kind_of_caller_and_a_case_as_lines_for_programs() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    for words in [
        ["--citizen", "999000001"],
        ["--agency", "civil-registry"],
        ["--officer", "civil-registry"],
        ["--officer", "ria@civil-registry"],
        ["--operator", "ria"],
    ] {
        let said = counter.loket(&["token", words[0], words[1]]);
        assert_eq!((said.status.success(), text(&said).split('.').count()), (true, 3), "{words:?}");
    }
    let error = |output: std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = counter.loket(&["token", "--citizen", "abc"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(error(refused).contains("nine digits"));
    let elsewhere = counter.folder().join("elsewhere").display().to_string();
    let refused = error(counter.loket(&["token", "--citizen", "999000001", "--data", &elsewhere]));
    assert!(refused.contains("name its folder with --data"), "{refused}");
    let refused = error(counter.loket(&["case", "open", "birth", "--sample", "--data", &elsewhere]));
    assert!(refused.contains("name its folder with --data"), "{refused}");
    assert!(!counter.folder().join("elsewhere").exists(), "a wrong folder is made");
    // The key of another counter: its token is not taken, and the command says which folder to name.
    gateway::issuer::Issuer::open(std::path::Path::new(&elsewhere)).expect("another counter's key");
    let refused = error(counter.loket(&["case", "list", "--as", "999000001", "--data", &elsewhere]));
    assert!(refused.contains("name the folder of the counter"), "{refused}");

    let opened = counter.loket(&["case", "open", "birth", "--sample", "--wait", "--json"]);
    let case: serde_json::Value = serde_json::from_str(&text(&opened)).expect("JSON for programs");
    let (name, number) = (case["name"].as_str().expect("a name"), mother(&case));
    let lines = text(&counter.loket(&["case", "watch", name, "--as", &number, "--json"]));
    let changes: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an object per line")).collect();
    assert_eq!(changes.last().expect("a change")["case"]["state"], "COMPLETED");
}

/// The number of the mother, as the case shows it.
fn mother(case: &serde_json::Value) -> String {
    let facts = case["facts"].as_array().expect("facts").iter();
    let mut numbers = facts.filter(|fact| fact["fact"] == "mother.number").map(|fact| fact["value"].as_str());
    numbers.next().flatten().expect("the number of the mother").to_owned()
}

#[test]
fn nobody_at_home_and_a_wrong_word_have_exit_codes_of_their_own() {
    let run = |arguments: &[&str]| std::process::Command::new(program()).args(arguments).output().unwrap();
    let nobody = run(&["life-event", "list", "--public-url", "http://127.0.0.1:9"]);
    assert_eq!(nobody.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("is the counter running?"));
    assert_eq!(run(&["birth"]).status.code(), Some(2));
    assert!(text(&run(&["completions", "bash"])).contains("loket"));
    assert!(text(&run(&["--help"])).contains("Exit codes:"));
}
