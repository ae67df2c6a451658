//! A ministry of your own in Rust, in one file: the library gives every newborn a card.
//!
//!     cargo run -p library -- "$(loket token --agency library)" http://127.0.0.1:8082

use std::path::PathBuf;
use std::time::Duration;

use agency_kit::{Books, Ministry, Options, Promise, invalid, telemetry};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use wire::library_service_server::{LibraryService, LibraryServiceServer};
use wire::{CancelCardResponse, CardKey, MakeCardRequest, MakeCardResponse};

mod wire {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        clippy::too_many_lines,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/example.library.v1.rs"));
}

const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.fds"));

struct Library {
    promise: Promise,
}

#[tonic::async_trait]
impl LibraryService for Library {
    async fn make_card(
        &self,
        request: Request<MakeCardRequest>,
    ) -> Result<Response<MakeCardResponse>, Status> {
        self.promise
            .once("MakeCard", request, |page, call, request| {
                if request.person_number.is_empty() {
                    return Err(invalid("person_number", "must not be empty"));
                }
                page.put("card", &request.person_number, &call.key)?;
                Ok(MakeCardResponse {})
            })
            .await
    }

    async fn cancel_card(&self, request: Request<CardKey>) -> Result<Response<CancelCardResponse>, Status> {
        self.promise.take_back(request.into_inner().idempotency_key).await?;
        Ok(Response::new(CancelCardResponse {}))
    }

    async fn get_card_status(&self, request: Request<CardKey>) -> Result<Response<MakeCardResponse>, Status> {
        self.promise.status(request.into_inner().idempotency_key).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = telemetry("library", None);
    let mut arguments = std::env::args().skip(1);
    let token = arguments.next().ok_or("usage: library TOKEN [DESK]")?;
    let data = PathBuf::from("library-data");
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join("token"), token)?;
    let options = Options {
        listen: "127.0.0.1:0".parse()?,
        data: data.clone(),
        desk: Some(arguments.next().unwrap_or_else(|| "http://127.0.0.1:8082".to_owned())),
        token_file: Some(data.join("token")),
        lease: Duration::from_secs(15),
        work_time: agency_kit::WORK_TIME,
    };
    let titles = [("en", "Public Library"), ("nl", "Openbare Bibliotheek")];
    let ministry = Ministry {
        registration: options.registration("library", titles, &[], Vec::new()),
        services: Routes::new(LibraryServiceServer::new(Library {
            promise: Promise::over(Books::open(&data.join("library.redb"))?),
        })),
        descriptors: DESCRIPTORS,
        names: vec!["example.library.v1.LibraryService"],
        reports: None,
    };
    let stop = Box::pin(async {
        // Without a signal there is nothing to wait for, and the library stays open.
        let _ = tokio::signal::ctrl_c().await;
    });
    Ok(ministry.serve(TcpListener::bind(options.listen).await?, stop).await?)
}
