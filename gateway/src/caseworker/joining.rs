//! Two cases that a person finds to be of one happening become one.
//!
//! Two appends to the later case, and between them one to the earlier. First the later case has the decision, and takes
//! nothing more; then the earlier has all that was reported in the later, or nothing of it; then the later ends. Whoever
//! dies in between leaves a case that is due, and whose log says what is left to do: the
//! [alarm](crate::alarm::Alarm) or the operator who decides the same again does it. At no time is a report in neither
//! case, and in the earlier it is once: it is known by its request.

use std::sync::Arc;

use casestore::CaseId;
use casework::case::{Case, FoundSame};
use casework::entry::{Actor, OtherCase};
use casework::input::{Input, Rejected};
use casework::sameness;

use super::giving::{decide_all, rulebook};
use super::{CaseworkError, Caseworker, Found, Inner, Sameness};
use crate::cases::{CaseFile, Held};

/// How many cases one was found to be the same as, one after the other, before something is wrong.
const FOLLOWED_MAX: usize = 32;

impl Caseworker {
    /// Decides whether the case is of the same happening as one that it resembles. When this returns, the other case holds
    /// what was reported in this one. Decided again, it completes what was begun, or changes nothing.
    ///
    /// # Errors
    /// See [`CaseworkError`]. What is rejected leaves both cases as they were.
    #[tracing::instrument(name = "case.decide_sameness", skip_all, fields(%case))]
    pub async fn decide_sameness(&self, case: CaseId, decided: Sameness) -> Result<CaseFile, CaseworkError> {
        let Sameness { by, found, reason } = decided;
        let named = match found {
            Found::ItsOwn => {
                return self.give(case, Input::SamenessDecided { by, same_as: None, reason }).await;
            }
            Found::TheSame => None,
            Found::TheSameAs(named) => Some(named),
        };
        let later = self.0.load(case).await?;
        let other = sameness::candidate(&later.file.case, named.as_deref())?.clone();
        if later.file.case.goes_on_in().is_none() {
            self.0.check_takes_up(&later, &by, &other).await?;
        }
        let same_as = Some(other.reference);
        self.give(case, Input::SamenessDecided { by, same_as, reason }).await?;
        self.hand_over(case).await
    }

    /// Completes what was decided about this case, where it was found to be the same as another.
    ///
    /// # Errors
    /// See [`CaseworkError`]. Where the other case cannot take up the reports any more, this one waits for a person again.
    pub(super) async fn hand_over(&self, case: CaseId) -> Result<CaseFile, CaseworkError> {
        let later = self.0.load(case).await?;
        let Some(FoundSame { other, by, reason }) = later.file.case.found_same.clone() else {
            return Ok(later.file.clone());
        };
        let take_up = self.0.take_up(&later, by, reason)?;
        let refused = match self.give(id(&other)?, take_up).await {
            Ok(_) => None,
            Err(CaseworkError::Rejected(rejected)) => Some(rejected),
            Err(error) => return Err(error),
        };
        let words = refused.as_ref().map(Rejected::to_string);
        let after = self.give(case, Input::HandedOver { to: other.reference, refused: words }).await?;
        refused.map_or(Ok(after), |rejected| Err(rejected.into()))
    }
}

impl Inner {
    /// Whether the other case would take up the later one's reports as it is now.
    async fn check_takes_up(&self, later: &Held, by: &Actor, other: &OtherCase) -> Result<(), CaseworkError> {
        let earlier = self.load(id(other)?).await?;
        let take_up = self.take_up(later, by.clone(), String::new())?;
        let now = self.now().await?;
        let verdict = decide_all(&*self.rules.books(), &earlier.file.case, &[take_up], now)?;
        match verdict.rejected.into_iter().flatten().next() {
            Some(rejected) => Err(rejected.into()),
            None => Ok(()),
        }
    }

    /// What is given to the earlier case.
    fn take_up(&self, later: &Held, by: Actor, reason: String) -> Result<Input, CaseworkError> {
        let file = &later.file;
        let books = self.rules.books();
        let rules = rulebook(&*books, &file.case.plan)?;
        let reports = sameness::reports(&rules.plan.life_event, &file.case, file.entries());
        let other = named(file);
        Ok(Input::TakeUp { by, other, reports, reason })
    }

    /// The case in which this one goes on, as far as `next` says that it does.
    pub(super) async fn followed(
        &self,
        mut held: Arc<Held>,
        next: impl Fn(&Case) -> Option<&OtherCase>,
    ) -> Result<Arc<Held>, CaseworkError> {
        for _ in 0..FOLLOWED_MAX {
            let Some(other) = next(&held.file.case) else { break };
            held = self.load(id(other)?).await?;
        }
        Ok(held)
    }
}

/// The case as others name it.
pub(super) fn named(file: &CaseFile) -> OtherCase {
    OtherCase { reference: file.case.reference.clone(), case: file.id.to_string() }
}

fn id(other: &OtherCase) -> Result<CaseId, CaseworkError> {
    other.case.parse().map_err(|_| CaseworkError::NotFound)
}
