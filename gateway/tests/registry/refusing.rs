//! What is wrong with a registration is refused, all of it at once, with what to fix.

use gateway::registry::RegistryError;
use proto::loket::desk::v1::{CompetentFor, Grant, RegisterAgencyRequest};

use crate::ministry::*;

/// The library's descriptors, with its proto changed.
fn changed(edits: &[(&str, &str)]) -> Vec<u8> {
    let mut source = include_str!("../ministry/library.proto").to_owned();
    for (from, to) in edits {
        assert!(source.contains(from), "{from}");
        source = source.replacen(from, to, 1);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agency.proto"), source).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    set_of(&[folder.path(), &root.join("proto")], "agency.proto")
}

fn with_set(descriptor_set: Vec<u8>) -> RegisterAgencyRequest {
    RegisterAgencyRequest { descriptor_set, ..registration("library", &["http://127.0.0.1:1"]) }
}

#[tokio::test]
async fn a_registration_that_is_wrong_in_itself_is_told_every_fault() {
    let registry = registry(store().await, quick()).await;
    let request = RegisterAgencyRequest {
        agency: "Library".to_owned(),
        titles: Vec::new(),
        endpoints: vec!["http://10.0.0.1:80".to_owned(), "nonsense".to_owned()],
        lease: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        competences: vec![CompetentFor { from: "soon".to_owned(), ..CompetentFor::default() }],
        ..RegisterAgencyRequest::default()
    };
    let refused = registry.register(request).await.unwrap_err();
    let RegistryError::Invalid(faults) = &refused else { panic!("{refused}") };
    for place in ["agency", "titles", "endpoints[0]", "endpoints[1]", "lease", "competences[0]"] {
        assert!(faults.iter().any(|fault| fault.place == place), "{place} is not told: {refused}");
    }
    assert!(refused.to_string().contains("not on loopback"), "{refused}");
}

#[tokio::test]
async fn words_that_mean_nothing_are_refused_with_the_method_and_what_to_write() {
    let registry = registry(store().await, quick()).await;
    for (from, to, says) in [
        ("\"person.number\"", "\"person.nummer\"", "person.nummer"),
        ("\"person.number\"", "\"human.number\"", "human"),
        ("{id: \"joining\"}", "{id: \"joyning\"}", "did you mean `joining`?"),
        ("optional string card = 2", "optional double card = 2", "floating-point"),
        ("SHELF_NOVELS = 2", "SHELF_COMICS = 2", "novels"),
        ("\"person.card_until\"", "\"person.loan\"", "google.type.Date"),
    ] {
        let refused = registry.register(with_set(changed(&[(from, to)]))).await.expect_err(to);
        assert!(matches!(refused, RegistryError::Invalid(_)), "{to}: {refused}");
        let told = refused.to_string();
        assert!(told.contains(says), "{to}: {told} lacks {says}");
    }
    assert!(registry.snapshot().agencies().next().is_none());
}

#[tokio::test]
async fn who_gives_what_is_anothers_is_refused() {
    let registry = registry(store().await, quick()).await;
    let museum = changed(&[
        ("\"library/enrolment\"", "\"museum/enrolment\""),
        ("\"library/leaving\"", "\"museum/leaving\""),
        ("\"library/lending\"", "\"museum/lending\""),
    ]);
    let request =
        RegisterAgencyRequest { descriptor_set: museum, ..registration("museum", &["http://127.0.0.1:1"]) };
    let refused = registry.register(request).await.unwrap_err().to_string();
    assert!(refused.contains("person.library_card") && refused.contains("library"), "{refused}");
}

/// A service that every library of the kind offers, chosen by what the person reads.
fn of_a_kind(agency: &str, competences: &[(&str, &str, &str)]) -> RegisterAgencyRequest {
    let set = changed(&[
        (
            "purpose: \"library\"\n      cancel",
            "purpose: \"library\"\n      competence: {fact: \"person.shelf\"}\n      cancel",
        ),
        (
            "purpose: \"library\"\n      timeout",
            "purpose: \"library\"\n      competence: {fact: \"person.shelf\"}\n      timeout",
        ),
    ]);
    let competences = competences.iter().map(|(code, from, until)| CompetentFor {
        service: "library/*".to_owned(),
        code: (*code).to_owned(),
        from: (*from).to_owned(),
        until: (*until).to_owned(),
    });
    RegisterAgencyRequest {
        descriptor_set: set,
        competences: competences.collect(),
        ..registration(agency, &["http://127.0.0.1:1"])
    }
}

#[tokio::test]
async fn two_agencies_are_not_competent_for_the_same_at_one_time() {
    let registry = registry(store().await, quick()).await;
    registry.register(of_a_kind("library-oosterdam", &[("novels", "", "2026-12-31")])).await.unwrap();
    let refused = registry.register(of_a_kind("library-westerveen", &[("novels", "2026-06-01", "")])).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, RegistryError::Contradicts(_)), "{refused}");
    assert!(refused.to_string().contains("`library-oosterdam` is competent for `novels`"), "{refused}");
    let refused = registry.register(of_a_kind("library-westerveen", &[])).await.unwrap_err();
    assert!(refused.to_string().contains("all of it"), "{refused}");
    let refused =
        registry.register(of_a_kind("library-westerveen", &[("comics", "", "")])).await.unwrap_err();
    assert!(refused.to_string().contains("no code of the list `shelf`"), "{refused}");
    registry.register(of_a_kind("library-westerveen", &[("novels", "2027-01-01", "")])).await.unwrap();
    registry.register(of_a_kind("library-zuiderhaven", &[("picture-books", "", "")])).await.unwrap();
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.offers.0[&"library/enrolment".parse().unwrap()].len(), 3);
}

#[tokio::test]
async fn a_kind_consents_where_every_agency_of_it_does() {
    let registry = registry(store().await, quick()).await;
    let consent = Grant {
        concept: "person.library_card".to_owned(),
        to: "museum/welcome".to_owned(),
        purpose: "culture".to_owned(),
        legal_basis: "Library Act, article 9".to_owned(),
    };
    let mut one = of_a_kind("library-oosterdam", &[("novels", "", "")]);
    one.grants = vec![consent.clone()];
    registry.register(one).await.unwrap();
    let kind_grants = || {
        let kind: casework::name::AgencyId = "library".parse().unwrap();
        registry.snapshot().grants.iter().filter(|grant| grant.from == kind).count()
    };
    assert_eq!(kind_grants(), 1);
    let mut other = of_a_kind("library-westerveen", &[("picture-books", "", "")]);
    registry.register(other.clone()).await.unwrap();
    assert_eq!(kind_grants(), 0, "one agency consented for another");
    other.grants = vec![consent];
    registry.register(other).await.unwrap();
    assert_eq!(kind_grants(), 1);
}

#[tokio::test]
async fn a_service_has_one_contract_among_all_who_live() {
    let registry = registry(store().await, quick()).await;
    registry.register(of_a_kind("library-oosterdam", &[("novels", "", "")])).await.unwrap();
    let mut other = of_a_kind("library-westerveen", &[("picture-books", "", "")]);
    other.descriptor_set = changed(&[
        (
            "purpose: \"library\"\n      cancel",
            "purpose: \"library\"\n      competence: {fact: \"person.shelf\"}\n      cancel",
        ),
        (
            "purpose: \"library\"\n      timeout",
            "purpose: \"library\"\n      competence: {fact: \"person.shelf\"}\n      timeout",
        ),
        ("string number = 1", "string number = 7"),
    ]);
    let refused = registry.register(other).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Contradicts(_)), "{refused}");
    assert!(refused.to_string().contains("under another contract"), "{refused}");
}
