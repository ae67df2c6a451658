//! An agency reports what became of a step that it answered with an operation.

use casework::case::{Revision, StepState};
use casework::entry::{CallKind, DecisionResult, Known, NotDoneReason, Source};
use casework::input::{Answer, Gifts, Input, Rejected};
use casework::name::{AgencyId, FactKey};
use casework::plan::{Plan, PlanStep};
use casework::time::Instant;
use casework::value::Value;
use proto::loket::desk::v1 as pb;
use proto::loket::desk::v1::report_step_request::Result as Reported;
use tonic::Status;

use super::DeskServiceImpl;
use crate::agencies::response::ReadBy;
use crate::agencies::{of_reversal, refusal};
use crate::cases::CaseFile;
use crate::caseworker::CaseworkError;
use crate::lowering::Wire;
use crate::portal::{names, refusals};
use crate::reasons::{self, Reason};
use crate::registry::Snapshot;
use crate::seal::StepReference;

/// What is reported on, as the case has it.
struct Asked<'a> {
    plan: &'a Plan,
    /// The service that was called: the step's own, or its reversal.
    step: &'a PlanStep,
    key: &'a str,
    contract: &'a str,
}

impl DeskServiceImpl {
    /// Records a report and tells when it was received. The same report again is received once.
    pub(super) async fn report(
        &self,
        agency: &AgencyId,
        request: pb::ReportStepRequest,
    ) -> Result<Instant, Status> {
        // Another agency's step and a token that is none of ours look the same.
        let reference = self.keyring.read_step_token(&request.step);
        let mut reference = reference.filter(|of| of.agency == *agency).ok_or_else(no_such_step)?;
        if reference.call == CallKind::Status {
            // The question what became of a call speaks of the call itself.
            reference.call = CallKind::Perform;
        }
        let file = self.caseworker.read(reference.case).await.map_err(|error| of_read(&error))?;
        let snapshot = self.registry.snapshot();
        let asked = asked(&snapshot, &file, &reference).ok_or_else(no_such_step)?;
        let answer = read(&snapshot, &asked, reference.call, request.result)?;
        if let Some(received) = recorded(&file, &reference, &asked, &answer) {
            return Ok(received);
        }
        let input = Input::Answer {
            step: reference.step.clone(),
            call: reference.call,
            agency: agency.clone(),
            key: asked.key.to_owned(),
            attempt: None,
            answer: answer.clone(),
        };
        match self.caseworker.give(reference.case, input).await {
            Ok(file) => Ok(file.now),
            Err(error) => {
                // Perhaps the very same report came at the same moment.
                let file = self.caseworker.read(reference.case).await.map_err(|error| of_read(&error))?;
                recorded(&file, &reference, &asked, &answer).ok_or_else(|| of_given(&error))
            }
        }
    }
}

fn asked<'a>(snapshot: &'a Snapshot, file: &'a CaseFile, reference: &StepReference) -> Option<Asked<'a>> {
    let plan = snapshot.plan(&file.case.plan)?;
    let call = file.case.steps.get(&reference.step)?.calls.get(&reference.call)?;
    if call.agency != reference.agency {
        return None;
    }
    let own = plan.step(&reference.step.service)?;
    let step = match (reference.call, &own.service.reversal) {
        (CallKind::Reverse, Some(reversal)) => plan.step(&reversal.service)?,
        _ => own,
    };
    Some(Asked { plan, step, key: &call.key, contract: &call.contract })
}

fn read(
    snapshot: &Snapshot,
    asked: &Asked<'_>,
    call: CallKind,
    reported: Option<Reported>,
) -> Result<Answer, Status> {
    let wanted = "the response of the type that the operation announced, or an error";
    match reported.ok_or_else(|| names::wrong("result", wanted))? {
        Reported::Response(response) => {
            let contract = snapshot.contract(asked.contract).ok_or_else(no_such_step)?;
            let (plan, step) = (asked.plan, asked.step);
            let Wire::Grpc(calls) = &contract.wire;
            let read = ReadBy { direct: &calls.perform, plan, step, dictionary: &snapshot.dictionary };
            match read.announced(&response.type_url, &response.value) {
                // What is wrong can be mended and sent again; nothing is recorded of it.
                Answer::Breach { what } => {
                    let field = [reasons::Violation::new("response", &what)];
                    Err(reasons::violations(Reason::InvalidRequest, what, &field))
                }
                answer if call == CallKind::Reverse => Ok(of_reversal(answer)),
                answer => Ok(answer),
            }
        }
        Reported::Error(error) => match refusal::of_operation(&error) {
            answer @ (Answer::NotDone { .. } | Answer::Tombstoned) => Ok(answer),
            // Whatever the code: whoever reports an error says that it was not done.
            _ => Ok(Answer::NotDone { reason: NotDoneReason::Unavailable, retry_after: None }),
        },
    }
}

/// When the very same report was recorded before, by what the case has learnt from the step.
fn recorded(
    file: &CaseFile,
    reference: &StepReference,
    asked: &Asked<'_>,
    answer: &Answer,
) -> Option<Instant> {
    let step = file.case.steps.get(&reference.step)?;
    let same_run = step.calls.get(&reference.call).is_some_and(|call| call.key == asked.key);
    let same = match (&step.state, answer) {
        (StepState::Done, Answer::Done { gifts, decision }) => {
            let gives = decision.as_ref().is_none_or(|it| it.result != DecisionResult::NotApplicable);
            step.decision == *decision && (!gives || learnt(file, reference, asked, gifts))
        }
        (StepState::Refused, Answer::Done { decision, .. }) => step.decision == *decision,
        (StepState::Reversed(_), Answer::Undone) => reference.call == CallKind::Reverse,
        _ => false,
    };
    (same_run && same).then_some(step.since)
}

fn learnt(file: &CaseFile, reference: &StepReference, asked: &Asked<'_>, gifts: &Gifts) -> bool {
    gifts.facts.iter().all(|(name, value)| {
        let own = asked.step.per.as_ref().is_some_and(|role| *role == name.role());
        let member = reference.step.member.clone().filter(|_| own);
        let revisions = file.case.facts.get(&FactKey { name: name.clone(), member });
        let mut revisions = revisions.into_iter().flat_map(|fact| &fact.revisions);
        revisions.any(|one| is_from(one, reference) && same(&one.known, value.as_ref()))
    })
}

fn is_from(revision: &Revision, reference: &StepReference) -> bool {
    matches!(&revision.source, Source::Step { step, .. } if *step == reference.step)
}

fn same(known: &Known, value: Option<&Value>) -> bool {
    match (known, value) {
        (Known::Value(known), Some(value)) => known == value,
        (Known::Absent, None) => true,
        _ => false,
    }
}

fn no_such_step() -> Status {
    reasons::status(
        Reason::StepNotFound,
        "there is no such step of yours; send back the metadata `loket-step` of the call as it came",
    )
}

/// Why the case could not be read; what is not there must not be told from what is another's.
fn of_read(error: &CaseworkError) -> Status {
    match error {
        CaseworkError::NotFound => no_such_step(),
        error => refusals::of(error),
    }
}

fn of_given(error: &CaseworkError) -> Status {
    match error {
        CaseworkError::NotFound
        | CaseworkError::Rejected(Rejected::NoSuchStep(_) | Rejected::OtherAgency { .. }) => no_such_step(),
        error => refusals::of(error),
    }
}
