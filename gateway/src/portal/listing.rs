//! The caller's cases, and who saw their facts.

use casestore::CaseId;
use data_encoding::BASE64URL_NOPAD;
use futures::StreamExt;
use proto::loket::portal::v1 as pb;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::standing::Standing;
use super::words::cases::{self, Detail};
use super::words::disclosures;
use super::{names, refusals};
use crate::callers::{Citizen, Principal};
use crate::caseworker::{CaseworkError, PageToken};
use crate::reasons::{self, Reason};

/// Cases on a page where none is said, and at most.
const PAGE: usize = 20;
const PAGE_MAX: usize = 100;

/// How many cases of a page are read at once.
const AT_ONCE: usize = 8;

/// What page tokens are sealed as.
const DOMAIN: &str = "portal/page";

/// How many are wanted, of at most so many.
///
/// # Errors
/// INVALID_ARGUMENT for less than none.
pub(crate) fn page_size(wanted: i32, usual: usize, most: usize) -> Result<usize, Status> {
    match usize::try_from(wanted) {
        Ok(0) => Ok(usual),
        Ok(wanted) => Ok(wanted.min(most)),
        Err(_) => Err(names::wrong("page_size", "0 (for the usual) or more")),
    }
}

impl Counter {
    pub(super) async fn list(
        &self,
        citizen: &Citizen,
        request: &pb::ListCasesRequest,
        language: &Language,
    ) -> Result<pb::ListCasesResponse, Status> {
        let limit = page_size(request.page_size, PAGE, PAGE_MAX)?;
        let page = self.page(citizen, &request.page_token)?;
        let (cases, next) = match &citizen.person {
            Some(person) => {
                let listed = self.caseworker.cases_of(person, page, limit).await;
                let (listed, next) = listed.map_err(|error| refusals::of(&error))?;
                (listed.into_iter().map(|line| line.case).collect::<Vec<_>>(), next)
            }
            None => (self.reported(citizen, limit).await?, None),
        };
        let lines = futures::stream::iter(cases)
            .map(|case| self.line(citizen, case, language))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let cases = lines.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        let next_page_token = next.map(|token| self.page_token(citizen, &token)).unwrap_or_default();
        Ok(pb::ListCasesResponse { cases, next_page_token })
    }

    /// The cases that somebody without a number reported, newest first.
    async fn reported(&self, citizen: &Citizen, limit: usize) -> Result<Vec<CaseId>, Status> {
        let reported = self.reporters.of(&citizen.subject).await;
        let reported = reported.map_err(|error| refusals::of_store(&error))?;
        Ok(reported.into_iter().rev().map(|(case, _)| case).take(limit).collect())
    }

    /// One case of the list as it is now; none where it is not theirs (any more).
    async fn line(
        &self,
        citizen: &Citizen,
        case: CaseId,
        language: &Language,
    ) -> Result<Option<pb::Case>, Status> {
        let principal = Principal::Citizen(citizen.clone());
        match self.standing(&principal, &names::of_case(case)).await {
            Ok(standing) => Ok(Some(standing.told(self, language, Detail::Line)?.0)),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// A page token says nothing to whoever sees it, and is good for its owner alone.
    fn page_token(&self, citizen: &Citizen, token: &PageToken) -> String {
        let sealed = self.keyring.seal(DOMAIN, citizen.subject.as_bytes(), token.to_string().as_bytes());
        BASE64URL_NOPAD.encode(&sealed)
    }

    fn page(&self, citizen: &Citizen, text: &str) -> Result<Option<PageToken>, Status> {
        if text.is_empty() {
            return Ok(None);
        }
        let token = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let token =
            token.and_then(|sealed| self.keyring.unseal(DOMAIN, citizen.subject.as_bytes(), &sealed).ok());
        let token = token.and_then(|plain| String::from_utf8(plain).ok()?.parse().ok());
        token.map(Some).ok_or_else(|| {
            reasons::status(
                Reason::InvalidPageToken,
                "`page_token` is not one that this call gave you; begin without one",
            )
        })
    }

    pub(super) async fn disclosures(
        &self,
        standing: &Standing,
        language: &Language,
    ) -> Result<pb::ListDisclosuresResponse, Status> {
        let accesses = self.caseworker.accesses(standing.file.id).await;
        let accesses = accesses.map_err(|error: CaseworkError| refusals::of(&error))?;
        let disclosures = standing.looking(language, |viewer| {
            let sight = cases::sight(viewer, standing.file.entries());
            disclosures::merged(viewer, &sight.disclosures, &accesses)
        })?;
        Ok(pb::ListDisclosuresResponse { disclosures })
    }
}
