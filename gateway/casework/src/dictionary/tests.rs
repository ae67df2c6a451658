//! What holds of any dictionary, and of the files in the tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::compile::{Draft, compile};
use crate::condition::Condition;
use crate::life_event::LifeEvent;
use crate::service::Grants;

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// Without this `NO` is no country but false.
fn strict<T: serde::de::DeserializeOwned>((path, text): (PathBuf, String)) -> T {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(&text, options)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn seeds() -> Dictionary {
    Dictionary::assemble(files("dictionary").into_iter().map(strict)).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// The languages that people are spoken to in.
const LANGUAGES: [&str; 2] = ["en", "nl"];

fn in_every_language(texts: &Texts) -> bool {
    texts.keys().eq(LANGUAGES.iter()) && texts.values().all(|text| !text.trim().is_empty())
}

#[test]
fn the_dictionary_in_the_tree_is_whole() {
    let dictionary = seeds();
    for concept in dictionary.concepts() {
        let name = &concept.name;
        assert!(!concept.definition.is_empty() && !concept.source.is_empty(), "{name}");
        assert!(in_every_language(&concept.called), "{name}: called {:?}", concept.called);
        if let Some(ask) = &concept.ask {
            let languages: Vec<&str> = ask.question.keys().map(String::as_str).collect();
            assert_eq!(languages, LANGUAGES, "{name}");
            assert!(ask.question.values().all(|text| !text.label.is_empty()), "{name}");
            let helped = ask.question.values().filter(|text| !text.help.is_empty()).count();
            assert!(helped == 0 || helped == LANGUAGES.len(), "{name}: help in some languages only");
        }
    }
    for (list, codes) in &dictionary.codes {
        for (code, texts) in codes {
            assert!(in_every_language(texts), "{list}: {code}");
        }
    }
}

#[test]
fn the_life_events_in_the_tree_name_roles_facts_and_terms_that_are_there() {
    let dictionary = seeds();
    let files = files("life-events");
    assert!(files.len() >= 3);
    for file in files {
        let name = file.0.file_stem().unwrap().to_owned();
        let life_event: LifeEvent = strict(file);
        assert_eq!(name, life_event.id.as_str());
        let of_roles = life_event.roles.iter().map(|role| &role.titles);
        let of_outcomes = life_event.outcomes.iter().map(|outcome| &outcome.titles);
        for texts in of_roles.chain(of_outcomes).chain([&life_event.titles, &life_event.summary]) {
            assert!(in_every_language(texts), "{}: {texts:?}", life_event.id);
        }
        // The conditions are in CEL, which is lowered at the edge; here it is enough that the rest is sound.
        let outcome = |outcome: &crate::life_event::Outcome| (outcome.id.clone(), Condition::Always(true));
        let outcomes = life_event.outcomes.iter().map(outcome).collect();
        let (services, grants) = (&[], &Grants::default());
        let draft =
            Draft { life_event: &life_event, outcomes: &outcomes, services, dictionary: &dictionary, grants };
        if let Err(errors) = compile(draft) {
            panic!("{errors}");
        }
    }
}

#[test]
fn every_fault_of_a_dictionary_is_told() {
    let file = "
concepts:
  - {name: person.gender, definition: d, type: code(gender), owner: a, source: s}
  - {name: person.gender, definition: d, type: text, owner: a, source: s}
  - {name: person.country, definition: d, type: code(country), owner: a, source: s}
  - name: person.diploma
    definition: d
    type: document
    owner: a
    source: s
    ask: {evidence: parchment, question: {en: {label: Which?}}}
codes:
  gender: {female: {en: f}}
";
    let again = "codes: {gender: {male: {en: m}}}";
    let parsed = [file, again].map(|text| strict::<DictionaryFile>((PathBuf::new(), text.to_owned())));
    let errors = Dictionary::assemble(parsed).unwrap_err();
    let told: BTreeSet<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_value_is_admitted_by_type_and_list() {
    let dictionary = seeds();
    let gender = dictionary.concept(&"person.gender".parse().unwrap()).unwrap();
    assert!(dictionary.admits(gender, &Value::Code("female".to_owned())));
    assert!(!dictionary.admits(gender, &Value::Code("nobody".to_owned())));
    assert!(!dictionary.admits(gender, &Value::Text("female".to_owned())));
}

#[test]
fn a_value_beyond_the_limits_of_its_concept_is_none_and_the_limits_say_so() {
    let order = Limits { least: Some(1), most: Some(9), digits: None };
    let admits = |number: i64| order.admit(&Value::Integer(number));
    assert_eq!([-1, 0, 1, 9, 10].map(admits), [false, false, true, true, false]);
    assert_eq!(order.to_string(), "a whole number from 1 to 9");
    let number = Limits { digits: Some(9), ..Limits::default() };
    let admits = |text: &str| number.admit(&Value::Person(text.to_owned()));
    assert_eq!(["12", "999000001", "99900000x", "9990000011"].map(admits), [false, true, false, false]);
    assert_eq!(number.to_string(), "a number of 9 digits");
    assert!(!number.admit(&Value::List(vec![Value::Person("12".to_owned())])), "each of a list");
    assert!(Limits::default().admit(&Value::Integer(i64::MIN)));
}
