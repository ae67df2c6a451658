//! Happenings that an agency reports.

use proto::loket::desk::v1::ReportHappeningRequest;
use proto::loket::portal::v1::{Report, Value, value};
use tonic::Code;
use tonic_types::StatusExt;

use crate::ministry::*;
use crate::world::{World, slow_library};

fn fact(kind: value::Kind) -> Value {
    Value { kind: Some(kind) }
}

fn joining(request_id: &str, date: &str) -> ReportHappeningRequest {
    let facts = [
        ("person.number".to_owned(), fact(value::Kind::Person("999990019".to_owned()))),
        ("joining.date".to_owned(), fact(value::Kind::Date(date.to_owned()))),
    ];
    ReportHappeningRequest {
        agency: "hospital".to_owned(),
        request_id: request_id.to_owned(),
        life_event: "joining".to_owned(),
        report: Some(Report { facts: facts.into(), ..Report::default() }),
    }
}

#[tokio::test]
async fn an_agencys_report_makes_a_case_and_the_same_report_again_makes_none() {
    let world = World::start().await;
    let library = world.library(slow_library).await;
    let mut desk = world.agency("hospital");
    let first = desk.report_happening(joining("n-1", "2026-11-20")).await.unwrap().into_inner();
    assert!(first.receive_time.is_some() && !first.replayed);
    let again = desk.report_happening(joining("n-1", "2026-11-20")).await.unwrap().into_inner();
    assert_eq!((again.receive_time, again.replayed), (first.receive_time, true));
    let called = async {
        while !library.calls().iter().any(|call| call.path.ends_with("/Enrol")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, called).await.expect("nobody works on the case");
}

#[tokio::test]
async fn an_agency_never_learns_of_a_case() {
    let world = World::start().await;
    let _library = world.library(slow_library).await;
    let mut desk = world.agency("hospital");
    desk.report_happening(joining("n-1", "2026-11-20")).await.unwrap();
    let conflict = desk.report_happening(joining("n-1", "2026-11-21")).await.unwrap_err();
    assert_eq!(conflict.code(), Code::AlreadyExists);
    let info = conflict.get_details_error_info().unwrap();
    assert!(!info.metadata.contains_key("case") && !conflict.message().contains("case "), "{conflict:?}");
}

#[tokio::test]
async fn a_wrong_report_is_refused_with_what_to_fix() {
    let world = World::start().await;
    let _library = world.library(slow_library).await;
    let mut desk = world.agency("hospital");
    let mut in_a_part = joining("n-1", "2026-11-20");
    in_a_part.report.as_mut().unwrap().role = "person".to_owned();
    let mut unknown = joining("n-2", "2026-11-20");
    unknown.life_event = "leaving".to_owned();
    let mut for_another = joining("n-3", "2026-11-20");
    for_another.agency = "library".to_owned();
    let no_date = joining("n-4", "soon");
    for (request, code) in [
        (in_a_part, Code::InvalidArgument),
        (unknown, Code::NotFound),
        (for_another, Code::PermissionDenied),
        (no_date, Code::InvalidArgument),
    ] {
        let refused = desk.report_happening(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
}
