//! The sandbox: moves the clock of all processes, where the gateway was started as one.

use std::sync::Arc;

use casestore::CaseStore;
use casework::time::Instant;
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::sandbox_service_server::SandboxService;
use tonic::{Request, Response, Status};

use crate::portal::words::timestamp;
use crate::portal::{names, refusals};
use crate::reasons::{self, Reason};

/// The sandbox of this store.
#[derive(Clone)]
pub struct SandboxServiceImpl {
    store: Arc<dyn CaseStore>,
    sandbox: bool,
}

impl SandboxServiceImpl {
    /// On this store; `sandbox` says whether the gateway was started as one.
    #[must_use]
    pub fn new(store: Arc<dyn CaseStore>, sandbox: bool) -> Self {
        Self { store, sandbox }
    }
}

#[tonic::async_trait]
impl SandboxService for SandboxServiceImpl {
    async fn set_clock(
        &self,
        request: Request<pb::SetClockRequest>,
    ) -> Result<Response<pb::SetClockResponse>, Status> {
        if !self.sandbox {
            let detail = "the clock moves only in a sandbox: start the gateway with `sandbox = true`";
            return Err(reasons::status(Reason::NotASandbox, detail));
        }
        let millis = request.get_ref().offset_seconds.checked_mul(1_000);
        let millis =
            millis.filter(|millis| millis.unsigned_abs() <= casestore::CLOCK_OFFSET_MAX.unsigned_abs());
        let years = casestore::CLOCK_OFFSET_MAX / 31_536_000_000;
        let millis = millis.ok_or_else(|| {
            names::wrong("offset_seconds", &format!("at most {years} years from real time"))
        })?;
        self.store.set_clock_offset(millis).await.map_err(|error| refusals::of_store(&error))?;
        let now = self.store.now().await.map_err(|error| refusals::of_store(&error))?;
        Ok(Response::new(pb::SetClockResponse { now: Some(timestamp(Instant(now))) }))
    }
}
