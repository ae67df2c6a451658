//! The trait, as scripts and commands.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use redis::Value;
use tokio_stream::Stream;

use super::Redis;
use super::asking::{
    LIMIT_MAX, NUMBER_MAX, append_args, append_keys, cursor, heads, outbox_args, read_bucket,
};
use super::keys::{Place, hashed, key, of_case};
use super::reply::Reply;
use super::script::{self, Call};
use crate::answer;
use crate::id::{CaseId, Head, Partition};
use crate::limits;
use crate::state::{Accessed, Tail};
use crate::store::*;

#[async_trait::async_trait]
impl CaseStore for Redis {
    async fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: Duration,
    ) -> Answer<Reserved> {
        limits::bytes("a note", &note)?;
        let keep = limits::span("a reservation", keep)?;
        let place = Place::Partition(partition);
        let call = Call::script(&script::RESERVE, place, &[heads(place), hashed(place, "q", &request)])
            .arg(&body[..])
            .arg(&note[..])
            .arg(keep);
        let (word, mut reply) = self.ask(call).await?;
        match word.as_str() {
            "bound" => Ok(Reserved::Bound { now: reply.number()? }),
            "conflict" => Ok(Reserved::Conflict { note: reply.bytes()? }),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn claim(&self, claim: Claim) -> Answer<Claimed> {
        limits::claim(&claim)?;
        let place = Place::Partition(claim.partition);
        let (create, features, append) = match &claim.act {
            ClaimAct::Create { features, append } => (true, &features[..], append),
            ClaimAct::Attach { append } => (false, &[][..], append),
        };
        let mut keys = append_keys(append.case);
        keys.extend([hashed(place, "r", &claim.request), hashed(place, "b", &claim.bucket)]);
        let call = append_args(Call::script(&script::CLAIM, place, &keys), append)
            .arg(claim.version)
            .arg(u8::from(create))
            .arg(features);
        let (word, mut reply) = self.ask(outbox_args(call, append)).await?;
        match word.as_str() {
            "done" => Ok(Claimed::Done { case: append.case, now: reply.number()? }),
            "replayed" => Ok(Claimed::Replayed { case: reply.case()? }),
            "bucket" => Ok(Claimed::Moved { bucket: read_bucket(reply.list()?)? }),
            "moved" => {
                let now = reply.number()?;
                Ok(Claimed::Stale { missed: reply.rows()?, now })
            }
            "gone" => Ok(Claimed::Gone),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Answer<(Bucket, Option<CaseId>)> {
        let place = Place::Partition(partition);
        let (mut all, mut get) = (redis::cmd("HGETALL"), redis::cmd("GET"));
        all.arg(hashed(place, "b", &bucket));
        get.arg(hashed(place, "r", &request));
        let calls = [Call::read(place, all), Call::read(place, get)];
        let mut values = self.nodes.gather(&calls).await?.into_iter();
        let mut next = || Reply::plain(format!("bucket of {place}"), values.next().unwrap_or_default());
        let (mut bucket, mut receipt) = (next(), next());
        let bucket = read_bucket(bucket.list()?)?;
        let case = match receipt.optional()? {
            Some(case) => match std::str::from_utf8(&case).ok().and_then(|case| case.parse().ok()) {
                Some(case) => Some(case),
                None => return receipt.odd("a receipt without a case"),
            },
            None => None,
        };
        Ok((bucket, case))
    }

    async fn append(&self, append: Append) -> Answer<Appended> {
        limits::append(&append)?;
        let place = Place::Partition(append.case.partition());
        let call = append_args(Call::script(&script::APPEND, place, &append_keys(append.case)), &append);
        let (word, mut reply) = self.ask(outbox_args(call, &append)).await?;
        let tail = match word.as_str() {
            "done" => Tail::Done { rows: reply.count()?, now: reply.number()? },
            "moved" => Tail::Moved { rows: reply.count()?, now: reply.number()?, after: reply.rows()? },
            "gone" => Tail::Gone,
            _ => return reply.odd("an unknown word"),
        };
        Ok(answer::appended(append.prev, append.new, tail))
    }

    async fn load(&self, case: CaseId) -> Answer<Option<Log>> {
        let place = Place::Partition(case.partition());
        let keys = [heads(place), of_case("l", case)];
        let (word, mut reply) =
            self.ask(Call::script(&script::LOAD, place, &keys).arg(case.to_string())).await?;
        match word.as_str() {
            "log" => Ok(Some(Log { head: reply.head()?, now: reply.number()?, rows: reply.rows()? })),
            "gone" => Ok(None),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn take_due(&self, partitions: &[Partition], limit: usize, lease: Duration) -> Answer<Vec<Due>> {
        let lease = limits::span("a lease", lease)?;
        self.take(partitions, limit.min(LIMIT_MAX), lease).await
    }

    async fn postpone(&self, case: CaseId, head: Head, due_in: i64) -> Answer<Millis> {
        limits::due_in(due_in)?;
        let place = Place::Partition(case.partition());
        let call = Call::script(&script::POSTPONE, place, &[heads(place), key(place, "due")])
            .arg(case.to_string())
            .arg(&head.as_bytes()[..])
            .arg(due_in);
        self.ask(call).await?.1.number()
    }

    async fn append_access(
        &self,
        case: CaseId,
        prev: Head,
        new: Head,
        rows: Vec<Row>,
    ) -> Answer<AccessAppended> {
        limits::access(prev, new, &rows)?;
        let place = Place::Partition(case.partition());
        let keys = [heads(place), key(place, "access-heads"), of_case("a", case)];
        let call = Call::script(&script::APPEND_ACCESS, place, &keys)
            .arg(case.to_string())
            .arg(&prev.as_bytes()[..])
            .arg(&new.as_bytes()[..]);
        let call = rows.iter().fold(call, |call, row| call.arg(&row[..]));
        let (word, mut reply) = self.ask(call).await?;
        let found = match word.as_str() {
            "done" => Accessed::Done { now: reply.number()? },
            "moved" => Accessed::Moved { head: reply.head()?, now: reply.number()?, rows: reply.rows()? },
            "gone" => Accessed::Gone,
            _ => return reply.odd("an unknown word"),
        };
        Ok(answer::accessed(prev, new, rows.len(), found))
    }

    async fn access(&self, case: CaseId) -> Answer<Option<AccessLog>> {
        let place = Place::Partition(case.partition());
        let keys = [heads(place), key(place, "access-heads"), of_case("a", case)];
        let (word, mut reply) =
            self.ask(Call::script(&script::ACCESS, place, &keys).arg(case.to_string())).await?;
        match word.as_str() {
            "log" => Ok(Some(AccessLog { head: reply.head()?, rows: reply.rows()? })),
            "gone" => Ok(None),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn outbox(&self, partition: Partition, subscriber: &str, limit: usize) -> Answer<Vec<OutboxRow>> {
        limits::subscriber(subscriber)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let place = Place::Partition(partition);
        let call = Call::script(&script::OUTBOX, place, &[key(place, "outbox"), key(place, "cursors")])
            .arg(cursor(subscriber))
            .arg(limit.min(LIMIT_MAX));
        let (_, mut reply) = self.ask(call).await?;
        let from = reply.count()?;
        let rows = reply.rows()?;
        Ok((from + 1..).zip(rows).map(|(number, row)| OutboxRow { number, row }).collect())
    }

    async fn outbox_done(&self, partition: Partition, subscriber: &str, number: u64) -> Answer<()> {
        limits::subscriber(subscriber)?;
        let place = Place::Partition(partition);
        let call = Call::script(&script::OUTBOX_DONE, place, &[key(place, "cursors")])
            .arg(cursor(subscriber))
            .arg(number.min(NUMBER_MAX));
        self.ask(call).await.map(|_| ())
    }

    async fn outbox_forget(&self, partition: Partition, number: u64) -> Answer<()> {
        let place = Place::Partition(partition);
        let keys = [key(place, "outbox"), key(place, "cursors")];
        let call = Call::script(&script::OUTBOX_FORGET, place, &keys).arg(number.min(NUMBER_MAX));
        self.ask(call).await.map(|_| ())
    }

    async fn outbox_pending(&self, subscriber: &str) -> Answer<Vec<Partition>> {
        limits::subscriber(subscriber)?;
        self.pending(&cursor(subscriber)).await
    }

    async fn list(&self, partition: Partition, party: KeyedHash, listed: Listed) -> Answer<()> {
        limits::listed(&listed)?;
        let call = self.party_call(&script::LIST, partition, &party).arg(listed.case.to_string());
        self.ask(call.arg(listed.at).arg(&listed.line[..])).await.map(|_| ())
    }

    async fn listed(
        &self,
        partition: Partition,
        party: KeyedHash,
        before: Option<(Millis, CaseId)>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let (at, case) = before.map(|(at, case)| (at.to_string(), case.to_string())).unwrap_or_default();
        let call =
            self.party_call(&script::LISTED, partition, &party).arg(limit.min(LIMIT_MAX)).arg(at).arg(case);
        let (_, mut reply) = self.ask(call).await?;
        let mut page = reply.list()?;
        let mut listed = Vec::new();
        while !page.is_empty() {
            listed.push(Listed { case: page.case()?, at: page.number()?, line: page.bytes()? });
        }
        Ok(listed)
    }

    async fn live(
        &self,
        partition: Partition,
        after: Option<CaseId>,
        limit: usize,
    ) -> Answer<Vec<(CaseId, Bytes)>> {
        let place = Place::Partition(partition);
        let call = Call::script(&script::LIVE, place, &[key(place, "live-ids"), key(place, "live")])
            .arg(after.map(|case| case.to_string()).unwrap_or_default())
            .arg(limit.min(LIMIT_MAX));
        let (_, mut reply) = self.ask(call).await?;
        let mut page = reply.list()?;
        let mut live = Vec::new();
        while !page.is_empty() {
            live.push((page.case()?, page.bytes()?));
        }
        Ok(live)
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        expected: Option<u64>,
        content: Bytes,
        keep: Option<Duration>,
    ) -> Answer<Written> {
        limits::bytes("a document", &content)?;
        let keep = keep.map(|keep| limits::span("a document's time", keep)).transpose()?;
        // There is no version 0, but the script means by it: no document.
        let expected =
            expected.map(|version| if version == 0 { "-1".to_owned() } else { version.to_string() });
        let call = self
            .document_call(&script::WRITE_DOCUMENT, key)
            .arg(expected.unwrap_or_default())
            .arg(&content[..])
            .arg(keep.map(|keep| keep.to_string()).unwrap_or_default());
        let (word, mut reply) = self.ask(call).await?;
        match word.as_str() {
            "done" => Ok(Written::Done { version: reply.count()?, now: reply.number()? }),
            "stale" if reply.is_empty() => Ok(Written::Stale(None)),
            "stale" => {
                Ok(Written::Stale(Some(Document { version: reply.count()?, content: reply.bytes()? })))
            }
            _ => reply.odd("an unknown word"),
        }
    }

    async fn document(&self, key: DocumentKey) -> Answer<Option<Document>> {
        let (word, mut reply) = self.ask(self.document_call(&script::DOCUMENT, key)).await?;
        match word.as_str() {
            "document" => Ok(Some(Document { version: reply.count()?, content: reply.bytes()? })),
            "none" => Ok(None),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn append_registry(&self, prev_rows: u64, row: Row) -> Answer<RegistryAppended> {
        limits::bytes("a registry row", &row)?;
        let call = Call::script(&script::APPEND_REGISTRY, Place::Beside, &[key(Place::Beside, "registry")])
            .arg(prev_rows.min(NUMBER_MAX))
            .arg(&row[..]);
        let (word, mut reply) = self.ask(call).await?;
        match word.as_str() {
            "done" => Ok(RegistryAppended::Done { rows: reply.count()? }),
            "stale" => Ok(RegistryAppended::Stale { missed: reply.rows()? }),
            _ => reply.odd("an unknown word"),
        }
    }

    async fn registry_after(&self, rows: u64, limit: usize) -> Answer<Vec<Row>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let (from, limit) = (rows.min(NUMBER_MAX), limit.min(LIMIT_MAX) as u64);
        let mut cmd = redis::cmd("LRANGE");
        cmd.arg(key(Place::Beside, "registry")).arg(from).arg(from + limit - 1);
        let value = self.nodes.call(&Call::read(Place::Beside, cmd)).await?;
        Reply::plain("the registry", value).rows()
    }

    async fn watch(&self, partition: Partition) -> Answer<Pin<Box<dyn Stream<Item = Moved> + Send>>> {
        // First the stream, so that the listener sees that somebody watches.
        let stream = self.watchers.watch(partition);
        self.listener.watch(partition).await?;
        Ok(stream)
    }

    async fn now(&self) -> Answer<Millis> {
        let first = Partition::all().next().map_or(Place::Beside, Place::Partition);
        self.now_of(first).await
    }

    async fn set_clock_offset(&self, millis: i64) -> Answer<()> {
        limits::clock_offset(millis)?;
        let calls: Vec<_> = Partition::all()
            .map(|partition| {
                let place = Place::Partition(partition);
                let mut cmd = redis::cmd(if millis == 0 { "HDEL" } else { "HSET" });
                cmd.arg(heads(place)).arg("clock");
                if millis != 0 {
                    cmd.arg(millis);
                }
                Call::write(place, cmd)
            })
            .collect();
        self.nodes.gather(&calls).await.map(|_: Vec<Value>| ())
    }

    fn durability(&self) -> Durability {
        self.durability
    }
}
