//! One birth, reported by everybody who may, at the same moment: one case. Twins stay two, and two births stay two.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::sync::Arc;

use agency_kit::synthetic::Citizen;
use casework::dictionary::Assurance;
use gateway::issuer::TokenRole;
use proto::loket::desk::v1::ReportHappeningRequest;
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::operations::v1::GetCaseRequest;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::{Case, ListCasesRequest, OpenCaseRequest, Report};
use tests::births::{birth, days_ago, mothers};
use tests::counter::{Authorised, Counter, channel};
use tests::ledgers::Ledgers;
use tests::redis::Redis;
use tests::report::{completed, open, report, text, tree, until};
use tokio::sync::Barrier;
use tonic::transport::Channel;

/// How often all report at the very same moment.
const ROUNDS: usize = 20;

/// The three ways to the counter.
#[derive(Clone)]
struct Ways {
    public: Channel,
    desk: Channel,
}

/// Who reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who3 {
    Mother,
    Father,
    Hospital,
}

const ORDERS: [[Who3; 3]; 6] = {
    use Who3::{Father, Hospital, Mother};
    [
        [Mother, Father, Hospital],
        [Mother, Hospital, Father],
        [Father, Mother, Hospital],
        [Father, Hospital, Mother],
        [Hospital, Mother, Father],
        [Hospital, Father, Mother],
    ]
};

/// One family's birth of today.
#[derive(Clone)]
struct Family {
    mother: Citizen,
    children: Vec<&'static str>,
}

impl Family {
    fn father(&self) -> String {
        self.mother.married_to.clone().unwrap()
    }

    fn request(&self, by: &str, role: &str) -> OpenCaseRequest {
        let report = Report { role: role.to_owned(), ..birth(&self.mother, &days_ago(0), &self.children) };
        open(&format!("{by}-{}", self.mother.number), "birth", report)
    }

    /// What a hospital tells of these children: it knows no names.
    fn notice(&self, id: &str, orders: &[usize]) -> ReportHappeningRequest {
        let child = |order: &usize| {
            vec![("child.birth_order", text(&order.to_string())), ("child.gender", text("female"))]
        };
        let children: Vec<_> = orders.iter().map(child).collect();
        let members: Vec<_> = children.iter().map(|facts| ("child", facts.as_slice())).collect();
        let facts = [
            ("mother.number", text(&self.mother.number)),
            ("birth.date", text(&days_ago(0))),
            ("birth.municipality", text(self.mother.home.municipality)),
        ];
        ReportHappeningRequest {
            agency: "hospital".to_owned(),
            request_id: format!("{id}-{}", self.mother.number),
            life_event: "lifeEvents/birth".to_owned(),
            report: Some(report("", &facts, &members)),
        }
    }
}

fn desk(counter: &Counter, ways: &Ways) -> DeskServiceClient<Authorised> {
    let hospital = TokenRole::Agency { agency: "hospital".to_owned() };
    DeskServiceClient::with_interceptor(ways.desk.clone(), counter.token(hospital))
}

/// The father uses another portal than the mother.
fn father_of(counter: &Counter, ways: &Ways, family: &Family) -> CaseServiceClient<Authorised> {
    let role = TokenRole::Citizen {
        subject: format!("somebody-{}", family.father()),
        person: Some(family.father()),
        assurance: Assurance::High,
        portal: "another-portal".to_owned(),
    };
    CaseServiceClient::with_interceptor(ways.public.clone(), counter.token(role))
}

/// Reports; the case's name, where the reporter is told it.
async fn tell(counter: &Counter, ways: &Ways, family: &Family, who: Who3) -> Option<String> {
    let (mut client, request) = match who {
        Who3::Hospital => {
            let orders: Vec<usize> = (1..=family.children.len()).collect();
            desk(counter, ways).report_happening(family.notice("notice", &orders)).await.unwrap();
            return None;
        }
        Who3::Mother => {
            (counter.cases_by(ways.public.clone(), &family.mother.number), family.request("mother", "mother"))
        }
        Who3::Father => (father_of(counter, ways, family), family.request("father", "second_parent")),
    };
    let answer = client.open_case(request).await.unwrap().into_inner();
    assert!(answer.receipt.is_some() && !answer.replayed);
    Some(answer.case.unwrap().name)
}

/// One case for all who told: each has a receipt, and it is on the lists of both parents once.
async fn is_one_case(counter: &Counter, ways: &Ways, family: &Family, told: &[Option<String>]) -> String {
    let mut names: Vec<&String> = told.iter().flatten().collect();
    names.dedup();
    assert_eq!(names.len(), 1, "mother and father have different cases");
    let mut operator = counter.case_operations().await;
    let case = operator.get_case(GetCaseRequest { name: names[0].clone() }).await.unwrap().into_inner();
    assert_eq!(case.receipts.len(), 3, "{}", tree(&case));
    let mut mother = counter.cases_by(ways.public.clone(), &family.mother.number);
    for client in [&mut mother, &mut father_of(counter, ways, family)] {
        tests::report::listed(client, names[0]).await;
        let listed = client.list_cases(ListCasesRequest::default()).await.unwrap().into_inner().cases;
        assert_eq!(listed.len(), 1, "{listed:?}");
    }
    names[0].clone()
}

async fn done(counter: &Counter, ways: &Ways, family: &Family, name: &str) -> Case {
    let mut mother = counter.cases_by(ways.public.clone(), &family.mother.number);
    until(&mut mother, name, completed).await
}

async fn one_birth_is_one_case(store: &[&str]) {
    let counter = Arc::new(Counter::open(&[&["--no-sample"], store].concat()).await);
    let ways = Ways { public: channel(counter.public).await, desk: channel(counter.desk).await };
    let mut families = mothers().into_iter().map(|mother| Family { mother, children: vec!["Mila"] });
    let mut cases = Vec::new();
    for order in ORDERS {
        let family = families.next().unwrap();
        let mut told = Vec::new();
        for who in order {
            told.push(tell(&counter, &ways, &family, who).await);
        }
        cases.push((is_one_case(&counter, &ways, &family, &told).await, family));
    }
    for round in 0..ROUNDS {
        let children = if round % 4 == 0 { vec!["Mila", "Fien"] } else { vec!["Mila"] };
        let family = Family { children, ..families.next().unwrap() };
        let barrier = Arc::new(Barrier::new(3));
        let telling = ORDERS[round % ORDERS.len()].map(|who| {
            let (counter, ways, family, barrier) =
                (counter.clone(), ways.clone(), family.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                tell(&counter, &ways, &family, who).await
            })
        });
        let mut told = Vec::new();
        for one in telling {
            told.push(one.await.unwrap());
        }
        cases.push((is_one_case(&counter, &ways, &family, &told).await, family));
    }
    let mut names: Vec<&String> = cases.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "births of different mothers on one day were merged");
    let mut all = Vec::new();
    for (name, family) in &cases {
        all.push(done(&counter, &ways, family, name).await);
    }
    let children: usize = cases.iter().map(|(_, family)| family.children.len()).sum();
    let data = Arc::into_inner(counter).unwrap().close();
    let ledgers = Ledgers::read(data.path());
    ledgers.agree_with(&all);
    ledgers.hold_children(children as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn mother_father_and_hospital_at_the_same_moment_have_one_case_on_the_embedded_store() {
    one_birth_is_one_case(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mother_father_and_hospital_at_the_same_moment_have_one_case_on_redis() {
    let redis = Redis::start();
    one_birth_is_one_case(&["--store", &redis.address()]).await;
}

/// A hospital sends a notice for each child. Whether the second is another child than the one that the first report
/// closed the birth with, a person says; until then nothing is done to it, and nothing is merged.
#[tokio::test(flavor = "multi_thread")]
async fn twins_of_two_notices_are_neither_merged_nor_two_cases() {
    let counter = Counter::open(&["--no-sample", "--store", "memory:"]).await;
    let ways = Ways { public: channel(counter.public).await, desk: channel(counter.desk).await };
    let family = Family { mother: mothers().remove(0), children: vec!["Mila"] };
    let (first, second) = (family.notice("first", &[1]), family.notice("second", &[2]));
    let (one, other) = (&mut desk(&counter, &ways), &mut desk(&counter, &ways));
    let (one, other) = tokio::join!(one.report_happening(first), other.report_happening(second));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let mut mother = counter.cases_by(ways.public.clone(), &family.mother.number);
    let both = Family { children: vec!["Mila", "Fien"], ..family.clone() };
    let answer = mother.open_case(both.request("mother", "mother")).await.unwrap().into_inner();
    assert!(answer.attached, "the mother has a case of her own");
    let name = answer.case.unwrap().name;
    let mut operator = counter.case_operations().await;
    let entries = proto::loket::operations::v1::ListEntriesRequest { parent: name.clone(), after: 0 };
    let entries = operator.list_entries(entries).await.unwrap().into_inner().entries;
    let open = entries.iter().filter(|entry| entry.kind.contains("unmatched")).count();
    assert!(open > 0, "{entries:?}");
    for mention in 1..=i32::try_from(open).unwrap() {
        let (mention, who) =
            (mention.to_string(), if mention == 1 { &["--new"][..] } else { &["--is", "m2"] });
        let words = [&["case", "member", name.as_str(), "child", mention.as_str()], who].concat();
        let decided = counter.loket(&words);
        assert!(decided.status.success(), "{}", String::from_utf8_lossy(&decided.stderr));
    }
    // Of a case that waits for no such decision the counter says so, and the command fails.
    let refused = counter.loket(&["case", "same", &name, "--no", "--reason", "another family"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && !said.is_empty(), "{:?} {said}", refused.status);
    let case = done(&counter, &ways, &family, &name).await;
    let ledgers = Ledgers::read(counter.close().path());
    ledgers.agree_with(std::slice::from_ref(&case));
    ledgers.hold_children(2);
}
