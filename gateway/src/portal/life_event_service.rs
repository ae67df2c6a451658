//! Life events and previews: for everybody, without calling or storing anything.

use casework::happening;
use proto::loket::portal::v1 as pb;
use proto::loket::portal::v1::life_event_service_server::LifeEventService;
use tonic::{Request, Response, Status};

use super::language::Language;
use super::words::reports::Reader;
use super::words::{Wording, life_events, previews};
use super::{names, opening};
use crate::registry::Registry;

/// Life events and previews.
#[derive(Clone)]
pub struct LifeEventServiceImpl {
    registry: Registry,
}

impl LifeEventServiceImpl {
    /// The life events of this registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }
}

#[tonic::async_trait]
impl LifeEventService for LifeEventServiceImpl {
    async fn list_life_events(
        &self,
        request: Request<pb::ListLifeEventsRequest>,
    ) -> Result<Response<pb::ListLifeEventsResponse>, Status> {
        let language = Language::of(&request.get_ref().language, request.metadata());
        let snapshot = self.registry.snapshot();
        let open = snapshot.life_events().filter_map(|life_event| {
            let (hash, _) = snapshot.published(&life_event.id, None)?;
            Some(life_events::line(life_event, Some(hash), &language))
        });
        Ok(Response::new(pb::ListLifeEventsResponse { life_events: open.collect() }))
    }

    async fn get_life_event(
        &self,
        request: Request<pb::GetLifeEventRequest>,
    ) -> Result<Response<pb::LifeEvent>, Status> {
        let language = Language::of(&request.get_ref().language, request.metadata());
        let snapshot = self.registry.snapshot();
        let name = &request.get_ref().name;
        // A name that can be no life event is one that is not there.
        let id = names::life_event(name, "name")
            .map_err(|wrong| if name.is_empty() { wrong } else { opening::no_life_event(&snapshot) })?;
        let life_event = opening::life_event(&snapshot, &id)?;
        let published = snapshot.published(&id, None);
        Ok(Response::new(life_events::with_questions(&snapshot, life_event, published, &language)))
    }

    async fn preview_life_event(
        &self,
        request: Request<pb::PreviewLifeEventRequest>,
    ) -> Result<Response<pb::Preview>, Status> {
        let language = Language::of(&request.get_ref().language, request.metadata());
        let request = request.into_inner();
        let (name, field) = if request.name.is_empty() {
            (&request.life_event, "life_event")
        } else {
            (&request.name, "name")
        };
        let id = names::life_event(name, field)?;
        let snapshot = self.registry.snapshot();
        let life_event = opening::life_event(&snapshot, &id)?;
        let reader = Reader { life_event, dictionary: &snapshot.dictionary };
        let report = reader.report(&request.report.unwrap_or_default(), "report")?;
        let (hash, plan) = opening::published(&snapshot, &id, happening::date(life_event, &report))?;
        let wording = Wording { snapshot: &snapshot, plan, language: &language };
        Ok(Response::new(previews::preview(&wording, hash, &report)))
    }
}
