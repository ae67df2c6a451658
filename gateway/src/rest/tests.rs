use std::convert::Infallible;
use std::sync::LazyLock;

use http_body_util::BodyExt;
use proptest::prelude::*;
use prost_reflect::ReflectMessage;
use proto::loket::portal::v1 as portal;
use serde_json::json;
use tower::service_fn;

use super::*;
use crate::config::Config;
use crate::reasons::Refusal;

fn pool() -> DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap());
    POOL.clone()
}

/// REST over services that must not be called.
fn rest() -> Rest {
    let inside = service_fn(|_: Request<tonic::body::Body>| async {
        Ok::<_, Infallible>(Status::internal("must not be called").into_http())
    });
    let limits = Config::load(None, []).unwrap().limits;
    let services = ["loket.portal.v1.LifeEventService", "loket.portal.v1.CaseService"];
    Rest::new(&pool(), &services, Inside::new(inside), &limits, 10_000, |_| vec!["a citizen".to_owned()])
        .unwrap()
}

/// The message that a request makes.
fn read(verb: Method, uri: &str, body: &str) -> Result<DynamicMessage, Status> {
    let rest = rest();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let Found::Route(route, values) = rest.routes.find(&verb, path) else { panic!("{uri} has no route") };
    rest.request(route, values, query, body.as_bytes())
}

fn post(uri: &str, body: &serde_json::Value) -> Result<DynamicMessage, Status> {
    read(Method::POST, uri, &body.to_string())
}

/// The places that are refused, each with what is said of it.
fn faults(result: Result<DynamicMessage, Status>) -> Vec<(String, String)> {
    let refusal = Refusal::of(&result.unwrap_err());
    assert_eq!(refusal.reason.http(), 400);
    refusal.fields.into_iter().map(|fault| (fault.field, fault.description)).collect()
}

fn open(facts: &serde_json::Value) -> portal::OpenCaseRequest {
    let body = json!({"requestId": "r", "lifeEvent": "birth", "facts": facts});
    post("/v1/cases", &body).unwrap().transcode_to().unwrap()
}

async fn answer(request: Request<Body>) -> (StatusCode, HeaderMap, serde_json::Value) {
    let (parts, body) = rest().answer(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[test]
fn a_report_may_be_written_out_by_role_or_in_full_and_is_the_same() {
    let natural = json!({
        "request_id": "r-1", "life_event": "birth",
        "facts": {
            "mother": {"number": "999990019"},
            "child": [{"given_names": "Lotte", "birth_order": 1}, {"birth_order": 2}]
        }
    });
    let full = json!({
        "requestId": "r-1", "lifeEvent": "birth",
        "report": {
            "facts": {"mother.number": "999990019"},
            "members": [
                {"role": "child", "facts": {"child.given_names": "Lotte", "child.birth_order": 1}},
                {"role": "child", "facts": {"child.birth_order": 2}}
            ]
        }
    });
    let natural: portal::OpenCaseRequest = post("/v1/cases", &natural).unwrap().transcode_to().unwrap();
    let full: portal::OpenCaseRequest = post("/v1/cases", &full).unwrap().transcode_to().unwrap();
    assert_eq!(natural, full);
    assert_eq!(natural.report.unwrap().members.len(), 2);
}

#[test]
fn each_shape_of_a_value_has_its_kind() {
    use portal::value::Kind;
    let facts = json!({"x": {
        "text": "a", "yes": true, "whole": 7, "exact": 12.5, "none": null, "unsure": {"unknown": true},
        "money": {"amount": "12.50", "currency": "EUR"}, "cheap": {"amount": 3, "currency": "EUR"},
        "home": {"postalCode": "1011AB", "address_lines": ["Dam 1"]}, "many": ["a", "b"]
    }});
    let request = open(&facts);
    let report = request.report.unwrap();
    let kind = |name: &str| report.facts[&format!("x.{name}")].kind.clone().unwrap();
    assert_eq!(kind("text"), Kind::Text("a".into()));
    assert_eq!(kind("yes"), Kind::Bool(true));
    assert_eq!(kind("whole"), Kind::Integer(7));
    assert_eq!(kind("exact"), Kind::Decimal("12.5".into()));
    assert_eq!(kind("none"), Kind::Lack(portal::Lack::Absent.into()));
    assert_eq!(kind("unsure"), Kind::Lack(portal::Lack::Unknown.into()));
    assert_eq!(kind("money"), Kind::Money(portal::Money { amount: "12.50".into(), currency: "EUR".into() }));
    assert_eq!(kind("cheap"), Kind::Money(portal::Money { amount: "3".into(), currency: "EUR".into() }));
    let Kind::Address(address) = kind("home") else { panic!("no address") };
    assert_eq!((address.postal_code.as_str(), address.address_lines.len()), ("1011AB", 1));
    let Kind::List(list) = kind("many") else { panic!("no list") };
    assert_eq!(list.values.len(), 2);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place_and_without_its_value() {
    let body = r#"{
        "requestId": 5, "lifeEvnt": "birth",
        "facts": {
            "mother": {"income": {"amount": "1"}, "home": {"planet": "Mars"}, "share": 0.12345678901234567},
            "child": ["Lotte"], "father": "Lotte"
        }
    }"#;
    let told = faults(read(Method::POST, "/v1/cases", body));
    let places: Vec<&str> = told.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "requestId",
            "lifeEvnt",
            "facts.mother.income.currency",
            "facts.mother.home",
            "facts.mother.share",
            "facts.child[0]",
            "facts.father"
        ]
    );
    assert!(told[1].1.contains("lifeEvent") && told[1].1.contains("facts, role"), "{told:?}");
    assert!(!format!("{told:?}").contains("Lotte") && !format!("{told:?}").contains("Mars"), "{told:?}");
}

#[test]
fn what_is_given_twice_is_refused() {
    for (body, place) in [
        (r#"{"requestId": "a", "requestId": "b"}"#, "requestId"),
        (r#"{"requestId": "a", "request_id": "b"}"#, "request_id"),
        (r#"{"facts": {"a.b": 1, "a.b": 2}}"#, r#"facts["a.b"]"#),
        (r#"{"facts": {"a.b": 1, "a": {"b": 2}}}"#, "facts.a.b"),
        (r#"{"facts": {"a": {"b": 2}, "a": {}}}"#, "facts.a"),
        (r#"{"facts": {}, "report": {}}"#, "facts"),
    ] {
        let told = faults(read(Method::POST, "/v1/cases", body));
        assert_eq!(told[0].0, place, "{body}");
    }
}

#[test]
fn a_body_beyond_limits_or_broken_is_refused_with_the_place() {
    let deep = format!("{{\"facts\": {}1{}}}", "[".repeat(80), "]".repeat(80));
    for (body, said) in
        [(deep.as_str(), "64 levels"), ("{\"a\": ", "line 1 column"), ("\"x", "line 1 column")]
    {
        let refusal = Refusal::of(&read(Method::POST, "/v1/cases", body).unwrap_err());
        assert_eq!(refusal.reason, Reason::MalformedBody);
        assert!(refusal.detail.contains(said), "{}", refusal.detail);
    }
}

#[test]
fn path_query_and_body_fill_one_request() {
    let request = read(Method::GET, "/v1/cases/c1:watch?after=7&language=nl", "").unwrap();
    let request: portal::WatchCaseRequest = request.transcode_to().unwrap();
    assert_eq!((request.name.as_str(), request.after, request.language.as_str()), ("cases/c1", 7, "nl"));

    let draft =
        read(Method::PATCH, "/v1/drafts/d1", r#"{"lifeEvent": "birth", "facts": {"a.b": 1}}"#).unwrap();
    let draft: portal::UpdateDraftRequest = draft.transcode_to().unwrap();
    let draft = draft.draft.unwrap();
    assert_eq!((draft.name.as_str(), draft.life_event.as_str()), ("drafts/d1", "birth"));
    assert!(draft.report.unwrap().facts.contains_key("a.b"));

    let listed = read(Method::GET, "/v1/cases?pageSize=5&page_token=a%2Bb+c", "").unwrap();
    let listed: portal::ListCasesRequest = listed.transcode_to().unwrap();
    assert_eq!((listed.page_size, listed.page_token.as_str()), (5, "a+b c"));
}

#[test]
fn a_query_is_read_as_strictly_as_a_body() {
    for (uri, place) in [
        ("/v1/cases?pageSize=many", "query.pageSize"),
        ("/v1/cases?pagesize=5", "query.pagesize"),
        ("/v1/cases?pageSize=5&pageSize=6", "query.pageSize"),
        ("/v1/cases/c1?name=cases/c2", "query.name"),
        ("/v1/cases?language=%ff", "query"),
    ] {
        let told = faults(read(Method::GET, uri, ""));
        assert_eq!(told[0].0, place, "{uri}");
    }
    let told = faults(read(Method::POST, "/v1/cases?requestId=a", "{}"));
    assert_eq!(told[0].0, "query");
    let told = faults(read(Method::PATCH, "/v1/drafts/d1", r#"{"name": "drafts/d2"}"#));
    assert_eq!(told[0].0, "draft.name");
}

#[test]
fn a_browser_that_comes_back_resumes_after_the_last_event_it_saw() {
    let headers = HeaderMap::from_iter([("last-event-id".parse().unwrap(), "41".parse().unwrap())]);
    let mut request = read(Method::GET, "/v1/cases/c1:watch?after=7", "").unwrap();
    resumed(&mut request, &headers).unwrap();
    let watched: portal::WatchCaseRequest = request.transcode_to().unwrap();
    assert_eq!(watched.after, 41);
    for garbage in ["abc", "", "4.5", "9223372036854775808"] {
        let headers = HeaderMap::from_iter([("last-event-id".parse().unwrap(), garbage.parse().unwrap())]);
        let mut request = read(Method::GET, "/v1/cases/c1:watch", "").unwrap();
        let refusal = Refusal::of(&resumed(&mut request, &headers).unwrap_err());
        assert_eq!(
            (refusal.reason, refusal.fields[0].field.as_str()),
            (Reason::InvalidRequest, "last-event-id")
        );
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_a_problem_that_says_where_to_go() {
    let get = |uri: &str| Request::get(uri).body(Body::empty()).unwrap();
    let (code, headers, problem) = answer(get("/v1/nothing")).await;
    assert_eq!(code, 404);
    assert_eq!(headers[header::CONTENT_TYPE], problem::MEDIA_TYPE);
    assert_eq!(problem["type"], "/problems/no-such-path");

    let (code, headers, problem) = answer(Request::delete("/v1/cases").body(Body::empty()).unwrap()).await;
    assert_eq!((code.as_u16(), problem["reason"].as_str()), (405, Some("METHOD_NOT_ALLOWED")));
    assert_eq!(headers[header::ALLOW], "POST, GET, HEAD, OPTIONS");

    let picky = Request::get("/v1/cases").header("accept", "text/html").body(Body::empty()).unwrap();
    assert_eq!(answer(picky).await.0, 406);
    let form = Request::post("/v1/cases")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("a=b"));
    assert_eq!(answer(form.unwrap()).await.0, 415);
    let large = Request::post("/v1/cases").body(Body::from(vec![b' '; 10_001])).unwrap();
    assert_eq!(answer(large).await.0, 413);
    assert_eq!(answer(get("/v1/%ff")).await.0, 400);
    assert_eq!(answer(get("/problems/case-not-found")).await.0, 200);
    assert_eq!(answer(get("/openapi.json")).await.0, 200);
}

#[test]
fn an_answer_has_every_field_without_presence_and_proto3_names() {
    let case = portal::Case {
        name: "cases/c1".into(),
        sequence: 12,
        state: portal::case::State::Open.into(),
        create_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        ..portal::Case::default()
    };
    let descriptor = pool().get_message_by_name("loket.portal.v1.Case").unwrap();
    let mut message = DynamicMessage::new(descriptor);
    message.transcode_from(&case).unwrap();
    let written = write::message(&message);
    assert_eq!(written["lifeEvent"], "");
    assert_eq!(written["sequence"], "12");
    assert_eq!(written["state"], "OPEN");
    assert_eq!(written["createTime"], "2023-11-14T22:13:20Z");
    assert_eq!(written["steps"], json!([]));
    assert_eq!(written["withdrawable"], false);
    assert!(written.get("updateTime").is_none());
}

fn natural_json() -> impl Strategy<Value = serde_json::Value> {
    let money = ("[0-9]{1,6}\\.[0-9]{2}", "[A-Z]{3}")
        .prop_map(|(amount, currency)| json!({"amount": amount, "currency": currency}));
    let leaf = prop_oneof![
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z é\"\\\\]{0,12}".prop_map(Into::into),
        Just(json!(null)),
        Just(json!({"unknown": true})),
        money,
        ("[A-Z]{2}", "[a-z]{1,9}")
            .prop_map(|(region, line)| json!({"regionCode": region, "addressLines": [line]})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| proptest::collection::vec(inner, 0..3).prop_map(Into::into))
}

proptest! {
    #[test]
    fn natural_json_of_a_value_is_read_and_written_without_change(value in natural_json()) {
        let mut reader = Reader::default();
        let descriptor = pool().get_message_by_name(natural::VALUE).unwrap();
        let json = Json::parse(value.to_string().as_bytes(), 64).unwrap();
        let message = reader.message(&descriptor, &json, "");
        prop_assert_eq!(reader.into_faults(), vec![]);
        prop_assert_eq!(write::message(&message), value);
    }

    #[test]
    fn a_report_is_read_as_it_was_written(
        mother in proptest::collection::btree_map("[a-z_]{1,8}", natural_json(), 0..4),
        children in proptest::collection::vec(proptest::collection::btree_map("[a-z_]{1,8}", natural_json(), 0..4), 0..3),
    ) {
        let mut facts = serde_json::Map::new();
        if !mother.is_empty() {
            facts.insert("mother".into(), json!(mother));
        }
        if !children.is_empty() {
            facts.insert("child".into(), json!(children));
        }
        let report = json!({"role": "mother", "facts": facts});
        let mut reader = Reader::default();
        let descriptor = pool().get_message_by_name(report::REPORT).unwrap();
        let json = Json::parse(report.to_string().as_bytes(), 64).unwrap();
        let message = reader.message(&descriptor, &json, "");
        prop_assert_eq!(reader.into_faults(), vec![]);
        prop_assert_eq!(write::message(&message), report);
    }

    #[test]
    fn no_body_makes_the_reader_fail_otherwise_than_by_refusing(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(json) = Json::parse(&bytes, 64) {
            let descriptor = pool().get_message_by_name("loket.portal.v1.OpenCaseRequest").unwrap();
            let message = Reader::default().message(&descriptor, &json, "");
            prop_assert_eq!(message.descriptor(), descriptor);
        }
    }
}
