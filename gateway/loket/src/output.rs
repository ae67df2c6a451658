//! Tables for people, JSON for programs; no colour in a pipe.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use prost::Message;
use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::failure::Failure;

/// Writes a line to standard output. A reader who has left is no failure.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::other(format!("standard output: {error}"))),
    }
}

/// Writes rows in columns: aligned with a head on a terminal, tab-separated without one in a pipe.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        return rows.iter().try_for_each(|row| line(&row.join("\t")));
    }
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([head[at].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let aligned = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    line(&aligned(head.to_vec()))?;
    rows.iter().try_for_each(|row| line(&aligned(row.iter().map(String::as_str).collect())))
}

/// Writes a message as JSON, as REST does.
pub(crate) fn json(name: &str, message: &impl Message) -> Result<(), Failure> {
    let json = of_contract(name, message)?;
    line(&serde_json::to_string_pretty(&json).map_err(|error| Failure::other(error.to_string()))?)
}

/// Writes a message as JSON on one line: one of many.
pub(crate) fn json_line(name: &str, message: &impl Message) -> Result<(), Failure> {
    line(&of_contract(name, message)?.to_string())
}

fn of_contract(name: &str, message: &impl Message) -> Result<serde_json::Value, Failure> {
    gateway::rest::json_of(name, &message.encode_to_vec()).map_err(|error| Failure::other(error.to_string()))
}

/// A message of the contract.
pub(crate) fn message(name: &str) -> Option<MessageDescriptor> {
    pool()?.get_message_by_name(name)
}

fn pool() -> Option<&'static DescriptorPool> {
    static POOL: OnceLock<Option<DescriptorPool>> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).ok()).as_ref()
}

/// A moment for people: `2026-11-23 09:30`.
pub(crate) fn moment(at: Option<prost_types::Timestamp>) -> String {
    at.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok())
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}
