//! What entries say of a party is put aside, into that party's part of the row.

use std::collections::BTreeMap;

use casework::life_event::LifeEvent;
use casework::name::{FactKey, PartyId};
use proto::loket::log::v1 as log;
use proto::loket::log::v1::value::{Elsewhere, Kind};

use super::RecordFault;

/// Where values are put while a row is written.
pub(super) struct Asides<'a> {
    life_event: Option<&'a LifeEvent>,
    parties: Vec<PartyId>,
    known: usize,
    values: BTreeMap<u32, log::Aside>,
}

impl<'a> Asides<'a> {
    pub(super) fn new(life_event: Option<&'a LifeEvent>, parties: &[PartyId]) -> Self {
        Self { life_event, parties: parties.to_vec(), known: parties.len(), values: BTreeMap::new() }
    }

    /// Puts a value into the party's part; what stays says where it is.
    pub(super) fn put(&mut self, party: &PartyId, value: log::Value) -> log::Value {
        let at = self.parties.iter().position(|known| known == party).unwrap_or_else(|| {
            self.parties.push(party.clone());
            self.parties.len() - 1
        });
        let key = at as u32 + 1;
        let aside = &mut self.values.entry(key).or_default().values;
        aside.push(value);
        let place = aside.len() as u32 - 1;
        log::Value { kind: Some(Kind::Elsewhere(Elsewhere { key, place })) }
    }

    /// Puts a fact's value into the part of whom the fact is about.
    pub(super) fn put_fact(&mut self, fact: &FactKey, value: log::Value) -> log::Value {
        let role = fact.name.role();
        let about =
            self.life_event.and_then(|life_event| life_event.role(&role)).and_then(|spec| spec.about.clone());
        let party = match about {
            Some(about) => PartyId { role: about, member: None },
            None => PartyId { role, member: fact.member.clone() },
        };
        self.put(&party, value)
    }

    /// All parties, how many were known before, and the parts by key.
    pub(super) fn finish(self) -> (Vec<PartyId>, usize, BTreeMap<u32, log::Aside>) {
        let Self { parties, known, mut values, .. } = self;
        // A party is known from its first part on, so that no key has to be guessed.
        for key in known..parties.len() {
            values.entry(key as u32 + 1).or_default();
        }
        (parties, known, values)
    }
}

/// What was put aside, while a row is read.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<u32, log::Aside>);

impl Kept {
    pub(super) fn add(&mut self, key: u32, aside: log::Aside) {
        self.0.insert(key, aside);
    }

    /// The value as it is, or where it was put.
    pub(super) fn find<'a>(&'a self, value: &'a log::Value) -> Result<&'a log::Value, RecordFault> {
        let Some(Kind::Elsewhere(Elsewhere { key, place })) = &value.kind else { return Ok(value) };
        let aside =
            self.0.get(key).ok_or_else(|| RecordFault(format!("part {key} of the row is missing")))?;
        aside
            .values
            .get(*place as usize)
            .ok_or_else(|| RecordFault(format!("part {key} of the row lacks value {place}")))
    }
}
