//! The OpenAPI 3.1 document, generated from the same descriptors and the same table of reasons that answer requests:
//! it cannot say anything else than they do.

mod comments;
mod examples;
mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::problem;
use super::routes::{BodyRule, Route, Routes};
use super::template::Segment;
use crate::reasons::Reason;
use comments::Comments;
use schemas::Schemas;

/// Who may call an RPC, in words: `loket.portal.v1.CaseService/OpenCase` to `a citizen`. [`ANYBODY`] among them means
/// that no token is needed.
pub(crate) type WhoMay = fn(rpc: &str) -> Vec<String>;

/// Parameters that count something.
const COUNTS: [&str; 2] = ["page_size", "after"];

/// Who has no token.
const ANYBODY: &str = "anybody";

/// The document of these services.
pub(super) fn document(pool: &DescriptorPool, services: &[&str], routes: &Routes, who_may: WhoMay) -> Value {
    let comments = Comments::of(pool);
    let mut schemas = Schemas::new(&comments);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes.iter() {
        let (path, variables) = path_of(route);
        let operation = operation(route, &variables, &comments, &mut schemas, who_may);
        paths.entry(path).or_default().insert(route.verb.as_str().to_ascii_lowercase(), operation);
    }
    let tags: Vec<Value> = services
        .iter()
        .filter_map(|name| pool.get_service_by_name(name))
        .map(|service| json!({"name": service.name(), "description": comments.of_service(&service)}))
        .collect();
    let mut components = schemas.into_map();
    components.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Loket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": problem_responses(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the issuer that this gateway trusts."
                }
            }
        }
    })
}

const DESCRIPTION: &str = "One counter for every ministry: say once what happened, and see what became of it. The same \
    calls as by gRPC, with the same answers. Names are lowerCamelCase; the contract's snake_case is read too. Errors are \
    RFC 9457 problems; `reason` is for programs, `detail` for people.";

/// The path as OpenAPI writes it, with a name for each open segment.
fn path_of(route: &Route) -> (String, Vec<(String, usize)>) {
    let mut text = String::new();
    let mut variables: Vec<(String, usize)> = Vec::new();
    let mut before = "";
    for (index, segment) in route.template.segments.iter().enumerate() {
        text.push('/');
        match segment {
            Segment::Literal(literal) => {
                text.push_str(literal);
                before = literal;
            }
            Segment::One | Segment::Rest => {
                let mut name = singular(before);
                while variables.iter().any(|(known, _)| *known == name) {
                    name.push('2');
                }
                text.push_str(&format!("{{{name}}}"));
                variables.push((name, index));
            }
        }
    }
    if let Some(verb) = &route.template.verb {
        text.push(':');
        text.push_str(verb);
    }
    (text, variables)
}

/// `cases` is `case`, `agencies` is `agency`, `life-events` is `lifeEvent`.
fn singular(collection: &str) -> String {
    let one = match collection.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => collection.strip_suffix('s').unwrap_or(collection).to_owned(),
    };
    let mut words = one.split('-');
    let first = words.next().unwrap_or("id").to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

fn operation(
    route: &Route,
    variables: &[(String, usize)],
    comments: &Comments,
    schemas: &mut Schemas<'_>,
    who_may: WhoMay,
) -> Value {
    let method = &route.method;
    let rpc = format!("{}/{}", method.parent_service().full_name(), method.name());
    let mut callers = who_may(&rpc);
    let open = callers.iter().any(|caller| caller == ANYBODY);
    if open {
        callers = vec![ANYBODY.to_owned()];
    }
    let about = comments.of_method(method);
    let mut id = format!("{}_{}", method.parent_service().name(), method.name());
    if route.binding > 0 {
        id.push_str(&format!("_{}", route.binding + 1));
    }
    let mut parameters = path_parameters(route, variables, comments);
    if matches!(route.body, BodyRule::None) {
        parameters.extend(query_parameters(route, comments, schemas));
    }
    if method.is_server_streaming() && method.input().get_field_by_name("after").is_some() {
        parameters.push(json!({
            "name": "Last-Event-ID", "in": "header", "required": false,
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
            "description": "The id of the last event seen: only what came after it is sent. Goes before `after`."
        }));
    }
    let mut operation = json!({
        "operationId": id,
        "tags": [method.parent_service().name()],
        "summary": summary(&about),
        "description": format!("{about}\n\nMay be called by: {}. As gRPC: `{rpc}`.", callers.join(", ")),
        "parameters": parameters,
        "responses": responses(route, schemas),
        "security": if open { json!([{}, {"bearer": []}]) } else { json!([{"bearer": []}]) },
    });
    if let Some(body) = request_body(route, schemas) {
        operation["requestBody"] = body;
    }
    operation
}

/// The first sentence.
fn summary(about: &str) -> String {
    let end = about.find(". ").or_else(|| about.find(".\n")).unwrap_or(about.len());
    about[..end].trim_end_matches('.').to_owned()
}

fn path_parameters(route: &Route, variables: &[(String, usize)], comments: &Comments) -> Vec<Value> {
    let describe = |index: usize| {
        let variable =
            route.template.variables.iter().find(|variable| (variable.start..variable.end).contains(&index));
        let field =
            variable.and_then(|variable| super::routes::field_at(&route.method.input(), &variable.field));
        field.map(|field| comments.of_field(&field)).unwrap_or_default()
    };
    let parameter = |(name, index): &(String, usize)| {
        json!({
            "name": name, "in": "path", "required": true,
            "description": describe(*index),
            "schema": {"type": "string", "minLength": 1}
        })
    };
    variables.iter().map(parameter).collect()
}

fn query_parameters(route: &Route, comments: &Comments, schemas: &mut Schemas<'_>) -> Vec<Value> {
    let taken: BTreeSet<String> =
        route.template.variables.iter().map(|variable| variable.field.join(".")).collect();
    let mut found = Vec::new();
    gather_query(&route.method.input(), &[], &taken, &mut found);
    let mut parameter = |(name, field): &(String, FieldDescriptor)| {
        let mut schema = schemas.field(field);
        if COUNTS.contains(&field.name()) {
            schema["minimum"] = 0.into();
        }
        json!({
            "name": name, "in": "query", "required": false,
            "description": comments.of_field(field),
            "schema": schema
        })
    };
    found.iter().map(&mut parameter).collect()
}

/// The fields that a query can give, nested ones by their path; two levels are enough for anybody who types a query.
fn gather_query(
    message: &MessageDescriptor,
    above: &[(String, String)],
    taken: &BTreeSet<String>,
    found: &mut Vec<(String, FieldDescriptor)>,
) {
    for field in message.fields() {
        let mut path = above.to_vec();
        path.push((field.name().to_owned(), field.json_name().to_owned()));
        let plain: Vec<&str> = path.iter().map(|(name, _)| name.as_str()).collect();
        let shown: Vec<&str> = path.iter().map(|(_, json)| json.as_str()).collect();
        if taken.contains(&plain.join(".")) || field.is_map() {
            continue;
        }
        match field.kind() {
            Kind::Message(inner) if !schemas::is_value(&inner) => {
                if !field.is_list() && path.len() < 2 {
                    gather_query(&inner, &path, taken, found);
                }
            }
            _ => found.push((shown.join("."), field)),
        }
    }
}

fn request_body(route: &Route, schemas: &mut Schemas<'_>) -> Option<Value> {
    let message = match &route.body {
        BodyRule::None => return None,
        BodyRule::Whole => route.method.input(),
        BodyRule::Field(field) => match field.kind() {
            Kind::Message(inner) => inner,
            _ => return None,
        },
    };
    let mut schema = schemas.message(&message);
    let of_path = route.template.variables.iter().filter(|variable| variable.field.len() == 1);
    let names: Vec<Value> = of_path
        .filter_map(|variable| message.get_field_by_name(&variable.field[0]))
        .map(|field| json!({"required": [field.json_name()]}))
        .collect();
    if !names.is_empty() && matches!(route.body, BodyRule::Whole) {
        // What the path says, the body leaves out.
        schema = json!({"allOf": [schema], "not": {"anyOf": names}});
    }
    let mut content = json!({"schema": schema});
    if let Some(example) = examples::of(message.full_name()) {
        content["example"] = example;
    }
    Some(json!({"required": true, "content": {"application/json": content}}))
}

fn responses(route: &Route, schemas: &mut Schemas<'_>) -> Value {
    let output = route.method.output();
    let schema = match &route.answer {
        Some(field) => schemas.field(field),
        None => schemas.message(&output),
    };
    let good = if route.method.is_server_streaming() {
        json!({
            "description": "A stream of events. Each event's data is one message, its id where to resume.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "x-event-data": schema}}
        })
    } else {
        let mut content = json!({"schema": schema});
        if let Some(example) = examples::of(output.full_name()) {
            content["example"] = example;
        }
        json!({"description": "Done.", "content": {"application/json": content}})
    };
    let mut responses = Map::new();
    responses.insert("200".to_owned(), good);
    let bodyless = matches!(route.body, BodyRule::None);
    for status in statuses() {
        let of_path = matches!(status, 405 | 499);
        let of_body = matches!(status, 408 | 413 | 415);
        let of_writing = status == 409 && route.verb == Method::GET;
        if !(of_path || of_writing || (of_body && bodyless)) {
            let name = format!("#/components/responses/Problem{status}");
            responses.insert(status.to_string(), json!({"$ref": name}));
        }
    }
    Value::Object(responses)
}

/// The statuses of the table of reasons.
fn statuses() -> BTreeSet<u16> {
    Reason::ALL.iter().map(|reason| reason.http()).collect()
}

fn problem_schema() -> Value {
    let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let types: Vec<String> = Reason::ALL.iter().map(|reason| reason.problem_type()).collect();
    json!({
        "type": "object",
        "description": "Why a call was refused (RFC 9457).",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "enum": types,
                     "description": "The kind of problem; the address says what it means."},
            "title": {"type": "string", "description": "The kind of problem in a few words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What is wrong here, and the way out. For people."},
            "instance": {"type": "string", "format": "uri", "description": "This occurrence: the trace to ask about."},
            "reason": {"type": "string", "enum": names, "description": "The reason. For programs."},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"},
                         "description": "More for programs, such as `case`: the case that a request id belongs to."},
            "errors": {"type": "array", "description": "The fields that are not as they must be.", "items": {
                "type": "object",
                "required": ["path", "detail"],
                "properties": {
                    "path": {"type": "string", "description": "The field, from the request down."},
                    "detail": {"type": "string", "description": "What is wrong with it, and what is right."}
                }
            }}
        }
    })
}

/// A response for each status of the table, with the reasons that it has.
fn problem_responses() -> Value {
    let mut responses = Map::new();
    for status in statuses() {
        let reasons: Vec<Reason> =
            Reason::ALL.iter().copied().filter(|reason| reason.http() == status).collect();
        let lines: Vec<String> =
            reasons.iter().map(|reason| format!("- `{}`: {}", reason.name(), reason.meaning())).collect();
        let Some(first) = reasons.first() else { continue };
        let mut response = json!({
            "description": lines.join("\n"),
            "content": {problem::MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": first.problem_type(), "title": first.title(), "status": status,
                    "detail": first.meaning(), "reason": first.name()
                }
            }}
        });
        let seconds = json!({"schema": {"type": "integer"}, "description": "Seconds to wait before the same call again."});
        match status {
            429 | 503 => response["headers"] = json!({"Retry-After": seconds}),
            405 => {
                response["headers"] =
                    json!({"Allow": {"schema": {"type": "string"}, "description": "The methods."}})
            }
            _ => {}
        }
        responses.insert(format!("Problem{status}"), response);
    }
    Value::Object(responses)
}

#[cfg(test)]
mod tests;
