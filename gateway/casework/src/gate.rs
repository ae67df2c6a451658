//! What today's registry says of a call that could be made: which agency is competent, whether it is there and keeps
//! to its contract, and whether every giver consents to what would be disclosed. No fallback: where the answer is not
//! exactly one agency, and a grant for every flow, nothing leaves.

use jiff::civil;

use crate::case::{Footprint, Step};
use crate::entry::{Disclosure, Known, Source, Waiting};
use crate::name::{AgencyId, StepId};
use crate::picture::{Picture, Standing};
use crate::plan::PlanStep;
use crate::planted::{Fault, planted};
use crate::rulebook::{AgencyOffer, Competent};
use crate::value::Value;

/// The agency that the step's call goes to.
///
/// # Errors
/// What it waits for, where there is none, or several.
pub(crate) fn agency(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Result<AgencyId, Waiting> {
    let state = picture.step(id);
    if let Some(chosen) = state.and_then(|state| stays(picture, step, state)) {
        return Ok(chosen.clone());
    }
    let refused = state.map_or(&[][..], |state| &state.not_competent);
    let code = competence_code(picture, step, id);
    let day = happened_on(picture);
    let could = offers(picture, step)
        .iter()
        .filter(|offer| !refused.contains(&offer.agency) && is_competent(offer, code.as_deref(), day));
    let mut competent = could.clone().filter(|offer| !offer.withdrawn);
    match (competent.next(), competent.next()) {
        (None, _) => {
            let withdrawn = could.map(|offer| Waiting::Withdrawn(offer.agency.clone())).next();
            Err(withdrawn.unwrap_or(Waiting::NoAgency))
        }
        (Some(only), None) => Ok(only.agency.clone()),
        (Some(first), Some(second)) => {
            let mut all = vec![first.agency.clone(), second.agency.clone()];
            all.extend(competent.map(|offer| offer.agency.clone()));
            Err(Waiting::SeveralAgencies(all))
        }
    }
}

/// The agency that a step stays with: the one that perhaps did something, that a person or an agency named, or that
/// was asked in this run and still offers the service.
fn stays<'a>(picture: Picture<'_>, step: &PlanStep, state: &'a Step) -> Option<&'a AgencyId> {
    let chosen = state.agency.as_ref()?;
    let gone = || offers(picture, step).iter().any(|offer| offer.agency == *chosen && offer.withdrawn);
    let refused = state.not_competent.contains(chosen);
    let asked = state.performed().is_some() && !refused && !gone();
    let named = state.routed && !refused;
    (state.footprint > Footprint::Nothing || named || asked).then_some(chosen)
}

fn offers<'a>(picture: Picture<'a>, step: &PlanStep) -> &'a [AgencyOffer] {
    picture.rules.offers.0.get(&step.service.id).map_or(&[], Vec::as_slice)
}

fn is_competent(offer: &AgencyOffer, code: Option<&str>, day: Option<civil::Date>) -> bool {
    let holds = |competent: &Competent| {
        code == Some(competent.code.as_str())
            && day.is_none_or(|day| {
                competent.from.is_none_or(|from| from.earliest() <= day)
                    && competent.until.is_none_or(|until| day <= until.latest())
            })
    };
    offer.competent_for.is_empty() || offer.competent_for.iter().any(holds)
}

/// Whether the agency registered anew since the step began to wait for it: then there is no reason to wait any longer.
pub(crate) fn is_back(picture: Picture<'_>, step: &PlanStep, state: &Step) -> bool {
    let offer = state
        .agency
        .as_ref()
        .and_then(|agency| offers(picture, step).iter().find(|offer| offer.agency == *agency));
    offer.and_then(|offer| offer.registered).is_some_and(|at| at > state.since)
}

/// The code that chooses the agency: of a code or text itself, of an address its municipality.
fn competence_code(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> Option<String> {
    let key = picture.key(step.competence.as_ref()?, step.per.as_ref(), id.member.as_ref());
    let Standing::Known(revision) = picture.standing(&key) else { return None };
    match &revision.known {
        Known::Value(Value::Code(code) | Value::Text(code)) => Some(code.clone()),
        Known::Value(Value::Address(address)) => Some(address.administrative_area.clone()),
        Known::Value(_) | Known::Absent | Known::Unknown => None,
    }
}

/// The first day on which the happening can have been.
fn happened_on(picture: Picture<'_>) -> Option<civil::Date> {
    let date = &picture.rules.plan.life_event.identity.date;
    let key = picture.key(date, None, None);
    match &picture.current(&key)?.known {
        Known::Value(Value::Date(date)) => Some(date.earliest()),
        Known::Value(_) | Known::Absent | Known::Unknown => None,
    }
}

/// Whether the agency takes this call today, and every giver consents to what it discloses.
///
/// # Errors
/// What the step waits for.
pub(crate) fn passes(
    picture: Picture<'_>,
    step: &PlanStep,
    agency: &AgencyId,
    discloses: &[Disclosure],
) -> Result<(), Waiting> {
    let Some(offer) = offers(picture, step).iter().find(|offer| offer.agency == *agency) else {
        return Err(Waiting::Endpoint(agency.clone()));
    };
    if offer.contract != step.service.contract {
        return Err(Waiting::Contract(agency.clone()));
    }
    consents(picture, step, agency, discloses)?;
    if offer.live { Ok(()) } else { Err(Waiting::Endpoint(agency.clone())) }
}

/// Whether every giver consents that these facts go to this service.
///
/// # Errors
/// The first flow without a grant.
pub(crate) fn consents(
    picture: Picture<'_>,
    step: &PlanStep,
    agency: &AgencyId,
    discloses: &[Disclosure],
) -> Result<(), Waiting> {
    let ungranted = discloses.iter().find_map(|disclosure| ungranted(picture, step, agency, disclosure));
    ungranted.map_or(Ok(()), Err)
}

fn ungranted(
    picture: Picture<'_>,
    step: &PlanStep,
    agency: &AgencyId,
    disclosure: &Disclosure,
) -> Option<Waiting> {
    let plan = picture.rules.plan;
    // What a party said itself goes where the plan says: no agency's consent is needed.
    let givers: Vec<AgencyId> = match &picture.disclosed(disclosure)?.source {
        Source::Party { .. } => return None,
        Source::Step { step: giver, agency } => vec![giver.service.agency(), agency.clone()],
        Source::Agency(agency) => {
            let fact = plan.facts.get(&disclosure.key.name);
            let givers = fact.map_or(&[][..], |fact| &fact.givers);
            let kinds = givers.iter().filter_map(|index| plan.steps.get(*index));
            let kinds = kinds.map(|giver| giver.service.id.agency());
            kinds.chain([agency.clone()]).collect()
        }
    };
    let taker = step.service.id.agency();
    if givers.iter().any(|giver| *giver == taker || giver == agency) {
        return None;
    }
    let concept = plan.facts.get(&disclosure.key.name).map(|fact| &fact.concept);
    let (service, purpose) = (&step.service.id, &step.service.purpose);
    let granted = concept.is_some_and(|concept| {
        let consents = |giver| picture.rules.grants.find(giver, concept, service, purpose).is_some();
        givers.iter().any(consents)
    });
    let from = givers.into_iter().next().unwrap_or_else(|| taker.clone());
    (!granted && !planted(Fault::ConsentIgnored)).then(|| Waiting::Grant {
        from,
        to: taker,
        fact: disclosure.key.name.clone(),
    })
}
