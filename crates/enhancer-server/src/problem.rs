//! Every error that a client can see, as a problem document (RFC 9457).

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use enhancer_http::{Fault, MOST_DETAIL, cut};
pub(crate) use enhancer_http::{FieldError, ProblemCode};
use serde::Serialize;
use utoipa::ToSchema;

/// An error (RFC 9457), sent as `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`. Use `code` to distinguish errors.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the HTTP status.
    title: &'static str,
    /// The HTTP status code.
    status: u16,
    code: ProblemCode,
    /// What failed, where, and what was expected. For people.
    detail: String,
    /// The invalid fields, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// When to try again, in seconds. Also sent as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// The result of a handler.
pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// An error named by `code`.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Problem {
        let status = code.status();
        Problem {
            kind: "about:blank",
            title: title(status),
            status,
            code,
            detail: cut(detail.into(), MOST_DETAIL),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// An invalid field: 422.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::fields(vec![FieldError::new(field, detail)])
    }

    /// Fields that are wrong, at least one: 422. The first 24 are reported.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Problem {
        let (errors, detail) = enhancer_http::report(errors);
        let problem = Problem::new(ProblemCode::INVALID_VALUE, detail);
        Problem { errors, ..problem }
    }

    /// An internal error: 500. The error itself is only logged.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
        tracing::error!(%error, "internal error");
        let detail = "internal error; see the server log";
        Problem::new(ProblemCode::INTERNAL, detail)
    }

    /// An error of the server's disk: 507 if it is full, 503 if too many files are open,
    /// otherwise 500.
    pub(crate) fn storage(error: io::Error) -> Problem {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                tracing::error!(%error, "the disk is full");
                let detail = "the server has no space left for this recording or its result; try \
                              again later, or send a smaller recording";
                Problem::new(ProblemCode::StorageFull, detail)
            }
            _ if is_out_of_files(&error) => {
                tracing::error!(%error, "too many files are open; raise the limit (ulimit -n)");
                let detail = "the server has too many open files; try again later";
                Problem::new(ProblemCode::Busy, detail).retry_after(5)
            }
            _ => Problem::internal(error),
        }
    }

    /// Sets the number of seconds after which the client should try again.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The stable name of the error.
    pub(crate) fn code(&self) -> ProblemCode {
        self.code
    }

    /// The text for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

/// The name of an HTTP status.
fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

/// Whether the process or the system cannot open more files. The error may be wrapped in others.
fn is_out_of_files(error: &(dyn Error + 'static)) -> bool {
    use rustix::io::Errno;
    successors(Some(error), |&error| inner(error).or(error.source()))
        .filter_map(|error| error.downcast_ref::<io::Error>()?.raw_os_error())
        .any(|code| [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).contains(&code))
}

/// The error that an `io::Error` wraps. `source()` would skip it and return its source.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(wrapped)
}

impl From<enhancer_core::Error> for Problem {
    fn from(error: enhancer_core::Error) -> Problem {
        if let Some(code) = ProblemCode::of_core(&error) {
            return Problem::new(code, error.to_string());
        }
        match error.kind() {
            enhancer_core::ErrorKind::Write { source } => {
                Problem::storage(io::Error::new(source.kind(), error))
            }
            _ => Problem::internal(error),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let (code, detail, errors) = fault.report();
        Problem { errors, ..Problem::new(code, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_open_files_are_not_an_internal_error() {
        let error = |code: rustix::io::Errno| io::Error::from_raw_os_error(code.raw_os_error());
        let inside = anyhow::Error::from(error(rustix::io::Errno::MFILE)).context("a folder");
        let problem = Problem::storage(io::Error::other(inside.into_boxed_dyn_error()));
        assert_eq!(
            (problem.status, problem.code, problem.retry_after),
            (503, ProblemCode::Busy, Some(5))
        );
        let wrapped = io::Error::other(error(rustix::io::Errno::MFILE));
        assert_eq!(Problem::storage(wrapped).status, 503);
        assert_eq!(Problem::storage(error(rustix::io::Errno::NFILE)).status, 503);
        assert_eq!(Problem::storage(error(rustix::io::Errno::NOSPC)).status, 507);
        assert_eq!(Problem::storage(error(rustix::io::Errno::IO)).status, 500);
    }

    #[test]
    fn an_answer_does_not_grow_with_its_request() {
        let error = |n: usize| FieldError::new(n.to_string(), "\u{7f}".repeat(9000));
        let problem = Problem::fields((0..5000).map(error).collect());
        let bytes = serde_json::to_vec(&problem).unwrap().len();
        assert!(bytes < 24_576, "{bytes}");
        let path = Problem::new(ProblemCode::NotFound, "é".repeat(60_000));
        assert!(path.detail.len() <= MOST_DETAIL + '…'.len_utf8());
    }
}
