//! `loket case`: cases, as their citizens or as operators see them.

use proto::loket::operations::v1 as operations;
use proto::loket::portal::v1 as portal;

use crate::command::{As, CaseAct, OpenOptions, Place};
use crate::failure::Failure;
use crate::life_events::short;
use crate::{ask, deciding, life_events, output, report, sample, watch};

pub(crate) async fn run(place: &Place, act: CaseAct) -> Result<(), Failure> {
    match act {
        CaseAct::Open(options) => open(place, options).await,
        CaseAct::Get { id, caller } => {
            let case = get(place, &id, &caller).await?;
            show(place, &case)
        }
        CaseAct::List { caller, waiting_for, life_event } => match caller.citizen {
            Some(citizen) => list_own(place, &citizen, caller.language.language).await,
            None => list_live(place, waiting_for, life_event).await,
        },
        CaseAct::Watch { id, caller, timeout } => watch::run(place, &name(&id), &caller, timeout).await,
        CaseAct::Explain { id } => {
            let request = operations::ExplainCaseRequest { name: name(&id) };
            let answer = place.case_operations().await?.explain_case(request).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.ExplainCaseResponse", &answer);
            }
            output::line(answer.text.trim_end())
        }
        CaseAct::Answer { id, caller, set } => answer(place, &id, &caller, &set).await,
        CaseAct::Offer { id, service, member, decline, caller } => {
            let language = caller.language.language.clone();
            let request =
                portal::AnswerOfferRequest { name: name(&id), service, member, accepted: !decline, language };
            let case = place.cases(citizen(&caller)?).await?.answer_offer(request).await?.into_inner();
            show(place, &case)
        }
        CaseAct::Withdraw { id, caller, reason } => {
            let language = caller.language.language.clone();
            let request = portal::WithdrawCaseRequest { name: name(&id), reason, language };
            let case = place.cases(citizen(&caller)?).await?.withdraw_case(request).await?.into_inner();
            show(place, &case)
        }
        CaseAct::Disclosures { id, caller } => disclosures(place, &id, &caller).await,
        CaseAct::Verify { id } => verify(place, &id).await,
        CaseAct::Same { id, is, with, reason } => {
            let request = operations::DecideSamenessRequest {
                name: name(&id),
                reason,
                same: is.yes,
                same_as: with.unwrap_or_default(),
            };
            deciding::same(place, request).await
        }
        CaseAct::Member { id, role, mention, who } => {
            deciding::member(place, name(&id), role, mention, who).await
        }
        CaseAct::Uphold { id, receipt, dismiss, reason } => {
            let request =
                operations::DecideClaimRequest { name: name(&id), receipt, reason, upheld: !dismiss };
            deciding::claim(place, request).await
        }
        CaseAct::Steer { id, service, act, member, agency, reason } => {
            let (name, act) = (name(&id), deciding::steering(act).into());
            let request = operations::SteerStepRequest { name, service, member, act, reason, agency };
            deciding::steer(place, request).await
        }
    }
}

async fn open(place: &Place, options: OpenOptions) -> Result<(), Failure> {
    let Ready { citizen, life_event, report } = ready(place, &options).await?;
    let caller = As { citizen: Some(citizen.clone()), language: options.caller.language.clone() };
    let request = portal::OpenCaseRequest {
        request_id: options.request_id.unwrap_or_else(new_request_id),
        life_event,
        report: Some(report),
        language: caller.language.language.clone(),
        wait: None,
    };
    let opened = place.cases(&citizen).await?.open_case(request).await?.into_inner();
    let name = opened.case.as_ref().map(|it| it.name.clone()).unwrap_or_default();
    if options.wait {
        let settled = watch::until_settled(place, &name, &caller).await?;
        return show(place, &settled);
    }
    if place.json && options.watch {
        output::json_line("loket.portal.v1.OpenCaseResponse", &opened)?;
    } else if place.json {
        output::json("loket.portal.v1.OpenCaseResponse", &opened)?;
    } else if let Some(case) = &opened.case {
        let how = match (opened.replayed, opened.attached) {
            (true, _) => "was reported before by this request",
            (false, true) => "joined the case there was",
            (false, false) => "is recorded",
        };
        output::line(&format!("{} {how}: case {} ({})", case.title, short(&case.name), case.reference))?;
    }
    if options.watch { watch::run(place, &name, &caller, None).await } else { Ok(()) }
}

/// What is about to be reported.
struct Ready {
    citizen: String,
    life_event: String,
    report: portal::Report,
}

async fn ready(place: &Place, options: &OpenOptions) -> Result<Ready, Failure> {
    if options.sample {
        let sample = sample::next(place, &options.life_event, 1)?;
        let life_event = format!("lifeEvents/{}", options.life_event);
        return Ok(Ready { citizen: sample.citizen, life_event, report: sample.report });
    }
    let citizen = citizen(&options.caller)?.to_owned();
    let life_event = life_events::get(place, &options.life_event, &options.caller.language.language).await?;
    let reporting = life_event.roles.iter().find(|role| role.may_report).map(|role| role.id.clone());
    let role = options.role.clone().or(reporting).unwrap_or_default();
    let mut set = options.set.iter().map(|text| report::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let own = format!("{role}.number");
    let one = life_event.roles.iter().any(|it| it.id == role && !it.group);
    if one && !set.iter().any(|it| it.fact == own) {
        set.push(report::Set { fact: own, member: None, value: citizen.clone() });
    }
    if !options.no_input && ask::somebody_is_there() {
        ask::for_report(&life_event, &life_event.questions, &mut set)?;
    }
    let report = report::report(&role, &set, &life_event.questions)?;
    Ok(Ready { citizen, life_event: life_event.name, report })
}

/// Reports the birth of twins of the next invented mother and waits for its end: the example of the start.
pub(crate) async fn twins(place: &Place) -> Result<portal::Case, Failure> {
    let sample = sample::next(place, "birth", 2)?;
    let language = crate::command::Language { language: "en".to_owned() };
    let caller = As { citizen: Some(sample.citizen.clone()), language };
    let request = portal::OpenCaseRequest {
        request_id: new_request_id(),
        life_event: "lifeEvents/birth".to_owned(),
        report: Some(sample.report),
        language: "en".to_owned(),
        wait: None,
    };
    let opened = place.cases(&sample.citizen).await?.open_case(request).await?.into_inner();
    let name = opened.case.map(|it| it.name).unwrap_or_default();
    watch::until_settled(place, &name, &caller).await
}

async fn get(place: &Place, id: &str, caller: &As) -> Result<portal::Case, Failure> {
    Ok(match &caller.citizen {
        Some(citizen) => {
            let request =
                portal::GetCaseRequest { name: name(id), language: caller.language.language.clone() };
            place.cases(citizen).await?.get_case(request).await?.into_inner()
        }
        None => {
            let request = operations::GetCaseRequest { name: name(id) };
            place.case_operations().await?.get_case(request).await?.into_inner()
        }
    })
}

async fn list_own(place: &Place, citizen: &str, language: String) -> Result<(), Failure> {
    let request = portal::ListCasesRequest { page_size: 100, page_token: String::new(), language };
    let answer = place.cases(citizen).await?.list_cases(request).await?.into_inner();
    if place.json {
        return output::json("loket.portal.v1.ListCasesResponse", &answer);
    }
    let rows: Vec<Vec<String>> = answer
        .cases
        .into_iter()
        .map(|it| {
            let state = state(&it);
            vec![short(&it.name).to_owned(), it.reference, it.title, state, output::moment(it.create_time)]
        })
        .collect();
    output::table(&["CASE", "REFERENCE", "LIFE EVENT", "STATE", "OPENED"], &rows)
}

async fn list_live(
    place: &Place,
    waiting_for: Option<String>,
    life_event: Option<String>,
) -> Result<(), Failure> {
    let request = operations::ListCasesRequest {
        life_event: life_event.map(|id| format!("lifeEvents/{id}")).unwrap_or_default(),
        waiting_for: waiting_for.unwrap_or_default(),
        page_size: 500,
        ..operations::ListCasesRequest::default()
    };
    let answer = place.case_operations().await?.list_cases(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.ListCasesResponse", &answer);
    }
    let rows: Vec<Vec<String>> = answer
        .cases
        .into_iter()
        .map(|it| {
            let state = it.state().as_str_name().trim_start_matches("STATE_").to_lowercase();
            vec![
                short(&it.name).to_owned(),
                it.reference,
                short(&it.life_event).to_owned(),
                state,
                it.waiting_for.join(", "),
                output::moment(it.since),
            ]
        })
        .collect();
    output::table(&["CASE", "REFERENCE", "LIFE EVENT", "STATE", "WAITS FOR", "SINCE"], &rows)
}

async fn answer(place: &Place, id: &str, caller: &As, set: &[String]) -> Result<(), Failure> {
    let citizen = citizen(caller)?;
    let case = get(place, id, caller).await?;
    let mut given = set.iter().map(|text| report::parse(text)).collect::<Result<Vec<_>, _>>()?;
    if given.is_empty() && ask::somebody_is_there() {
        given = ask::for_case(&case.questions)?;
    }
    if given.is_empty() {
        return Err(Failure::usage("nothing was answered; give --set FACT=VALUE"));
    }
    let kind_of =
        |fact: &str| case.questions.iter().find(|it| it.fact == fact).map_or("text", |it| it.r#type.as_str());
    let answers = given
        .iter()
        .map(|one| portal::answer_questions_request::FactAnswer {
            fact: one.fact.clone(),
            member: one.member.clone().unwrap_or_default(),
            value: Some(report::value(kind_of(&one.fact), &one.value)),
        })
        .collect();
    let language = caller.language.language.clone();
    let request = portal::AnswerQuestionsRequest { name: name(id), answers, language };
    let case = place.cases(citizen).await?.answer_questions(request).await?.into_inner();
    show(place, &case)
}

async fn disclosures(place: &Place, id: &str, caller: &As) -> Result<(), Failure> {
    let request =
        portal::ListDisclosuresRequest { parent: name(id), language: caller.language.language.clone() };
    let answer = place.cases(citizen(caller)?).await?.list_disclosures(request).await?.into_inner();
    if place.json {
        return output::json("loket.portal.v1.ListDisclosuresResponse", &answer);
    }
    let rows: Vec<Vec<String>> = answer
        .disclosures
        .into_iter()
        .map(|it| {
            vec![
                output::moment(it.time),
                it.recipient,
                it.service,
                it.facts.join(", "),
                it.purpose,
                it.legal_basis,
            ]
        })
        .collect();
    output::table(&["WHEN", "WHO", "FOR", "FACTS", "PURPOSE", "LEGAL BASIS"], &rows)
}

async fn verify(place: &Place, id: &str) -> Result<(), Failure> {
    let request = operations::VerifyCaseRequest { name: name(id) };
    let answer = place.case_operations().await?.verify_case(request).await?.into_inner();
    if place.json {
        output::json("loket.operations.v1.VerifyCaseResponse", &answer)?;
    } else {
        output::line(&format!("case chain: {} rows, head {}", answer.case_rows, answer.case_head))?;
        output::line(&format!("access chain: {} rows, head {}", answer.access_rows, answer.access_head))?;
    }
    if answer.faults.is_empty() {
        return if place.json { Ok(()) } else { output::line("both verify") };
    }
    Err(Failure::check(format!("the case does not verify:\n  {}", answer.faults.join("\n  "))))
}

/// One case, as a tree of its steps.
pub(crate) fn show(place: &Place, case: &portal::Case) -> Result<(), Failure> {
    if place.json {
        return output::json("loket.portal.v1.Case", case);
    }
    output::line(&watch::tree(case))?;
    for question in &case.questions {
        let member =
            if question.member.is_empty() { String::new() } else { format!("[{}]", question.member) };
        output::line(&format!("asked: {}{member} — {}", question.fact, question.label))?;
    }
    Ok(())
}

/// The state of a case, as one word.
pub(crate) fn state(case: &portal::Case) -> String {
    case.state().as_str_name().trim_start_matches("STATE_").to_lowercase().replace('_', " ")
}

/// The citizen that is spoken for. Nobody else opens, answers or withdraws.
pub(crate) fn citizen(caller: &As) -> Result<&str, Failure> {
    caller.citizen.as_deref().ok_or_else(|| Failure::usage("say as whom: --as 999000001"))
}

fn name(id: &str) -> String {
    if id.starts_with("cases/") { id.to_owned() } else { format!("cases/{id}") }
}

/// A request id that no other run makes: the moment and the process.
fn new_request_id() -> String {
    format!("cli-{}-{}", jiff::Timestamp::now().as_microsecond(), std::process::id())
}
