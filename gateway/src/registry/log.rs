//! The rows of the registry's log: what happened to it, in a private encoding. A row says what was decided, never how:
//! whoever folds the log comes to the same state. A row of a kind or version that this program does not know stops it:
//! a gateway that guesses would disagree with the others.

mod wire;

use bytes::Bytes;
use casework::name::{AgencyId, LifeEventId, ServiceId};
use casework::plan::PlanHash;
use casework::service::Grant;
use casework::time::Instant;
use prost::Message;
use proto::loket::desk::v1 as desk;

use super::options::OpenCases;

/// The version of the rows that this program writes, and the newest it reads.
const VERSION: u32 = 1;

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// When it was decided, by the store's clock.
    pub(super) at: Instant,
    /// Who caused it: an agency, the subject of a person, or `loket`.
    pub(super) by: String,
    /// What happened.
    pub(super) event: Event,
}

/// What happened to the registry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// An agency registered. The registration has its descriptors, and no endpoints: those are leases.
    Registered {
        /// What it sent.
        registration: desk::RegisterAgencyRequest,
        /// How its descriptors were learnt.
        source: String,
    },
    /// Services take no new steps.
    Withdrawn {
        /// The agency.
        agency: AgencyId,
        /// Its services.
        services: Vec<ServiceId>,
    },
    /// A grant was given.
    GrantGiven(Grant),
    /// A grant was revoked: giver, concept and taker count.
    GrantRevoked(Grant),
    /// A plan was proposed by one person; another publishes it.
    Proposed(Proposal),
    /// A plan was published.
    Published {
        /// What was proposed.
        proposal: Proposal,
        /// The plan, as JSON.
        plan: Bytes,
    },
    /// A plan was revoked: no case opens on it.
    PlanRevoked {
        /// The plan.
        hash: PlanHash,
        /// Why.
        reason: String,
    },
    /// Dictionary and life-event files were published; an empty one takes the file away.
    Files {
        /// Path and content.
        files: Vec<(String, String)>,
        /// Whether they are the ones that came with the program.
        seeds: bool,
    },
}

/// What somebody wants published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) life_event: LifeEventId,
    pub(super) hash: PlanHash,
    pub(super) open_cases: OpenCases,
    pub(super) valid_from: Option<casework::time::PartialDate>,
    pub(super) reason: String,
}

/// A row that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// It was damaged.
    #[error("it is damaged")]
    Damaged,
    /// A newer program wrote it.
    #[error("a newer program wrote it (version {0}, this one reads {VERSION}); start that one")]
    Newer(u32),
}

impl Row {
    pub(super) fn encode(&self) -> Bytes {
        let wire = wire::Row {
            version: VERSION,
            at: self.at.0,
            by: self.by.clone(),
            event: Some(self.event.to_wire()),
        };
        wire.encode_to_vec().into()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let row = wire::Row::decode(bytes).map_err(|_| Unreadable::Damaged)?;
        if row.version != VERSION {
            return Err(Unreadable::Newer(row.version));
        }
        // A kind that is not known decodes to none.
        let event = row.event.ok_or(Unreadable::Newer(row.version))?;
        let event = Event::from_wire(event).ok_or(Unreadable::Damaged)?;
        Ok(Self { at: Instant(row.at), by: row.by, event })
    }
}

impl Event {
    fn to_wire(&self) -> wire::Event {
        match self.clone() {
            Self::Registered { registration, source } => {
                wire::Event::Registered(wire::Registered { registration: Some(registration), source })
            }
            Self::Withdrawn { agency, services } => wire::Event::Withdrawn(wire::Withdrawn {
                agency: agency.to_string(),
                services: services.iter().map(ToString::to_string).collect(),
            }),
            Self::GrantGiven(grant) => wire::Event::GrantGiven(grant.into()),
            Self::GrantRevoked(grant) => wire::Event::GrantRevoked(grant.into()),
            Self::Proposed(proposal) => wire::Event::Proposed(proposal.into()),
            Self::Published { proposal, plan } => wire::Event::Published(wire::Published {
                proposal: Some(proposal.into()),
                plan: plan.to_vec(),
            }),
            Self::PlanRevoked { hash, reason } => {
                wire::Event::PlanRevoked(wire::PlanRevoked { hash: hash.0, reason })
            }
            Self::Files { files, seeds } => wire::Event::Files(wire::Files {
                files: files.into_iter().map(|(path, content)| wire::File { path, content }).collect(),
                seeds,
            }),
        }
    }

    fn from_wire(event: wire::Event) -> Option<Self> {
        Some(match event {
            wire::Event::Registered(of) => {
                Self::Registered { registration: of.registration?, source: of.source }
            }
            wire::Event::Withdrawn(of) => Self::Withdrawn {
                agency: of.agency.parse().ok()?,
                services: of.services.iter().map(|id| id.parse().ok()).collect::<Option<_>>()?,
            },
            wire::Event::GrantGiven(grant) => Self::GrantGiven(grant.read()?),
            wire::Event::GrantRevoked(grant) => Self::GrantRevoked(grant.read()?),
            wire::Event::Proposed(proposal) => Self::Proposed(proposal.read()?),
            wire::Event::Published(of) => {
                Self::Published { proposal: of.proposal?.read()?, plan: of.plan.into() }
            }
            wire::Event::PlanRevoked(of) => Self::PlanRevoked { hash: PlanHash(of.hash), reason: of.reason },
            wire::Event::Files(of) => Self::Files {
                files: of.files.into_iter().map(|file| (file.path, file.content)).collect(),
                seeds: of.seeds,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            from: "population-register".parse().unwrap(),
            concept: "person.number".parse().unwrap(),
            to: "library/enrolment".parse().unwrap(),
            purpose: "library".to_owned(),
            legal_basis: "Library Act, 3".to_owned(),
        }
    }

    #[test]
    fn every_row_reads_back_as_it_was_written() {
        let proposal = Proposal {
            life_event: "birth".parse().unwrap(),
            hash: PlanHash("ab".to_owned()),
            open_cases: OpenCases::Move,
            valid_from: Some("2027-01-01".parse().unwrap()),
            reason: "a new law".to_owned(),
        };
        let registration = desk::RegisterAgencyRequest { agency: "library".to_owned(), ..Default::default() };
        let events = [
            Event::Registered { registration, source: "reflection-v1".to_owned() },
            Event::Withdrawn { agency: "library".parse().unwrap(), services: vec![grant().to] },
            Event::GrantGiven(grant()),
            Event::GrantRevoked(grant()),
            Event::Proposed(proposal.clone()),
            Event::Published { proposal, plan: Bytes::from_static(b"{}") },
            Event::PlanRevoked { hash: PlanHash("ab".to_owned()), reason: "a mistake".to_owned() },
            Event::Files { files: vec![("dictionary/a.yaml".to_owned(), "x".to_owned())], seeds: true },
        ];
        for event in events {
            let row = Row { at: Instant(7), by: "somebody".to_owned(), event };
            assert_eq!(Row::decode(&row.encode()), Ok(row));
        }
    }

    #[test]
    fn a_row_of_another_kind_or_version_is_not_guessed_at() {
        let known = Row { at: Instant(7), by: String::new(), event: Event::GrantGiven(grant()) }.encode();
        let mut newer = known.to_vec();
        assert_eq!((newer[0], newer[1]), (8, 1));
        newer[1] = 2;
        assert_eq!(Row::decode(&newer), Err(Unreadable::Newer(2)));
        // A kind of tag 99 that no version of this program has written.
        let other = [8, 1, 16, 7, 0x9a, 0x06, 0];
        assert_eq!(Row::decode(&other), Err(Unreadable::Newer(1)));
        assert_eq!(Row::decode(b"\xff"), Err(Unreadable::Damaged));
    }
}
