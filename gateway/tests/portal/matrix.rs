//! Every RPC with every kind of caller, over the wire: what the table of rights says, and nothing of anybody else's.

use bytes::{Buf, BufMut};
use gateway::callers::OperatorRole;
use gateway::callers::rights::{RIGHTS, Role};
use gateway::issuer::TokenRole;
use gateway::reasons::Reason;
use prost_reflect::{DescriptorPool, Kind};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};

use crate::world::{STRANGER, World, reason, report};

/// Sends bytes as they are: the matrix knows no message.
#[derive(Clone, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; src.remaining()];
        src.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

/// Every kind of caller, none of whom is a party of anything.
fn callers() -> Vec<(Role, Option<TokenRole>)> {
    let subject = || "somebody".to_owned();
    let mut callers = vec![
        (Role::Anonymous, None),
        (Role::Citizen, Some(TokenRole::citizen(STRANGER))),
        (Role::Portal, Some(TokenRole::Portal { client: subject() })),
        (Role::Agency, Some(TokenRole::Agency { agency: "some-agency".to_owned() })),
        (Role::Officer, Some(TokenRole::Officer { agency: "some-agency".to_owned(), subject: subject() })),
        (Role::ContactCentre, Some(TokenRole::ContactCentre { subject: subject() })),
    ];
    callers.extend(OperatorRole::ALL.map(|role| {
        (Role::Operator(role), Some(TokenRole::Operator { subject: subject(), roles: vec![role] }))
    }));
    callers
}

/// A request that names a case which is there and is somebody else's, wherever its first field is a name.
fn body(pool: &DescriptorPool, rpc: &str, case: &str) -> Vec<u8> {
    let (service, method) = rpc.split_once('/').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    let method = service.methods().find(|known| known.name() == method).unwrap();
    let first = method.input().get_field(1);
    if !first.is_some_and(|field| matches!(field.kind(), Kind::String) && !field.is_list()) {
        return Vec::new();
    }
    let mut body = vec![0x0a, u8::try_from(case.len()).unwrap()];
    body.extend(case.bytes());
    body
}

async fn call(world: &World, rpc: &str, role: Option<TokenRole>, body: Vec<u8>) -> Result<(), Status> {
    let bearing =
        tonic::service::interceptor::InterceptedService::new(world.channel.clone(), world.bearer(role));
    let mut client = tonic::client::Grpc::new(bearing);
    client.ready().await.unwrap();
    let path = format!("/{rpc}").parse().unwrap();
    let mut answers = client.server_streaming(Request::new(body), path, Raw).await?.into_inner();
    answers.message().await.map(|_| ())
}

#[tokio::test]
async fn each_rpc_is_for_those_whom_the_table_names_and_shows_nobody_anything_foreign() {
    let world = World::start().await;
    let case = world.open("r-1", report()).await.case.unwrap().name;
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    for right in RIGHTS.iter().filter(|right| !right.rpc.starts_with("loket.desk.")) {
        let body = body(&pool, right.rpc, &case);
        for (role, token) in callers() {
            let allowed = right.roles.contains(&role);
            let answer = call(&world, right.rpc, token, body.clone()).await;
            let at = format!("{} by {role:?}: {answer:?}", right.rpc);
            match (&answer, role) {
                (Err(status), Role::Anonymous) if !allowed => {
                    assert_eq!(
                        (status.code(), reason(status)),
                        (Code::Unauthenticated, Reason::Unauthenticated),
                        "{at}"
                    );
                    assert!(status.message().contains("a token of"), "{at}");
                }
                (Err(status), _) if !allowed => {
                    assert_eq!(
                        (status.code(), reason(status)),
                        (Code::PermissionDenied, Reason::PermissionDenied),
                        "{at}"
                    );
                }
                (Ok(()), _) => {
                    assert!(allowed, "{at}");
                    // A citizen who is no party gets nothing of a case.
                    let shows = right.rpc.contains("CaseService/") && !right.rpc.ends_with("ListCases");
                    assert!(role != Role::Citizen || !shows, "{at}");
                }
                (Err(status), _) => {
                    let expected = matches!(
                        status.code(),
                        Code::NotFound
                            | Code::InvalidArgument
                            | Code::FailedPrecondition
                            | Code::PermissionDenied
                    );
                    assert!(expected, "{at}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_never_treated_as_none() {
    let world = World::start().await;
    let channel = world.channel.clone();
    let mut client =
        proto::loket::portal::v1::life_event_service_client::LifeEventServiceClient::new(channel);
    let mut request = Request::new(proto::loket::portal::v1::ListLifeEventsRequest::default());
    request.metadata_mut().insert("authorization", "Bearer s3cret.s3cret.s3cret".parse().unwrap());
    let status = client.list_life_events(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Unauthenticated, Reason::InvalidToken));
    assert!(!format!("{status:?}").contains("s3cret"), "{status:?}");
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_not_there_for_anybody() {
    let world = World::start().await;
    for (_, token) in callers() {
        let answer = call(&world, "loket.portal.v1.CaseService/ReadEverything", token, Vec::new()).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    }
}
