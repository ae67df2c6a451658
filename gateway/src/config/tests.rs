use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file), [])
}

fn with(variable: &str, text: &str) -> Result<Config, ConfigError> {
    Config::load(None, [(variable.to_owned(), text.to_owned())])
}

fn fault(result: Result<Config, ConfigError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_manual_gives_the_fixed_ports_and_the_zero_setup_mode() {
    let config = Config::load(None, []).unwrap();
    assert_eq!(config.public.to_string(), "127.0.0.1:8080");
    assert_eq!(config.operations.to_string(), "127.0.0.1:8081");
    assert_eq!(config.desk.to_string(), "127.0.0.1:8082");
    assert_eq!(config.issuer, Issuer::BuiltIn);
    assert_eq!(config.publication, Publication::AutoAdditive);
    assert_eq!(config.store, "embedded:./loket-data/cases");
    assert_eq!(config.otlp, None);
}

#[test]
fn every_option_of_the_manual_has_a_sentence_before_it() {
    let mut comment = false;
    let mut options = 0;
    let mut lines = MANUAL.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            comment = line.len() > 3;
        } else if line.contains(" = ") {
            options += 1;
            assert!(comment, "`{line}` has no comment");
            // A line directly below an option shares its sentence: a rate and its burst.
            comment = lines.peek().is_some_and(|next| next.contains("_burst = "));
        } else {
            comment = false;
        }
    }
    assert!(options > 30, "the manual lost its options");
}

#[test]
fn an_unknown_option_names_file_and_key_and_the_nearest_one() {
    let error = fault(load("pubilc = \"127.0.0.1:1\""));
    assert!(
        error.contains("mine.toml") && error.contains("`pubilc`") && error.contains("`public`"),
        "{error}"
    );
    let error = fault(load("[limits]\nmax_inflight = 3"));
    assert!(error.contains("`limits.max_inflight`") && error.contains("`limits.max_in_flight`"), "{error}");
    let error = fault(with("LOKET_STOER", "memory:"));
    assert!(error.contains("LOKET_STOER") && error.contains("LOKET_STORE"), "{error}");
}

#[test]
fn a_wrong_type_names_file_key_and_type() {
    let error = fault(load("[limits]\nmax_in_flight = \"many\""));
    assert!(error.contains("`limits.max_in_flight` must be a whole number"), "{error}");
    for (text, option) in [("-1", "MAX_IN_FLIGHT"), ("x", "MAX_IN_FLIGHT"), ("-7", "MAX_HEADER_BYTES")] {
        let error = fault(with(&format!("LOKET_LIMITS_{option}"), text));
        assert!(error.contains(option) && error.contains("a whole number of 1 or more"), "{error}");
    }
    let error = fault(load("[limits]\ndrain_seconds = -1"));
    assert!(error.contains("mine.toml") && error.contains("a whole number of 0 or more"), "{error}");
    for (variable, text) in [("LOKET_LIMITS_MAX_HEADER_BYTES", "9999999999999"), ("LOKET_PUBLICATION", "yes")]
    {
        let error = fault(with(variable, text));
        assert!(error.contains("configuration cannot be used") && !error.contains("TOML"), "{error}");
    }
    let error = fault(with("LOKET_SANDBOX", "perhaps"));
    assert!(error.contains("LOKET_SANDBOX") && error.contains("true or false"), "{error}");
    let error = fault(load("store = "));
    assert!(error.contains("mine.toml") && error.contains("line 1"), "{error}");
}

#[test]
fn a_file_lies_over_the_manual_and_a_variable_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "store = \"memory:\"\nsandbox = true\n[telemetry]\nsample = 0\n").unwrap();
    let variables = [
        ("LOKET_STORE", "redis://127.0.0.1:6379"),
        ("LOKET_LIMITS_MAX_IN_FLIGHT", "7"),
        ("HOME", "x"),
        ("LOKET_TOKEN", "x"),
    ];
    let variables = variables.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let config = Config::load(Some(&file), variables).unwrap();
    assert_eq!(config.store, "redis://127.0.0.1:6379");
    assert!(config.sandbox);
    assert_eq!(config.limits.max_in_flight, 7);
    assert!(config.telemetry.sample.abs() < f64::EPSILON);
}

#[test]
fn nothing_listens_on_or_dials_another_machine() {
    for (variable, text) in [
        ("LOKET_PUBLIC", "0.0.0.0:8080"),
        ("LOKET_DESK", "10.0.0.1:8082"),
        ("LOKET_STORE", "redis://user:s3cret@store.example:6379"),
        ("LOKET_TELEMETRY_OTLP", "http://collector.example:4317"),
    ] {
        let error = fault(with(variable, text));
        assert!(error.contains("until trust is complete"), "{variable}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_way_out() {
    for (variable, text, way_out) in [
        ("LOKET_LIMITS_MAX_IN_FLIGHT", "0", "at least 1"),
        ("LOKET_LIMITS_MAX_HEADER_BYTES", "5", "between 8192"),
        ("LOKET_TELEMETRY_SAMPLE", "2", "between 0.0 and 1.0"),
        ("LOKET_TELEMETRY_OTLP", "127.0.0.1:4317", "http://"),
        ("LOKET_CORS_ORIGINS", "portal.example", "https://portal.example"),
        ("LOKET_ISSUER_KIND", "oidc", "issuer.url"),
        ("LOKET_REQUIRE_DURABILITY", "some", "local-fsync"),
        ("LOKET_PUBLIC", "8080", "127.0.0.1:8080"),
    ] {
        let error = fault(with(variable, text));
        assert!(error.contains(way_out), "{variable}={text}: {error}");
    }
}

#[test]
fn no_debug_shows_the_password_of_the_store() {
    let config = with("LOKET_STORE", "redis://me:s3cret@127.0.0.1:6379").unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_store_of_no_known_kind_is_told_which_there_are_and_keeps_its_password() {
    for address in ["mysql://me:s3cret@far.example/x", "mysql://x", "s3cret", "redis:127.0.0.1", "memory:x"] {
        let error = fault(with("LOKET_STORE", address));
        assert!(error.contains("`store`") && error.contains("`redis-cluster://"), "{error}");
        assert!(!error.contains("s3cret") && !error.contains("not this machine"), "{error}");
    }
    assert!(fault(with("LOKET_STORE", "mysql://x")).contains("`mysql:`"));
    assert!(fault(with("LOKET_STORE", "redis://far.example")).contains("not this machine"));
}
