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
    let refused = |arguments: &[&str]| {
        let output = run(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for address in ["notaurl", "http://", "127.0.0.1:8080", "http://:1", "ftp://127.0.0.1"] {
        let (code, said) = refused(&["life-event", "list", "--public-url", address]);
        assert!(code == Some(2) && said.contains("is no address"), "{address}: {code:?} {said}");
    }
    let (code, said) = refused(&["agency", "check", "http://127.0.0.1:1"]);
    assert!(code == Some(4) && said.contains("ministry") && !said.contains("counter"), "{code:?} {said}");
    assert!(text(&run(&["completions", "bash"])).contains("loket"));
    assert!(text(&run(&["--help"])).contains("Exit codes:"));
}

#[test]
fn whoever_stops_reading_ends_no_command_with_a_panic() {
    for arguments in [&["completions", "bash"][..], &["citizens", "--sample", "500"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(program());
        let output = command.args(arguments).stdout(writer).stderr(std::process::Stdio::piped()).spawn();
        let output = output.unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {:?} {said}", output.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_is_and_a_folder_has_one_counter() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    for (words, says) in [
        (
            ["life-event", "remove", "wedding"],
            "`wedding` is not registered: there are bereavement, birth, moving",
        ),
        (["dictionary", "remove", "nosuch"], "`nosuch` is not registered: there are "),
        (["agency", "show", "nosuch"], "`loket agency list`"),
    ] {
        let output = counter.loket(&words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(3) && said.contains(says), "{:?} {said}", output.status);
        assert_eq!(text(&output), "", "nothing was published");
    }
    let mut again = std::process::Command::new(program());
    again.arg("--data").arg(counter.folder()).env("LOKET_PUBLIC", "127.0.0.1:0");
    let output = again.stdin(std::process::Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("a counter already runs in") && said.contains("--data"), "{said}");
    assert!(counter.loket(&["agency", "list"]).status.success(), "the first goes on");
}

#[test]
fn a_ministry_says_which_tokens_it_waits_for() {
    let data = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(program());
    command.arg("--data").arg(data.path()).args(["ministry", "municipality", "--supervised"]);
    let command = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut ministry = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(ministry.stderr.take().unwrap());
    let lines: Vec<String> = (0..4)
        .map(|_| {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut said, &mut line).unwrap();
            line
        })
        .collect();
    drop(ministry.stdin.take());
    drop(said);
    ministry.wait().unwrap();
    let lines = lines.concat();
    for of in ["oosterdam", "westerveen", "zuiderhaven"] {
        assert!(
            lines.contains(&format!("municipality-{of}.jwt: `loket token --agency municipality-{of} >")),
            "{lines}"
        );
    }
}
