//! A country in a few lines: services as short declarations, and a dictionary, grants and offers that fit them.

use std::collections::{BTreeMap, BTreeSet};

use casework::compile::{Draft, compile};
use casework::condition::Condition;
use casework::dictionary::{Ask, AskOf, Assurance, Concept, Dictionary, DictionaryFile, Sensitivity, Texts};
use casework::life_event::{ClosedBy, GroupSpec, Identity, LifeEvent, Outcome, RoleSpec};
use casework::name::{AgencyId, ConceptName, FactName, OutcomeId, Role};
use casework::plan::{Plan, PlanHash};
use casework::rulebook::{AgencyOffer, Competent, Offers, Rulebook};
use casework::service::{
    Act, After, Bearer, CalendarKind, Effect, Gift, Grant, Grants, LifeEventUse, Mode, Need, Remedy,
    Reversal, ReversalKind, Service, Shape, Term,
};

/// A service under declaration.
#[derive(Debug, Clone)]
pub(crate) struct Declared(pub(crate) Service);

/// A service with an id and everything that every service says. Its words are the roles of the life event.
pub(crate) fn service(id: &str) -> Declared {
    let life_event = LifeEventUse { id: "happening".parse().unwrap(), bind: BTreeMap::new(), when: None };
    Declared(Service {
        id: id.parse().unwrap(),
        titles: texts(id),
        life_events: vec![life_event],
        act: Act::Application,
        mode: Mode::Automatic,
        effect: Effect::Idempotent,
        when: None,
        after: Vec::new(),
        term: None,
        legal_basis: format!("Act of {id}"),
        purpose: "purpose".to_owned(),
        essential: true,
        competence: None,
        cancel: true,
        status: true,
        finds_by: Vec::new(),
        reversal: None,
        timeout_ms: 2_000,
        wait_for: None,
        remedy: Some(Remedy {
            kind: "objection".to_owned(),
            term: "P6W".to_owned(),
            lodged_at: "here".to_owned(),
        }),
        usual_time: None,
        needs: Vec::new(),
        gifts: Vec::new(),
        contract: format!("contract of {id}"),
    })
}

impl Declared {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Service)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn reads(self) -> Self {
        self.with(|service| {
            service.effect = Effect::Read;
            service.act = Act::Information;
            service.cancel = false;
        })
    }

    pub(crate) fn duty(self) -> Self {
        self.with(|service| service.act = Act::Duty)
    }

    /// A repeat would do it twice, and no key says what became of it.
    pub(crate) fn unguarded(self) -> Self {
        self.with(|service| {
            service.effect = Effect::Unguarded;
            service.cancel = false;
            service.status = false;
        })
    }

    pub(crate) fn guarded(self) -> Self {
        self.with(|service| service.effect = Effect::Guarded)
    }

    pub(crate) fn no_cancel(self) -> Self {
        self.with(|service| service.cancel = false)
    }

    pub(crate) fn no_status(self) -> Self {
        self.with(|service| service.status = false)
    }

    /// By all that it needs, also by what is added later.
    pub(crate) fn finds(self) -> Self {
        self.with(|service| {
            let fields = service.needs.iter().map(|need| need.field.clone());
            service.finds_by = fields.chain(["everything".to_owned()]).collect();
        })
    }

    pub(crate) fn non_essential(self) -> Self {
        self.with(|service| service.essential = false)
    }

    pub(crate) fn mode(self, mode: Mode) -> Self {
        self.with(|service| service.mode = mode)
    }

    pub(crate) fn when(self, condition: Condition) -> Self {
        self.with(|service| service.when = Some(condition))
    }

    pub(crate) fn after(self, id: &str) -> Self {
        self.with(|service| service.after.push(After::Service(id.parse().unwrap())))
    }

    pub(crate) fn wait_for(self, length: &str) -> Self {
        self.with(|service| service.wait_for = Some(length.to_owned()))
    }

    pub(crate) fn competence(self, name: &str) -> Self {
        self.with(|service| service.competence = Some(fact(name)))
    }

    pub(crate) fn reversed_by(self, id: &str, kind: ReversalKind) -> Self {
        self.with(|service| service.reversal = Some(Reversal { service: id.parse().unwrap(), kind }))
    }

    pub(crate) fn term(self, bearer: Bearer, length: &str, from: Option<&str>) -> Self {
        self.with(|service| {
            service.term = Some(Term {
                bearer,
                length: length.to_owned(),
                from: from.map(fact),
                calendar: CalendarKind::Days,
                legal_basis: "Act of terms".to_owned(),
            });
        })
    }

    /// A service that only undoes another: it serves no life event.
    pub(crate) fn reversal(self) -> Self {
        self.with(|service| {
            service.life_events.clear();
            service.cancel = false;
        })
    }

    pub(crate) fn needs(self, name: &str) -> Self {
        self.need(name, false, false)
    }

    pub(crate) fn can_use(self, name: &str) -> Self {
        self.need(name, true, false)
    }

    pub(crate) fn needs_all(self, name: &str) -> Self {
        self.need(name, false, true)
    }

    fn need(mut self, name: &str, optional: bool, repeated: bool) -> Self {
        let field = name.replace('.', "_");
        if self.0.finds_by.iter().any(|by| by == "everything") {
            self.0.finds_by.push(field.clone());
        }
        self.0.needs.push(Need { name: fact(name), optional, field, shape: suits(name), repeated });
        self
    }

    pub(crate) fn gives(self, name: &str) -> Self {
        self.gift(name, false)
    }

    pub(crate) fn creates(self, name: &str) -> Self {
        self.gift(name, true)
    }

    fn gift(mut self, name: &str, repeated: bool) -> Self {
        let field = name.replace('.', "_");
        self.0.gifts.push(Gift { name: fact(name), field, shape: suits(name), repeated, presence: true });
        self
    }
}

pub(crate) fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

fn texts(text: &str) -> Texts {
    Texts::from([("en".to_owned(), text.to_owned())])
}

/// The type of an attribute follows from its name.
pub(crate) fn type_of(attribute: &str) -> &'static str {
    match attribute {
        "number" => "person",
        "date" => "date",
        "order" => "integer",
        "place" => "code(place)",
        "street" => "address",
        flag if flag.starts_with("is_") || flag == "protected" => "bool",
        _ => "text",
    }
}

fn suits(name: &str) -> Shape {
    match type_of(fact(name).attribute()) {
        "bool" => Shape::Bool,
        "integer" => Shape::Integer { bits: 64, signed: true },
        "date" => Shape::Message("google.type.Date".to_owned()),
        "address" => Shape::Message("google.type.PostalAddress".to_owned()),
        _ => Shape::String,
    }
}

/// Codes of places: municipalities are competent for one each.
pub(crate) const PLACES: [&str; 2] = ["east", "west"];

/// What a rulebook borrows.
#[derive(Debug, Clone)]
pub(crate) struct Country {
    pub(crate) plan: Plan,
    pub(crate) hash: PlanHash,
    pub(crate) dictionary: Dictionary,
    pub(crate) grants: Grants,
    pub(crate) offers: Offers,
    pub(crate) registry: u64,
    pub(crate) revoked: bool,
}

impl Country {
    pub(crate) fn rules(&self) -> Rulebook<'_> {
        Rulebook {
            plan: &self.plan,
            hash: &self.hash,
            dictionary: &self.dictionary,
            grants: &self.grants,
            offers: &self.offers,
            registry: self.registry,
            revoked: self.revoked,
        }
    }

    /// A country of these services, with these outcomes (reached when the fact is there), in which these facts may be
    /// asked for and all flows are granted. A service with a competence is offered by one agency per place.
    pub(crate) fn of(
        services: impl IntoIterator<Item = Declared>,
        outcomes: &[&str],
        asked: &[&str],
    ) -> Result<Self, String> {
        let services: Vec<Service> = services.into_iter().map(|declared| declared.0).collect();
        let life_event = life_event(outcomes);
        let dictionary = dictionary(&life_event, &services, asked);
        let grants = grants(&life_event, &services);
        let conditions: BTreeMap<OutcomeId, Condition> =
            outcomes.iter().map(|name| (outcome_id(name), Condition::Has(fact(name)))).collect();
        let compiled = compile(Draft {
            life_event: &life_event,
            outcomes: &conditions,
            services: &services,
            dictionary: &dictionary,
            grants: &grants,
        });
        let compiled = compiled.map_err(|errors| format!("{errors}"))?;
        let offered = services.iter().map(|service| (service.id.clone(), offers(service, &PLACES)));
        let offers = Offers(offered.collect());
        let (plan, hash) = (compiled.plan, compiled.hash);
        Ok(Self { plan, hash, dictionary, grants, offers, registry: 1, revoked: false })
    }
}

/// Who offers a service: its agency, or an agency per place where a place chooses.
pub(crate) fn offers(service: &Service, places: &[&str]) -> Vec<AgencyOffer> {
    let of = |agency: AgencyId, competent_for| AgencyOffer {
        agency,
        competent_for,
        contract: service.contract.clone(),
        live: true,
        withdrawn: false,
        registered: None,
    };
    if service.competence.is_none() {
        return vec![of(service.id.agency(), Vec::new())];
    }
    let place = |place: &&str| {
        let agency = format!("{}-{place}", service.id.agency()).parse().unwrap();
        of(agency, vec![Competent { code: (*place).to_owned(), from: None, until: None }])
    };
    places.iter().map(place).collect()
}

fn outcome_id(fact: &str) -> OutcomeId {
    fact.replace(['.', '_'], "-").parse().unwrap()
}

fn role(id: &str, kind: &str, group: Option<(&str, ClosedBy)>) -> RoleSpec {
    RoleSpec {
        id: role_of(id),
        kind: kind.parse().unwrap(),
        titles: texts(id),
        optional: id != "child",
        may_report: matches!(id, "mother" | "father"),
        group: group.map(|(same, closed_by)| GroupSpec {
            same_when: vec![same.to_owned()],
            closed_by,
            max: 4,
        }),
        // She speaks for her children, too.
        about: (!matches!(id, "mother" | "father")).then(|| "mother".parse().unwrap()),
        shared_with: Vec::new(),
        hears_nothing: false,
        named_by_services: false,
    }
}

/// A mother, perhaps a father, their children (as reported), their vehicles (as a service knows), a home, an event.
fn life_event(outcomes: &[&str]) -> LifeEvent {
    let outcome = |name: &&str| {
        let role = fact(name).role();
        Outcome {
            id: outcome_id(name),
            titles: texts(name),
            per: matches!(role.as_str(), "child" | "vehicle").then_some(role),
            reached: format!("has({name})"),
            target: "P1D".to_owned(),
        }
    };
    LifeEvent {
        id: "happening".parse().unwrap(),
        titles: texts("Happening"),
        summary: texts("Something happened"),
        owner: "The ministry".to_owned(),
        roles: vec![
            role("child", "person", Some(("order", ClosedBy::Report))),
            role("mother", "person", None),
            role("father", "person", None),
            role("vehicle", "vehicle", Some(("plate", ClosedBy::Gift))),
            role("home", "home", None),
            role("event", "event", None),
        ],
        together: BTreeMap::new(),
        identity: Identity {
            date: fact("event.date"),
            blocking: vec![vec![fact("mother.number")]],
            sure: vec![fact("mother.number"), fact("event.date")],
            near_days: Some(3),
        },
        outcomes: outcomes.iter().map(outcome).collect(),
    }
}

/// All facts that the services speak of, and those that tell happenings and members apart.
fn spoken_of(services: &[Service]) -> BTreeSet<FactName> {
    let mut names: BTreeSet<FactName> =
        ["mother.number", "event.date", "child.order", "vehicle.plate", "home.street"].map(fact).into();
    for service in services {
        names.extend(service.needs.iter().map(|need| need.name.clone()));
        names.extend(service.gifts.iter().map(|gift| gift.name.clone()));
        names.extend(service.when.iter().flat_map(Condition::facts));
        names.extend(service.competence.clone());
    }
    names
}

fn dictionary(life_event: &LifeEvent, services: &[Service], asked: &[&str]) -> Dictionary {
    let mut concepts: BTreeMap<ConceptName, Concept> = BTreeMap::new();
    let asked: BTreeSet<ConceptName> = asked
        .iter()
        .chain(&["mother.number", "event.date", "child.order"])
        .filter_map(|name| life_event.concept_of(&fact(name)))
        .collect();
    for name in spoken_of(services).into_iter().chain([fact("mother.protected"), fact("child.protected")]) {
        let Some(concept) = life_event.concept_of(&name) else { continue };
        let gives = |service: &&Service| {
            service.gifts.iter().any(|gift| life_event.concept_of(&gift.name).as_ref() == Some(&concept))
        };
        let mut givers: Vec<AgencyId> =
            services.iter().filter(gives).map(|service| service.id.agency()).collect();
        givers.dedup();
        let owner = givers.first().cloned().unwrap_or_else(|| "register".parse().unwrap());
        let ask = asked.contains(&concept).then(|| Ask {
            of: AskOf::Reporter,
            evidence: None,
            assurance: Assurance::Low,
            question: BTreeMap::new(),
        });
        concepts.insert(
            concept.clone(),
            Concept {
                definition: "What it means".to_owned(),
                called: Default::default(),
                value: type_of(concept.attribute()).to_owned().try_into().unwrap(),
                limits: Default::default(),
                owner,
                other_givers: givers.into_iter().skip(1).collect(),
                source: "Act of facts".to_owned(),
                sensitivity: Sensitivity::Personal,
                ask,
                propagates: false,
                name: concept,
            },
        );
    }
    let codes = PLACES.iter().map(|place| ((*place).to_owned(), texts(place))).collect();
    let file = DictionaryFile {
        concepts: concepts.into_values().collect(),
        codes: BTreeMap::from([("place".to_owned(), codes)]),
    };
    Dictionary::assemble([file]).unwrap()
}

/// Every flow from a giver to a taker, granted.
fn grants(life_event: &LifeEvent, services: &[Service]) -> Grants {
    let mut grants = Grants::default();
    for taker in services {
        for need in &taker.needs {
            for giver in services {
                let gives = giver.gifts.iter().any(|gift| gift.name == need.name);
                let Some(concept) = life_event.concept_of(&need.name).filter(|_| gives) else { continue };
                grants.give(Grant {
                    from: giver.id.agency(),
                    concept,
                    to: taker.id.clone(),
                    purpose: taker.purpose.clone(),
                    legal_basis: "Act of consent".to_owned(),
                });
            }
        }
    }
    grants
}

/// The role of this name.
pub(crate) fn role_of(name: &str) -> Role {
    name.parse().unwrap()
}
