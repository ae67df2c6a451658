//! Live cases in lines, filtered and paged.

use casework::name::{AgencyId, LifeEventId};
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::list_cases_response::CaseRow;
use tonic::Status;

use crate::caseworker::{Caseworker, LiveCase, PageToken};
use crate::portal::words::{cases, timestamp};
use crate::portal::{names, page_size, refusals};
use crate::reasons::{self, Reason};

/// Cases on a page where none is said, and at most.
const PAGE: usize = 50;
const PAGE_MAX: usize = 500;

/// Most rows that one call looks through: a filter that fits few does not hold the gateway. The page may be short then,
/// and its token goes on from there.
const LOOKED_AT_MAX: usize = 10_000;

/// Which live cases are wanted.
struct Filter {
    life_event: Option<LifeEventId>,
    state: Option<i32>,
    waiting_for: Option<AgencyId>,
    reference: String,
}

impl Filter {
    fn of(request: &pb::ListCasesRequest) -> Result<Self, Status> {
        let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Ok(Self {
            life_event: said(&request.life_event)
                .map(|name| names::life_event(&name, "life_event"))
                .transpose()?,
            state: Some(request.state).filter(|state| *state != 0),
            waiting_for: said(&request.waiting_for)
                .map(|name| names::agency(&name, "waiting_for"))
                .transpose()?,
            reference: request.reference.trim().to_uppercase(),
        })
    }

    fn takes(&self, live: &LiveCase) -> bool {
        self.life_event.as_ref().is_none_or(|wanted| *wanted == live.life_event)
            && self.state.is_none_or(|wanted| wanted == i32::from(cases::state(live.state)))
            && self.waiting_for.as_ref().is_none_or(|wanted| live.waiting_for.contains(wanted))
            && (self.reference.is_empty() || live.reference.to_uppercase() == self.reference)
    }
}

/// A page of the live cases that are wanted, in the order of ids.
pub(super) async fn list(
    caseworker: &Caseworker,
    request: &pb::ListCasesRequest,
) -> Result<pb::ListCasesResponse, Status> {
    let filter = Filter::of(request)?;
    let limit = page_size(request.page_size, PAGE, PAGE_MAX)?;
    let mut page = page(&request.page_token)?;
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let (rows, next) = caseworker.live(page, limit).await.map_err(|error| refusals::of(&error))?;
        looked_at += rows.len();
        for live in rows {
            if !filter.takes(&live) {
                continue;
            }
            if found.len() == limit {
                // One more than fits: the next page begins after the last that did.
                return Ok(told(
                    &found,
                    found.last().map(|last: &LiveCase| PageToken { at: 0, case: last.case }),
                ));
            }
            found.push(live);
        }
        if next.is_none() || looked_at >= LOOKED_AT_MAX {
            return Ok(told(&found, next));
        }
        page = next;
    }
}

fn page(text: &str) -> Result<Option<PageToken>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: crate::caseworker::NotAPageToken| {
        reasons::status(Reason::InvalidPageToken, error.to_string())
    })
}

fn told(found: &[LiveCase], next: Option<PageToken>) -> pb::ListCasesResponse {
    pb::ListCasesResponse {
        cases: found.iter().map(row).collect(),
        next_page_token: next.map(|token| token.to_string()).unwrap_or_default(),
    }
}

fn row(live: &LiveCase) -> CaseRow {
    CaseRow {
        name: names::of_case(live.case),
        reference: live.reference.clone(),
        life_event: names::of_life_event(&live.life_event),
        state: cases::state(live.state).into(),
        waiting_for: live.waiting_for.iter().map(ToString::to_string).collect(),
        since: live.since.map(timestamp),
        next_term: live.next_term.map(timestamp),
    }
}
