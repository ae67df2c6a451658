//! Tokens that are not taken.

use std::time::{SystemTime, UNIX_EPOCH};

use gateway::issuer::{Issuer, KEY_FILE, TokenRequest, TokenRole};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::counter::Counter;
use tests::wire::request;

use super::{Bad, NOOR, bad};

/// Everything that is refused for its token.
pub(super) fn all(counter: &Counter) -> Vec<Bad> {
    let own = counter.bare_token(TokenRole::citizen(NOOR));
    let agency = counter.bare_token(TokenRole::Agency { agency: "civil-registry".to_owned() });
    let bearer = format!("Authorization: Bearer {own}");
    let cut = &own[..own.len() - 5];
    let mut all: Vec<Bad> = [
        ("garbage", "garbage"),
        ("an empty token", ""),
        ("a long token", &"x".repeat(9_000)),
        ("half a signature", cut),
        ("no signature", &unsigned(&own)),
        ("another issuer's key", &foreign()),
    ]
    .into_iter()
    .map(|(what, token)| invalid(what, with(token)))
    .chain(claims(counter, &own))
    .collect();
    all.extend([
        bad("no token", request("GET", "/v1/cases", &[], b""), 401, "UNAUTHENTICATED"),
        invalid("another scheme", request("GET", "/v1/cases", &["Authorization: Basic YTpi"], b"")),
        invalid("a token twice", request("GET", "/v1/cases", &[&bearer, &bearer], b"")),
        bad("an agency's token", with(&agency), 403, "PERMISSION_DENIED"),
    ]);
    all
}

fn with(token: &str) -> Vec<u8> {
    request("GET", "/v1/cases", &[&format!("Authorization: Bearer {token}")], b"")
}

fn invalid(what: &'static str, bytes: Vec<u8>) -> Bad {
    bad(what, bytes, 401, "INVALID_TOKEN")
}

/// Claims that are signed with the counter's own key, and not taken.
fn claims(counter: &Counter, own: &str) -> Vec<Bad> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signed = |what, change: &[(&str, Value)]| invalid(what, with(&resigned(counter, own, change)));
    vec![
        signed("an expired token", &[("iat", json!(now - 900)), ("exp", json!(now - 400))]),
        signed("a token of tomorrow", &[("iat", json!(now + 900)), ("exp", json!(now + 1_400))]),
        signed("a token that lives for ever", &[("exp", json!(now + 9_000_000))]),
        signed("a token for another", &[("aud", json!("elsewhere"))]),
        signed("a token of another", &[("iss", json!("https://elsewhere.example"))]),
        signed("a token of no role", &[("loket_role", json!("king"))]),
        signed("a token of a strange number", &[("person", json!("1 OR 1=1"))]),
    ]
}

/// The token's claims, changed and signed with the counter's own key.
fn resigned(counter: &Counter, token: &str, change: &[(&str, Value)]) -> String {
    let [head, mut claims] = parts(token);
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    let pem = std::fs::read(counter.folder().join(KEY_FILE)).unwrap();
    let mut header = Header::new(Algorithm::ES256);
    header.kid = head["kid"].as_str().map(str::to_owned);
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_pem(&pem).unwrap()).unwrap()
}

/// The token with the algorithm `none`.
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let head = json!({"alg": "none", "typ": "JWT"}).to_string();
    format!("{}.{claims}.", data_encoding::BASE64URL_NOPAD.encode(head.as_bytes()))
}

/// A token of an issuer of its own.
fn foreign() -> String {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path()).unwrap();
    issuer.token(&TokenRequest { role: TokenRole::citizen(NOOR), lifetime: None }).unwrap()
}

/// The head and the claims of a token.
fn parts(token: &str) -> [Value; 2] {
    let part = |nth| {
        let text: &str = token.split('.').nth(nth).unwrap();
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
    };
    [part(0), part(1)]
}
