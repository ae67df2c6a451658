//! The figures: a table for people, and one JSON object on the last line.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::crowd::Crowded;
use super::sample::{Pair, Sample};

/// Citizens at once where processors, cases and round trips are compared, and where the time of one is.
const BUSY: usize = 64;
const ALONE: usize = 1;

/// Everything that was seen.
pub(super) struct Figures {
    wanted: usize,
    pub(super) pairs: BTreeMap<(&'static str, usize), Vec<Pair>>,
    pub(super) crowds: BTreeMap<&'static str, Crowded>,
}

impl Figures {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, pairs: BTreeMap::new(), crowds: BTreeMap::new() }
    }

    #[expect(clippy::print_stdout, reason = "printing is what it is for")]
    pub(super) fn print(&self) -> anyhow::Result<()> {
        println!("{}", self.table());
        println!("{}", serde_json::to_string(&self.json())?);
        Ok(())
    }

    /// A figure of each store's pairs at so many at once.
    fn each(&self, at_once: usize, figure: impl Fn(&[Pair]) -> f64) -> Value {
        let of = self.pairs.iter().filter(|((_, at), _)| *at == at_once);
        of.map(|((store, _), pairs)| ((*store).to_owned(), rounded(figure(pairs)))).collect()
    }

    fn json(&self) -> Value {
        json!({
            "cpu_per_case_vs_bare": self.each(BUSY, cpu_ratio),
            "cases_per_second_vs_bare": self.each(BUSY, rate_ratio),
            "p50_added_ms": self.each(ALONE, |pairs| median(pairs, |it| it.loket.p50_ms - it.bare.p50_ms)),
            "round_trips_per_case": self.each(BUSY, |pairs| median(pairs, |it| trips(&it.loket))),
            "store_calls_per_case": self.store_calls(),
            "at_once": self.at_once(),
            "crowd": self.crowds.iter().map(|(store, it)| ((*store).to_owned(), crowd(it))).collect::<Value>(),
            "pairs": self.wanted,
            "threads": std::thread::available_parallelism().map_or(0, usize::from),
            "bare": "tonic with generated clients, tokio's usual runtime, a connection to each ministry, nothing kept",
        })
    }

    fn store_calls(&self) -> Value {
        let of = self.pairs.iter().filter(|((_, at), _)| *at == BUSY);
        of.map(|((store, _), pairs)| {
            let mut calls = BTreeMap::<&str, Vec<f64>>::new();
            for (call, count) in pairs.iter().flat_map(|pair| &pair.loket.store_calls) {
                calls.entry(call).or_default().push(*count);
            }
            let calls: Value =
                calls.into_iter().map(|(call, counts)| (call.to_owned(), rounded(middle(counts)))).collect();
            ((*store).to_owned(), calls)
        })
        .collect()
    }

    fn at_once(&self) -> Value {
        let mut all = serde_json::Map::new();
        for ((store, at_once), pairs) in &self.pairs {
            let of = all.entry(*store).or_insert_with(|| json!({}));
            of[at_once.to_string()] = json!({
                "cpu_per_case_vs_bare": rounded(cpu_ratio(pairs)),
                "cases_per_second_vs_bare": rounded(rate_ratio(pairs)),
                "loket": sample(pairs, |pair| &pair.loket),
                "bare": sample(pairs, |pair| &pair.bare),
            });
        }
        all.into()
    }

    fn table(&self) -> String {
        let head =
            ["store", "at once", "cases/s", "x bare", "p50 ms", "bare", "p99 ms", "bare", "cpu µs", "bare"];
        let more = ["x bare", "redis µs", "trips"];
        let mut rows = vec![head.iter().chain(&more).map(|text| (*text).to_owned()).collect::<Vec<_>>()];
        for ((store, at_once), pairs) in &self.pairs {
            let one = |figure: fn(&Sample) -> f64, digits: usize| {
                let [loket, bare] =
                    [median(pairs, |it| figure(&it.loket)), median(pairs, |it| figure(&it.bare))];
                [format!("{loket:.digits$}"), format!("{bare:.digits$}")]
            };
            let [rate, _] = one(|it| it.cases_per_second, 0);
            let [p50, bare_p50] = one(|it| it.p50_ms, 2);
            let [p99, bare_p99] = one(|it| it.p99_ms, 1);
            let [cpu, bare_cpu] = one(|it| it.cpu_us, 0);
            let [store_cpu, _] = one(|it| it.store_cpu_us, 0);
            let ratios = [rate_ratio(pairs), cpu_ratio(pairs)].map(|ratio| format!("{ratio:.2}"));
            let [rates, cpus] = ratios;
            let trips = format!("{:.1}", median(pairs, |it| trips(&it.loket)));
            let at_once = at_once.to_string();
            let store = (*store).to_owned();
            rows.push(vec![
                store, at_once, rate, rates, p50, bare_p50, p99, bare_p99, cpu, bare_cpu, cpus, store_cpu,
                trips,
            ]);
        }
        let mut text = aligned(&rows);
        for (store, crowd) in &self.crowds {
            text.push_str(&told(store, crowd));
        }
        text
    }
}

fn told(store: &str, crowd: &Crowded) -> String {
    let mut text = String::new();
    for (cases, gateway, own) in &crowd.memory {
        text.push_str(&format!(
            "{store}: {cases} cases wait; {gateway:.0} bytes each in the gateway, {own:.0} in Redis\n"
        ));
    }
    let (cpu, rate) = (flat(crowd, |it| it.cpu_us), flat(crowd, |it| it.cases_per_second));
    text.push_str(&format!(
        "{store}: with them all, {cpu:.2} x the processor time per case of 1000, {rate:.2} x the cases/s\n"
    ));
    text
}

fn crowd(crowd: &Crowded) -> Value {
    let memory: Vec<Value> = crowd
        .memory
        .iter()
        .map(|(cases, gateway, store)| {
            json!({
                "waiting": cases,
                "gateway_bytes_per_case": gateway.round(),
                "redis_bytes_per_case": store.round(),
            })
        })
        .collect();
    json!({
        "memory": memory,
        "cpu_per_case_vs_1000_cases": rounded(flat(crowd, |it| it.cpu_us)),
        "cases_per_second_vs_1000_cases": rounded(flat(crowd, |it| it.cases_per_second)),
    })
}

fn flat(crowd: &Crowded, figure: impl Fn(&Sample) -> f64) -> f64 {
    middle(crowd.pairs.iter().map(|(few, many)| figure(many) / figure(few)).collect())
}

fn sample<'p>(pairs: &'p [Pair], of: impl Fn(&'p Pair) -> &'p Sample) -> Value {
    let median =
        |figure: fn(&Sample) -> f64| rounded(middle(pairs.iter().map(|it| figure(of(it))).collect()));
    json!({
        "cases_per_second": median(|it| it.cases_per_second),
        "p50_ms": median(|it| it.p50_ms),
        "p99_ms": median(|it| it.p99_ms),
        "gateway_cpu_us": median(|it| it.cpu_us),
        "redis_cpu_us": median(|it| it.store_cpu_us),
        "redis_scripts": median(|it| it.commands),
    })
}

fn cpu_ratio(pairs: &[Pair]) -> f64 {
    median(pairs, |it| it.loket.cpu_us / it.bare.cpu_us)
}

fn rate_ratio(pairs: &[Pair]) -> f64 {
    median(pairs, |it| it.loket.cases_per_second / it.bare.cases_per_second)
}

/// All that the gateway asked its store, what it asks now and then included.
fn trips(sample: &Sample) -> f64 {
    sample.store_calls.values().sum()
}

fn median(pairs: &[Pair], figure: impl Fn(&Pair) -> f64) -> f64 {
    middle(pairs.iter().map(figure).collect())
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.retain(|figure| figure.is_finite());
    figures.sort_by(f64::total_cmp);
    match figures.len() {
        0 => 0.0,
        count if count % 2 == 1 => figures[count / 2],
        count => (figures[count / 2 - 1] + figures[count / 2]) / 2.0,
    }
}

fn rounded(figure: f64) -> Value {
    json!((figure * 1_000.0).round() / 1_000.0)
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}
