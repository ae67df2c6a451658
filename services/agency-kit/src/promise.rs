//! The promise: same key, same answer; a cancel leaves a tombstone; a status question is answered. Kept in one
//! transaction with the business change, so that no crash can part the two.

use prost::Message;
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::books::{BookError, Books, Changed, Page};
use crate::call::{Call, fingerprint};

/// What was done under a key: key -> state byte, request fingerprint, response.
const EFFECTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("effects");

/// What was changed under a key: key -> the records before and after, as JSON.
const CHANGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("changes");

/// A key, whether its call stands (else it was cancelled), and the records it changed: (kind, id).
pub(crate) type Done = (String, bool, Vec<(String, String)>);

/// Every key that was ever seen, in order.
pub(crate) fn all(read: &ReadTransaction) -> Result<Vec<Done>, BookError> {
    let (effects, changes) = (read.open_table(EFFECTS)?, read.open_table(CHANGES)?);
    let mut all = Vec::new();
    for row in effects.iter()? {
        let (key, effect) = row?;
        let changed = match changes.get(key.value())? {
            Some(bytes) => crate::books::changed_records(bytes.value())?,
            None => Vec::new(),
        };
        all.push((key.value().to_owned(), effect.value().first() == Some(&DONE), changed));
    }
    Ok(all)
}

const DONE: u8 = 1;
const TOMBSTONE: u8 = 2;

pub(crate) fn create_tables(write: &WriteTransaction) -> Result<(), BookError> {
    write.open_table(EFFECTS)?;
    write.open_table(CHANGES)?;
    Ok(())
}

enum Effect {
    Done { fingerprint: [u8; 32], response: Vec<u8> },
    Tombstone,
}

/// Keeps the promise over the ministry's books.
#[derive(Clone)]
pub struct Promise {
    books: Books,
}

impl Promise {
    /// The promise over these books.
    #[must_use]
    pub fn over(books: Books) -> Self {
        Self { books }
    }

    /// Does something once per key. The same key and request again answer what was answered; the same key with
    /// another request is refused (ALREADY_EXISTS, reason KEY_REUSED); a key that was cancelled is refused for good
    /// (ABORTED, reason TOMBSTONED). Where `act` fails nothing is stored, and the key may be tried again.
    ///
    /// # Errors
    /// As above, and what `act` refuses.
    pub async fn once<Q, A>(
        &self,
        method: &'static str,
        request: Request<Q>,
        act: impl FnOnce(&mut Page<'_>, &Call, Q) -> Result<A, Status> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let books = self.books.clone();
        blocking(move || {
            let print = fingerprint(method, &request);
            books.change_and_remember(|page| match read(page, &call.key)? {
                Some(Effect::Tombstone) => Err(tombstoned()),
                Some(Effect::Done { fingerprint, response }) if fingerprint == print => {
                    A::decode(response.as_slice())
                        .map_err(|_| Status::internal("the stored answer is unreadable"))
                }
                Some(Effect::Done { .. }) => Err(key_reused()),
                None => {
                    let answer = act(page, &call, request)?;
                    write(page, &call.key, DONE, &print, &answer.encode_to_vec())?;
                    keep_changes(page, &call.key)?;
                    Ok(answer)
                }
            })
        })
        .await
        .map(Response::new)
    }

    /// Cancels a key: what was done under it is undone by `undo`, which is told the stored answer, and a tombstone
    /// refuses it from now on. A key never seen leaves a tombstone too. True: something was undone now.
    ///
    /// # Errors
    /// What `undo` refuses, for what cannot be undone any more.
    pub async fn cancel<A>(
        &self,
        key: String,
        undo: impl FnOnce(&mut Page<'_>, A) -> Result<(), Status> + Send + 'static,
    ) -> Result<bool, Status>
    where
        A: Message + Default + 'static,
    {
        if key.is_empty() || key.len() > 64 {
            return Err(crate::invalid(
                "idempotency_key",
                "the key of the call to cancel, 1 to 64 characters",
            ));
        }
        let books = self.books.clone();
        blocking(move || {
            books.change(|page| match read(page, &key)? {
                Some(Effect::Tombstone) => Ok(false),
                None => {
                    write(page, &key, TOMBSTONE, &[0; 32], &[])?;
                    Ok(false)
                }
                Some(Effect::Done { response, .. }) => {
                    let answer = A::decode(response.as_slice())
                        .map_err(|_| Status::internal("the stored answer is unreadable"))?;
                    undo(page, answer)?;
                    write(page, &key, TOMBSTONE, &[0; 32], &[])?;
                    Ok(true)
                }
            })
        })
        .await
    }

    /// Cancels a key by putting every record that its call changed back as it was, and leaves a tombstone. Refused
    /// (FAILED_PRECONDITION) where somebody has changed one of them since: then only a legal reversal helps.
    ///
    /// # Errors
    /// As above.
    pub async fn take_back(&self, key: String) -> Result<bool, Status> {
        let of = key.clone();
        self.cancel::<()>(key, move |page, _| {
            let changes = changes(page, &of)?;
            if page.take_back(&changes)? {
                Ok(())
            } else {
                Err(Status::failed_precondition(
                    "others have built on it since; it can only be reversed in law",
                ))
            }
        })
        .await
    }

    /// What became of a key: the answer that was given. NOT_FOUND where it was never seen, ABORTED where it was
    /// cancelled.
    ///
    /// # Errors
    /// As above.
    pub async fn status<A: Message + Default + 'static>(&self, key: String) -> Result<Response<A>, Status> {
        let books = self.books.clone();
        blocking(move || {
            books.change(|page| match read(page, &key)? {
                Some(Effect::Done { response, .. }) => A::decode(response.as_slice())
                    .map_err(|_| Status::internal("the stored answer is unreadable")),
                Some(Effect::Tombstone) => Err(tombstoned()),
                None => Err(Status::not_found("no call with this key has been done here")),
            })
        })
        .await
        .map(Response::new)
    }

    /// Replaces the stored answer of a key, for work that was answered with an operation and is now finished, inside
    /// the transaction that finishes it. Nothing where the key was cancelled meanwhile: false.
    ///
    /// # Errors
    /// Where the books fail.
    pub fn finish(page: &mut Page<'_>, key: &str, answer: &impl Message) -> Result<bool, BookError> {
        match read(page, key)? {
            Some(Effect::Done { fingerprint, .. }) => {
                write(page, key, DONE, &fingerprint, &answer.encode_to_vec())?;
                Ok(true)
            }
            Some(Effect::Tombstone) | None => Ok(false),
        }
    }

    /// The books that the promise is kept in.
    #[must_use]
    pub fn books(&self) -> &Books {
        &self.books
    }
}

/// Books wait for the disk: never on a thread that serves others.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(act))
        .await
        .map_err(|_| Status::internal("the call ended unexpectedly"))?
}

fn read(page: &Page<'_>, key: &str) -> Result<Option<Effect>, BookError> {
    let table = page.write.open_table(EFFECTS)?;
    let found = table.get(key)?;
    Ok(found.map(|bytes| {
        let bytes = bytes.value();
        match bytes.split_first() {
            Some((&DONE, rest)) if rest.len() >= 32 => {
                let mut fingerprint = [0; 32];
                fingerprint.copy_from_slice(&rest[..32]);
                Effect::Done { fingerprint, response: rest[32..].to_vec() }
            }
            _ => Effect::Tombstone,
        }
    }))
}

fn write(
    page: &Page<'_>,
    key: &str,
    state: u8,
    fingerprint: &[u8; 32],
    response: &[u8],
) -> Result<(), BookError> {
    let mut bytes = Vec::with_capacity(33 + response.len());
    bytes.push(state);
    bytes.extend_from_slice(fingerprint);
    bytes.extend_from_slice(response);
    page.write.open_table(EFFECTS)?.insert(key, bytes.as_slice())?;
    Ok(())
}

fn keep_changes(page: &Page<'_>, key: &str) -> Result<(), Status> {
    let bytes =
        serde_json::to_vec(page.changed()).map_err(|_| Status::internal("the changes cannot be kept"))?;
    page.write
        .open_table(CHANGES)
        .map_err(BookError::from)?
        .insert(key, bytes.as_slice())
        .map_err(BookError::from)?;
    Ok(())
}

fn changes(page: &Page<'_>, key: &str) -> Result<Vec<Changed>, Status> {
    let table = page.write.open_table(CHANGES).map_err(BookError::from)?;
    let found = table.get(key).map_err(BookError::from)?;
    let bytes = found.map(|bytes| bytes.value().to_vec()).unwrap_or_else(|| b"[]".to_vec());
    serde_json::from_slice(&bytes).map_err(|_| Status::internal("the changes are unreadable"))
}

fn tombstoned() -> Status {
    Status::with_error_details(
        tonic::Code::Aborted,
        "this call was cancelled before it came; it was refused",
        ErrorDetails::with_error_info("TOMBSTONED", "loket.v1", []),
    )
}

fn key_reused() -> Status {
    Status::with_error_details(
        tonic::Code::AlreadyExists,
        "this key belongs to another request",
        ErrorDetails::with_error_info("KEY_REUSED", "loket.v1", []),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise() -> (tempfile::TempDir, Promise) {
        let folder = tempfile::tempdir().unwrap();
        let books = Books::open(&folder.path().join("books.redb")).unwrap();
        (folder, Promise::over(books))
    }

    fn call(key: &str, text: &str) -> Request<prost_types::Value> {
        let mut request = Request::new(value(text));
        request.metadata_mut().insert("loket-idempotency-key", key.parse().unwrap());
        request
    }

    fn value(text: &str) -> prost_types::Value {
        prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text.to_owned())) }
    }

    async fn register(promise: &Promise, key: &str, text: &str) -> Result<prost_types::Value, Status> {
        promise
            .once("Register", call(key, text), |page, _, request| {
                let number = page.next_number("acts")?;
                page.put("act", &number.to_string(), &number)?;
                let _ = request;
                Ok(value(&format!("act {number}")))
            })
            .await
            .map(Response::into_inner)
    }

    #[tokio::test]
    async fn the_same_key_answers_the_same_and_does_it_once() {
        let (_folder, promise) = promise();
        let first = register(&promise, "k1", "Anna").await.unwrap();
        assert_eq!(register(&promise, "k1", "Anna").await.unwrap(), first);
        assert_eq!(promise.books().list::<u64>("act", "").unwrap().len(), 1);
        let reused = register(&promise, "k1", "Bram").await.unwrap_err();
        assert_eq!(reused.code(), tonic::Code::AlreadyExists);
    }

    #[tokio::test]
    async fn a_call_that_comes_after_its_cancellation_is_refused_for_good() {
        let (_folder, promise) = promise();
        promise.cancel::<prost_types::Value>("k1".to_owned(), |_, _| Ok(())).await.unwrap();
        let late = register(&promise, "k1", "Anna").await.unwrap_err();
        assert_eq!(late.code(), tonic::Code::Aborted);
        let details = late.get_details_error_info().unwrap();
        assert_eq!(details.reason, "TOMBSTONED");
        assert!(promise.books().list::<u64>("act", "").unwrap().is_empty());
    }

    #[tokio::test]
    async fn cancelling_undoes_what_was_done_exactly_once() {
        let (_folder, promise) = promise();
        register(&promise, "k1", "Anna").await.unwrap();
        for _ in 0..2 {
            promise
                .cancel::<prost_types::Value>("k1".to_owned(), |page, _| {
                    assert!(page.remove("act", "1")?, "undone twice");
                    Ok(())
                })
                .await
                .unwrap();
        }
        assert_eq!(
            promise.status::<prost_types::Value>("k1".to_owned()).await.unwrap_err().code(),
            tonic::Code::Aborted
        );
    }

    #[tokio::test]
    async fn taking_back_puts_every_record_as_it_was_unless_others_built_on_it() {
        let (_folder, promise) = promise();
        promise.books().change(|page| Ok(page.put("home", "1", &"Havenstraat")?)).unwrap();
        let moves = |key: &str| {
            promise.once("Move", call(key, ""), |page, _, request| {
                page.put("home", "1", &"Zeedijk")?;
                page.put("home", "1", &"Duinpad")?;
                page.put("home", "2", &"Duinpad")?;
                Ok(request)
            })
        };
        moves("k1").await.unwrap();
        assert!(promise.take_back("k1".to_owned()).await.unwrap());
        let homes = promise.books().list::<String>("home", "").unwrap();
        assert_eq!(homes, [("1".to_owned(), "Havenstraat".to_owned())]);
        moves("k2").await.unwrap();
        promise.books().change(|page| Ok(page.put("home", "2", &"Kerkplein")?)).unwrap();
        let refused = promise.take_back("k2".to_owned()).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
        assert_eq!(promise.books().get::<String>("home", "1").unwrap().as_deref(), Some("Duinpad"));
    }

    #[tokio::test]
    async fn a_status_question_is_answered() {
        let (_folder, promise) = promise();
        let never = promise.status::<prost_types::Value>("k1".to_owned()).await.unwrap_err();
        assert_eq!(never.code(), tonic::Code::NotFound);
        let done = register(&promise, "k1", "Anna").await.unwrap();
        assert_eq!(promise.status::<prost_types::Value>("k1".to_owned()).await.unwrap().into_inner(), done);
    }

    #[tokio::test]
    async fn a_call_without_a_key_is_refused_by_name() {
        let (_folder, promise) = promise();
        let refused = promise
            .once("Register", Request::new(value("Anna")), |_, _, request| Ok(request))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert!(refused.message().contains("loket-idempotency-key"));
    }
}
