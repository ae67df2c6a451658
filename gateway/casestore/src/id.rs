//! Ids and heads as every store knows them.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_DNSSEC as BASE32;
use sha2::{Digest, Sha256};

/// How many logical partitions there are, the same in every store and for ever: the case id has ten bits for it.
pub const PARTITIONS: u16 = 1024;

/// The version of the case id's layout, in its first six bits.
const VERSION: u8 = 1;

/// A logical partition, 0..1024. Everything of a case, and the bucket of its happening, is in one, and so in one
/// hash slot of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u16);

impl Partition {
    /// The partition that a keyed hash falls into.
    #[must_use]
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        Self(u16::from_be_bytes([hash[0], hash[1]]) % PARTITIONS)
    }

    /// The partition of this number; none from 1024 on.
    #[must_use]
    pub fn new(number: u16) -> Option<Self> {
        (number < PARTITIONS).then_some(Self(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PARTITIONS).map(Self)
    }
}

/// The id of a case: six bits of version, ten bits of partition, 120 random bits. It says nothing about anybody.
/// As text: 28 characters, lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId([u8; 17]);

/// A text that is no case id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no case id: it has 28 characters, as in the answer that opened the case")]
pub struct NotACaseId(pub String);

impl CaseId {
    /// The id in `partition` with these random bits.
    #[must_use]
    pub fn new(partition: Partition, random: [u8; 15]) -> Self {
        let mut bytes = [0; 17];
        bytes[..2].copy_from_slice(&((u16::from(VERSION) << 10) | partition.0).to_be_bytes());
        bytes[2..].copy_from_slice(&random);
        Self(bytes)
    }

    /// Where everything of the case is.
    #[must_use]
    pub fn partition(&self) -> Partition {
        Partition(u16::from_be_bytes([self.0[0], self.0[1]]) & (PARTITIONS - 1))
    }

    /// The id of these bytes, read back from where they were kept; none if they are of another version.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 17]) -> Option<Self> {
        (bytes[0] >> 2 == VERSION).then_some(Self(bytes))
    }

    /// The id as bytes, for associated data and stores.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 17] {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32.encode(&self.0))
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CaseId {
    type Err = NotACaseId;

    fn from_str(text: &str) -> Result<Self, NotACaseId> {
        let bad = || NotACaseId(text.chars().take(40).collect());
        if text.len() != 28 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(bad());
        }
        let bytes = BASE32.decode(text.as_bytes()).map_err(|_| bad())?;
        let bytes: [u8; 17] = bytes.try_into().map_err(|_| bad())?;
        if bytes[0] >> 2 != VERSION {
            return Err(bad());
        }
        Ok(Self(bytes))
    }
}

/// The head of a hash chain: at once the evidence against tampering, the compare-and-swap token, and the answer to
/// "did my timed-out write land?". The head of an empty chain is all zeros.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Head([u8; 32]);

impl Head {
    /// The head of an empty chain.
    pub const EMPTY: Self = Self([0; 32]);

    /// A head read back from where it was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The head after `row` was appended: SHA-256 over a domain byte, this head and the row as stored (ciphertext,
    /// so that the chain verifies after the keys are gone).
    #[must_use]
    pub fn after(self, row: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update([0x01]);
        hash.update(self.0);
        hash.update(row);
        Self(hash.finalize().into())
    }

    /// The head as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_id_names_its_partition_and_survives_text() {
        let id = CaseId::new(Partition::new(777).unwrap(), [7; 15]);
        assert_eq!(id.partition().number(), 777);
        assert_eq!(id.to_string().len(), 28);
        assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
        for bad in ["", "0", &id.to_string().to_uppercase(), &format!("v{}", &id.to_string()[1..])] {
            assert!(bad.parse::<CaseId>().is_err(), "{bad:?} was taken");
        }
    }
}
