//! The log of a case in protobuf: what the entries of casework are on disk. The words of the log never change their
//! meaning; golden logs of every release are read by a test.

#[cfg(test)]
mod arbitrary;
mod aside;
mod canonical;
mod from_log;
#[cfg(test)]
mod golden;
mod names;
mod to_log;
mod told;
mod values;

use casework::entry::Recorded;
use casework::life_event::LifeEvent;
use casework::name::PartyId;
use prost::Message;
use proto::loket::log::v1 as log;

pub(crate) use canonical::canonical;
pub(crate) use names::{actor_from_log, actor_to_log, fact_from_log, fact_to_log};

use crate::seal::Part;

/// Something in a log that this version cannot read. The case is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct RecordFault(pub(crate) String);

impl RecordFault {
    /// A kind that this version does not know.
    fn unknown(what: &str) -> Self {
        Self(format!("{what} is of a kind that this version does not know: a newer gateway wrote it"))
    }
}

/// The entries of one append, in parts by whose they are. Second: all parties of the case then, in the order of their
/// keys. Whose a fact is says the life event; without one each role has its own.
pub(crate) fn write_row(
    entries: &[Recorded],
    life_event: Option<&LifeEvent>,
    parties: &[PartyId],
) -> (Vec<Part>, Vec<PartyId>) {
    let mut asides = aside::Asides::new(life_event, parties);
    let entries = entries.iter().map(|recorded| to_log::recorded(recorded, &mut asides)).collect();
    let (parties, known, asides) = asides.finish();
    let row = log::Row { parties: parties[known..].iter().map(names::party_to_log).collect(), entries };
    let mut parts = vec![(0, row.encode_to_vec())];
    parts.extend(asides.into_iter().map(|(key, aside)| (key, aside.encode_to_vec())));
    (parts, parties)
}

/// The entries of a row, and the parties that appear in it.
pub(crate) fn read_row(parts: &[Part], parties: &mut Vec<PartyId>) -> Result<Vec<Recorded>, RecordFault> {
    let damaged = |_| RecordFault("it is no row of a log".to_owned());
    let Some(((0, body), asides)) = parts.split_first() else {
        return Err(RecordFault("it lacks the case's own part".to_owned()));
    };
    let row = log::Row::decode(body.as_slice()).map_err(damaged)?;
    for party in &row.parties {
        parties.push(names::party_from_log(party)?);
    }
    let mut kept = aside::Kept::default();
    for (key, content) in asides {
        kept.add(*key, log::Aside::decode(content.as_slice()).map_err(damaged)?);
    }
    row.entries
        .into_iter()
        .map(|entry| {
            let number = entry.number;
            from_log::recorded(entry, &kept).map_err(|fault| RecordFault(format!("entry {number}: {fault}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_entry_is_read_as_it_was_written(entries in prop::collection::vec(arbitrary::recorded(), 0..6)) {
            let (parts, parties) = write_row(&entries, None, &[]);
            let mut read_parties = Vec::new();
            prop_assert_eq!(read_row(&parts, &mut read_parties).unwrap(), entries.clone());
            prop_assert_eq!(&read_parties, &parties);
            // A later row of the same case goes on with the same parties.
            let (parts, all) = write_row(&entries, None, &parties);
            prop_assert_eq!(&all, &parties);
            prop_assert_eq!(read_row(&parts, &mut read_parties).unwrap(), entries);
        }

        #[test]
        fn no_bytes_make_the_reader_fail_otherwise_than_by_saying_so(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let parts = [(0, bytes.clone()), (1, bytes)];
            let _ = read_row(&parts, &mut Vec::new());
        }
    }

    #[test]
    fn an_entry_of_an_unknown_kind_is_said_with_its_number() {
        // Field 99 of the oneof, as a newer gateway might write it.
        let newer = [0x08, 0x07, 0x1a, 0x02, 0x2a, 0x00, 0x9a, 0x06, 0x00];
        let mut body = vec![0x12, newer.len() as u8];
        body.extend_from_slice(&newer);
        let told = read_row(&[(0, body)], &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(
            told,
            "entry 7: it is of a kind that this version does not know: a newer gateway wrote it"
        );
    }

    #[test]
    fn what_is_said_of_a_party_is_in_that_partys_part_alone() {
        use casework::entry::{Actor, Entry, Known, Source};
        use casework::value::Value;
        let learnt = Entry::Learnt {
            key: casework::name::FactKey {
                name: "child.given_names".parse().unwrap(),
                member: Some("m1".parse().unwrap()),
            },
            revision: 1,
            known: Known::Value(Value::Text("Aurelia".to_owned())),
            source: Source::Party { party: None },
        };
        let entry = Recorded { number: 1, at: casework::time::Instant(5), by: Actor::Loket, entry: learnt };
        let (parts, parties) = write_row(&[entry], None, &[]);
        assert_eq!(parties.iter().map(ToString::to_string).collect::<Vec<_>>(), ["child[m1]"]);
        let holds = |part: &Part| part.1.windows(7).any(|window| window == b"Aurelia");
        assert_eq!(parts.iter().map(holds).collect::<Vec<_>>(), [false, true]);
    }
}
