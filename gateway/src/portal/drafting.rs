//! Drafts: what a citizen has begun to say. Nothing of it is disclosed; submitting it is the moment of receipt.

use casestore::CaseId;
use casework::happening;
use casework::name::LifeEventId;
use proto::loket::portal::v1 as pb;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::words::cases::Detail;
use super::words::reports::Reader;
use super::words::{Wording, previews, timestamp};
use super::{names, opening, refusals};
use crate::callers::{Citizen, Principal};
use crate::drafts::{Content, DraftId, Kept, Saved};
use crate::reasons::{self, Reason};

impl Counter {
    pub(super) async fn create_draft(
        &self,
        citizen: &Citizen,
        draft: pb::Draft,
        language: &Language,
    ) -> Result<pb::Draft, Status> {
        let content = self.content(draft)?;
        let id = DraftId::random().map_err(|error| refusals::of_draft(&error))?;
        let saved = self.drafts.create(&id, &citizen.subject, content).await;
        let saved = saved.map_err(|error| refusals::of_draft(&error))?;
        self.told_draft(&id, saved, language)
    }

    pub(super) async fn get_draft(
        &self,
        citizen: &Citizen,
        name: &str,
        language: &Language,
    ) -> Result<pb::Draft, Status> {
        let id = draft_id(name)?;
        let saved = self.drafts.read(&id, &citizen.subject).await.map_err(|e| refusals::of_draft(&e))?;
        self.told_draft(&id, saved, language)
    }

    pub(super) async fn update_draft(
        &self,
        citizen: &Citizen,
        draft: pb::Draft,
        language: &Language,
    ) -> Result<pb::Draft, Status> {
        let (id, etag) = (draft_id(&draft.name)?, draft.etag.clone());
        let before = self.drafts.read(&id, &citizen.subject).await.map_err(|e| refusals::of_draft(&e))?;
        let content = match &before.kept {
            Kept::Submitted { case } => return Err(submitted(*case)),
            // An update may leave the life event as it is.
            Kept::Open { life_event, .. } if draft.life_event.is_empty() => {
                self.content(pb::Draft { life_event: life_event.clone(), ..draft })?
            }
            Kept::Open { .. } => self.content(draft)?,
        };
        if !etag.is_empty() && etag != before.etag() {
            return Err(reasons::status(
                Reason::EtagMismatch,
                "`draft.etag` is not the current one; read the draft again",
            ));
        }
        let written = self.drafts.replace(&id, &citizen.subject, &before, content).await;
        let saved = written.map_err(|error| refusals::of_draft(&error))?;
        self.told_draft(&id, saved, language)
    }

    pub(super) async fn delete_draft(&self, citizen: &Citizen, name: &str) -> Result<(), Status> {
        let id = draft_id(name)?;
        self.drafts.delete(&id, &citizen.subject).await.map_err(|error| refusals::of_draft(&error))
    }

    /// Submits a draft. The request's id follows from the draft's: submitted twice, it is the same case.
    pub(super) async fn submit_draft(
        &self,
        citizen: &Citizen,
        name: &str,
        language: &Language,
    ) -> Result<pb::OpenCaseResponse, Status> {
        let id = draft_id(name)?;
        let saved = self.drafts.read(&id, &citizen.subject).await.map_err(|e| refusals::of_draft(&e))?;
        let (life_event, report) = match saved.kept {
            Kept::Open { life_event, report } => (life_event, report),
            Kept::Submitted { case } => return self.submitted_before(citizen, case, language).await,
        };
        let request = pb::OpenCaseRequest {
            request_id: format!("draft-{id}"),
            life_event,
            report: Some(report),
            language: String::new(),
            wait: None,
        };
        let opened = self.open(citizen, request, language).await?;
        let case = opened.case.as_ref().and_then(|case| names::case(&case.name).ok());
        if let Some(case) = case {
            // Should this not be stored, the same submission makes no second case: its request id is known.
            let marked = self.drafts.mark_submitted(&id, &citizen.subject, case).await;
            marked.map_err(|error| refusals::of_draft(&error))?;
        }
        Ok(opened)
    }

    async fn submitted_before(
        &self,
        citizen: &Citizen,
        case: CaseId,
        language: &Language,
    ) -> Result<pb::OpenCaseResponse, Status> {
        let principal = Principal::Citizen(citizen.clone());
        let standing = self.standing(&principal, &names::of_case(case)).await?;
        let (case, _) = standing.told(self, language, Detail::WithoutFacts)?;
        let receipt = case.receipts.first().cloned();
        Ok(pb::OpenCaseResponse { case: Some(case), receipt, replayed: true, attached: false })
    }

    /// What is kept of a draft: checked as far as it goes, so that it can be submitted once it is complete.
    fn content(&self, draft: pb::Draft) -> Result<Content, Status> {
        let id = names::life_event(&draft.life_event, "draft.life_event")?;
        let snapshot = self.registry.snapshot();
        let life_event = opening::life_event(&snapshot, &id)?;
        let report = draft.report.unwrap_or_default();
        Reader { life_event, dictionary: &snapshot.dictionary }.report(&report, "draft.report")?;
        Ok(Content { life_event: id.to_string(), report })
    }

    fn told_draft(&self, id: &DraftId, saved: Saved, language: &Language) -> Result<pb::Draft, Status> {
        let mut told = pb::Draft {
            name: format!("drafts/{id}"),
            etag: saved.etag(),
            update_time: Some(timestamp(saved.saved_at)),
            expire_time: Some(timestamp(saved.expires_at)),
            ..pb::Draft::default()
        };
        match saved.kept {
            Kept::Submitted { case } => told.case = names::of_case(case),
            Kept::Open { life_event, report } => {
                let life_event = names::life_event(&life_event, "draft.life_event")?;
                told.life_event = names::of_life_event(&life_event);
                told.open_questions = self.still_open(&life_event, &report, language);
                told.report = Some(report);
            }
        }
        Ok(told)
    }

    /// What is still asked. What the dictionary no longer takes is told at the next change, not here.
    fn still_open(&self, id: &LifeEventId, report: &pb::Report, language: &Language) -> Vec<pb::Question> {
        let snapshot = self.registry.snapshot();
        let Some(life_event) = snapshot.life_event(id) else { return Vec::new() };
        let reader = Reader { life_event, dictionary: &snapshot.dictionary };
        let Ok(read) = reader.report(report, "draft.report") else { return Vec::new() };
        let Some((_, plan)) = snapshot.published(id, happening::date(life_event, &read)) else {
            return Vec::new();
        };
        let wording = Wording { snapshot: &snapshot, plan, language };
        previews::open_questions(&wording, &read)
    }
}

fn draft_id(name: &str) -> Result<DraftId, Status> {
    name.strip_prefix("drafts/").unwrap_or(name).parse().map_err(|error| refusals::of_draft(&error))
}

fn submitted(case: CaseId) -> Status {
    let case = names::of_case(case);
    let detail = format!("the draft was submitted and is {case} now; change the case, or make a new draft");
    reasons::status_with(Reason::NotNow, detail, &[("case", &case)])
}
