//! A small country for the tests of compilation: a birth, its concepts and the ministries that serve it.

use std::collections::BTreeMap;

use crate::condition::Condition;
use crate::dictionary::{Ask, Concept, Dictionary, DictionaryFile, Sensitivity, Texts};
use crate::life_event::{ClosedBy, GroupSpec, Identity, LifeEvent, Outcome, RoleSpec};
use crate::name::{FactName, OutcomeId};
use crate::service::{
    Act, After, Bearer, CalendarKind, Effect, Gift, Grant, Grants, LifeEventUse, Mode, Need, Reversal,
    ReversalKind, Service, Shape, Term,
};

use super::{CompileErrors, Compiled, Draft, compile};

/// Everything that a draft borrows.
#[derive(Debug, Clone)]
pub(crate) struct Country {
    pub(crate) life_event: LifeEvent,
    pub(crate) outcomes: BTreeMap<OutcomeId, Condition>,
    pub(crate) services: Vec<Service>,
    pub(crate) dictionary: Dictionary,
    pub(crate) grants: Grants,
}

impl Country {
    /// The country with other services.
    pub(crate) fn of(services: impl IntoIterator<Item = Declared>) -> Self {
        Self {
            life_event: life_event(),
            outcomes: BTreeMap::from([("registered".parse().unwrap(), Condition::Has(fact("child.record")))]),
            services: services.into_iter().map(|declared| declared.0).collect(),
            dictionary: dictionary(),
            grants: grants(),
        }
    }

    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            life_event: &self.life_event,
            outcomes: &self.outcomes,
            services: &self.services,
            dictionary: &self.dictionary,
            grants: &self.grants,
        }
    }

    pub(crate) fn compile(&self) -> Result<Compiled, CompileErrors> {
        compile(self.draft())
    }
}

/// The ministries of a birth that compiles.
pub(crate) fn ministries() -> Vec<Declared> {
    vec![
        person_record(),
        registration(),
        registration_correction(),
        number(),
        benefit(),
        welcome(),
        declared("social-insurance/family-overview")
            .serves("birth", &[])
            .non_essential()
            .needs_all("children.number", "child.number")
            .gives_as("total", "mother.family_benefit", Shape::Message("google.type.Money".to_owned())),
    ]
}

pub(crate) fn person_record() -> Declared {
    declared("population-register/person-record")
        .serves("birth", &[("person", "mother")])
        .with(|service| service.effect = Effect::Read)
        .needs("person.number")
        .gives("person.address")
        .gives("person.municipality")
}

pub(crate) fn registration() -> Declared {
    declared("civil-registry/birth-registration")
        .serves("birth", &[("person", "child")])
        .with(|service| {
            service.act = Act::Duty;
            service.cancel = true;
            service.status = true;
            service.usual_time = Some("PT1M".to_owned());
            service.term = Some(term("P3D", Some("birth.date")));
            service.reversal = Some(Reversal {
                service: "civil-registry/birth-correction".parse().unwrap(),
                kind: ReversalKind::Correction,
            });
        })
        .can_use("person.given_names")
        .needs_as("order", "person.order", Shape::Integer { bits: 32, signed: true })
        .needs("birth.date")
        .needs("mother.number")
        .gives("person.record")
        .gives("person.name")
}

pub(crate) fn registration_correction() -> Declared {
    declared("civil-registry/birth-correction").can_use("person.record").needs_as(
        "order",
        "person.order",
        Shape::Integer { bits: 64, signed: true },
    )
}

pub(crate) fn number() -> Declared {
    declared("population-register/person-number")
        .serves("birth", &[("person", "child")])
        .with(|service| service.usual_time = Some("P1D".to_owned()))
        .needs("person.record")
        .can_use("person.name")
        .needs("mother.address")
        .gives("person.number")
}

pub(crate) fn benefit() -> Declared {
    declared("social-insurance/child-benefit")
        .serves("birth", &[("person", "child"), ("parent", "mother")])
        .non_essential()
        .with(|service| {
            service.act = Act::Application;
            service.usual_time = Some("P2W".to_owned());
            service.when = Some(Condition::Not(Box::new(Condition::Holds(fact("person.stillborn")))));
        })
        .needs("person.number")
        .needs("parent.account")
        .gives_as("amount", "person.benefit", Shape::Message("google.type.Money".to_owned()))
}

pub(crate) fn welcome() -> Declared {
    declared("municipality/welcome")
        .serves("birth", &[("person", "child")])
        .non_essential()
        .with(|service| {
            service.competence = Some(fact("mother.municipality"));
            service.after = vec![After::Agency("civil-registry".parse().unwrap())];
            service.mode = Mode::Offer;
        })
        .needs("person.number")
}

pub(crate) fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

pub(crate) fn term(length: &str, from: Option<&str>) -> Term {
    Term {
        bearer: Bearer::Party,
        length: length.to_owned(),
        from: from.map(fact),
        calendar: CalendarKind::Days,
        legal_basis: "Act 9".to_owned(),
    }
}

/// A service under declaration.
#[derive(Debug, Clone)]
pub(crate) struct Declared(pub(crate) Service);

/// A service with an id and everything that every service says.
pub(crate) fn declared(id: &str) -> Declared {
    Declared(Service {
        id: id.parse().unwrap(),
        titles: texts(id),
        life_events: Vec::new(),
        act: Act::ExOfficio,
        mode: Mode::Automatic,
        effect: Effect::Idempotent,
        when: None,
        after: Vec::new(),
        term: None,
        legal_basis: "Act 1".to_owned(),
        purpose: "purpose".to_owned(),
        essential: true,
        competence: None,
        cancel: false,
        status: false,
        finds_by: Vec::new(),
        reversal: None,
        timeout_ms: 2_000,
        wait_for: None,
        remedy: None,
        usual_time: None,
        needs: Vec::new(),
        gifts: Vec::new(),
        contract: format!("contract of {id}"),
    })
}

impl Declared {
    pub(crate) fn serves(mut self, life_event: &str, bind: &[(&str, &str)]) -> Self {
        let bind = bind.iter().map(|(word, role)| ((*word).to_owned(), role.parse().unwrap())).collect();
        self.0.life_events.push(LifeEventUse { id: life_event.parse().unwrap(), bind, when: None });
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Service)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn non_essential(self) -> Self {
        self.with(|service| service.essential = false)
    }

    pub(crate) fn after(self, id: &str) -> Self {
        self.with(|service| service.after.push(After::Service(id.parse().unwrap())))
    }

    fn need(mut self, field: &str, name: &str, shape: Shape, optional: bool, repeated: bool) -> Self {
        self.0.needs.push(Need { name: fact(name), optional, field: field.to_owned(), shape, repeated });
        self
    }

    /// Needs a fact in a field of the attribute's name, of the shape that suits it.
    pub(crate) fn needs(self, name: &str) -> Self {
        let field = field(name);
        self.need(&field, name, suits(name), false, false)
    }

    pub(crate) fn can_use(self, name: &str) -> Self {
        let field = field(name);
        self.need(&field, name, suits(name), true, false)
    }

    pub(crate) fn needs_as(self, field: &str, name: &str, shape: Shape) -> Self {
        self.need(field, name, shape, false, false)
    }

    /// Needs the facts of all members.
    pub(crate) fn needs_all(self, field: &str, name: &str) -> Self {
        self.need(field, name, suits(name), false, true)
    }

    fn gift(mut self, field: &str, name: &str, shape: Shape, repeated: bool, presence: bool) -> Self {
        self.0.gifts.push(Gift { name: fact(name), field: field.to_owned(), shape, repeated, presence });
        self
    }

    pub(crate) fn gives(self, name: &str) -> Self {
        let field = field(name);
        self.gift(&field, name, suits(name), false, true)
    }

    pub(crate) fn gives_as(self, field: &str, name: &str, shape: Shape) -> Self {
        self.gift(field, name, shape, false, true)
    }

    /// Gives a fact of each of the members that it creates.
    pub(crate) fn creates(self, field: &str, name: &str) -> Self {
        self.gift(field, name, suits(name), true, true)
    }

    pub(crate) fn gives_without_presence(self, name: &str) -> Self {
        let field = field(name);
        self.gift(&field, name, suits(name), false, false)
    }
}

fn field(name: &str) -> String {
    fact(name).attribute().to_owned()
}

fn suits(name: &str) -> Shape {
    match fact(name).attribute() {
        "date" => Shape::Message("google.type.Date".to_owned()),
        "address" => Shape::Message("google.type.PostalAddress".to_owned()),
        "benefit" | "family_benefit" => Shape::Message("google.type.Money".to_owned()),
        "stillborn" => Shape::Bool,
        "order" => Shape::Integer { bits: 32, signed: true },
        _ => Shape::String,
    }
}

pub(crate) fn texts(text: &str) -> Texts {
    Texts::from([("en".to_owned(), text.to_owned())])
}

fn role(id: &str, kind: &str, closed_by: Option<ClosedBy>, same_when: &str) -> RoleSpec {
    let same_when = vec![same_when.to_owned()];
    RoleSpec {
        id: id.parse().unwrap(),
        kind: kind.parse().unwrap(),
        titles: texts(id),
        optional: false,
        may_report: false,
        group: closed_by.map(|closed_by| GroupSpec { same_when, closed_by, max: 9 }),
        about: None,
        shared_with: Vec::new(),
        hears_nothing: false,
        named_by_services: false,
    }
}

pub(crate) fn life_event() -> LifeEvent {
    LifeEvent {
        id: "birth".parse().unwrap(),
        titles: texts("Birth"),
        summary: texts("A birth"),
        owner: "The ministry".to_owned(),
        roles: vec![
            role("child", "person", Some(ClosedBy::Report), "order"),
            role("mother", "person", None, ""),
            role("birth", "birth", None, ""),
            role("sibling", "person", Some(ClosedBy::Gift), "number"),
            role("mover", "person", Some(ClosedBy::Report), "number"),
        ],
        together: BTreeMap::new(),
        identity: Identity {
            date: fact("birth.date"),
            blocking: vec![vec![fact("mother.number")], vec![fact("mother.given_names"), fact("birth.date")]],
            sure: vec![fact("mother.number"), fact("birth.date")],
            near_days: Some(3),
        },
        outcomes: vec![Outcome {
            id: "registered".parse().unwrap(),
            titles: texts("Registered"),
            per: Some("child".parse().unwrap()),
            reached: "has(child.record)".to_owned(),
            target: "P1D".to_owned(),
        }],
    }
}

/// name, type, owner, asked?
const CONCEPTS: [(&str, &str, &str, bool); 15] = [
    ("person.number", "person", "population-register", true),
    ("person.given_names", "text", "population-register", true),
    ("person.order", "integer", "civil-registry", true),
    ("person.stillborn", "bool", "civil-registry", true),
    ("person.gender", "code(gender)", "civil-registry", true),
    ("person.record", "document", "civil-registry", false),
    ("person.name", "text", "civil-registry", false),
    ("person.address", "address", "population-register", true),
    ("person.municipality", "code(municipality)", "population-register", false),
    ("person.account", "text", "social-insurance", true),
    ("person.benefit", "money", "social-insurance", false),
    ("person.family_benefit", "money", "social-insurance", false),
    ("person.nationalities", "list(code(gender))", "population-register", false),
    ("birth.date", "date", "civil-registry", true),
    ("birth.place", "text", "civil-registry", false),
];

pub(crate) fn dictionary() -> Dictionary {
    let concepts = CONCEPTS.map(|(name, kind, owner, asked)| Concept {
        name: name.parse().unwrap(),
        definition: name.to_owned(),
        called: BTreeMap::new(),
        value: kind.to_owned().try_into().unwrap(),
        limits: Default::default(),
        owner: owner.parse().unwrap(),
        other_givers: Vec::new(),
        source: "Act".to_owned(),
        sensitivity: Sensitivity::Personal,
        ask: asked.then(|| Ask {
            of: Default::default(),
            evidence: None,
            assurance: Default::default(),
            question: BTreeMap::new(),
        }),
        propagates: name == "person.address",
    });
    let list = |codes: &[&str]| codes.iter().map(|code| ((*code).to_owned(), texts(code))).collect();
    let codes = BTreeMap::from([
        ("gender".to_owned(), list(&["female", "male"])),
        ("municipality".to_owned(), list(&["east", "west"])),
    ]);
    Dictionary::assemble([DictionaryFile { concepts: concepts.to_vec(), codes }]).unwrap()
}

pub(crate) fn grant(from: &str, concept: &str, to: &str) -> Grant {
    Grant {
        from: from.parse().unwrap(),
        concept: concept.parse().unwrap(),
        to: to.parse().unwrap(),
        purpose: "purpose".to_owned(),
        legal_basis: "Act 7".to_owned(),
    }
}

pub(crate) fn grants() -> Grants {
    let mut grants = Grants::default();
    for (from, concept, to) in [
        ("civil-registry", "person.record", "population-register/person-number"),
        ("civil-registry", "person.name", "population-register/person-number"),
        ("population-register", "person.number", "social-insurance/child-benefit"),
        ("population-register", "person.number", "social-insurance/family-overview"),
        ("population-register", "person.number", "municipality/welcome"),
    ] {
        grants.give(grant(from, concept, to));
    }
    grants
}
