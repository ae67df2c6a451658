//! One call and its reply, as values.

use std::time::Duration;

use bytes::Bytes;

use crate::id::{CaseId, Head, Partition};
use crate::store::*;

/// A call.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Reserve { place: Partition, request: RequestKey, body: u8, days: u64 },
    Claim(Box<Claim>),
    Bucket { place: Partition, bucket: KeyedHash, request: RequestKey },
    Append(Append),
    Load(CaseId),
    TakeDue { places: Vec<Partition>, limit: usize, days: u64 },
    Postpone { case: CaseId, head: Head, days: i64 },
    AppendAccess { case: CaseId, prev: Head, new: Head, rows: Vec<Row> },
    Access(CaseId),
    Outbox { place: Partition, subscriber: String, limit: usize },
    OutboxDone { place: Partition, subscriber: String, number: u64 },
    OutboxForget { place: Partition, number: u64 },
    OutboxPending { subscriber: String, among: Vec<Partition> },
    List { place: Partition, party: KeyedHash, listed: Listed },
    Listed { place: Partition, party: KeyedHash, before: Option<(Millis, CaseId)>, limit: usize },
    Live { place: Partition, after: Option<CaseId>, limit: usize },
    WriteDocument { key: DocumentKey, expected: Option<u64>, content: Bytes, days: Option<u64> },
    Document(DocumentKey),
    AppendRegistry { prev_rows: u64, row: Row },
    RegistryAfter { rows: u64, limit: usize },
}

/// Its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Reserved(Reserved),
    Claimed(Claimed),
    Bucket(Bucket, Option<CaseId>),
    Appended(Appended),
    Log(Option<Log>),
    Due(Vec<Due>),
    Postponed(Millis),
    AccessAppended(AccessAppended),
    Access(Option<AccessLog>),
    Outbox(Vec<OutboxRow>),
    Nothing,
    Partitions(Vec<Partition>),
    Listed(Vec<Listed>),
    Live(Vec<(CaseId, Bytes)>),
    Written(Written),
    Document(Option<Document>),
    Registry(RegistryAppended),
    Rows(Vec<Row>),
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

impl Op {
    /// Asks a store.
    pub(super) async fn ask(&self, store: &dyn CaseStore) -> Answer<Reply> {
        Ok(match self.clone() {
            Self::Reserve { place, request, body, days: keep } => {
                let note = Bytes::from(vec![body]);
                Reply::Reserved(store.reserve(place, request, [body; 32], note, days(keep)).await?)
            }
            Self::Claim(claim) => Reply::Claimed(store.claim(*claim).await?),
            Self::Bucket { place, bucket, request } => {
                let (bucket, receipt) = store.bucket(place, bucket, request).await?;
                Reply::Bucket(bucket, receipt)
            }
            Self::Append(append) => Reply::Appended(store.append(append).await?),
            Self::Load(case) => Reply::Log(store.load(case).await?),
            Self::TakeDue { places, limit, days: lease } => {
                Reply::Due(store.take_due(&places, limit, days(lease)).await?)
            }
            Self::Postpone { case, head, days } => {
                Reply::Postponed(store.postpone(case, head, days * super::DAY).await?)
            }
            Self::AppendAccess { case, prev, new, rows } => {
                Reply::AccessAppended(store.append_access(case, prev, new, rows).await?)
            }
            Self::Access(case) => Reply::Access(store.access(case).await?),
            Self::List { place, party, listed } => {
                store.list(place, party, listed).await?;
                Reply::Nothing
            }
            Self::Listed { place, party, before, limit } => {
                Reply::Listed(store.listed(place, party, before, limit).await?)
            }
            Self::Live { place, after, limit } => Reply::Live(store.live(place, after, limit).await?),
            Self::WriteDocument { key, expected, content, days: keep } => {
                Reply::Written(store.write_document(key, expected, content, keep.map(days)).await?)
            }
            Self::Document(key) => Reply::Document(store.document(key).await?),
            Self::AppendRegistry { prev_rows, row } => {
                Reply::Registry(store.append_registry(prev_rows, row).await?)
            }
            Self::RegistryAfter { rows, limit } => Reply::Rows(store.registry_after(rows, limit).await?),
            outbox => outbox.ask_outbox(store).await?,
        })
    }

    async fn ask_outbox(self, store: &dyn CaseStore) -> Answer<Reply> {
        Ok(match self {
            Self::Outbox { place, subscriber, limit } => {
                Reply::Outbox(store.outbox(place, &subscriber, limit).await?)
            }
            Self::OutboxDone { place, subscriber, number } => {
                store.outbox_done(place, &subscriber, number).await?;
                Reply::Nothing
            }
            Self::OutboxForget { place, number } => {
                store.outbox_forget(place, number).await?;
                Reply::Nothing
            }
            Self::OutboxPending { subscriber, among } => {
                let mut pending = store.outbox_pending(&subscriber).await?;
                pending.retain(|place| among.contains(place));
                pending.sort();
                Reply::Partitions(pending)
            }
            _ => Reply::Nothing,
        })
    }

    /// How long a lease it asks for, in milliseconds.
    fn lease(&self) -> i64 {
        match self {
            Self::TakeDue { days, .. } => i64::try_from(*days).unwrap_or(0) * super::DAY,
            _ => 0,
        }
    }

    /// The store's now, as this reply tells it: the model is asked at that time.
    pub(super) fn now(&self, reply: &Reply) -> Option<Millis> {
        match reply {
            Reply::Reserved(Reserved::Bound { now })
            | Reply::Claimed(Claimed::Done { now, .. } | Claimed::Stale { now, .. })
            | Reply::Appended(
                Appended::Done { now, .. } | Appended::Landed { now, .. } | Appended::Stale { now, .. },
            )
            | Reply::Log(Some(Log { now, .. }))
            | Reply::Postponed(now)
            | Reply::AccessAppended(AccessAppended::Done { now })
            | Reply::Written(Written::Done { now, .. }) => Some(*now),
            Reply::Due(due) => due.first().map(|due| due.until - self.lease()),
            _ => None,
        }
    }
}

impl Reply {
    /// What kind of reply it is, as finely as the trait tells them apart.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::Reserved(Reserved::Bound { .. }) => "reserved: bound",
            Self::Reserved(Reserved::Conflict { .. }) => "reserved: conflict",
            Self::Claimed(Claimed::Done { .. }) => "claimed: done",
            Self::Claimed(Claimed::Replayed { .. }) => "claimed: replayed",
            Self::Claimed(Claimed::Moved { .. }) => "claimed: moved",
            Self::Claimed(Claimed::Stale { .. }) => "claimed: stale",
            Self::Claimed(Claimed::Gone) => "claimed: gone",
            Self::Bucket(_, Some(_)) => "bucket with a receipt",
            Self::Bucket(..) => "bucket",
            Self::Appended(Appended::Done { .. }) => "appended: done",
            Self::Appended(Appended::Landed { .. }) => "appended: landed",
            Self::Appended(Appended::Stale { .. }) => "appended: stale",
            Self::Appended(Appended::Gone) => "appended: gone",
            Self::Log(Some(_)) => "log",
            Self::Due(due) if !due.is_empty() => "due",
            Self::Postponed(_) => "postponed",
            Self::AccessAppended(AccessAppended::Done { .. }) => "access: done",
            Self::AccessAppended(AccessAppended::Stale { .. }) => "access: stale",
            Self::AccessAppended(AccessAppended::Gone) => "access: gone",
            Self::Access(Some(_)) => "access log",
            Self::Outbox(rows) if !rows.is_empty() => "outbox",
            Self::Nothing => "nothing",
            Self::Partitions(pending) if !pending.is_empty() => "pending",
            Self::Listed(lines) if !lines.is_empty() => "listed",
            Self::Live(rows) if !rows.is_empty() => "live",
            Self::Written(Written::Done { version: 0, .. }) => "written: deleted",
            Self::Written(Written::Done { .. }) => "written: done",
            Self::Written(Written::Stale(Some(_))) => "written: stale",
            Self::Written(Written::Stale(None)) => "written: stale, none",
            Self::Document(Some(_)) => "document",
            Self::Registry(RegistryAppended::Done { .. }) => "registry: done",
            Self::Registry(RegistryAppended::Stale { .. }) => "registry: stale",
            Self::Rows(rows) if !rows.is_empty() => "registry rows",
            Self::Log(_) | Self::Access(_) | Self::Document(_) => "none",
            Self::Due(_) | Self::Outbox(_) | Self::Partitions(_) => "empty",
            Self::Listed(_) | Self::Live(_) | Self::Rows(_) => "empty page",
        }
    }
}

/// In an order of their own, since a store may tell several partitions in any.
pub(super) fn sorted(reply: Reply) -> Reply {
    match reply {
        Reply::Due(mut due) => {
            due.sort_by_key(|due| (due.since, due.case));
            Reply::Due(due)
        }
        other => other,
    }
}
