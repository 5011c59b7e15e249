//! A recording and its options, as a form or as a plain body with a query.

use enhancer_http::sane;

use super::Result;
use super::bindings::wasi::http::types::IncomingRequest;
use super::body::{check_length, header, read};
use super::form;
use super::problem::Problem;

/// The most fields of a form or a query.
pub(super) const MAX_FIELDS: usize = 32;

/// A recording that was sent, with its fields.
pub(super) struct Upload {
    /// Its bytes, at least one.
    pub(super) file: Vec<u8>,
    /// What the client calls it.
    pub(super) file_name: Option<String>,
    /// The other fields, in their order.
    pub(super) fields: Vec<(String, String)>,
}

/// Takes a request's recording in. The fields of the query are checked before the body is read.
///
/// # Errors
/// The errors of `check` for the query's fields; 400 if the body breaks off or is a malformed form,
/// 413 if it is too long, 422 if the recording is missing.
pub(super) fn receive(
    request: &IncomingRequest,
    query: &str,
    check: impl FnOnce(&[(String, String)]) -> Result<()>,
) -> Result<Upload> {
    check_length(request)?;
    let mut fields = fields_of(query)?;
    let media_type = header(request, "content-type").unwrap_or_default();
    if form::is_form(&media_type) {
        if !fields.is_empty() {
            let reason = "options of a form are parts of the form, not of the query";
            return Err(form::bad_form(reason));
        }
        return form::receive(&media_type, read(request)?)?.checked();
    }
    let file_name = take(&mut fields, "file_name")?;
    check(&fields)?;
    let file_name = file_name.as_deref().and_then(sane);
    Upload { file: read(request)?, file_name, fields }.checked()
}

impl Upload {
    fn checked(self) -> Result<Upload> {
        if self.file.is_empty() {
            return Err(Problem::field("file", "is empty, expected a recording"));
        }
        Ok(self)
    }
}

/// The fields of a query.
fn fields_of(query: &str) -> Result<Vec<(String, String)>> {
    let fields = form_urlencoded::parse(query.as_bytes()).into_owned();
    let fields: Vec<_> = fields.take(MAX_FIELDS + 1).collect();
    if fields.len() > MAX_FIELDS {
        let detail = format!("the query has more than {MAX_FIELDS} fields");
        return Err(Problem::new(422, "invalid_value", detail));
    }
    Ok(fields)
}

/// Removes a field from others and gives its value; an empty one counts as absent.
fn take(fields: &mut Vec<(String, String)>, name: &str) -> Result<Option<String>> {
    let mut given = fields.extract_if(.., |(known, _)| known == name).map(|(_, value)| value);
    let value = given.next();
    if given.count() > 0 {
        return Err(Problem::field(name, "is given more than once"));
    }
    Ok(value.filter(|value| !value.is_empty()))
}
