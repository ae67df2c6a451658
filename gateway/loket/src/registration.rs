//! A registration in a file: the rules beside a proto that cannot be annotated, in YAML. The keys are those of
//! `loket.desk.v1.RegisterAgencyRequest`.

use std::path::Path;

use prost::Message;
use prost_reflect::DynamicMessage;
use proto::loket::desk::v1::RegisterAgencyRequest;
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::output;

/// What a file may say.
const KEYS: [&str; 4] = ["rules", "titles", "grants", "competences"];

/// Reads the file. What is said elsewhere (agency, endpoints, lease, descriptors) has no place in it.
pub(crate) fn read(path: &Path) -> Result<RegisterAgencyRequest, Failure> {
    let wrong = |what: String| Failure::usage(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    // Without strict booleans the code NO is false.
    let options = serde_saphyr::options! { strict_booleans: true };
    let json: Json =
        serde_saphyr::from_str_with_options(&text, options).map_err(|error| wrong(error.to_string()))?;
    parse(json).map_err(wrong)
}

fn parse(json: Json) -> Result<RegisterAgencyRequest, String> {
    let Json::Object(keys) = &json else {
        return Err("is no map; write `rules:` and below it one entry per method".to_owned());
    };
    if let Some(other) = keys.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{other}` has no place here; there are {}", KEYS.join(", ")));
    }
    let descriptor = output::message("loket.desk.v1.RegisterAgencyRequest")
        .ok_or("the contract lacks the registration")?;
    let dynamic = DynamicMessage::deserialize(descriptor, json).map_err(|error| error.to_string())?;
    RegisterAgencyRequest::decode(dynamic.encode_to_vec().as_slice()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_read_as_the_annotations_would_be() {
        let rule = json!({
            "method": "a.B.C",
            "public_service": {
                "id": "a/c", "effect": "EFFECT_READ", "essential": false,
                "life_events": [{"id": "birth", "bind": {"person": "child"}}],
            },
            "request_facts": {"who.number": {"name": "person.number", "optional": true}},
        });
        let read = parse(json!({ "rules": [rule], "titles": [{"language": "en", "value": "A"}] })).unwrap();
        let rule = &read.rules[0];
        let service = rule.public_service.as_ref().unwrap();
        assert_eq!((service.id.as_str(), service.essential), ("a/c", Some(false)));
        assert_eq!(service.life_events[0].bind["person"], "child");
        assert!(rule.request_facts["who.number"].optional);
        assert_eq!(read.titles[0].value, "A");
    }

    #[test]
    fn what_has_no_place_in_it_is_named() {
        for (json, says) in [
            (json!([]), "rules:"),
            (json!({"agency": "a"}), "`agency`"),
            (json!({"rules": [{"methods": "a.B.C"}]}), "methods"),
            (json!({"rules": [{"public_service": {"effect": "EFFECT_MAGIC"}}]}), "EFFECT_MAGIC"),
        ] {
            let error = parse(json.clone()).unwrap_err();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
