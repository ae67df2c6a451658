//! The packed row of a live case, from which operators' lists are made: no party, no fact, at most 200 bytes sealed.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use casestore::CaseId;
use casework::case::{Case, CaseState, Step, StepState};
use casework::entry::{Owner, Waiting};
use casework::name::AgencyId;
use casework::time::Instant;
use casework::view::beside_steps;
use prost::Message;
use proto::loket::log::v1 as log;

use super::LiveCase;
use super::writing::is_live;
use crate::seal::{Keyring, Unsealable};

const DOMAIN: &str = "live";
/// How those are named among the agencies waited for who have to say what no agency can: who somebody is.
const OPERATORS: &str = "operators";
/// The state of a completed case that has a row for what still waits for the registry, or for a person.
const COMPLETED: u32 = 4;
/// Room for the content: 200 bytes less what sealing and padding add.
const CONTENT_MAX: usize = 200 - 42;

/// The live row of the case; none where it is not live any more.
pub(super) fn of(case: &Case) -> Option<log::Live> {
    let state = match case.state {
        CaseState::Open => 1,
        CaseState::Withdrawing => 2,
        CaseState::NeedsPerson => 3,
        CaseState::Completed => COMPLETED,
        CaseState::Withdrawn => 0,
    };
    let registry = case.steps.values().any(|step| is_for_registry(&step.state));
    let operators = AgencyId::from_str(OPERATORS).ok();
    let with_operators: Vec<Instant> = operators_have_had(case).collect();
    let person = !with_operators.is_empty() || case.steps.values().any(|step| is_for_a_person(&step.state));
    let unfinished = case.state == CaseState::Completed && (registry || person);
    if !is_live(case.state) && !unfinished {
        return None;
    }
    let mut waits: Vec<(Instant, &AgencyId)> = Vec::new();
    for step in case.steps.values() {
        let Some(agency) = waited_for(step) else { continue };
        match waits.iter_mut().find(|(_, known)| *known == agency) {
            Some((since, _)) => *since = step.since.min(*since),
            None => waits.push((step.since, agency)),
        }
    }
    waits.extend(with_operators.into_iter().min().zip(operators.as_ref()));
    waits.sort_unstable();
    let unfinished = case.steps.values().filter(|step| !settled(&step.state));
    let mut live = log::Live {
        state,
        life_event: case.life_event.to_string(),
        reference: case.reference.clone(),
        waiting_for: Vec::new(),
        waiting_for_more: waits.len() as u32,
        since: waits.first().map(|(since, _)| since.0),
        next_term: unfinished.filter_map(|step| step.term_ends).min().map(|at| at.0),
        registry,
        person,
    };
    for (_, agency) in waits {
        live.waiting_for.push(agency.to_string());
        live.waiting_for_more -= 1;
        if live.encoded_len() > CONTENT_MAX {
            live.waiting_for.pop();
            live.waiting_for_more += 1;
            break;
        }
    }
    Some(live)
}

/// Since when operators have had what is theirs to decide.
fn operators_have_had(case: &Case) -> impl Iterator<Item = Instant> {
    let beside = beside_steps(case).into_iter().filter(|wait| wait.owner == Owner::Operators);
    let parked = |step: &&Arc<Step>| matches!(&step.state, StepState::Parked { owner: Owner::Operators, .. });
    beside.map(|wait| wait.since).chain(case.steps.values().filter(parked).map(|step| step.since))
}

/// Whether only a person takes the step further.
fn is_for_a_person(state: &StepState) -> bool {
    matches!(state, StepState::Parked { .. } | StepState::InDoubt { ask_at: None, .. })
}

/// The agency that the step waits for.
fn waited_for(step: &Step) -> Option<&AgencyId> {
    match &step.state {
        StepState::Calling(_)
        | StepState::Reversing(_)
        | StepState::Pending { .. }
        | StepState::InDoubt { .. }
        | StepState::Waiting { why: Waiting::Agency(_), .. } => step.agency.as_ref(),
        StepState::Waiting {
            why: Waiting::Endpoint(agency) | Waiting::Contract(agency) | Waiting::Withdrawn(agency),
            ..
        }
        | StepState::Waiting { why: Waiting::Grant { from: agency, .. }, .. }
        | StepState::Parked { owner: Owner::Agency(agency), .. } => Some(agency),
        _ => None,
    }
}

/// Whether a change of the registry may let the step go on.
fn is_for_registry(state: &StepState) -> bool {
    match state {
        StepState::InDoubt { ask_at: Some(_), .. } => true,
        StepState::Waiting { why, .. } => match why {
            Waiting::Agency(_)
            | Waiting::NoAgency
            | Waiting::SeveralAgencies(_)
            | Waiting::Endpoint(_)
            | Waiting::Contract(_)
            | Waiting::Withdrawn(_)
            | Waiting::Plan
            | Waiting::Grant { .. } => true,
            Waiting::OfferAnswer | Waiting::Optional(_) | Waiting::Fact { .. } => false,
        },
        _ => false,
    }
}

fn settled(state: &StepState) -> bool {
    matches!(
        state,
        StepState::Done
            | StepState::Refused
            | StepState::Skipped(_)
            | StepState::Reversed(_)
            | StepState::Stands { .. }
    )
}

pub(super) fn seal(keyring: &Keyring, case: CaseId, live: &log::Live) -> Bytes {
    keyring.seal_sized(DOMAIN, case.as_bytes(), &live.encode_to_vec(), CONTENT_MAX).into()
}

fn unsealed(keyring: &Keyring, case: CaseId, row: &[u8]) -> Result<log::Live, Unsealable> {
    let plain = keyring.unseal(DOMAIN, case.as_bytes(), row)?;
    log::Live::decode(plain.as_slice()).map_err(|_| Unsealable)
}

/// Whether a change of the registry may let the case of this row go on.
pub(super) fn waits_for_registry(keyring: &Keyring, case: CaseId, row: &[u8]) -> bool {
    unsealed(keyring, case, row).is_ok_and(|live| live.registry)
}

/// Reads a live row. None: the case is completed, and what of it still waits for the registry goes on by itself.
pub(super) fn read(keyring: &Keyring, case: CaseId, row: &[u8]) -> Result<Option<LiveCase>, Unsealable> {
    let live = unsealed(keyring, case, row)?;
    let state = match live.state {
        1 => CaseState::Open,
        2 => CaseState::Withdrawing,
        3 => CaseState::NeedsPerson,
        COMPLETED if live.person => CaseState::Completed,
        COMPLETED => return Ok(None),
        _ => return Err(Unsealable),
    };
    Ok(Some(LiveCase {
        case,
        state,
        life_event: live.life_event.parse().map_err(|_| Unsealable)?,
        reference: live.reference,
        waiting_for: live.waiting_for.iter().filter_map(|agency| agency.parse().ok()).collect(),
        waiting_for_more: live.waiting_for_more,
        since: live.since.map(Instant),
        next_term: live.next_term.map(Instant),
    }))
}

#[cfg(test)]
mod tests {
    use casework::entry::{Actor, CallKind, Entry, Recorded};
    use casework::plan::PlanHash;

    use super::*;

    fn waiting_for(agencies: u16) -> Case {
        let opened = Entry::Opened {
            life_event: "bereavement".parse().unwrap(),
            plan: PlanHash("p".to_owned()),
            seed: [0; 16],
            reference: "LK-ABCDE-FGHJK".to_owned(),
            registry: 1,
        };
        let mut case =
            Case::opened(&Recorded { number: 1, at: Instant(1), by: Actor::Loket, entry: opened }).unwrap();
        for number in 0..agencies {
            let step: casework::name::StepId = casework::name::StepId {
                service: format!("agency-with-a-long-name-{number}/service").parse().unwrap(),
                member: None,
            };
            let agency: AgencyId = format!("agency-with-a-long-name-{number}").parse().unwrap();
            let at = Instant(1_000_000_000_000 + i64::from(number));
            let called = Entry::Called {
                step: step.clone(),
                call: CallKind::Perform,
                attempt: 1,
                agency: agency.clone(),
                key: "k".to_owned(),
                discloses: Vec::new(),
                purpose: "p".to_owned(),
                legal_basis: "l".to_owned(),
                contract: "c".to_owned(),
                registry: 1,
                until: at,
            };
            for entry in [Entry::AgencyChosen { step: step.clone(), agency }, called] {
                case.apply(&Recorded { number: case.entries + 1, at, by: Actor::Loket, entry });
            }
        }
        case
    }

    #[test]
    fn what_waits_for_a_person_of_the_counter_is_in_the_row() {
        let mut case = waiting_for(1);
        let party = casework::name::PartyId { role: "informant".parse().unwrap(), member: None };
        let claimed = Entry::PartClaimed { receipt: 2, party, person: None, facts: Vec::new() };
        let at = Instant(2_000_000_000_000);
        case.apply(&Recorded { number: case.entries + 1, at, by: Actor::Loket, entry: claimed });
        let live = of(&case).unwrap();
        assert_eq!(live.waiting_for, ["agency-with-a-long-name-0", OPERATORS]);
    }

    #[test]
    fn a_live_row_has_at_most_200_bytes_however_many_are_waited_for() {
        let keyring = Keyring::for_test();
        let id = CaseId::new(casestore::Partition::new(1).unwrap(), [1; 15]);
        for agencies in [0, 1, 3, 40] {
            let row = seal(&keyring, id, &of(&waiting_for(agencies)).unwrap());
            assert!(row.len() <= 200, "{} bytes for {agencies} agencies", row.len());
            let read = read(&keyring, id, &row).unwrap().unwrap();
            let told = read.waiting_for.len() + read.waiting_for_more as usize;
            assert_eq!(told, usize::from(agencies));
            assert_eq!(read.since, (agencies > 0).then_some(Instant(1_000_000_000_000)));
        }
    }

    #[test]
    fn a_completed_case_of_which_a_person_must_take_a_step_further_stays_on_the_operators_list() {
        let keyring = Keyring::for_test();
        let id = CaseId::new(casestore::Partition::new(1).unwrap(), [1; 15]);
        let mut case = waiting_for(1);
        let step = case.steps.keys().next().unwrap().clone();
        let put = |case: &mut Case, entry| {
            let (number, at) = (case.entries + 1, Instant(1_000_000_000_001));
            case.apply(&Recorded { number, at, by: Actor::Loket, entry });
        };
        let reason = "silence".to_owned();
        put(&mut case, Entry::InDoubt { step: step.clone(), call: CallKind::Perform, reason, ask_at: None });
        put(&mut case, Entry::Completed);
        let row = seal(&keyring, id, &of(&case).unwrap());
        let read = read(&keyring, id, &row).unwrap().unwrap();
        assert_eq!((read.state, read.waiting_for.len()), (CaseState::Completed, 1));
        put(&mut case, Entry::Done { step, decision: None, rests_on: None });
        put(&mut case, Entry::Completed);
        assert_eq!(of(&case), None);
    }
}
