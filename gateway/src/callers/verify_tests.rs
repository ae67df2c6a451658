//! The attacks on tokens that are known, each refused; and what is taken.

use std::sync::atomic::{AtomicU64, Ordering};

use casework::dictionary::Assurance;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::issuer::{AUDIENCE, ISSUER, Issuer, TokenRequest, TokenRole};

struct Tried {
    callers: Callers,
    clock: Arc<AtomicU64>,
    key: EncodingKey,
    jwk: Jwk,
}

/// An Ed25519 key of fixed bytes: DER of a private key (PKCS #8) is a prefix and the seed.
fn ed25519(seed: u8) -> EncodingKey {
    let mut der =
        vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}

async fn tried() -> Tried {
    let key = ed25519(7);
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some("one".to_owned());
    let clock = Arc::new(AtomicU64::new(1_000_000));
    let issuer = TrustedIssuer {
        issuer: "https://login.example".to_owned(),
        audience: "loket".to_owned(),
        keys: KeySource::BuiltIn(JwkSet { keys: vec![jwk.clone()] }),
    };
    let told = Arc::clone(&clock);
    let callers = Callers::with_clock(issuer, Arc::new(move || told.load(Ordering::Relaxed))).await.unwrap();
    Tried { callers, clock, key, jwk }
}

fn good() -> Value {
    json!({
        "iss": "https://login.example", "aud": "loket", "iat": 1_000_000, "exp": 1_000_600, "sub": "s-1",
        "loket_role": "citizen", "azp": "web", "person": "999990123", "acr": "substantial",
    })
}

impl Tried {
    fn signed(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("one".to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    async fn error(&self, claims: &Value) -> AuthError {
        self.callers.verify(&self.signed(claims)).await.unwrap_err()
    }
}

fn with(claim: &str, value: impl Into<Value>) -> Value {
    let mut claims = good();
    claims[claim] = value.into();
    claims
}

#[tokio::test]
async fn a_right_token_names_a_citizen_until_it_expires() {
    let tried = tried().await;
    let token = tried.signed(&good());
    for _ in 0..2 {
        let principal = tried.callers.verify(&token).await.unwrap();
        let Principal::Citizen(citizen) = &*principal else { panic!("{principal:?}") };
        assert_eq!((citizen.subject.as_str(), citizen.assurance), ("s-1", Assurance::Substantial));
    }
    tried.clock.store(1_000_630, Ordering::Relaxed);
    assert!(tried.callers.verify(&token).await.is_ok(), "the skew of 30 s was not granted");
    tried.clock.store(1_000_631, Ordering::Relaxed);
    assert_eq!(tried.callers.verify(&token).await, Err(AuthError::Expired), "it was remembered too long");
    assert_eq!(tried.callers.verify(&token).await, Err(AuthError::Expired));
}

#[tokio::test]
async fn claims_for_another_time_issuer_or_audience_are_refused() {
    let tried = tried().await;
    assert_eq!(tried.error(&with("iss", "https://evil.example")).await, AuthError::Issuer);
    assert_eq!(tried.error(&with("iss", json!(["https://login.example", "x"]))).await, AuthError::Claims);
    assert_eq!(tried.error(&with("aud", "another")).await, AuthError::Audience);
    assert_eq!(tried.error(&with("aud", json!([]))).await, AuthError::Audience);
    assert_eq!(tried.error(&with("exp", 999_969)).await, AuthError::Expired);
    assert_eq!(tried.error(&with("nbf", 1_000_031)).await, AuthError::NotYet);
    assert_eq!(
        tried.error(&with("exp", 1_000_601)).await,
        AuthError::LivesTooLong { role: "citizen", seconds: 600 }
    );
    // Back-dating the issue does not lengthen the life: it is longer then.
    assert!(matches!(tried.error(&with("iat", 1)).await, AuthError::LivesTooLong { .. }));
    let mut later = with("iat", 1_000_600);
    later["exp"] = 1_001_100.into();
    assert_eq!(tried.error(&later).await, AuthError::NotYet);
}

#[tokio::test]
async fn a_token_without_a_right_signature_is_refused() {
    let tried = tried().await;
    let token = tried.signed(&good());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let other = BASE64URL_NOPAD.encode(with("person", "999990666").to_string().as_bytes());
    for (bad, expected) in [
        (format!("{header}.{other}.{signature}"), AuthError::Signature),
        (format!("{message}."), AuthError::Signature),
        (format!("{message}.{}", BASE64URL_NOPAD.encode(&[0; 64])), AuthError::Signature),
        (message.to_owned(), AuthError::NotAToken),
        (String::new(), AuthError::NotAToken),
        ("a.b.c".to_owned(), AuthError::NotAToken),
        ("x".repeat(TOKEN_BYTES_MAX + 1), AuthError::NotAToken),
    ] {
        assert_eq!(tried.callers.verify(&bad).await, Err(expected), "{bad:.60}");
    }
}

#[tokio::test]
async fn neither_none_nor_a_shared_secret_nor_another_key_is_taken() {
    let tried = tried().await;
    let payload = BASE64URL_NOPAD.encode(good().to_string().as_bytes());
    for alg in ["none", "None", "nOnE", "HS256", "HS512", "ES384", "RS1"] {
        let header =
            BASE64URL_NOPAD.encode(json!({"alg": alg, "kid": "one", "typ": "JWT"}).to_string().as_bytes());
        for signature in ["", "c2lnbmF0dXJl"] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(tried.callers.verify(&token).await, Err(AuthError::Algorithm), "{alg}");
        }
    }
    // The public key as a shared secret.
    let secret = EncodingKey::from_secret(serde_json::to_string(&tried.jwk).unwrap().as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".to_owned());
    let token = jsonwebtoken::encode(&header, &good(), &secret).unwrap();
    assert_eq!(tried.callers.verify(&token).await, Err(AuthError::Algorithm));
    // A key of the sender's own, named, inlined or by address.
    let mine = ed25519(9);
    for kid in [None, Some("two"), Some("../one"), Some("one")] {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = kid.map(str::to_owned);
        header.jwk = Some(Jwk::from_encoding_key(&mine, Algorithm::EdDSA).unwrap());
        header.jku = Some("http://127.0.0.1:9/jwks".to_owned());
        let token = jsonwebtoken::encode(&header, &good(), &mine).unwrap();
        let expected = if kid == Some("one") { AuthError::Signature } else { AuthError::UnknownKey };
        assert_eq!(tried.callers.verify(&token).await, Err(expected), "{kid:?}");
    }
}

#[tokio::test]
async fn no_message_echoes_the_token() {
    let tried = tried().await;
    for claims in
        [with("acr", "s3cret"), with("loket_role", "s3cret"), with("person", "s3cret!"), with("sub", "s3\n")]
    {
        let message = tried.error(&claims).await.to_string();
        assert!(!message.contains("s3"), "{message}");
    }
}

#[tokio::test]
async fn headers_are_one_bearer_token_or_none() {
    let tried = tried().await;
    let mut headers = HeaderMap::new();
    assert_eq!(*tried.callers.authenticate(&headers).await.unwrap(), Principal::Anonymous);
    for bad in ["", "Bearer", "Basic dXNlcjpwYXNz", "token"] {
        headers.insert("authorization", bad.parse().unwrap());
        assert!(tried.callers.authenticate(&headers).await.is_err(), "{bad:?} was taken");
    }
    let token = format!("bearer {}", tried.signed(&good()));
    headers.insert("authorization", token.parse().unwrap());
    assert!(tried.callers.authenticate(&headers).await.is_ok());
    headers.append("authorization", token.parse().unwrap());
    assert_eq!(tried.callers.authenticate(&headers).await, Err(AuthError::NotBearer), "two were taken");
}

#[tokio::test]
async fn the_built_in_issuers_tokens_are_taken_by_the_gateway_that_trusts_it() {
    let dir = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(dir.path()).unwrap();
    assert_eq!((issuer.trusted().issuer.as_str(), issuer.trusted().audience.as_str()), (ISSUER, AUDIENCE));
    let callers = Callers::trust(issuer.trusted()).await.unwrap();
    for role in [
        TokenRole::citizen("999990019"),
        TokenRole::Portal { client: "web".to_owned() },
        TokenRole::Agency { agency: "civil-registry".to_owned() },
        TokenRole::Officer { agency: "civil-registry".to_owned(), subject: "registrar-3".to_owned() },
        TokenRole::Operator { subject: "op".to_owned(), roles: Vec::new() },
        TokenRole::ContactCentre { subject: "desk-2".to_owned() },
    ] {
        let token = issuer.token(&TokenRequest { role: role.clone(), lifetime: None }).unwrap();
        assert!(callers.verify(&token).await.is_ok(), "{role:?}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Issuer::open(elsewhere.path()).unwrap();
    let token = other.token(&TokenRequest { role: TokenRole::citizen("999990019"), lifetime: None }).unwrap();
    assert_eq!(callers.verify(&token).await, Err(AuthError::UnknownKey));
}

#[tokio::test]
async fn a_key_set_file_is_read_again_when_a_token_names_a_new_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jwks.json");
    let (old, new) = (ed25519(1), ed25519(2));
    let write = |key: &EncodingKey, kid: &str| {
        let mut jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        std::fs::write(&path, serde_json::to_vec(&JwkSet { keys: vec![jwk] }).unwrap()).unwrap();
    };
    write(&old, "old");
    let clock = Arc::new(AtomicU64::new(1_000_000));
    let told = Arc::clone(&clock);
    let issuer = TrustedIssuer {
        issuer: "https://login.example".to_owned(),
        audience: "loket".to_owned(),
        keys: KeySource::File(path.clone()),
    };
    let callers = Callers::with_clock(issuer, Arc::new(move || told.load(Ordering::Relaxed))).await.unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("new".to_owned());
    let token = jsonwebtoken::encode(&header, &good(), &new).unwrap();
    write(&new, "new");
    assert_eq!(callers.verify(&token).await, Err(AuthError::UnknownKey), "it was fetched within the pause");
    clock.store(1_000_011, Ordering::Relaxed);
    assert!(callers.verify(&token).await.is_ok());
}
