//! REST, as it is fixed for whoever builds on it: every path, with plain requests as somebody types them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use gateway::issuer::TokenRole;
use serde_json::{Value, json};
use tests::counter::{Counter, PATIENCE};
use tests::wire::{Answer, ask, request};

const NOOR: &str = "999000001";
const SEM: &str = "999000002";

/// How often a condition is asked for.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A portal on which one citizen is logged in.
struct Portal<'a> {
    counter: &'a Counter,
    bearer: String,
}

impl<'a> Portal<'a> {
    fn of(counter: &'a Counter, citizen: &str) -> Self {
        let token = counter.bare_token(TokenRole::citizen(citizen));
        Self { counter, bearer: format!("Authorization: Bearer {token}") }
    }

    async fn raw(&self, verb: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut all = vec![self.bearer.as_str(), "Content-Type: application/json"];
        all.extend(headers);
        ask(self.counter.public, &request(verb, path, &all, body)).await.expect("an answer")
    }

    /// The answer's JSON; a refusal fails the test.
    async fn call(&self, verb: &str, path: &str, body: Option<Value>) -> Value {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let answer = self.raw(verb, path, &[], body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{verb} {path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    async fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call("POST", path, Some(body)).await
    }

    /// Watches a case to its end: the events, each with its id.
    async fn watch(&self, case: &str) -> Vec<(String, Value)> {
        let answer = self.raw("GET", &format!("/v1/{case}:watch"), &["Accept: text/event-stream"], b"").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/event-stream"));
        let text = String::from_utf8(answer.body).unwrap();
        let line = |event: &str, name: &str| {
            event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        let events = text.split("\n\n").filter(|event| event.contains("data: "));
        events.map(|it| (line(it, "id: "), serde_json::from_str(&line(it, "data: ")).unwrap())).collect()
    }
}

fn child(order: i32, names: &str) -> Value {
    json!({"birth_order": order, "gender": "female", "family_name": "van Dijk", "given_names": names})
}

fn name(case: &Value) -> String {
    case["case"]["name"].as_str().expect("a case").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_are_reported_in_the_form_that_is_fixed_and_followed_to_the_end() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    let noor = Portal::of(&counter, NOOR);
    let report = json!({
        "life_event": "birth",
        "request_id": "fixed-1",
        "facts": {
            "child": [child(1, "Mila"), child(2, "Fien")],
            "parent": [{"number": NOOR}, {"number": SEM}],
            "birth": {"date": "2026-11-20", "municipality": "oosterdam"}
        }
    });
    let mut asked = report.clone();
    asked.as_object_mut().unwrap().remove("request_id");
    let preview = noor.post("/v1/cases:preview", asked).await;
    assert!(preview["services"].as_array().unwrap().iter().any(|one| one["applies"] == "YES"), "{preview}");

    let opened = noor.post("/v1/cases", report.clone()).await;
    let case = name(&opened);
    let events = noor.watch(&case).await;
    let (last, end) = events.last().expect("an event");
    assert_eq!(end["case"]["state"], "COMPLETED");
    assert_eq!(end["sequence"], last.as_str());

    // A browser that comes back by itself to what has ended is told to stay away.
    let path = format!("/v1/{case}:watch");
    let again = noor.raw("GET", &path, &[&format!("Last-Event-ID: {last}")], b"").await;
    assert_eq!((again.status, again.body.len()), (204, 0));
    assert_eq!(noor.watch(&case).await.len(), 1, "a watch of what has ended tells it once and ends");

    let seen = noor.get(&format!("/v1/{case}")).await;
    assert_eq!(seen["state"], "COMPLETED");
    let value = |fact: &str| {
        let facts = seen["facts"].as_array().unwrap().iter();
        facts.filter(|one| one["fact"] == fact).map(|one| one["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(value("mother.number"), [NOOR], "the first of the parents is the mother");
    assert_eq!(value("child.given_names"), ["Mila", "Fien"]);
    assert_eq!(value("child.number").len(), 2);

    // The same report in other words is the same request.
    let mut written_out = report;
    let facts = written_out["facts"].as_object_mut().unwrap();
    facts.remove("parent");
    facts.extend([
        ("mother".to_owned(), json!({"number": NOOR})),
        ("second_parent.number".to_owned(), json!(SEM)),
    ]);
    let replayed = noor.post("/v1/cases", written_out).await;
    assert_eq!((&replayed["replayed"], name(&replayed)), (&json!(true), case.clone()));

    let accesses = noor.get(&format!("/v1/{case}/accesses")).await;
    assert!(accesses["disclosures"].as_array().unwrap().iter().any(|it| it["recipient"] == "civil-registry"));
    listed(&noor, &case).await;
    let withdrawn = noor.post(&format!("/v1/{case}:withdraw"), json!({"reason": "A mistake"})).await;
    assert!(matches!(withdrawn["state"].as_str(), Some("WITHDRAWING" | "WITHDRAWN")), "{withdrawn}");
}

/// Waits until the case is among the citizen's.
async fn listed(portal: &Portal<'_>, case: &str) {
    let began = Instant::now();
    loop {
        let listed = portal.get("/v1/cases?page_size=10").await;
        if listed["cases"].as_array().unwrap().iter().any(|one| one["name"] == case) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it is not listed: {listed}");
        tokio::time::sleep(ASK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_saved_changed_and_submitted_and_a_question_answered() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    // Married abroad, which no register here knows: asked once the register has said so.
    let leyla = Portal::of(&counter, "999000014");
    let listed = leyla.get("/v1/life-events").await;
    assert!(listed["lifeEvents"].as_array().unwrap().iter().any(|one| one["name"] == "lifeEvents/birth"));
    let event = leyla.get("/v1/life-events/birth").await;
    let role =
        |id: &str| event["roles"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned().unwrap();
    assert_eq!(
        (role("mother")["listedAs"].as_str(), role("child")["listedAs"].as_str()),
        (Some("parent"), Some(""))
    );

    let facts = json!({"child": [child(1, "Ada")], "mother": {"number": "999000014"}});
    let draft =
        leyla.post("/v1/drafts", json!({"life_event": "birth", "role": "mother", "facts": facts})).await;
    assert!(
        draft["openQuestions"].as_array().unwrap().iter().any(|one| one["fact"] == "birth.date"),
        "{draft}"
    );
    let path = format!("/v1/{}", draft["name"].as_str().unwrap());
    let mut changed = draft;
    changed["report"]["facts"]["birth"] = json!({"date": "2026-11-20", "municipality": "oosterdam"});
    leyla.call("PATCH", &path, Some(changed)).await;
    let case = name(&leyla.post(&format!("{path}:submit"), json!({})).await);

    let began = Instant::now();
    let question = loop {
        let seen = leyla.get(&format!("/v1/{case}")).await;
        let mut questions = seen["questions"].as_array().unwrap().iter();
        if let Some(question) = questions.find(|one| one["fact"] == "mother.civil_status") {
            break question.clone();
        }
        assert!(began.elapsed() < PATIENCE, "nothing is asked: {seen}");
        tokio::time::sleep(ASK_EVERY).await;
    };
    assert!(question["help"].as_str().is_some_and(|help| help.contains("married")), "{question}");
    let answers = json!({"answers": [{"fact": "mother.civil_status", "value": "unmarried"}]});
    let answered = leyla.post(&format!("/v1/{case}:answer"), answers).await;
    assert!(answered["questions"].as_array().unwrap().iter().all(|it| it["fact"] != "mother.civil_status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_every_path_that_is_fixed() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    let document = Portal::of(&counter, NOOR).get("/openapi.json").await;
    for (path, verb) in [
        ("/v1/life-events", "get"),
        ("/v1/life-events/{lifeEvent}", "get"),
        ("/v1/cases:preview", "post"),
        ("/v1/cases", "post"),
        ("/v1/cases", "get"),
        ("/v1/drafts", "post"),
        ("/v1/drafts/{draft}", "patch"),
        ("/v1/drafts/{draft}:submit", "post"),
        ("/v1/cases/{case}", "get"),
        ("/v1/cases/{case}:watch", "get"),
        ("/v1/cases/{case}:answer", "post"),
        ("/v1/cases/{case}:withdraw", "post"),
        ("/v1/cases/{case}/accesses", "get"),
    ] {
        assert!(document["paths"][path].get(verb).is_some(), "{verb} {path}");
    }
    let states = &document["components"]["schemas"]["portal.v1.Case.State"]["enum"];
    assert!(states.as_array().unwrap().contains(&json!("COMPLETED")), "{states}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_report_is_told_in_the_words_in_which_it_was_sent() {
    let counter = Counter::open(&["--store", "memory:", "--no-sample"]).await;
    let noor = Portal::of(&counter, NOOR);
    let of = |facts: Value| json!({"life_event": "birth", "request_id": "words", "facts": facts});
    let many: Vec<Value> = (1..=20).map(|order| child(order, "Mila")).collect();
    let twice = json!([child(1, "Mila"), child(1, "Mila")]);
    let birth = json!({"date": "2026-11-20", "municipality": "oosterdam"});
    let mother = json!({"number": NOOR});
    for (body, path, says) in [
        (json!({"life_event": "birth", "request_id": "words", "fact": {}}), "fact", "facts, role"),
        (json!({"life_event": "birth", "request_id": "words"}), "facts", "/v1/lifeEvents/birth"),
        (of(json!({"child": child(1, "Mila")})), "facts.child.", "list under `facts.child`"),
        (of(json!({"child": many})), "facts.child[", "at most"),
        (of(json!({"mother": mother, "birth": birth, "child": twice})), "facts.child[0]", "has the same"),
    ] {
        let answer = noor.raw("POST", "/v1/cases", &[], body.to_string().as_bytes()).await;
        let problem = answer.json();
        let first = &problem["errors"][0];
        assert_eq!((answer.status, &problem["status"]), (400, &json!(400)), "{problem}");
        assert!(first["path"].as_str().unwrap().starts_with(path), "{problem}");
        assert!(first["detail"].as_str().unwrap().contains(says), "{problem}");
        let all = problem.to_string();
        assert!(!all.contains("report.") && !all.contains("members`"), "{problem}");
    }
}
