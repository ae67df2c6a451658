//! Who is at the other end. An address outlives the system that registered it: once that has ended, another system of
//! the same machine may be given its port, and what a case discloses would go to an agency that has no right to it.

use std::collections::BTreeSet;

use http::Uri;
use http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::connection::Connection;
use crate::registry::descriptors::REFLECTION;

/// Whether somebody is there who serves none of these services, by what server reflection lists. Whoever offers no
/// reflection, v1 nor v1alpha, is taken at their word.
pub(super) async fn is_another(connection: &Connection, origin: &Uri, services: &BTreeSet<String>) -> bool {
    for (_, path) in REFLECTION {
        match listed(connection, origin, path).await {
            Ok(listed) => return !services.is_empty() && listed.is_disjoint(services),
            Err(status) if status.code() == Code::Unimplemented => {}
            Err(_) => return false,
        }
    }
    false
}

async fn listed(
    connection: &Connection,
    origin: &Uri,
    path: &'static str,
) -> Result<BTreeSet<String>, Status> {
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(Question::ListServices(String::new())),
    };
    let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
    let asked = Request::new(tokio_stream::once(question));
    let mut client = tonic::client::Grpc::with_origin(connection.clone(), origin.clone());
    let answers = client.streaming(asked, PathAndQuery::from_static(path), codec).await?;
    match answers.into_inner().message().await?.and_then(|answer| answer.message_response) {
        Some(Answer::ListServicesResponse(list)) => {
            Ok(list.service.into_iter().map(|one| one.name).collect())
        }
        _ => Err(Status::unknown("it lists no services")),
    }
}
