//! Who says nothing, or too little, or leaves half way.

use std::time::{Duration, Instant};

use tests::counter::Counter;
use tests::wire::{answers, exchange, request};

use super::fault;

/// Longer than the counter's patience, and shorter than it is without the options of these tests.
const PATIENCE: Duration = Duration::from_secs(8);

/// Slow clients, half-sent bodies, and words that lead elsewhere.
pub(super) async fn all(counter: &Counter, token: &str) -> Vec<String> {
    let bearer = format!("Authorization: Bearer {token}");
    let whole = request("POST", "/v1/cases", &[&bearer, "Content-Type: application/json"], &[b' '; 100]);
    let half = &whole[..whole.len() - 50];
    let port = counter.public;

    let begun = Instant::now();
    let silent = answers(&exchange(port, half, false).await);
    let mut faults: Vec<String> =
        fault("a body that stops", silent.first(), 408, "BODY_TOO_SLOW").into_iter().collect();
    for (what, bytes, leave) in [
        ("half a body, and gone", half, true),
        ("half a head, and gone", &whole[..40], true),
        ("half a head", &whole[..40], false),
        ("nothing, and gone", &b""[..], true),
    ] {
        let read = exchange(port, bytes, leave).await;
        if !answers(&read).iter().all(|answer| answer.status < 500) {
            faults.push(format!("{what}: {}", String::from_utf8_lossy(&read)));
        }
    }
    if begun.elapsed() > PATIENCE * 2 {
        faults.push(format!("the counter waited for {:?}", begun.elapsed()));
    }

    // What one reader takes for a body and another for the next request.
    let head = "POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for (what, rest) in [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ("a length and pieces", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("pieces that are none", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        ("an unknown encoding", "Transfer-Encoding: rot13\r\n\r\n{}"),
        ("more than all memory", "Content-Length: 99999999999999\r\n\r\n{}"),
    ] {
        let read = exchange(port, format!("{head}{rest}").as_bytes(), true).await;
        let told = answers(&read);
        if !told.iter().all(|answer| (400..500).contains(&answer.status)) {
            faults.push(format!("{what}: {told:?}"));
        }
    }
    faults
}
