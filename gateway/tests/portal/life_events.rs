//! Life events and previews: for everybody, and without a trace.

use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::preview::Applies;
use tonic::Code;

use crate::ministries::{FIRST_VISIT, PARTNER_NOTICE, REGISTRATION};
use crate::world::{World, report, report_of_two};

#[tokio::test]
async fn what_can_be_reported_is_listed_and_what_is_asked_is_told() {
    let world = World::start().await;
    let mut life_events = world.life_events();
    let listed =
        life_events.list_life_events(pb::ListLifeEventsRequest::default()).await.unwrap().into_inner();
    let names: Vec<_> = listed.life_events.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["lifeEvents/pet"], "a cat cannot be reported: nobody serves it");
    for name in ["lifeEvents/pet", "life-events/pet", "pet"] {
        let request = pb::GetLifeEventRequest { name: name.to_owned(), language: "nl".to_owned() };
        let pet = life_events.get_life_event(request).await.unwrap().into_inner();
        assert_eq!(pet.title, "Een hond houden");
        let chip = pet.questions.iter().find(|question| question.fact == "dog.chip").unwrap();
        assert_eq!((chip.label.as_str(), chip.per_member, chip.optional), ("Chipnummer", true, false));
        let name = pet.questions.iter().find(|question| question.fact == "dog.name").unwrap();
        assert!(name.optional);
        assert!(pet.questions.iter().all(|question| question.fact != "keeper.dog_tax"));
        assert!(pet.identified_by.iter().any(|set| set.facts == ["keeper.number", "keeping.since"]));
    }
    let request = pb::GetLifeEventRequest { name: "lifeEvents/goldfish".to_owned(), ..Default::default() };
    let status = life_events.get_life_event(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains("`pet`"), "{status}");
}

#[tokio::test]
async fn a_preview_tells_who_would_get_what_and_calls_nobody() {
    let world = World::start().await;
    let mut life_events = world.life_events();
    let ask = |report| pb::PreviewLifeEventRequest {
        life_event: "pet".to_owned(),
        report,
        language: "en".to_owned(),
        ..Default::default()
    };
    let preview = life_events.preview_life_event(ask(Some(report_of_two()))).await.unwrap().into_inner();
    let service = |preview: &pb::Preview, id: &str| {
        preview.services.iter().find(|service| service.service == id).unwrap().clone()
    };
    let registration = service(&preview, REGISTRATION);
    assert_eq!(registration.applies(), Applies::Yes);
    let flow = registration.receives.iter().find(|flow| flow.fact == "keeper.number").unwrap();
    assert_eq!((flow.from.as_str(), flow.from_title.as_str()), ("you", "you"));
    let visit = service(&preview, FIRST_VISIT);
    assert_eq!(visit.mode, "offer");
    let flow = visit.receives.iter().find(|flow| flow.fact == "keeper.vet").unwrap();
    assert_eq!((flow.from.as_str(), flow.legal_basis.as_str()), ("pet-register", "Pets Act, article 8"));
    assert_eq!(flow.from_title, "Pet Register", "as people call it");
    assert!(!flow.title.is_empty() && flow.title != flow.fact, "{flow:?}");
    assert_eq!(service(&preview, PARTNER_NOTICE).applies(), Applies::Yes);

    let nothing = life_events.preview_life_event(ask(None)).await.unwrap().into_inner();
    assert_eq!(service(&nothing, PARTNER_NOTICE).applies(), Applies::Depends);
    assert!(nothing.questions.iter().any(|question| question.fact == "keeping.since"));
    assert!(world.ministries.calls().is_empty());
    let mut wrong = report();
    wrong.facts.insert("keeping.since".to_owned(), crate::world::text("soon"));
    assert_eq!(
        life_events.preview_life_event(ask(Some(wrong))).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let mut cat = ask(None);
    cat.life_event = "cat".to_owned();
    assert_eq!(life_events.preview_life_event(cat).await.unwrap_err().code(), Code::FailedPrecondition);
}
