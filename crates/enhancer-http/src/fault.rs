//! Reasons to refuse a request before its recording is read.

use crate::code::ProblemCode;
use crate::problem::{FieldError, report};

/// The fault of a request with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The form is malformed, with this detail.
    Form(String),
    /// A field is invalid.
    Field(FieldError),
    /// The query as a whole is invalid, with this detail.
    Query(String),
}

impl Fault {
    /// A malformed form. The detail says what is expected, and the reason.
    pub fn form(reason: impl AsRef<str>) -> Fault {
        let reason = reason.as_ref();
        Fault::Form(format!(
            "the body must be multipart/form-data with exactly one part named file: {reason}"
        ))
    }

    /// The content of the answer: the code, the detail, and the invalid field, if any.
    pub fn report(self) -> (ProblemCode, String, Vec<FieldError>) {
        match self {
            Fault::Form(detail) => (ProblemCode::BadForm, detail, Vec::new()),
            Fault::Field(error) => {
                let (errors, detail) = report(vec![error]);
                (ProblemCode::INVALID_VALUE, detail, errors)
            }
            Fault::Query(detail) => (ProblemCode::INVALID_VALUE, detail, Vec::new()),
        }
    }

    pub(crate) fn field(field: &str, detail: impl Into<String>) -> Fault {
        Fault::Field(FieldError::new(field, detail))
    }
}
