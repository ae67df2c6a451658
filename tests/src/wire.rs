//! HTTP/1.1 by hand: what is sent is sent as it is, however wrong.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take: longer than any limit of a gateway under test.
const PATIENCE: Duration = Duration::from_secs(40);

/// An answer, taken apart.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A request whose connection ends with its answer. Lines are headers, without the line's end.
#[must_use]
pub fn request(verb: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
    for line in headers {
        head.push_str(&format!("{line}\r\n"));
    }
    if !body.is_empty() || verb == "POST" || verb == "PATCH" {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends bytes and reads all that comes until the connection ends. With `leave`, nothing more will be sent is said at
/// once.
///
/// # Panics
/// Where nobody listens, or the connection does not end.
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
pub async fn exchange(port: u16, bytes: &[u8], leave: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the gateway listens");
    let (mut from, mut to) = stream.split();
    let mut read = Vec::new();
    let sending = async {
        // Who is refused half way need not hear the rest.
        let _: io::Result<()> = to.write_all(bytes).await;
        if leave {
            let _: io::Result<()> = to.shutdown().await;
        }
    };
    let reading = async {
        let _: io::Result<usize> = from.read_to_end(&mut read).await;
    };
    tokio::time::timeout(PATIENCE, async { tokio::join!(sending, reading) })
        .await
        .expect("the connection ends");
    read
}

/// All answers that came on one connection.
#[must_use]
pub fn answers(mut bytes: &[u8]) -> Vec<Answer> {
    let mut all = Vec::new();
    while let Some((answer, rest)) = first(bytes) {
        all.push(answer);
        bytes = rest;
    }
    all
}

/// Sends a request and reads its answer; none where the connection ended without one.
pub async fn ask(port: u16, bytes: &[u8]) -> Option<Answer> {
    answers(&exchange(port, bytes, false).await).into_iter().next()
}

fn first(bytes: &[u8]) -> Option<(Answer, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: Vec::new() };
    let rest = &bytes[end + 4..];
    let (body, rest) = match answer.header("content-length").parse::<usize>() {
        Ok(length) => rest.split_at(length.min(rest.len())),
        Err(_) if answer.header("transfer-encoding") == "chunked" => {
            answer.body = unchunked(rest);
            return Some((answer, &[]));
        }
        Err(_) => (rest, &[][..]),
    };
    answer.body = body.to_vec();
    Some((answer, rest))
}

/// The pieces of a chunked body, joined.
fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size =
            std::str::from_utf8(&bytes[..end]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(size) = size.filter(|size| *size > 0 && end + 2 + size <= bytes.len()) else { break };
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    body
}
