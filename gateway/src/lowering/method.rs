//! One method and what is said about it, lowered to a service and its contract. Every fault is told, each with the
//! method's name.

mod companions;
mod finding;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use casework::name::{AgencyId, FactName, NameError, Role, ServiceId};
use casework::service as words;
use casework::service::Service;
use casework::term;
use prost_reflect::MethodDescriptor;
use proto::loket::desk::v1::MethodRule;
use proto::loket::v1 as annotations;

use self::companions::Companions;
use super::contract::{Contract, Direct, FindCall, GrpcCalls, Wire};
use super::fields::{Fields, LoweredMessage};
use super::fingerprint::fingerprint;
use super::words::shown;
use super::{DescriptorSet, Fault, LoweredService, RulesFrom, cel, durations};

/// A method as it was lowered, before reversals are bound to the services that name them.
pub(super) struct LoweredMethod {
    service: Service,
    contract: Contract,
    method: MethodDescriptor,
    rules_from: RulesFrom,
    reversal: Option<(String, words::ReversalKind)>,
}

/// Lowers a method. None: it is no public service.
pub(super) fn lower(
    agency: &AgencyId,
    set: &DescriptorSet,
    method: &MethodDescriptor,
    rule: Option<&MethodRule>,
) -> Result<Option<LoweredMethod>, Vec<Fault>> {
    let marks = set.marks.method(method.full_name());
    let beside = rule.and_then(|rule| rule.public_service.as_ref());
    let Some(said) = beside.or_else(|| marks.and_then(|marks| marks.public_service.as_ref())) else {
        return match rule {
            None => Ok(None),
            Some(_) => Err(vec![Fault::at(
                format!("rule for `{}`", method.full_name()),
                "it has no public_service, and neither has the method's annotation",
            )]),
        };
    };
    let mut reading = Reading { place: method.full_name().to_owned(), faults: Vec::new() };
    if method.is_client_streaming() || method.is_server_streaming() {
        reading.fault("it streams; a public service takes one request and gives one response");
    }
    let announced = marks.and_then(|marks| marks.operation_info.as_ref());
    let answers = companions::answer_type(set, method, announced).map_err(|what| reading.fault(what)).ok();
    let request = reading.fields(set, rule.map(|rule| &rule.request_facts), &method.input(), false);
    let response = match &answers {
        Some(answers) => reading.fields(set, rule.map(|rule| &rule.response_facts), &answers.message, true),
        None => LoweredMessage::default(),
    };
    let companions = Companions::find(method, said, answers.as_ref(), &mut reading);
    let find = match (&companions.find, &answers) {
        (Some(find), Some(answers)) => finding::lower(set, find, (&request, rule), answers, &mut reading),
        _ => None,
    };
    let service = reading.service(agency, said, &request, &response, &companions, find.as_ref());
    let (Some(mut service), Some(answers)) = (service, answers) else { return Err(reading.faults) };
    let direct = Direct {
        path: companions::path_of(method),
        request: request.nodes,
        response: response.nodes,
        response_type: answers.message.full_name().to_owned(),
        operation: answers.operation,
    };
    let calls = GrpcCalls { perform: direct, status: companions.status, cancel: companions.cancel, find };
    let mut contract = Contract {
        fingerprint: String::new(),
        wire: Wire::Grpc(calls),
        effect: service.effect,
        timeout_ms: service.timeout_ms,
    };
    contract.fingerprint = fingerprint(&service, &contract, companions.reversal.as_ref());
    service.contract.clone_from(&contract.fingerprint);
    let reversal = companions.reversal;
    let rules_from = if rule.is_some() { RulesFrom::Rules } else { RulesFrom::Annotations };
    if reading.faults.is_empty() {
        Ok(Some(LoweredMethod { service, contract, method: method.clone(), rules_from, reversal }))
    } else {
        Err(reading.faults)
    }
}

/// Puts the reversal's service id where a method names its reversal, and looks for what only the whole shows.
pub(super) fn bind_reversals(lowered: Vec<LoweredMethod>, faults: &mut Vec<Fault>) -> Vec<LoweredService> {
    let ids: BTreeMap<String, ServiceId> =
        lowered.iter().map(|one| (one.method.full_name().to_owned(), one.service.id.clone())).collect();
    let named: BTreeSet<String> =
        lowered.iter().filter_map(|one| one.reversal.as_ref().map(|(method, _)| method.clone())).collect();
    let mut seen = BTreeMap::new();
    let mut services = Vec::new();
    for mut one in lowered {
        let method = one.method.full_name().to_owned();
        if let Some(other) = seen.insert(one.service.id.clone(), method.clone()) {
            let what = format!("`{other}` has the id `{}` too; give each service its own", one.service.id);
            faults.push(Fault::at(&method, what));
        }
        if one.service.life_events.is_empty() && !named.contains(&method) {
            let what = "it serves no life event and no method names it as its reversal; name a life event";
            faults.push(Fault::at(&method, what));
        }
        if let Some((reversal, kind)) = &one.reversal {
            match ids.get(reversal) {
                Some(id) => one.service.reversal = Some(words::Reversal { service: id.clone(), kind: *kind }),
                // A marked one that is missing here was faulty, and its own faults say how.
                None if !faults.is_empty() => {}
                None => faults.push(Fault::at(
                    &method,
                    format!("its reversal `{reversal}` is not marked `(loket.v1.public_service)` itself"),
                )),
            }
        }
        services.push(LoweredService {
            service: Arc::new(one.service),
            contract: Arc::new(one.contract),
            method,
            rules_from: one.rules_from,
        });
    }
    services
}

/// Reads what is said about a method and keeps what is wrong with it.
struct Reading {
    place: String,
    faults: Vec<Fault>,
}

impl Reading {
    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(Fault::at(&self.place, what));
    }

    fn parsed<T>(&mut self, what: &str, parsed: Result<T, impl std::fmt::Display>) -> Option<T> {
        parsed.map_err(|error| self.fault(format!("{what}: {error}"))).ok()
    }

    fn required(&mut self, name: &str, said: &str) -> String {
        if said.trim().is_empty() {
            self.fault(format!("`{name}` is missing"));
        }
        self.text(name, said)
    }

    fn text(&mut self, name: &str, said: &str) -> String {
        if said.len() > texts::TEXT_BYTES_MAX || said.chars().any(char::is_control) {
            self.fault(format!(
                "`{name}` is longer than {} bytes or has control characters",
                texts::TEXT_BYTES_MAX
            ));
        }
        said.to_owned()
    }

    fn fields(
        &mut self,
        set: &DescriptorSet,
        beside: Option<&std::collections::HashMap<String, annotations::Fact>>,
        message: &prost_reflect::MessageDescriptor,
        answers: bool,
    ) -> LoweredMessage {
        let fields = Fields::new(&set.marks, beside.into_iter().flatten(), self.place.clone(), answers);
        fields.lower(message).unwrap_or_else(|mut faults| {
            self.faults.append(&mut faults);
            LoweredMessage::default()
        })
    }

    fn service(
        &mut self,
        agency: &AgencyId,
        said: &annotations::PublicService,
        request: &LoweredMessage,
        response: &LoweredMessage,
        companions: &Companions,
        find: Option<&FindCall>,
    ) -> Option<Service> {
        let id = self.id(agency, said);
        let (act, effect) = (self.act(said), self.effect(said));
        let timeout = self.parsed("timeout", durations::timeout_ms(&said.timeout));
        let when = self.condition("when", &said.when);
        let service = Service {
            titles: self.texts("titles", &said.titles),
            life_events: said.life_events.iter().filter_map(|of| self.life_event(of)).collect(),
            mode: self.mode(said),
            when,
            after: said.after.iter().filter_map(|after| self.after(after)).collect(),
            term: said.term.as_ref().and_then(|term| self.term(term)),
            legal_basis: self.required("legal_basis", &said.legal_basis),
            purpose: self.purpose(&said.purpose),
            essential: said.essential.unwrap_or(true),
            competence: said
                .competence
                .as_ref()
                .and_then(|competence| self.fact("competence", &competence.fact)),
            cancel: companions.cancel.is_some(),
            status: companions.status.is_some(),
            finds_by: find.map(|find| find.fields.keys().cloned().collect()).unwrap_or_default(),
            reversal: None,
            wait_for: self.span("wait_for", &said.wait_for),
            remedy: said.remedy.as_ref().and_then(|remedy| self.remedy(remedy)),
            usual_time: self.span("usual_time", &said.usual_time),
            needs: request.facts.iter().map(need).collect(),
            gifts: response.facts.iter().map(gift).collect(),
            contract: String::new(),
            id: id?,
            act: act?,
            effect: effect?,
            timeout_ms: timeout?,
        };
        self.offered_by_a_kind(agency, &service);
        Some(service)
    }

    fn id(&mut self, agency: &AgencyId, said: &annotations::PublicService) -> Option<ServiceId> {
        let id: ServiceId = self.parsed("id", said.id.parse())?;
        let kind = id.agency();
        let of_kind = agency.as_str().strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with('-'));
        if kind != *agency && !of_kind {
            self.fault(format!(
                "the service `{id}` is not of the agency `{agency}`: its part before the slash must be `{agency}`, or \
                 for a service that many agencies offer the name of their kind, which begins their own \
                 (`municipality` for `municipality-oosterdam`)"
            ));
        }
        Some(id)
    }

    /// A service that several agencies offer needs something that chooses between them.
    fn offered_by_a_kind(&mut self, agency: &AgencyId, service: &Service) {
        let of_kind = agency.as_str().strip_prefix(service.id.agency().as_str());
        let of_kind = of_kind.is_some_and(|rest| rest.starts_with('-'));
        // A reversal stays with the agency whose act it reverses.
        if of_kind && service.competence.is_none() && !service.life_events.is_empty() {
            self.fault(format!(
                "`{}` is a service of the kind `{}`, and nothing chooses between the agencies that offer it; name the \
                 fact in `competence`",
                service.id,
                service.id.agency()
            ));
        }
    }

    fn act(&mut self, said: &annotations::PublicService) -> Option<words::Act> {
        match said.act() {
            annotations::Act::Duty => Some(words::Act::Duty),
            annotations::Act::Application => Some(words::Act::Application),
            annotations::Act::ExOfficio => Some(words::Act::ExOfficio),
            annotations::Act::Information => Some(words::Act::Information),
            annotations::Act::Unspecified => {
                self.fault("`act` is missing: ACT_DUTY, ACT_APPLICATION, ACT_EX_OFFICIO or ACT_INFORMATION");
                None
            }
        }
    }

    fn effect(&mut self, said: &annotations::PublicService) -> Option<words::Effect> {
        match said.effect() {
            annotations::Effect::Read => Some(words::Effect::Read),
            annotations::Effect::Idempotent => Some(words::Effect::Idempotent),
            annotations::Effect::Guarded => {
                if said.status.is_empty() {
                    self.fault("EFFECT_GUARDED rests on its status method; name it in `status`");
                }
                Some(words::Effect::Guarded)
            }
            annotations::Effect::Unguarded => Some(words::Effect::Unguarded),
            annotations::Effect::Unspecified => {
                self.fault(
                    "`effect` is missing: EFFECT_READ, EFFECT_IDEMPOTENT, EFFECT_GUARDED or EFFECT_UNGUARDED",
                );
                None
            }
        }
    }

    fn mode(&mut self, said: &annotations::PublicService) -> words::Mode {
        match said.mode() {
            annotations::Mode::Inform => words::Mode::Inform,
            annotations::Mode::Offer => words::Mode::Offer,
            annotations::Mode::Automatic => words::Mode::Automatic,
            annotations::Mode::Unspecified => {
                if said.mode != 0 {
                    self.fault("`mode` is none that this gateway knows");
                }
                words::Mode::Automatic
            }
        }
    }

    fn condition(&mut self, what: &str, source: &str) -> Option<casework::condition::Condition> {
        if source.is_empty() {
            return None;
        }
        self.parsed(what, cel::condition(source))
    }

    fn fact(&mut self, what: &str, name: &str) -> Option<FactName> {
        self.parsed(what, name.parse())
    }

    fn life_event(&mut self, of: &annotations::LifeEventUse) -> Option<words::LifeEventUse> {
        let mut bind = BTreeMap::new();
        for (word, role) in &of.bind {
            let parsed: Result<(Role, Role), NameError> =
                word.parse().and_then(|word: Role| Ok((word, role.parse()?)));
            if let Some((word, role)) = self.parsed(&format!("life event `{}`, bind", shown(&of.id)), parsed)
            {
                bind.insert(word.as_str().to_owned(), role);
            }
        }
        let when = self.condition(&format!("life event `{}`, when", shown(&of.id)), &of.when);
        Some(words::LifeEventUse { id: self.parsed("life_events", of.id.parse())?, bind, when })
    }

    fn after(&mut self, after: &str) -> Option<words::After> {
        match after.strip_suffix("/*") {
            Some(agency) => self.parsed("after", agency.parse()).map(words::After::Agency),
            None => self.parsed("after", after.parse()).map(words::After::Service),
        }
    }

    fn term(&mut self, said: &annotations::Term) -> Option<words::Term> {
        use annotations::term::{Bearer, Calendar};
        let bearer = match said.bearer() {
            Bearer::Agency => words::Bearer::Agency,
            Bearer::Party => words::Bearer::Party,
            Bearer::Unspecified => {
                self.fault("term: `bearer` is missing: BEARER_AGENCY or BEARER_PARTY");
                return None;
            }
        };
        let calendar = match said.calendar() {
            Calendar::WorkingDays => words::CalendarKind::WorkingDays,
            Calendar::Days | Calendar::Unspecified => words::CalendarKind::Days,
        };
        self.parsed("term", said.length.parse::<term::Length>())?;
        let from = if said.from.is_empty() { None } else { self.fact("term, from", &said.from) };
        let legal_basis = self.required("term, legal_basis", &said.legal_basis);
        Some(words::Term { bearer, length: said.length.clone(), from, calendar, legal_basis })
    }
}

fn need(field: &super::fields::MarkedField) -> words::Need {
    words::Need {
        name: field.name.clone(),
        optional: field.optional,
        field: field.field.clone(),
        shape: field.shape.clone(),
        repeated: field.per_member || field.list,
    }
}

fn gift(field: &super::fields::MarkedField) -> words::Gift {
    words::Gift {
        name: field.name.clone(),
        field: field.field.clone(),
        shape: field.shape.clone(),
        repeated: field.per_member,
        presence: field.presence,
    }
}
