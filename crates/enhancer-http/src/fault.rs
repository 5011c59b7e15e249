//! Why a request is refused before anyone has looked at the recording in it.

use crate::problem::FieldError;

/// What is wrong with a request that sends a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The form is malformed: 400 `bad_form`, with this detail.
    Form(String),
    /// A field is invalid: 422 `invalid_value`.
    Field(FieldError),
    /// The query as a whole is invalid: 422 `invalid_value`, with this detail.
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

    pub(crate) fn field(field: &str, detail: impl Into<String>) -> Fault {
        Fault::Field(FieldError { field: field.into(), detail: detail.into() })
    }
}
