//! Reading a script's reply: a word, then what belongs to it. Anything else was not written by this version.

use std::vec::IntoIter;

use bytes::Bytes;
use redis::Value;

use super::script::Call;
use crate::id::{CaseId, Head};
use crate::store::{Answer, Row, StoreError};

/// A reply that is being read.
pub(super) struct Reply {
    items: IntoIter<Value>,
    place: String,
}

impl Reply {
    /// The reply to this call, and the word that it begins with.
    pub(super) fn read(call: &Call, value: Value) -> Answer<(String, Self)> {
        let place = format!("{} of {}", call.name(), call.place);
        let mut reply = Self { items: items(value, &place)?.into_iter(), place };
        let word = reply.text()?;
        Ok((word, reply))
    }

    /// The reply to a plain command.
    pub(super) fn plain(place: impl ToString, value: Value) -> Self {
        Self { items: vec![value].into_iter(), place: place.to_string() }
    }

    /// What is read is not what this version writes.
    pub(super) fn odd<T>(&self, reason: &str) -> Answer<T> {
        Err(StoreError::Corrupt { place: self.place.clone(), reason: reason.to_owned() })
    }

    fn next(&mut self) -> Answer<Value> {
        match self.items.next() {
            Some(Value::ServerError(error)) => self.odd(&error.to_string()),
            Some(value) => Ok(value),
            None => self.odd("the reply is too short"),
        }
    }

    /// The next piece of bytes.
    pub(super) fn bytes(&mut self) -> Answer<Bytes> {
        match self.next()? {
            Value::BulkString(bytes) => Ok(Bytes::from(bytes)),
            Value::SimpleString(text) => Ok(Bytes::from(text)),
            _ => self.odd("no bytes where bytes belong"),
        }
    }

    /// The next piece of bytes, where there is one.
    pub(super) fn optional(&mut self) -> Answer<Option<Bytes>> {
        match self.next()? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(Bytes::from(bytes))),
            _ => self.odd("no bytes where bytes belong"),
        }
    }

    /// The next text.
    pub(super) fn text(&mut self) -> Answer<String> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.into()).or_else(|_| self.odd("no text where text belongs"))
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Answer<i64> {
        match self.next()? {
            Value::Int(number) => Ok(number),
            Value::Double(number) => Ok(number as i64),
            Value::BulkString(bytes) => match std::str::from_utf8(&bytes).ok().and_then(whole) {
                Some(number) => Ok(number),
                None => self.odd("no number where a number belongs"),
            },
            Value::Nil => Ok(0),
            _ => self.odd("no number where a number belongs"),
        }
    }

    /// The next number that counts something.
    pub(super) fn count(&mut self) -> Answer<u64> {
        let number = self.number()?;
        u64::try_from(number).or_else(|_| self.odd("a count below nothing"))
    }

    /// The next head.
    pub(super) fn head(&mut self) -> Answer<Head> {
        let bytes = self.bytes()?;
        match <[u8; 32]>::try_from(&bytes[..]) {
            Ok(bytes) => Ok(Head::from_bytes(bytes)),
            Err(_) => self.odd("a head that has not 32 bytes"),
        }
    }

    /// The next case.
    pub(super) fn case(&mut self) -> Answer<CaseId> {
        let text = self.text()?;
        text.parse().or_else(|_| self.odd("no case id where one belongs"))
    }

    /// The next list, to be read by itself.
    pub(super) fn list(&mut self) -> Answer<Self> {
        let value = self.next()?;
        Ok(Self { items: items(value, &self.place)?.into_iter(), place: self.place.clone() })
    }

    /// The next list, of rows.
    pub(super) fn rows(&mut self) -> Answer<Vec<Row>> {
        let mut list = self.list()?;
        let mut rows = Vec::with_capacity(list.items.len());
        while !list.is_empty() {
            rows.push(list.bytes()?);
        }
        Ok(rows)
    }

    /// Whether all was read.
    pub(super) fn is_empty(&self) -> bool {
        self.items.len() == 0
    }
}

/// A number as Redis writes scores: seldom with an exponent, never with a fraction here.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| text.parse::<f64>().ok().map(|number| number as i64))
}

fn items(value: Value, place: &str) -> Answer<Vec<Value>> {
    match value {
        Value::Array(items) | Value::Set(items) => Ok(items),
        Value::Map(pairs) => Ok(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect()),
        Value::Nil => Ok(Vec::new()),
        _ => Err(StoreError::Corrupt {
            place: place.to_owned(),
            reason: "no list where one belongs".to_owned(),
        }),
    }
}
