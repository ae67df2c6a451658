//! No personal value of a case is in any file, log, trace or metric, in whatever form: three life events with values
//! that nobody else has, good input and bad, an answer, a dispute, a withdrawal, a gateway killed in the midst, and
//! everything logged at the finest level.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use agency_kit::synthetic::{self, Citizen};
use casework::dictionary::Assurance;
use gateway::issuer::TokenRole;
use proto::loket::desk::v1::ReportHappeningRequest;
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::portal::v1::answer_questions_request::FactAnswer;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::step::State;
use proto::loket::portal::v1::value::Kind;
use proto::loket::portal::v1::{
    AnswerQuestionsRequest, Case, DisputeFactRequest, GetCaseRequest, ListDisclosuresRequest,
    WithdrawCaseRequest,
};
use tests::births::{birth, days_ago};
use tests::canaries::Canaries;
use tests::collector::Collector;
use tests::counter::{Authorised, Counter, Setup, channel};
use tests::redis::Redis;
use tests::report::{completed, open, report, step, text, until};

/// What people say in this test, and nobody anywhere else.
const SAID: [&str; 12] = [
    "Quaggabella Xerxa",
    "Zwanenvechter",
    "BN-1999-777123",
    "GB82WEST12345698765432",
    "DC-1999-888123",
    "Quaggadreef",
    "Quaggahuis 77",
    "8765 QX",
    "quagga@zwanenvechter.example",
    "because Quaggabella wept",
    "the Zwanenvechter family stays",
    "1987-13-45",
];

fn client(
    counter: &Counter,
    channel: tonic::transport::Channel,
    number: &str,
) -> CaseServiceClient<Authorised> {
    let role = TokenRole::Citizen {
        subject: format!("quagga@zwanenvechter.example|{number}"),
        person: Some(number.to_owned()),
        assurance: Assurance::High,
        portal: "loket-cli".to_owned(),
    };
    CaseServiceClient::with_interceptor(channel, counter.token(role))
}

/// A married mother whose account no register knows, so that she is asked for it.
fn mother() -> Citizen {
    let all = synthetic::population().into_iter().enumerate().skip(16);
    let asked = |at: usize| at % 4 == 3 && at % 40 < 38 && at % 50 < 48;
    let of_age = |it: &Citizen| (20..=42).contains(&it.age(jiff::civil::date(2026, 1, 1)));
    all.filter(|(at, it)| asked(*at) && of_age(it))
        .map(|(_, it)| it)
        .find(|it| it.gender == "female" && it.married_to.is_some())
        .expect("a mother")
}

async fn a_birth(counter: &Counter, mother: &Citizen) -> Case {
    let mut client = client(counter, channel(counter.public).await, &mother.number);
    let named = Citizen { family_name: SAID[1].to_owned(), ..mother.clone() };
    let request = open("birth-1", "birth", birth(&named, &days_ago(20), &[SAID[0], SAID[0]]));
    let name = client.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let pid = counter.kill("gateway");
    counter.runs_again("gateway", pid).await;
    let mut client = self::client(counter, channel(counter.public).await, &mother.number);
    until(&mut client, &name, |case| case.questions.iter().any(|it| it.fact == "mother.payment_account"))
        .await;
    let answer = |fact: &str, value: &str| FactAnswer {
        fact: fact.to_owned(),
        value: Some(text(value)),
        ..FactAnswer::default()
    };
    for answer in [answer("birth.notice", SAID[2]), answer("mother.payment_account", SAID[3])] {
        let request =
            AnswerQuestionsRequest { name: name.clone(), answers: vec![answer], ..Default::default() };
        client.answer_questions(request).await.unwrap();
    }
    let case = until(&mut client, &name, completed).await;
    let dispute = DisputeFactRequest {
        name: name.clone(),
        fact: "child.given_names".to_owned(),
        member: "m1".to_owned(),
        proposed: Some(text(SAID[0])),
        reason: SAID[9].to_owned(),
        ..Default::default()
    };
    client.dispute_fact(dispute).await.unwrap();
    let withdrawal =
        WithdrawCaseRequest { name: name.clone(), reason: SAID[10].to_owned(), ..Default::default() };
    // Whether a completed case can be withdrawn is not what is looked at here.
    let _ = client.withdraw_case(withdrawal).await;
    client.list_disclosures(ListDisclosuresRequest { parent: name, ..Default::default() }).await.unwrap();
    case
}

async fn a_move(counter: &Counter, mover: &Citizen) -> Case {
    let mut client = client(counter, channel(counter.public).await, &mover.number);
    let facts = [
        ("declarant.number", text(&mover.number)),
        ("move.date", text(&days_ago(0))),
        ("new_home.postal_code", text(SAID[7])),
        ("new_home.house_number", text("77")),
    ];
    let members: &[(&str, &[_])] = &[("mover", &[("mover.number", text(&mover.number))])];
    let request = open("moving-1", "moving", report("declarant", &facts, members));
    let name = client.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    // No register knows this address: it is asked for, and an officer looks.
    let case = until(&mut client, &name, |case| {
        case.questions.iter().any(|it| it.fact.starts_with("new_home."))
            || case.steps.iter().any(|it| it.state() == State::Pending)
    })
    .await;
    for question in case.questions.iter().filter(|it| it.fact.starts_with("new_home.")) {
        let value = match question.r#type.as_str() {
            "address" => proto::loket::portal::v1::Value {
                kind: Some(Kind::Address(proto::loket::portal::v1::Address {
                    region_code: "XZ".to_owned(),
                    postal_code: SAID[7].to_owned(),
                    locality: "Westerveen".to_owned(),
                    address_lines: vec![SAID[6].to_owned()],
                    ..Default::default()
                })),
            },
            _ if question.fact.ends_with("municipality") => text("westerveen"),
            _ => text(SAID[5]),
        };
        let answer = FactAnswer { fact: question.fact.clone(), value: Some(value), ..FactAnswer::default() };
        let request =
            AnswerQuestionsRequest { name: name.clone(), answers: vec![answer], ..Default::default() };
        // What is wrong with one of them is said to whoever answers, and nowhere else.
        let _ = client.answer_questions(request).await;
    }
    let withdrawal =
        WithdrawCaseRequest { name: name.clone(), reason: SAID[10].to_owned(), ..Default::default() };
    client.withdraw_case(withdrawal).await.unwrap();
    let over = |case: &Case| {
        matches!(case.state(), proto::loket::portal::v1::case::State::Withdrawn) || completed(case)
    };
    until(&mut client, &name, over).await
}

async fn a_death(counter: &Counter, widow: &Citizen) -> Case {
    let mut client = client(counter, channel(counter.public).await, &widow.number);
    let facts = [
        ("deceased.number", text(widow.married_to.as_deref().unwrap())),
        ("death.date", text(&days_ago(5))),
        ("death.municipality", text(widow.home.municipality)),
        ("death.certificate", text(SAID[4])),
        ("informant.number", text(&widow.number)),
        ("informant.kinship", text("partner")),
    ];
    let request = open("death-1", "bereavement", report("informant", &facts, &[]));
    let name = client.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut client, &name, completed).await;
    assert_eq!(step(&case, "civil-registry/death-registration", ""), Some(State::Done));
    case
}

/// Sends bytes as they are to a port and reads what comes back.
fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Everything wrong that people send, with what they mean in it.
async fn bad_input(counter: &Counter, mother: &Citizen) {
    let mut client = client(counter, channel(counter.public).await, &mother.number);
    let wrong = |change: fn(&mut proto::loket::portal::v1::OpenCaseRequest)| {
        let mut request = open("bad-1", "birth", birth(mother, &days_ago(0), &[SAID[0]]));
        change(&mut request);
        request
    };
    let refused = [
        wrong(|it| it.request_id = format!("{}\u{7f}", SAID[8])),
        wrong(|it| it.life_event = format!("lifeEvents/{}", SAID[1])),
        wrong(|it| it.report.as_mut().unwrap().role = SAID[1].to_owned()),
        wrong(|it| drop(it.report.as_mut().unwrap().facts.insert("birth.date".to_owned(), text(SAID[11])))),
        wrong(|it| drop(it.report.as_mut().unwrap().facts.insert(SAID[8].to_owned(), text(SAID[9])))),
        wrong(|it| {
            drop(it.report.as_mut().unwrap().facts.insert("mother.gender".to_owned(), text(SAID[9])));
        }),
        wrong(|it| {
            let child = &mut it.report.as_mut().unwrap().members[0];
            child.facts.insert("child.birth_order".to_owned(), text(SAID[0]));
        }),
    ];
    for request in refused {
        assert!(client.open_case(request).await.is_err());
    }
    let name = format!("cases/{}", SAID[5]);
    assert!(client.get_case(GetCaseRequest { name, ..Default::default() }).await.is_err());
    let hospital = counter.token(TokenRole::Agency { agency: "hospital".to_owned() });
    let mut desk = DeskServiceClient::with_interceptor(channel(counter.desk).await, hospital);
    let notice = ReportHappeningRequest {
        agency: "hospital".to_owned(),
        request_id: "n-1".to_owned(),
        life_event: "birth".to_owned(),
        report: Some(report("", &[("mother.number", text(SAID[1])), ("birth.date", text(SAID[11]))], &[])),
    };
    assert!(desk.report_happening(notice).await.is_err());
    let body =
        format!("{{\"life_event\": \"birth\", \"request_id\": \"r\", \"facts\": {{\"mother\": {:?}", SAID[9]);
    for (method, path, headers, body) in [
        ("POST", "/v1/cases", format!("Authorization: Bearer {}\r\n", SAID[8]), body.as_str()),
        ("POST", "/v1/cases", String::new(), body.as_str()),
        (
            "GET",
            "/v1/cases/Quaggadreef?name=Zwanenvechter&mail=quagga%40zwanenvechter.example",
            String::new(),
            "",
        ),
        ("GET", "/v1/life-events/Zwanenvechter", format!("traceparent: {}\r\n", SAID[5]), ""),
        ("QUAGGADREEF", "/Zwanenvechter/Quaggadreef", format!("User-Agent: {}\r\n", SAID[8]), ""),
    ] {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = raw(counter.public, &request);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        raw(counter.operations, &request);
        raw(counter.desk, &request);
    }
}

/// What a case shows its citizen: every value that is somebody's own.
fn values_of(case: &Case) -> Vec<String> {
    let mut all = Vec::new();
    for fact in &case.facts {
        match fact.value.clone().and_then(|value| value.kind) {
            Some(Kind::Text(value) | Kind::Person(value) | Kind::Document(value)) => all.push(value),
            Some(Kind::Address(address)) => {
                all.extend(address.address_lines);
                all.push(address.postal_code);
            }
            Some(Kind::Date(date)) if !date.starts_with("2026") && !date.starts_with("2027") => {
                all.push(date)
            }
            _ => {}
        }
    }
    all.retain(|value| value.len() >= 6);
    all
}

/// Bytes of all logs.
fn counter_logs(data: &Path) -> u64 {
    let logs = std::fs::read_dir(data.join("logs")).unwrap();
    logs.map(|log| log.unwrap().metadata().unwrap().len()).sum()
}

async fn nothing_personal_is_found(store: &[&str], files: Option<&Redis>) {
    let (collector, address) = Collector::start().await;
    let address = format!("http://{address}");
    let counter = Counter::set_up(Setup {
        arguments: &[&["--no-sample", "--otlp", &address], store].concat(),
        environment: &[
            ("RUST_LOG", "trace"),
            ("LOKET_TELEMETRY_LOG_FILTER", "trace"),
            ("LOKET_TELEMETRY_METRICS_EVERY_SECONDS", "1"),
        ],
        data: None,
    })
    .await;
    let people = synthetic::population();
    let mother = mother();
    let widow = &people[8];
    let cases = [
        a_birth(&counter, &mother).await,
        a_move(&counter, &people[2]).await,
        a_death(&counter, widow).await,
    ];
    bad_input(&counter, &mother).await;
    let metrics =
        raw(counter.operations, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assert!(metrics.contains("loket_"), "{metrics}");
    let explained = counter.loket(&["case", "explain", &cases[0].name]);
    let mut values: Vec<String> = cases.iter().flat_map(values_of).collect();
    values.extend(SAID.map(str::to_owned));
    values.extend([&mother, widow, &people[2]].map(|it| it.number.clone()));
    values.sort();
    values.dedup();
    assert!(values.len() > 25, "{values:?}");
    let canaries = Canaries::of(&values.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(canaries.in_bytes(metrics.as_bytes()), None, "in the metrics");
    assert_eq!(canaries.in_bytes(&explained.stdout), None, "in what operators are told");
    let data = counter.close();
    let traced = collector.bytes();
    assert!(traced.len() > 50_000, "only {} bytes of traces came", traced.len());
    assert_eq!(canaries.in_bytes(&traced), None, "in the traces");
    let ministries = data.path().join("ministries");
    // What a ministry keeps of its citizens is its own.
    assert!(canaries.are_below(&ministries), "the ministries were told nothing, or the search finds nothing");
    let logged = counter_logs(data.path());
    assert!(logged > 1_000_000, "only {logged} bytes were logged at the finest level");
    let seen = canaries.look_through(data.path(), &|file: &Path| file.starts_with(&ministries));
    assert!(seen > 100_000, "only {seen} bytes were written");
    if let Some(redis) = files {
        assert_eq!(redis.ask("SAVE"), "+OK");
        let seen = canaries.look_through(redis.folder(), &|_: &Path| false);
        assert!(seen > 50_000, "only {seen} bytes were written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_the_embedded_file_nor_in_any_log_trace_or_metric() {
    nothing_personal_is_found(&[], None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_the_files_of_redis_nor_in_any_log_trace_or_metric() {
    let redis = Redis::start();
    nothing_personal_is_found(&["--store", &redis.address()], Some(&redis)).await;
}
