//! Every error that a client can see, as a problem document (RFC 9457).

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
pub(crate) use enhancer_http::FieldError;
use enhancer_http::{Fault, MOST_DETAIL, cut};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

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
    #[schema(value_type = ProblemCode)]
    code: &'static str,
    /// What failed, where, and what was expected. For people.
    detail: String,
    /// The invalid fields, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// When to try again, in seconds. Also sent as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// The `code` in the document.
struct ProblemCode;

/// The codes of all errors.
const CODES: [&str; 38] = [
    "bad_form",
    "body_broke_off",
    "body_timeout",
    "body_too_large",
    "busy",
    "cancelled",
    "corrupt_audio",
    "files_off",
    "foreign_origin",
    "gave_up",
    "idempotency_conflict",
    "internal",
    "invalid_json",
    "invalid_value",
    "job_cancelled",
    "job_ended",
    "job_failed",
    "job_not_finished",
    "jobs_not_listed",
    "limit_exceeded",
    "method_not_allowed",
    "misdirected",
    "not_found",
    "not_given_up",
    "not_redeliverable",
    "queue_full",
    "rate_limited",
    "shut_down",
    "shutting_down",
    "storage",
    "storage_full",
    "too_many_connections",
    "too_many_streams",
    "unauthorized",
    "unsupported_audio",
    "unsupported_media_type",
    "unwritable_audio",
    "webhook_unreachable",
];

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let description = "A stable name of an error. The command line and the browser use the \
                           same codes. Later versions may have more.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .enum_values(Some(CODES))
            .into()
    }
}

impl ToSchema for ProblemCode {}

/// The result of a handler.
pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// An error named by `code`.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Problem {
        debug_assert!(CODES.contains(&code), "the document does not name {code}");
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Unknown"),
            status: status.as_u16(),
            code,
            detail: cut(detail.into(), MOST_DETAIL),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// An invalid field: 422.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::fields(vec![FieldError { field: field.into(), detail: detail.into() }])
    }

    /// Fields that are wrong, at least one: 422. The first 24 are reported.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Problem {
        let (errors, detail) = enhancer_http::report(errors);
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", detail);
        Problem { errors, ..problem }
    }

    /// An internal error: 500. The error itself is only logged.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
        tracing::error!(%error, "internal error");
        let detail = "internal error; see the server log";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// An error of the server's disk: 507 if it is full, 503 if too many files are open,
    /// otherwise 500.
    pub(crate) fn storage(error: io::Error) -> Problem {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                tracing::error!(%error, "the disk is full");
                let detail = "the server has no space left for this recording or its result; try \
                              again later, or send a smaller recording";
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail)
            }
            _ if is_out_of_files(&error) => {
                tracing::error!(%error, "too many files are open; raise the limit (ulimit -n)");
                let detail = "the server has as many files open as it may have; try again later";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(5)
            }
            _ => Problem::internal(error),
        }
    }

    /// When it is worth trying again, in seconds.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Its text for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

/// Whether the process, or the system, may not open more files. The error may be inside others.
fn is_out_of_files(error: &(dyn Error + 'static)) -> bool {
    use rustix::io::Errno;
    successors(Some(error), |&error| inner(error).or(error.source()))
        .filter_map(|error| error.downcast_ref::<io::Error>()?.raw_os_error())
        .any(|code| [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).contains(&code))
}

/// What an `io::Error` wraps. Its source is the source of that.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(wrapped)
}

impl From<enhancer_core::Error> for Problem {
    fn from(error: enhancer_core::Error) -> Problem {
        if let Some(status) = enhancer_http::status_of(&error) {
            let status = StatusCode::from_u16(status).expect("it is one of HTTP");
            return Problem::new(status, error.code(), error.to_string());
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
        match fault {
            Fault::Form(detail) => Problem::new(StatusCode::BAD_REQUEST, "bad_form", detail),
            Fault::Field(error) => Problem::fields(vec![error]),
            Fault::Query(detail) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", detail)
            }
        }
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
    fn too_many_open_files_are_no_internal_error() {
        let error = |code: rustix::io::Errno| io::Error::from_raw_os_error(code.raw_os_error());
        let inside = anyhow::Error::from(error(rustix::io::Errno::MFILE)).context("a folder");
        let problem = Problem::storage(io::Error::other(inside.into_boxed_dyn_error()));
        assert_eq!((problem.status, problem.code, problem.retry_after), (503, "busy", Some(5)));
        let wrapped = io::Error::other(error(rustix::io::Errno::MFILE));
        assert_eq!(Problem::storage(wrapped).status, 503);
        assert_eq!(Problem::storage(error(rustix::io::Errno::NFILE)).status, 503);
        assert_eq!(Problem::storage(error(rustix::io::Errno::NOSPC)).status, 507);
        assert_eq!(Problem::storage(error(rustix::io::Errno::IO)).status, 500);
    }

    #[test]
    fn an_answer_does_not_grow_with_its_request() {
        let error = |n: usize| FieldError { field: n.to_string(), detail: "\u{7f}".repeat(9000) };
        let problem = Problem::fields((0..5000).map(error).collect());
        let bytes = serde_json::to_vec(&problem).unwrap().len();
        assert!(bytes < 24_576, "{bytes}");
        let path = Problem::new(StatusCode::NOT_FOUND, "not_found", "é".repeat(60_000));
        assert!(path.detail.len() <= MOST_DETAIL + '…'.len_utf8());
    }
}
