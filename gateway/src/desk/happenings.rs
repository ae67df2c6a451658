//! An agency reports a happening: it makes a case or joins the one there is. Which one, the agency is not told.

use casework::entry::Actor;
use casework::name::AgencyId;
use proto::loket::desk::v1 as pb;
use tonic::Status;

use super::DeskServiceImpl;
use crate::caseworker::{CaseworkError, Opening, Reporter};
use crate::portal::words::reports::Reader;
use crate::portal::words::timestamp;
use crate::portal::{names, refusals};
use crate::reasons::{self, Reason};

impl DeskServiceImpl {
    pub(super) async fn happening(
        &self,
        agency: AgencyId,
        request: pb::ReportHappeningRequest,
    ) -> Result<pb::ReportHappeningResponse, Status> {
        let snapshot = self.registry.snapshot();
        let id = names::life_event(&request.life_event, "life_event")?;
        let life_event = snapshot.life_event(&id).ok_or_else(|| {
            reasons::status(Reason::LifeEventNotFound, format!("there is no life event `{id}`"))
        })?;
        let sent = request.report.unwrap_or_default();
        if !sent.role.is_empty() {
            return Err(names::wrong("report.role", "empty: an agency plays no part in what it reports"));
        }
        let report = Reader { life_event, dictionary: &snapshot.dictionary }.report(&sent, "report")?;
        let reporter =
            Reporter { subject: format!("agency {agency}"), actor: Actor::Agency(agency), person: None };
        let opening = Opening { request_id: request.request_id, reporter, life_event: id, report };
        let opened = self.caseworker.open(opening).await.map_err(|error| without_case(&error))?;
        let receipts = &opened.file.case.receipts;
        let receipt = receipts.iter().find(|receipt| receipt.number == opened.receipt);
        let received = receipt.map_or(opened.file.now, |receipt| receipt.received_at);
        Ok(pb::ReportHappeningResponse { receive_time: Some(timestamp(received)), replayed: opened.replayed })
    }
}

/// The refusal, without a case's id.
fn without_case(error: &CaseworkError) -> Status {
    match error {
        CaseworkError::RequestConflict { .. } => reasons::status(
            Reason::RequestConflict,
            "this request_id was used before for another report; use a new one for a new report",
        ),
        error => refusals::of(error),
    }
}
