//! Every error that a client can see, as a problem document (RFC 9457), as the server has it.

use enhancer_http::{Fault, FieldError, MOST_DETAIL, cut, report, status_of};
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
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    allow: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Problem {
        let detail = cut(detail.into(), MOST_DETAIL);
        let (kind, title) = ("about:blank", title(status));
        Problem { kind, title, status, code, detail, errors: Vec::new(), allow: None }
    }

    /// An invalid field: 422.
    pub(super) fn field(field: &str, detail: impl Into<String>) -> Problem {
        Problem::fields(vec![FieldError { field: field.into(), detail: detail.into() }])
    }

    /// Fields that are wrong, at least one: 422.
    pub(super) fn fields(errors: Vec<FieldError>) -> Problem {
        let (errors, detail) = report(errors);
        Problem { errors, ..Problem::new(422, "invalid_value", detail) }
    }

    pub(super) fn not_found(path: &str) -> Problem {
        let detail = format!("{path} does not exist; see /openapi.json for all routes");
        Problem::new(404, "not_found", detail)
    }

    pub(super) fn wrong_method(path: &str, method: &Method, allow: &'static str) -> Problem {
        let name = method_name(method);
        let detail =
            format!("{path} does not support {name}; see /openapi.json for what it supports");
        Problem { allow: Some(allow), ..Problem::new(405, "method_not_allowed", detail) }
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
        match status_of(&error) {
            Some(status) => Problem::new(status, error.code(), error.to_string()),
            // The component keeps no log, so the answer says what happened.
            None => Problem::new(500, "internal", format!("internal error: {error}")),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        match fault {
            Fault::Form(detail) => Problem::new(400, "bad_form", detail),
            Fault::Field(error) => Problem::fields(vec![error]),
            Fault::Query(detail) => Problem::new(422, "invalid_value", detail),
        }
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
