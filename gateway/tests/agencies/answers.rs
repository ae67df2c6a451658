//! What comes back, and what every status is.

use casework::entry::{CallKind, DecisionResult, NotDoneReason};
use casework::input::{Answer, Gifts};
use casework::name::FactName;
use casework::value::Value;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::ministry::*;
use crate::world::World;

fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

/// The answer to a call that the library replies to so.
async fn answer_to(call: CallKind, reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Answer {
    let (world, _library) = World::of(reply).await;
    world.perform(&world.enrol(call)).await
}

async fn answer_with(json: &'static str) -> Answer {
    answer_to(CallKind::Perform, move |_| Reply::Ok(library("library.v1.EnrolResponse", json))).await
}

#[tokio::test]
async fn gifts_are_facts_of_the_life_event_and_what_is_unset_is_absent() {
    let answer = answer_with(
        r#"{"card": "L-1", "books": [{"title": "Max Havelaar"}, {}],
            "decision": {"result": "RESULT_GRANTED", "automated": true, "ruleVersion": "enrolment/1"}}"#,
    )
    .await;
    let Answer::Done { gifts: Gifts { facts, members }, decision } = answer else { panic!("{answer:?}") };
    assert_eq!(facts[&fact("person.library_card")], Some(Value::Document("L-1".to_owned())));
    assert_eq!(facts[&fact("person.card_until")], None);
    let titles: Vec<Option<Value>> =
        members[&"book".parse().unwrap()].iter().map(|book| book[&fact("book.title")].clone()).collect();
    assert_eq!(titles, [Some(Value::Text("Max Havelaar".to_owned())), None]);
    let decision = decision.unwrap();
    assert_eq!((decision.result, decision.rule_version.as_str()), (DecisionResult::Granted, "enrolment/1"));
}

#[tokio::test]
async fn no_member_is_an_answer_too() {
    let Answer::Done { gifts, .. } = answer_with("{}").await else { panic!("not done") };
    assert!(gifts.members[&"book".parse().unwrap()].is_empty());
}

#[tokio::test]
async fn a_refusal_is_a_decision_and_an_answer() {
    let answer = answer_with(r#"{"decision": {"result": "RESULT_REFUSED", "officer": "librarian"}}"#).await;
    let Answer::Done { decision: Some(decision), .. } = answer else { panic!("{answer:?}") };
    assert_eq!(decision.result, DecisionResult::Refused);
}

#[tokio::test]
async fn what_is_not_of_the_contract_breaks_it_and_no_value_is_told() {
    for (json, says) in [
        (r#"{"decision": {"result": "RESULT_GRANTED"}}"#, "who decided"),
        (r#"{"until": {"year": 2026, "month": 2, "day": 30}}"#, "`until` is no date"),
    ] {
        let answer = answer_with(json).await;
        let Answer::Breach { what } = &answer else { panic!("{answer:?}") };
        assert!(what.contains(says) && !what.contains("30"), "{what}");
    }
    let answer = answer_to(CallKind::Perform, |_| Reply::Ok(b"\xff\xff".to_vec())).await;
    assert!(matches!(answer, Answer::Breach { .. }), "{answer:?}");
}

fn status(code: Code, reason: &str, metadata: &[(&str, &str)]) -> Status {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let details = ErrorDetails::with_error_info(
        reason,
        "loket.v1",
        metadata.collect::<std::collections::HashMap<_, _>>(),
    );
    Status::with_error_details(code, "Anna Jansen is not known", details)
}

async fn answer_to_status(call: CallKind, status: Status) -> Answer {
    answer_to(call, move |_| Reply::Refused(status.clone())).await
}

#[tokio::test]
async fn each_status_is_what_the_contract_says_it_is() {
    use CallKind::{Cancel, Perform, Status as Ask};
    let not_done = |reason| Answer::NotDone { reason, retry_after: None };
    let in_doubt = |reason: &str| Answer::InDoubt { reason: reason.to_owned() };
    let stale = Answer::StaleFact { facts: vec!["number".to_owned()] };
    let forwarded = Answer::NotCompetent { forward_to: Some("museum".parse().unwrap()) };
    for (call, sent, wanted) in [
        (Perform, Status::unavailable(""), not_done(NotDoneReason::Unavailable)),
        (Perform, Status::resource_exhausted(""), not_done(NotDoneReason::Overloaded)),
        (Perform, Status::deadline_exceeded(""), in_doubt("DEADLINE_EXCEEDED")),
        (Perform, Status::cancelled(""), in_doubt("CANCELLED")),
        (Perform, Status::unknown(""), in_doubt("UNKNOWN")),
        (Perform, Status::internal(""), in_doubt("INTERNAL")),
        (Perform, status(Code::Aborted, "TOMBSTONED", &[]), Answer::Tombstoned),
        (Ask, status(Code::Aborted, "TOMBSTONED", &[]), Answer::Tombstoned),
        (Perform, status(Code::FailedPrecondition, "STALE_FACT", &[("field", "number")]), stale),
        (Perform, status(Code::FailedPrecondition, "NOT_COMPETENT", &[("forward_to", "museum")]), forwarded),
        (
            Perform,
            status(Code::FailedPrecondition, "NOT_COMPETENT", &[]),
            Answer::NotCompetent { forward_to: None },
        ),
        (Ask, Status::not_found(""), Answer::NeverSeen),
    ] {
        let told = format!("{call:?} {:?}", sent.code());
        assert_eq!(answer_to_status(call, sent).await, wanted, "{told}");
    }
    for sent in [
        (Perform, Status::not_found("")),
        (Cancel, Status::not_found("")),
        (Perform, Status::invalid_argument("")),
        (Perform, Status::unimplemented("")),
        (Perform, Status::permission_denied("")),
        (Perform, Status::unauthenticated("")),
        (Perform, Status::already_exists("")),
        (Perform, Status::out_of_range("")),
        (Perform, Status::data_loss("")),
        (Perform, Status::aborted("")),
        (Perform, Status::failed_precondition("")),
    ] {
        let code = sent.1.code();
        let answer = answer_to_status(sent.0, sent.1).await;
        assert!(matches!(answer, Answer::Breach { .. }), "{code:?}: {answer:?}");
    }
}

#[tokio::test]
async fn when_to_ask_again_is_believed() {
    let details = ErrorDetails::with_retry_info(Some(std::time::Duration::from_secs(90)));
    let sent = Status::with_error_details(Code::Unavailable, "", details);
    let wanted = Answer::NotDone { reason: NotDoneReason::Unavailable, retry_after: Some(90_000) };
    assert_eq!(answer_to_status(CallKind::Perform, sent).await, wanted);
}

#[tokio::test]
async fn what_an_agency_says_in_words_is_not_taken_over() {
    let mut details = ErrorDetails::with_bad_request_violation("number", "Anna Jansen has none");
    details.add_bad_request_violation("Anna Jansen", "who is that?");
    let sent = Status::with_error_details(Code::InvalidArgument, "Anna Jansen", details);
    let Answer::Breach { what } = answer_to_status(CallKind::Perform, sent).await else {
        panic!("no breach")
    };
    assert_eq!(what, "it answered INVALID_ARGUMENT, fields number");
}

#[tokio::test]
async fn an_operation_is_pending_or_done_with_what_it_announced() {
    const TYPE: &str = "type.googleapis.com/library.v1.Loan";
    for (json, wanted) in [
        (r#"{"name": "operations/7"}"#.to_owned(), Answer::Pending { operation: "operations/7".to_owned() }),
        (
            format!(
                r#"{{"name": "operations/7", "done": true, "response": {{"@type": "{TYPE}", "number": "42"}}}}"#
            ),
            Answer::Done {
                gifts: Gifts {
                    facts: [(fact("person.loan"), Some(Value::Integer(42)))].into(),
                    ..Gifts::default()
                },
                decision: None,
            },
        ),
        (
            r#"{"name": "operations/7", "done": true, "error": {"code": 14}}"#.to_owned(),
            Answer::NotDone { reason: NotDoneReason::Unavailable, retry_after: None },
        ),
    ] {
        let (world, _library) =
            World::of(move |_| Reply::Ok(library("google.longrunning.Operation", &json))).await;
        assert_eq!(world.perform(&world.lend()).await, wanted);
    }
    for json in [
        "{}",
        r#"{"name": "operations/7", "done": true}"#,
        r#"{"done": true, "response": {"@type": "type.googleapis.com/library.v1.EnrolResponse"}}"#,
    ] {
        let (world, _library) =
            World::of(move |_| Reply::Ok(library("google.longrunning.Operation", json))).await;
        let answer = world.perform(&world.lend()).await;
        assert!(matches!(answer, Answer::Breach { .. }), "{json}: {answer:?}");
    }
}

#[tokio::test]
async fn a_cancellation_and_a_reversal_undo() {
    assert_eq!(answer_to(CallKind::Cancel, |_| Reply::Ok(Vec::new())).await, Answer::Undone);
    let reversed = |json: &'static str| {
        answer_to(CallKind::Reverse, move |_| Reply::Ok(library("library.v1.LeaveResponse", json)))
    };
    assert_eq!(reversed("{}").await, Answer::Undone);
    assert_eq!(
        reversed(r#"{"decision": {"result": "RESULT_NOT_APPLICABLE", "automated": true}}"#).await,
        Answer::Undone
    );
    let refused = reversed(r#"{"decision": {"result": "RESULT_REFUSED", "automated": true}}"#).await;
    assert!(matches!(refused, Answer::Done { decision: Some(_), .. }), "{refused:?}");
}
