//! Every error that a client can see, as a problem document (RFC 9457), in the same form as the
//! server's.

use std::fmt::Display;

use enhancer_http::{Fault, FieldError, MOST_DETAIL, ProblemCode, cut, report};
use serde::Serialize;

use super::answer::Answer;
use super::bindings::wasi::http::types::Method;

/// An error, sent as `application/problem+json`.
#[derive(Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: ProblemCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    allow: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(code: ProblemCode, detail: impl Into<String>) -> Problem {
        let status = code.status();
        let detail = cut(detail.into(), MOST_DETAIL);
        let (kind, title) = ("about:blank", title(status));
        Problem { kind, title, status, code, detail, errors: Vec::new(), allow: None }
    }

    /// An invalid field: 422.
    pub(super) fn field(field: &str, detail: impl Into<String>) -> Problem {
        Problem::fields(vec![FieldError::new(field, detail)])
    }

    /// Fields that are wrong, at least one: 422.
    pub(super) fn fields(errors: Vec<FieldError>) -> Problem {
        let (errors, detail) = report(errors);
        Problem { errors, ..Problem::new(ProblemCode::INVALID_VALUE, detail) }
    }

    /// An error in the component. It keeps no log, so the answer says what happened.
    pub(super) fn internal(error: impl Display) -> Problem {
        Problem::new(ProblemCode::INTERNAL, format!("internal error: {error}"))
    }

    pub(super) fn not_found(path: &str) -> Problem {
        let detail = format!("{path} does not exist; see /openapi.json for all routes");
        Problem::new(ProblemCode::NotFound, detail)
    }

    pub(super) fn wrong_method(path: &str, method: &Method, allow: &'static str) -> Problem {
        let name = method_name(method);
        let detail =
            format!("{path} does not support {name}; see /openapi.json for what it supports");
        Problem { allow: Some(allow), ..Problem::new(ProblemCode::MethodNotAllowed, detail) }
    }

    pub(super) fn into_answer(self) -> Answer {
        let body = serde_json::to_vec(&self).expect("a problem can be written as JSON");
        let answer = Answer::new("application/problem+json", body).status(self.status);
        match self.allow {
            Some(methods) => answer.header("allow", methods.into()),
            None => answer,
        }
    }
}

impl From<enhancer_core::Error> for Problem {
    fn from(error: enhancer_core::Error) -> Problem {
        match ProblemCode::of_core(&error) {
            Some(code) => Problem::new(code, error.to_string()),
            None => Problem::internal(error),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let (code, detail, errors) = fault.report();
        Problem { errors, ..Problem::new(code, detail) }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

fn method_name(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}
