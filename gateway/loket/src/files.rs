//! `loket life-event put`, `loket dictionary put`: files that a running counter takes up.

use std::path::{Path, PathBuf};

use proto::loket::operations::v1 as operations;
use proto::loket::operations::v1::publish_files_request::File;

use crate::agencies;
use crate::command::Place;
use crate::failure::Failure;
use crate::output;

/// The folder of life events, as the counter knows them.
pub(crate) const LIFE_EVENTS: &str = "life-events";
/// The folder of the dictionary.
pub(crate) const DICTIONARY: &str = "dictionary";

/// Publishes these files; each keeps its name.
pub(crate) async fn put(place: &Place, folder: &str, files: &[PathBuf]) -> Result<(), Failure> {
    let files = files.iter().map(|path| read(folder, path)).collect::<Result<_, _>>()?;
    publish(place, files).await
}

/// Takes a file away.
pub(crate) async fn remove(place: &Place, folder: &str, name: &str) -> Result<(), Failure> {
    publish(place, vec![File { path: format!("{folder}/{name}.yaml"), content: String::new() }]).await
}

fn read(folder: &str, path: &Path) -> Result<File, Failure> {
    let unusable = |what: String| Failure::usage(format!("{}: {what}", path.display()));
    let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".yaml"));
    let name = name.ok_or_else(|| unusable("is no file `<name>.yaml`".to_owned()))?;
    let content =
        std::fs::read_to_string(path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    if content.trim().is_empty() {
        return Err(unusable("is empty; to take a file away, use `remove`".to_owned()));
    }
    Ok(File { path: format!("{folder}/{name}"), content })
}

async fn publish(place: &Place, files: Vec<File>) -> Result<(), Failure> {
    let named: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let request = operations::PublishFilesRequest { files };
    let answer = place.registry("operator").await?.publish_files(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.PublishFilesResponse", &answer);
    }
    output::line(&format!("published {}", named.join(", ")))?;
    answer.plans.iter().try_for_each(agencies::effect)
}
