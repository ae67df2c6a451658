//! A call on its way out, and how it can fail.

use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// A call on its way out: the same for all its attempts.
#[derive(Debug)]
pub(super) struct Outbound {
    /// `/package.Service/Method`.
    pub(super) path: PathAndQuery,
    /// The request.
    pub(super) body: Bytes,
    /// Its metadata.
    pub(super) metadata: MetadataMap,
    /// How long one attempt may take.
    pub(super) timeout: Duration,
    /// When the last attempt must be over.
    pub(super) until: Instant,
    /// Whether it may be made again after it was sent.
    pub(super) repeatable: bool,
}

impl Outbound {
    /// How long an attempt that begins now may take. None: there is no time left.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let left = self.until.checked_duration_since(Instant::now())?.min(self.timeout);
        (left >= Duration::from_millis(5)).then_some(left)
    }
}

/// Why a call has no OK response.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum CallError {
    /// Nothing left: surely not done.
    #[error("not sent: {reason}")]
    NotSent {
        /// What happened.
        reason: String,
    },
    /// The agency has no endpoint whose lease runs.
    #[error("no endpoint")]
    NoEndpoint,
    /// Too many calls to this agency are out already.
    #[error("too many calls are out")]
    Overloaded,
    /// Too many failed in a row.
    #[error("the breaker is open")]
    BreakerOpen,
    /// It left, and no answer came in time.
    #[error("no answer in time")]
    Silence,
    /// It left, and the connection broke.
    #[error("the connection broke: {reason}")]
    Broken {
        /// How.
        reason: String,
    },
    /// The agency answered with this status.
    #[error("answered {}", .0.code())]
    Status(Status),
}

impl CallError {
    /// Whether it was surely not done, so that anybody may try again.
    pub(super) fn surely_not_done(&self) -> bool {
        match self {
            Self::NotSent { .. } | Self::NoEndpoint | Self::Overloaded | Self::BreakerOpen => true,
            Self::Status(status) => {
                matches!(status.code(), tonic::Code::Unavailable | tonic::Code::ResourceExhausted)
            }
            Self::Silence | Self::Broken { .. } => false,
        }
    }

    /// Whether nobody knows what became of it.
    pub(super) fn in_doubt(&self) -> bool {
        use tonic::Code;
        match self {
            Self::Silence | Self::Broken { .. } => true,
            Self::Status(status) => matches!(
                status.code(),
                Code::DeadlineExceeded | Code::Cancelled | Code::Unknown | Code::Internal
            ),
            _ => false,
        }
    }

    /// Whether it speaks against the health of who was called.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::NotSent { .. } | Self::Silence | Self::Broken { .. } => true,
            Self::Status(status) => status.code() == tonic::Code::Unavailable || self.in_doubt(),
            Self::NoEndpoint | Self::Overloaded | Self::BreakerOpen => false,
        }
    }
}
