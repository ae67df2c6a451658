//! Births in numbers: many mothers, each with a child, reported all at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agency_kit::synthetic::{self, Citizen};
use proto::loket::operations::v1::case_operations_service_client::CaseOperationsServiceClient;
use proto::loket::operations::v1::list_cases_response::CaseRow;
use proto::loket::operations::v1::{GetCaseRequest, ListCasesRequest};
use proto::loket::portal::v1 as portal;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::counter::{Authorised, Counter, channel};
use crate::report::{completed, open, report, text, tree};

/// How many reports are under way at once.
const AT_ONCE: usize = 64;
/// How long hundreds of cases may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A case that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Whose it is.
    pub citizen: String,
    /// Its name.
    pub name: String,
    /// What was asked.
    pub request: portal::OpenCaseRequest,
}

/// A birth in these words; children by their given names.
#[must_use]
pub fn birth(mother: &Citizen, date: &str, children: &[&str]) -> portal::Report {
    let mut facts = vec![
        ("mother.number", text(&mother.number)),
        ("birth.date", text(date)),
        ("birth.municipality", text(mother.home.municipality)),
    ];
    if let Some(other) = &mother.married_to {
        facts.push(("second_parent.number", text(other)));
    }
    let child = |(at, names): (usize, &&str)| {
        vec![
            ("child.birth_order", text(&(at + 1).to_string())),
            ("child.gender", text("female")),
            ("child.family_name", text(&mother.family_name)),
            ("child.given_names", text(names)),
        ]
    };
    let children: Vec<_> = children.iter().enumerate().map(child).collect();
    let members: Vec<_> = children.iter().map(|facts| ("child", facts.as_slice())).collect();
    report("mother", &facts, &members)
}

/// The day so many days ago.
#[must_use]
pub fn days_ago(days: i64) -> String {
    let moment = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    moment.strftime("%Y-%m-%d").to_string()
}

/// Married women whom every register knows, after the named households.
#[must_use]
pub fn mothers() -> Vec<Citizen> {
    let known = |at: usize| at % 40 < 38 && at % 50 < 48 && at % 4 != 3;
    let of_age = |it: &Citizen| (20..=42).contains(&it.age(jiff::civil::date(2026, 1, 1)));
    let all = synthetic::population().into_iter().enumerate().skip(16);
    let mothers = all.filter(|(at, it)| known(*at) && of_age(it));
    mothers.map(|(_, it)| it).filter(|it| it.gender == "female" && it.married_to.is_some()).collect()
}

/// Requests for so many births of one child each: every one a happening of its own.
#[must_use]
pub fn requests(many: usize) -> Vec<(String, portal::OpenCaseRequest)> {
    let mothers = mothers();
    let request = |at: usize| {
        let mother = &mothers[at % mothers.len()];
        let date = days_ago(20 * i64::try_from(at / mothers.len()).unwrap_or(0));
        let request = open(&format!("birth-{at}"), "birth", birth(mother, &date, &["Mila"]));
        (mother.number.clone(), request)
    };
    (0..many).map(request).collect()
}

/// Opens all of them at once by the gateway at this port; every one has to be accepted at the first attempt.
///
/// # Panics
/// Where one is not; with what was answered.
#[expect(clippy::expect_used, reason = "a test whose report is not accepted has failed")]
pub async fn open_all(
    counter: &Counter,
    port: u16,
    requests: Vec<(String, portal::OpenCaseRequest)>,
) -> Vec<Accepted> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let channels = [channel(port).await, channel(port).await, channel(port).await];
    let mut opening = JoinSet::new();
    for (at, (citizen, request)) in requests.into_iter().enumerate() {
        let mut client = counter.cases_by(channels[at % channels.len()].clone(), &citizen);
        let turns = turns.clone();
        opening.spawn(async move {
            let _turn = turns.acquire().await.expect("turns");
            let answer = client.open_case(request.clone()).await.expect("it is accepted").into_inner();
            Accepted { citizen, name: answer.case.expect("its case").name, request }
        });
    }
    let mut accepted = Vec::new();
    while let Some(one) = opening.join_next().await {
        accepted.push(one.expect("it was opened"));
    }
    accepted
}

/// Waits until so many of the cases are settled: operators no longer see them among the live ones, or see them
/// completed, with something left for a person: a call that was cut off and whose ministry knows no keys.
///
/// # Panics
/// Where they are not in time; with one that is not.
pub async fn settled(counter: &Counter, all: &[Accepted], many: usize) -> usize {
    settled_by(counter, counter.operations, all, many).await
}

/// The same, asked of the gateway whose operations port this is.
///
/// # Panics
/// As [`settled`].
#[expect(clippy::expect_used, reason = "a test that cannot ask has failed")]
pub async fn settled_by(counter: &Counter, operations: u16, all: &[Accepted], many: usize) -> usize {
    let began = Instant::now();
    let names: BTreeSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
    let mut operator = counter.case_operations_at(operations).await;
    loop {
        let live = live(&mut operator).await;
        let open: Vec<&CaseRow> =
            live.iter().filter(|it| is_open(it) && names.contains(it.name.as_str())).collect();
        let done = names.len() - open.len();
        if done >= many {
            return done;
        }
        if began.elapsed() > PATIENCE {
            let request = GetCaseRequest { name: open[0].name.clone() };
            let case = operator.get_case(request).await.expect("it can be seen").into_inner();
            assert!(done >= many, "{done} of {} are settled; one that is not:\n{}", all.len(), tree(&case));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Waits until the counter's store answers again.
///
/// # Panics
/// Where it does not within [`PATIENCE`].
pub async fn store_is_back(counter: &Counter) {
    let mut operator = counter.case_operations().await;
    let began = Instant::now();
    while let Err(refused) = operator.list_cases(ListCasesRequest::default()).await {
        assert!(began.elapsed() < PATIENCE, "{refused}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is_open(row: &CaseRow) -> bool {
    row.state() != portal::case::State::Completed
}

#[expect(clippy::expect_used, reason = "a test that cannot ask has failed")]
async fn live(operator: &mut CaseOperationsServiceClient<Authorised>) -> Vec<CaseRow> {
    let mut all = Vec::new();
    let mut request = ListCasesRequest { page_size: 1_000, ..ListCasesRequest::default() };
    loop {
        let page = operator.list_cases(request.clone()).await.expect("live cases are listed").into_inner();
        all.extend(page.cases);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return all;
        }
    }
}

/// Each of the cases as operators see it.
///
/// # Panics
/// Where one is not completed; with how it is.
#[expect(clippy::expect_used, reason = "a test that cannot ask has failed")]
pub async fn all_completed(counter: &Counter, all: &[Accepted]) -> Vec<portal::Case> {
    let mut operator = counter.case_operations().await;
    let mut cases = Vec::new();
    for one in all {
        let request = GetCaseRequest { name: one.name.clone() };
        let case = operator.get_case(request).await.expect("it can be seen").into_inner();
        assert!(completed(&case), "{}", tree(&case));
        cases.push(case);
    }
    cases
}
