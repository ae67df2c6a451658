//! The rules of `google.api.http` that the contract does not use itself, on a contract made for them.

use std::convert::Infallible;
use std::path::Path;
use std::sync::LazyLock;

use prost_reflect::ReflectMessage;
use serde_json::json;
use tower::service_fn;

use super::*;
use crate::config::Config;
use crate::reasons::Refusal;

const CONTRACT: &str = r#"
syntax = "proto3";
package test.rules.v1;
import "google/api/annotations.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/timestamp.proto";

service Shelves {
  rpc Find(FindRequest) returns (Shelf) {
    option (google.api.http) = {
      get: "/v1/shelves/{shelf}/books/{book}"
      additional_bindings { get: "/v1/{path=archive/**}" }
      additional_bindings { custom: { kind: "SEARCH" path: "/v1/shelves" } response_body: "label" }
    };
  }
  rpc Put(PutRequest) returns (Shelf) {
    option (google.api.http) = { put: "/v1/shelves/{shelf.id}" body: "shelf" response_body: "books" };
  }
  rpc Unbound(FindRequest) returns (Shelf);
}
message FindRequest {
  string shelf = 1;
  int64 book = 2;
  string path = 3;
  Filter filter = 4;
  repeated int32 pages = 5;
  Order order = 6;
  google.protobuf.Timestamp since = 7;
  google.protobuf.Duration within = 8;
  google.protobuf.FieldMask mask = 9;
  bool exact = 10;
  double weight = 11;
  bytes cover = 12;
}
message Filter { string author = 1; Filter inner = 2; repeated Order orders = 3; }
enum Order { ORDER_UNSPECIFIED = 0; ORDER_TITLE = 1; ORDER_AGE = 2; }
message PutRequest { Shelf shelf = 1; bool force = 2; }
message Shelf {
  int64 id = 1;
  string label = 2;
  repeated Book books = 3;
  map<int32, Book> by_year = 4;
  oneof owner { string person = 5; string library = 6; }
  optional uint64 weight = 7;
  float score = 8;
  bytes cover = 9;
  Order order = 10;
}
message Book { string title = 1; }
"#;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.proto"), CONTRACT).unwrap();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let mut compiler = protox::Compiler::new([folder.path(), &contract]).unwrap();
    compiler.include_imports(true).open_file("rules.proto").unwrap();
    DescriptorPool::decode(&*compiler.encode_file_descriptor_set()).unwrap()
});

fn rest() -> Rest {
    let inside = service_fn(|_: Request<tonic::body::Body>| async {
        Ok::<_, Infallible>(Status::internal("must not be called").into_http())
    });
    let limits = Config::load(None, []).unwrap().limits;
    Rest::new(&POOL, &["test.rules.v1.Shelves"], Inside::new(inside), &limits, 10_000, |_| Vec::new())
        .unwrap()
}

/// The request as JSON: what has a value.
fn read(verb: &str, uri: &str, body: &str) -> Result<serde_json::Value, Status> {
    let rest = rest();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let Found::Route(route, values) = rest.routes.find(&verb.parse().unwrap(), path) else {
        panic!("{verb} {uri} has no route")
    };
    let message = rest.request(route, values, query, body.as_bytes())?;
    Ok(serde_json::to_value(&message).unwrap())
}

fn fault(verb: &str, uri: &str, body: &str) -> String {
    let refusal = Refusal::of(&read(verb, uri, body).unwrap_err());
    refusal.fields.iter().map(|fault| format!("{} {}; ", fault.field, fault.description)).collect()
}

#[test]
fn variables_of_any_scalar_and_of_several_segments_are_bound() {
    assert_eq!(read("GET", "/v1/shelves/a%2Fb/books/7", "").unwrap(), json!({"shelf": "a/b", "book": "7"}));
    assert_eq!(read("GET", "/v1/archive/x/y", "").unwrap(), json!({"path": "archive/x/y"}));
    assert!(fault("GET", "/v1/shelves/a/books/seven", "").starts_with("book must be a whole number"));
}

#[test]
fn a_query_gives_nested_repeated_enum_and_well_known_fields() {
    let uri = "/v1/shelves?filter.author=Annie%20M.&filter.inner.author=G&pages=1&pages=2&order=AGE\
               &since=2026-11-23T08:00:00Z&within=3.5s&mask=label,books&exact=true&weight=2.5&cover=AP8\
               &filter.orders=1&filter.orders=ORDER_AGE";
    assert_eq!(
        read("SEARCH", uri, "").unwrap(),
        json!({
            "filter": {"author": "Annie M.", "inner": {"author": "G"}, "orders": ["ORDER_TITLE", "ORDER_AGE"]},
            "pages": [1, 2], "order": "ORDER_AGE", "since": "2026-11-23T08:00:00Z", "within": "3.500s",
            "mask": "label,books", "exact": true, "weight": 2.5, "cover": "AP8="
        })
    );
    for (query, said) in [
        ("order=ORDER_SIZE", "must be one of UNSPECIFIED, TITLE, AGE"),
        ("since=yesterday", "must be a moment such as"),
        ("filter=x", "field by field"),
        ("pages=1.5", "whole number of 32 bits"),
        ("pages=4294967296", "whole number of 32 bits"),
        ("exact=1", "true or false"),
        ("filter.author.name=x", "is not known here"),
    ] {
        let told = fault("SEARCH", &format!("/v1/shelves?{query}"), "");
        assert!(told.contains(said), "{query}: {told}");
    }
}

#[test]
fn a_body_that_is_one_field_meets_the_path_and_the_query() {
    let body = r#"{"label": "A", "by_year": {"1990": {"title": "T"}}, "weight": "9", "score": "NaN", "person": "P"}"#;
    let read = read("PUT", "/v1/shelves/12?force=true", body).unwrap();
    assert_eq!(read["force"], true);
    assert_eq!(read["shelf"]["id"], "12");
    assert_eq!(read["shelf"]["byYear"]["1990"]["title"], "T");
    assert_eq!(read["shelf"]["weight"], "9");
    for (body, said) in [
        (r#"{"person": "P", "library": "L"}"#, "library excludes `person`"),
        (
            r#"{"by_year": {"nineteen": {}}}"#,
            "by_year[\"nineteen\"] must be a whole number of 32 bits as a key",
        ),
        (r#"{"by_year": {"1": {}, "1": {}}}"#, "is given twice"),
        (r#"{"books": {"title": "T"}}"#, "books must be a list, not an object"),
        (r#"{"books": [{"titel": "T"}]}"#, "books[0].titel is not known here; known are title"),
        (r#"{"id": 13}"#, "shelf.id differs from the path"),
        (r#"{"cover": "!"}"#, "cover must be a string in base64"),
        (r#"{"weight": -1}"#, "weight must be a whole number from 0"),
        ("[]", "must be an object, not a list"),
    ] {
        let told = fault("PUT", "/v1/shelves/12", body);
        assert!(told.contains(said), "{body}: {told}");
    }
}

#[test]
fn a_field_of_the_answer_may_be_the_whole_answer() {
    let rest = rest();
    let Found::Route(route, _) = rest.routes.find(&Method::PUT, "/v1/shelves/1") else { panic!("no route") };
    let mut shelf = DynamicMessage::new(route.method.output());
    let book = DynamicMessage::new(POOL.get_message_by_name("test.rules.v1.Book").unwrap());
    shelf.set_field_by_name("books", Value::List(vec![Value::Message(book)]));
    let field = route.answer.as_ref().unwrap();
    assert_eq!(write::field_value(field, &shelf.get_field(field)), json!([{"title": ""}]));
}

#[test]
fn a_method_without_a_rule_has_no_path_and_a_rule_that_cannot_be_served_is_refused_at_the_start() {
    assert!(matches!(rest().routes.find(&Method::POST, "/test.rules.v1.Shelves/Unbound"), Found::Nothing));
    let missing = Routes::of(&POOL, &["test.rules.v1.Nowhere"]).unwrap_err().to_string();
    assert!(missing.contains("Nowhere"), "{missing}");
}

#[test]
fn every_kind_of_field_is_written_as_proto3_json() {
    let mut shelf = DynamicMessage::new(POOL.get_message_by_name("test.rules.v1.Shelf").unwrap());
    shelf.set_field_by_name("id", Value::I64(1 << 60));
    shelf.set_field_by_name("score", Value::F32(f32::INFINITY));
    shelf.set_field_by_name("cover", Value::Bytes(Bytes::from_static(b"\x00\xff")));
    shelf.set_field_by_name("order", Value::EnumNumber(77));
    shelf.set_field_by_name("library", Value::String("L".into()));
    assert_eq!(
        write::message(&shelf),
        json!({
            "id": "1152921504606846976", "label": "", "books": [], "byYear": {}, "library": "L",
            "score": "Infinity", "cover": "AP8=", "order": 77
        })
    );
    assert_eq!(shelf.descriptor().name(), "Shelf");
}
