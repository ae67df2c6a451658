//! What a party does to a case of theirs: answers, takes offers, disputes, corrects, withdraws.

use std::collections::BTreeMap;

use casework::input::{Given, Input, Rejected};
use casework::name::{FactKey, PartyId};
use casework::questions;
use casework::view::{Status as SeenStatus, may_see};
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::answer_questions_request::FactAnswer;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::standing::Standing;
use super::words::reports::{FactFault, Faults, Reader};
use super::words::{cases, values};
use super::{names, opening, refusals, reporter};
use crate::caseworker::CaseworkError;
use crate::reasons::{self, Reason};

/// Most facts in one call.
const FACTS_MAX: usize = 200;

/// Longest explanation in a party's own words, in characters.
pub(super) const REASON_CHARS_MAX: usize = 2_000;

impl Counter {
    pub(super) async fn answer_questions(
        &self,
        standing: Standing,
        answers: &[FactAnswer],
        language: &Language,
    ) -> Result<pb::Case, Status> {
        let facts = standing.facts(answers, "answers")?;
        let party = standing.asked(&facts, language)?;
        let by = standing.actor_as(party.as_ref());
        self.act(standing, Input::Answers { by, facts }, language).await
    }

    pub(super) async fn correct(
        &self,
        standing: Standing,
        request: &pb::CorrectFactsRequest,
        language: &Language,
    ) -> Result<pb::Case, Status> {
        let facts = standing.facts(&request.facts, "facts")?;
        let reason = names::words(&request.reason, "reason", REASON_CHARS_MAX)?;
        let supplied =
            |key: &FactKey| standing.file.case.facts.get(key).and_then(|fact| fact.revisions.last());
        let source = facts.keys().next().and_then(supplied).map(|revision| &revision.source);
        let party = match source {
            Some(casework::entry::Source::Party { party }) => {
                party.as_ref().filter(|party| standing.parties.contains(party))
            }
            _ => None,
        };
        let by = standing.actor_as(party.or(standing.parties.first()));
        self.act(standing, Input::Correct { by, facts, reason }, language).await
    }

    pub(super) async fn answer_offer(
        &self,
        standing: Standing,
        request: &pb::AnswerOfferRequest,
        language: &Language,
    ) -> Result<pb::Case, Status> {
        let step = names::step(&request.service, &request.member)?;
        // Somebody else's offer is as little there as none, and who plays several parts takes it in the one it is to.
        let mut taker = None;
        for party in &standing.parties {
            let theirs = standing.looking_as(std::slice::from_ref(party), language, |viewer| {
                let sight = cases::sight(viewer, &[]);
                sight.steps.iter().any(|seen| seen.step == step && seen.status == SeenStatus::YouMayAccept)
            })?;
            taker = taker.or(theirs.then_some(party));
        }
        let Some(taker) = taker else {
            return Err(refusals::of_rejected(&Rejected::NoSuchOffer(step)));
        };
        let input = Input::Offer { by: standing.actor_as(Some(taker)), step, accepted: request.accepted };
        self.act(standing, input, language).await
    }

    pub(super) async fn dispute(
        &self,
        standing: Standing,
        request: &pb::DisputeFactRequest,
        language: &Language,
    ) -> Result<pb::Case, Status> {
        let key = names::fact(&request.fact, &request.member, "fact")?;
        let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
        let party = standing.who_sees(&key, language)?;
        let proposed = match &request.proposed {
            None => None,
            Some(value) => match standing.reading(|reader| reader.fact(&key.name, Some(value)))? {
                Ok(Given::Value(value)) => Some(value),
                Ok(Given::Absent | Given::Unknown) => None,
                Err(fault) => return Err(one_fault("proposed", fault)),
            },
        };
        let by = standing.actor_as(Some(&party));
        self.act(standing, Input::Dispute { by, key, proposed, reason }, language).await
    }

    pub(super) async fn withdraw(
        &self,
        standing: Standing,
        request: &pb::WithdrawCaseRequest,
        language: &Language,
    ) -> Result<pb::Case, Status> {
        if !standing.looking(language, |viewer| viewer.opened_it())? {
            let whose =
                "only who opened the case may withdraw it; what is wrong in it can be disputed".to_owned();
            return Err(refusals::of_rejected(&Rejected::NotYours(whose)));
        }
        let reason = names::words(&request.reason, "reason", REASON_CHARS_MAX)?;
        let input = Input::Withdraw { by: standing.actor(), reason };
        self.act(standing, input, language).await
    }

    /// Gives the case the input and answers with the case after it.
    async fn act(&self, standing: Standing, input: Input, language: &Language) -> Result<pb::Case, Status> {
        let given = self.caseworker.give(standing.file.id, input).await;
        let file = given.map_err(|error: CaseworkError| refusals::of(&error))?;
        let standing = Standing { file, snapshot: self.registry.snapshot(), ..standing };
        self.answer(&standing, language).await.map_err(refusals::recorded_unseen)
    }
}

impl Standing {
    /// Reads with the case's life event and the dictionary of today.
    fn reading<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> Result<T, Status> {
        let plan = self.snapshot.plan(&self.file.case.plan);
        let life_event = match plan {
            Some(plan) => &plan.life_event,
            None => opening::life_event(&self.snapshot, &self.file.case.life_event)?,
        };
        Ok(read(&Reader { life_event, dictionary: &self.snapshot.dictionary }))
    }

    /// The facts of a call, each of its type and assured well enough.
    fn facts(&self, sent: &[FactAnswer], place: &str) -> Result<BTreeMap<FactKey, Given>, Status> {
        if sent.is_empty() || sent.len() > FACTS_MAX {
            return Err(names::wrong(place, &format!("1 to {FACTS_MAX} facts")));
        }
        let mut facts = BTreeMap::new();
        let mut faults = Faults::default();
        for (index, answer) in sent.iter().enumerate() {
            let place = format!("{place}[{index}]");
            let key = names::fact(&answer.fact, &answer.member, &format!("{place}.fact"))?;
            match self.reading(|reader| reader.fact(&key.name, answer.value.as_ref()))? {
                Ok(given) => {
                    if facts.insert(key, given).is_some() {
                        faults.wrong_type(format!("{place}.fact"), "must be given once only".to_owned());
                    }
                }
                Err(FactFault::Unknown(description)) => faults.unknown(format!("{place}.fact"), description),
                Err(FactFault::WrongType(expected)) => {
                    faults.wrong_type(format!("{place}.value"), format!("must be {expected}"));
                }
            }
        }
        faults.none_or_all()?;
        let keys: Vec<_> = facts.keys().map(|key| key.name.clone()).collect();
        self.reading(|reader| reporter::assured(reader, &keys, &self.citizen))??;
        Ok(facts)
    }

    /// The part in which the caller answers: the one that is asked, of several that they play.
    fn asked(
        &self,
        facts: &BTreeMap<FactKey, Given>,
        language: &Language,
    ) -> Result<Option<PartyId>, Status> {
        self.looking(language, |viewer| {
            let asked = questions::questions(&viewer.rules, viewer.case);
            let of = asked.iter().filter(|question| facts.contains_key(&question.key)).flat_map(|q| &q.of);
            let theirs = of.into_iter().find(|party| self.parties.contains(party));
            theirs.or(self.parties.first()).cloned()
        })
    }

    /// The part in which the caller sees the fact.
    ///
    /// # Errors
    /// What they do not see is not there for them.
    fn who_sees(&self, key: &FactKey, language: &Language) -> Result<PartyId, Status> {
        let sees = self.looking(language, |viewer| {
            let sees = |party: &&PartyId| may_see(&viewer.rules, viewer.case, key, party);
            self.parties.iter().find(sees).filter(|_| viewer.case.facts.contains_key(key)).cloned()
        })?;
        sees.ok_or_else(|| {
            let detail = format!("`fact`: the case has no fact `{key}` that you can see");
            reasons::violations(
                Reason::UnknownFact,
                detail,
                &[reasons::Violation::new("fact", "must be one of the facts of the case, as it shows them")],
            )
        })
    }
}

fn one_fault(field: &str, fault: FactFault) -> Status {
    let mut faults = Faults::default();
    match fault {
        FactFault::Unknown(description) => faults.unknown(field.to_owned(), description),
        FactFault::WrongType(expected) => faults.wrong_type(field.to_owned(), format!("must be {expected}")),
    }
    faults
        .none_or_all()
        .err()
        .unwrap_or_else(|| names::wrong(field, &values::expectation(&casework::value::ValueType::Text)))
}
