//! Calls the gRPC services of this process, through the same layers as a call from outside: who calls, limits and
//! traces apply once.

use std::convert::Infallible;

use http::{HeaderMap, HeaderName, Request, Response, header};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status, Streaming};
use tower::util::BoxCloneSyncService;

use crate::server::Peer;

/// The gRPC services of a port, with their layers.
pub(crate) type Inside =
    BoxCloneSyncService<Request<tonic::body::Body>, Response<tonic::body::Body>, Infallible>;

/// The headers of an HTTP request that mean the same as metadata of a call.
const PASSED: [HeaderName; 3] = [header::AUTHORIZATION, header::ACCEPT_LANGUAGE, header::USER_AGENT];

/// A call in the making.
pub(super) struct Inward {
    inside: Inside,
    method: MethodDescriptor,
    path: http::uri::PathAndQuery,
}

impl Inward {
    pub(super) fn new(inside: Inside, method: &MethodDescriptor) -> Result<Self, Status> {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let path = path.parse().map_err(|_| Status::internal("a method's path"))?;
        Ok(Self { inside, method: method.clone(), path })
    }

    /// Makes the call; the answer is a stream, of one message for a unary method, with its metadata.
    pub(super) async fn call(
        self,
        message: DynamicMessage,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<tonic::Response<Streaming<DynamicMessage>>, Status> {
        let mut passed = HeaderMap::new();
        for name in PASSED {
            // All of them: two tokens are one too many, and the door says so.
            for value in headers.get_all(&name) {
                passed.append(name.clone(), value.clone());
            }
        }
        let mut extensions = Extensions::default();
        if let Some(peer) = peer {
            extensions.insert(peer);
        }
        let request = tonic::Request::from_parts(MetadataMap::from_headers(passed), extensions, message);
        let mut client = tonic::client::Grpc::new(self.inside).max_decoding_message_size(usize::MAX);
        client.ready().await.unwrap_or_else(|never| match never {});
        let codec = Dynamic(self.method.output());
        client.server_streaming(request, self.path, codec).await
    }
}

/// Encodes and decodes messages of any type.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = DynamicEncoder;
    type Decoder = DynamicDecoder;

    fn encoder(&mut self) -> DynamicEncoder {
        DynamicEncoder
    }

    fn decoder(&mut self) -> DynamicDecoder {
        DynamicDecoder(self.0.clone())
    }
}

struct DynamicEncoder;

impl Encoder for DynamicEncoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

struct DynamicDecoder(MessageDescriptor);

impl Decoder for DynamicDecoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let decoded = DynamicMessage::decode(self.0.clone(), buffer);
        decoded.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
