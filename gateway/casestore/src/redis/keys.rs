//! The names of everything in Redis. All of a partition shares the hash tag `{pNNNN}`, and so a slot; what belongs to
//! no partition shares `{loket}`.
//!
//! | key | type | what |
//! |---|---|---|
//! | `{pN}:q:<request>` | string | a reservation: body, end, note |
//! | `{pN}:r:<request>` | string | the case that a request made or joined |
//! | `{pN}:b:<bucket>` | hash | `v`, and happening by number |
//! | `{pN}:heads` | hash | head by case; `clock`, the clock's offset, in every partition so that a script reads it where it runs |
//! | `{pN}:access-heads` | hash | head of the access log by case |
//! | `{pN}:l:<case>`, `{pN}:a:<case>` | list | rows of the case's log, of its access log |
//! | `{pN}:due` | zset | case by due time: queue, timer and crash detector in one |
//! | `{pN}:live-ids`, `{pN}:live` | zset, hash | live cases in the order of ids, and their live rows |
//! | `{pN}:outbox`, `{pN}:cursors` | list, hash | rows; how many were dropped (`forgotten`), cursor by subscriber |
//! | `{pN}:u:<party>`, `{pN}:ul:<party>` | zset, hash | a party's cases by time; their lines |
//! | `{pN}:d:<name>` | string | a document: version, end, content |
//! | `{pN}:moved` | shard channel, no key | `case:rows` for each append |
//! | `{loket}:registry` | list | the registry's log |
//! | `{loket}:meta` | hash | format, partitions, the data set's random name |

use std::fmt;

use data_encoding::BASE32_DNSSEC as BASE32;

use crate::id::{CaseId, Partition};

/// Where keys are: in a partition, or beside them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Partition(Partition),
    Beside,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(partition) => write!(f, "{{p{:04}}}", partition.number()),
            Self::Beside => f.write_str("{loket}"),
        }
    }
}

impl Place {
    /// The hash slot.
    pub(super) fn slot(self) -> u16 {
        let tag = self.to_string();
        crc16(tag.trim_matches(['{', '}']).as_bytes()) % SLOTS
    }
}

/// Slots of a cluster.
pub(super) const SLOTS: u16 = 16384;

/// The checksum that slots are made of (CRC-16/XMODEM).
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// One key of a place.
pub(super) fn key(place: Place, name: &str) -> String {
    format!("{place}:{name}")
}

/// The key of a kind and a keyed hash.
pub(super) fn hashed(place: Place, kind: &str, hash: &[u8; 32]) -> String {
    format!("{place}:{kind}:{}", BASE32.encode(hash))
}

/// The key of a kind and a case.
pub(super) fn of_case(kind: &str, case: CaseId) -> String {
    format!("{}:{kind}:{case}", Place::Partition(case.partition()))
}

/// The partition whose channel this is.
pub(super) fn channel_partition(channel: &[u8]) -> Option<Partition> {
    let number = std::str::from_utf8(channel).ok()?.strip_prefix("{p")?.strip_suffix("}:moved")?;
    Partition::new(number.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // From the cluster's own specification, and `CLUSTER KEYSLOT`.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(Place::Partition(Partition::new(7).unwrap()).slot(), crc16(b"p0007") % SLOTS);
    }

    #[test]
    fn a_channel_names_its_partition() {
        let partition = Partition::new(12).unwrap();
        let channel = key(Place::Partition(partition), "moved");
        assert_eq!(channel_partition(channel.as_bytes()), Some(partition));
        assert_eq!(channel_partition(b"{p0012}:due"), None);
    }
}
