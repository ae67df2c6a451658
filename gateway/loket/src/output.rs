//! Tables for people, JSON for programs; no colour in a pipe.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use casework::term::on_the_clock;
use prost::Message;
use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::failure::Failure;

/// Writes a line to standard output. A reader who has left is no failure.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes to standard output as it is.
pub(crate) fn bytes(all: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match out.write_all(all).and_then(|()| out.flush()) {
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

/// A moment for people, in the country's time as sentences have it: `2026-11-23 09:30:00 CET`.
pub(crate) fn moment(at: Option<prost_types::Timestamp>) -> String {
    at.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok())
        .map(|at| on_the_clock(at).strftime("%Y-%m-%d %H:%M:%S %Z").to_string())
        .unwrap_or_default()
}

/// Says something to whoever started this, on standard error, where somebody reads that.
pub(crate) fn aside(text: &str) {
    let _ = writeln!(std::io::stderr(), "loket: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_zone_in_summer_and_in_winter() {
        let at = |seconds| moment(Some(prost_types::Timestamp { seconds, nanos: 0 }));
        assert_eq!(at(1_795_426_200), "2026-11-23 10:30:00 CET");
        assert_eq!(at(1_782_201_600), "2026-06-23 10:00:00 CEST");
    }
}
