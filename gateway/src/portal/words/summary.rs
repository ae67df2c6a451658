//! A case in a sentence or two.

use casework::case::CaseState;
use casework::time::Instant;
use proto::loket::portal::v1 as pb;

use super::steps;
use super::viewer::Viewer;
use super::wording::listed;
use crate::portal::sentences::Sentence;

/// What happens now, who is waited for and since when.
pub(super) fn of(
    viewer: &Viewer<'_>,
    steps: &[pb::Step],
    questions: &[pb::Question],
    waiting_for: &[pb::WaitingFor],
) -> String {
    let wording = &viewer.wording;
    let in_state = |state: pb::step::State| steps.iter().any(|step| step.state() == state);
    let done = steps.iter().filter(|step| steps::settled(step.state())).count().to_string();
    let all = steps.len().to_string();
    let counts = [("done", done.as_str()), ("all", all.as_str())];
    // That all is settled while somebody is waited for says nothing.
    let settled = done != all || (questions.is_empty() && waiting_for.is_empty());
    let offers = || offered(viewer, steps, waiting_for);
    if let Some(other) = &viewer.case.joined_to {
        return wording.say(Sentence::CaseJoined, &[("other", &other.reference)]);
    }
    let said = match viewer.case.state {
        CaseState::Completed if in_state(pb::step::State::Refused) => {
            vec![Some(wording.say(Sentence::CaseCompletedWithRefusals, &[])), offers()]
        }
        CaseState::Completed => vec![Some(wording.say(Sentence::CaseCompleted, &[])), offers()],
        CaseState::Withdrawing => vec![Some(wording.say(Sentence::CaseWithdrawing, &counts))],
        CaseState::Withdrawn if in_state(pb::step::State::Stands) => {
            vec![Some(wording.say(Sentence::CaseWithdrawnWithRest, &[]))]
        }
        CaseState::Withdrawn => vec![Some(wording.say(Sentence::CaseWithdrawn, &[]))],
        CaseState::NeedsPerson => vec![Some(wording.say(Sentence::CaseNeedsPerson, &[]))],
        CaseState::Open => vec![
            settled.then(|| wording.say(Sentence::CaseOpen, &counts)),
            asks(viewer, questions),
            offers(),
            longest_wait(viewer, steps, waiting_for),
        ],
    };
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn asks(viewer: &Viewer<'_>, questions: &[pb::Question]) -> Option<String> {
    let labels = questions.iter().filter(|question| !question.optional);
    let labels = listed(labels.map(|question| question.label.trim_end_matches('?').to_owned()));
    (!labels.is_empty()).then(|| viewer.wording.say(Sentence::CaseAsksYou, &[("questions", &labels)]))
}

/// The step that is waited for.
fn of_wait<'s>(steps: &'s [pb::Step], wait: &pb::WaitingFor) -> Option<&'s pb::Step> {
    steps.iter().find(|step| step.service == wait.service && step.member == wait.member)
}

/// What is offered to the viewer.
fn offered(viewer: &Viewer<'_>, steps: &[pb::Step], waiting_for: &[pb::WaitingFor]) -> Option<String> {
    let theirs = waiting_for.iter().filter(|wait| wait.who == "you").filter_map(|wait| of_wait(steps, wait));
    let on_offer = |step: &&pb::Step| step.mode == "offer" && step.state() == pb::step::State::Waiting;
    let offers = theirs.filter(on_offer).map(|step| step.title.clone());
    let offers = listed(offers);
    (!offers.is_empty()).then(|| viewer.wording.say(Sentence::CaseOffersYou, &[("services", &offers)]))
}

/// The longest wait for somebody else.
fn longest_wait(viewer: &Viewer<'_>, steps: &[pb::Step], waiting_for: &[pb::WaitingFor]) -> Option<String> {
    let wait = waiting_for.iter().find(|wait| wait.who != "you")?;
    // What is not waited for at a step says itself what it is.
    let title = of_wait(steps, wait).map_or(wait.reason.trim_end_matches('.'), |step| step.title.as_str());
    let who = steps::waited_for_in_words(viewer, &wait.who);
    let gaps = [("who", who.as_str()), ("service", title)];
    Some(match wait.since {
        None => viewer.wording.say(Sentence::CaseWaitsPlain, &gaps),
        Some(since) => {
            let since = viewer.wording.moment(Instant(since.seconds * 1_000));
            viewer.wording.say(Sentence::CaseWaitsFor, &[&gaps[..], &[("since", &since)]].concat())
        }
    })
}
