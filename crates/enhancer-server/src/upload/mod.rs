//! A recording and its options, as a form or as a plain body with a query. It is written to a
//! file chunk by chunk and never held in memory.

mod body;
mod form;
mod spooled;

use std::fs::File;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use futures::TryStreamExt;
use url::form_urlencoded;
use utoipa::IntoParams;

use crate::app::App;
use crate::problem::{Problem, Result};
use crate::room::Room;
use body::{Incoming, Refused, Unparsed, bounded, too_large};
use spooled::Spooled;

/// The field of a query that names the recording in the body. A form names its file itself.
const FILE_NAME: &str = "file_name";

/// That field.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only documents the field")]
pub(crate) struct FileNameField {
    /// What the recording in a plain body is called. The result is named after it. A form has the
    /// name of its file.
    file_name: Option<String>,
}

/// A recording that was sent, with its fields.
#[derive(Debug)]
pub(crate) struct Upload {
    /// All of it, at its start; it has no name and is gone when it is closed.
    pub(crate) file: File,
    /// Its length in bytes, at least 1.
    pub(crate) len: u64,
    pub(crate) sha256: [u8; 32],
    /// What the client calls it: a single path component, fit to be shown to people.
    pub(crate) file_name: Option<String>,
    /// The other fields, in their order; nobody has looked at them yet.
    pub(crate) fields: Vec<(String, String)>,
    /// The space that the file takes.
    pub(crate) room: Room,
}

/// Takes a request's recording in: the part `file` of `multipart/form-data`, or the
/// whole body if it is of another type. Fields are the form's other parts, or the query, whose
/// `file_name` is the name of the recording.
///
/// The fields of the query are checked before the body is read, so that a typo does not cost
/// an upload.
///
/// # Errors
/// The errors of `check` for the query's fields; 400 if the body breaks off or is a malformed form,
/// 408 if it stops coming, 413 if it is longer than the server takes, 422 if there is no
/// recording in it, 507 if the disk is full.
pub(crate) async fn receive(
    app: &App,
    request: Request,
    check: impl FnOnce(&[(String, String)]) -> Result<()>,
) -> Result<Upload> {
    let (head, body) = request.into_parts();
    let is_form = form::is_form(&head.headers);
    let sound = check_length(app, &head.headers).and_then(|()| query(&head.uri));
    let sound = sound.and_then(|mut query| match is_form {
        // Also form fields of the query would be meant: one way is enough.
        true if !query.is_empty() => {
            Err(form::bad_form("options of a form are parts of the form, not of the query"))
        }
        true => Ok((None, query)),
        false => {
            let file_name = take(&mut query, FILE_NAME)?;
            check(&query).map(|()| (file_name, query))
        }
    });
    let (file_name, query) = match sound {
        Ok(query) => query,
        Err(problem) => {
            // Who asks whether to send has not begun.
            if !head.headers.contains_key(header::EXPECT) {
                drop(Incoming::new(body));
            }
            return Err(problem);
        }
    };
    let body = Incoming::new(body);
    if is_form {
        return form::receive(app, &head.headers, body).await;
    }
    let unparsed = Unparsed::default();
    let counter = unparsed.clone();
    let bytes = bounded(body, &app.limits, unparsed).inspect_ok(move |_| counter.clear());
    let file_name = file_name.as_deref().and_then(enhancer_http::sane);
    Spooled::receive(app, bytes, |Refused(problem)| problem).await?.into_upload(file_name, query)
}

/// Removes a field from others and gives its value. An empty one counts as absent: forms send it
/// for a blank field.
///
/// # Errors
/// 422 if it is given more than once.
pub(crate) fn take(fields: &mut Vec<(String, String)>, name: &str) -> Result<Option<String>> {
    let mut given = fields.extract_if(.., |(known, _)| known == name).map(|(_, value)| value);
    let value = given.next();
    if given.count() > 0 {
        return Err(Problem::field(name, "is given more than once"));
    }
    Ok(value.filter(|value| !value.is_empty()))
}

fn check_length(app: &App, headers: &HeaderMap) -> Result<()> {
    let max = app.limits.max_body;
    let declared = number(headers, header::CONTENT_LENGTH);
    if declared.is_some_and(|len| len > max) { Err(too_large(max)) } else { Ok(()) }
}

fn number(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The fields of a query.
///
/// # Errors
/// 422 if there are more than a form may have.
pub(crate) fn query(uri: &Uri) -> Result<Vec<(String, String)>> {
    let fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
    let fields: Vec<_> = fields.take(form::MAX_FIELDS + 1).collect();
    if fields.len() > form::MAX_FIELDS {
        let detail = format!("the query has more than {} fields", form::MAX_FIELDS);
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", detail));
    }
    Ok(fields)
}
