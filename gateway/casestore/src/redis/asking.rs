//! How questions are put to scripts, and what they share: keys, arguments, replies.

use super::Redis;
use super::keys::{Place, hashed, key, of_case};
use super::reply::Reply;
use super::script::{Call, Script};
use crate::id::{CaseId, Partition};
use crate::store::{Answer, Append, Bucket, DocumentKey, Happening, KeyedHash};

/// The most that one call is asked for: Redis counts within 32 bits.
pub(super) const LIMIT_MAX: usize = i32::MAX as usize;

/// The largest number that a script counts with exactly.
pub(super) const NUMBER_MAX: u64 = 1 << 53;

/// The key of the heads, and of the clock's offset.
pub(super) fn heads(place: Place) -> String {
    key(place, "heads")
}

/// The field of a subscriber's cursor.
pub(super) fn cursor(subscriber: &str) -> String {
    format!("c:{subscriber}")
}

/// The keys of an append, as `append.lua` and `claim.lua` take them.
pub(super) fn append_keys(case: CaseId) -> Vec<String> {
    let place = Place::Partition(case.partition());
    let mut keys = vec![heads(place), of_case("l", case)];
    keys.extend(["due", "live-ids", "live", "outbox"].map(|name| key(place, name)));
    keys
}

/// The arguments of an append but for its outbox.
pub(super) fn append_args(call: Call, append: &Append) -> Call {
    let due = append.due_in.map(|due| due.to_string()).unwrap_or_default();
    call.arg(append.case.to_string())
        .arg(&append.prev.as_bytes()[..])
        .arg(append.prev_rows.min(NUMBER_MAX))
        .arg(&append.new.as_bytes()[..])
        .arg(&append.row[..])
        .arg(due)
        .arg(u8::from(append.live.is_some()))
        .arg(append.live.as_deref().unwrap_or_default())
}

/// The outbox of an append, the last of its arguments.
pub(super) fn outbox_args(call: Call, append: &Append) -> Call {
    append.outbox.iter().fold(call, |call, row| call.arg(&row[..]))
}

/// A bucket from the fields of its hash.
pub(super) fn read_bucket(mut fields: Reply) -> Answer<Bucket> {
    let mut bucket = Bucket::default();
    let mut numbered = Vec::new();
    while !fields.is_empty() {
        let name = fields.text()?;
        if name == "v" {
            bucket.version = fields.count()?;
            continue;
        }
        let number: u64 = name.parse().or_else(|_| fields.odd("a happening without a number"))?;
        let mut case = fields.bytes()?;
        if case.len() < CASE_TEXT {
            return fields.odd("a happening without a case");
        }
        let features = case.split_off(CASE_TEXT);
        let case = std::str::from_utf8(&case).ok().and_then(|case| case.parse().ok());
        match case {
            Some(case) => numbered.push((number, Happening { case, features })),
            None => return fields.odd("a happening without a case"),
        }
    }
    numbered.sort_by_key(|(number, _)| *number);
    bucket.happenings = numbered.into_iter().map(|(_, happening)| happening).collect();
    Ok(bucket)
}

/// Characters of a case id.
pub(super) const CASE_TEXT: usize = 28;

impl Redis {
    /// Calls a script: the word of its reply and what follows.
    pub(super) async fn ask(&self, call: Call) -> Answer<(String, Reply)> {
        let value = self.nodes.call(&call).await?;
        Reply::read(&call, value)
    }

    /// A call of a script over a party's list.
    pub(super) fn party_call(
        &self,
        script: &'static Script,
        partition: Partition,
        party: &KeyedHash,
    ) -> Call {
        let place = Place::Partition(partition);
        Call::script(script, place, &[hashed(place, "u", party), hashed(place, "ul", party)])
    }

    /// A call of a script over a document.
    pub(super) fn document_call(&self, script: &'static Script, key: DocumentKey) -> Call {
        let place = Place::Partition(key.partition);
        Call::script(script, place, &[heads(place), hashed(place, "d", &key.name)])
    }
}
