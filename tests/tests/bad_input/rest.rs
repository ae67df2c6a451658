//! What is wrong with requests in REST.

use serde_json::{Value, json};
use tests::counter::Counter;
use tests::wire::{answers, ask, exchange, request};

use super::{Bad, NOOR, SECRET, bad, birth, birth_but};

const JSON: &str = "Content-Type: application/json";

/// Everything that is refused.
pub(super) fn all(token: &str) -> Vec<Bad> {
    let bearer = format!("Authorization: Bearer {token}");
    let mut all = contents(&bearer);
    all.extend(values(&bearer));
    all.extend(bodies(&bearer));
    all.extend(queries(&bearer));
    all.extend(paths(&bearer));
    all.extend(heads(&bearer));
    all
}

fn post(bearer: &str, path: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, &[bearer, JSON], body)
}

fn open(bearer: &str, body: &[u8]) -> Vec<u8> {
    post(bearer, "/v1/cases", body)
}

fn get(bearer: &str, path: &str) -> Vec<u8> {
    request("GET", path, &[bearer], b"")
}

/// JSON of the wrong content.
fn contents(bearer: &str) -> Vec<Bad> {
    let open = |body: &Value| open(bearer, body.to_string().as_bytes());
    let but = |at: &str, value: Value| super::rest::open(bearer, &birth_but(at, value));
    let lacking = json!({"request_id": "r", "life_event": "birth", "role": "mother", "facts": {}});
    let extra = json!({"request_id": "r", "life_event": "birth", "faits": {}});
    let three = json!([{"number": NOOR}, {"number": "999000002"}, {"number": "999000003"}]);
    let mut listed = birth("r");
    listed["facts"]["parent"] = three;
    vec![
        bad("an unknown life event", but("/life_event", json!("eclipse")), 404, "LIFE_EVENT_NOT_FOUND"),
        bad("a strange life event", but("/life_event", json!("../birth")), 400, "INVALID_REQUEST"),
        bad("missing facts", open(&lacking), 400, "FACTS_MISSING"),
        bad("an unknown field", open(&extra), 400, "INVALID_REQUEST"),
        bad("no request id", but("/request_id", json!("")), 400, "INVALID_REQUEST"),
        bad("a long request id", but("/request_id", json!("x".repeat(65))), 400, "INVALID_REQUEST"),
        bad("a request id of several lines", but("/request_id", json!("a\nb")), 400, "INVALID_REQUEST"),
        bad("a request id of null bytes", but("/request_id", json!("\u{0}")), 400, "INVALID_REQUEST"),
        bad("a request id of other letters", but("/request_id", json!("aanvraag-é")), 400, "INVALID_REQUEST"),
        bad("a request id that is a number", but("/request_id", json!(7)), 400, "INVALID_REQUEST"),
        bad("an unknown role", but("/role", json!("midwife")), 400, "INVALID_REQUEST"),
        bad("a role that is a list", but("/role", json!(["mother"])), 400, "INVALID_REQUEST"),
        bad("an unknown fact", but("/facts/mother", json!({"shoe_size": 43})), 400, "UNKNOWN_FACT"),
        bad("an unknown group", but("/facts/child", json!({"number": "999000002"})), 400, "UNKNOWN_FACT"),
        bad("more parents than there are", open(&listed), 400, "UNKNOWN_FACT"),
        bad("another's number", but("/facts/mother/number", json!("999000003")), 403, "PERMISSION_DENIED"),
    ]
}

/// Values of the wrong type or form.
fn values(bearer: &str) -> Vec<Bad> {
    let but = |at: &str, value: Value| open(bearer, &birth_but(at, value));
    let name = "/facts/child/0/given_names";
    let raw = |number: &str| {
        let body = String::from_utf8(birth_but("/facts/child/0/birth_order", json!(777))).unwrap_or_default();
        open(bearer, body.replace("777", number).as_bytes())
    };
    vec![
        bad("a truth for a date", but("/facts/birth/date", json!(true)), 400, "WRONG_FACT_TYPE"),
        bad("a date that is none", but("/facts/birth/date", json!("2026-02-30")), 400, "WRONG_FACT_TYPE"),
        bad("an object for a date", but("/facts/birth/date", json!({"year": 2026})), 400, "INVALID_REQUEST"),
        bad("a list for a number", but("/facts/child/0/birth_order", json!([1])), 400, "WRONG_FACT_TYPE"),
        bad("a code that is none", but("/facts/child/0/gender", json!(SECRET)), 400, "WRONG_FACT_TYPE"),
        bad("a member that is a text", but("/facts/child/0", json!(SECRET)), 400, "INVALID_REQUEST"),
        bad("facts that are a list", but("/facts", json!([])), 400, "INVALID_REQUEST"),
        bad("a role that is a text", but("/facts/mother", json!(SECRET)), 400, "INVALID_REQUEST"),
        bad("a number beyond all", raw("1e999"), 400, "MALFORMED_BODY"),
        bad("no number", raw("NaN"), 400, "MALFORMED_BODY"),
        bad("infinity", raw("Infinity"), 400, "MALFORMED_BODY"),
        bad("a number of many digits", raw("99999999999999999999999999"), 400, "INVALID_REQUEST"),
        bad("a fraction for a place", raw("1.5"), 400, "WRONG_FACT_TYPE"),
        bad("a small number for a text", but(name, json!(1)), 400, "WRONG_FACT_TYPE"),
        bad("a null byte in a name", but(name, json!("Mi\u{0}la")), 400, "WRONG_FACT_TYPE"),
        bad("control characters in a name", but(name, json!("\u{1b}[31mMila\u{7}")), 400, "WRONG_FACT_TYPE"),
        bad("a name of spaces", but(name, json!("   ")), 400, "WRONG_FACT_TYPE"),
        bad("a name of 5000 letters", but(name, json!("é".repeat(5_000))), 400, "WRONG_FACT_TYPE"),
        bad("half an amount", but(name, json!({"amount": "1"})), 400, "INVALID_REQUEST"),
        bad("unknown as a text", but(name, json!({"unknown": "yes"})), 400, "INVALID_REQUEST"),
    ]
}

/// Bodies that are no JSON, or too much of it.
fn bodies(bearer: &str) -> Vec<Bad> {
    let open = |body: &[u8]| open(bearer, body);
    let typed = |kind: &str| request("POST", "/v1/cases", &[bearer, kind], birth("r").to_string().as_bytes());
    let large = vec![b' '; 5 << 20];
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", large.len(), " ".repeat(large.len()));
    let head = request("POST", "/v1/cases", &[bearer, JSON, "Transfer-Encoding: chunked"], b"");
    let head = String::from_utf8_lossy(&head).replace("Content-Length: 0\r\n", "");
    let deep = format!("{{\"facts\": {}", "[".repeat(100_000));
    let members = json!({"request_id": "r", "life_event": "birth", "facts": {"child": vec![json!({}); 300]}});
    vec![
        bad("an empty body", open(b""), 400, "INVALID_REQUEST"),
        bad("null", open(b"null"), 400, "INVALID_REQUEST"),
        bad("a list", open(b"[]"), 400, "INVALID_REQUEST"),
        bad("broken JSON", open(b"{\"request_id\": "), 400, "MALFORMED_BODY"),
        bad("two bodies", open(b"{} {}"), 400, "MALFORMED_BODY"),
        bad("single quotes", open(b"{'request_id': 'r'}"), 400, "MALFORMED_BODY"),
        bad("no UTF-8", open(b"{\"request_id\": \"\xff\xfe\"}"), 400, "MALFORMED_BODY"),
        bad("half a surrogate", open(b"{\"request_id\": \"\\ud800\"}"), 400, "MALFORMED_BODY"),
        bad("deep nesting", open(deep.as_bytes()), 400, "MALFORMED_BODY"),
        bad("a key twice", open(b"{\"request_id\": \"a\", \"request_id\": \"b\"}"), 400, "INVALID_REQUEST"),
        bad(
            "a key in both spellings",
            open(b"{\"request_id\": \"a\", \"requestId\": \"a\"}"),
            400,
            "INVALID_REQUEST",
        ),
        bad("5 MB", open(&large), 413, "BODY_TOO_LARGE"),
        bad("5 MB in pieces", [head.into_bytes(), chunk.into_bytes()].concat(), 413, "BODY_TOO_LARGE"),
        bad("many members", open(members.to_string().as_bytes()), 400, "INVALID_REQUEST"),
        bad(
            "a form",
            typed("Content-Type: application/x-www-form-urlencoded"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        bad("plain text", typed("Content-Type: text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        bad(
            "other letters",
            typed("Content-Type: application/json; charset=latin1"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        bad("a compressed body", typed("Content-Encoding: gzip"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        bad("gRPC over HTTP/1.1", typed("Content-Type: application/grpc"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ]
}

/// Queries and what stands in their place.
fn queries(bearer: &str) -> Vec<Bad> {
    let get = |path: &str| get(bearer, path);
    let watch = |last: &str| {
        let last = format!("Last-Event-ID: {last}");
        request("GET", "/v1/cases/c1:watch", &[bearer, &last], b"")
    };
    vec![
        bad("a negative page", get("/v1/cases?page_size=-1"), 400, "INVALID_REQUEST"),
        bad("a page beyond all", get("/v1/cases?page_size=99999999999"), 400, "INVALID_REQUEST"),
        bad("a page of words", get("/v1/cases?page_size=many"), 400, "INVALID_REQUEST"),
        bad("a page token that is none", get("/v1/cases?page_token=abc"), 400, "INVALID_PAGE_TOKEN"),
        bad("an unknown parameter", get("/v1/cases?size=5"), 400, "INVALID_REQUEST"),
        bad("a parameter twice", get("/v1/cases?page_size=5&page_size=6"), 400, "INVALID_REQUEST"),
        bad("a query that is no UTF-8", get("/v1/cases?page_token=%ff"), 400, "INVALID_REQUEST"),
        bad("a query for a body", post(bearer, "/v1/cases?request_id=r", b"{}"), 400, "INVALID_REQUEST"),
        bad("events after garbage", watch("abc"), 400, "INVALID_REQUEST"),
        bad("events after nothing", watch(""), 400, "INVALID_REQUEST"),
        bad("events after too much", watch("99999999999999999999"), 400, "INVALID_REQUEST"),
        bad(
            "html wanted",
            request("GET", "/v1/cases", &[bearer, "Accept: text/html"], b""),
            406,
            "NOT_ACCEPTABLE",
        ),
    ]
}

/// Paths, methods and names of resources.
fn paths(bearer: &str) -> Vec<Bad> {
    let get = |path: &str| get(bearer, path);
    let on = |path: &str, body: Value| post(bearer, path, body.to_string().as_bytes());
    let answer = json!({"answers": [{"fact": "child.given_names", "value": SECRET}]});
    let long = format!("/v1/cases/{}", "x".repeat(9_000));
    let wordy = format!("/v1/cases/{}", "x".repeat(300));
    let connect = post(bearer, "/loket.portal.v1.CaseService/GetCase", b"{}");
    vec![
        bad("no such path", get("/v1/casse"), 404, "NO_SUCH_PATH"),
        bad("a way out of the path", get("/v1/../etc/passwd"), 404, "NO_SUCH_PATH"),
        bad("a wrong method", request("DELETE", "/v1/cases", &[bearer], b""), 405, "METHOD_NOT_ALLOWED"),
        bad("a made-up method", request("BREW", "/v1/cases", &[bearer], b""), 405, "METHOD_NOT_ALLOWED"),
        bad("trace", request("TRACE", "/v1/cases", &[bearer], b""), 405, "METHOD_NOT_ALLOWED"),
        bad("a watch by post", post(bearer, "/v1/cases/c1:watch", b"{}"), 405, "METHOD_NOT_ALLOWED"),
        bad("another protocol", connect, 404, "NO_SUCH_PATH"),
        bad("no UTF-8 in the path", get("/v1/cases/%ff"), 400, "INVALID_REQUEST"),
        bad("half an escape", get("/v1/cases/%4"), 400, "INVALID_REQUEST"),
        bad("raw bytes in the path", raw_path(bearer), 400, "INVALID_REQUEST"),
        bad("a long path", get(&long), 414, "PATH_TOO_LONG"),
        bad("an unknown case", get("/v1/cases/nothing"), 404, "CASE_NOT_FOUND"),
        bad("a case of a null byte", get("/v1/cases/%00"), 404, "CASE_NOT_FOUND"),
        bad("a case that is a path", get("/v1/cases/..%2Fdrafts%2Fx"), 404, "CASE_NOT_FOUND"),
        bad("a case of flowers", get("/v1/cases/%F0%9F%8C%B7"), 404, "CASE_NOT_FOUND"),
        bad("a case of many letters", get(&wordy), 404, "CASE_NOT_FOUND"),
        bad("an unknown case's events", get("/v1/cases/nothing:watch"), 404, "CASE_NOT_FOUND"),
        bad("an unknown case's accesses", get("/v1/cases/nothing/accesses"), 404, "CASE_NOT_FOUND"),
        bad("an answer in an unknown case", on("/v1/cases/nothing:answer", answer), 404, "CASE_NOT_FOUND"),
        bad("a withdrawal of nothing", on("/v1/cases/nothing:withdraw", json!({})), 404, "CASE_NOT_FOUND"),
        bad("an unknown draft", get("/v1/drafts/nothing"), 404, "DRAFT_NOT_FOUND"),
        bad("submitting nothing", on("/v1/drafts/nothing:submit", json!({})), 404, "DRAFT_NOT_FOUND"),
        bad(
            "a draft of nothing",
            on("/v1/drafts", json!({"life_event": "eclipse"})),
            404,
            "LIFE_EVENT_NOT_FOUND",
        ),
    ]
}

fn raw_path(bearer: &str) -> Vec<u8> {
    let head = String::from_utf8_lossy(&get(bearer, "/v1/cases/@@")).into_owned();
    let (before, after) = head.split_once("@@").unwrap_or_default();
    [before.as_bytes(), b"\xff\xfe", after.as_bytes()].concat()
}

/// Request lines and headers.
fn heads(bearer: &str) -> Vec<Bad> {
    let with = |line: &str| request("GET", "/v1/life-events", &[bearer, line], b"");
    let large = |bytes: usize| with(&format!("X-Large: {}", "x".repeat(bytes)));
    let many = (0..100).map(|at| format!("X-{at}: 1")).collect::<Vec<_>>().join("\r\n");
    let foreign = String::from_utf8_lossy(&with("X-A: b")).replace("Host: 127.0.0.1", "Host: evil.example");
    let beyond =
        String::from_utf8_lossy(&open(bearer, b"{}")).replace("Content-Length: 2", "Content-Length: -2");
    vec![
        bad("large headers", large(20_000), 431, "HEADERS_TOO_LARGE"),
        bad("very large headers", large(2_000_000), 431, "HEADERS_TOO_LARGE"),
        bad("many headers", with(&many), 431, "HEADERS_TOO_LARGE"),
        bad("a null byte in a header", with("X-Null: a\0b"), 400, "INVALID_REQUEST"),
        bad("a header without a name", with(": nothing"), 400, "INVALID_REQUEST"),
        bad("another host", foreign.into_bytes(), 421, "FOREIGN_HOST"),
        bad("a body of a negative length", beyond.into_bytes(), 400, "INVALID_REQUEST"),
        bad(
            "another protocol's first words",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n".to_vec(),
            400,
            "INVALID_REQUEST",
        ),
    ]
}

/// What looks strange and is right: it is answered, or ends, and breaks nothing.
pub(super) async fn harmless(counter: &Counter, token: &str) {
    let bearer = format!("Authorization: Bearer {token}");
    let port = counter.public;
    for (what, line) in [
        ("a header that is no UTF-8", "Accept-Language: \u{ff}\u{fe}"),
        ("an unknown language", "Accept-Language: tlh, *;q=0.1"),
        ("garbage of quality", "Accept-Language: nl;q=NaN,;;;"),
        ("a strange trace", "Traceparent: 00-zzzz"),
    ] {
        let answer = ask(port, &request("GET", "/v1/life-events", &[line], b"")).await;
        assert_eq!(answer.map(|answer| answer.status), Some(200), "{what}");
    }
    let old = exchange(port, b"GET /v1/life-events HTTP/1.0\r\n\r\n", false).await;
    assert_eq!(answers(&old)[0].status, 200, "HTTP/1.0");
    let twice = [
        &b"GET /v1/life-events HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"GET /v1/life-events/birth HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ];
    let both = answers(&exchange(port, &twice.concat(), false).await);
    assert_eq!(both.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200], "pipelined");
    assert_eq!(both[1].json()["name"], "lifeEvents/birth");
    let page = ask(port, &get(&bearer, "/v1/cases?page_size=2147483647")).await.expect("an answer");
    assert_eq!(page.status, 200, "a huge page is the largest there is");

    let names = "\u{202e}שירה\u{202c} Zoë 🌷👩‍👧 O'Brien \"x\" <b> ${jndi:ldap} '; DROP TABLE";
    let opened = ask(port, &open(&bearer, &birth_but("/facts/child/0/given_names", json!(names)))).await;
    let opened = opened.expect("an answer");
    assert_eq!(opened.status, 200, "{:?}", opened.json());
    let name = opened.json()["case"]["name"].as_str().expect("a case").to_owned();
    let seen = ask(port, &get(&bearer, &format!("/v1/{name}"))).await.expect("an answer").json();
    let facts = seen["facts"].as_array().cloned().unwrap_or_default();
    assert!(facts.iter().any(|fact| fact["value"] == names), "the names came back changed: {facts:?}");
    let ahead = format!("Last-Event-ID: {}", i64::MAX);
    let ahead = request("GET", &format!("/v1/{name}:watch"), &[&bearer, &ahead], b"");
    let answer = ask(port, &ahead).await;
    assert_eq!(super::fault("events that are not yet", answer.as_ref(), 400, "INVALID_REQUEST"), None);
}
