//! Two cases that somebody of the counter finds to be one: what each of the reporters is told.

use proto::loket::operations::v1 as ops;
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::case::State;
use tonic::Code;

use crate::world::{World, opening, reason, report, text, unnumbered};
use gateway::reasons::Reason;

fn decides(name: &str, same: bool, same_as: &str) -> ops::DecideSamenessRequest {
    let (name, same_as, reason) = (name.to_owned(), same_as.to_owned(), "One dog.".to_owned());
    ops::DecideSamenessRequest { name, reason, same, same_as }
}

fn get(name: &str) -> pb::GetCaseRequest {
    pb::GetCaseRequest { name: name.to_owned(), ..Default::default() }
}

/// What somebody tells who says that they are the keeper's partner, a day off.
fn by_partner(request: &str) -> pb::OpenCaseRequest {
    let mut report = report();
    report.role = "partner".to_owned();
    report.facts.insert("keeping.since".to_owned(), text("2026-11-21"));
    opening(request, report)
}

#[tokio::test]
async fn who_reported_without_a_number_finds_the_case_that_has_their_report_now() {
    let world = World::start().await;
    let first = world.open("r-1", report()).await.case.unwrap();
    let mut partner = world.cases(unnumbered("p-1"));
    let later = partner.open_case(by_partner("r-2")).await.unwrap().into_inner().case.unwrap();
    assert_eq!((later.state(), later.joined_to.as_str()), (State::NeedsPerson, ""));
    let unseen = partner.get_case(get(&first.name)).await.unwrap_err();
    assert_eq!(unseen.code(), Code::NotFound, "it is not theirs");

    let decided = world.operations().decide_sameness(decides(&later.name, true, "")).await.unwrap();
    let decided = decided.into_inner();
    assert_eq!((decided.state(), &decided.joined_to), (State::Withdrawn, &first.name));
    let seen = partner.get_case(get(&later.name)).await.unwrap().into_inner();
    assert_eq!((seen.state(), &seen.joined_to), (State::Withdrawn, &first.name));
    assert!(seen.summary.contains(&first.reference), "{}", seen.summary);
    assert!(!seen.withdrawable);

    let listed = partner.list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner().cases;
    assert_eq!(listed.iter().map(|case| &case.name).collect::<Vec<_>>(), [&first.name, &later.name]);
    let joined = partner.get_case(get(&first.name)).await.unwrap().into_inner();
    assert!(joined.facts.is_empty() && joined.steps.is_empty(), "nobody names them: they see their report");
    let replayed = partner.open_case(by_partner("r-2")).await.unwrap().into_inner();
    assert!(replayed.replayed && replayed.attached);
    assert_eq!((replayed.case.unwrap().name, replayed.receipt.unwrap().number), (first.name.clone(), 2));
    let status = world.cases(unnumbered("p-2")).get_case(get(&first.name)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_decision_names_a_case_that_it_resembles_or_none() {
    let world = World::start().await;
    let first = world.open("r-1", report()).await.case.unwrap();
    let mut partner = world.cases(unnumbered("p-1"));
    let later = partner.open_case(by_partner("r-2")).await.unwrap().into_inner().case.unwrap();
    let mut operations = world.operations();
    for wrong in [decides(&later.name, true, "LK-22222-22222"), decides(&later.name, false, &first.name)] {
        let status = operations.decide_sameness(wrong).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::InvalidRequest));
    }
    for named in [&first.name, &first.reference] {
        let decided = operations.decide_sameness(decides(&later.name, true, named)).await.unwrap();
        assert_eq!(decided.into_inner().joined_to, first.name, "also when it is sent again");
    }
    let status = operations.decide_sameness(decides(&later.name, false, "")).await.unwrap_err();
    assert!(status.message().contains(&first.reference), "{status}");
    let request = ops::ListEntriesRequest { parent: first.name, after: 0 };
    let entries = operations.list_entries(request).await.unwrap().into_inner().entries;
    let took_up = entries.iter().find(|entry| entry.kind == "took_up").unwrap();
    assert!(took_up.text.contains(&later.reference), "{}", took_up.text);
}
