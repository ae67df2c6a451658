use std::sync::LazyLock;

use super::*;
use crate::rest::json::Json;
use crate::rest::read::Reader;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap());

const PORTAL: [&str; 2] = ["loket.portal.v1.LifeEventService", "loket.portal.v1.CaseService"];
const OPERATIONS: [&str; 3] = [
    "loket.operations.v1.CaseOperationsService",
    "loket.operations.v1.RegistryService",
    "loket.operations.v1.SandboxService",
];

fn documents() -> [Value; 2] {
    [&PORTAL[..], &OPERATIONS[..]].map(|services| {
        let routes = Routes::of(&POOL, services).unwrap();
        let who: WhoMay =
            |rpc| vec![if rpc.contains("LifeEventService") { "anybody" } else { "a citizen" }.to_owned()];
        document(&POOL, services, &routes, who)
    })
}

/// Every value below a document, with the way to it.
fn walk<'a>(value: &'a Value, at: String, seen: &mut Vec<(String, &'a Value)>) {
    seen.push((at.clone(), value));
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                walk(inner, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), seen);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(inner, format!("{at}/{index}"), seen);
            }
        }
        _ => {}
    }
}

fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, verbs)| verbs.as_object().unwrap().iter().map(move |(v, o)| (path, v, o)))
        .collect()
}

#[test]
fn every_reference_resolves() {
    for document in documents() {
        let mut seen = Vec::new();
        walk(&document, String::new(), &mut seen);
        let mut references = 0;
        for (at, value) in &seen {
            if let Some(to) = value.get("$ref").and_then(Value::as_str) {
                references += 1;
                assert!(document.pointer(&to[1..]).is_some(), "{at}: {to}");
            }
        }
        assert!(references > 50);
    }
}

#[test]
fn every_operation_has_an_id_of_its_own_words_and_an_answer() {
    for document in documents() {
        let mut ids = BTreeSet::new();
        for (path, verb, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id} twice");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{verb} {path}");
            assert!(operation["responses"].get("200").is_some(), "{verb} {path}");
            for status in ["400", "401", "404", "429", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{verb} {path} lacks {status}");
            }
            let bodied = operation.get("requestBody").is_some();
            assert_eq!(bodied, operation["responses"].get("413").is_some(), "{verb} {path}");
        }
        assert!(ids.len() > 10);
    }
}

#[test]
fn every_parameter_of_a_path_is_declared_once() {
    for document in documents() {
        for (path, verb, operation) in operations(&document) {
            let declared: Vec<&str> = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let wanted: Vec<&str> =
                path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
            assert_eq!(declared, wanted, "{verb} {path}");
        }
    }
}

#[test]
fn every_field_and_enum_is_described_by_the_contracts_own_comment() {
    for document in documents() {
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                let about = property["description"].as_str().unwrap_or_default();
                let theirs = name.starts_with("google.") || name.starts_with("v1.");
                assert!(theirs || !about.is_empty(), "{name}.{field} has no description");
            }
        }
    }
}

#[test]
fn every_reason_of_the_table_is_in_the_document() {
    for document in documents() {
        let text = document["components"]["responses"].to_string();
        for reason in Reason::ALL {
            assert!(text.contains(&format!("`{}`", reason.name())), "{reason:?}");
        }
    }
}

#[test]
fn the_promised_paths_are_there() {
    let [portal, operations] = documents();
    for path in [
        "/v1/life-events",
        "/v1/life-events/{lifeEvent}",
        "/v1/cases:preview",
        "/v1/cases",
        "/v1/drafts",
        "/v1/drafts/{draft}",
        "/v1/drafts/{draft}:submit",
        "/v1/cases/{case}",
        "/v1/cases/{case}:watch",
        "/v1/cases/{case}:answer",
        "/v1/cases/{case}:withdraw",
        "/v1/cases/{case}/accesses",
    ] {
        assert!(portal["paths"].get(path).is_some(), "{path}");
    }
    assert!(operations["paths"].get("/v1/operations/agencies/{agency}").is_some());
}

#[test]
fn every_example_is_read_as_a_request() {
    let mut read = 0;
    for message in POOL.all_messages() {
        let Some(example) = examples::of(message.full_name()) else { continue };
        let mut reader = Reader::default();
        reader.message(&message, &Json::parse(example.to_string().as_bytes(), 64).unwrap(), "");
        assert_eq!(reader.into_faults(), [], "{}", message.full_name());
        read += 1;
    }
    assert!(read >= 12);
}

#[test]
fn a_collection_names_its_members() {
    for (collection, one) in
        [("cases", "case"), ("agencies", "agency"), ("life-events", "lifeEvent"), ("data", "data")]
    {
        assert_eq!(singular(collection), one);
    }
}
