//! Reading: each party their own part, in their language, and who looked.

use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::step::State as StepState;
use tonic::Code;

use crate::ministries::{DOG_TAX, FIRST_VISIT, Ministries, PARTNER_NOTICE, REGISTRATION};
use crate::world::{KEEPER, PARTNER, STRANGER, World, report, report_of_two, step};
use gateway::reasons::Reason;

fn get(name: &str, language: &str) -> pb::GetCaseRequest {
    pb::GetCaseRequest { name: name.to_owned(), language: language.to_owned() }
}

fn has(case: &pb::Case, fact: &str) -> bool {
    case.facts.iter().any(|known| known.fact == fact)
}

#[tokio::test]
async fn two_parties_see_their_own_part_and_the_steps_of_both() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    let done = |case: &pb::Case| step(case, PARTNER_NOTICE).state() == StepState::Done;
    let keeper = world.until(KEEPER, &name, |case| done(case) && has(case, "keeper.dog_tax")).await;
    let partner = world.until(PARTNER, &name, |case| done(case) && has(case, "partner.notified_on")).await;

    for fact in ["keeper.number", "dog.registered_as", "keeper.dog_tax"] {
        assert!(has(&keeper, fact), "the keeper lacks {fact}");
        assert!(!has(&partner, fact), "the partner sees {fact}");
    }
    assert!(has(&partner, "partner.notified_on") && !has(&keeper, "partner.notified_on"));
    assert!(has(&keeper, "partner.number"), "the keeper supplied it");
    assert_eq!(step(&partner, DOG_TAX).state(), StepState::Done, "the state of a step is for all to see");
    assert!(step(&partner, DOG_TAX).decision.is_none() && step(&keeper, DOG_TAX).decision.is_some());
    let own = keeper.facts.iter().find(|fact| fact.fact == "keeper.number").unwrap();
    assert_eq!((own.source.as_str(), own.revision), ("you", 1));
    assert!(partner.receipts.is_empty() && keeper.receipts.len() == 1);
}

#[tokio::test]
async fn a_foreign_case_is_answered_as_one_that_is_not_there() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let foreign = world.citizen(STRANGER).get_case(get(&name, "")).await.unwrap_err();
    let mut other = name.clone();
    other.replace_range(name.len() - 1.., if name.ends_with('0') { "1" } else { "0" });
    for unknown in [other.as_str(), "cases/none", "", "cases/../drafts/x"] {
        let status = world.citizen(STRANGER).get_case(get(unknown, "")).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, foreign.message()));
        assert_eq!(status.details(), foreign.details());
    }
}

#[tokio::test]
async fn a_case_is_told_in_the_language_asked_for() {
    let world = World::with(Ministries::new(&[REGISTRATION], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let mut keeper = world.citizen(KEEPER);
    let dutch = keeper.get_case(get(&name, "nl-NL")).await.unwrap().into_inner();
    assert_eq!(dutch.title, "Een hond houden");
    assert_eq!(step(&dutch, REGISTRATION).title, "Inschrijving van de hond");
    assert_eq!(step(&dutch, REGISTRATION).reason, "Pet Register wordt gevraagd.");
    let english = keeper.get_case(get(&name, "de")).await.unwrap().into_inner();
    assert_eq!(step(&english, REGISTRATION).reason, "Pet Register is being asked.");
    assert!(english.summary.contains("Waits for Pet Register since"), "{}", english.summary);
    let mut request = tonic::Request::new(get(&name, ""));
    request.metadata_mut().insert("accept-language", "nl, en;q=0.5".parse().unwrap());
    assert_eq!(keeper.get_case(request).await.unwrap().into_inner().title, "Een hond houden");
}

#[tokio::test]
async fn who_is_waited_for_is_told_and_since_when() {
    let world = World::with(Ministries::new(&[REGISTRATION], false)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let waiting = |case: &pb::Case| case.waiting_for.iter().any(|wait| wait.who == "you");
    let case = world.until(KEEPER, &name, waiting).await;
    let wait = case.waiting_for.iter().find(|wait| wait.service == REGISTRATION).unwrap();
    assert_eq!((wait.who.as_str(), wait.member.as_str()), ("pet-register", "m1"));
    assert!(wait.since.is_some() && !wait.reason.is_empty());
    world.ministries.release(REGISTRATION);
    let registered = |case: &pb::Case| step(case, REGISTRATION).state() == StepState::Done;
    let case = world.until(KEEPER, &name, registered).await;
    assert!(case.waiting_for.iter().all(|wait| wait.service != REGISTRATION));
    assert_eq!(
        step(&case, FIRST_VISIT).state(),
        StepState::Waiting,
        "it is offered for as long as it may be"
    );
}

#[tokio::test]
async fn a_refusal_comes_with_its_reason_and_its_remedy() {
    let world = World::with(Ministries::new(&[], true)).await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    let refused = |case: &pb::Case| step(case, DOG_TAX).state() == StepState::Refused;
    let case = world.until(KEEPER, &name, refused).await;
    let step = step(&case, DOG_TAX);
    assert_eq!(step.reason, "Tax Office has refused it: No tax is levied where you live.");
    assert_eq!(step.remedy.as_ref().map(|remedy| remedy.term.as_str()), Some("P6W"));
    assert_eq!(step.decision.as_ref().map(|decision| decision.rule_version.as_str()), Some("dog-tax/2026"));
}

#[tokio::test]
async fn every_look_is_in_the_list_of_who_saw_what() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    let noticed = |case: &pb::Case| step(case, PARTNER_NOTICE).state() == StepState::Done;
    world.until(PARTNER, &name, noticed).await;
    world.citizen(KEEPER).get_case(get(&name, "")).await.unwrap();
    let list = pb::ListDisclosuresRequest { parent: name, ..Default::default() };
    let partner =
        world.citizen(PARTNER).list_disclosures(list.clone()).await.unwrap().into_inner().disclosures;
    let to_tax =
        partner.iter().find(|one| one.service == PARTNER_NOTICE).expect("the tax office got a number");
    assert_eq!(to_tax.facts, ["partner.number"]);
    assert_eq!((to_tax.recipient.as_str(), to_tax.purpose.as_str()), ("tax-office", "dog-tax"));
    assert_eq!(to_tax.legal_basis, "Dog Tax Act, article 4");
    let by_keeper = partner.iter().find(|one| one.recipient == "keeper").expect("the keeper looked");
    assert_eq!(by_keeper.facts, ["partner.number"], "only what is about the partner is told to them");
    assert!(partner.iter().any(|one| one.recipient == "you"));
    assert!(partner.iter().all(|one| one.facts.iter().all(|fact| fact.starts_with("partner."))));
    let status = world.citizen(STRANGER).list_disclosures(list).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_citizens_list_has_pages_that_are_theirs() {
    let world = World::start().await;
    for n in 1..=3 {
        let mut report = report();
        report.facts.insert("keeping.since".to_owned(), crate::world::text(&format!("2026-11-{:02}", 2 * n)));
        world.open(&format!("r-{n}"), report).await;
    }
    let mut keeper = world.citizen(KEEPER);
    let listed = async |keeper: &mut proto::loket::portal::v1::case_service_client::CaseServiceClient<_>,
                        size,
                        token: &str| {
        let request =
            pb::ListCasesRequest { page_size: size, page_token: token.to_owned(), ..Default::default() };
        keeper.list_cases(request).await.map(tonic::Response::into_inner)
    };
    // Lists travel by the outbox, within a second.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while listed(&mut keeper, 0, "").await.unwrap().cases.len() < 3 {
        assert!(tokio::time::Instant::now() < deadline, "the list never had three cases");
        tokio::task::yield_now().await;
    }
    let first = listed(&mut keeper, 2, "").await.unwrap();
    assert_eq!(first.cases.len(), 2);
    assert!(first.cases.iter().all(|case| case.facts.is_empty() && case.steps.is_empty()));
    let second = listed(&mut keeper, 2, &first.next_page_token).await.unwrap();
    assert_eq!(second.cases.len(), 1);
    assert!(first.cases.iter().all(|case| case.name != second.cases[0].name));

    assert!(listed(&mut world.citizen(STRANGER), 0, "").await.unwrap().cases.is_empty());
    for token in [first.next_page_token.as_str(), "xyz", "0-abc"] {
        let status = listed(&mut world.citizen(STRANGER), 2, token).await.unwrap_err();
        assert_eq!(crate::world::reason(&status), Reason::InvalidPageToken);
    }
    assert_eq!(listed(&mut keeper, -1, "").await.unwrap_err().code(), Code::InvalidArgument);
}
