//! Calling a ministry that nobody compiled against.

use std::time::Duration;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A ministry under test.
pub(super) struct Ministry {
    channel: Channel,
    pool: DescriptorPool,
}

impl Ministry {
    pub(super) fn new(channel: Channel, pool: DescriptorPool) -> Self {
        Self { channel, pool }
    }

    /// The method of this path, `/package.Service/Method`.
    pub(super) fn method(&self, path: &str) -> Option<MethodDescriptor> {
        let (service, method) = path.trim_start_matches('/').split_once('/')?;
        self.pool.get_service_by_name(service)?.methods().find(|it| it.name() == method)
    }

    /// One call, with the metadata that Loket sends. Without a key none is sent.
    pub(super) async fn call(
        &self,
        method: &MethodDescriptor,
        message: DynamicMessage,
        key: Option<&str>,
        within: Duration,
    ) -> Result<DynamicMessage, Status> {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let path = path.parse().map_err(|_| Status::internal("the method's name makes no path"))?;
        let mut request = Request::new(message);
        request.set_timeout(within);
        let now = jiff::Timestamp::now().to_string();
        let headers = [
            ("loket-idempotency-key", key),
            ("loket-purpose", Some("check")),
            ("loket-received-at", Some(&now)),
        ];
        for (name, value) in headers {
            if let Some(value) = value.and_then(|it| it.parse().ok()) {
                request.metadata_mut().insert(name, value);
            }
        }
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(client.unary(request, path, Dynamic(method.output())).await?.into_inner())
    }

    /// A call by key alone: status or cancel. The key is in the field `idempotency_key`, where there is one.
    pub(super) async fn by_key(
        &self,
        path: &str,
        key: &str,
        within: Duration,
    ) -> Result<DynamicMessage, Status> {
        let method =
            self.method(path).ok_or_else(|| Status::internal(format!("{path} is not in its descriptors")))?;
        let mut message = DynamicMessage::new(method.input());
        if let Some(field) = method.input().get_field_by_name("idempotency_key") {
            message.set_field(&field, prost_reflect::Value::String(key.to_owned()));
        }
        self.call(&method, message, Some(key), within).await
    }
}

/// Messages by descriptor.
struct Dynamic(MessageDescriptor);
struct Writes;
struct Reads(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Writes;
    type Decoder = Reads;

    fn encoder(&mut self) -> Writes {
        Writes
    }

    fn decoder(&mut self) -> Reads {
        Reads(self.0.clone())
    }
}

impl Encoder for Writes {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Reads {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::internal(format!("its answer is unreadable: {error}")))
    }
}
