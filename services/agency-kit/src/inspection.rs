//! What is in a ministry's books, counted: for its operators, and for whoever proves that nothing was done twice. No
//! content of a record is told.

use std::collections::BTreeMap;
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable};
use serde::Serialize;

use crate::books::{BookError, RECORDS};
use crate::{promise, reports};

/// What is in the books, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// How many records of each kind there are.
    pub records: BTreeMap<String, u64>,
    /// How many records of each kind were made or changed by calls that stand, each as often as it was changed.
    pub changed: BTreeMap<String, u64>,
    /// Calls that stand.
    pub done: u64,
    /// Calls that were cancelled: each a tombstone.
    pub cancelled: u64,
    /// What is still to be reported to the desk.
    pub reports_waiting: u64,
    /// One for each idempotency key.
    pub effects: Vec<Effect>,
}

/// What was done under one idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The key.
    pub key: String,
    /// False: it was cancelled, and is refused for good.
    pub stands: bool,
    /// How many records of each kind its call made or changed.
    pub changed: BTreeMap<String, u64>,
}

/// Looks into the books. Nobody may have them open: a ministry that runs does.
///
/// # Errors
/// Where they are not there, in use, or damaged.
pub fn inspect(path: &Path) -> Result<Inspection, BookError> {
    let database = Database::open(path)
        .map_err(|source| BookError::Open { path: path.display().to_string(), source: Box::new(source) })?;
    let read = database.begin_read()?;
    let mut records = BTreeMap::new();
    for row in read.open_table(RECORDS)?.iter()? {
        let (key, _) = row?;
        *records.entry(key.value().0.to_owned()).or_insert(0) += 1;
    }
    let effects: Vec<Effect> = promise::all(&read)?.into_iter().map(Effect::of).collect();
    let mut changed = BTreeMap::new();
    for effect in effects.iter().filter(|effect| effect.stands) {
        for (kind, count) in &effect.changed {
            *changed.entry(kind.clone()).or_insert(0) += count;
        }
    }
    let done = effects.iter().filter(|effect| effect.stands).count() as u64;
    Ok(Inspection {
        records,
        changed,
        done,
        cancelled: effects.len() as u64 - done,
        reports_waiting: reports::waiting(&read)?,
        effects,
    })
}

impl Effect {
    fn of((key, stands, records): promise::Done) -> Self {
        let mut changed = BTreeMap::new();
        for (kind, _) in records {
            *changed.entry(kind).or_insert(0) += 1;
        }
        Self { key, stands, changed }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Value;
    use tonic::Request;

    use super::*;
    use crate::{Books, Promise};

    fn call(key: &str) -> Request<Value> {
        let mut request = Request::new(Value::default());
        request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
        request
    }

    #[tokio::test]
    async fn effects_are_counted_by_key_and_no_content_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.redb");
        {
            let promise = Promise::over(Books::open(&path).unwrap());
            for key in ["k1", "k1", "k2"] {
                let card = move |page: &mut crate::Page<'_>, _: &crate::Call, request| {
                    page.put("card", &format!("of Anna {key}"), &"Anna")?;
                    Ok(request)
                };
                promise.once::<Value, Value>("Make", call(key), card).await.unwrap();
            }
            promise.take_back("k2".to_owned()).await.unwrap();
            assert!(inspect(&path).is_err(), "the ministry that has them open goes on undisturbed");
        }
        let seen = inspect(&path).unwrap();
        assert_eq!((seen.done, seen.cancelled, seen.reports_waiting), (1, 1, 0));
        assert_eq!(seen.records, BTreeMap::from([("card".to_owned(), 1)]));
        assert_eq!(seen.changed, BTreeMap::from([("card".to_owned(), 1)]));
        assert!(!serde_json::to_string(&seen).unwrap().contains("Anna"));
        assert!(inspect(&folder.path().join("none.redb")).is_err());
    }
}
