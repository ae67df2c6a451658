//! One case, one store, two gateways, its ministries and its people, in virtual time. Chaos first, then calm: in the
//! calm everything works and people do what they are asked, and the case must come to its end.

use std::collections::BTreeMap;

use casework::case::{Case, CaseState};
use casework::entry::CallKind;
use casework::entry::Recorded;
use casework::input::{Duty, Input};
use casework::name::{AgencyId, StepId};
use casework::service::Grants;
use casework::time::Instant;

use crate::country::Country;
use crate::ministry::{Ministries, Mood, Reaction, Request, refusal};
use crate::rng::Rng;
use crate::values::Values;

/// More events than any case has; past it, it goes round in circles.
const EVENTS_MAX: u64 = 40_000;
/// How long a case may take once everything works.
const CALM_MAX_MS: i64 = 18 * 3_600_000;
/// When the world begins: 2026-11-23T09:00:00Z.
pub(crate) const START: i64 = 1_795_424_400_000;

/// Something that happens at a moment.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A gateway takes up an input. `must` says whether it has to be refused.
    Decide { at: (usize, u64), input: Box<Input>, tries: u32, must: Must },
    /// A gateway appends what it decided.
    Append { at: (usize, u64), prev: usize, batch: Vec<Recorded>, input: Box<Input>, tries: u32 },
    /// A gateway calls.
    Call { at: (usize, u64), duty: Box<Duty> },
    /// A gateway stops waiting for an answer.
    TimedOut { at: (usize, u64), duty: Box<Duty> },
    /// A request arrives at its ministry.
    Arrive(Box<Request>),
    /// A ministry completes what it has taken up.
    Complete(AgencyId, String),
    /// A gateway dies; it is back at once, without memory.
    Crash(usize),
    /// People do something.
    People,
    /// The registry changes.
    Registry,
}

/// What must come of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Must {
    /// Anything may.
    Anything,
    /// It is out of turn: it must be refused.
    BeRefused,
}

/// What goes wrong, in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) loss: u64,
    pub(crate) slow: u64,
    pub(crate) repeat: u64,
    pub(crate) crash: u64,
    pub(crate) down: u64,
    pub(crate) race: u64,
}

impl Faults {
    pub(crate) const NONE: Self = Self { loss: 0, slow: 0, repeat: 0, crash: 0, down: 0, race: 30 };

    fn drawn(rng: &mut Rng) -> Self {
        Self {
            loss: rng.below(30),
            slow: rng.below(40),
            repeat: rng.below(25),
            crash: rng.below(12),
            down: rng.below(25),
            race: 20 + rng.below(60),
        }
    }
}

/// One gateway: what it remembers, and which life it is in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gateway {
    pub(crate) life: u64,
    pub(crate) known: Option<Case>,
    pub(crate) read: usize,
    /// Calls that were answered.
    pub(crate) answered: Vec<u64>,
}

/// How a simulated case went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    pub(crate) violations: Vec<String>,
    pub(crate) end: Option<CaseState>,
    pub(crate) entries: usize,
    pub(crate) stale: u64,
    pub(crate) recovered: u64,
    pub(crate) withdrawn: bool,
    /// The log and the case at the end, in words.
    pub(crate) story: String,
}

/// What happens to one step in a world where all else goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Its agency refuses.
    Refused,
    /// Its agency answers twice.
    AnsweredTwice,
    /// Its agency never answers.
    NeverAnswered,
    /// The gateway dies when it has stored that it calls.
    CrashedAfter,
}

/// The world of one case.
pub(crate) struct World<'a> {
    pub(crate) country: Country,
    pub(crate) pristine: &'a Country,
    pub(crate) rng: Rng,
    pub(crate) faults: Faults,
    pub(crate) mood: Mood,
    pub(crate) now: i64,
    pub(crate) calm: bool,
    pub(crate) log: Vec<Recorded>,
    pub(crate) due: Option<i64>,
    pub(crate) gateways: [Gateway; 2],
    pub(crate) ministries: Ministries,
    pub(crate) values: Values,
    /// The grants of each version of the registry.
    pub(crate) editions: BTreeMap<u64, Grants>,
    pub(crate) course: Course,
    pub(crate) trial: Option<(StepId, Trial)>,
    queue: BTreeMap<(i64, u64), Event>,
    serial: u64,
    calm_at: i64,
}

impl<'a> World<'a> {
    pub(crate) fn new(country: &'a Country, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let faults = Faults::drawn(&mut rng);
        let mood = Mood { refuses: rng.below(20), pending: rng.below(40), odd: rng.below(20) };
        let values = Values::of(&country.plan, &country.dictionary);
        let calm_at = START + 5_000 + i64::try_from(rng.below(300_000)).unwrap();
        Self {
            editions: BTreeMap::from([(country.registry, country.grants.clone())]),
            country: country.clone(),
            pristine: country,
            rng,
            faults,
            mood,
            now: START,
            calm: false,
            log: Vec::new(),
            due: None,
            gateways: Default::default(),
            ministries: Ministries::new(values.clone(), seed),
            values,
            course: Course::default(),
            trial: None,
            queue: BTreeMap::new(),
            serial: 0,
            calm_at,
        }
    }

    /// A world where nothing goes wrong but this.
    pub(crate) fn tried(country: &'a Country, seed: u64, step: &StepId, trial: Trial) -> Self {
        let mut world = Self::new(country, seed);
        world.mood = Mood { refuses: 0, pending: 0, odd: 0 };
        world.calm_at = START;
        world.trial = Some((step.clone(), trial));
        world.begin_calm();
        world.faults.race = 0;
        world
    }

    /// From the report to the end, or for so long.
    pub(crate) fn watch(&mut self, millis: i64) {
        self.open();
        while let Some(at) = self.next_moment().filter(|at| *at < START + millis) {
            self.now = self.now.max(at);
            self.happen(at);
        }
    }

    /// From the report to the end, through chaos and calm.
    pub(crate) fn run(mut self) -> Course {
        self.open();
        self.plan_chaos();
        let mut events = 0;
        while self.course.violations.is_empty() {
            events += 1;
            let Some(at) = self.next_moment() else { break };
            if at > self.calm_at && !self.calm {
                self.now = self.now.max(self.calm_at);
                self.begin_calm();
                continue;
            }
            self.now = self.now.max(at);
            if events > EVENTS_MAX || self.now > self.calm_at + CALM_MAX_MS {
                let why =
                    if events > EVENTS_MAX { "goes round in circles" } else { "does not come to an end" };
                self.violation(why.to_owned());
                break;
            }
            self.happen(at);
        }
        self.course.entries = self.log.len();
        if self.course.violations.is_empty() {
            self.check_end();
        }
        self.course.story = self.story();
        self.course
    }

    /// How it went, where that was asked for.
    fn story(&self) -> String {
        if std::env::var("LOKET_SIM_SEED").is_err() {
            return String::new();
        }
        let mut story = String::new();
        for recorded in &self.log {
            let at = recorded.at.0 - START;
            story += &format!("{at:>9} {:>3} {:?}: {:?}\n", recorded.number, recorded.by, recorded.entry);
        }
        if let Some(case) = self.case() {
            story += &casework::explain::explain(&self.country.rules(), &case, Instant(self.now));
        }
        story + &format!("deeds: {:#?}\nnow {}\n", self.ministries.deeds, self.now - START)
    }

    /// The next moment at which anything happens; none when all is over.
    fn next_moment(&self) -> Option<i64> {
        let event = self.queue.keys().next().map(|(at, _)| *at);
        match (event, self.due) {
            (Some(event), Some(due)) => Some(event.min(due)),
            (event, due) => event.or(due),
        }
    }

    fn happen(&mut self, at: i64) {
        if self.due.is_some_and(|due| due <= at) {
            return self.alarm();
        }
        let Some((_, event)) = self.queue.pop_first() else { return };
        match event {
            Event::Decide { at, input, tries, must } => self.decide(at, *input, tries, must),
            Event::Append { at, prev, batch, input, tries } => self.append(at, prev, batch, *input, tries),
            Event::Call { at, duty } => self.call(at, *duty),
            Event::TimedOut { at, duty } => self.timed_out(at, &duty),
            Event::Arrive(request) => self.arrive(&request),
            Event::Complete(agency, key) => self.complete(agency, key),
            Event::Crash(gateway) => self.crash(gateway),
            Event::People => self.people(),
            Event::Registry => self.change_registry(),
        }
    }

    pub(crate) fn at(&mut self, delay: i64, event: Event) {
        self.serial += 1;
        self.queue.insert((self.now + delay.max(0), self.serial), event);
    }

    /// A delay of up to so many milliseconds.
    pub(crate) fn some(&mut self, most: u64) -> i64 {
        i64::try_from(self.rng.below(most + 1)).unwrap()
    }

    pub(crate) fn violation(&mut self, what: String) {
        self.course.violations.push(what);
    }

    /// One of the gateways, as it lives now.
    pub(crate) fn any_gateway(&mut self) -> (usize, u64) {
        let gateway = usize::try_from(self.rng.below(2)).unwrap();
        (gateway, self.gateways[gateway].life)
    }

    /// Sends an input to a gateway, as a portal, an agency or a person would.
    pub(crate) fn send(&mut self, delay: i64, input: Input, must: Must) {
        let at = self.any_gateway();
        self.at(delay, Event::Decide { at, input: Box::new(input), tries: 0, must });
    }

    /// How long it has been calm.
    pub(crate) fn in_calm_for(&self) -> i64 {
        self.now - self.calm_at
    }

    /// The case is due: somebody looks, perhaps both gateways at once; the others leave it alone for a while.
    fn alarm(&mut self) {
        self.due = Some(self.now + 2_000);
        let both = self.rng.chance(self.faults.race);
        let first = self.any_gateway();
        for gateway in [first.0, 1 - first.0].into_iter().take(if both { 2 } else { 1 }) {
            let at = (gateway, self.gateways[gateway].life);
            let delay = self.some(20);
            self.at(
                delay,
                Event::Decide { at, input: Box::new(Input::Look), tries: 0, must: Must::Anything },
            );
        }
    }

    pub(crate) fn crash(&mut self, gateway: usize) {
        let life = self.gateways[gateway].life + 1;
        self.gateways[gateway] = Gateway { life, ..Gateway::default() };
    }

    fn begin_calm(&mut self) {
        self.calm = true;
        self.faults = Faults::NONE;
        self.mood.odd = 0;
        self.restore_registry();
        self.at(60_000, Event::People);
    }

    /// A request arrives.
    fn arrive(&mut self, request: &Request) {
        self.check_request(request);
        let tried = self.trial.clone().filter(|(step, _)| *step == request.step).map(|(_, trial)| trial);
        match (tried, request.call) {
            (Some(Trial::NeverAnswered), _) => return,
            (Some(Trial::Refused), CallKind::Perform) => return self.reply(request, refusal()),
            _ => {}
        }
        let (plan, now) = (self.country.plan.clone(), self.now);
        let offers = &self.country.offers;
        let reaction = self.ministries.handle(&plan, offers, &mut self.rng, self.mood, now, request);
        self.check_undone();
        self.course.violations.append(&mut self.ministries.violations);
        match reaction {
            Reaction::Nothing => {}
            Reaction::Answer(answer) => self.reply(request, answer),
            Reaction::TakenUp(answer) => {
                let delay = 1_000 + self.some(120_000);
                self.at(delay, Event::Complete(request.agency.clone(), request.key.clone()));
                self.reply(request, answer);
            }
        }
    }

    /// An answer goes back on the connection that the request came by, if it still stands.
    fn reply(&mut self, request: &Request, answer: casework::input::Answer) {
        if self.rng.chance(self.faults.loss) {
            return;
        }
        let input = Input::Answer {
            step: request.step.clone(),
            call: request.call,
            key: request.key.clone(),
            attempt: Some(request.attempt),
            agency: request.agency.clone(),
            answer,
        };
        let twice = matches!(&self.trial, Some((step, Trial::AnsweredTwice)) if *step == request.step);
        let repeats = 1 + u64::from(twice || self.rng.chance(self.faults.repeat));
        for _ in 0..repeats {
            let delay = self.delay();
            let (at, input) = (request.from, Box::new(input.clone()));
            self.at(delay, Event::Decide { at, input, tries: 0, must: Must::Anything });
        }
    }

    /// How long a message takes.
    pub(crate) fn delay(&mut self) -> i64 {
        if self.rng.chance(self.faults.slow) { self.some(20_000) } else { 1 + self.some(40) }
    }

    fn complete(&mut self, agency: AgencyId, key: String) {
        let plan = self.country.plan.clone();
        let key = (agency, key);
        let done = self.ministries.complete(&plan, &mut self.rng, self.mood, &key);
        self.course.violations.append(&mut self.ministries.violations);
        let Some((request, answer)) = done else { return };
        let input = Input::Answer {
            step: request.step.clone(),
            call: CallKind::Perform,
            key: request.key.clone(),
            attempt: None,
            agency: request.agency.clone(),
            answer,
        };
        // At the desk a report is repeated until it is accepted or refused; sometimes once more. Some never come.
        let reports = if self.rng.chance(self.faults.loss / 2) { 0 } else { 1 + self.rng.below(2) };
        for _ in 0..reports {
            let delay = self.delay();
            self.send(delay, input.clone(), Must::Anything);
        }
    }
}
