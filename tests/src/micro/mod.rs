//! What the inner parts cost, one at a time and on one thread: compile a plan, fold a log, decide an answer, project a
//! request, seal a row.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use casestore::memory::Memory;
use casework::case::Case;
use casework::compile::{self, compile};
use casework::decide::{decided, opened};
use casework::duties::duties;
use casework::entry::{Actor, Recorded};
use casework::input::{Answer, Duty, Gifts, Given, Input, Opening, Report};
use casework::rulebook::Rulebook;
use casework::service::Service;
use casework::time::Instant as StoreTime;
use casework::value::Value;
use gateway::registry::{Registry, RegistryOptions, Snapshot};
use gateway::seal::Keyring;
use serde_json::json;

use crate::bench::country;
use crate::bench::ministries::some_text;

/// How long each part is repeated.
const TIME: Duration = Duration::from_millis(1_500);
/// Of so many rounds the middle one counts.
const ROUNDS: usize = 9;
/// When everything happens.
const NOW: StoreTime = StoreTime(1_800_000_000_000);

/// Measures, and prints.
pub(crate) async fn run() -> anyhow::Result<()> {
    let store = Arc::new(Memory::new());
    let keys = tempfile::tempdir()?;
    let keyring = Keyring::open(keys.path(), store.clone()).await?;
    let settle = Duration::from_millis(50);
    let registry = Registry::open(store, RegistryOptions { settle, ..RegistryOptions::default() }).await?;
    let snapshot = country::published(&registry).await?;
    let arrival = "arrival".parse()?;
    let (hash, _) = snapshot.published(&arrival, None).context("no plan of the arrival is published")?;
    let rules = snapshot.rulebook(hash).context("the plan has no rulebook")?;
    let story = Story::told(&rules)?;
    let contract = snapshot.contract(&story.duty.contract).context("the call has no contract")?;
    let some = some_text("sealed");
    let figures = [
        ("compile_us", each(|| compiled(&snapshot, &rules))?),
        ("fold_us", each(|| folded(&story.log))?),
        ("decide_us", each(|| story.decided(&rules))?),
        ("project_us", each(|| Ok(contract.request(&story.duty.request)?.len()))?),
        ("seal_us", each(|| Ok(keyring.seal("micro", b"a place", some.as_bytes()).len()))?),
    ];
    print(&figures, story.log.len())
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn print(figures: &[(&str, f64)], entries: usize) -> anyhow::Result<()> {
    let about = [
        "compile the plan of six services",
        "fold the log of a whole case",
        "decide an answer, and what is due by it",
        "project a request of 300 bytes",
        "seal 300 bytes",
    ];
    for ((_, took), about) in figures.iter().zip(about) {
        println!("{took:>9.2} µs  {about}");
    }
    let mut all: BTreeMap<&str, serde_json::Value> =
        figures.iter().map(|(name, took)| (*name, json!((took * 100.0).round() / 100.0))).collect();
    all.insert("entries_of_a_case", json!(entries));
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}

/// Microseconds of each repetition: those of the middle round.
fn each(part: impl Fn() -> anyhow::Result<usize>) -> anyhow::Result<f64> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (begun, mut times) = (Instant::now(), 0_u32);
        while begun.elapsed() < TIME / ROUNDS as u32 {
            black_box(part()?);
            times += 1;
        }
        rounds.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}

fn compiled(snapshot: &Snapshot, rules: &Rulebook<'_>) -> anyhow::Result<usize> {
    let services: Vec<Service> = snapshot
        .agencies()
        .flat_map(|agency| &agency.services)
        .map(|registered| (*registered.service).clone())
        .collect();
    let draft = compile::Draft {
        life_event: &rules.plan.life_event,
        outcomes: &rules.plan.outcomes,
        services: &services,
        dictionary: rules.dictionary,
        grants: rules.grants,
    };
    Ok(compile(draft)?.plan.steps.len())
}

fn folded(log: &[Recorded]) -> anyhow::Result<usize> {
    let (first, rest) = log.split_first().context("an empty log")?;
    let mut case = Case::opened(first).context("the log opens no case")?;
    rest.iter().for_each(|recorded| case.apply(recorded));
    Ok(case.steps.len())
}

/// A case from its report to its end, every call answered at once.
struct Story {
    log: Vec<Recorded>,
    /// The case as its first call is out, and that call.
    early: Case,
    duty: Duty,
}

impl Story {
    fn told(rules: &Rulebook<'_>) -> anyhow::Result<Self> {
        let facts = [("arrival.notice", "BN-1"), ("arrival.statement", "It is declared that")];
        let mut facts: BTreeMap<_, _> = facts
            .into_iter()
            .map(|(name, text)| Ok((name.parse()?, Given::Value(Value::Text(some_text(text))))))
            .collect::<anyhow::Result<_>>()?;
        facts.insert("arrival.date".parse()?, Given::Value(Value::Date("2026-11-20".parse()?)));
        let opening = Opening {
            by: Actor::Party { party: None, portal: "micro".to_owned() },
            report: Report { facts, ..Report::default() },
            request: "r".to_owned(),
            person: None,
            seed: [7; 16],
            reference: "LK".to_owned(),
            perhaps_same: Vec::new(),
        };
        let (mut log, mut case) = opened(rules, opening, NOW)?.context("no case was opened")?;
        let early = case.clone();
        let first = duties(rules, &case, NOW).into_iter().next().context("nothing is due")?;
        while let Some(duty) = duties(rules, &case, NOW).into_iter().next() {
            let (entries, after) = decided(rules, case, answer(rules, &duty)?, NOW)?;
            log.extend(entries);
            case = after;
        }
        if case.state != casework::case::CaseState::Completed {
            bail!("the story ends with a case that is {:?}", case.state);
        }
        Ok(Self { log, early, duty: first })
    }

    fn decided(&self, rules: &Rulebook<'_>) -> anyhow::Result<usize> {
        let (entries, _) = decided(rules, self.early.clone(), answer(rules, &self.duty)?, NOW)?;
        Ok(entries.len())
    }
}

/// The answer of the agency that is called: all that it gives.
fn answer(rules: &Rulebook<'_>, duty: &Duty) -> anyhow::Result<Input> {
    let step = rules.plan.step(&duty.service).context("the call is of no step")?;
    let given = |gift: &casework::plan::PlanGift| (gift.fact.clone(), Some(Value::Text(some_text("REF"))));
    let gifts = Gifts { facts: step.gifts.iter().map(given).collect(), ..Gifts::default() };
    Ok(Input::Answer {
        step: duty.step.clone(),
        call: duty.call,
        key: duty.key.clone(),
        attempt: Some(duty.attempt),
        agency: duty.agency.clone(),
        answer: Answer::Done { gifts, decision: None },
    })
}
