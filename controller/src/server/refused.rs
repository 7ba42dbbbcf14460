//! What is answered to whom gets nothing: a status, and one line for people.

use super::store::StoreError;
use crate::api::Problem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// To a board: the line as text.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refused {
    /// HTTP's number.
    pub(crate) status: StatusCode,
    /// One line: what was being done, to what, why it failed, what to do next.
    pub(crate) text: String,
    /// Seconds after which to try again, if that helps.
    pub(crate) retry_s: Option<u64>,
}

impl Refused {
    /// Asking again changes nothing.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), retry_s: None }
    }

    /// What was sent is wrong.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// It is not for whoever asks.
    pub(crate) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, text)
    }

    /// There is no such thing.
    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// Things are otherwise than whoever asks believes.
    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, text)
    }

    /// Later, again.
    pub(crate) fn busy(status: StatusCode, text: impl Into<String>, retry_s: u64) -> Self {
        Self { status, text: text.into(), retry_s: Some(retry_s) }
    }

    /// It asks more than it may.
    pub(crate) fn too_often() -> Self {
        Self::busy(StatusCode::TOO_MANY_REQUESTS, "too many requests; wait, then go on more slowly", 60)
    }

    fn dress(&self, mut response: Response) -> Response {
        if let Some(retry_s) = self.retry_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
        }
        response
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let status = match error {
            StoreError::Full => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::Failed(_) | StoreError::Doubtful(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::busy(status, error.to_string(), 60)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.dress((self.status, self.text.clone()).into_response())
    }
}

/// To an operator: the line in JSON.
pub(crate) struct OperatorRefused(pub Refused);

impl<E: Into<Refused>> From<E> for OperatorRefused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for OperatorRefused {
    fn into_response(self) -> Response {
        let body = Json(Problem { error: self.0.text.clone() });
        self.0.dress((self.0.status, body).into_response())
    }
}
