//! The live tree of a case's steps.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::step::State;
use tokio_stream::StreamExt;

use crate::command::{As, Place};
use crate::failure::Failure;
use crate::{cases, output};

/// Follows a case until it is settled, or nothing happens for `timeout`. On a terminal the tree is drawn anew in its
/// place; in a pipe each change is a line; with `--json` each change is an object on a line of its own.
pub(crate) async fn run(
    place: &Place,
    name: &str,
    caller: &As,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let citizen = cases::citizen(caller)?;
    let request = portal::WatchCaseRequest {
        name: name.to_owned(),
        after: 0,
        language: caller.language.language.clone(),
    };
    let mut changes = place.cases(citizen).await?.watch_case(request).await?.into_inner();
    let mut picture = Picture::new(place.json);
    loop {
        let next = match timeout {
            Some(patience) => tokio::time::timeout(patience, changes.next())
                .await
                .map_err(|_| Failure::unavailable(format!("nothing happened for {patience:?}")))?,
            None => changes.next().await,
        };
        let Some(change) = next.transpose()? else { return Ok(()) };
        picture.show(&change)?;
        if change.case.as_ref().is_some_and(settled) {
            return picture.end();
        }
    }
}

/// Waits until a case is settled, and tells it as it is then.
pub(crate) async fn until_settled(place: &Place, name: &str, caller: &As) -> Result<portal::Case, Failure> {
    let request = portal::WatchCaseRequest {
        name: name.to_owned(),
        after: 0,
        language: caller.language.language.clone(),
    };
    let mut changes = place.cases(cases::citizen(caller)?).await?.watch_case(request).await?.into_inner();
    while let Some(change) = changes.next().await.transpose()? {
        if let Some(case) = change.case.filter(settled) {
            return Ok(case);
        }
    }
    Err(Failure::unavailable("the counter closed before the case was settled"))
}

/// Whether nothing more happens by itself.
fn settled(case: &portal::Case) -> bool {
    use portal::case::State as CaseState;
    matches!(case.state(), CaseState::Completed | CaseState::Withdrawn | CaseState::NeedsPerson)
}

/// Where the changes go.
enum Picture {
    Drawn(ProgressBar),
    Lines,
    Json,
}

impl Picture {
    fn new(json: bool) -> Self {
        if json {
            return Self::Json;
        }
        if !std::io::stdout().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        bar.set_style(
            ProgressStyle::default_spinner()
                .template("{msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self::Drawn(bar)
    }

    fn show(&mut self, change: &portal::WatchCaseResponse) -> Result<(), Failure> {
        match self {
            Self::Json => output::json_line("loket.portal.v1.WatchCaseResponse", change),
            Self::Lines => change.changes.iter().try_for_each(|it| {
                let of = step_name(&it.service, &it.member);
                output::line(&format!(
                    "{}\t{}\t{}\t{}\t{}",
                    it.sequence,
                    output::moment(it.time),
                    it.kind,
                    of,
                    it.text
                ))
            }),
            Self::Drawn(bar) => {
                if let Some(case) = &change.case {
                    bar.set_message(tree(case));
                    bar.tick();
                }
                Ok(())
            }
        }
    }

    fn end(self) -> Result<(), Failure> {
        if let Self::Drawn(bar) = self {
            bar.finish();
        }
        Ok(())
    }
}

/// A case as a tree of its steps.
pub(crate) fn tree(case: &portal::Case) -> String {
    let mut text = format!("{} · {} · {}\n", case.title, case.reference, cases::state(case));
    if !case.summary.is_empty() {
        text.push_str(&format!("{}\n", case.summary));
    }
    if !case.joined_to.is_empty() {
        text.push_str(&format!("goes on in {}\n", case.joined_to));
    }
    let last = case.steps.len().saturating_sub(1);
    for (at, step) in case.steps.iter().enumerate() {
        let branch = if at == last { "└─" } else { "├─" };
        let name = step_name(&step.service, &step.member);
        let word = step.state().as_str_name().trim_start_matches("STATE_").to_lowercase().replace('_', " ");
        let reason = if step.reason.is_empty() { String::new() } else { format!(" — {}", step.reason) };
        text.push_str(&format!(
            "{branch} {} {name:<48} {word}{reason}{}\n",
            mark(step.state()),
            remedy(step)
        ));
    }
    text.trim_end().to_owned()
}

/// What can be done against what was refused, or stays although the case was withdrawn.
fn remedy(step: &portal::Step) -> String {
    match &step.remedy {
        Some(remedy) if matches!(step.state(), State::Refused | State::Stands) => {
            format!(" [{} within {}: {}]", remedy.kind, remedy.term, remedy.r#where)
        }
        _ => String::new(),
    }
}

fn step_name(service: &str, member: &str) -> String {
    if member.is_empty() { service.to_owned() } else { format!("{service} [{member}]") }
}

fn mark(state: State) -> char {
    match state {
        State::Done => '✓',
        State::Refused | State::Parked | State::InDoubt => '!',
        State::Skipped | State::Reversed => '–',
        State::Calling | State::Reversing => '▸',
        State::Waiting | State::Pending => '…',
        State::Stands => '=',
        State::NotDue | State::Unspecified => '·',
    }
}
