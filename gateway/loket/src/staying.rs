//! Renews the lease of a system that knows nothing of Loket, for as long as somebody listens there.

use std::time::Duration;

use proto::loket::desk::v1::{HeartbeatRequest, RegisterAgencyRequest};
use tokio::net::TcpStream;

use crate::agencies::register_quietly;
use crate::command::Place;
use crate::failure::Failure;
use crate::output;

/// The lease of what is renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// Renews until it is told to stop. A system that was away is registered anew, so that what waited for it goes on.
pub(crate) async fn stay(
    place: &Place,
    desk: &str,
    registration: RegisterAgencyRequest,
    lease: Duration,
) -> Result<(), Failure> {
    output::line("the lease is renewed for as long as this runs; Ctrl-C ends it")?;
    let mut was_there = true;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            () = tokio::time::sleep(lease / 3) => {}
        }
        if !listens(&registration.endpoints).await {
            if was_there {
                output::line("nobody listens there; the lease is not renewed")?;
            }
            was_there = false;
            continue;
        }
        let renewed = if was_there {
            beat(place, desk, &registration).await
        } else {
            register_quietly(place, registration.clone()).await.map(drop)
        };
        was_there = renewed.is_ok();
        if let Err(failure) = renewed {
            output::line(&format!("not renewed: {failure}"))?;
        }
    }
}

async fn listens(endpoints: &[String]) -> bool {
    for endpoint in endpoints {
        let address = endpoint.trim_start_matches("http://").trim_end_matches('/');
        let connected = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address)).await;
        if matches!(connected, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

async fn beat(place: &Place, desk: &str, registration: &RegisterAgencyRequest) -> Result<(), Failure> {
    let mut client = place.desk(desk, &registration.agency).await?;
    for endpoint in &registration.endpoints {
        let beat = HeartbeatRequest { agency: registration.agency.clone(), endpoint: endpoint.clone() };
        client.heartbeat(beat).await?;
    }
    Ok(())
}
