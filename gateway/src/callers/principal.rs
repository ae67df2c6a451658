//! The principals: whoever can stand on the other side of a call.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use casework::dictionary::Assurance;
use casework::name::AgencyId;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody in particular: no token came. May look at life events and preview, nothing else.
    Anonymous,
    /// A citizen, through a portal.
    Citizen(Citizen),
    /// A portal for itself, not for a citizen.
    Portal {
        /// The portal's client id.
        client: String,
    },
    /// A system of an agency.
    Agency {
        /// The agency.
        agency: AgencyId,
    },
    /// A person of an agency.
    Officer {
        /// The agency.
        agency: AgencyId,
        /// The subject, as authenticated: a function or a pseudonym.
        subject: String,
    },
    /// An operator of the counter.
    Operator {
        /// The subject, as authenticated.
        subject: String,
        /// What they may do.
        roles: BTreeSet<OperatorRole>,
    },
    /// Somebody at the contact centre: tells callers how a case stands, sees no facts.
    ContactCentre {
        /// The subject, as authenticated.
        subject: String,
    },
}

/// A citizen who calls through a portal. `Debug` shows neither subject nor number.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// Stable id of the citizen at the issuer; not a national number.
    pub subject: String,
    /// Their national number, where they have one.
    pub person: Option<String>,
    /// How surely they are who they say.
    pub assurance: Assurance,
    /// The portal's client id.
    pub portal: String,
}

impl fmt::Debug for Citizen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Citizen")
            .field("assurance", &self.assurance)
            .field("portal", &self.portal)
            .finish_non_exhaustive()
    }
}

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorRole {
    /// Looks at cases, agencies, plans and grants; sees no facts.
    Viewer,
    /// Gets stuck steps going and decides about sameness.
    Steward,
    /// Registers agencies, publishes plans and files, gives and revokes grants on a giver's behalf.
    Registrar,
    /// Reads entries and verifies chains.
    Auditor,
    /// Moves the clock of a sandbox.
    Sandbox,
}

impl OperatorRole {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Steward, Self::Registrar, Self::Auditor, Self::Sandbox];

    /// The role as the claim `loket_roles` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Steward => "steward",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::Sandbox => "sandbox",
        }
    }
}

/// A text that is no role of an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role of an operator; use viewer, steward, registrar, auditor or sandbox")]
pub struct UnknownRole;

impl FromStr for OperatorRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

impl Principal {
    /// What kind of caller this is, for error texts and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Citizen(_) => "citizen",
            Self::Portal { .. } => "portal",
            Self::Agency { .. } => "agency",
            Self::Officer { .. } => "officer",
            Self::Operator { .. } => "operator",
            Self::ContactCentre { .. } => "contact-centre",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_shows_neither_subject_nor_number() {
        let citizen = Principal::Citizen(Citizen {
            subject: "subject-7".to_owned(),
            person: Some("999990123".to_owned()),
            assurance: Assurance::High,
            portal: "my-government".to_owned(),
        });
        let shown = format!("{citizen:?}");
        assert!(!shown.contains("999990123") && !shown.contains("subject-7"), "{shown}");
    }

    #[test]
    fn every_role_of_an_operator_is_written_as_it_is_read() {
        for role in OperatorRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }
}
