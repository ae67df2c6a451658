//! Reports and cases in the words of a test.

use std::time::{Duration, Instant};

use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::case::State;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::step::State as StepState;
use proto::loket::portal::v1::value::Kind;

use crate::counter::{Authorised, PATIENCE};

/// A text, which stands for most other types too.
#[must_use]
pub fn text(value: &str) -> portal::Value {
    portal::Value { kind: Some(Kind::Text(value.to_owned())) }
}

/// A truth.
#[must_use]
pub fn truth(value: bool) -> portal::Value {
    portal::Value { kind: Some(Kind::Bool(value)) }
}

/// A report: facts, and members as (role, facts).
#[must_use]
pub fn report(
    role: &str,
    facts: &[(&str, portal::Value)],
    members: &[(&str, &[(&str, portal::Value)])],
) -> portal::Report {
    let map = |facts: &[(&str, portal::Value)]| {
        facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    portal::Report {
        role: role.to_owned(),
        facts: map(facts),
        members: members
            .iter()
            .map(|(role, facts)| portal::Member { role: (*role).to_owned(), facts: map(facts) })
            .collect(),
    }
}

/// A request to open a case.
#[must_use]
pub fn open(request_id: &str, life_event: &str, report: portal::Report) -> portal::OpenCaseRequest {
    portal::OpenCaseRequest {
        request_id: request_id.to_owned(),
        life_event: format!("lifeEvents/{life_event}"),
        report: Some(report),
        language: "en".to_owned(),
        wait: None,
    }
}

/// Watches a case until `enough` says so.
///
/// # Panics
/// Where that does not happen within [`PATIENCE`]; with the case as it is.
#[expect(clippy::panic, clippy::expect_used, reason = "a test whose case does not get there has failed")]
pub async fn until(
    client: &mut CaseServiceClient<Authorised>,
    name: &str,
    enough: impl Fn(&portal::Case) -> bool,
) -> portal::Case {
    let request = portal::WatchCaseRequest { name: name.to_owned(), after: 0, language: "en".to_owned() };
    let mut changes = client.watch_case(request).await.expect("the case can be watched").into_inner();
    let began = Instant::now();
    let mut last = portal::Case::default();
    while let Some(left) = PATIENCE.checked_sub(began.elapsed()) {
        match tokio::time::timeout(left.max(Duration::from_millis(1)), changes.message()).await {
            Ok(Ok(Some(change))) => {
                last = change.case.unwrap_or(last);
                if enough(&last) {
                    return last;
                }
            }
            Ok(other) => panic!("the watch ended: {other:?}\n{}", tree(&last)),
            Err(_) => break,
        }
    }
    panic!("the case did not get there:\n{}", tree(&last))
}

/// The citizen's cases, once this one is among them: it is within a second.
///
/// # Panics
/// Where it is not within [`PATIENCE`].
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
pub async fn listed(client: &mut CaseServiceClient<Authorised>, name: &str) -> Vec<portal::Case> {
    let began = Instant::now();
    loop {
        let request = portal::ListCasesRequest::default();
        let cases = client.list_cases(request).await.expect("cases are listed").into_inner().cases;
        if cases.iter().any(|it| it.name == name) {
            return cases;
        }
        assert!(began.elapsed() < PATIENCE, "{name} is not listed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a case is completed.
#[must_use]
pub fn completed(case: &portal::Case) -> bool {
    case.state() == State::Completed
}

/// The state of a step; none: the case has no such step.
#[must_use]
pub fn step(case: &portal::Case, service: &str, member: &str) -> Option<StepState> {
    case.steps.iter().find(|it| it.service == service && it.member == member).map(portal::Step::state)
}

/// A fact's value as text, where the case shows it.
#[must_use]
pub fn fact(case: &portal::Case, name: &str, member: &str) -> Option<Kind> {
    let found = case.facts.iter().find(|it| it.fact == name && it.member == member)?;
    found.value.clone()?.kind
}

/// A case as text, for a failed test.
#[must_use]
pub fn tree(case: &portal::Case) -> String {
    let steps = case
        .steps
        .iter()
        .map(|it| format!("  {} [{}] {} — {}", it.service, it.member, it.state().as_str_name(), it.reason));
    let questions = case.questions.iter().map(|it| format!("  asked: {}[{}]", it.fact, it.member));
    let lines: Vec<String> = steps.chain(questions).collect();
    format!("{} {} {}\n{}", case.title, case.reference, case.state().as_str_name(), lines.join("\n"))
}
