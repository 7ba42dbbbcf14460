//! Files of Limpet, in pieces as they are stored.

use super::{Ours, Who};
use crate::server::controller::{Controller, now_s};
use crate::server::refused::Refused;
use crate::server::store::{PIECE_BYTES, StoreError};
use crate::server::text;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pub(super) async fn blob(
    State(controller): Ours,
    Extension(connection): Who,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let present = connection.board(&headers).await?;
    if !present.live.may_ask(now_s()) {
        return Err(Refused::too_often());
    }
    blob_of(controller, &sha256, &headers).await
}

/// The file, or the range of it that is asked for.
pub(crate) async fn blob_of(
    controller: Arc<Controller>,
    name: &str,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let sha256 = text::from_hex(name)
        .ok_or_else(|| Refused::bad(format!("{name} is not the SHA-256 of a file in hexadecimal")))?;
    let missing = || Refused::missing(format!("there is no file {name} here; upload it with limpetctl"));
    let bytes = controller.store.blob(sha256).await?.ok_or_else(missing)?;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, range) = match asked.and_then(|text| range(text, bytes)) {
        None => (StatusCode::OK, 0..bytes),
        Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(None) => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    let said = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {}-{}/{bytes}", range.start, range.end - 1)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{bytes}")),
        _ => None,
    };
    let mut response = Response::new(Body::new(Pieces { controller, sha256, range, piece: None }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Some(said) = said.and_then(|said| HeaderValue::try_from(said).ok()) {
        headers.insert(header::CONTENT_RANGE, said);
    }
    Ok(response)
}

/// One range of RFC 9110, 14.1.2: `None` for what is answered with all, `Some(None)` for what there is nothing of.
fn range(text: &str, bytes: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let range = match (first, last) {
        ("", last) => bytes.saturating_sub(number(last)?)..bytes,
        (first, "") => number(first)?..bytes,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(bytes)
        }
    };
    Some((range.start < range.end).then_some(range))
}

type Piece = Pin<Box<dyn Future<Output = Result<Vec<u8>, StoreError>> + Send>>;

struct Pieces {
    controller: Arc<Controller>,
    sha256: [u8; 32],
    /// What is still to be sent.
    range: Range<u64>,
    piece: Option<Piece>,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let (number, skip) = (self.range.start / PIECE_BYTES, self.range.start % PIECE_BYTES);
        let (controller, sha256) = (self.controller.clone(), self.sha256);
        let piece = self
            .piece
            .get_or_insert_with(|| Box::pin(async move { controller.store.piece(sha256, number).await }));
        let read = ready!(piece.as_mut().poll(context));
        self.piece = None;
        let bytes = Bytes::from(read?);
        let wanted = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
        let bytes = bytes.slice(skip..bytes.len().min(skip.saturating_add(wanted)));
        if bytes.is_empty() {
            return Poll::Ready(Some(Err(StoreError::Failed("a file is shorter than it was".into()))));
        }
        self.range.start += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end - self.range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let all = |text| range(text, 100);
        assert_eq!(all("bytes=0-0"), Some(Some(0..1)));
        assert_eq!(all("bytes=90-"), Some(Some(90..100)));
        assert_eq!(all("bytes=90-1000"), Some(Some(90..100)));
        assert_eq!(all("bytes=-10"), Some(Some(90..100)));
        assert_eq!(all("bytes=-1000"), Some(Some(0..100)));
        assert_eq!(all("bytes=100-"), Some(None));
        assert_eq!(all("bytes=-0"), Some(None));
        for odd in ["bytes=", "bytes=-", "bytes=5-4", "bytes=+1-2", "bytes=0-1,3-4", "pages=1-2", "bytes=a-b"]
        {
            assert_eq!(all(odd), None, "{odd}");
        }
        assert_eq!(range("bytes=0-", 0), Some(None));
    }
}
