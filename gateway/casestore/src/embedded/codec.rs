//! Effects as bytes. A transaction is the real time, the number of its effects, and the effects; an effect is a tag,
//! its fields, and its pieces, each behind its length. Tags are never given twice.

use bytes::Bytes;

use super::spot::Spot;
use crate::id::{CaseId, Head, Partition};
use crate::state::Effect;
use crate::store::{DocumentKey, Millis};

const RESERVED: u8 = 1;
const RECEIPT: u8 = 2;
const HAPPENING: u8 = 3;
const ROWS: u8 = 4;
const DUE: u8 = 5;
const LIVE: u8 = 6;
const OUTBOX: u8 = 7;
const FORGOTTEN: u8 = 8;
const CURSOR: u8 = 9;
const ACCESS: u8 = 10;
const LISTED: u8 = 11;
const DOCUMENT: u8 = 12;
const NO_DOCUMENT: u8 = 13;
const REGISTRY: u8 = 14;
const CLOCK: u8 = 15;

/// Writes the head of a transaction.
pub(super) fn put_transaction(into: &mut Vec<u8>, wall: Millis, effects: usize) {
    put_signed(into, wall);
    put_number(into, effects as u64);
}

/// Writes an effect; `base` is where the buffer starts in the file. Returns it as it is kept; none where the file
/// would become too large.
pub(super) fn put_effect(into: &mut Vec<u8>, base: u64, effect: Effect<Bytes>) -> Option<Effect<Spot>> {
    put_fields(into, &effect);
    let kept = effect.try_map(|piece| {
        put_number(into, piece.len() as u64);
        let spot = Spot::new(base + into.len() as u64, piece.len()).ok_or(());
        into.extend_from_slice(&piece);
        spot
    });
    kept.ok()
}

fn put_fields<R>(into: &mut Vec<u8>, effect: &Effect<R>) {
    match effect {
        Effect::Reserved { partition, request, body, until, .. } => {
            put_keyed(into, RESERVED, *partition, request);
            into.extend_from_slice(body);
            put_signed(into, *until);
        }
        Effect::Receipt { partition, request, case } => {
            put_keyed(into, RECEIPT, *partition, request);
            into.extend_from_slice(case.as_bytes());
        }
        Effect::Happening { partition, bucket, version, case, .. } => {
            put_keyed(into, HAPPENING, *partition, bucket);
            put_number(into, *version);
            into.extend_from_slice(case.as_bytes());
        }
        Effect::Rows { case, head, rows } => put_chain(into, ROWS, *case, *head, rows.len()),
        Effect::Access { case, head, rows } => put_chain(into, ACCESS, *case, *head, rows.len()),
        Effect::Due { case, at } => {
            put_case(into, DUE, *case);
            put_optional(into, *at);
        }
        Effect::Live { case, row } => {
            put_case(into, LIVE, *case);
            into.push(u8::from(row.is_some()));
        }
        Effect::Outbox { partition, .. } => put_place(into, OUTBOX, *partition),
        Effect::Forgotten { partition, number } => {
            put_place(into, FORGOTTEN, *partition);
            put_number(into, *number);
        }
        Effect::Cursor { partition, subscriber, number } => {
            put_place(into, CURSOR, *partition);
            put_number(into, *number);
            put_number(into, subscriber.len() as u64);
            into.extend_from_slice(subscriber.as_bytes());
        }
        Effect::Listed { partition, party, case, at, .. } => {
            put_keyed(into, LISTED, *partition, party);
            into.extend_from_slice(case.as_bytes());
            put_signed(into, *at);
        }
        Effect::Document { key, version, until, .. } => {
            put_keyed(into, DOCUMENT, key.partition, &key.name);
            put_number(into, *version);
            put_optional(into, *until);
        }
        Effect::NoDocument { key } => {
            put_keyed(into, NO_DOCUMENT, key.partition, &key.name);
        }
        Effect::Registry { .. } => into.push(REGISTRY),
        Effect::Clock { offset } => {
            into.push(CLOCK);
            put_signed(into, *offset);
        }
    }
}

fn put_place(into: &mut Vec<u8>, tag: u8, partition: Partition) {
    into.push(tag);
    put_number(into, partition.number().into());
}

fn put_keyed(into: &mut Vec<u8>, tag: u8, partition: Partition, key: &[u8; 32]) {
    put_place(into, tag, partition);
    into.extend_from_slice(key);
}

fn put_case(into: &mut Vec<u8>, tag: u8, case: CaseId) {
    into.push(tag);
    into.extend_from_slice(case.as_bytes());
}

fn put_chain(into: &mut Vec<u8>, tag: u8, case: CaseId, head: Head, rows: usize) {
    put_case(into, tag, case);
    into.extend_from_slice(head.as_bytes());
    put_number(into, rows as u64);
}

fn put_optional(into: &mut Vec<u8>, millis: Option<Millis>) {
    into.push(u8::from(millis.is_some()));
    if let Some(millis) = millis {
        put_signed(into, millis);
    }
}

fn put_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn put_signed(into: &mut Vec<u8>, number: i64) {
    put_number(into, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// What was made true at once, and when.
pub(super) type Transaction = (Millis, Vec<Effect<Spot>>);

/// Why bytes are no transaction.
pub(super) type Unreadable = &'static str;

/// Reads transactions from a frame's payload.
pub(super) struct Reading<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the payload starts in the file.
    base: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, at: 0, base }
    }

    /// The next transaction: its time and effects. None: the payload is at its end.
    pub(super) fn transaction(&mut self) -> Result<Option<Transaction>, Unreadable> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let wall = self.signed()?;
        let count = self.number()?;
        let effects = (0..count).map(|_| self.effect()).collect::<Result<_, _>>()?;
        Ok(Some((wall, effects)))
    }

    fn effect(&mut self) -> Result<Effect<Spot>, Unreadable> {
        Ok(match self.byte()? {
            RESERVED => Effect::Reserved {
                partition: self.partition()?,
                request: self.array()?,
                body: self.array()?,
                until: self.signed()?,
                note: self.piece()?,
            },
            RECEIPT => {
                Effect::Receipt { partition: self.partition()?, request: self.array()?, case: self.case()? }
            }
            HAPPENING => Effect::Happening {
                partition: self.partition()?,
                bucket: self.array()?,
                version: self.number()?,
                case: self.case()?,
                features: self.piece()?,
            },
            ROWS => Effect::Rows { case: self.case()?, head: self.head()?, rows: self.pieces()? },
            ACCESS => Effect::Access { case: self.case()?, head: self.head()?, rows: self.pieces()? },
            DUE => Effect::Due { case: self.case()?, at: self.optional()? },
            LIVE => {
                let case = self.case()?;
                Effect::Live { case, row: self.flag()?.then(|| self.piece()).transpose()? }
            }
            OUTBOX => Effect::Outbox { partition: self.partition()?, row: self.piece()? },
            FORGOTTEN => Effect::Forgotten { partition: self.partition()?, number: self.number()? },
            CURSOR => Effect::Cursor {
                partition: self.partition()?,
                number: self.number()?,
                subscriber: self.text()?,
            },
            LISTED => Effect::Listed {
                partition: self.partition()?,
                party: self.array()?,
                case: self.case()?,
                at: self.signed()?,
                line: self.piece()?,
            },
            DOCUMENT => Effect::Document {
                key: DocumentKey { partition: self.partition()?, name: self.array()? },
                version: self.number()?,
                until: self.optional()?,
                content: self.piece()?,
            },
            NO_DOCUMENT => {
                Effect::NoDocument { key: DocumentKey { partition: self.partition()?, name: self.array()? } }
            }
            REGISTRY => Effect::Registry { row: self.piece()? },
            CLOCK => Effect::Clock { offset: self.signed()? },
            _ => return Err("an effect of a kind that this version does not know"),
        })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("a transaction ends beyond its frame")?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.take(N)?.try_into().map_err(|_| "a field of a wrong length")
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number without an end")
    }

    fn signed(&mut self) -> Result<i64, Unreadable> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn flag(&mut self) -> Result<bool, Unreadable> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err("a flag that is neither yes nor no"),
        }
    }

    fn optional(&mut self) -> Result<Option<Millis>, Unreadable> {
        self.flag()?.then(|| self.signed()).transpose()
    }

    fn partition(&mut self) -> Result<Partition, Unreadable> {
        let number = self.number()?;
        u16::try_from(number).ok().and_then(Partition::new).ok_or("a partition that there is not")
    }

    fn case(&mut self) -> Result<CaseId, Unreadable> {
        CaseId::from_bytes(self.array()?).ok_or("a case id of another version")
    }

    fn head(&mut self) -> Result<Head, Unreadable> {
        self.array().map(Head::from_bytes)
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a name that is no text")
    }

    fn piece(&mut self) -> Result<Spot, Unreadable> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let offset = self.base + self.at as u64;
        self.take(length)?;
        Spot::new(offset, length).ok_or("a piece that is too large")
    }

    fn pieces(&mut self) -> Result<Vec<Spot>, Unreadable> {
        let count = self.number()?;
        (0..count).map(|_| self.piece()).collect()
    }
}
