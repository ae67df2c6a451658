//! A small country: a birth, four ministries, and a plan compiled from what they need and give.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use casework::compile::{Compiled, Draft, compile};
use casework::condition::Condition;
use casework::dictionary::{Dictionary, DictionaryFile};
use casework::entry::Actor;
use casework::input::{Given, Report};
use casework::life_event::LifeEvent;
use casework::name::{FactName, LifeEventId, OutcomeId, PartyId, Role, ServiceId};
use casework::plan::PlanHash;
use casework::rulebook::{AgencyOffer, Offers, Rulebook};
use casework::service::{Act, Effect, Gift, Grant, Grants, LifeEventUse, Mode, Need, Service, Shape};
use casework::time::PartialDate;
use casework::value::Value;
use gateway::caseworker::{Books, Opening, Reporter, Rules};

const DICTIONARY: &str = r#"
concepts:
  - {name: person.number, definition: n, type: person, owner: population-register, source: s, ask: {question: {en: {label: Number?}}}}
  - {name: person.order, definition: o, type: integer, owner: civil-registry, source: s, ask: {question: {en: {label: Order?}}}}
  - {name: person.given_names, definition: g, type: text, owner: civil-registry, source: s, ask: {question: {en: {label: Names?}}}}
  - {name: person.account, definition: a, type: text, owner: social-insurance, source: s, ask: {question: {en: {label: Account?}}}}
  - {name: person.record, definition: r, type: text, owner: civil-registry, source: s}
  - {name: person.benefit, definition: b, type: text, owner: social-insurance, source: s}
  - {name: person.welcome, definition: w, type: text, owner: municipality, source: s}
  - {name: birth.date, definition: d, type: date, owner: civil-registry, source: s, ask: {question: {en: {label: When?}}}}
"#;

const BIRTH: &str = r#"
id: birth
titles: {en: Birth}
summary: {en: A child is born.}
owner: Interior
roles:
  - {id: child, kind: person, titles: {en: Child}, about: mother, group: {same_when: [order], closed_by: report, max: 9}}
  - {id: mother, kind: person, titles: {en: Mother}, may_report: true}
  - {id: father, kind: person, titles: {en: Father}, optional: true, may_report: true}
  - {id: birth, kind: birth, titles: {en: Birth}, about: mother}
identity:
  date: birth.date
  blocking: [[mother.number]]
  sure: [mother.number, birth.date]
  near_days: 3
outcomes:
  - {id: registered, titles: {en: Registered}, per: child, reached: has(child.record), target: P1D}
  - {id: numbered, titles: {en: Numbered}, per: child, reached: has(child.number), target: P1D}
"#;

pub(crate) fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

fn service(id: &str, bind: &[(&str, &str)], needs: &[&str], gives: Option<&str>) -> Service {
    let bind = bind.iter().map(|(word, role)| ((*word).to_owned(), role.parse().unwrap())).collect();
    let shape = |name: &str| match name {
        "person.order" => Shape::Integer { bits: 32, signed: true },
        "birth.date" => Shape::Message("google.type.Date".to_owned()),
        _ => Shape::String,
    };
    let need = |name: &&str| Need {
        name: fact(name),
        optional: *name == "person.given_names",
        field: name.replace('.', "_"),
        shape: shape(name),
        repeated: false,
    };
    let gift = |name: &str| Gift {
        name: fact(name),
        field: name.replace('.', "_"),
        shape: shape(name),
        repeated: false,
        presence: true,
    };
    Service {
        id: id.parse().unwrap(),
        titles: BTreeMap::from([("en".to_owned(), id.to_owned())]),
        life_events: vec![LifeEventUse { id: "birth".parse().unwrap(), bind, when: None }],
        act: Act::Application,
        mode: Mode::Automatic,
        effect: Effect::Idempotent,
        when: None,
        after: Vec::new(),
        term: None,
        legal_basis: "Act 1".to_owned(),
        purpose: format!("purpose of {id}"),
        essential: true,
        competence: None,
        cancel: true,
        status: true,
        finds_by: Vec::new(),
        reversal: None,
        timeout_ms: 2_000,
        wait_for: None,
        remedy: None,
        usual_time: None,
        needs: needs.iter().map(need).collect(),
        gifts: gives.iter().copied().map(gift).collect(),
        contract: format!("contract of {id}"),
    }
}

pub(crate) const REGISTRATION: &str = "civil-registry/birth-registration";
pub(crate) const NUMBER: &str = "population-register/person-number";
pub(crate) const WELCOME: &str = "municipality/welcome";
pub(crate) const BENEFIT: &str = "social-insurance/child-benefit";

fn services() -> Vec<Service> {
    let child = &[("person", "child")];
    vec![
        service(
            REGISTRATION,
            child,
            &["person.given_names", "person.order", "birth.date", "mother.number"],
            Some("person.record"),
        ),
        service(NUMBER, child, &["person.record"], Some("person.number")),
        service(WELCOME, child, &["person.number"], Some("person.welcome")),
        service(
            BENEFIT,
            &[("person", "child"), ("parent", "mother")],
            &["person.number", "parent.account"],
            Some("person.benefit"),
        ),
    ]
}

fn grants(services: &[Service]) -> Grants {
    let mut grants = Grants::default();
    for (from, concept, to) in [
        ("civil-registry", "person.record", NUMBER),
        ("population-register", "person.number", WELCOME),
        ("population-register", "person.number", BENEFIT),
        ("population-register", "person.number", REGISTRATION),
    ] {
        let purpose = services.iter().find(|service| service.id.as_str() == to).unwrap().purpose.clone();
        grants.give(Grant {
            from: from.parse().unwrap(),
            concept: concept.parse().unwrap(),
            to: to.parse().unwrap(),
            purpose,
            legal_basis: "Act 2".to_owned(),
        });
    }
    grants
}

/// What is registered and published in the small country.
pub(crate) struct Country {
    life_event: LifeEvent,
    dictionary: Dictionary,
    grants: Grants,
    offers: Offers,
    compiled: Compiled,
    confirmed: AtomicBool,
}

impl Country {
    pub(crate) fn new() -> Arc<Self> {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl Fn(&mut Service)) -> Arc<Self> {
        let life_event: LifeEvent = serde_saphyr::from_str(BIRTH).unwrap();
        let dictionary: DictionaryFile = serde_saphyr::from_str(DICTIONARY).unwrap();
        let dictionary = Dictionary::assemble([dictionary]).unwrap();
        let mut services = services();
        services.iter_mut().for_each(change);
        let grants = grants(&services);
        let outcome = |id: &str| id.parse::<OutcomeId>().unwrap();
        let outcomes = BTreeMap::from([
            (outcome("registered"), Condition::Has(fact("child.record"))),
            (outcome("numbered"), Condition::Has(fact("child.number"))),
        ]);
        let draft = Draft {
            life_event: &life_event,
            outcomes: &outcomes,
            services: &services,
            dictionary: &dictionary,
            grants: &grants,
        };
        let compiled = compile(draft).unwrap_or_else(|errors| panic!("{errors}"));
        let offers = services.iter().map(|service| {
            let offer = AgencyOffer {
                agency: service.id.agency(),
                competent_for: Vec::new(),
                contract: service.contract.clone(),
                live: true,
                withdrawn: false,
                registered: None,
            };
            (service.id.clone(), vec![offer])
        });
        let offers = Offers(offers.collect::<BTreeMap<ServiceId, _>>());
        let confirmed = AtomicBool::new(true);
        Arc::new(Self { dictionary, grants, offers, compiled, life_event, confirmed })
    }

    /// Whether the registry's version is confirmed.
    pub(crate) fn confirm(&self, confirmed: bool) {
        self.confirmed.store(confirmed, Ordering::SeqCst);
    }
}

/// The books of the country, for whoever decides by them.
pub(crate) struct Ruled(pub Arc<Country>);

#[async_trait::async_trait]
impl Rules for Ruled {
    fn books(&self) -> Arc<dyn Books> {
        self.0.clone()
    }

    async fn confirm(&self) -> bool {
        self.0.confirmed.load(Ordering::SeqCst)
    }

    async fn look_anew(&self) -> bool {
        self.0.confirmed.load(Ordering::SeqCst)
    }
}

impl Books for Country {
    fn life_event(&self, id: &LifeEventId) -> Option<&LifeEvent> {
        (*id == self.life_event.id).then_some(&self.life_event)
    }

    fn published(&self, life_event: &LifeEventId, _: Option<PartialDate>) -> Option<PlanHash> {
        (*life_event == self.life_event.id).then(|| self.compiled.hash.clone())
    }

    fn move_to(&self, _: &PlanHash, _: Option<PartialDate>) -> Option<PlanHash> {
        None
    }

    fn rulebook(&self, plan: &PlanHash) -> Option<Rulebook<'_>> {
        (*plan == self.compiled.hash).then_some(Rulebook {
            plan: &self.compiled.plan,
            hash: &self.compiled.hash,
            dictionary: &self.dictionary,
            grants: &self.grants,
            offers: &self.offers,
            registry: 1,
            revoked: false,
        })
    }
}

/// A mother of the tests: everything that tells hers from other births.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) mother: String,
    pub(crate) date: &'static str,
    pub(crate) children: usize,
    pub(crate) reporter: &'static str,
    /// Names that are found nowhere else: a canary sings when they are in clear.
    pub(crate) name: &'static str,
}

impl Birth {
    pub(crate) fn of(mother: &str) -> Self {
        Self {
            mother: mother.to_owned(),
            date: "2026-11-20",
            children: 1,
            reporter: "mother",
            name: "Xanthippe",
        }
    }

    pub(crate) fn report(&self) -> Report {
        let given = |value| Given::Value(value);
        let mut facts = BTreeMap::from([
            (fact("mother.number"), given(Value::Person(self.mother.clone()))),
            (fact("birth.date"), given(Value::Date(self.date.parse().unwrap()))),
        ]);
        if self.reporter == "mother" {
            facts.insert(fact("mother.account"), given(Value::Text("NL91-QUUX-0417".to_owned())));
        }
        let child = |order: usize| {
            BTreeMap::from([
                (fact("child.order"), given(Value::Integer(order as i64 + 1))),
                (fact("child.given_names"), given(Value::Text(format!("{} {order}", self.name)))),
            ])
        };
        let children = (0..self.children).map(child).collect();
        Report {
            reporter: Some(party(self.reporter)),
            facts,
            members: BTreeMap::from([("child".parse::<Role>().unwrap(), children)]),
        }
    }

    /// The report as it comes from a portal, with the reporter's own number.
    pub(crate) fn opening(&self, request: &str, portal: &str, person: &str) -> Opening {
        Opening {
            request_id: request.to_owned(),
            reporter: Reporter {
                subject: format!("{portal}/{person}"),
                actor: Actor::Party { party: Some(party(self.reporter)), portal: portal.to_owned() },
                person: Some(person.to_owned()),
            },
            life_event: "birth".parse().unwrap(),
            report: self.report(),
        }
    }

    /// The report of a hospital, that plays no part and has only what identifies the birth.
    pub(crate) fn by_hospital(&self, request: &str) -> Opening {
        let agency = Actor::Agency("hospital".parse().unwrap());
        let mut opening = self.opening(request, "desk", "hospital");
        opening.reporter = Reporter { subject: "hospital".to_owned(), actor: agency, person: None };
        opening.report.reporter = None;
        opening.report.facts.remove(&fact("mother.account"));
        opening
    }

    /// The mother's own report.
    pub(crate) fn by_mother(&self, request: &str) -> Opening {
        self.opening(request, "portal", &self.mother)
    }
}

pub(crate) fn party(role: &str) -> PartyId {
    PartyId { role: role.parse().unwrap(), member: None }
}
