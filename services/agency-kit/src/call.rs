//! A call as Loket makes it: what its metadata says.

use prost::Message;
use sha2::{Digest, Sha256};

use crate::calendar::day_of;

/// What a call brings besides its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The idempotency key: the same on every attempt.
    pub key: String,
    /// For what purpose the data is given.
    pub purpose: String,
    /// The moment of receipt that counts in law, RFC 3339.
    pub received_at: Option<jiff::Timestamp>,
    /// Reference of the step, for reporting back at the desk.
    pub step: Option<String>,
}

/// What is missing in a call's metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// A header is missing.
    #[error("the metadata `{0}` is missing")]
    Missing(&'static str),
    /// A header is not what it should be.
    #[error("the metadata `{name}` is not {expected}")]
    Malformed {
        /// The header.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

impl From<CallError> for tonic::Status {
    fn from(error: CallError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

impl Call {
    /// Reads the metadata of a call that changes something.
    ///
    /// # Errors
    /// Where the key is missing or is not 1 to 64 printable characters, or the moment of receipt is none.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, CallError> {
        let text = |name: &'static str| {
            request
                .metadata()
                .get(name)
                .map(|value| {
                    value
                        .to_str()
                        .map(str::to_owned)
                        .map_err(|_| CallError::Malformed { name, expected: "printable text" })
                })
                .transpose()
        };
        let key = text("loket-idempotency-key")?.ok_or(CallError::Missing("loket-idempotency-key"))?;
        if key.is_empty() || key.len() > 64 {
            return Err(CallError::Malformed {
                name: "loket-idempotency-key",
                expected: "1 to 64 characters",
            });
        }
        let received_at = text("loket-received-at")?
            .map(|text| {
                text.parse().map_err(|_| CallError::Malformed {
                    name: "loket-received-at",
                    expected: "a moment such as 2026-11-23T09:30:00Z",
                })
            })
            .transpose()?;
        Ok(Self {
            key,
            purpose: text("loket-purpose")?.unwrap_or_default(),
            received_at,
            step: text("loket-step")?,
        })
    }

    /// The day of receipt in the Republic's time, or today where the call does not say.
    #[must_use]
    pub fn received_on(&self) -> jiff::civil::Date {
        day_of(self.received_at.unwrap_or_else(jiff::Timestamp::now))
    }
}

/// The day of receipt of a call that changes nothing, in the Republic's time; today where its metadata does not say.
#[must_use]
pub fn received_on<T>(request: &tonic::Request<T>) -> jiff::civil::Date {
    let received_at = request
        .metadata()
        .get("loket-received-at")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<jiff::Timestamp>().ok());
    day_of(received_at.unwrap_or_else(jiff::Timestamp::now))
}

/// The fingerprint by which a repeated request is recognised.
pub(crate) fn fingerprint(method: &str, request: &impl Message) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method.as_bytes());
    hash.update([0]);
    hash.update(request.encode_to_vec());
    hash.finalize().into()
}
