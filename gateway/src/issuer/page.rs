//! `POST /token` and the key set, for development: whoever reaches the operations port on loopback gets the token they
//! ask for.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use casework::dictionary::Assurance;
use serde::Deserialize;
use serde_json::json;

use super::{Issuer, TokenRequest, TokenRole};

/// Largest request for a token, in bytes.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// What `POST /token` takes, as JSON or as a form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// `citizen`, `portal`, `agency`, `officer`, `operator` or `contact-centre`.
    role: String,
    /// Who: a citizen's number, an agency's id, anybody's subject.
    id: String,
    /// For a citizen without a number, or with a subject of their own: `id` is the subject then. Empty: no number.
    #[serde(default)]
    person: Option<String>,
    /// For an officer: the agency.
    #[serde(default)]
    agency: Option<String>,
    /// For a citizen: the portal.
    #[serde(default)]
    portal: Option<String>,
    /// For a citizen: `low`, `substantial` or `high`.
    #[serde(default)]
    assurance: Option<Assurance>,
    /// For an operator: some of `viewer steward registrar auditor sandbox`, separated by spaces.
    #[serde(default)]
    roles: Option<String>,
    /// Seconds.
    #[serde(default)]
    lifetime: Option<u64>,
}

/// `POST /token` and `GET /.well-known/jwks.json`.
pub fn token_routes(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/.well-known/jwks.json", get(keys))
        .layer(axum::extract::DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(issuer)
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Response {
    Json(issuer.key_set()).into_response()
}

async fn token(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Response {
    if !asked_by_loopback_name(&headers) {
        return problem(
            StatusCode::FORBIDDEN,
            "ask for tokens by a loopback name: localhost, 127.0.0.1 or [::1]",
        );
    }
    let asked = match read(&headers, &body) {
        Ok(asked) => asked,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    let request = match asked.request() {
        Ok(request) => request,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    match issuer.token(&request) {
        Ok(token) => {
            let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": issuer.lifetime(&request)});
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A page of another site that a browser shows must not fetch tokens by a name of its own that points here.
fn asked_by_loopback_name(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 carries the name elsewhere and no browser speaks it without TLS.
    let Some(host) = host else { return true };
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Asked, String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // curl calls everything a form that it is given with -d.
    let form =
        kind.starts_with("application/x-www-form-urlencoded") && !body.trim_ascii_start().starts_with(b"{");
    let read: Result<Asked, String> = if form {
        let pairs: serde_json::Map<_, _> = form_pairs(body)?.into_iter().map(|(k, v)| typed(k, v)).collect();
        serde_json::from_value(pairs.into()).map_err(|e| e.to_string())
    } else {
        serde_json::from_slice(body).map_err(|e| e.to_string())
    };
    read.map_err(|e| {
        format!("ask with JSON or a form, such as {{\"role\": \"agency\", \"id\": \"civil-registry\"}}: {e}")
    })
}

fn typed(key: String, value: String) -> (String, serde_json::Value) {
    let value = match value.parse::<u64>() {
        Ok(number) if key == "lifetime" => number.into(),
        _ => value.into(),
    };
    (key, value)
}

/// The pairs of a form, decoded.
fn form_pairs(body: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = str::from_utf8(body).map_err(|_| "the form is not UTF-8".to_owned())?;
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(key)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Result<String, String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let code =
                    rest.get(..2).and_then(|code| data_encoding::HEXLOWER_PERMISSIVE.decode(code).ok());
                bytes.extend(code.ok_or("the form has a broken % code")?);
                rest = &rest[2..];
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| "the form is not UTF-8".to_owned())
}

impl Asked {
    fn request(self) -> Result<TokenRequest, String> {
        let subject = self.id;
        let role = match self.role.as_str() {
            "citizen" => {
                let person = match &self.person {
                    Some(person) => Some(person.clone()).filter(|person| !person.is_empty()),
                    None => Some(subject.clone()),
                };
                let subject = if self.person.is_some() { subject } else { format!("citizen-{subject}") };
                let assurance = self.assurance.unwrap_or(Assurance::High);
                let portal = self.portal.unwrap_or_else(|| "development".to_owned());
                TokenRole::Citizen { subject, person, assurance, portal }
            }
            "portal" => TokenRole::Portal { client: subject },
            "agency" => TokenRole::Agency { agency: subject },
            "officer" => {
                TokenRole::Officer { agency: self.agency.ok_or("an officer needs `agency`")?, subject }
            }
            "operator" => {
                let roles = self.roles.unwrap_or_default();
                let roles = roles.split_whitespace().map(str::parse).collect::<Result<_, _>>();
                let roles = roles.map_err(|e: crate::callers::UnknownRole| e.to_string())?;
                TokenRole::Operator { subject, roles }
            }
            "contact-centre" => TokenRole::ContactCentre { subject },
            _ => {
                return Err(
                    "`role` is citizen, portal, agency, officer, operator or contact-centre".to_owned()
                );
            }
        };
        Ok(TokenRequest { role, lifetime: self.lifetime })
    }
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({"title": status.canonical_reason(), "status": status.as_u16(), "detail": detail});
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_by_a_loopback_name() {
        for (host, expected) in [
            ("127.0.0.1:8081", true),
            ("localhost:8081", true),
            ("[::1]:8081", true),
            ("[::1]", true),
            ("rebound.example.org:8081", false),
            ("127.0.0.1.example.org", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(asked_by_loopback_name(&headers), expected, "{host}");
        }
    }

    #[test]
    fn a_form_and_json_ask_the_same() {
        let mut form = HeaderMap::new();
        form.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        let by_form = read(&form, b"role=operator&id=me%20too&roles=viewer+steward&lifetime=60").unwrap();
        let json = br#"{"role": "operator", "id": "me too", "roles": "viewer steward", "lifetime": 60}"#;
        let by_json = read(&HeaderMap::new(), json).unwrap();
        assert_eq!(by_form.request(), by_json.request());
    }

    #[tokio::test]
    async fn whoever_asks_on_loopback_gets_a_token_and_the_keys_to_verify_it() {
        use http_body_util::BodyExt;
        use tower::ServiceExt;

        let dir = tempfile::tempdir().unwrap();
        let issuer = Arc::new(Issuer::open(dir.path()).unwrap());
        let callers = crate::callers::Callers::trust(issuer.trusted()).await.unwrap();
        let ask = |path: &str, body: &'static str| {
            let request = http::Request::builder().uri(path).header(header::HOST, "127.0.0.1:8081");
            let request = if body.is_empty() { request } else { request.method("POST") };
            let answer = token_routes(Arc::clone(&issuer))
                .oneshot(request.body(axum::body::Body::from(body)).unwrap());
            async {
                let answer = answer.await.unwrap();
                let (status, body) =
                    (answer.status(), answer.into_body().collect().await.unwrap().to_bytes());
                (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
            }
        };
        let (status, answer) = ask("/token", r#"{"role": "agency", "id": "civil-registry"}"#).await;
        assert_eq!((status, answer["token_type"].as_str()), (StatusCode::OK, Some("Bearer")));
        let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer.parse().unwrap())]);
        let agency = crate::callers::Principal::Agency { agency: "civil-registry".parse().unwrap() };
        assert_eq!(*callers.authenticate(&headers).await.unwrap(), agency);
        let (status, keys) = ask("/.well-known/jwks.json", "").await;
        assert_eq!((status, keys["keys"][0]["kty"].as_str()), (StatusCode::OK, Some("EC")));
        assert!(keys["keys"][0].get("d").is_none(), "the private key is served");
        let (status, problem) = ask("/token", r#"{"role": "king", "id": "x"}"#).await;
        assert_eq!((status, problem["status"].as_u64()), (StatusCode::BAD_REQUEST, Some(400)));
    }

    #[test]
    fn a_citizen_may_have_no_number() {
        let asked =
            read(&HeaderMap::new(), br#"{"role": "citizen", "id": "somebody", "person": ""}"#).unwrap();
        let TokenRole::Citizen { subject, person, .. } = asked.request().unwrap().role else { panic!() };
        assert_eq!((subject.as_str(), person), ("somebody", None));
    }
}
