//! The public keys of the pinned issuer: where they come from, and which algorithm each may be used with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The algorithms that are taken: never `none`, never one with a shared secret.
pub(super) const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::PS256, Algorithm::RS256];

/// Fewest bytes of an RSA modulus: 2048 bits.
const RSA_BYTES_MIN: usize = 256;

/// Largest key set, in bytes.
const KEY_SET_BYTES_MAX: usize = 64 * 1024;

/// How old a key set may be before it is fetched again, in seconds: so long a withdrawn key still counts.
const FRESH_SECONDS: u64 = 300;

/// How long after an attempt to fetch the next one may follow, in seconds: a flood of tokens with unknown keys must not
/// become a flood of requests to the issuer.
const PAUSE_SECONDS: u64 = 10;

/// Where an issuer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The built-in issuer of this process.
    BuiltIn(JwkSet),
    /// A JWKS file, read again when a token names a key that is not in it.
    File(PathBuf),
    /// A JWKS address. Loopback only.
    Url(http::Uri),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The address is elsewhere.
    #[error(
        "the key set at {0} is not on loopback: until this gateway speaks TLS to the issuer, name a file instead"
    )]
    NotLoopback(http::Uri),
    /// They cannot be read or fetched.
    #[error("the issuer's keys cannot be had from {place}: {reason}")]
    Unreadable {
        /// The file or address.
        place: String,
        /// Why.
        reason: String,
    },
    /// There is none that can be used.
    #[error(
        "the key set from {0} has no key with a `kid` that can be used: P-256 (ES256), Ed25519 (EdDSA) or RSA from 2048 bits"
    )]
    NoneUsable(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(_) => f.write_str("the built-in issuer"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(uri) => write!(f, "{uri}"),
        }
    }
}

/// The keys of the issuer, kept fresh.
pub(super) struct Keys {
    source: KeySource,
    current: ArcSwap<KeySet>,
    fetched: AtomicU64,
    tried: AtomicU64,
}

type KeySet = BTreeMap<String, Key>;

struct Key {
    algorithms: Vec<Algorithm>,
    key: Arc<DecodingKey>,
}

impl Keys {
    pub(super) async fn open(source: KeySource, now: u64) -> Result<Self, KeysError> {
        let set = fetch(&source).await?;
        Ok(Self {
            source,
            current: ArcSwap::from_pointee(set),
            fetched: AtomicU64::new(now),
            tried: AtomicU64::new(now),
        })
    }

    /// The key of this id, where it may be used with the algorithm.
    pub(super) async fn find(&self, kid: &str, algorithm: Algorithm, now: u64) -> Option<Arc<DecodingKey>> {
        let stale = now > self.fetched.load(Ordering::Relaxed).saturating_add(FRESH_SECONDS);
        if stale || !self.current.load().contains_key(kid) {
            self.refresh(now).await;
        }
        let set = self.current.load();
        set.get(kid).filter(|key| key.algorithms.contains(&algorithm)).map(|key| Arc::clone(&key.key))
    }

    /// Fetches again, unless somebody just did. What cannot be fetched leaves the keys as they were.
    async fn refresh(&self, now: u64) {
        if matches!(self.source, KeySource::BuiltIn(_)) {
            return;
        }
        let tried = self.tried.load(Ordering::Relaxed);
        let first = now > tried.saturating_add(PAUSE_SECONDS)
            && self.tried.compare_exchange(tried, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !first {
            return;
        }
        match fetch(&self.source).await {
            Ok(set) => {
                self.current.store(Arc::new(set));
                self.fetched.store(now, Ordering::Relaxed);
            }
            Err(error) => tracing::warn!(%error, "the issuer's keys stay as they were"),
        }
    }
}

async fn fetch(source: &KeySource) -> Result<KeySet, KeysError> {
    let unreadable = |reason: String| KeysError::Unreadable { place: source.to_string(), reason };
    let set: JwkSet = match source {
        KeySource::BuiltIn(set) => set.clone(),
        KeySource::File(path) => {
            let bytes = tokio::fs::read(path).await.map_err(|e| unreadable(e.to_string()))?;
            serde_json::from_slice(&bytes).map_err(|e| unreadable(e.to_string()))?
        }
        KeySource::Url(uri) => {
            if !on_loopback(uri) {
                return Err(KeysError::NotLoopback(uri.clone()));
            }
            let bytes = get(uri).await.map_err(unreadable)?;
            serde_json::from_slice(&bytes).map_err(|e| unreadable(e.to_string()))?
        }
    };
    let keys: KeySet =
        set.keys.iter().filter_map(|jwk| Some((jwk.common.key_id.clone()?, usable(jwk)?))).collect();
    if keys.is_empty() { Err(KeysError::NoneUsable(source.to_string())) } else { Ok(keys) }
}

/// The key, with the algorithms that its kind allows: a token cannot choose another.
fn usable(jwk: &Jwk) -> Option<Key> {
    let of_kind: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        AlgorithmParameters::RSA(key) if rsa_bytes(&key.n) >= RSA_BYTES_MIN => {
            &[Algorithm::PS256, Algorithm::RS256]
        }
        _ => return None,
    };
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return None;
    }
    let named = jwk.common.key_algorithm.map(|named| named.to_string());
    let algorithms: Vec<Algorithm> = of_kind
        .iter()
        .copied()
        .filter(|algorithm| named.as_ref().is_none_or(|named| *named == format!("{algorithm:?}")))
        .collect();
    let key = DecodingKey::from_jwk(jwk).ok()?;
    (!algorithms.is_empty()).then(|| Key { algorithms, key: Arc::new(key) })
}

fn rsa_bytes(modulus: &str) -> usize {
    BASE64URL_NOPAD.decode(modulus.as_bytes()).map_or(0, |bytes| bytes.len())
}

fn on_loopback(uri: &http::Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn get(uri: &http::Uri) -> Result<bytes::Bytes, String> {
    let client: Client<HttpConnector, Empty<bytes::Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let asked = async {
        let response = client.get(uri.clone()).await.map_err(|e| e.to_string())?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("HTTP status {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), KEY_SET_BYTES_MAX);
        Ok(body.collect().await.map_err(|e| e.to_string())?.to_bytes())
    };
    tokio::time::timeout(Duration::from_secs(2), asked)
        .await
        .map_err(|_| "no answer within 2 s".to_owned())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_from_loopback_alone() {
        for (uri, expected) in [
            ("http://127.0.0.1:9/jwks", true),
            ("http://[::1]:9/jwks", true),
            ("http://localhost/jwks", true),
            ("http://192.0.2.1/jwks", false),
            ("http://127.0.0.1.example.org/jwks", false),
        ] {
            assert_eq!(on_loopback(&uri.parse().unwrap()), expected, "{uri}");
        }
    }

    #[tokio::test]
    async fn a_key_set_is_fetched_from_its_address_and_a_missing_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = crate::issuer::Issuer::open(dir.path()).unwrap();
        let kid = issuer.key_set().keys[0].common.key_id.clone().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = crate::issuer::token_routes(Arc::new(issuer));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
        let source = |path: &str| KeySource::Url(format!("http://{address}{path}").parse().unwrap());
        let keys = Keys::open(source("/.well-known/jwks.json"), 1_000).await.unwrap();
        assert!(keys.find(&kid, Algorithm::ES256, 1_000).await.is_some());
        assert!(
            keys.find(&kid, Algorithm::RS256, 1_000).await.is_none(),
            "a key was used for another algorithm"
        );
        let error = Keys::open(source("/nothing"), 1_000).await.err().unwrap().to_string();
        assert!(error.contains("404") && error.contains("/nothing"), "{error}");
        let elsewhere = KeySource::Url("http://192.0.2.1/jwks".parse().unwrap());
        assert!(matches!(Keys::open(elsewhere, 1_000).await, Err(KeysError::NotLoopback(_))));
        serving.abort();
    }

    #[test]
    fn a_shared_secret_and_a_short_rsa_key_are_no_keys() {
        let secret: Jwk = serde_json::from_str(r#"{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}"#).unwrap();
        assert!(usable(&secret).is_none());
        let short: Jwk =
            serde_json::from_str(r#"{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}"#).unwrap();
        assert!(usable(&short).is_none());
    }
}
