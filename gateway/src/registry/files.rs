//! The files of the dictionary and of life events, as they are published: parsed strictly, checked together.

use std::collections::BTreeMap;
use std::sync::Arc;

use casework::compile::{CompileError, Draft, compile};
use casework::condition::Condition;
use casework::dictionary::{Dictionary, DictionaryFile};
use casework::life_event::LifeEvent;
use casework::name::{LifeEventId, OutcomeId};
use casework::service::Grants;
use serde::de::DeserializeOwned;

use super::error::RegistryError;
use crate::lowering::{Fault, cel, shown};

/// The files that came with the program: path and content.
pub(super) const SEEDS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/seeds.rs"));

/// The life events that came with the program.
pub(super) fn seeded_life_events() -> impl Iterator<Item = &'static str> {
    SEEDS.iter().filter_map(|(path, _)| path.strip_prefix("life-events/")?.strip_suffix(".yaml"))
}

/// Most bytes of one file.
const FILE_BYTES_MAX: usize = 256 << 10;

/// Most bytes of all files that are published at once: they are one row of the log.
const FILES_BYTES_MAX: usize = 768 << 10;

/// Most files that may be published.
const FILES_MAX: usize = 200;

/// A life event, with the conditions of its outcomes lowered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LoweredLifeEvent {
    pub(super) life_event: LifeEvent,
    pub(super) outcomes: BTreeMap<OutcomeId, Condition>,
}

/// All files together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Files {
    pub(super) dictionary: Arc<Dictionary>,
    pub(super) life_events: BTreeMap<LifeEventId, LoweredLifeEvent>,
}

/// Reads all files together.
///
/// # Errors
/// Every fault, each naming its file. What could be read is there all the same.
pub(super) fn read(files: &BTreeMap<String, String>) -> (Files, Vec<Fault>) {
    let (mut dictionary, mut life_events, mut faults) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (path, content) in files {
        match path.split_once('/') {
            Some(("dictionary", _)) => match parse::<DictionaryFile>(content) {
                Ok(file) => dictionary.push(file),
                Err(what) => faults.push(Fault::at(path, what)),
            },
            _ => match life_event(path, content) {
                Ok(lowered) => {
                    life_events.insert(lowered.life_event.id.clone(), lowered);
                }
                Err(mut more) => faults.append(&mut more),
            },
        }
    }
    let dictionary = Dictionary::assemble(dictionary).unwrap_or_else(|errors| {
        faults.extend(errors.iter().map(|error| Fault::at("dictionary", error.to_string())));
        Dictionary::default()
    });
    (Files { dictionary: Arc::new(dictionary), life_events }, faults)
}

fn parse<T: DeserializeOwned>(content: &str) -> Result<T, String> {
    // Without strict booleans the country code NO is false.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(content, options).map_err(|error| error.to_string())
}

fn life_event(path: &str, content: &str) -> Result<LoweredLifeEvent, Vec<Fault>> {
    let life_event: LifeEvent = parse(content).map_err(|what| vec![Fault::at(path, what)])?;
    let mut faults = Vec::new();
    let named = format!("life-events/{}.yaml", life_event.id);
    if path != named {
        faults.push(Fault::at(path, format!("its id is `{}`; name the file {named}", life_event.id)));
    }
    let mut outcomes = BTreeMap::new();
    for outcome in &life_event.outcomes {
        match cel::condition(&outcome.reached) {
            Ok(condition) => {
                outcomes.insert(outcome.id.clone(), condition);
            }
            Err(error) => {
                faults.push(Fault::at(format!("{path}, outcome `{}`", outcome.id), error.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(LoweredLifeEvent { life_event, outcomes }) } else { Err(faults) }
}

/// What is wrong with files as they are sent, before they are read.
pub(super) fn check_sent(files: &[(String, String)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if files.is_empty() {
        faults.push(Fault::at("files", "there is none; send at least one"));
    }
    if files.iter().map(|(path, content)| path.len() + content.len()).sum::<usize>() > FILES_BYTES_MAX {
        faults.push(Fault::at("files", format!("more than {FILES_BYTES_MAX} bytes; publish them in parts")));
    }
    for (at, (path, content)) in files.iter().enumerate() {
        if !is_path(path) {
            faults.push(Fault::at(
                format!("files[{at}].path"),
                format!(
                    "`{}` is no path; write dictionary/<name>.yaml or life-events/<id>.yaml, the name of lower case \
                     letters, digits and hyphens",
                    shown(path)
                ),
            ));
        } else if content.len() > FILE_BYTES_MAX {
            let what = format!("{} bytes, at most {FILE_BYTES_MAX}; split it", content.len());
            faults.push(Fault::at(path, what));
        } else if files[..at].iter().any(|(other, _)| other == path) {
            faults.push(Fault::at(path, "is sent twice"));
        }
    }
    faults
}

/// A file that is to be taken away, and that is not there: which there are.
pub(super) fn missing(path: &str, sources: &BTreeMap<String, String>) -> RegistryError {
    let (folder, name) = path.split_once('/').unwrap_or(("", path));
    let stem = |path: &str| path.trim_end_matches(".yaml").to_owned();
    let there: Vec<String> =
        sources.keys().filter_map(|path| Some(stem(path.strip_prefix(folder)?.strip_prefix('/')?))).collect();
    let there = if there.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", there.join(", "))
    };
    let (kind, way_out) = match folder {
        "life-events" => ("the life event", format!("{there}; `loket life-event list` tells them")),
        _ => ("the dictionary file", there),
    };
    RegistryError::NotFound { what: format!("{kind} `{}`", stem(name)), way_out }
}

/// What is wrong with all files together: in themselves, and life events by the dictionary.
pub(super) fn check_together(sources: &BTreeMap<String, String>) -> Vec<Fault> {
    let (read, mut faults) = read(sources);
    if sources.len() > FILES_MAX {
        faults.push(Fault::at("files", format!("{} files, at most {} are kept", sources.len(), FILES_MAX)));
    }
    if !faults.is_empty() {
        return faults;
    }
    let grants = Grants::default();
    for (id, lowered) in &read.life_events {
        let draft = Draft {
            life_event: &lowered.life_event,
            outcomes: &lowered.outcomes,
            services: &[],
            dictionary: &read.dictionary,
            grants: &grants,
        };
        let Err(errors) = compile(draft) else { continue };
        let own = errors.0.iter().filter(|error| matches!(error, CompileError::LifeEvent(_)));
        faults.extend(own.map(|error| Fault::at(format!("life-events/{id}.yaml"), error.to_string())));
    }
    faults
}

fn is_path(path: &str) -> bool {
    let Some((folder, name)) = path.split_once('/') else { return false };
    let Some(stem) = name.strip_suffix(".yaml") else { return false };
    matches!(folder, "dictionary" | "life-events")
        && (1..=64).contains(&stem.len())
        && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> BTreeMap<String, String> {
        SEEDS.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
    }

    #[test]
    fn the_files_of_the_tree_are_read_without_a_fault() {
        let (files, faults) = read(&seeds());
        assert_eq!(faults, []);
        let ids: Vec<&str> = files.life_events.keys().map(LifeEventId::as_str).collect();
        assert!(ids.contains(&"birth") && ids.contains(&"moving") && ids.contains(&"bereavement"), "{ids:?}");
        assert!(files.dictionary.concepts().count() > 50);
    }

    #[test]
    fn a_country_called_no_is_a_country() {
        let file = "codes:\n  country:\n    NO: {en: Norway}\n";
        let (files, faults) = read(&[("dictionary/a.yaml".to_owned(), file.to_owned())].into());
        assert_eq!(faults, []);
        assert!(files.dictionary.codes("country").unwrap().contains_key("NO"));
    }

    #[test]
    fn each_wrong_file_is_named_with_its_fault() {
        let birth = seeds()["life-events/birth.yaml"].clone();
        for (path, content, says) in [
            ("dictionary/a.yaml", "concepts: [{name: x}]".to_owned(), "dictionary/a.yaml"),
            ("dictionary/a.yaml", "concept: []".to_owned(), "concept"),
            ("life-events/born.yaml", birth.clone(), "name the file life-events/birth.yaml"),
            (
                "life-events/birth.yaml",
                birth.replace("has(child.birth_record)", "now()"),
                "outcome `registered`",
            ),
        ] {
            let (_, faults) = read(&[(path.to_owned(), content)].into());
            let told = faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n");
            assert!(told.contains(says) && told.contains(path), "{path}: {told}");
        }
        let sent =
            [("../etc/passwd".to_owned(), String::new()), ("dictionary/A.yaml".to_owned(), String::new())];
        assert_eq!(check_sent(&sent).len(), 2);
    }
}
