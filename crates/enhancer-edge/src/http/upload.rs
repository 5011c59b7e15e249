//! A recording and its options, as a form or as a plain body with a query.

use enhancer_http::{Sent, empty};

use super::Result;
use super::bindings::wasi::http::types::IncomingRequest;
use super::body::{check_length, header, read};
use super::form;

/// An uploaded recording with its fields.
pub(super) struct Upload {
    /// The bytes of the recording, at least one.
    pub(super) file: Vec<u8>,
    /// The client's name for it.
    pub(super) file_name: Option<String>,
    /// The other fields, in their order.
    pub(super) fields: Vec<(String, String)>,
}

/// Receives the recording of a request. The fields of the query are checked before the body is
/// read.
///
/// # Errors
/// The errors of `check` for the query's fields; 400 if the body breaks off or is a malformed form,
/// 413 if it is too large, 422 if the recording is missing.
pub(super) fn receive(
    request: &IncomingRequest,
    query: &str,
    check: impl FnOnce(&[(String, String)]) -> Result<()>,
) -> Result<Upload> {
    check_length(request)?;
    let media_type = header(request, "content-type").unwrap_or_default();
    let upload = match Sent::read(&media_type, query)? {
        Sent::Plain { file_name, fields, .. } => {
            check(&fields)?;
            Upload { file: read(request)?, file_name, fields }
        }
        // Its reader refuses what is not a form.
        _ => form::receive(&media_type, read(request)?)?,
    };
    if upload.file.is_empty() { Err(empty().into()) } else { Ok(upload) }
}
