//! A ministry's books: its records in one file, changed in transactions.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// All records of all kinds: (kind, id) -> JSON.
pub(crate) const RECORDS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("records");

/// Kind of the last numbers given out.
const SERIES: &str = "series";

/// Why the books cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The file cannot be opened: it is not there and cannot be made, is in use, or is damaged.
    #[error("the books at {path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        source: Box<redb::DatabaseError>,
    },
    /// The folder of the file cannot be made.
    #[error("the folder of the books {path} cannot be made: {source}")]
    Folder {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A read or write failed.
    #[error("the books cannot be used: {0}")]
    Storage(Box<redb::Error>),
    /// A record is not what this version writes. Which one is not said, nor what is in it: errors go to logs.
    #[error("a record of the kind `{kind}` is not what this version writes")]
    Record {
        /// Kind of record.
        kind: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl<E: Into<redb::Error>> From<E> for BookError {
    fn from(error: E) -> Self {
        Self::Storage(Box::new(error.into()))
    }
}

impl From<BookError> for tonic::Status {
    fn from(error: BookError) -> Self {
        tracing::error!(error = %error, "the books failed");
        Self::unavailable("the register cannot be used at this moment; ask again")
    }
}

/// The books, shared by all calls.
#[derive(Clone)]
pub struct Books {
    database: Arc<Database>,
}

impl Books {
    /// Opens the books, or makes them where there are none.
    ///
    /// # Errors
    /// Where the file cannot be made or opened: another process may have it open.
    pub fn open(path: &Path) -> Result<Self, BookError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| BookError::Folder { path: path.display().to_string(), source })?;
        }
        let database = Database::create(path).map_err(|source| BookError::Open {
            path: path.display().to_string(),
            source: Box::new(source),
        })?;
        let write = database.begin_write()?;
        write.open_table(RECORDS)?;
        crate::promise::create_tables(&write)?;
        crate::reports::create_tables(&write)?;
        write.commit()?;
        Ok(Self { database: Arc::new(database) })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Reads and writes in one transaction, stored on disk when this returns; nothing of it where `act` fails.
    ///
    /// # Errors
    /// What `act` refuses, or the books' own failure as UNAVAILABLE.
    pub fn change<T>(
        &self,
        act: impl FnOnce(&mut Page<'_>) -> Result<T, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        self.transact(None, act)
    }

    /// As [`Self::change`], and [`Page::changed`] tells what was changed.
    pub(crate) fn change_and_remember<T>(
        &self,
        act: impl FnOnce(&mut Page<'_>) -> Result<T, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        self.transact(Some(Vec::new()), act)
    }

    fn transact<T>(
        &self,
        changed: Option<Vec<Changed>>,
        act: impl FnOnce(&mut Page<'_>) -> Result<T, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        let write = self.database.begin_write().map_err(BookError::from)?;
        let answer = act(&mut Page { write: &write, changed })?;
        write.commit().map_err(BookError::from)?;
        Ok(answer)
    }

    /// One record.
    ///
    /// # Errors
    /// Where the books cannot be read.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<Option<T>, BookError> {
        let read = self.database.begin_read()?;
        let table = read.open_table(RECORDS)?;
        let found = table.get((kind, id))?;
        found.map(|bytes| parse(kind, bytes.value())).transpose()
    }

    /// All records of a kind whose ids start with `prefix`, in the order of ids.
    ///
    /// # Errors
    /// Where the books cannot be read.
    pub fn list<T: DeserializeOwned>(&self, kind: &str, prefix: &str) -> Result<Vec<(String, T)>, BookError> {
        let read = self.database.begin_read()?;
        list(&read.open_table(RECORDS)?, kind, prefix)
    }
}

/// The books inside one transaction.
pub struct Page<'t> {
    pub(crate) write: &'t redb::WriteTransaction,
    /// None where nobody will want to take it back: what fills the books at a first start changes thousands.
    changed: Option<Vec<Changed>>,
}

/// A record that a transaction has changed: what it was before, so that the change can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changed {
    kind: String,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    before: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    after: Option<serde_json::Value>,
}

/// Which records were changed: (kind, id).
pub(crate) fn changed_records(bytes: &[u8]) -> Result<Vec<(String, String)>, BookError> {
    let changes: Vec<Changed> = parse("changes", bytes)?;
    Ok(changes.into_iter().map(|change| (change.kind, change.id)).collect())
}

/// A record that holds `null` is there; only one that is not written down is none.
fn there<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(from).map(Some)
}

impl Page<'_> {
    /// One record.
    ///
    /// # Errors
    /// Where the books cannot be read.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<Option<T>, BookError> {
        let table = self.write.open_table(RECORDS)?;
        let found = table.get((kind, id))?;
        found.map(|bytes| parse(kind, bytes.value())).transpose()
    }

    /// Writes a record, replacing the one of the same id.
    ///
    /// # Errors
    /// Where the books cannot be written.
    pub fn put<T: Serialize>(&mut self, kind: &str, id: &str, record: &T) -> Result<(), BookError> {
        let bytes = bytes(kind, record)?;
        self.remember(kind, id, Some(&bytes))?;
        self.write.open_table(RECORDS)?.insert((kind, id), bytes.as_slice())?;
        Ok(())
    }

    /// Writes many records of a kind at once: what a first start fills the books with, never what a call changes,
    /// for it cannot be taken back.
    ///
    /// # Errors
    /// Where the books cannot be written.
    pub fn put_all<T: Serialize>(
        &mut self,
        kind: &str,
        records: impl IntoIterator<Item = (String, T)>,
    ) -> Result<(), BookError> {
        let mut table = self.write.open_table(RECORDS)?;
        for (id, record) in records {
            table.insert((kind, id.as_str()), bytes(kind, &record)?.as_slice())?;
        }
        Ok(())
    }

    /// Removes a record. False: there was none.
    ///
    /// # Errors
    /// Where the books cannot be written.
    pub fn remove(&mut self, kind: &str, id: &str) -> Result<bool, BookError> {
        self.remember(kind, id, None)?;
        Ok(self.write.open_table(RECORDS)?.remove((kind, id))?.is_some())
    }

    /// What this transaction has changed so far, each record once, in the order of the first change. Numbers of a
    /// series are never given back.
    pub(crate) fn changed(&self) -> &[Changed] {
        self.changed.as_deref().unwrap_or_default()
    }

    /// Takes changes back, the last one first. False: somebody has changed one of the records since, and nothing is
    /// taken back.
    pub(crate) fn take_back(&mut self, changes: &[Changed]) -> Result<bool, BookError> {
        for change in changes {
            if self.get::<serde_json::Value>(&change.kind, &change.id)? != change.after {
                return Ok(false);
            }
        }
        for change in changes.iter().rev() {
            match &change.before {
                Some(before) => self.put(&change.kind, &change.id, before)?,
                None => {
                    self.remove(&change.kind, &change.id)?;
                }
            }
        }
        Ok(true)
    }

    fn remember(&mut self, kind: &str, id: &str, after: Option<&[u8]>) -> Result<(), BookError> {
        if kind == SERIES || self.changed.is_none() {
            return Ok(());
        }
        let after = after.map(|bytes| parse(kind, bytes)).transpose()?;
        let before = self.get(kind, id)?;
        let changed = self.changed.get_or_insert_default();
        match changed.iter_mut().find(|it| it.kind == kind && it.id == id) {
            Some(known) => known.after = after,
            None => changed.push(Changed { kind: kind.to_owned(), id: id.to_owned(), before, after }),
        }
        Ok(())
    }

    /// All records of a kind whose ids start with `prefix`, in the order of ids.
    ///
    /// # Errors
    /// Where the books cannot be read.
    pub fn list<T: DeserializeOwned>(&self, kind: &str, prefix: &str) -> Result<Vec<(String, T)>, BookError> {
        list(&self.write.open_table(RECORDS)?, kind, prefix)
    }

    /// The next number of a series, from 1, without gaps.
    ///
    /// # Errors
    /// Where the books cannot be written.
    pub fn next_number(&mut self, series: &str) -> Result<u64, BookError> {
        let next = self.get::<u64>(SERIES, series)?.unwrap_or(0) + 1;
        self.put(SERIES, series, &next)?;
        Ok(next)
    }
}

fn list<T: DeserializeOwned>(
    table: &impl ReadableTable<(&'static str, &'static str), &'static [u8]>,
    kind: &str,
    prefix: &str,
) -> Result<Vec<(String, T)>, BookError> {
    let mut found = Vec::new();
    for row in table.range((kind, prefix)..)? {
        let (key, bytes) = row?;
        let (of, id) = key.value();
        if of != kind || !id.starts_with(prefix) {
            break;
        }
        found.push((id.to_owned(), parse(kind, bytes.value())?));
    }
    Ok(found)
}

fn bytes<T: Serialize>(kind: &str, record: &T) -> Result<Vec<u8>, BookError> {
    serde_json::to_vec(record).map_err(|source| BookError::Record { kind: kind.to_owned(), source })
}

fn parse<T: DeserializeOwned>(kind: &str, bytes: &[u8]) -> Result<T, BookError> {
    serde_json::from_slice(bytes).map_err(|source| BookError::Record { kind: kind.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_change_leaves_nothing_and_a_kept_one_survives_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.redb");
        {
            let books = Books::open(&path).unwrap();
            let refused = books.change(|page| {
                page.put("person", "1", &"Anna")?;
                Err::<(), _>(tonic::Status::failed_precondition("no"))
            });
            assert!(refused.is_err());
            assert_eq!(books.get::<String>("person", "1").unwrap(), None);
            books.change(|page| Ok(page.put("person", "2", &"Bram")?)).unwrap();
        }
        let books = Books::open(&path).unwrap();
        assert_eq!(books.list::<String>("person", "").unwrap(), [("2".to_owned(), "Bram".to_owned())]);
    }

    #[test]
    fn a_record_of_nothing_is_not_no_record() {
        let nothing = Some(serde_json::Value::Null);
        let changed = Changed { kind: "k".to_owned(), id: "1".to_owned(), before: None, after: nothing };
        let written = serde_json::to_vec(&changed).unwrap();
        assert_eq!(serde_json::from_slice::<Changed>(&written).unwrap(), changed);
    }

    #[test]
    fn an_unreadable_record_is_told_without_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let books = Books::open(&folder.path().join("books.redb")).unwrap();
        books.change(|page| Ok(page.put("person", "999000001", &"Anna")?)).unwrap();
        let error = books.get::<u64>("person", "999000001").unwrap_err().to_string();
        assert!(
            error.contains("person") && !error.contains("999000001") && !error.contains("Anna"),
            "{error}"
        );
    }

    #[test]
    fn many_records_are_written_as_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let books = Books::open(&folder.path().join("books.redb")).unwrap();
        let people = ["Anna", "Bram"].map(|it| (it.to_lowercase(), it.to_owned()));
        books.change(|page| Ok(page.put_all("person", people.clone())?)).unwrap();
        assert_eq!(books.list::<String>("person", "").unwrap(), people);
    }

    #[test]
    fn books_that_are_open_elsewhere_are_refused_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.redb");
        let _open = Books::open(&path).unwrap();
        let error = Books::open(&path).err().unwrap().to_string();
        assert!(error.contains("books.redb"), "{error}");
    }
}
