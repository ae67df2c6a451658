//! What the HTTP stack refuses by itself, before anything of the gateway is called: a request line or headers that it
//! cannot read, or that are too large. It answers with a status alone; here the answer gets its words, and whoever is
//! still sending gets the time to read them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::reasons::{Reason, Refusal, status};
use crate::rest::problem;

/// How the stack's own answers begin, what each of them means, and the way out.
const WORDLESS: [(&[u8], Reason, &str); 3] = [
    (
        b"HTTP/1.1 400 ",
        Reason::InvalidRequest,
        "the request line or a header is not HTTP: bytes that are not allowed there must be percent-encoded or left out",
    ),
    (b"HTTP/1.1 414 ", Reason::PathTooLong, "the path and query are too long; send what is long in the body"),
    (
        b"HTTP/1.1 431 ",
        Reason::HeadersTooLarge,
        "the request line and the headers are too large, or too many; send fewer or shorter ones",
    ),
];

/// Longest answer that has no words.
const WORDLESS_MAX: usize = 512;

/// How long a sender who was refused is still heard, so that the refusal is read and the connection not reset.
const HEARD_OUT: Duration = Duration::from_secs(1);

/// Most bytes that are still heard.
const HEARD_MAX: usize = 4 << 20;

/// A connection whose wordless refusals get words.
pub(super) struct Refusing<S> {
    stream: S,
    refusal: Option<Leaving>,
}

/// A refusal on its way out.
struct Leaving {
    words: Vec<u8>,
    sent: usize,
    /// Once all is sent: for how long, and how much more, is heard.
    heard_out: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> Refusing<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, refusal: None }
    }
}

/// The refusal with its words, where the stack answers with a status alone.
fn words(answer: &[u8]) -> Option<Vec<u8>> {
    let (_, reason, detail) = WORDLESS.iter().find(|(begins, ..)| answer.starts_with(begins))?;
    let text = std::str::from_utf8(answer).ok().filter(|_| answer.len() <= WORDLESS_MAX)?;
    let whole = text.ends_with("\r\n\r\n") && text.to_ascii_lowercase().contains("\r\ncontent-length: 0\r\n");
    let first = text.lines().next().filter(|_| whole)?;
    let body = problem::body(&Refusal::of(&status(*reason, *detail))).to_string();
    let head = format!(
        "{first}\r\n{}: {}\r\n{}: no-store\r\n{}: nosniff\r\n{}: close\r\n{}: {}\r\n\r\n",
        header::CONTENT_TYPE,
        problem::MEDIA_TYPE,
        header::CACHE_CONTROL,
        header::X_CONTENT_TYPE_OPTIONS,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        body.len()
    );
    Some([head.into_bytes(), body.into_bytes()].concat())
}

impl Leaving {
    /// Sends what is left of the refusal and hears its sender out.
    fn poll<S>(&mut self, stream: &mut S, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while self.sent < self.words.len() {
            match ready!(Pin::new(&mut *stream).poll_write(context, &self.words[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        let (until, left) =
            self.heard_out.get_or_insert_with(|| (Box::pin(tokio::time::sleep(HEARD_OUT)), HEARD_MAX));
        ready!(Pin::new(&mut *stream).poll_flush(context))?;
        ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
        let mut scratch = [0; 8192];
        while *left > 0 && until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => *left = left.saturating_sub(buffer.filled().len()),
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusing<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Refusing<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() {
            this.refusal = words(bytes).map(|words| Leaving { words, sent: 0, heard_out: None });
        }
        let Some(refusal) = this.refusal.as_mut() else {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        };
        let left = ready!(refusal.poll(&mut this.stream, context));
        this.refusal = None;
        Poll::Ready(left.map(|()| bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        match first.filter(|slice| self.refusal.is_some() || words(slice).is_some()) {
            Some(slice) => self.poll_write(context, slice),
            None => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const ALONE: &[u8] =
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn a_status_alone_gets_its_words() {
        let (mut client, server) = tokio::io::duplex(64);
        let sending = tokio::spawn(async move {
            let mut server = Refusing::new(server);
            server.write_all(ALONE).await.unwrap();
        });
        client.write_all(b"still sending").await.unwrap();
        let mut read = String::new();
        client.read_to_string(&mut read).await.unwrap();
        drop(client);
        sending.await.unwrap();
        let (head, body) = read.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["reason"], "HEADERS_TOO_LARGE");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    }

    #[test]
    fn an_answer_with_words_keeps_them() {
        assert!(words(ALONE).is_some());
        for other in [
            &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK",
            b"\x00\x00\x04HTTP/1.1 400 ",
        ] {
            assert!(words(other).is_none());
        }
    }
}
