//! How descriptors are learnt.

use gateway::registry::RegistryError;
use proto::loket::desk::v1::MethodRule;

use crate::ministry::*;

fn silent(_: &Call) -> Reply {
    Reply::Silence
}

#[tokio::test]
async fn descriptors_are_learnt_by_reflection_of_either_version_with_their_options() {
    for (reflection, source) in
        [(Reflection::V1, "reflection-v1"), (Reflection::V1Alpha, "reflection-v1alpha")]
    {
        let registry = registry(store().await, quick()).await;
        let library = Ministry::library(reflection, silent).await;
        let registered = registry.register(library.registration()).await.unwrap();
        assert_eq!(registered.source, source);
        let ids: Vec<&str> = registered.services.iter().map(|service| service.id.as_str()).collect();
        assert_eq!(ids, ["library/enrolment", "library/leaving", "library/lending"]);
        assert!(registered.services.iter().all(|service| service.rules_from == "annotations"));
        assert_eq!(registered.services[0].method, "library.v1.LibraryService.Enrol");
    }
}

#[tokio::test]
async fn what_a_file_describes_and_the_system_does_not_serve_does_not_count() {
    let source = include_str!("../ministry/library.proto").replace(
        "message Key {",
        "service Museum {\n  rpc Guide(Key) returns (Empty) {\n    option (loket.v1.public_service) = {id: \"museum/guide\"};\n  }\n}\nmessage Key {",
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agency.proto"), source).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let set = set_of(&[folder.path(), &root.join("proto")], "agency.proto");
    let mut sent = registration("library", &["http://127.0.0.1:1"]);
    sent.descriptor_set = set.clone();
    let registry = registry(store().await, quick()).await;
    let refused = registry.register(sent).await.unwrap_err().to_string();
    assert!(refused.contains("museum/guide"), "{refused}");
    let library = Ministry::start(set, Reflection::V1Of("library.v1.LibraryService"), silent).await;
    let registered = registry.register(library.registration()).await.unwrap();
    assert_eq!(registered.services.len(), 3);
}

#[tokio::test]
async fn descriptors_that_are_sent_along_are_believed_and_nobody_is_asked() {
    let registry = registry(store().await, quick()).await;
    let mut request = registration("library", &["http://127.0.0.1:1"]);
    request.descriptor_set = library_set();
    let registered = registry.register(request).await.unwrap();
    assert_eq!(registered.source, "descriptor-set");
    assert_eq!(registered.services.len(), 3);
}

#[tokio::test]
async fn however_they_are_learnt_the_contract_is_the_same() {
    let one = registry(store().await, quick()).await;
    let library = Ministry::library(Reflection::V1, silent).await;
    let by_reflection = one.register(library.registration()).await.unwrap();
    let mut sent = library.registration();
    sent.descriptor_set = library_set();
    let again = one.register(sent).await.unwrap();
    assert_eq!(by_reflection.services, again.services);
    assert_eq!(by_reflection.registry_version, again.registry_version, "the same registration wrote a row");
}

#[tokio::test]
async fn a_server_that_strips_options_is_told_so_and_registers_with_rules_beside() {
    use prost::Message;
    // What an older server reflects: prost's own types drop what they do not know.
    let stripped = prost_types::FileDescriptorSet::decode(library_set().as_slice()).unwrap().encode_to_vec();
    let library = Ministry::start(stripped, Reflection::V1, silent).await;
    let registry = registry(store().await, quick()).await;
    let refused = registry.register(library.registration()).await.unwrap_err().to_string();
    assert!(refused.contains("strip options") && refused.contains("rules"), "{refused}");
    let mut request = library.registration();
    request.rules = vec![enrolment_rule()];
    let registered = registry.register(request).await.unwrap();
    assert_eq!(registered.services.len(), 1);
    assert_eq!(registered.services[0].rules_from, "rules");
    assert_eq!(registered.plans[0].published, registered.plans[0].candidate, "{:?}", registered.plans);
}

/// The enrolment alone, without a reversal.
fn enrolment_rule() -> MethodRule {
    use proto::loket::v1::{Act, Effect, Fact, LifeEventUse, PublicService, Text};
    let fact = |name: &str| Fact { name: name.to_owned(), optional: false };
    let service = PublicService {
        id: "library/enrolment".to_owned(),
        life_events: vec![LifeEventUse { id: "joining".to_owned(), ..LifeEventUse::default() }],
        act: Act::Application.into(),
        effect: Effect::Idempotent.into(),
        legal_basis: "Library Act, article 3".to_owned(),
        purpose: "library".to_owned(),
        titles: vec![Text { language: "en".to_owned(), value: "Library card".to_owned() }],
        ..PublicService::default()
    };
    MethodRule {
        method: "library.v1.LibraryService.Enrol".to_owned(),
        public_service: Some(service),
        request_facts: [("number".to_owned(), fact("person.number"))].into(),
        response_facts: [("card".to_owned(), fact("person.library_card"))].into(),
    }
}

#[tokio::test]
async fn who_cannot_be_asked_is_told_to_start_or_to_send_descriptors() {
    let registry = registry(store().await, quick()).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let refused = registry.register(registration("library", &[&uri])).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Unreachable { .. }), "{refused}");
    assert!(refused.to_string().contains("start the system first"), "{refused}");
    let mute = Ministry::library(Reflection::Neither, silent).await;
    let refused = registry.register(mute.registration()).await.unwrap_err().to_string();
    assert!(refused.contains("descriptor_set"), "{refused}");
}
