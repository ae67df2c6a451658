//! Who publishes a plan, and when one publishes itself.

use bytes::Bytes;
use casework::compile::CompileErrors;
use casework::name::LifeEventId;
use casework::plan::{Plan, PlanHash};
use casework::time::PartialDate;
use tokio::time::Instant as Local;

use super::books::{Books, Candidate};
use super::inner::{Inner, Writer};
use super::log::{Event, Proposal};
use super::options::{OpenCases, Publication};
use super::snapshot::Published;
use super::{Fault, RegistryError};

/// Who publishes what publishes itself.
const ADDITIVE: &str = "additive";

/// What somebody wants published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    /// The life event.
    pub life_event: LifeEventId,
    /// The candidate that was reviewed.
    pub candidate: PlanHash,
    /// What open cases do.
    pub open_cases: OpenCases,
    /// First day of the happenings that it is for. None: all.
    pub valid_from: Option<PartialDate>,
    /// Why.
    pub reason: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The plan is published.
    Published,
    /// It is proposed: somebody else has to publish it.
    Proposed,
}

/// Publishes what publishes itself, now that the books are as they are.
pub(super) async fn publish_due(inner: &Inner, writer: &mut Writer) -> Result<(), RegistryError> {
    if inner.options.publication != Publication::AutoAdditive {
        return Ok(());
    }
    let quiet = writer.quiet_since.is_none_or(|since| Local::now() >= since + inner.options.settle);
    let due: Vec<(Proposal, Bytes)> = writer
        .books
        .candidates
        .iter()
        .filter_map(|(life_event, candidate)| {
            let candidate = candidate.as_ref().ok()?;
            let last = writer.books.last_published(life_event);
            verdict(candidate, last, quiet).is_ok().then(|| additive(life_event, candidate))
        })
        .collect::<Result<_, _>>()?;
    for (proposal, plan) in due {
        tracing::info!(life_event = %proposal.life_event, plan = %proposal.hash.0, reason = proposal.reason, "a plan published itself");
        if !inner.append(writer, ADDITIVE, Event::Published { proposal, plan }).await? {
            // Others were faster, perhaps with the very same: the next look decides anew.
            return Ok(());
        }
    }
    Ok(())
}

fn additive(life_event: &LifeEventId, candidate: &Candidate) -> Result<(Proposal, Bytes), RegistryError> {
    let proposal = Proposal {
        life_event: life_event.clone(),
        hash: candidate.compiled.hash.clone(),
        open_cases: OpenCases::Finish,
        valid_from: None,
        reason: "it only adds".to_owned(),
    };
    Ok((proposal, plan_bytes(&candidate.compiled.plan)?))
}

fn plan_bytes(plan: &Plan) -> Result<Bytes, RegistryError> {
    let unwritten = |_| RegistryError::Refused(vec![Fault::at("the plan", "it cannot be written down")]);
    serde_json::to_vec(plan).map(Bytes::from).map_err(unwritten)
}

/// Whether a candidate publishes itself.
///
/// # Errors
/// Why not, for people. Empty: it is published already.
fn verdict(candidate: &Candidate, last: Option<(&Published, &Plan)>, quiet: bool) -> Result<(), String> {
    let new = &candidate.compiled.plan;
    let Some((published, old)) = last else {
        let unreachable = new.unreachable_outcomes();
        if !unreachable.is_empty() {
            let names: Vec<String> = unreachable.iter().map(|outcome| format!("`{outcome}`")).collect();
            return Err(format!(
                "not published: no registered service can bring about {} yet",
                names.join(", ")
            ));
        }
        // Ministries that come up together come into the first plan together.
        return if quiet {
            Ok(())
        } else {
            Err("published as soon as no more services register at this moment".to_owned())
        };
    };
    if published.hash == candidate.compiled.hash {
        return Err(String::new());
    }
    if published.revoked {
        return Err("not published: the last plan was revoked; a person publishes the next".to_owned());
    }
    let diff = Plan::diff(old, new);
    if diff.is_additive() {
        return Ok(());
    }
    let names =
        |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut changes = Vec::new();
    if !diff.removed_steps.is_empty() {
        changes.push(format!(
            "takes away {}",
            names(diff.removed_steps.iter().map(ToString::to_string).collect())
        ));
    }
    if !diff.changed_steps.is_empty() {
        changes
            .push(format!("changes {}", names(diff.changed_steps.keys().map(ToString::to_string).collect())));
    }
    if !diff.new_questions.is_empty() {
        changes.push(format!(
            "newly asks {}",
            names(diff.new_questions.iter().map(ToString::to_string).collect())
        ));
    }
    if !diff.life_event.is_empty() {
        changes.push("changes the life event itself".to_owned());
    }
    let life_event = &new.life_event.id;
    Err(format!(
        "not published by itself: it {}. Look at it with `loket plan diff {life_event}` and publish it with `loket plan \
         publish {life_event} {} --reason …`",
        changes.join(", "),
        candidate.compiled.hash.0
    ))
}

/// Why the candidate of a life event is not the published plan, for people. None: it is, or publishes itself now.
pub(super) fn why_not(
    books: &Books,
    life_event: &LifeEventId,
    candidate: &Candidate,
    publication: Publication,
    quiet: bool,
) -> Option<String> {
    let last = books.last_published(life_event);
    if last.is_some_and(|(published, _)| published.hash == candidate.compiled.hash) {
        return None;
    }
    if publication == Publication::TwoPerson {
        return Some(format!(
            "not published by itself: two persons publish. Look at it with `loket plan diff {life_event}`; one proposes \
             and the other publishes it, each with `loket plan publish {life_event} {} --operator NAME --reason …`",
            candidate.compiled.hash.0
        ));
    }
    verdict(candidate, last, quiet).err().filter(|why| !why.is_empty())
}

/// What a person's wish to publish comes to. None: it is published already.
pub(super) fn decide(
    books: &Books,
    publication: Publication,
    wish: &PublishPlan,
    by: &str,
) -> Result<Option<Event>, RegistryError> {
    let candidate = reviewed(books, wish)?;
    let proposal = Proposal {
        life_event: wish.life_event.clone(),
        hash: wish.candidate.clone(),
        open_cases: wish.open_cases,
        valid_from: wish.valid_from,
        reason: wish.reason.clone(),
    };
    let last = books.published.get(&wish.life_event).and_then(|all| all.last());
    let same = |last: &Published| {
        last.hash == wish.candidate
            && !last.revoked
            && (last.open_cases, last.valid_from) == (wish.open_cases, wish.valid_from)
    };
    if last.is_some_and(same) {
        return Ok(None);
    }
    if publication == Publication::TwoPerson {
        match books.proposals.get(&wish.life_event) {
            Some((proposed, _)) if !proposed.is_for_same(&proposal) => {
                return Ok(Some(Event::Proposed(proposal)));
            }
            Some((_, proposer)) if proposer == by => return Ok(None),
            Some(_) => {}
            None => return Ok(Some(Event::Proposed(proposal))),
        }
    }
    let plan = plan_bytes(&candidate.compiled.plan)?;
    Ok(Some(Event::Published { proposal, plan }))
}

fn reviewed<'a>(books: &'a Books, wish: &PublishPlan) -> Result<&'a Candidate, RegistryError> {
    let refused = |what: String| RegistryError::Refused(vec![Fault::at("candidate", what)]);
    let life_event = &wish.life_event;
    match books.candidates.get(life_event) {
        None => Err(RegistryError::NotFound {
            what: format!("the life event `{life_event}`"),
            way_out: "publish its file first".to_owned(),
        }),
        Some(Err(errors)) => Err(refused(does_not_compile(errors))),
        Some(Ok(candidate)) if candidate.compiled.hash != wish.candidate => Err(refused(format!(
            "the candidate is `{}` by now, not the one that was reviewed; look at the difference again",
            candidate.compiled.hash.0
        ))),
        Some(Ok(candidate)) => Ok(candidate),
    }
}

/// The errors of a candidate that does not compile, as one text.
pub(super) fn does_not_compile(errors: &CompileErrors) -> String {
    format!("it does not compile:\n{errors}")
}

impl Proposal {
    fn is_for_same(&self, other: &Self) -> bool {
        (&self.hash, self.open_cases, self.valid_from) == (&other.hash, other.open_cases, other.valid_from)
    }
}

impl Books {
    /// The last plan that was published for the life event.
    pub(super) fn last_published(&self, life_event: &LifeEventId) -> Option<(&Published, &Plan)> {
        let published = self.published.get(life_event)?.last()?;
        Some((published, self.plans.get(&published.hash)?.as_ref()))
    }
}
