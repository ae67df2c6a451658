//! The ministries of the small country, in this process: same key same answer, tombstones, status.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use casework::entry::CallKind;
use casework::input::{Answer, Content, Duty, Gifts};
use casework::plan::PlanHash;
use casework::value::Value;
use gateway::caseworker::Perform;

use crate::country::{BENEFIT, NUMBER, REGISTRATION, WELCOME, fact};
use crate::faults::Fate;

/// What a ministry answers instead of doing its work.
type Instead = dyn Fn(&Duty) -> Option<Answer> + Send + Sync;

/// All ministries and their books.
pub(crate) struct Ministries {
    books: Mutex<Books>,
    instead: Box<Instead>,
}

#[derive(Default)]
struct Books {
    /// By key: what was done, and what was answered.
    done: BTreeMap<String, (String, Answer)>,
    tombstones: BTreeSet<String>,
    calls: Vec<Call>,
}

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) kind: CallKind,
    pub(crate) key: String,
    pub(crate) fields: Vec<String>,
    pub(crate) token: String,
}

impl Ministries {
    pub(crate) fn new() -> Arc<Self> {
        Self::instead(|_| None)
    }

    /// Ministries that sometimes answer otherwise.
    pub(crate) fn instead(instead: impl Fn(&Duty) -> Option<Answer> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { books: Mutex::default(), instead: Box::new(instead) })
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.books.lock().unwrap().calls.clone()
    }

    /// How many effects there are, by service.
    pub(crate) fn effects(&self) -> BTreeMap<String, usize> {
        let mut effects = BTreeMap::new();
        for (service, _) in self.books.lock().unwrap().done.values() {
            *effects.entry(service.clone()).or_default() += 1;
        }
        effects
    }

    fn act(&self, duty: &Duty, token: &str) -> Answer {
        self.books.lock().unwrap().calls.push(Call {
            service: duty.service.to_string(),
            kind: duty.call,
            key: duty.key.clone(),
            fields: duty.request.iter().map(|field| field.field.clone()).collect(),
            token: token.to_owned(),
        });
        if let Some(answer) = (self.instead)(duty) {
            return answer;
        }
        let mut books = self.books.lock().unwrap();
        match duty.call {
            CallKind::Perform if books.tombstones.contains(&duty.key) => Answer::Tombstoned,
            CallKind::Perform => {
                let effect = || (duty.service.to_string(), done(duty));
                books.done.entry(duty.key.clone()).or_insert_with(effect).1.clone()
            }
            CallKind::Status => {
                books.done.get(&duty.key).map_or(Answer::NeverSeen, |(_, answer)| answer.clone())
            }
            CallKind::Cancel | CallKind::Reverse => {
                books.done.remove(&duty.key);
                books.tombstones.insert(duty.key.clone());
                Answer::Undone
            }
        }
    }
}

fn done(duty: &Duty) -> Answer {
    let order = duty.request.iter().find_map(|field| match &field.content {
        Content::One(Value::Integer(order)) => Some(*order),
        _ => None,
    });
    let (gift, value) = match duty.service.as_str() {
        REGISTRATION => ("child.record", Value::Text(format!("record-{}", order.unwrap_or(0)))),
        NUMBER => ("child.number", Value::Person(format!("99900{}", duty.step.member.as_ref().unwrap()))),
        WELCOME => ("child.welcome", Value::Text("welcome".to_owned())),
        BENEFIT => ("child.benefit", Value::Text("269.97 a quarter".to_owned())),
        other => panic!("no ministry offers {other}"),
    };
    let gifts = Gifts { facts: BTreeMap::from([(fact(gift), Some(value))]), ..Gifts::default() };
    Answer::Done { gifts, decision: None }
}

/// The ministries as one gateway reaches them, until its fate.
pub(crate) struct Reached {
    pub(crate) ministries: Arc<Ministries>,
    pub(crate) fate: Arc<Fate>,
}

#[async_trait::async_trait]
impl Perform for Reached {
    async fn perform(&self, _: &PlanHash, duty: &Duty, step_token: &str) -> Answer {
        self.fate.pass().await;
        let answer = self.ministries.act(duty, step_token);
        // As over a network: not in the same poll.
        tokio::task::yield_now().await;
        self.fate.pass().await;
        answer
    }
}
