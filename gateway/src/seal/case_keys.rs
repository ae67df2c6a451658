//! The keys of one case: one of its own and one for each of its parties. A row carries the keys that appear in it for
//! the first time, wrapped by the master key, and its content in parts, each sealed with one of the keys. To forget a
//! party, their key is destroyed: the chain still verifies, because it is over ciphertext.

use bytes::Bytes;
use casestore::CaseId;
use prost::Message;
use proto::loket::log::v1::{SealedPart, SealedRow};

use super::aead::Key;
use super::master::MasterId;
use super::{Keyring, wrapped_by};

/// The version of a stored row, in its first byte.
const ROW_FORMAT: u8 = 1;

/// A part of a row's content: which of the case's keys it is sealed with (0: the case's own), and the content.
pub(crate) type Part = (u32, Vec<u8>);

/// The keys of one case, in the order of their appearance; the first is the case's own. Wiped when dropped.
#[derive(Clone, Default)]
pub(crate) struct CaseKeys(Vec<Key>);

/// Why a row does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowFault {
    #[error("it is of format {0}, this version reads {ROW_FORMAT}: a newer gateway wrote it")]
    Format(u8),
    #[error(
        "it needs master key {0}: put it beside master.key as master-{0}.key, and start the gateway again"
    )]
    Master(MasterId),
    #[error("it was damaged, or moved from another place")]
    Damaged,
}

fn key_context(case: CaseId, index: usize) -> Vec<u8> {
    [b"case key", case.as_bytes().as_slice(), &(index as u64).to_be_bytes()].concat()
}

fn part_context(case: CaseId, row: u64, key: u32) -> Vec<u8> {
    [b"row part", case.as_bytes().as_slice(), &row.to_be_bytes(), &key.to_be_bytes()].concat()
}

impl CaseKeys {
    /// Seals the content of row `row` (from 0) of the case. Parts may be of keys that do not exist yet, without gaps:
    /// these are made. Second: the keys as they are once the row is stored.
    pub(crate) fn seal_row(
        &self,
        keyring: &Keyring,
        case: CaseId,
        row: u64,
        parts: &[Part],
    ) -> (Bytes, Self) {
        let mut keys = self.clone();
        let needed = parts.iter().map(|(key, _)| *key as usize + 1).max().unwrap_or(0);
        let mut sealed = SealedRow::default();
        while keys.0.len() < needed {
            let fresh = Key::random();
            sealed.keys.push(keyring.wrap(&key_context(case, keys.0.len()), &fresh).into());
            keys.0.push(fresh);
        }
        for (key, content) in parts {
            let content = keys.0[*key as usize].seal_padded(&[], &part_context(case, row, *key), content);
            sealed.parts.push(SealedPart { key: *key, content: content.into() });
        }
        let mut bytes = Vec::with_capacity(1 + sealed.encoded_len());
        bytes.push(ROW_FORMAT);
        // A vector takes everything.
        let _ = sealed.encode(&mut bytes);
        (bytes.into(), keys)
    }

    /// Opens row `row`, and takes the keys that appear in it.
    pub(crate) fn open_row(
        &mut self,
        keyring: &Keyring,
        case: CaseId,
        row: u64,
        stored: &Bytes,
    ) -> Result<Vec<Part>, RowFault> {
        match stored.first() {
            Some(&ROW_FORMAT) => {}
            Some(&other) => return Err(RowFault::Format(other)),
            None => return Err(RowFault::Damaged),
        }
        let sealed = SealedRow::decode(stored.slice(1..)).map_err(|_| RowFault::Damaged)?;
        for wrapped in &sealed.keys {
            let key = keyring.unwrap_key(&key_context(case, self.0.len()), wrapped);
            let key = key.map_err(|_| match wrapped_by(wrapped) {
                Some(id) if !keyring.holds(id) => RowFault::Master(id),
                _ => RowFault::Damaged,
            })?;
            self.0.push(key);
        }
        let open = |part: &SealedPart| {
            let key = self.0.get(part.key as usize).ok_or(RowFault::Damaged)?;
            let content = key.open_padded(&part_context(case, row, part.key), &part.content);
            Ok((part.key, content.map_err(|_| RowFault::Damaged)?))
        };
        sealed.parts.iter().map(open).collect()
    }
}

#[cfg(test)]
mod tests {
    use casestore::Partition;

    use super::*;

    fn case(number: u8) -> CaseId {
        CaseId::new(Partition::new(1).unwrap(), [number; 15])
    }

    fn parts(texts: &[&str]) -> Vec<Part> {
        let part = |(key, text): (usize, &&str)| (key as u32, text.as_bytes().to_vec());
        texts.iter().enumerate().map(part).collect()
    }

    #[test]
    fn a_row_carries_the_keys_that_appear_in_it_and_later_rows_use_them() {
        let keyring = Keyring::for_test();
        let (first, keys) = CaseKeys::default().seal_row(&keyring, case(1), 0, &parts(&["body", "mother"]));
        let (second, _) = keys.seal_row(&keyring, case(1), 1, &parts(&["more", "again", "child"]));
        let mut read = CaseKeys::default();
        assert_eq!(read.open_row(&keyring, case(1), 0, &first).unwrap(), parts(&["body", "mother"]));
        assert_eq!(read.open_row(&keyring, case(1), 1, &second).unwrap(), parts(&["more", "again", "child"]));
        assert!(second.len() < first.len() + 300, "the second row carries the keys again");
    }

    #[test]
    fn rows_cannot_be_swapped_between_places_or_cases() {
        let keyring = Keyring::for_test();
        let (row, keys) = CaseKeys::default().seal_row(&keyring, case(1), 0, &parts(&["body"]));
        let open = |keys: &CaseKeys, of, at| keys.clone().open_row(&keyring, of, at, &row).unwrap_err();
        assert_eq!(open(&CaseKeys::default(), case(2), 0), RowFault::Damaged);
        assert_eq!(open(&CaseKeys::default(), case(1), 1), RowFault::Damaged);
        assert_eq!(open(&keys, case(1), 0), RowFault::Damaged);
    }

    #[test]
    fn a_row_of_a_newer_format_or_another_master_key_says_so() {
        let keyring = Keyring::for_test();
        let (row, _) = CaseKeys::default().seal_row(&keyring, case(1), 0, &parts(&["body"]));
        let mut newer = row.to_vec();
        newer[0] = 9;
        let open = |row: Vec<u8>, keyring: &Keyring| {
            CaseKeys::default().open_row(keyring, case(1), 0, &row.into()).unwrap_err().to_string()
        };
        assert!(open(newer, &keyring).starts_with("it is of format 9"));
        assert!(open(row.to_vec(), &Keyring::for_test()).starts_with("it needs master key"));
        assert_eq!(open(Vec::new(), &keyring), RowFault::Damaged.to_string());
    }
}
