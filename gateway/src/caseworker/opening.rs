//! Opening: reserve the request, then make or join a case in the bucket of its happening. Two round trips.

use std::sync::Arc;

use casestore::{Bucket, CaseId, Claim, ClaimAct, Claimed};
use casework::case::Case;
use casework::decide::opened;
use casework::entry::OtherCase;
use casework::happening::{self, Features, Match};
use casework::input::{self, Duty, Input, Rejected};
use casework::plan::PlanHash;
use casework::time::Instant;
use prost::Message;
use proto::loket::log::v1 as log;

use super::giving::{decide_all, rulebook};
use super::request::{Bound, Request};
use super::writing::{Decided, Prepared, sent};
use super::{CaseworkError, Inner, Opened, Opening, joining, reference};
use crate::cases::Held;
use crate::seal::fill_random;

/// How often the bucket or the case may move before the report is given back.
const ROUNDS_MAX: usize = 32;
/// How far the time that was decided at may be from the store's at the moment of receipt, in milliseconds.
const AGE_MAX: i64 = 250;

const FEATURES: &str = "features";

/// A report, and what a case of its own would be.
struct Report {
    opening: Opening,
    request: Request,
    id: CaseId,
    features: Features,
    seed: [u8; 16],
    reference: String,
}

/// What becomes of a report: decided, not stored.
struct Target {
    decided: Decided,
    plan: PlanHash,
    /// The case that it joins. None: it becomes one of its own.
    joins: Option<Arc<Held>>,
    /// The cases that are perhaps of the same happening.
    resembles: Vec<CaseId>,
}

impl Inner {
    pub(super) async fn open(&self, opening: Opening) -> Result<(Opened, Vec<Duty>), CaseworkError> {
        self.confirm().await?;
        let mut report = self.report(opening)?;
        // What is wrong with the report is said before its request is bound to it.
        let before = self.now().await?;
        let mut target = self.own(&report, before, Vec::new())?;
        let now = match self.reserve(&mut report.request).await? {
            Bound::Now(now) => now,
            Bound::Before(case) => return self.replayed(&report, case).await,
        };
        if report.id.partition() != report.request.at.partition {
            report.id = fresh_id(&report.request);
        }
        if (now.0 - before.0).abs() > AGE_MAX {
            target = self.own(&report, now, Vec::new())?;
        }
        self.claim(&report, target, now).await
    }

    fn report(&self, opening: Opening) -> Result<Report, CaseworkError> {
        let books = self.rules.books();
        let no_plan = || CaseworkError::NoPlan(opening.life_event.clone());
        let life_event = books.life_event(&opening.life_event).ok_or_else(no_plan)?;
        let request = Request::new(&self.keyring, life_event, &opening)?;
        let mut seed = [0; 16];
        fill_random(&mut seed);
        Ok(Report {
            id: fresh_id(&request),
            features: happening::features(life_event, &opening.report),
            request,
            seed,
            reference: reference::fresh(),
            opening,
        })
    }

    /// Makes or joins a case. Most happenings are new and most buckets empty: the first claim says so without looking.
    async fn claim(
        &self,
        report: &Report,
        mut target: Target,
        mut now: Instant,
    ) -> Result<(Opened, Vec<Duty>), CaseworkError> {
        let mut bucket = Bucket::default();
        for _ in 0..ROUNDS_MAX {
            let Target { decided, plan, joins, resembles } = target;
            self.tell_of_resemblance(report, &resembles).await?;
            let first = joins.as_ref().map_or(1, |held| held.file.case.entries + 1);
            let (prepared, claim) =
                self.prepare_claim(report, bucket.version, decided, &plan, joins.as_deref(), now)?;
            target = match sent(|| self.store.claim(claim.clone())).await? {
                Claimed::Done { now, .. } => {
                    let held = self.stored(joins.as_deref(), prepared, self.clock.heard(now));
                    let duties = self.duties(&plan, &held, first);
                    return Ok((accepted(report, &held, false), duties));
                }
                Claimed::Replayed { case } => return self.replayed(report, case).await,
                Claimed::Moved { bucket: moved } => {
                    bucket = moved;
                    self.target(report, &bucket, now).await?
                }
                Claimed::Stale { missed, now: told } => {
                    now = self.clock.heard(told);
                    if let Some(held) = joins {
                        self.caught_up(held, &missed, now).await?;
                    }
                    self.target(report, &bucket, now).await?
                }
                Claimed::Gone => return Err(CaseworkError::NotFound),
            };
        }
        Err(CaseworkError::Contended)
    }

    fn prepare_claim(
        &self,
        report: &Report,
        version: u64,
        decided: Decided,
        plan: &PlanHash,
        joins: Option<&Held>,
        now: Instant,
    ) -> Result<(Prepared, Claim), CaseworkError> {
        let books = self.rules.books();
        let rules = rulebook(&*books, plan)?;
        let id = joins.map_or(report.id, |held| held.file.id);
        let prepared = self.prepare(&rules, id, joins, decided, now);
        let append = prepared.append.clone();
        let act = match joins {
            Some(_) => ClaimAct::Attach { append },
            None => ClaimAct::Create { features: self.seal_features(report)?, append },
        };
        let at = report.request.at;
        let claim =
            Claim { partition: at.partition, bucket: at.bucket, version, request: report.request.key, act };
        Ok((prepared, claim))
    }

    /// What becomes of the report, given what its bucket holds.
    async fn target(&self, report: &Report, bucket: &Bucket, now: Instant) -> Result<Target, CaseworkError> {
        self.confirm().await?;
        let (mut perhaps_same, mut resembles) = (Vec::new(), Vec::new());
        for known in &bucket.happenings {
            let sameness = self.compare(report, known.case, &known.features)?;
            if sameness == Match::None {
                continue;
            }
            // What was found to be the same as another is met there.
            let held = self.followed(self.load(known.case).await?, Case::goes_on_in).await?;
            if sameness == Match::Near {
                if !resembles.contains(&held.file.id) {
                    perhaps_same.push(joining::named(&held.file));
                    resembles.push(held.file.id);
                }
            } else if let Some(target) = self.join(report, held, now)? {
                return Ok(target);
            }
        }
        Ok(Target { resembles, ..self.own(report, now, perhaps_same)? })
    }

    /// The earlier cases learn of the later one before there is one: were this process to die in between, they would
    /// name a case that never came, and the portal would send its report again.
    async fn tell_of_resemblance(&self, report: &Report, earlier: &[CaseId]) -> Result<(), CaseworkError> {
        for case in earlier {
            let told = Input::Resembled { other: report.reference.clone() };
            self.settle(*case, &[told], None, |_| false).await?;
        }
        Ok(())
    }

    fn compare(&self, report: &Report, case: CaseId, features: &[u8]) -> Result<Match, CaseworkError> {
        let damaged = || CaseworkError::Quarantined {
            place: format!("the happening of case {case}"),
            reason: "what is kept of it was damaged".to_owned(),
        };
        let books = self.rules.books();
        let id = &report.opening.life_event;
        let life_event = books.life_event(id).ok_or_else(|| CaseworkError::NoPlan(id.clone()))?;
        let plain = self.keyring.unseal(FEATURES, case.as_bytes(), features).map_err(|_| damaged())?;
        let line = log::Line::decode(plain.as_slice()).map_err(|_| damaged())?;
        let known: Features = serde_json::from_str(&line.features).map_err(|_| damaged())?;
        Ok(happening::compare(life_event, &report.features, &known))
    }

    fn seal_features(&self, report: &Report) -> Result<bytes::Bytes, CaseworkError> {
        let features = serde_json::to_string(&report.features);
        let line = log::Line {
            life_event: report.opening.life_event.to_string(),
            reference: report.reference.clone(),
            features: features.map_err(|error| CaseworkError::TooLarge(error.to_string()))?,
        };
        Ok(self.keyring.seal(FEATURES, report.id.as_bytes(), &line.encode_to_vec()).into())
    }

    /// The report as a case of its own.
    fn own(
        &self,
        report: &Report,
        now: Instant,
        perhaps_same: Vec<OtherCase>,
    ) -> Result<Target, CaseworkError> {
        let books = self.rules.books();
        let Opening { life_event: id, report: said, reporter, .. } = &report.opening;
        let no_plan = || CaseworkError::NoPlan(id.clone());
        let life_event = books.life_event(id).ok_or_else(no_plan)?;
        let plan = books.published(id, happening::date(life_event, said)).ok_or_else(no_plan)?;
        let opening = input::Opening {
            by: reporter.actor.clone(),
            report: said.clone(),
            request: report.request.text(),
            person: reporter.person.clone(),
            seed: report.seed,
            reference: report.reference.clone(),
            perhaps_same,
        };
        let (entries, after) = opened(&rulebook(&*books, &plan)?, opening, now)?.ok_or_else(no_plan)?;
        let decided = Decided { entries, after };
        Ok(Target { decided, plan, joins: None, resembles: Vec::new() })
    }

    /// The report as one more of this case. None: the case has ended, so that it is a case of its own.
    fn join(&self, report: &Report, held: Arc<Held>, now: Instant) -> Result<Option<Target>, CaseworkError> {
        let Opening { report: said, reporter, .. } = &report.opening;
        let input = Input::Report {
            by: reporter.actor.clone(),
            report: said.clone(),
            request: report.request.text(),
            person: reporter.person.clone(),
        };
        let books = self.rules.books();
        let verdict = decide_all(&*books, &held.file.case, &[input], now)?;
        match verdict.rejected.into_iter().flatten().next() {
            Some(Rejected::Ended(_)) => Ok(None),
            Some(rejected) => Err(rejected.into()),
            None => {
                let (decided, plan) = (verdict.decided, verdict.plan);
                Ok(Some(Target { decided, plan, joins: Some(held), resembles: Vec::new() }))
            }
        }
    }

    /// The answer to a report that had been accepted before: the case that it is in, as it is now. Where the case that it
    /// made was found to be the same as another and has ended, that is the other, in which its receipt is and which goes on.
    async fn replayed(&self, report: &Report, case: CaseId) -> Result<(Opened, Vec<Duty>), CaseworkError> {
        let held = self.followed(self.load(case).await?, |case| case.joined_to.as_ref()).await?;
        Ok((accepted(report, &held, true), Vec::new()))
    }
}

fn fresh_id(request: &Request) -> CaseId {
    let mut random = [0; 15];
    fill_random(&mut random);
    CaseId::new(request.at.partition, random)
}

fn accepted(report: &Report, held: &Held, replayed: bool) -> Opened {
    let request = report.request.text();
    let receipts = &held.file.case.receipts;
    let receipt = receipts.iter().find(|receipt| receipt.request == request).map_or(1, |found| found.number);
    Opened { file: held.file.clone(), receipt, replayed, attached: receipt > 1 }
}
