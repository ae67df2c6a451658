//! `loket ministry NAME --books`: what a reference ministry's own tables say of what was done, counted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use agency_kit::{Inspection, inspect};

use crate::command::{MinistryName, Place};
use crate::failure::Failure;
use crate::output;

/// Prints what the books of a ministry that does not run hold.
pub(crate) fn show(place: &Place, ministry: MinistryName) -> Result<(), Failure> {
    let folder = place.data.join("ministries").join(ministry.name());
    let mut all = BTreeMap::new();
    for file in files(&folder)? {
        let seen = inspect(&file).map_err(|error| {
            Failure::other(format!("{error}; books are looked into while their ministry does not run"))
        })?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.insert(name, seen);
    }
    if place.json {
        let json = serde_json::to_string(&all).map_err(|error| Failure::other(error.to_string()))?;
        return output::line(&json);
    }
    let rows: Vec<Vec<String>> = all.iter().flat_map(|(name, seen)| rows(name, seen)).collect();
    output::table(&["BOOKS", "WHAT", "COUNT"], &rows)
}

fn files(folder: &std::path::Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |error: std::io::Error| {
        Failure::other(format!("there are no books in {} ({error}); say where with --data", folder.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|end| end == "redb") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn rows(name: &str, seen: &Inspection) -> Vec<Vec<String>> {
    let row = |what: String, count: u64| vec![name.to_owned(), what, count.to_string()];
    let mut rows = vec![
        row("calls that stand".to_owned(), seen.done),
        row("calls that were cancelled".to_owned(), seen.cancelled),
        row("reports under way to the desk".to_owned(), seen.reports_waiting),
    ];
    rows.extend(seen.changed.iter().map(|(kind, count)| row(format!("{kind}: changed by calls"), *count)));
    rows.extend(seen.records.iter().map(|(kind, count)| row(format!("{kind}: records"), *count)));
    rows
}
