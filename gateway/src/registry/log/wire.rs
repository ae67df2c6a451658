//! The rows as bytes. Tags are never used again for something else.

use casework::plan::PlanHash;
use proto::loket::desk::v1 as desk;

use crate::registry::options::OpenCases;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Row {
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    #[prost(int64, tag = "2")]
    pub(super) at: i64,
    #[prost(string, tag = "3")]
    pub(super) by: String,
    #[prost(oneof = "Event", tags = "10, 11, 12, 13, 14, 15, 16, 17")]
    pub(super) event: Option<Event>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Event {
    #[prost(message, tag = "10")]
    Registered(Registered),
    #[prost(message, tag = "11")]
    Withdrawn(Withdrawn),
    #[prost(message, tag = "12")]
    GrantGiven(Grant),
    #[prost(message, tag = "13")]
    GrantRevoked(Grant),
    #[prost(message, tag = "14")]
    Published(Published),
    #[prost(message, tag = "15")]
    Proposed(Proposal),
    #[prost(message, tag = "16")]
    Files(Files),
    #[prost(message, tag = "17")]
    PlanRevoked(PlanRevoked),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Registered {
    #[prost(message, optional, tag = "1")]
    pub(super) registration: Option<desk::RegisterAgencyRequest>,
    #[prost(string, tag = "2")]
    pub(super) source: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Withdrawn {
    #[prost(string, tag = "1")]
    pub(super) agency: String,
    #[prost(string, repeated, tag = "2")]
    pub(super) services: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Grant {
    #[prost(string, tag = "1")]
    from: String,
    #[prost(string, tag = "2")]
    concept: String,
    #[prost(string, tag = "3")]
    to: String,
    #[prost(string, tag = "4")]
    purpose: String,
    #[prost(string, tag = "5")]
    legal_basis: String,
}

impl From<super::Grant> for Grant {
    fn from(grant: super::Grant) -> Self {
        Self {
            from: grant.from.into(),
            concept: grant.concept.into(),
            to: grant.to.into(),
            purpose: grant.purpose,
            legal_basis: grant.legal_basis,
        }
    }
}

impl Grant {
    pub(super) fn read(self) -> Option<super::Grant> {
        Some(super::Grant {
            from: self.from.parse().ok()?,
            concept: self.concept.parse().ok()?,
            to: self.to.parse().ok()?,
            purpose: self.purpose,
            legal_basis: self.legal_basis,
        })
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Proposal {
    #[prost(string, tag = "1")]
    life_event: String,
    #[prost(string, tag = "2")]
    hash: String,
    #[prost(bool, tag = "3")]
    open_cases_move: bool,
    #[prost(string, tag = "4")]
    valid_from: String,
    #[prost(string, tag = "5")]
    reason: String,
}

impl From<super::Proposal> for Proposal {
    fn from(proposal: super::Proposal) -> Self {
        Self {
            life_event: proposal.life_event.into(),
            hash: proposal.hash.0,
            open_cases_move: proposal.open_cases == OpenCases::Move,
            valid_from: proposal.valid_from.map(|date| date.to_string()).unwrap_or_default(),
            reason: proposal.reason,
        }
    }
}

impl Proposal {
    pub(super) fn read(self) -> Option<super::Proposal> {
        let valid_from = match self.valid_from.as_str() {
            "" => None,
            date => Some(date.parse().ok()?),
        };
        Some(super::Proposal {
            life_event: self.life_event.parse().ok()?,
            hash: PlanHash(self.hash),
            open_cases: if self.open_cases_move { OpenCases::Move } else { OpenCases::Finish },
            valid_from,
            reason: self.reason,
        })
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Published {
    #[prost(message, optional, tag = "1")]
    pub(super) proposal: Option<Proposal>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) plan: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PlanRevoked {
    #[prost(string, tag = "1")]
    pub(super) hash: String,
    #[prost(string, tag = "2")]
    pub(super) reason: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Files {
    #[prost(message, repeated, tag = "1")]
    pub(super) files: Vec<File>,
    #[prost(bool, tag = "2")]
    pub(super) seeds: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct File {
    #[prost(string, tag = "1")]
    pub(super) path: String,
    #[prost(string, tag = "2")]
    pub(super) content: String,
}
