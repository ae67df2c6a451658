//! Reads the body of a request: so many bytes and no more, and no slower than it may be.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;
use tonic::Status;

use crate::reasons::{Reason, status};

/// Most bytes of a body too large that are still read, so that its sender reads the answer.
const DRAINED_MAX: usize = 32 << 20;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// The whole body.
///
/// # Errors
/// BODY_TOO_LARGE above the limit, BODY_TOO_SLOW where nothing comes for so long, CANCELLED where it breaks off.
pub(super) async fn read<B>(headers: &HeaderMap, body: B, max: usize, idle: Duration) -> Result<Bytes, Status>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut body = body;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > max) {
        return Err(too_large(&mut body, headers, max).await);
    }
    let mut read = BytesMut::new();
    loop {
        let next = tokio::time::timeout(idle, body.frame()).await;
        let frame = match next {
            Err(_) => {
                let detail =
                    format!("no part of the body came for {} s; send it without pauses", idle.as_secs());
                return Err(status(Reason::BodyTooSlow, detail));
            }
            Ok(None) => return Ok(read.freeze()),
            Ok(Some(Err(_))) => return Err(status(Reason::Cancelled, "the body broke off")),
            Ok(Some(Ok(frame))) => frame,
        };
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > max {
                return Err(too_large(&mut body, headers, max).await);
            }
            read.extend_from_slice(&data);
        }
    }
}

/// Reads on for a while, so that a sender who does not wait for the go-ahead still reads the refusal.
async fn too_large<B>(body: &mut B, headers: &HeaderMap, max: usize) -> Status
where
    B: Body<Data = Bytes> + Unpin,
{
    if !headers.contains_key(header::EXPECT) {
        let drain = async {
            let mut drained = 0;
            while let Some(Ok(frame)) = body.frame().await {
                drained += frame.data_ref().map_or(0, Bytes::len);
                if drained > DRAINED_MAX {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
    }
    status(Reason::BodyTooLarge, format!("the body may have at most {max} bytes"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::Frame;
    use http_body_util::Full;

    use super::*;
    use crate::reasons::Refusal;

    /// A body of which nothing ever comes.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let idle = Duration::from_secs(1);
        let body = || Full::new(Bytes::from_static(b"12345"));
        assert_eq!(read(&HeaderMap::new(), body(), 5, idle).await.unwrap(), "12345");
        let refusal = read(&HeaderMap::new(), body(), 4, idle).await.unwrap_err();
        assert_eq!(Refusal::of(&refusal).reason, Reason::BodyTooLarge);
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, "5".parse().unwrap())]);
        let refusal = read(&headers, body(), 4, idle).await.unwrap_err();
        assert!(refusal.message().contains("at most 4 bytes"));
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_given_up() {
        let refusal = read(&HeaderMap::new(), Silent, 5, Duration::from_millis(5)).await.unwrap_err();
        assert_eq!(Refusal::of(&refusal).reason, Reason::BodyTooSlow);
    }
}
