//! What people do to steps: a party takes an offer, an operator or officer lets a step go on, stops it, or says what
//! became of it. A ministry's matter is decided by a person of that ministry; the counter only moves things along.

use super::{Draft, gifts, silence};
use crate::case::{CaseState, Footprint, Step, StepState};
use crate::entry::{Actor, CallKind, Disclosure, Entry, Owner, SkipReason, StandsReason, Waiting};
use crate::input::{Gifts, Rejected, Steering};
use crate::name::StepId;
use crate::picture::Picture;
use crate::readiness::{Readiness, readiness};
use crate::service::Effect;
use crate::view;

/// A party takes or declines an offer.
pub(super) fn offer(draft: &mut Draft<'_>, by: Actor, step: StepId, accepted: bool) -> Result<(), Rejected> {
    match &by {
        Actor::Party { party: Some(_), .. } | Actor::Operator { .. } => {}
        Actor::Party { party: None, .. } | Actor::Agency(_) | Actor::Officer { .. } | Actor::Loket => {
            return Err(Rejected::NotYours("only a party of the case answers an offer".to_owned()));
        }
    }
    if let Actor::Party { party: Some(party), .. } = &by
        && !view::is_offered_to(draft.picture(), &step, party)
    {
        return Err(Rejected::NotYours(format!("the offer of {step} is to whom it is about")));
    }
    let on_offer = draft
        .case
        .steps
        .get(&step)
        .is_some_and(|state| matches!(state.state, StepState::Waiting { why: Waiting::OfferAnswer, .. }));
    if !on_offer {
        return Err(Rejected::NoSuchOffer(step));
    }
    draft.put(by.clone(), Entry::OfferAnswered { step: step.clone(), accepted });
    if !accepted {
        draft.put(by, Entry::Skipped { step, reason: SkipReason::Declined });
    }
    Ok(())
}

/// A person acts on a step.
pub(super) fn steer(
    draft: &mut Draft<'_>,
    by: Actor,
    step: StepId,
    act: Steering,
    reason: String,
) -> Result<(), Rejected> {
    let known = draft.rules.plan.steps.iter().any(|plan_step| {
        plan_step.service.id == step.service && draft.picture().instances(plan_step).contains(&step)
    });
    if !known && !draft.case.steps.contains_key(&step) {
        return Err(Rejected::NoSuchStep(step));
    }
    let state = draft.case.steps.get(&step).cloned().unwrap_or_else(|| Step::new(draft.now).into());
    may(&by, &step, &state, &act)?;
    let word = state.state.word().to_owned();
    let check = |may: bool, act| {
        if may { Ok(()) } else { Err(Rejected::NotNow { step: step.clone(), state: word.clone(), act }) }
    };
    let entry = match act {
        Steering::Done(gifts) => {
            check(can_be_done(draft, &state), "to say that it was done")?;
            return done(draft, by, step, gifts);
        }
        Steering::Retry => {
            check(can_retry(draft, &step, &state), "to go on")?;
            Entry::Resumed { step, reason }
        }
        Steering::Park => {
            check(can_park(&state), "to stop it")?;
            Entry::Parked { step, owner: Owner::Operators, reason }
        }
        Steering::NotDone => {
            check(is_unclear(&state), "to say that it was not done")?;
            Entry::FoundNotDone { step, reason }
        }
        Steering::Skip => {
            check(can_skip(draft, &state), "to skip it")?;
            Entry::Skipped { step, reason: SkipReason::Person { reason } }
        }
        Steering::Route(agency) => {
            check(can_skip(draft, &state), "to route it")?;
            let offers = draft.rules.offers.0.get(&step.service);
            if !offers.is_some_and(|offers| offers.iter().any(|offer| offer.agency == agency)) {
                return Err(Rejected::OtherAgency { step, agency });
            }
            Entry::AgencyChosen { step, agency }
        }
    };
    draft.put(by, entry);
    Ok(())
}

/// Whether this person may do that.
fn may(by: &Actor, step: &StepId, state: &Step, act: &Steering) -> Result<(), Rejected> {
    let of_the_counter = match act {
        Steering::Retry | Steering::Park | Steering::Route(_) => true,
        // Nobody's matter yet: there is no agency whose person could say.
        Steering::Skip => state.agency.is_none(),
        Steering::NotDone | Steering::Done(_) => false,
    };
    match by {
        Actor::Operator { .. } if of_the_counter => Ok(()),
        Actor::Officer { agency, .. }
            if state.agency.as_ref() == Some(agency) || step.service.agency() == *agency =>
        {
            Ok(())
        }
        Actor::Operator { .. } => {
            Err(Rejected::NotYours(format!("only an officer of its agency may say that of {step}")))
        }
        _ => Err(Rejected::NotYours(format!("only an officer or an operator may steer {step}"))),
    }
}

fn can_retry(draft: &Draft<'_>, id: &StepId, state: &Step) -> bool {
    // A repeat of what perhaps was done would do it twice: first somebody finds out.
    let step = draft.rules.plan.step(&id.service);
    let twice = step.is_some_and(|step| {
        step.service.effect == Effect::Unguarded
            && state.footprint == Footprint::Perhaps
            && !silence::can_ask(step)
    });
    match &state.state {
        StepState::Waiting { why, .. } => *why != Waiting::OfferAnswer,
        StepState::Parked { .. } | StepState::InDoubt { .. } => !twice,
        StepState::Pending { .. } => true,
        StepState::Reversing(kind) => state.calls.get(kind).is_some_and(|call| !call.open),
        StepState::NotDue
        | StepState::Calling(_)
        | StepState::Done
        | StepState::Refused
        | StepState::Skipped(_)
        | StepState::Reversed(_)
        | StepState::Stands { .. } => false,
    }
}

fn can_park(state: &Step) -> bool {
    matches!(
        state.state,
        StepState::NotDue | StepState::Waiting { .. } | StepState::Pending { .. } | StepState::InDoubt { .. }
    )
}

/// Whether nobody knows what became of it.
fn is_unclear(state: &Step) -> bool {
    let unclear = match &state.state {
        StepState::InDoubt { .. }
        | StepState::Pending { .. }
        | StepState::Parked { .. }
        | StepState::Waiting { .. }
        | StepState::Stands { reason: StandsReason::InDoubt, .. } => true,
        StepState::NotDue
        | StepState::Calling(_)
        | StepState::Done
        | StepState::Refused
        | StepState::Skipped(_)
        | StepState::Reversing(CallKind::Perform | CallKind::Status | CallKind::Cancel | CallKind::Reverse)
        | StepState::Reversed(_)
        | StepState::Stands { .. } => false,
    };
    unclear && state.footprint == Footprint::Perhaps
}

fn can_be_done(draft: &Draft<'_>, state: &Step) -> bool {
    let in_question = is_unclear(state) || matches!(state.state, StepState::Parked { .. });
    in_question || (can_park(state) && draft.case.withdrawal.is_none())
}

fn can_skip(draft: &Draft<'_>, state: &Step) -> bool {
    let open =
        matches!(state.state, StepState::NotDue | StepState::Waiting { .. } | StepState::Parked { .. });
    open && state.footprint == Footprint::Nothing && draft.case.state != CaseState::Withdrawn
}

/// The agency's own books show that it was done. It rests on what is known today.
fn done(draft: &mut Draft<'_>, by: Actor, id: StepId, given: Gifts) -> Result<(), Rejected> {
    let rules = draft.rules;
    let Some(step) = rules.plan.step(&id.service) else { return Err(Rejected::NoSuchStep(id)) };
    gifts::check(rules, step, &given).map_err(|what| Rejected::Limit(format!("{id} {what}")))?;
    let picture = Picture { rules, case: &draft.case };
    let before = draft.case.steps.get(&id).map(|state| state.consumed.clone()).unwrap_or_default();
    let rests_on = match readiness(picture, step, &id, draft.now) {
        _ if !before.is_empty() => before.into_iter().map(|disclosure| today(picture, disclosure)).collect(),
        Readiness::Go(discloses) => discloses,
        Readiness::Later(_) | Readiness::Skip(_) | Readiness::Wait(..) | Readiness::Offer => Vec::new(),
    };
    let rests_on = Some(rests_on);
    // What was decided stays decided, where only what it rested on changed.
    let kept = draft.case.steps.get(&id).filter(|state| state.footprint == Footprint::Surely);
    let decision = kept.and_then(|state| state.decision.clone());
    draft.put(by.clone(), Entry::Done { step: id.clone(), decision, rests_on });
    gifts::learn(draft, step, &id, &by, given);
    Ok(())
}

/// The same fact as it is known today.
fn today(picture: Picture<'_>, disclosure: Disclosure) -> Disclosure {
    let revision = picture.current(&disclosure.key).map_or(disclosure.revision, |current| current.number);
    Disclosure { revision, ..disclosure }
}
