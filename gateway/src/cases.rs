//! A case as the gateway holds it: the store's rows, unsealed and folded. Only what is new is folded anew: what was
//! read before is kept for a while, and compared with the log by its head. What is kept is never the truth.

use std::sync::{Arc, OnceLock};

use casestore::{CaseId, Head, Log, Row};
use casework::case::Case;
use casework::entry::Recorded;
use casework::name::PartyId;
use casework::time::Instant;

use crate::record;
use crate::seal::{CaseKeys, Keyring};

/// A case as it was read: the fold of its entries, and where in the log that is.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Its id.
    pub id: CaseId,
    /// What follows from its entries.
    pub case: Arc<Case>,
    /// The head of its log: what the next append is conditional on.
    pub head: Head,
    /// Rows in its log.
    pub rows: u64,
    /// The store's now when it was read or last written.
    pub now: Instant,
    /// Its entries, append by append: they are shared between the files of one case.
    chapters: Vec<Arc<Vec<Recorded>>>,
    whole: OnceLock<Vec<Recorded>>,
}

impl CaseFile {
    /// Its entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Recorded] {
        self.whole.get_or_init(|| self.chapters.iter().flat_map(|chapter| chapter.iter().cloned()).collect())
    }

    /// The file after one more row was stored.
    pub(crate) fn and(
        before: Option<&Self>,
        id: CaseId,
        case: Case,
        chapter: Vec<Recorded>,
        head: Head,
        now: Instant,
    ) -> Self {
        let mut chapters = before.map(|file| file.chapters.clone()).unwrap_or_default();
        chapters.push(Arc::new(chapter));
        let rows = chapters.len() as u64;
        Self { id, case: Arc::new(case), head, rows, now, chapters, whole: OnceLock::new() }
    }
}

/// A case file with what it takes to read and write the rows that follow.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) file: CaseFile,
    pub(crate) keys: CaseKeys,
    pub(crate) parties: Vec<PartyId>,
}

/// Why a log cannot be read. The case is left alone: read as far as can be said, never written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub(crate) struct LogFault {
    pub(crate) place: String,
    pub(crate) reason: String,
}

/// Reads a log row by row.
pub(crate) struct Reader<'a> {
    keyring: &'a Keyring,
    id: CaseId,
    case: Option<Case>,
    chapters: Vec<Arc<Vec<Recorded>>>,
    keys: CaseKeys,
    parties: Vec<PartyId>,
    head: Head,
    rows: u64,
}

impl<'a> Reader<'a> {
    /// From the first row on.
    pub(crate) fn new(keyring: &'a Keyring, id: CaseId) -> Self {
        Self {
            keyring,
            id,
            case: None,
            chapters: Vec::new(),
            keys: CaseKeys::default(),
            parties: Vec::new(),
            head: Head::EMPTY,
            rows: 0,
        }
    }

    /// On from where a case was held.
    pub(crate) fn after(keyring: &'a Keyring, held: &Held) -> Self {
        Self {
            keyring,
            id: held.file.id,
            case: Some((*held.file.case).clone()),
            chapters: held.file.chapters.clone(),
            keys: held.keys.clone(),
            parties: held.parties.clone(),
            head: held.file.head,
            rows: held.file.rows,
        }
    }

    /// Reads one row more.
    pub(crate) fn row(&mut self, row: &Row) -> Result<(), LogFault> {
        let place = format!("row {}", self.rows + 1);
        let fault = |reason: String| LogFault { place: place.clone(), reason };
        let parts = self.keys.open_row(self.keyring, self.id, self.rows, row);
        let parts = parts.map_err(|error| fault(error.to_string()))?;
        let entries =
            record::read_row(&parts, &mut self.parties).map_err(|error| fault(error.to_string()))?;
        entries.iter().try_for_each(|recorded| self.entry(recorded)).map_err(fault)?;
        self.chapters.push(Arc::new(entries));
        self.head = self.head.after(row);
        self.rows += 1;
        Ok(())
    }

    fn entry(&mut self, recorded: &Recorded) -> Result<(), String> {
        let next = self.case.as_ref().map_or(1, |case| case.entries + 1);
        if recorded.number != next {
            return Err(format!("entry {} stands where entry {next} belongs", recorded.number));
        }
        match &mut self.case {
            Some(case) => case.apply(recorded),
            None => {
                let opened = Case::opened(recorded).ok_or("the first entry opens no case")?;
                self.case = Some(opened);
            }
        }
        Ok(())
    }

    /// Whether what was read leads to this head.
    pub(crate) fn leads_to(&self, head: Head) -> bool {
        self.head == head
    }

    /// The case as far as it was read.
    pub(crate) fn finish(self, now: Instant) -> Result<Held, LogFault> {
        let Some(case) = self.case else {
            return Err(LogFault { place: "row 1".to_owned(), reason: "the log has no entry".to_owned() });
        };
        let file = CaseFile {
            id: self.id,
            case: Arc::new(case),
            head: self.head,
            rows: self.rows,
            now,
            chapters: self.chapters,
            whole: OnceLock::new(),
        };
        Ok(Held { file, keys: self.keys, parties: self.parties })
    }
}

/// Reads a log; what is held already is not read again, if the log goes on from it.
pub(crate) fn read(keyring: &Keyring, id: CaseId, log: &Log, held: Option<&Held>) -> Result<Held, LogFault> {
    let now = Instant(log.now);
    if let Some(held) = held.filter(|held| held.file.rows <= log.rows.len() as u64) {
        if held.file.head == log.head {
            let mut same = held.clone();
            same.file.now = now;
            return Ok(same);
        }
        let known = usize::try_from(held.file.rows).unwrap_or(usize::MAX);
        let mut reader = Reader::after(keyring, held);
        let read = log.rows.iter().skip(known).try_for_each(|row| reader.row(row));
        if read.is_ok() && reader.leads_to(log.head) {
            return reader.finish(now);
        }
    }
    let mut reader = Reader::new(keyring, id);
    log.rows.iter().try_for_each(|row| reader.row(row))?;
    if !reader.leads_to(log.head) {
        return Err(LogFault {
            place: format!("row {}", log.rows.len()),
            reason: "the rows do not lead to the head of the log: some are missing or were put there"
                .to_owned(),
        });
    }
    reader.finish(now)
}

#[cfg(test)]
mod tests {
    use casestore::Partition;
    use casework::entry::{Actor, Entry};
    use casework::plan::PlanHash;

    use super::*;

    fn id() -> CaseId {
        CaseId::new(Partition::new(8).unwrap(), [4; 15])
    }

    fn opened() -> Entry {
        Entry::Opened {
            life_event: "birth".parse().unwrap(),
            plan: PlanHash("p".to_owned()),
            seed: [1; 16],
            reference: "R".to_owned(),
            registry: 1,
        }
    }

    /// A log of one entry per row.
    fn log(keyring: &Keyring, entries: &[Entry]) -> Log {
        let (mut keys, mut parties) = (CaseKeys::default(), Vec::new());
        let (mut rows, mut head) = (Vec::new(), Head::EMPTY);
        for (number, entry) in (1..).zip(entries) {
            let recorded = Recorded { number, at: Instant(5), by: Actor::Loket, entry: entry.clone() };
            let (parts, all) = record::write_row(&[recorded], None, &parties);
            let (row, more) = keys.seal_row(keyring, id(), number - 1, &parts);
            (keys, parties, head) = (more, all, head.after(&row));
            rows.push(row);
        }
        Log { rows, head, now: 9 }
    }

    fn noted(reason: &str) -> Entry {
        Entry::NeedsPerson { reason: reason.to_owned() }
    }

    #[test]
    fn a_log_is_read_to_its_head_and_on_from_where_it_was_held() {
        let keyring = Keyring::for_test();
        let all = log(&keyring, &[opened(), noted("a"), noted("b")]);
        let first = Log { rows: all.rows[..1].to_vec(), head: Head::EMPTY.after(&all.rows[0]), now: 7 };
        let held = read(&keyring, id(), &first, None).unwrap();
        assert_eq!((held.file.rows, held.file.case.entries), (1, 1));
        let on = read(&keyring, id(), &all, Some(&held)).unwrap();
        let anew = read(&keyring, id(), &all, None).unwrap();
        assert_eq!((on.file.case.clone(), on.file.head), (anew.file.case, all.head));
        assert_eq!(on.file.now, Instant(9));
    }

    #[test]
    fn what_is_held_is_not_believed_where_the_log_is_another() {
        let keyring = Keyring::for_test();
        let kept = read(&keyring, id(), &log(&keyring, &[opened(), noted("lost")]), None).unwrap();
        let other = log(&keyring, &[opened(), noted("kept"), noted("on")]);
        let now = read(&keyring, id(), &other, Some(&kept)).unwrap();
        assert_eq!(now.file.case.needs_person.as_deref(), Some("on"));
        assert_eq!(now.file.head, other.head);
    }

    #[test]
    fn a_log_that_was_tampered_with_names_the_row() {
        let keyring = Keyring::for_test();
        let whole = log(&keyring, &[opened(), noted("a"), noted("b")]);
        let place = |log: &Log| read(&keyring, id(), log, None).err().unwrap().place;
        let mut swapped = whole.clone();
        swapped.rows.swap(1, 2);
        assert_eq!(place(&swapped), "row 2");
        let mut cut = whole.clone();
        cut.rows.pop();
        assert_eq!(place(&cut), "row 2");
        let mut gone = whole.clone();
        gone.rows.remove(1);
        assert_eq!(place(&gone), "row 2");
        assert_eq!(place(&log(&keyring, &[noted("no opening")])), "row 1");
    }

    #[test]
    fn a_kind_that_is_not_known_is_no_reason_to_lose_anything() {
        let keyring = Keyring::for_test();
        let mut newer = log(&keyring, &[opened()]);
        let mut row = newer.rows[0].to_vec();
        row[0] = 2;
        newer.rows[0] = row.into();
        newer.head = Head::EMPTY.after(&newer.rows[0]);
        let fault = read(&keyring, id(), &newer, None).err().unwrap();
        assert!(fault.to_string().contains("row 1: it is of format 2"), "{fault}");
    }
}
