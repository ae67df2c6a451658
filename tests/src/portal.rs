//! A portal that speaks REST, as most do.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use gateway::issuer::TokenRole;

use crate::counter::Counter;

/// A portal in the hands of one citizen.
pub struct Portal {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: String,
}

impl Portal {
    /// The portal of a citizen of this number, at this counter.
    #[must_use]
    pub fn of(counter: &Counter, citizen: &str) -> Self {
        Self::at(counter, counter.public, TokenRole::citizen(citizen))
    }

    /// What operators and officers use: the operations of this counter, in somebody's hands.
    #[must_use]
    pub fn operations(counter: &Counter, role: TokenRole) -> Self {
        Self::at(counter, counter.operations, role)
    }

    fn at(counter: &Counter, port: u16, role: TokenRole) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: format!("http://127.0.0.1:{port}"),
            token: counter.token(role).header().to_owned(),
        }
    }

    /// Asks for a page of the API: its status and what it says.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, &Value::Null).await
    }

    /// Posts to the API: the status and what it answers.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    /// Reports a life event: the name of the case.
    ///
    /// # Panics
    /// Where the report is not accepted; with what was said.
    pub async fn report(&self, life_event: &str, request_id: &str, facts: Value) -> String {
        let body = json!({"life_event": life_event, "request_id": request_id, "facts": facts});
        let (status, opened) = self.post("/v1/cases", &body).await;
        assert_eq!(status, 200, "{opened:#}");
        opened["case"]["name"].as_str().unwrap_or_default().to_owned()
    }

    /// What a report would do, in a language.
    ///
    /// # Panics
    /// Where it cannot be previewed; with what was said.
    pub async fn preview(&self, life_event: &str, facts: Value, language: &str) -> Value {
        let body = json!({"life_event": life_event, "facts": facts, "language": language});
        let (status, preview) = self.post("/v1/cases:preview", &body).await;
        assert_eq!(status, 200, "{preview:#}");
        preview
    }

    /// The case as this citizen sees it, in a language.
    ///
    /// # Panics
    /// Where it is not shown; with what was said.
    pub async fn case(&self, name: &str, language: &str) -> Value {
        let (status, case) = self.get(&format!("/v1/{name}?language={language}")).await;
        assert_eq!(status, 200, "{case:#}");
        case
    }

    /// Answers one question: the status, and the case or the problem.
    pub async fn answer(&self, name: &str, fact: &str, member: &str, value: Value) -> (u16, Value) {
        let body = json!({"answers": [{"fact": fact, "member": member, "value": value}]});
        self.post(&format!("/v1/{name}:answer"), &body).await
    }

    #[expect(clippy::expect_used, reason = "a test without an answer cannot go on")]
    async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let content = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", &self.token)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(content)))
            .expect("a request");
        let response = self.client.request(request).await.expect("the counter answers");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a whole answer").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// The step of a service in a case as REST shows it; null: the case has no such step.
#[must_use]
pub fn step<'c>(case: &'c Value, service: &str, member: &str) -> &'c Value {
    let of = |it: &&Value| it["service"] == service && it["member"].as_str().unwrap_or_default() == member;
    case["steps"].as_array().and_then(|steps| steps.iter().find(of)).unwrap_or(&Value::Null)
}

/// The state of a step, without what all states begin with: `DONE`.
#[must_use]
pub fn state(step: &Value) -> &str {
    step["state"].as_str().unwrap_or_default().trim_start_matches("STATE_")
}

/// The result of a step's decision, without what all results begin with: `GRANTED`.
#[must_use]
pub fn result(step: &Value) -> &str {
    step["decision"]["result"].as_str().unwrap_or_default().trim_start_matches("RESULT_")
}

/// The codes of the reasons of a step's decision.
#[must_use]
pub fn reasons(step: &Value) -> Vec<&str> {
    let reasons = step["decision"]["reasons"].as_array();
    reasons.into_iter().flatten().filter_map(|it| it["code"].as_str()).collect()
}
