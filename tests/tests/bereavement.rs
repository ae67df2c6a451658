//! A death: payments stop first, and nothing is addressed to the dead.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use proto::loket::portal::v1::step::State;
use tests::counter::Counter;
use tests::report::{completed, fact, open, report, step, text, tree, until};

const HENDRIK: &str = "999000008";
const JOHANNA: &str = "999000009";

#[tokio::test(flavor = "multi_thread")]
async fn payments_stop_first_and_everything_else_follows() {
    let counter = Counter::open(&["--store", "memory:"]).await;
    let mut johanna = counter.cases(JOHANNA).await;
    let facts = [
        ("deceased.number", text(HENDRIK)),
        ("death.date", text("2026-11-20")),
        ("death.municipality", text("oosterdam")),
        ("death.certificate", text("DC-2026-000123")),
        ("informant.number", text(JOHANNA)),
        ("informant.kinship", text("partner")),
    ];
    let request = open("death-1", "bereavement", report("informant", &facts, &[]));
    let name = johanna.open_case(request).await.unwrap().into_inner().case.unwrap().name;
    let case = until(&mut johanna, &name, completed).await;
    for service in [
        "civil-registry/death-registration",
        "population-register/death-entry",
        "social-insurance/pension-stop",
        "health-insurance/policy-end",
        "vehicles/licence-withdrawal",
        "municipality/burial-permit",
    ] {
        assert_eq!(step(&case, service, ""), Some(State::Done), "{service}\n{}", tree(&case));
    }
    assert_eq!(step(&case, "vehicles/estate-transfer", "m1"), Some(State::Done), "{}", tree(&case));
    assert!(fact(&case, "death.record", "").is_some(), "the informant sees the record");

    let entries = counter
        .case_operations()
        .await
        .list_entries(proto::loket::operations::v1::ListEntriesRequest { parent: name, after: 0 })
        .await
        .unwrap()
        .into_inner()
        .entries;
    let first_call = |service: &str| {
        entries.iter().find(|it| it.kind == "called" && it.service == service).map(|it| it.sequence).unwrap()
    };
    let done = |service: &str| {
        entries.iter().find(|it| it.kind == "done" && it.service == service).map(|it| it.sequence).unwrap()
    };
    for later in ["health-insurance/policy-end", "vehicles/licence-withdrawal"] {
        for payments in ["social-insurance/pension-stop", "tax-allowances/allowances-stop"] {
            assert!(done(payments) < first_call(later), "{later} was called before {payments} was done");
        }
    }
}
