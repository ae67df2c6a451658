//! The built-in issuer: tokens without any set-up, for one machine. It runs on loopback alone; a country puts its own
//! identity provider in its place.

mod key_file;
mod page;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use casework::dictionary::Assurance;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

pub use self::page::token_routes;
use crate::callers::{KeySource, OperatorRole, TrustedIssuer, longest_lifetime};

/// What the built-in issuer calls itself in `iss`.
pub const ISSUER: &str = "loket-built-in";

/// What its tokens are for: `aud`.
pub const AUDIENCE: &str = "loket";

/// The name of its key file in the data directory.
pub const KEY_FILE: &str = "issuer-key.pem";

/// Why the built-in issuer does not run, or gives no token.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A listener is reachable from elsewhere.
    #[error(
        "the built-in issuer gives a token to whoever asks, so it runs on loopback alone, and this gateway listens on \
         {0}; listen on 127.0.0.1, or name your own identity provider as the issuer"
    )]
    NotLoopback(SocketAddr),
    /// The key file cannot be read or made.
    #[error(
        "the issuer's key file {path} cannot be used: {reason}; put it back, or remove it to get a new one (tokens made \
         with the old one are refused then)"
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Others may read the key file.
    #[error(
        "the issuer's key file {0} can be read by others; make it private (chmod 600) or remove it to get a new one"
    )]
    NotPrivate(PathBuf),
    /// There is no such role of an operator.
    #[error("`{0}` is no role of an operator; use viewer, steward, registrar, auditor or sandbox")]
    UnknownRole(String),
    /// The token could not be made.
    #[error("no token can be made: {0}")]
    Token(String),
}

/// The built-in issuer.
pub struct Issuer {
    key: EncodingKey,
    kid: String,
    keys: JwkSet,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// What a token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whom it speaks for.
    pub role: TokenRole,
    /// How long it lives, in seconds. None, or more than the role allows: the longest that it allows.
    pub lifetime: Option<u64>,
}

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRole {
    /// A citizen.
    Citizen {
        /// Who: in the built-in issuer any stable text.
        subject: String,
        /// Their national number, where they have one.
        person: Option<String>,
        /// How surely they are who they say.
        assurance: Assurance,
        /// The portal that they use.
        portal: String,
    },
    /// A portal.
    Portal {
        /// Its client id.
        client: String,
    },
    /// A system of an agency.
    Agency {
        /// The agency.
        agency: String,
    },
    /// A person of an agency.
    Officer {
        /// The agency.
        agency: String,
        /// Who.
        subject: String,
    },
    /// An operator.
    Operator {
        /// Who.
        subject: String,
        /// What they may do; empty: everything.
        roles: Vec<OperatorRole>,
    },
    /// Somebody at the contact centre.
    ContactCentre {
        /// Who.
        subject: String,
    },
}

impl TokenRole {
    /// A citizen whose subject is derived from their number, at the highest level of assurance, through the command
    /// line: what `loket token --citizen NUMBER` gives.
    #[must_use]
    pub fn citizen(number: &str) -> Self {
        Self::Citizen {
            subject: format!("citizen-{number}"),
            person: Some(number.to_owned()),
            assurance: Assurance::High,
            portal: "loket-cli".to_owned(),
        }
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
    sub: &'a str,
    loket_role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loket_agency: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    loket_roles: Vec<&'a str>,
}

impl Issuer {
    /// The issuer of this data directory: its key is made at the first start, in a file that only its owner can read.
    ///
    /// # Errors
    /// Where the key file cannot be made, read, or is not private.
    pub fn open(data_dir: &Path) -> Result<Self, IssuerError> {
        let path = data_dir.join(KEY_FILE);
        let failed = |reason: String| IssuerError::KeyFile { path: path.clone(), reason };
        let pem = key_file::read_or_make(data_dir, &path)?;
        let key = EncodingKey::from_ec_pem(&pem).map_err(|_| failed("it holds no P-256 key".to_owned()))?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256)
            .map_err(|_| failed("it holds no P-256 key".to_owned()))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|e| failed(e.to_string()))?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { key, kid, keys: JwkSet { keys: vec![jwk] } })
    }

    /// Whether it may run beside these listeners.
    ///
    /// # Errors
    /// Where one of them can be reached from another machine.
    pub fn only_on_loopback(listeners: &[SocketAddr]) -> Result<(), IssuerError> {
        match listeners.iter().find(|address| !address.ip().is_loopback()) {
            Some(address) => Err(IssuerError::NotLoopback(*address)),
            None => Ok(()),
        }
    }

    /// Its public keys, as a JWKS.
    #[must_use]
    pub fn key_set(&self) -> &JwkSet {
        &self.keys
    }

    /// How a gateway trusts it.
    #[must_use]
    pub fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::BuiltIn(self.keys.clone()),
        }
    }

    /// A token that lives from now.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token(&self, request: &TokenRequest) -> Result<String, IssuerError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            iat: now,
            nbf: now,
            exp: now + self.lifetime(request),
            sub: "",
            loket_role: request.role.name(),
            azp: None,
            person: None,
            acr: None,
            loket_agency: None,
            loket_roles: Vec::new(),
        };
        request.role.fill(&mut claims);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|e| IssuerError::Token(e.to_string()))
    }

    /// How long a token of this request lives, in seconds.
    #[must_use]
    pub fn lifetime(&self, request: &TokenRequest) -> u64 {
        let longest = longest_lifetime(request.role.name()).unwrap_or_default();
        request.lifetime.unwrap_or(longest).min(longest)
    }
}

impl TokenRole {
    fn name(&self) -> &'static str {
        match self {
            Self::Citizen { .. } => "citizen",
            Self::Portal { .. } => "portal",
            Self::Agency { .. } => "agency",
            Self::Officer { .. } => "officer",
            Self::Operator { .. } => "operator",
            Self::ContactCentre { .. } => "contact-centre",
        }
    }

    fn fill<'a>(&'a self, claims: &mut Claims<'a>) {
        match self {
            Self::Citizen { subject, person, assurance, portal } => {
                claims.sub = subject;
                claims.person = person.as_deref();
                claims.azp = Some(portal);
                claims.acr = Some(match assurance {
                    Assurance::Low => "http://eidas.europa.eu/LoA/low",
                    Assurance::Substantial => "http://eidas.europa.eu/LoA/substantial",
                    Assurance::High => "http://eidas.europa.eu/LoA/high",
                });
            }
            Self::Portal { client } => {
                claims.sub = client;
                claims.azp = Some(client);
            }
            Self::Agency { agency } => {
                claims.sub = agency;
                claims.loket_agency = Some(agency);
            }
            Self::Officer { agency, subject } => {
                claims.sub = subject;
                claims.loket_agency = Some(agency);
            }
            Self::Operator { subject, roles } => {
                claims.sub = subject;
                let all = if roles.is_empty() { &OperatorRole::ALL[..] } else { roles };
                claims.loket_roles = all.iter().map(|role| role.as_str()).collect();
            }
            Self::ContactCentre { subject } => claims.sub = subject,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Issuer::open(dir.path()).unwrap();
        let second = Issuer::open(dir.path()).unwrap();
        assert_eq!(first.kid, second.kid);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = dir.path().join(KEY_FILE);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Issuer::open(dir.path()), Err(IssuerError::NotPrivate(_))));
        }
    }

    #[test]
    fn it_does_not_run_where_others_can_reach_it() {
        let here = "127.0.0.1:8080".parse().unwrap();
        let everywhere = "0.0.0.0:8080".parse().unwrap();
        assert!(Issuer::only_on_loopback(&[here]).is_ok());
        let error = Issuer::only_on_loopback(&[here, everywhere]).unwrap_err().to_string();
        assert!(error.contains("0.0.0.0:8080") && error.contains("identity provider"), "{error}");
    }

    #[test]
    fn a_citizens_token_cannot_be_asked_to_live_long() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(dir.path()).unwrap();
        let request = TokenRequest { role: TokenRole::citizen("999990019"), lifetime: Some(86_400) };
        assert_eq!(issuer.lifetime(&request), 600);
    }
}
