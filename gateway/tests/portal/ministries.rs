//! The ministries of the small country, in this process; each service can be held back, so that a test sees a case
//! while it waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use casework::entry::{CallKind, DecidedBy, Decision, DecisionResult, Reason};
use casework::input::{Answer, Duty, Gifts};
use casework::plan::PlanHash;
use casework::value::Value;
use gateway::caseworker::Perform;
use tokio::sync::watch;

pub(crate) const REGISTRATION: &str = "pet-register/registration";
pub(crate) const KEEPER_RECORD: &str = "pet-register/keeper-record";
pub(crate) const DOG_TAX: &str = "tax-office/dog-tax";
pub(crate) const PARTNER_NOTICE: &str = "tax-office/partner-notice";
pub(crate) const FIRST_VISIT: &str = "vets/first-visit";

/// All ministries.
pub(crate) struct Ministries {
    held: watch::Sender<BTreeSet<String>>,
    calls: Mutex<Vec<String>>,
    refuses_tax: bool,
}

impl Ministries {
    pub(crate) fn new(held: &[&str], refuses_tax: bool) -> Self {
        let held = held.iter().map(|service| (*service).to_owned()).collect();
        Self { held: watch::Sender::new(held), calls: Mutex::default(), refuses_tax }
    }

    /// Lets the calls of a service go on.
    pub(crate) fn release(&self, service: &str) {
        self.held.send_modify(|held| {
            held.remove(service);
        });
    }

    /// The services that were called, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn answer(&self, duty: &Duty) -> Answer {
        if duty.call == CallKind::Cancel {
            return Answer::Undone;
        }
        let member = duty.step.member.as_ref().map(ToString::to_string).unwrap_or_default();
        let decided = |result, code: &str, text: &str| Decision {
            result,
            reasons: vec![Reason {
                code: code.to_owned(),
                texts: BTreeMap::from([("en".to_owned(), text.to_owned())]),
                legal_basis: "Dog Tax Act, article 5".to_owned(),
            }],
            rule_version: "dog-tax/2026".to_owned(),
            decided_by: DecidedBy::Machine,
            notified_at: None,
            remedy: None,
            reference: String::new(),
        };
        let (gift, value, decision) = match duty.step.service.as_str() {
            REGISTRATION => ("dog.registered_as", Some(Value::Document(format!("R-{member}"))), None),
            KEEPER_RECORD => ("keeper.vet", None, None),
            DOG_TAX if self.refuses_tax => {
                let decision =
                    decided(DecisionResult::Refused, "exempt-district", "No tax is levied where you live.");
                return Answer::Done { gifts: Gifts::default(), decision: Some(decision) };
            }
            DOG_TAX => {
                let tax = Some(Value::Decimal("93.60".parse().unwrap()));
                ("keeper.dog_tax", tax, Some(decided(DecisionResult::Granted, "levied", "One dog.")))
            }
            PARTNER_NOTICE => ("partner.notified_on", Some(Value::Date("2026-11-23".parse().unwrap())), None),
            FIRST_VISIT => ("keeping.visit_on", Some(Value::Date("2026-12-01".parse().unwrap())), None),
            other => panic!("no ministry offers {other}"),
        };
        let gifts = Gifts { facts: BTreeMap::from([(gift.parse().unwrap(), value)]), ..Gifts::default() };
        Answer::Done { gifts, decision }
    }
}

#[async_trait::async_trait]
impl Perform for Ministries {
    async fn perform(&self, _: &PlanHash, duty: &Duty, _: &str) -> Answer {
        let service = duty.step.service.to_string();
        self.calls.lock().unwrap().push(service.clone());
        let _ = self.held.subscribe().wait_for(|held| !held.contains(&service)).await;
        self.answer(duty)
    }
}
