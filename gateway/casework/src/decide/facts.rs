//! What people say about facts after the report: answers, disputes, corrections.

use std::collections::BTreeMap;

use super::{Draft, gifts, report};
use crate::case::NUMBER;
use crate::entry::{Actor, Entry, Known, Source};
use crate::input::{Given, Rejected};
use crate::name::{AgencyId, FactKey, PartyId};
use crate::picture::Standing;
use crate::questions;
use crate::value::Value;
use crate::view;

/// A party answers what is asked.
pub(super) fn answers(
    draft: &mut Draft<'_>,
    by: &Actor,
    facts: BTreeMap<FactKey, Given>,
) -> Result<(), Rejected> {
    let party = speaker(by)?;
    let facts = report::checked(draft.rules, facts)?;
    let mut learnt = Vec::new();
    for (key, known) in facts {
        match may_answer(draft, &key, party.as_ref()) {
            Ok(()) => {
                leaves_own_number(draft, by, &key, &known)?;
                learnt.push((key, known));
            }
            // Said again, nothing is changed by it.
            Err(Rejected::AlreadyKnown(_))
                if draft.picture().current(&key).is_some_and(|current| current.known == known) => {}
            Err(rejected) => return Err(rejected),
        }
    }
    for (key, known) in learnt {
        settle_or_learn(draft, by, key, known, Source::Party { party: party.clone() });
    }
    Ok(())
}

/// Who speaks: a party, or an operator at the counter on behalf of one.
fn speaker(by: &Actor) -> Result<Option<PartyId>, Rejected> {
    match by {
        Actor::Party { party, .. } => Ok(party.clone()),
        Actor::Operator { .. } => Ok(None),
        Actor::Agency(_) | Actor::Officer { .. } | Actor::Loket => {
            Err(Rejected::NotYours("a party of the case says that, not an agency".to_owned()))
        }
    }
}

/// Whether a party leaves their own number alone: it is the one they were authenticated with, and what registers know
/// of another number is not theirs to see.
fn leaves_own_number(draft: &Draft<'_>, by: &Actor, key: &FactKey, known: &Known) -> Result<(), Rejected> {
    let Actor::Party { party: Some(party), .. } = by else { return Ok(()) };
    let persons = draft.case.parties.get(party).map_or(&[][..], |party| &party.persons);
    let own = key.name.is_of(&party.role) && key.member == party.member && key.name.attribute() == NUMBER;
    match known {
        Known::Value(Value::Person(number)) if own && !persons.is_empty() && !persons.contains(number) => {
            let detail =
                format!("`{key}` is the number that you were authenticated with; it cannot be another");
            Err(Rejected::NotYours(detail))
        }
        _ => Ok(()),
    }
}

/// Whether this party may answer for this fact now.
fn may_answer(draft: &Draft<'_>, key: &FactKey, party: Option<&PartyId>) -> Result<(), Rejected> {
    let picture = draft.picture();
    let exists = match &key.member {
        Some(member) => picture.members(&key.name.role()).contains(member),
        None => !draft.rules.plan.life_event.is_group(&key.name.role()),
    };
    let askable = draft.rules.plan.facts.get(&key.name).is_some_and(|fact| fact.askable);
    if !exists || !askable {
        return Err(Rejected::NotAsked(key.to_string()));
    }
    let about_alone = view::asks_only_whom_it_is_about(draft.rules, &key.name);
    if about_alone {
        let about = view::about(draft.rules, draft.picture().case, key);
        if about.is_none() || about.as_ref() != party {
            return Err(Rejected::NotYours(format!("`{key}` is asked of the person it is about alone")));
        }
    }
    let for_the_reporter = || party.is_none_or(|party| questions::answers_for_the_reporter(picture, party));
    match picture.standing(key) {
        Standing::Askable(_) | Standing::LeftOpen | Standing::Unsaid(_)
            if !about_alone && !for_the_reporter() =>
        {
            Err(Rejected::NotYours(format!("`{key}` is asked of whoever reported this")))
        }
        Standing::Askable(_) | Standing::LeftOpen | Standing::Unsaid(_) => Ok(()),
        Standing::Disputed if supplied_by(picture.current(key).map(|r| &r.source), party) => Ok(()),
        Standing::Known(_) | Standing::Absent(_) | Standing::Disputed => {
            Err(Rejected::AlreadyKnown(key.clone()))
        }
        Standing::Coming(_) | Standing::Lost(_) => Err(Rejected::NotAsked(key.to_string())),
    }
}

fn supplied_by(source: Option<&Source>, party: Option<&PartyId>) -> bool {
    match source {
        Some(Source::Party { party: supplier }) => supplier.as_ref() == party,
        Some(Source::Step { .. } | Source::Agency(_)) | None => false,
    }
}

/// A party says that a fact is not right. One that they supplied themselves is simply corrected.
pub(super) fn dispute(
    draft: &mut Draft<'_>,
    by: &Actor,
    key: FactKey,
    proposed: Option<Value>,
    reason: String,
) -> Result<(), Rejected> {
    let party = speaker(by)?;
    if let Some(value) = &proposed {
        report::check_type(draft.rules, &key.name, &Given::Value(value.clone()))?;
        leaves_own_number(draft, by, &key, &Known::Value(value.clone()))?;
    }
    let Some(current) = draft.picture().current(&key).filter(|current| current.known != Known::Unknown)
    else {
        return Err(Rejected::NotAsked(key.to_string()));
    };
    let (revision, own) = (current.number, supplied_by(Some(&current.source), party.as_ref()));
    let may = match &party {
        Some(party) => view::may_see(draft.rules, &draft.case, &key, party),
        None => matches!(by, Actor::Operator { .. }),
    };
    if !may {
        return Err(Rejected::NotYours(format!("`{key}` is not about you, and you did not supply it")));
    }
    match proposed {
        Some(value) if own => {
            settle_or_learn(draft, by, key, Known::Value(value), Source::Party { party });
        }
        proposed => draft.put(by.clone(), Entry::Disputed { key, revision, proposed, reason }),
    }
    Ok(())
}

/// The source of facts settles, corrects or adds.
pub(super) fn correct(
    draft: &mut Draft<'_>,
    by: &Actor,
    facts: BTreeMap<FactKey, Given>,
) -> Result<(), Rejected> {
    let facts = report::checked(draft.rules, facts)?;
    let mut sources = Vec::new();
    for (key, known) in facts {
        let exists = match &key.member {
            Some(member) => draft.picture().members(&key.name.role()).contains(member),
            None => !draft.rules.plan.life_event.is_group(&key.name.role()),
        };
        if !exists {
            return Err(Rejected::NotAsked(key.to_string()));
        }
        leaves_own_number(draft, by, &key, &known)?;
        let source = match by {
            Actor::Agency(agency) | Actor::Officer { agency, .. } if answers_for(draft, &key, agency) => {
                Source::Agency(agency.clone())
            }
            Actor::Party { party, .. }
                if supplied_by(draft.picture().current(&key).map(|r| &r.source), party.as_ref()) =>
            {
                Source::Party { party: party.clone() }
            }
            Actor::Operator { .. } if by_a_party(draft, &key) => Source::Party { party: None },
            _ => return Err(Rejected::NotYours(format!("`{key}` is not yours to correct"))),
        };
        sources.push((key, known, source));
    }
    for (key, known, source) in sources {
        settle_or_learn(draft, by, key, known, source);
    }
    Ok(())
}

/// Whether the agency gave the fact, or owns its concept or may give it.
fn answers_for(draft: &Draft<'_>, key: &FactKey, agency: &AgencyId) -> bool {
    let gave = match draft.picture().current(key).map(|current| &current.source) {
        Some(Source::Step { agency: giver, .. } | Source::Agency(giver)) => giver == agency,
        Some(Source::Party { .. }) | None => false,
    };
    let concept = draft.rules.plan.life_event.concept_of(&key.name);
    let concept = concept.and_then(|name| draft.rules.dictionary.concept(&name));
    gave || concept.is_some_and(|concept| concept.owner == *agency || concept.other_givers.contains(agency))
}

fn by_a_party(draft: &Draft<'_>, key: &FactKey) -> bool {
    matches!(draft.picture().current(key).map(|current| &current.source), Some(Source::Party { .. }))
}

/// The same value settles a dispute in favour of what is known; another one is a new revision, which settles it too.
fn settle_or_learn(draft: &mut Draft<'_>, by: &Actor, key: FactKey, known: Known, source: Source) {
    let fact = draft.case.facts.get(&key);
    let disputed = fact.is_some_and(|fact| fact.dispute.is_some());
    match fact.and_then(|fact| fact.current()) {
        Some(current) if current.known == known => {
            let revision = current.number;
            if disputed {
                draft.put(by.clone(), Entry::DisputeSettled { key, revision });
            }
        }
        _ => gifts::learn_one(draft, by, key, known, source),
    }
}
