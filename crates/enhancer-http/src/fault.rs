//! Why a request is refused before anyone has looked at the recording in it.

use crate::code::ProblemCode;
use crate::problem::{FieldError, report};

/// What is wrong with a request that sends a recording.
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
    /// Of a form, which has to be as said here, and is not for this reason.
    pub fn form(reason: impl AsRef<str>) -> Fault {
        let reason = reason.as_ref();
        Fault::Form(format!(
            "the body must be multipart/form-data with exactly one part named file: {reason}"
        ))
    }

    /// What the answer says: the code, the detail, and the invalid field, if it is one.
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
