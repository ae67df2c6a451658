//! The one door: from an address to a store.

use std::sync::Arc;
use std::time::Duration;

use crate::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use crate::memory::Memory;
use crate::redis::{Redis, RedisError, RedisOptions};
use crate::store::{CaseStore, Durability};

/// How a store is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Refuse a store that cannot prove at least this. None: any is taken, and a weak one is warned of.
    pub require: Option<Durability>,
    /// Embedded: wait for the disk before an answer. Off, an answered write survives the process, not the host; for
    /// tests.
    pub fsync: bool,
    /// Redis: how long an answer may take before it is [`Unknown`](crate::StoreError::Unknown).
    pub response_timeout: Duration,
    /// Redis: how long connecting may take.
    pub connect_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            require: None,
            fsync: true,
            response_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(2),
        }
    }
}

/// Why there is no store. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no known form.
    #[error(
        "`{0}` names no case store: use `memory:`, `embedded:<directory>`, `redis://[user:password@]host[:port][/db]` \
         or `redis-cluster://[user:password@]host:port[,host:port…]`"
    )]
    Address(String),
    /// The embedded store cannot be opened.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// Redis cannot be the store.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// The store cannot prove what is required of it.
    #[error("{store} proves {proved:?} durability and {required:?} is required: {way_out}")]
    TooWeak {
        /// Which store.
        store: String,
        /// What it proves.
        proved: Durability,
        /// What is required.
        required: Durability,
        /// What to change.
        way_out: String,
    },
}

/// Opens the store at this address: `memory:`, `embedded:<directory>`, `redis://…` (one server) or
/// `redis-cluster://host:port,host:port` (any nodes of a cluster).
///
/// # Errors
/// [`OpenError`] says which address, what is wrong with it, and what to change.
pub async fn open(address: &str, options: Options) -> Result<Arc<dyn CaseStore>, OpenError> {
    let required = options.require;
    if address == "memory:" {
        let way_out = "name an `embedded:`, `redis:` or `redis-cluster:` store";
        return require(Arc::new(Memory::new()), "the memory store", required, way_out);
    }
    if let Some(directory) = address.strip_prefix("embedded:").filter(|directory| !directory.is_empty()) {
        let behaviour = EmbeddedOptions { fsync: options.fsync, ..EmbeddedOptions::default() };
        let store = Embedded::open(directory, behaviour).await?;
        return require(Arc::new(store), "the embedded store", required, "switch its fsync on");
    }
    if address.starts_with("redis://") || address.starts_with("redis-cluster://") {
        let Options { response_timeout, connect_timeout, .. } = options;
        let store = Redis::open(address, &RedisOptions { response_timeout, connect_timeout }).await?;
        let way_out = "set `appendonly yes` and `appendfsync always` in Redis";
        return require(Arc::new(store), &without_password(address), required, way_out);
    }
    Err(OpenError::Address(without_password(address)))
}

fn require(
    store: Arc<dyn CaseStore>,
    name: &str,
    required: Option<Durability>,
    way_out: &str,
) -> Result<Arc<dyn CaseStore>, OpenError> {
    let proved = store.durability();
    match required {
        Some(required) if proved < required => {
            Err(OpenError::TooWeak { store: name.to_owned(), proved, required, way_out: way_out.to_owned() })
        }
        _ => Ok(store),
    }
}

/// An address as it may be shown: what stands before the `@` of its host is left out.
pub(crate) fn without_password(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://…@{host}"),
            None => address.to_owned(),
        },
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_address_is_told_the_known_forms_and_keeps_its_password() {
        let error = open("rediss://me:s3cret@host", Options::default()).await.err().unwrap().to_string();
        assert!(error.contains("embedded:<directory>") && error.contains("redis-cluster://"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[tokio::test]
    async fn a_store_that_proves_too_little_is_refused_when_more_is_required() {
        let options = Options { require: Some(Durability::LocalFsync), ..Options::default() };
        let error = open("memory:", options).await.err().unwrap();
        assert!(matches!(error, OpenError::TooWeak { .. }), "{error}");
        assert!(open("memory:", Options::default()).await.is_ok());
    }
}
