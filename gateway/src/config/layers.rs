//! The layers of the configuration, one laid over the other: only what the manual has can be set.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::{ConfigError, MANUAL};

/// What the manual is called in errors.
const MANUAL_NAME: &str = "deploy/gateway.toml";

/// The options as the manual sets them.
pub(super) fn manual() -> Result<Table, ConfigError> {
    parse(MANUAL_NAME, MANUAL)
}

fn parse(place: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>()
        .map_err(|error| ConfigError::NotToml { place: place.to_owned(), reason: error.to_string() })
}

/// Lays an operator's file over the options.
pub(super) fn lay_file(options: &mut Table, file: &Path) -> Result<(), ConfigError> {
    let text = fs::read_to_string(file)
        .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), reason: error.to_string() })?;
    let place = file.display().to_string();
    lay(options, parse(&place, &text)?, &place, "")
}

/// Lays a table over the options: each key must be there and of the same type.
fn lay(options: &mut Table, over: Table, place: &str, prefix: &str) -> Result<(), ConfigError> {
    let known: Vec<String> = options.keys().map(|key| format!("{prefix}{key}")).collect();
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        let Some(option) = options.get_mut(&key) else {
            return Err(unknown(place, &path, &known));
        };
        match (option, value) {
            (Value::Table(inner), Value::Table(value)) => lay(inner, value, place, &format!("{path}."))?,
            (option @ Value::Float(_), Value::Integer(value)) => *option = Value::Float(value as f64),
            (option, value) if option.same_type(&value) && !negative(&value) => *option = value,
            (option, _) => {
                let expected = expected(&path, option).to_owned();
                return Err(ConfigError::WrongType { place: place.to_owned(), key: path, expected });
            }
        }
    }
    Ok(())
}

/// The whole numbers that may be 0.
const OR_NOUGHT: [&str; 2] = ["limits.connection_age_seconds", "limits.drain_seconds"];

/// No option is a number below zero.
fn negative(value: &Value) -> bool {
    matches!(value, Value::Integer(..0))
}

fn expected(path: &str, option: &Value) -> &'static str {
    match option {
        Value::String(_) => "a string",
        Value::Integer(_) if OR_NOUGHT.contains(&path) => "a whole number of 0 or more",
        Value::Integer(_) => "a whole number of 1 or more",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of strings",
        Value::Table(_) => "a section",
        Value::Datetime(_) => "a date",
    }
}

fn unknown(place: &str, key: &str, known: &[String]) -> ConfigError {
    let nearest = known.iter().map(|option| (distance(option, key), option)).min();
    let hint = match nearest {
        Some((distance, option)) if distance <= 3 => format!("did you mean `{option}`?"),
        _ => format!("{MANUAL_NAME} lists them all"),
    };
    ConfigError::Unknown { place: place.to_owned(), key: key.to_owned(), hint }
}

/// Edit distance, for a hint about a misspelt option.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let cost = usize::from(x != y);
            let next = (corner + cost).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// Variables that the command line reads, and that are no options of a gateway.
const OF_THE_COMMAND_LINE: [&str; 4] = ["TOKEN", "PUBLIC_URL", "OPERATIONS_URL", "DESK_URL"];

/// Lays the variables that begin with `LOKET_` over the options. A variable that is no option is an error, too.
pub(super) fn lay_environment(
    options: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let paths = paths(options);
    for (variable, text) in environment {
        let Some(name) = variable.strip_prefix("LOKET_") else { continue };
        if OF_THE_COMMAND_LINE.contains(&name) {
            continue;
        }
        let Some((_, path)) = paths.iter().find(|(spelt, _)| spelt == name) else {
            let known: Vec<String> = paths.iter().map(|(spelt, _)| format!("LOKET_{spelt}")).collect();
            return Err(unknown("the environment", &variable, &known));
        };
        let Some(option) = option_at(options, path) else { continue };
        let value = read_as(option, &text).filter(|value| !negative(value)).ok_or_else(|| {
            ConfigError::WrongType {
                place: format!("the environment variable {variable}"),
                key: path.join("."),
                expected: expected(&path.join("."), option).to_owned(),
            }
        })?;
        *option = value;
    }
    Ok(())
}

/// Every option: as a variable spells it, and its path.
fn paths(options: &Table) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (key, value) in options {
        let spelt = key.to_uppercase();
        match value {
            Value::Table(inner) => found.extend(paths(inner).into_iter().map(|(rest, mut path)| {
                path.insert(0, key.clone());
                (format!("{spelt}_{rest}"), path)
            })),
            _ => found.push((spelt, vec![key.clone()])),
        }
    }
    found
}

fn option_at<'a>(options: &'a mut Table, path: &[String]) -> Option<&'a mut Value> {
    let (first, rest) = path.split_first()?;
    let option = options.get_mut(first)?;
    match (rest.is_empty(), option) {
        (true, option) => Some(option),
        (false, Value::Table(inner)) => option_at(inner, rest),
        (false, _) => None,
    }
}

/// A variable's text as a value of the option's type; a list is separated by commas.
fn read_as(option: &Value, text: &str) -> Option<Value> {
    Some(match option {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => Value::Integer(text.replace('_', "").parse().ok()?),
        Value::Float(_) => Value::Float(text.parse().ok()?),
        Value::Boolean(_) => Value::Boolean(text.parse().ok()?),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Value::Table(_) | Value::Datetime(_) => return None,
    })
}
