//! What a sequence of random calls plays with: few keys, so that calls meet, and a memory of what was sent, so that
//! it is sent again.

use bytes::Bytes;

use super::op::{Op, Reply};
use super::{DAY, Random};
use crate::id::{CaseId, Head, Partition};
use crate::store::*;

/// The most cases of one sequence; then it goes on with those it has.
const CASES_MAX: usize = 24;

/// One sequence's small world: its own partitions, and what it has seen there.
pub(super) struct World {
    pub(super) random: Random,
    name: u8,
    pub(super) places: Vec<Partition>,
    /// Whether this sequence writes to the registry: one alone does.
    registry: bool,
    cases: Vec<Known>,
    sent: Vec<Op>,
    registry_rows: u64,
    made: u64,
}

/// A case and what was last known of its chains.
struct Known {
    case: CaseId,
    log: (Head, u64),
    access: Head,
}

impl World {
    pub(super) fn new(random: Random, name: u8, places: Vec<Partition>, registry: bool) -> Self {
        Self {
            random,
            name,
            places,
            registry,
            cases: Vec::new(),
            sent: Vec::new(),
            registry_rows: 0,
            made: 0,
        }
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = CaseId> {
        self.cases.iter().map(|known| known.case)
    }

    /// The keys of a kind; `of` says how many there are.
    pub(super) fn keys(&self, kind: u8, of: u8) -> impl Iterator<Item = [u8; 32]> {
        let name = self.name;
        (0..of).map(move |key| {
            let mut bytes = [kind; 32];
            (bytes[1], bytes[2]) = (name, key);
            bytes
        })
    }

    fn key(&mut self, kind: u8, of: u8) -> [u8; 32] {
        let key = self.random.below(of.into()) as u8;
        let mut bytes = [kind; 32];
        (bytes[1], bytes[2]) = (self.name, key);
        bytes
    }

    fn place(&mut self) -> Partition {
        let at = self.random.below(self.places.len() as u64) as usize;
        self.places[at]
    }

    pub(super) fn subscribers(&self) -> [String; 2] {
        [format!("{}-a", self.name), format!("{}-b", self.name)]
    }

    fn subscriber(&mut self) -> String {
        let at = self.random.below(2) as usize;
        self.subscribers()[at].clone()
    }

    fn bytes(&mut self, least: u64) -> Bytes {
        let most = if self.random.one_in(50) { 5000 } else { 60 };
        let length = least + self.random.below(most);
        (0..length).map(|_| self.random.below(256) as u8).collect()
    }

    fn limit(&mut self) -> usize {
        self.random.below(12) as usize
    }

    /// The next call.
    pub(super) fn next(&mut self) -> Op {
        if !self.sent.is_empty() && self.random.one_in(12) {
            let at = self.random.below(self.sent.len() as u64) as usize;
            return self.sent[at].clone();
        }
        let op = match self.random.below(100) {
            _ if self.registry && self.random.one_in(5) => self.registry(),
            0..8 => {
                let (place, request) = (self.place(), self.key(b'q', 6));
                Op::Reserve {
                    place,
                    request,
                    body: self.random.below(2) as u8,
                    days: 1 + self.random.below(4),
                }
            }
            8..24 => self.claim(),
            24..30 => {
                Op::Bucket { place: self.place(), bucket: self.key(b'b', 4), request: self.key(b'q', 6) }
            }
            30..52 => self.append(),
            52..57 => Op::Load(self.any_case()),
            57..62 => self.take_due(),
            62..64 => self.postpone(),
            64..70 => self.append_access(),
            70..72 => Op::Access(self.any_case()),
            72..80 => self.outbox(),
            80..87 => self.lists(),
            87..90 => {
                let (place, after) = (self.place(), self.random.one_in(2).then(|| self.any_case()));
                Op::Live { place, after, limit: self.limit() }
            }
            _ => self.documents(),
        };
        self.sent.push(op.clone());
        if self.sent.len() > 60 {
            self.sent.remove(0);
        }
        op
    }

    /// A case that is known, or one that there is not.
    fn any_case(&mut self) -> CaseId {
        if self.cases.is_empty() || self.random.one_in(12) {
            return CaseId::new(self.place(), [0xEE; 15]);
        }
        let at = self.random.below(self.cases.len() as u64) as usize;
        self.cases[at].case
    }

    fn new_case(&mut self) -> CaseId {
        self.made += 1;
        let mut random = [self.name; 15];
        random[7..].copy_from_slice(&self.random.next().to_be_bytes());
        CaseId::new(self.place(), random)
    }

    fn append_to(&mut self, case: CaseId) -> Append {
        let known = self.cases.iter().find(|known| known.case == case).map(|known| known.log);
        let (mut prev, mut prev_rows) = known.unwrap_or((Head::EMPTY, 0));
        if self.random.one_in(8) {
            prev = Head::from_bytes([self.random.below(3) as u8; 32]);
            prev_rows = self.random.below(5);
        }
        let row = self.bytes(0);
        let days = self.random.below(9) as i64 - 2;
        Append {
            case,
            prev,
            prev_rows,
            new: prev.after(&row),
            row,
            due_in: (!self.random.one_in(4)).then_some(days * DAY),
            live: (!self.random.one_in(4)).then(|| self.bytes(0)),
            outbox: (0..self.random.below(4).saturating_sub(1)).map(|_| self.bytes(0)).collect(),
        }
    }

    fn append(&mut self) -> Op {
        let case = self.any_case();
        Op::Append(self.append_to(case))
    }

    fn claim(&mut self) -> Op {
        let attach = self.random.one_in(3) || self.cases.len() >= CASES_MAX;
        let (case, act);
        if attach {
            case = self.any_case();
            act = ClaimAct::Attach { append: self.append_to(case) };
        } else {
            case = if self.random.one_in(10) { self.any_case() } else { self.new_case() };
            let row = self.bytes(0);
            let append = Append { prev: Head::EMPTY, prev_rows: 0, ..self.append_to(case) };
            let append = Append { new: Head::EMPTY.after(&row), row, ..append };
            act = ClaimAct::Create { features: self.bytes(0), append };
        }
        let (bucket, version, request) = (self.key(b'b', 4), self.random.below(4), self.key(b'q', 200));
        Op::Claim(Box::new(Claim { partition: case.partition(), bucket, version, request, act }))
    }

    fn take_due(&mut self) -> Op {
        // Over several partitions which ones are taken is the store's choice, unless all are.
        let one = self.random.one_in(2);
        let places = if one { vec![self.place()] } else { self.places.clone() };
        let limit = if one { self.limit() } else { 1000 };
        Op::TakeDue { places, limit, days: 1 + self.random.below(3) }
    }

    fn postpone(&mut self) -> Op {
        let case = self.any_case();
        let known = self.cases.iter().find(|known| known.case == case).map(|known| known.log.0);
        let head = known.filter(|_| !self.random.one_in(4)).unwrap_or(Head::EMPTY);
        Op::Postpone { case, head, days: self.random.below(9) as i64 - 2 }
    }

    fn append_access(&mut self) -> Op {
        let case = self.any_case();
        let known = self.cases.iter().find(|known| known.case == case).map(|known| known.access);
        let stale = self.random.one_in(8);
        let prev = if stale { Head::from_bytes([1; 32]) } else { known.unwrap_or(Head::EMPTY) };
        let rows: Vec<_> = (0..1 + self.random.below(3)).map(|_| self.bytes(0)).collect();
        let new = rows.iter().fold(prev, |head, row| head.after(row));
        Op::AppendAccess { case, prev, new, rows }
    }

    fn outbox(&mut self) -> Op {
        let (place, subscriber) = (self.place(), self.subscriber());
        match self.random.below(6) {
            0..3 => Op::Outbox { place, subscriber, limit: self.limit() },
            3 => Op::OutboxDone { place, subscriber, number: self.random.below(20) },
            4 => Op::OutboxForget { place, number: self.random.below(10) },
            _ => Op::OutboxPending { subscriber, among: self.places.clone() },
        }
    }

    fn lists(&mut self) -> Op {
        let (place, party) = (self.place(), self.key(b'p', 3));
        let (case, at) = (self.any_case(), self.random.below(8) as i64);
        if self.random.one_in(2) {
            return Op::List { place, party, listed: Listed { case, at, line: self.bytes(0) } };
        }
        let before = self.random.one_in(2).then_some((at, case));
        Op::Listed { place, party, before, limit: self.limit() }
    }

    fn documents(&mut self) -> Op {
        let key = DocumentKey { partition: self.place(), name: self.key(b'd', 3) };
        if self.random.one_in(3) {
            return Op::Document(key);
        }
        let version = self.random.below(4);
        let expected = (version > 0).then_some(version);
        let content = if self.random.one_in(4) { Bytes::new() } else { self.bytes(1) };
        let days = self.random.one_in(2).then(|| 1 + self.random.below(4));
        Op::WriteDocument { key, expected, content, days }
    }

    fn registry(&mut self) -> Op {
        let rows = self.registry_rows.saturating_sub(self.random.below(3).saturating_sub(1));
        if self.random.one_in(2) {
            return Op::RegistryAfter { rows, limit: self.limit() };
        }
        Op::AppendRegistry { prev_rows: rows, row: self.bytes(0) }
    }

    /// Remembers what a reply tells, so that later calls have a chance.
    pub(super) fn learn(&mut self, op: &Op, reply: &Reply) {
        match (op, reply) {
            (Op::Claim(claim), Reply::Claimed(Claimed::Done { case, .. })) => {
                let (ClaimAct::Create { append, .. } | ClaimAct::Attach { append }) = &claim.act;
                if !self.cases.iter().any(|known| known.case == *case) {
                    self.cases.push(Known { case: *case, log: (Head::EMPTY, 0), access: Head::EMPTY });
                }
                self.moved(*case, append.new, append.prev_rows + 1);
            }
            (Op::Append(append), Reply::Appended(Appended::Done { rows, .. })) => {
                self.moved(append.case, append.new, *rows);
            }
            (Op::Load(case), Reply::Log(Some(log))) => self.moved(*case, log.head, log.rows.len() as u64),
            (Op::AppendAccess { case, .. }, Reply::AccessAppended(AccessAppended::Stale { head })) => {
                self.accessed(*case, *head);
            }
            (Op::AppendAccess { case, new, .. }, Reply::AccessAppended(AccessAppended::Done { .. })) => {
                self.accessed(*case, *new);
            }
            (_, Reply::Registry(RegistryAppended::Done { rows })) => self.registry_rows = *rows,
            (Op::AppendRegistry { prev_rows, .. }, Reply::Registry(RegistryAppended::Stale { missed })) => {
                self.registry_rows = prev_rows + missed.len() as u64;
            }
            _ => {}
        }
    }

    fn moved(&mut self, case: CaseId, head: Head, rows: u64) {
        if let Some(known) = self.cases.iter_mut().find(|known| known.case == case) {
            known.log = (head, rows);
        }
    }

    fn accessed(&mut self, case: CaseId, head: Head) {
        if let Some(known) = self.cases.iter_mut().find(|known| known.case == case) {
            known.access = head;
        }
    }
}
