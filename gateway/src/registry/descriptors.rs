//! Learns an agency's descriptors by server reflection, v1 and then v1alpha (whose messages are the same on the wire).
//! The files' bytes are kept as they come, so that no option is lost.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::RegistryError;
use crate::lowering::{DescriptorSet, FILES_MAX, SENT_BYTES_MAX, shown};

/// How long learning may take altogether.
const LEARN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Most services of one system.
const SERVICES_MAX: usize = 64;

/// How server reflection is told of as a source, and where it is asked: the newer version first.
pub(crate) const REFLECTION: [(&str, &str); 2] = [
    ("reflection-v1", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    ("reflection-v1alpha", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
];

/// Asks the first of the endpoints that answers. Tells how it was learnt as well.
pub async fn learn(endpoints: &[String]) -> Result<(DescriptorSet, &'static str), RegistryError> {
    let mut last = None;
    for endpoint in endpoints {
        let learnt = timeout(LEARN_TIMEOUT, from(endpoint)).await;
        let too_long = || Err(format!("it took longer than {} s", LEARN_TIMEOUT.as_secs()));
        match learnt.unwrap_or_else(|_| too_long()) {
            Ok((Learnt { files, served }, source)) => {
                let set = DescriptorSet::from_files(files, &served);
                return set.map(|set| (set, source)).map_err(|fault| RegistryError::Invalid(vec![fault]));
            }
            Err(reason) => last = Some(RegistryError::Unreachable { endpoint: endpoint.clone(), reason }),
        }
    }
    Err(last.unwrap_or(RegistryError::NotConfirmed))
}

/// What a system says of itself.
struct Learnt {
    files: Vec<Bytes>,
    /// The services that it lists: its files may describe others.
    served: BTreeSet<String>,
}

async fn from(endpoint: &str) -> Result<(Learnt, &'static str), String> {
    let address = super::endpoint::address(endpoint)?;
    let channel = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|error| error.to_string())?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .connect()
        .await
        .map_err(|_| "nobody takes the connection; start the system first, then register it".to_owned())?;
    for (source, path) in REFLECTION {
        match Reflection::open(channel.clone(), path).await {
            Ok(reflection) => match reflection.learn().await {
                Ok(learnt) => return Ok((learnt, source)),
                Err(Trouble::Unimplemented) => {}
                Err(Trouble::Other(reason)) => return Err(reason),
            },
            Err(Trouble::Unimplemented) => {}
            Err(Trouble::Other(reason)) => return Err(reason),
        }
    }
    Err("it offers no server reflection; send its descriptor_set along".to_owned())
}

enum Trouble {
    Unimplemented,
    Other(String),
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::Unimplemented => Self::Unimplemented,
            code => Self::Other(format!("server reflection answered {code}")),
        }
    }
}

/// One conversation: a question, its answer, the next question.
struct Reflection {
    questions: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

impl Reflection {
    async fn open(channel: Channel, path: &'static str) -> Result<Self, Trouble> {
        let mut client = tonic::client::Grpc::new(channel).max_decoding_message_size(SENT_BYTES_MAX);
        client.ready().await.map_err(|_| Trouble::Other("the connection broke".to_owned()))?;
        let (questions, receiver) = mpsc::channel(1);
        // Some servers send their headers with the first answer only: the first question has to be under way.
        let first = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(Question::ListServices(String::new())),
        };
        let sent = questions.send(first).await;
        sent.map_err(|_| Trouble::Other("the connection broke".to_owned()))?;
        let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
        let request = Request::new(ReceiverStream::new(receiver));
        let answers = client.streaming(request, PathAndQuery::from_static(path), codec).await?.into_inner();
        Ok(Self { questions, answers })
    }

    async fn learn(mut self) -> Result<Learnt, Trouble> {
        let Answer::ListServicesResponse(list) = self.answer().await? else {
            return Err(Trouble::Other("server reflection does not list the services".to_owned()));
        };
        let served: BTreeSet<String> =
            list.service.into_iter().map(|one| one.name).filter(|name| !name.starts_with("grpc.")).collect();
        if served.is_empty() || served.len() > SERVICES_MAX {
            let reason = format!("it serves {} services; 1 to {SERVICES_MAX} are read", served.len());
            return Err(Trouble::Other(reason));
        }
        let mut wanted: VecDeque<Question> =
            served.iter().cloned().map(Question::FileContainingSymbol).collect();
        let (mut files, mut have, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
        while let Some(question) = wanted.pop_front() {
            if matches!(&question, Question::FileByFilename(name) if have.contains(name)) {
                continue;
            }
            for file in self.ask(question).await? {
                bytes += file.len();
                let header = FileHeader::decode(file.as_ref()).map_err(|_| {
                    Trouble::Other("server reflection answers with an unreadable file".to_owned())
                })?;
                if have.insert(header.name) {
                    wanted.extend(header.dependency.into_iter().map(Question::FileByFilename));
                    files.push(file);
                }
                if files.len() > FILES_MAX || bytes > SENT_BYTES_MAX {
                    return Err(Trouble::Other(format!(
                        "its descriptors are more than {FILES_MAX} files or {SENT_BYTES_MAX} bytes"
                    )));
                }
            }
        }
        Ok(Learnt { files, served })
    }

    async fn ask(&mut self, question: Question) -> Result<Vec<Bytes>, Trouble> {
        let of = match &question {
            Question::FileContainingSymbol(name) | Question::FileByFilename(name) => shown(name),
            _ => String::new(),
        };
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
        let sent = self.questions.send(request).await;
        sent.map_err(|_| Trouble::Other("server reflection hung up".to_owned()))?;
        match self.answer().await? {
            Answer::FileDescriptorResponse(files) => {
                Ok(files.file_descriptor_proto.into_iter().map(Bytes::from).collect())
            }
            _ => Err(Trouble::Other(format!(
                "server reflection does not have `{of}`; register all files with it, or send its descriptor_set along"
            ))),
        }
    }

    async fn answer(&mut self) -> Result<Answer, Trouble> {
        let answer = self.answers.message().await?;
        answer
            .and_then(|answer| answer.message_response)
            .ok_or_else(|| Trouble::Other("server reflection hung up".to_owned()))
    }
}

/// Only what leads to other files; the bytes are what is kept.
#[derive(Clone, PartialEq, Message)]
struct FileHeader {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
}
