//! The worklist: what a person of the ministry has to look at before it can be answered. The call is answered with an
//! operation at once; the finding is stored, answered to status questions and reported at the desk from the one
//! transaction that takes the work off the list.
//!
//! In the reference nobody sits at the desk: once the configured time has passed the ministry's own rules decide in
//! the officer's place.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prost::Message;
use prost_types::Any;
use proto::google::longrunning::{Operation, operation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tonic::Status;

use crate::books::{BookError, Books, Page};
use crate::call::Call;
use crate::promise::Promise;
use crate::reports::Reports;

/// Kind of the records of the list; their id is the key of the call.
const WORK: &str = "worklist";
/// How long books that cannot be used are left alone.
const WAIT: Duration = Duration::from_millis(500);

/// The messages of a method that answers with an operation.
#[derive(Debug, Clone, Copy)]
pub struct OperationOf {
    /// Full name of the response: `gov.civilregistry.v1.ForeignMarriageFinding`.
    pub response: &'static str,
    /// Full name of the metadata, a message whose field 1 is the stage.
    pub metadata: &'static str,
}

/// The one field that the metadata of every ministry's operation begins with.
#[derive(Clone, PartialEq, Eq, Message)]
struct Progress {
    #[prost(string, tag = "1")]
    stage: String,
}

impl OperationOf {
    fn under_way(self, key: &str) -> Operation {
        Operation {
            name: name(key),
            metadata: Some(self.progress("with-officer")),
            done: false,
            result: None,
        }
    }

    fn done(self, key: &str, finding: &impl Message) -> Operation {
        let response = any(self.response, finding);
        Operation {
            name: name(key),
            metadata: Some(self.progress("done")),
            done: true,
            result: Some(operation::Result::Response(response)),
        }
    }

    fn progress(self, stage: &str) -> Any {
        any(self.metadata, &Progress { stage: stage.to_owned() })
    }
}

fn name(key: &str) -> String {
    format!("operations/{key}")
}

fn any(full_name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{full_name}"), value: message.encode_to_vec() }
}

#[derive(Serialize, Deserialize)]
struct Work<W> {
    step: Option<String>,
    due: Timestamp,
    what: W,
}

/// The worklist of a ministry.
#[derive(Clone)]
pub struct Worklist {
    books: Books,
    reports: Option<Reports>,
    work_time: Duration,
    of: OperationOf,
    changed: Arc<Notify>,
}

impl Worklist {
    /// The list kept in these books, for one method; findings go to `reports` where the ministry has a desk.
    #[must_use]
    pub fn of(of: OperationOf, books: Books, reports: Option<Reports>, work_time: Duration) -> Self {
        Self { books, reports, work_time, of, changed: Arc::new(Notify::new()) }
    }

    /// Puts work on the list inside the transaction of its call, and answers with the operation. Call
    /// [`Self::look`] after the transaction.
    ///
    /// # Errors
    /// Where the books fail.
    pub fn put(
        &self,
        page: &mut Page<'_>,
        call: &Call,
        what: &impl Serialize,
    ) -> Result<Operation, BookError> {
        let due = Timestamp::now().checked_add(self.work_time).unwrap_or(Timestamp::MAX);
        page.put(WORK, &call.key, &Work { step: call.step.clone(), due, what })?;
        Ok(self.of.under_way(&call.key))
    }

    /// Takes work off the list whose call was cancelled.
    ///
    /// # Errors
    /// Where the books fail.
    pub fn drop(page: &mut Page<'_>, key: &str) -> Result<(), BookError> {
        page.remove(WORK, key)?;
        Ok(())
    }

    /// Says that there is new work.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// Works for ever: what is due is concluded by `conclude`, told the key of its call.
    pub async fn work<W, A>(
        self,
        conclude: impl Fn(&mut Page<'_>, &str, W) -> Result<A, Status> + Send + Sync + 'static,
    ) where
        W: DeserializeOwned + Send + 'static,
        A: Message + Default + 'static,
    {
        let conclude = Arc::new(conclude);
        loop {
            let (list, conclude) = (self.clone(), conclude.clone());
            let next = tokio::task::spawn_blocking(move || list.work_off(conclude.as_ref())).await;
            let wait = match next {
                Ok(Ok(next)) => next,
                Ok(Err(status)) => {
                    tracing::warn!(
                        reason = status.message(),
                        "the worklist cannot be worked off; trying again"
                    );
                    Some(WAIT)
                }
                Err(_) => Some(WAIT),
            };
            match wait {
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, self.changed.notified()).await;
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// How long until the next is due; none: the list is empty.
    fn work_off<W: DeserializeOwned, A: Message + Default>(
        &self,
        conclude: &impl Fn(&mut Page<'_>, &str, W) -> Result<A, Status>,
    ) -> Result<Option<Duration>, Status> {
        let now = Timestamp::now();
        let mut next: Option<Timestamp> = None;
        for (key, work) in self.books.list::<Work<W>>(WORK, "")? {
            if work.due <= now {
                self.finish(&key, conclude)?;
            } else {
                next = Some(next.map_or(work.due, |it| it.min(work.due)));
            }
        }
        Ok(next.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default()))
    }

    fn finish<W: DeserializeOwned, A: Message + Default>(
        &self,
        key: &str,
        conclude: &impl Fn(&mut Page<'_>, &str, W) -> Result<A, Status>,
    ) -> Result<(), Status> {
        self.books.change(|page| {
            // It may have been cancelled since the list was read.
            let Some(work) = page.get::<Work<W>>(WORK, key)? else { return Ok(()) };
            let finding = conclude(page, key, work.what)?;
            page.remove(WORK, key)?;
            Promise::finish(page, key, &self.of.done(key, &finding))?;
            if let (Some(step), Some(_)) = (work.step, &self.reports) {
                Reports::write(page, &step, &format!("type.googleapis.com/{}", self.of.response), &finding)?;
            }
            Ok(())
        })?;
        if let Some(reports) = &self.reports {
            reports.hurry();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Value;
    use tonic::Request;

    use super::*;

    const OF: OperationOf = OperationOf { response: "google.protobuf.Value", metadata: "test.Progress" };

    fn list(work_time: Duration) -> (tempfile::TempDir, Promise, Worklist) {
        let folder = tempfile::tempdir().unwrap();
        let books = Books::open(&folder.path().join("books.redb")).unwrap();
        (folder, Promise::over(books.clone()), Worklist::of(OF, books, None, work_time))
    }

    async fn ask(promise: &Promise, list: &Worklist, key: &str) -> Operation {
        let mut request = Request::new(Value::default());
        request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
        let of = list.clone();
        let put = move |page: &mut Page<'_>, call: &Call, _| Ok(of.put(page, call, &"a certificate")?);
        promise.once("Ask", request, put).await.unwrap().into_inner()
    }

    fn found(page: &mut Page<'_>, key: &str, what: String) -> Result<Value, Status> {
        page.put("finding", key, &what)?;
        Ok(Value::default())
    }

    #[tokio::test]
    async fn work_that_is_due_is_concluded_once_and_its_answer_replaced() {
        let (_folder, promise, list) = list(Duration::ZERO);
        assert!(!ask(&promise, &list, "k1").await.done);
        assert_eq!(list.work_off(&found).unwrap(), None);
        let answer = promise.status::<Operation>("k1".to_owned()).await.unwrap().into_inner();
        assert!(answer.done && matches!(answer.result, Some(operation::Result::Response(_))));
        assert_eq!(ask(&promise, &list, "k1").await, answer, "the same key answers what is known by now");
        let refuse = |_: &mut Page<'_>, _: &str, _: String| Err::<Value, _>(Status::internal("twice"));
        assert_eq!(list.work_off(&refuse).unwrap(), None);
    }

    #[tokio::test]
    async fn work_that_is_not_due_waits() {
        let (_folder, promise, list) = list(Duration::from_secs(3600));
        ask(&promise, &list, "k1").await;
        let wait = list.work_off(&found).unwrap().unwrap();
        assert!(wait > Duration::from_secs(3000));
        assert!(!promise.status::<Operation>("k1".to_owned()).await.unwrap().into_inner().done);
    }

    #[tokio::test]
    async fn cancelled_work_is_never_concluded() {
        let (_folder, promise, list) = list(Duration::ZERO);
        ask(&promise, &list, "k1").await;
        let undo = |page: &mut Page<'_>, _: Operation| Ok(Worklist::drop(page, "k1")?);
        assert!(promise.cancel("k1".to_owned(), undo).await.unwrap());
        list.work_off(&found).unwrap();
        assert_eq!(promise.books().list::<String>("finding", "").unwrap(), []);
    }

    #[tokio::test]
    async fn the_list_is_worked_off_as_soon_as_it_is_looked_at() {
        let (_folder, promise, list) = list(Duration::ZERO);
        let working = tokio::spawn(list.clone().work(found));
        ask(&promise, &list, "k1").await;
        list.look();
        while !promise.status::<Operation>("k1".to_owned()).await.unwrap().into_inner().done {
            tokio::task::yield_now().await;
        }
        working.abort();
    }
}
