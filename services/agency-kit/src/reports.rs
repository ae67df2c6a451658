//! What a ministry answered with an operation and has finished since: carried back to the desk until it has arrived.
//! A report is written in the transaction that finishes the work, so that none is lost.

use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use prost_types::Any;
use proto::loket::desk::v1 as desk;
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction};
use tokio::sync::Notify;
use tonic::Code;

use crate::books::{BookError, Books, Page};
use crate::desk::Registration;
use crate::outage::Outage;

/// Reports that have not arrived: step reference -> encoded report.
const REPORTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("reports");

/// How many have not arrived.
pub(crate) fn waiting(read: &redb::ReadTransaction) -> Result<u64, BookError> {
    Ok(read.open_table(REPORTS)?.len()?)
}

/// How long an unreachable desk is left alone.
const WAIT: Duration = Duration::from_millis(500);

pub(crate) fn create_tables(write: &WriteTransaction) -> Result<(), BookError> {
    write.open_table(REPORTS)?;
    Ok(())
}

/// The reports of a ministry.
#[derive(Clone)]
pub struct Reports {
    books: Books,
    registration: Registration,
    written: Arc<Notify>,
}

impl Reports {
    /// Reports kept in these books, for the desk of this registration.
    #[must_use]
    pub fn of(books: Books, registration: Registration) -> Self {
        Self { books, registration, written: Arc::new(Notify::new()) }
    }

    /// Writes a report inside the transaction that finishes the work. `type_url` is that of the operation's response
    /// type: `type.googleapis.com/<full name>`. Call [`Self::hurry`] after the transaction.
    ///
    /// # Errors
    /// Where the books fail.
    pub fn write(
        page: &mut Page<'_>,
        step: &str,
        type_url: &str,
        response: &impl Message,
    ) -> Result<(), BookError> {
        let report = desk::ReportStepRequest {
            step: step.to_owned(),
            result: Some(desk::report_step_request::Result::Response(Any {
                type_url: type_url.to_owned(),
                value: response.encode_to_vec(),
            })),
        };
        page.write.open_table(REPORTS)?.insert(step, report.encode_to_vec().as_slice())?;
        Ok(())
    }

    /// Delivers at once what was written.
    pub fn hurry(&self) {
        self.written.notify_one();
    }

    /// Delivers for ever.
    pub(crate) async fn deliver(self) {
        let mut outage = Outage::default();
        loop {
            if let Err(reason) = self.deliver_all().await {
                if outage.failed(&reason) {
                    tracing::warn!(%reason, "a report has not arrived at the desk; it is tried again and again");
                }
                tokio::time::sleep(WAIT).await;
                continue;
            }
            if outage.over() {
                tracing::info!("all reports have arrived at the desk");
            }
            self.written.notified().await;
        }
    }

    async fn deliver_all(&self) -> Result<(), String> {
        for (step, report) in self.waiting().map_err(|error| error.to_string())? {
            let mut client =
                self.registration.client().await.map_err(|status| status.message().to_owned())?;
            let request =
                self.registration.authorised(report).map_err(|status| status.message().to_owned())?;
            match client.report_step(request).await {
                Ok(_) => self.forget(&step).map_err(|error| error.to_string())?,
                Err(status) if is_final(status.code()) => {
                    tracing::warn!(code = ?status.code(), reason = status.message(), "the desk refused a report");
                    self.forget(&step).map_err(|error| error.to_string())?;
                }
                Err(status) => return Err(status.message().to_owned()),
            }
        }
        Ok(())
    }

    fn waiting(&self) -> Result<Vec<(String, desk::ReportStepRequest)>, BookError> {
        let read = self.books.database().begin_read()?;
        let table = read.open_table(REPORTS)?;
        let mut waiting = Vec::new();
        for row in table.iter()? {
            let (step, bytes) = row?;
            // A report that this very crate has written and cannot read back has nobody to go to.
            if let Ok(report) = desk::ReportStepRequest::decode(bytes.value()) {
                waiting.push((step.value().to_owned(), report));
            }
        }
        Ok(waiting)
    }

    fn forget(&self, step: &str) -> Result<(), BookError> {
        let write = self.books.database().begin_write()?;
        write.open_table(REPORTS)?.remove(step)?;
        write.commit()?;
        Ok(())
    }
}

/// Whether asking again cannot help.
fn is_final(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::InvalidArgument | Code::FailedPrecondition | Code::AlreadyExists)
}
