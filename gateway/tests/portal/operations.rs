//! Operators: states and reasons, never a value; the registry; and the acts that get a step going.

use gateway::issuer::TokenRole;
use gateway::reasons::Reason;
use proto::loket::operations::v1 as ops;
use proto::loket::operations::v1::case_operations_service_client::CaseOperationsServiceClient;
use proto::loket::operations::v1::steer_step_request::Act;
use proto::loket::portal::v1 as pb;
use tonic::Code;

use crate::country;
use crate::ministries::{Ministries, REGISTRATION};
use crate::world::{KEEPER, PARTNER, World, operator, reason, report, report_of_two, step};

fn get(name: &str) -> ops::GetCaseRequest {
    ops::GetCaseRequest { name: name.to_owned() }
}

/// What must not be in any answer to an operator.
const VALUES: [&str; 7] = [KEEPER, PARTNER, "Bello", "chip-1", "R-m1", "93.60", "2026-11-20"];

fn no_values(answer: &impl std::fmt::Debug) {
    let shown = format!("{answer:?}");
    for value in VALUES {
        assert!(!shown.contains(value), "an operator sees `{value}`");
    }
}

#[tokio::test]
async fn an_operator_sees_states_and_reasons_and_no_value() {
    let world = World::start().await;
    let name = world.open("r-1", report_of_two()).await.case.unwrap().name;
    world
        .until(KEEPER, &name, |case| {
            step(case, "vets/first-visit").state() == pb::step::State::Waiting
                && case.facts.iter().any(|f| f.fact == "keeper.dog_tax")
        })
        .await;
    let mut operations = world.operations();
    let case = operations.get_case(get(&name)).await.unwrap().into_inner();
    assert_eq!(step(&case, REGISTRATION).state(), pb::step::State::Done);
    assert!(case.facts.iter().any(|fact| fact.fact == "keeper.number" && fact.value.is_none()));
    assert!(case.steps.iter().all(|step| step.decision.is_none()) && case.questions.is_empty());
    no_values(&case);

    let explained =
        operations.explain_case(ops::ExplainCaseRequest { name: name.clone() }).await.unwrap().into_inner();
    assert!(explained.text.contains(REGISTRATION), "{}", explained.text);
    no_values(&explained);
    let request = ops::ListEntriesRequest { parent: name.clone(), after: 0 };
    let entries = operations.list_entries(request).await.unwrap().into_inner().entries;
    assert!(entries.iter().map(|entry| entry.sequence).eq(1..=case.sequence), "an entry is missing");
    no_values(&entries);
    let verified =
        operations.verify_case(ops::VerifyCaseRequest { name: name.clone() }).await.unwrap().into_inner();
    assert!(verified.faults.is_empty() && verified.case_rows > 0 && verified.access_rows > 0, "{verified:?}");
    let status = operations.get_case(get("cases/none")).await.unwrap_err();
    assert_eq!(reason(&status), Reason::CaseNotFound);
}

#[tokio::test]
async fn live_cases_are_found_by_state_agency_and_reference() {
    let world = World::with(Ministries::new(&[REGISTRATION], false)).await;
    let mut opened = Vec::new();
    for n in 1..=3 {
        let mut report = report();
        report.facts.insert("keeping.since".to_owned(), crate::world::text(&format!("2026-11-{:02}", 2 * n)));
        opened.push(world.open(&format!("r-{n}"), report).await.case.unwrap());
    }
    let mut operations = world.operations();
    let list = |request| {
        let mut operations = world.operations();
        async move { operations.list_cases(request).await.map(tonic::Response::into_inner) }
    };
    let all = list(ops::ListCasesRequest::default()).await.unwrap();
    assert_eq!(all.cases.len(), 3);
    assert!(all.cases.iter().all(|row| row.waiting_for.contains(&"pet-register".to_owned())));
    no_values(&all);
    let by_reference =
        ops::ListCasesRequest { reference: opened[1].reference.to_lowercase(), ..Default::default() };
    let found = list(by_reference).await.unwrap().cases;
    assert_eq!(found.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), [opened[1].name.as_str()]);
    for (request, count) in [
        (ops::ListCasesRequest { waiting_for: "agencies/pet-register".to_owned(), ..Default::default() }, 3),
        (ops::ListCasesRequest { waiting_for: "vets".to_owned(), ..Default::default() }, 0),
        (ops::ListCasesRequest { life_event: "cat".to_owned(), ..Default::default() }, 0),
        (ops::ListCasesRequest { state: pb::case::State::Completed.into(), ..Default::default() }, 0),
        (ops::ListCasesRequest { state: pb::case::State::Open.into(), ..Default::default() }, 3),
    ] {
        assert_eq!(list(request.clone()).await.unwrap().cases.len(), count, "{request:?}");
    }
    let first = list(ops::ListCasesRequest { page_size: 2, ..Default::default() }).await.unwrap();
    let token = first.next_page_token.clone();
    let rest =
        list(ops::ListCasesRequest { page_size: 2, page_token: token, ..Default::default() }).await.unwrap();
    let mut names: Vec<_> = first.cases.iter().chain(&rest.cases).map(|row| row.name.clone()).collect();
    names.dedup();
    assert_eq!((first.cases.len(), names.len()), (2, 3));
    let bad = ops::ListCasesRequest { page_token: "x".to_owned(), ..Default::default() };
    assert_eq!(reason(&operations.list_cases(bad).await.unwrap_err()), Reason::InvalidPageToken);
}

fn steer(name: &str, act: Act) -> ops::SteerStepRequest {
    ops::SteerStepRequest {
        name: name.to_owned(),
        service: "vets/first-visit".to_owned(),
        act: act.into(),
        reason: "It has to stand still.".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_counter_moves_things_along_and_a_ministrys_matter_is_its_own() {
    let world = World::start().await;
    let name = world.open("r-1", report()).await.case.unwrap().name;
    world
        .until(KEEPER, &name, |case| step(case, "vets/first-visit").state() == pb::step::State::Waiting)
        .await;
    let mut operations = world.operations();
    let case = operations.steer_step(steer(&name, Act::Park)).await.unwrap().into_inner();
    assert_eq!(step(&case, "vets/first-visit").state(), pb::step::State::Parked);
    assert!(step(&case, "vets/first-visit").reason.contains("It has to stand still."));
    let keeper = world
        .until(KEEPER, &name, |case| step(case, "vets/first-visit").state() == pb::step::State::Parked)
        .await;
    assert!(!step(&keeper, "vets/first-visit").reason.contains("stand still"), "it was said to operators");

    let status = operations.steer_step(steer(&name, Act::Done)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied, "{status}");
    for bad in [
        ops::SteerStepRequest { reason: String::new(), ..steer(&name, Act::Park) },
        steer(&name, Act::Unspecified),
    ] {
        assert_eq!(operations.steer_step(bad).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let officer = |agency: &str| {
        let role = TokenRole::Officer { agency: agency.to_owned(), subject: "officer-1".to_owned() };
        CaseOperationsServiceClient::with_interceptor(world.channel.clone(), world.bearer(Some(role)))
    };
    let status = officer("civil-registry").steer_step(steer(&name, Act::Retry)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::CaseNotFound, "an officer sees cases that concern their agency");
    let status = officer("tax-office").steer_step(steer(&name, Act::Retry)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied, "{status}");
    let case = officer("vets").steer_step(steer(&name, Act::Retry)).await.unwrap().into_inner();
    assert!(
        case.steps.iter().all(|step| step.agency == "vets"),
        "an officer sees their agency's steps alone"
    );
    let status = operations
        .decide_sameness(ops::DecideSamenessRequest {
            name,
            reason: "Another dog.".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn plans_agencies_and_grants_are_there_to_see_and_to_change() {
    let world = World::start().await;
    let mut registry = world.registry_of(operator());
    let agencies = registry.list_agencies(ops::ListAgenciesRequest {}).await.unwrap().into_inner().agencies;
    let names: Vec<_> = agencies.iter().map(|agency| agency.name.as_str()).collect();
    assert_eq!(names, ["agencies/pet-register", "agencies/tax-office", "agencies/vets"]);
    assert!(agencies.iter().all(|agency| agency.endpoints.iter().all(|endpoint| endpoint.healthy)));
    let plan = ops::GetPlanRequest { name: "lifeEvents/pet/plan".to_owned() };
    let plan = registry.get_plan(plan).await.unwrap().into_inner();
    assert!(plan.text.contains(REGISTRATION) && plan.dot.contains("digraph"), "{}", plan.text);
    assert_eq!(plan.published, plan.candidate);
    let diff = ops::DiffPlanRequest { name: "lifeEvents/pet/plan".to_owned() };
    assert!(registry.diff_plan(diff).await.unwrap().into_inner().additive);

    let list = ops::ListGrantsRequest { from: "pet-register".to_owned(), ..Default::default() };
    let grants = registry.list_grants(list.clone()).await.unwrap().into_inner().grants;
    let [grant] = grants.as_slice() else { panic!("{grants:?}") };
    assert_eq!((grant.concept.as_str(), grant.to.as_str()), ("person.vet", "vets/first-visit"));
    let revoke = ops::RevokeGrantRequest { grant: Some(grant.clone()) };
    let stranger = TokenRole::Agency { agency: "tax-office".to_owned() };
    let status = world.registry_of(stranger).revoke_grant(revoke.clone()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PermissionDenied);
    let own = TokenRole::Agency { agency: "pet-register".to_owned() };
    let revoked = world.registry_of(own).revoke_grant(revoke).await.unwrap().into_inner();
    assert!(revoked.revoked);
    assert!(registry.list_grants(list).await.unwrap().into_inner().grants.is_empty());
    let given = registry.give_grant(ops::GiveGrantRequest { grant: Some(grant.clone()) }).await;
    assert_eq!(given.unwrap().into_inner(), *grant);
    let lacking = ops::Grant { purpose: String::new(), ..grant.clone() };
    let status = registry.give_grant(ops::GiveGrantRequest { grant: Some(lacking) }).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_way_out() {
    let world = World::start().await;
    let mut registry = world.registry_of(operator());
    let mut wrong = country::vets();
    wrong.titles.clear();
    let request = ops::RegisterAgencyRequest { registration: Some(wrong) };
    let status = registry.register_agency(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidRegistration, "{status}");
    let publish = ops::PublishPlanRequest {
        name: "lifeEvents/pet/plan".to_owned(),
        candidate: "not-the-candidate".to_owned(),
        ..Default::default()
    };
    let status = registry.publish_plan(publish).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
    let file = ops::publish_files_request::File {
        path: "dictionary/bad.yaml".to_owned(),
        content: "concepts: [".to_owned(),
    };
    let status = registry.publish_files(ops::PublishFilesRequest { files: vec![file] }).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidFiles, "{status}");
    let get = ops::GetAgencyRequest { name: "agencies/nobody".to_owned() };
    assert_eq!(reason(&registry.get_agency(get).await.unwrap_err()), Reason::AgencyNotFound);
    let plan = ops::GetPlanRequest { name: "lifeEvents/goldfish/plan".to_owned() };
    assert_eq!(reason(&registry.get_plan(plan).await.unwrap_err()), Reason::PlanNotFound);
}

#[tokio::test]
async fn the_clock_moves_in_a_sandbox_alone() {
    let world = World::start().await;
    let status = world.sandbox().set_clock(ops::SetClockRequest { offset_seconds: 60 }).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotASandbox);
}
