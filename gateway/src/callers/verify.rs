//! Verifies bearer tokens: the algorithm is one of four, the key is one that the pinned issuer publishes, and the
//! claims are for this gateway, now. What was verified once is remembered until it expires.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::claims::Claims;
use super::keys::{KeySource, Keys, KeysError};
use super::principal::Principal;

/// How far the clocks of issuer and gateway may be apart, in seconds.
const SKEW_SECONDS: u64 = 30;

/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// How many verified tokens are remembered.
const REMEMBERED_MAX: u64 = 20_000;

/// Whose tokens are taken: one issuer, pinned.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must hold.
    pub audience: String,
    /// Where its keys come from.
    pub keys: KeySource,
}

/// Why a token is not taken. No message echoes anything of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The header is something else.
    #[error("the authorization header is not one `Bearer <token>`")]
    NotBearer,
    /// It is no token.
    #[error("the token is not a signed JWT of at most {TOKEN_BYTES_MAX} bytes")]
    NotAToken,
    /// Its algorithm is not on the list.
    #[error("the token's algorithm is not taken; sign with ES256, EdDSA, PS256 or RS256")]
    Algorithm,
    /// It names no key, or one that the issuer does not publish.
    #[error("the token's `kid` is missing, or is no key that the issuer publishes for this algorithm")]
    UnknownKey,
    /// Its signature is wrong.
    #[error("the token's signature is not right")]
    Signature,
    /// It is over.
    #[error("the token has expired; fetch a new one")]
    Expired,
    /// It has not begun.
    #[error("the token is not valid yet; check the clock of its issuer")]
    NotYet,
    /// Somebody else issued it.
    #[error("the token's `iss` is not the issuer that this gateway trusts")]
    Issuer,
    /// It is for somebody else.
    #[error("the token's `aud` does not name this gateway")]
    Audience,
    /// A claim is missing.
    #[error("the token has no claim `{0}`")]
    LacksClaim(&'static str),
    /// A claim is wrong.
    #[error("the token's claim `{claim}` is not {rule}")]
    Claim {
        /// The claim.
        claim: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// Its claims are not of the right form.
    #[error("the token's claims are not of the right form: iss, aud, sub, iat and exp are needed")]
    Claims,
    /// It lives too long.
    #[error(
        "the token lives longer than the {seconds} s that a token for role `{role}` may; fetch shorter ones"
    )]
    LivesTooLong {
        /// The role.
        role: &'static str,
        /// The limit.
        seconds: u64,
    },
}

type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Verifies tokens of one issuer. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    audience: String,
    keys: Keys,
    remembered: Cache<[u8; 32], Verified>,
    clock: Clock,
}

#[derive(Clone)]
struct Verified {
    principal: Arc<Principal>,
    expires: u64,
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("issuer", &self.inner.issuer).finish_non_exhaustive()
    }
}

fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Callers {
    /// Trusts this issuer from now on. Its keys are fetched once before this returns.
    ///
    /// # Errors
    /// Where the keys cannot be had, or hold none that can be used.
    pub async fn trust(issuer: TrustedIssuer) -> Result<Self, KeysError> {
        Self::with_clock(issuer, Arc::new(wall)).await
    }

    async fn with_clock(issuer: TrustedIssuer, clock: Clock) -> Result<Self, KeysError> {
        let keys = Keys::open(issuer.keys, clock()).await?;
        let remembered = Cache::builder()
            .max_capacity(REMEMBERED_MAX)
            .time_to_live(Duration::from_secs(24 * 3600))
            .build();
        let inner = Inner { issuer: issuer.issuer, audience: issuer.audience, keys, remembered, clock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Who sent these headers. Without an authorization header: nobody in particular.
    ///
    /// # Errors
    /// Where there is a token and it is not taken. An invalid token is never treated as none.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Principal>, AuthError> {
        let mut found = headers.get_all(http::header::AUTHORIZATION).iter();
        let Some(value) = found.next() else { return Ok(Arc::new(Principal::Anonymous)) };
        if found.next().is_some() {
            return Err(AuthError::NotBearer);
        }
        let (scheme, token) =
            value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(AuthError::NotBearer)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::NotBearer);
        }
        self.verify(token.trim()).await
    }

    async fn verify(&self, token: &str) -> Result<Arc<Principal>, AuthError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(AuthError::NotAToken);
        }
        let now = (self.inner.clock)();
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(verified) = self.inner.remembered.get(&hash) {
            if now <= verified.expires.saturating_add(SKEW_SECONDS) {
                return Ok(verified.principal);
            }
            self.inner.remembered.invalidate(&hash);
            return Err(AuthError::Expired);
        }
        let claims = self.signed_claims(token, now).await?;
        self.check(&claims, now)?;
        let expires = claims.exp;
        let principal = Arc::new(claims.principal()?);
        self.inner.remembered.insert(hash, Verified { principal: Arc::clone(&principal), expires });
        Ok(principal)
    }

    /// The claims, once the signature is found right.
    async fn signed_claims(&self, token: &str, now: u64) -> Result<Claims, AuthError> {
        let header = jsonwebtoken::decode_header(token).map_err(|e| unreadable(&e))?;
        if !super::keys::ALGORITHMS.contains(&header.alg) {
            return Err(AuthError::Algorithm);
        }
        let kid = header.kid.as_deref().ok_or(AuthError::UnknownKey)?;
        let key = self.inner.keys.find(kid, header.alg, now).await.ok_or(AuthError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &signature_alone(header.alg));
        decoded.map(|decoded| decoded.claims).map_err(|e| unreadable(&e))
    }

    fn check(&self, claims: &Claims, now: u64) -> Result<(), AuthError> {
        if claims.iss != self.inner.issuer {
            return Err(AuthError::Issuer);
        }
        if !claims.aud.contains(&self.inner.audience) {
            return Err(AuthError::Audience);
        }
        if now > claims.exp.saturating_add(SKEW_SECONDS) {
            return Err(AuthError::Expired);
        }
        let begins = claims.nbf.unwrap_or(0).max(claims.iat);
        if begins > now.saturating_add(SKEW_SECONDS) {
            return Err(AuthError::NotYet);
        }
        claims.lifetime()
    }
}

/// Time, issuer and audience are checked here, by one clock; the library checks the signature.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn unreadable(error: &jsonwebtoken::errors::Error) -> AuthError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => AuthError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            AuthError::Algorithm
        }
        // The header's alg is an enum of the library: one that it does not know (`none`) is a JSON error.
        ErrorKind::Json(error) if error.to_string().contains("unknown variant") => AuthError::Algorithm,
        ErrorKind::Json(_) => AuthError::Claims,
        _ => AuthError::NotAToken,
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
