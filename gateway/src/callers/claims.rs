//! From the claims of a verified token to a principal.

use std::collections::BTreeSet;

use casework::dictionary::Assurance;
use casework::name::AgencyId;
use serde::Deserialize;

use super::principal::{Citizen, OperatorRole, Principal};
use super::verify::AuthError;

/// Longest lifetime of a token by role, in seconds: what speaks for a person is short, what a machine renews may be
/// longer. A stolen token is worth this long.
const LIFETIMES: [(&str, u64); 6] = [
    ("citizen", 600),
    ("contact-centre", 600),
    ("officer", 3_600),
    ("operator", 3_600),
    ("portal", 86_400),
    ("agency", 86_400),
];

/// Longest lifetime of a token of this role, in seconds. None: there is no such role.
#[must_use]
pub fn longest_lifetime(role: &str) -> Option<u64> {
    LIFETIMES.into_iter().find(|(name, _)| *name == role).map(|(_, seconds)| seconds)
}

/// The claims that Loket reads. Others are ignored.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: Audience,
    pub(super) exp: u64,
    pub(super) iat: u64,
    #[serde(default)]
    pub(super) nbf: Option<u64>,
    sub: String,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    acr: Option<String>,
    #[serde(default)]
    person: Option<String>,
    #[serde(default)]
    loket_role: Option<String>,
    #[serde(default)]
    loket_agency: Option<String>,
    #[serde(default)]
    loket_roles: Vec<String>,
}

/// One audience, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(all) => all.iter().any(|one| one == audience),
        }
    }
}

impl Claims {
    /// Whether the token lives no longer than its role allows.
    pub(super) fn lifetime(&self) -> Result<(), AuthError> {
        let role = self.loket_role.as_deref().ok_or(AuthError::LacksClaim("loket_role"))?;
        let (role, max) = LIFETIMES
            .into_iter()
            .find(|(name, _)| *name == role)
            .ok_or(AuthError::Claim { claim: "loket_role", rule: ROLES })?;
        if self.exp.saturating_sub(self.iat) > max {
            return Err(AuthError::LivesTooLong { role, seconds: max });
        }
        Ok(())
    }

    /// The principal that the claims name.
    pub(super) fn principal(self) -> Result<Principal, AuthError> {
        let subject = text(self.sub, "sub")?;
        match self.loket_role.as_deref() {
            Some("citizen") => {
                let portal = self.azp.or(self.client_id).ok_or(AuthError::LacksClaim("azp"))?;
                Ok(Principal::Citizen(Citizen {
                    subject,
                    person: self.person.map(number).transpose()?,
                    assurance: assurance(self.acr.as_deref())?,
                    portal: text(portal, "azp")?,
                }))
            }
            Some("portal") => {
                Ok(Principal::Portal { client: text(self.azp.or(self.client_id).unwrap_or(subject), "azp")? })
            }
            Some("agency") => {
                Ok(Principal::Agency { agency: agency(self.loket_agency.as_deref().unwrap_or(&subject))? })
            }
            Some("officer") => {
                let name = self.loket_agency.ok_or(AuthError::LacksClaim("loket_agency"))?;
                Ok(Principal::Officer { agency: agency(&name)?, subject })
            }
            Some("operator") => {
                Ok(Principal::Operator { subject, roles: operator_roles(&self.loket_roles)? })
            }
            Some("contact-centre") => Ok(Principal::ContactCentre { subject }),
            Some(_) => Err(AuthError::Claim { claim: "loket_role", rule: ROLES }),
            None => Err(AuthError::LacksClaim("loket_role")),
        }
    }
}

const ROLES: &str = "citizen, portal, agency, officer, operator or contact-centre";

/// A subject or client id: it ends up in the log of cases, so it is short and printable.
fn text(text: String, claim: &'static str) -> Result<String, AuthError> {
    let fits = (1..=128).contains(&text.len()) && text.chars().all(|c| !c.is_control());
    if fits { Ok(text) } else { Err(AuthError::Claim { claim, rule: "1 to 128 printable characters" }) }
}

fn number(number: String) -> Result<String, AuthError> {
    let fits =
        (1..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(number) } else { Err(AuthError::Claim { claim: "person", rule: "a national number" }) }
}

fn agency(name: &str) -> Result<AgencyId, AuthError> {
    name.parse().map_err(|_| AuthError::Claim { claim: "loket_agency", rule: "the id of an agency" })
}

/// The level of assurance of eIDAS, by its URI or its bare name. None said: low.
fn assurance(acr: Option<&str>) -> Result<Assurance, AuthError> {
    let Some(acr) = acr else { return Ok(Assurance::Low) };
    match acr.strip_prefix("http://eidas.europa.eu/LoA/").unwrap_or(acr) {
        "low" => Ok(Assurance::Low),
        "substantial" => Ok(Assurance::Substantial),
        "high" => Ok(Assurance::High),
        _ => Err(AuthError::Claim {
            claim: "acr",
            rule: "low, substantial or high of http://eidas.europa.eu/LoA/",
        }),
    }
}

fn operator_roles(roles: &[String]) -> Result<BTreeSet<OperatorRole>, AuthError> {
    roles.iter().map(|role| role.parse()).collect::<Result<_, _>>().map_err(|_| AuthError::Claim {
        claim: "loket_roles",
        rule: "a list of viewer, steward, registrar, auditor, sandbox",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(rest: &str) -> Claims {
        serde_json::from_str(&format!(
            r#"{{"iss": "i", "aud": ["a", "b"], "iat": 1000, "exp": 1600, "sub": "s-1"{rest}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn a_citizen_has_a_portal_and_a_level_of_assurance() {
        let claims = claims(
            r#", "loket_role": "citizen", "azp": "web", "person": "999990123", "acr": "http://eidas.europa.eu/LoA/high""#,
        );
        let Ok(Principal::Citizen(citizen)) = claims.principal() else { panic!("no citizen") };
        assert_eq!((citizen.portal.as_str(), citizen.assurance), ("web", Assurance::High));
        assert_eq!(citizen.person.as_deref(), Some("999990123"));
    }

    #[test]
    fn a_token_that_says_no_role_speaks_for_nobody() {
        assert_eq!(claims("").principal(), Err(AuthError::LacksClaim("loket_role")));
        assert!(claims(r#", "loket_role": "king""#).principal().is_err());
        assert_eq!(claims(r#", "loket_role": "citizen""#).principal(), Err(AuthError::LacksClaim("azp")));
    }

    #[test]
    fn a_citizens_token_lives_ten_minutes_at_most() {
        assert_eq!(claims(r#", "loket_role": "citizen""#).lifetime(), Ok(()));
        let mut long = claims(r#", "loket_role": "citizen""#);
        long.exp += 1;
        assert_eq!(long.lifetime(), Err(AuthError::LivesTooLong { role: "citizen", seconds: 600 }));
    }
}
