//! What a service says of itself: whole, within limits, and not at odds with itself.

use std::collections::BTreeMap;

use super::error::{Found, Wording, fault_and_help, listed};
use super::{AFTER_MAX, CONDITION_FACTS_MAX, Draft, FIELDS_MAX, Place};
use crate::name::{LifeEventId, ServiceId};
use crate::service::{Act, Effect, Mode, ReversalKind, Service, TIMEOUT_MS_MAX};
use crate::term;

/// A service's declaration is at fault, whatever the others are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeclarationError {
    /// The offers of one service are made under different contracts.
    OffersDiffer {
        /// The service.
        service: ServiceId,
        /// The fingerprints of the contracts.
        contracts: Vec<String>,
    },
    /// Two different services have one id.
    TwoServices {
        /// The id.
        service: ServiceId,
    },
    /// A service serves one life event in two ways.
    ServesTwice {
        /// The service.
        service: ServiceId,
        /// The life event.
        life_event: LifeEventId,
    },
    /// Something that every service says is not said.
    Missing {
        /// The service.
        service: ServiceId,
        /// What.
        what: Omission,
    },
    /// A length of time that is none, or over its limits.
    Time {
        /// Where.
        place: Place,
        /// Why.
        why: String,
    },
    /// A direct answer may take no time, or more than the limit.
    Timeout {
        /// The service.
        service: ServiceId,
        /// What it says, in milliseconds.
        millis: u32,
    },
    /// A service whose repeats are not recognised promises what only a key can do.
    UnguardedPromises {
        /// The service.
        service: ServiceId,
        /// `cancel` or `status`.
        method: &'static str,
    },
    /// A service whose repeats are recognised while its status answers has no status.
    GuardedWithoutStatus {
        /// The service.
        service: ServiceId,
    },
    /// A service that changes nothing says how it is undone.
    ReadUndone {
        /// The service.
        service: ServiceId,
        /// `cancel` or `reversal`.
        option: &'static str,
    },
    /// A service that is only told of has an answer.
    InformGives {
        /// Where.
        place: Place,
    },
    /// What is no application can be withdrawn.
    WithdrawalOfDuty {
        /// The service.
        service: ServiceId,
        /// What it is.
        act: &'static str,
    },
    /// Too much of something.
    OverLimit {
        /// Where.
        place: Place,
        /// Of what, in the plural.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

/// What every service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Omission {
    /// What kind of act it is.
    Act,
    /// What a repeated or lost call would do.
    Effect,
    /// The law it rests on.
    LegalBasis,
    /// The purpose of the processing.
    Purpose,
    /// A name for people.
    Titles,
    /// The law that sets its term.
    TermLegalBasis,
}

/// The services, each once and in the order of their ids: the offers of one service are one.
pub(super) fn distinct<'a>(draft: &Draft<'a>, found: &mut Found) -> Vec<&'a Service> {
    let mut services: BTreeMap<&ServiceId, Vec<&'a Service>> = BTreeMap::new();
    for service in draft.services {
        services.entry(&service.id).or_default().push(service);
    }
    for (id, offers) in &services {
        let mut contracts: Vec<String> = offers.iter().map(|offer| offer.contract.clone()).collect();
        contracts.sort();
        contracts.dedup();
        if contracts.len() > 1 {
            found.error(DeclarationError::OffersDiffer { service: (*id).clone(), contracts });
        } else if offers.iter().any(|offer| *offer != offers[0]) {
            found.error(DeclarationError::TwoServices { service: (*id).clone() });
        }
    }
    // Of offers that differ any would do for the other checks; the least by content is the same in every order.
    let least = |offers: Vec<&'a Service>| {
        offers.into_iter().min_by_key(|offer| serde_json::to_string(offer).unwrap_or_default())
    };
    let services: Vec<&Service> = services.into_values().filter_map(least).collect();
    for service in &services {
        let uses = service.life_events.iter().filter(|used| used.id == draft.life_event.id).count();
        if uses > 1 {
            let (service, life_event) = (service.id.clone(), draft.life_event.id.clone());
            found.error(DeclarationError::ServesTwice { service, life_event });
        }
    }
    services
}

/// Checks what a service says of itself.
pub(super) fn check(service: &Service, found: &mut Found) {
    omissions(service, found);
    promises(service, found);
    times(service, found);
    limits(service, found);
}

fn omissions(service: &Service, found: &mut Found) {
    let no_title = service.titles.values().all(|title| title.trim().is_empty());
    let term_basis = service.term.as_ref().map(|term| term.legal_basis.as_str());
    for (what, missing) in [
        (Omission::LegalBasis, service.legal_basis.trim().is_empty()),
        (Omission::Purpose, service.purpose.trim().is_empty()),
        (Omission::Titles, no_title),
        (Omission::TermLegalBasis, term_basis.is_some_and(|basis| basis.trim().is_empty())),
    ] {
        if missing {
            found.error(DeclarationError::Missing { service: service.id.clone(), what });
        }
    }
}

fn promises(service: &Service, found: &mut Found) {
    let id = || service.id.clone();
    let methods = [("cancel", service.cancel), ("status", service.status)];
    let declared = methods.iter().filter(|(_, declared)| *declared).map(|(method, _)| *method);
    match service.effect {
        Effect::Unguarded => {
            for method in declared {
                found.error(DeclarationError::UnguardedPromises { service: id(), method });
            }
        }
        Effect::Guarded if !service.status => {
            found.error(DeclarationError::GuardedWithoutStatus { service: id() });
        }
        Effect::Read => {
            for (option, said) in [("cancel", service.cancel), ("reversal", service.reversal.is_some())] {
                if said {
                    found.error(DeclarationError::ReadUndone { service: id(), option });
                }
            }
        }
        Effect::Guarded | Effect::Idempotent => {}
    }
    if let (Mode::Inform, Some(gift)) = (service.mode, service.gifts.first()) {
        found.error(DeclarationError::InformGives { place: Place::response(&service.id, &gift.field) });
    }
    let act = match service.act {
        Act::Application => return,
        Act::Duty => "a duty",
        Act::ExOfficio => "done ex officio",
        Act::Information => "information",
    };
    if service.reversal.as_ref().is_some_and(|reversal| reversal.kind == ReversalKind::Withdrawal) {
        found.error(DeclarationError::WithdrawalOfDuty { service: id(), act });
    }
}

fn times(service: &Service, found: &mut Found) {
    if !(1..=TIMEOUT_MS_MAX).contains(&service.timeout_ms) {
        found.error(DeclarationError::Timeout { service: service.id.clone(), millis: service.timeout_ms });
    }
    let length = |text: &String| text.parse::<term::Length>().err();
    let term = service.term.as_ref().and_then(|term| length(&term.length));
    let remedy = service.remedy.as_ref().and_then(|remedy| length(&remedy.term));
    let wait_for = service.wait_for.as_ref().and_then(|text| term::millis(text).err());
    let usual_time = service.usual_time.as_ref().and_then(|text| term::roughly(text).err());
    let options =
        [("term.length", term), ("remedy.term", remedy), ("wait_for", wait_for), ("usual_time", usual_time)];
    for (option, error) in options {
        if let Some(error) = error {
            let place = Place::option(&service.id, option);
            found.error(DeclarationError::Time { place, why: error.to_string() });
        }
    }
}

fn limits(service: &Service, found: &mut Found) {
    let conditions =
        service.when.iter().chain(service.life_events.iter().filter_map(|used| used.when.as_ref()));
    let condition_facts = conditions.map(|condition| condition.facts().len()).max().unwrap_or_default();
    for (option, what, count, most) in [
        ("request", "needs", service.needs.len(), FIELDS_MAX),
        ("response", "gifts", service.gifts.len(), FIELDS_MAX),
        ("after", "services and agencies to come after", service.after.len(), AFTER_MAX),
        ("when", "facts in one condition", condition_facts, CONDITION_FACTS_MAX),
    ] {
        if count > most {
            let place = Place::option(&service.id, option);
            found.error(DeclarationError::OverLimit { place, what, found: count, most });
        }
    }
}

impl Omission {
    fn option(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Effect => "effect",
            Self::LegalBasis => "legal_basis",
            Self::Purpose => "purpose",
            Self::Titles => "titles",
            Self::TermLegalBasis => "term.legal_basis",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Act => "say what it is: ACT_DUTY, ACT_APPLICATION, ACT_EX_OFFICIO or ACT_INFORMATION",
            Self::Effect => {
                "say what a repeated call would do: EFFECT_READ, EFFECT_IDEMPOTENT, EFFECT_GUARDED or EFFECT_UNGUARDED"
            }
            Self::LegalBasis => "cite the law it rests on, as an ELI where there is one",
            Self::Purpose => "name the purpose by a short code, such as \"civil-status\"",
            Self::Titles => "give it a name for people: titles {language: \"en\" value: \"…\"}",
            Self::TermLegalBasis => "cite the law that sets the term",
        }
    }
}

impl DeclarationError {
    pub(super) fn wording(&self) -> Wording {
        let option = |service, option| Place::option(service, option);
        match self {
            Self::OffersDiffer { service, contracts } => {
                let headline =
                    format!("`{service}` is offered under {} different contracts", contracts.len());
                let help = "let all who offer it use the same proto and rules, or give the newer one an id of its own";
                let note = format!(
                    "contracts {}",
                    listed(contracts.iter().map(|c| c.chars().take(12).collect::<String>()))
                );
                Wording::new("L0101", headline).at(&option(service, "id")).note(note).help(help)
            }
            Self::TwoServices { service } => {
                let headline = format!("two different services have the id `{service}`");
                Wording::new("L0102", headline).at(&option(service, "id")).help("give one of them another id")
            }
            Self::ServesTwice { service, life_event } => {
                let headline = format!("`{service}` serves the life event `{life_event}` twice");
                let help = "keep one; what it does for another role is a service with a method of its own";
                Wording::new("L0103", headline).at(&option(service, "life_events")).help(help)
            }
            Self::Missing { service, what } => {
                let headline = format!("`{service}` does not say its {}", what.option());
                Wording::new("L0104", headline).at(&option(service, what.option())).help(what.help())
            }
            Self::Time { place, why } => {
                let (fault, help) = fault_and_help(why);
                Wording::new("L0105", fault.to_owned()).at(place).help(help)
            }
            Self::OverLimit { place, what, found, most } => {
                let headline = format!("{found} {what}; there may be {most}");
                Wording::new("L0106", headline).at(place).help("split the service")
            }
            _ => self.wording_of_promises(),
        }
    }

    fn wording_of_promises(&self) -> Wording {
        match self {
            Self::Timeout { service, millis } => {
                let headline =
                    format!("a direct answer may take {millis} ms; it must be from 1 to {TIMEOUT_MS_MAX}");
                let help = "answer longer work with a google.longrunning.Operation";
                Wording::new("L0107", headline).at(&Place::option(service, "timeout")).help(help)
            }
            Self::UnguardedPromises { service, method } => {
                let headline = format!(
                    "`{service}` does not recognise a repeated call, yet has a method `{method}` by key"
                );
                let help = format!(
                    "leave out `{method}`, or keep keys and declare EFFECT_GUARDED or EFFECT_IDEMPOTENT"
                );
                Wording::new("L0108", headline).at(&Place::option(service, method)).help(help)
            }
            Self::GuardedWithoutStatus { service } => {
                let headline =
                    format!("`{service}` recognises repeats while its status answers, and has no status");
                let help = "name a `status` method, or declare EFFECT_IDEMPOTENT or EFFECT_UNGUARDED";
                Wording::new("L0109", headline).at(&Place::option(service, "effect")).help(help)
            }
            Self::ReadUndone { service, option } => {
                let headline = format!("`{service}` changes nothing, so there is nothing to undo");
                let help =
                    format!("leave out `{option}`, or declare what it does: EFFECT_IDEMPOTENT, for example");
                Wording::new("L0110", headline).at(&Place::option(service, option)).help(help)
            }
            Self::InformGives { place } => {
                let headline = "nothing is called in MODE_INFORM, so nothing is ever given".to_owned();
                Wording::new("L0111", headline)
                    .at(place)
                    .help("leave out the gift, or use MODE_OFFER or MODE_AUTOMATIC")
            }
            Self::WithdrawalOfDuty { service, act } => {
                let headline = format!("`{service}` is {act}; only an application can be withdrawn");
                let help = "make the reversal KIND_CORRECTION or KIND_REVOCATION, or leave it out";
                Wording::new("L0112", headline).at(&Place::option(service, "reversal.kind")).help(help)
            }
            _ => Wording::new("L0100", "the declaration is at fault".to_owned()),
        }
    }
}
