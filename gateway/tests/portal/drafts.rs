//! Drafts: private, versioned, submitted once.

use proto::loket::portal::v1 as pb;
use tonic::Code;

use crate::world::{KEEPER, STRANGER, World, reason, report, text};
use gateway::reasons::Reason;

fn draft(report: pb::Report) -> pb::Draft {
    pb::Draft { life_event: "lifeEvents/pet".to_owned(), report: Some(report), ..Default::default() }
}

#[tokio::test]
async fn a_draft_lives_from_its_first_word_to_its_case() {
    let world = World::start().await;
    let mut keeper = world.citizen(KEEPER);
    let empty = pb::CreateDraftRequest { draft: Some(draft(pb::Report::default())) };
    let first = keeper.create_draft(empty).await.unwrap().into_inner();
    assert!(
        first.name.starts_with("drafts/")
            && first.expire_time.unwrap().seconds > first.update_time.unwrap().seconds
    );
    assert!(first.open_questions.iter().any(|question| question.fact == "keeping.since"));

    let update = |etag: &str| pb::UpdateDraftRequest {
        draft: Some(pb::Draft {
            name: first.name.clone(),
            etag: etag.to_owned(),
            report: Some(report()),
            ..Default::default()
        }),
    };
    let second = keeper.update_draft(update(&first.etag)).await.unwrap().into_inner();
    assert_eq!(second.life_event, "lifeEvents/pet");
    assert!(second.open_questions.iter().all(|question| question.fact != "keeping.since"));
    let status = keeper.update_draft(update(&first.etag)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, Reason::EtagMismatch));
    let get = pb::GetDraftRequest { name: first.name.clone(), ..Default::default() };
    assert_eq!(keeper.get_draft(get.clone()).await.unwrap().into_inner().report, Some(report()));
    assert!(world.ministries.calls().is_empty(), "a draft was disclosed");

    let submit = pb::SubmitDraftRequest { name: first.name.clone(), ..Default::default() };
    let opened = keeper.submit_draft(submit.clone()).await.unwrap().into_inner();
    let again = keeper.submit_draft(submit).await.unwrap().into_inner();
    let case = opened.case.unwrap();
    assert_eq!((again.replayed, again.case.unwrap().name), (true, case.name.clone()));
    assert_eq!(again.receipt.unwrap().receive_time, opened.receipt.unwrap().receive_time);
    let submitted = keeper.get_draft(get).await.unwrap().into_inner();
    assert_eq!((submitted.case, submitted.report), (case.name, None));
    let status = keeper.update_draft(update("")).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotNow);
}

#[tokio::test]
async fn a_draft_is_its_owners_alone() {
    let world = World::start().await;
    let create = pb::CreateDraftRequest { draft: Some(draft(report())) };
    let name = world.citizen(KEEPER).create_draft(create).await.unwrap().into_inner().name;
    let mut stranger = world.citizen(STRANGER);
    let get = |name: &str| pb::GetDraftRequest { name: name.to_owned(), ..Default::default() };
    let foreign = stranger.get_draft(get(&name)).await.unwrap_err();
    let unknown = stranger.get_draft(get("drafts/none")).await.unwrap_err();
    assert_eq!(reason(&foreign), Reason::DraftNotFound);
    assert_eq!((foreign.message(), foreign.details()), (unknown.message(), unknown.details()));
    let update = pb::UpdateDraftRequest { draft: Some(pb::Draft { name: name.clone(), ..draft(report()) }) };
    assert_eq!(reason(&stranger.update_draft(update).await.unwrap_err()), Reason::DraftNotFound);
    let submit = pb::SubmitDraftRequest { name: name.clone(), ..Default::default() };
    assert_eq!(reason(&stranger.submit_draft(submit).await.unwrap_err()), Reason::DraftNotFound);
    let delete = pb::DeleteDraftRequest { name: name.clone() };
    assert_eq!(reason(&stranger.delete_draft(delete.clone()).await.unwrap_err()), Reason::DraftNotFound);
    world.citizen(KEEPER).delete_draft(delete).await.unwrap();
    let gone = world.citizen(KEEPER).get_draft(get(&name)).await.unwrap_err();
    assert_eq!(reason(&gone), Reason::DraftNotFound);
}

#[tokio::test]
async fn a_draft_of_the_wrong_shape_is_told_so_when_it_is_saved() {
    let world = World::start().await;
    let mut wrong = report();
    wrong.facts.insert("keeping.since".to_owned(), text("soon"));
    let create = pb::CreateDraftRequest { draft: Some(draft(wrong)) };
    let status = world.citizen(KEEPER).create_draft(create).await.unwrap_err();
    assert_eq!(reason(&status), Reason::WrongFactType);
    assert!(status.message().contains("draft.report.facts[\"keeping.since\"]"), "{status}");
}
