//! The small country's dictionary, life event and registrations.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casestore::CaseStore;
use gateway::registry::{Registry, RegistryOptions};
use proto::loket::desk::v1::{Grant, RegisterAgencyRequest};
use proto::loket::v1::Text;

const DICTIONARY: &str = r#"
concepts:
  - name: person.number
    definition: The national number.
    type: person
    owner: pet-register
    source: law
    sensitivity: confidential
    ask: {question: {en: {label: "National number"}, nl: {label: "Persoonsnummer"}}}
  - name: person.vet
    definition: The vet of the household.
    type: text
    owner: pet-register
    source: law
    ask: {question: {en: {label: "Who is your vet?", help: "The practice."}, nl: {label: "Wie is uw dierenarts?"}}}
  - {name: person.dog_tax, definition: What is to be paid., type: decimal, owner: tax-office, source: law}
  - {name: person.notified_on, definition: When they were told., type: date, owner: tax-office, source: law}
  - name: dog.chip
    definition: The number of its chip.
    type: text
    owner: pet-register
    source: law
    ask: {question: {en: {label: "Chip number"}, nl: {label: "Chipnummer"}}}
  - name: dog.name
    definition: What it is called.
    type: text
    owner: pet-register
    source: law
    ask: {question: {en: {label: "Name of the dog"}, nl: {label: "Naam van de hond"}}}
  - {name: dog.registered_as, definition: Its registration., type: document, owner: pet-register, source: law}
  - name: keeping.since
    definition: Since when it is kept.
    type: date
    owner: pet-register
    source: law
    ask: {question: {en: {label: "Since when?"}, nl: {label: "Sinds wanneer?"}}}
  - {name: keeping.visit_on, definition: When the vet comes., type: date, owner: vets, source: law}
"#;

const PET: &str = r#"
id: pet
titles: {en: "Keeping a dog", nl: "Een hond houden"}
summary: {en: "Report your dog once.", nl: "Meld uw hond één keer."}
owner: Ministry of Animals
roles:
  - {id: keeper, kind: person, titles: {en: Keeper, nl: Houder}, may_report: true}
  - {id: partner, kind: person, titles: {en: Partner, nl: Partner}, optional: true, may_report: true}
  - {id: dog, kind: dog, titles: {en: Dog, nl: Hond}, about: keeper, group: {same_when: [chip], closed_by: report, max: 5}}
  - {id: keeping, kind: keeping, titles: {en: Keeping, nl: Houden}, about: keeper}
identity:
  date: keeping.since
  blocking: [[keeper.number]]
  sure: [keeper.number, keeping.since]
  near_days: 1
outcomes:
  - {id: registered, titles: {en: "The dog is registered", nl: "De hond is ingeschreven"}, per: dog, reached: has(dog.registered_as), target: P1D}
  - {id: taxed, titles: {en: "Dog tax is settled"}, reached: has(keeper.dog_tax), target: P2W}
"#;

/// A life event that nobody serves.
const CAT: &str = r#"
id: cat
titles: {en: "Keeping a cat"}
summary: {en: "Report your cat once."}
owner: Ministry of Animals
roles:
  - {id: keeper, kind: person, titles: {en: Keeper}, may_report: true}
  - {id: keeping, kind: keeping, titles: {en: Keeping}, about: keeper}
identity: {date: keeping.since, blocking: [[keeper.number]], sure: [keeper.number, keeping.since]}
outcomes:
  - {id: told, titles: {en: "You were told"}, reached: has(keeper.notified_on), target: P1D}
"#;

/// The descriptors of one agency's file.
fn descriptors(file: &str) -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler =
        protox::Compiler::new([here.join("tests/portal/proto"), here.join("../proto")]).unwrap();
    compiler.include_imports(true).open_file(file).unwrap();
    compiler.encode_file_descriptor_set()
}

fn registration(agency: &str, title: &str, file: &str, grants: Vec<Grant>) -> RegisterAgencyRequest {
    RegisterAgencyRequest {
        agency: agency.to_owned(),
        titles: vec![Text { language: "en".to_owned(), value: title.to_owned() }],
        // Nobody listens there: the ministries of these tests are in this process.
        endpoints: vec!["http://127.0.0.1:9".to_owned()],
        lease: Some(prost_types::Duration { seconds: 3_600, nanos: 0 }),
        descriptor_set: descriptors(file),
        grants,
        ..RegisterAgencyRequest::default()
    }
}

/// The registration of the vets, who come last.
pub(crate) fn vets() -> RegisterAgencyRequest {
    registration("vets", "The vets", "vets.proto", Vec::new())
}

/// The registration of the tax office.
pub(crate) fn tax_office() -> RegisterAgencyRequest {
    registration("tax-office", "Tax Office", "tax_office.proto", Vec::new())
}

/// The registration of the register.
pub(crate) fn pet_register() -> RegisterAgencyRequest {
    let grant = Grant {
        concept: "person.vet".to_owned(),
        to: "vets/first-visit".to_owned(),
        purpose: "animal-health".to_owned(),
        legal_basis: "Pets Act, article 8".to_owned(),
    };
    registration("pet-register", "Pet Register", "pet_register.proto", vec![grant])
}

/// A registry with the country's files and agencies, and its plan published.
pub(crate) async fn registry(store: Arc<dyn CaseStore>) -> Registry {
    let options = RegistryOptions {
        seeds: false,
        poll: Duration::from_millis(50),
        settle: Duration::from_millis(300),
        ..RegistryOptions::default()
    };
    let registry = Registry::open(store, options).await.unwrap();
    let files =
        [("dictionary/pets.yaml", DICTIONARY), ("life-events/pet.yaml", PET), ("life-events/cat.yaml", CAT)];
    let files = files.map(|(path, content)| (path.to_owned(), content.to_owned())).to_vec();
    registry.publish_files(files, "test").await.unwrap();
    for registration in [pet_register(), tax_office(), vets()] {
        registry.register(registration).await.unwrap();
    }
    let pet = "pet".parse().unwrap();
    let mut changes = registry.changes();
    while registry.snapshot().published(&pet, None).is_none_or(|(_, plan)| plan.steps.len() < 5) {
        tokio::time::timeout(Duration::from_secs(20), changes.changed()).await.expect("no plan").unwrap();
    }
    registry
}
