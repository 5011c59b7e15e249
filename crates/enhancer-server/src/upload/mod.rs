//! A recording and its options, as a form or as a plain body with a query. It is written to a
//! file chunk by chunk and never held in memory.

mod body;
mod form;
mod spooled;

use std::fs::File;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use enhancer_http::Sent;
use futures::TryStreamExt;
use utoipa::IntoParams;

use crate::problem::{Problem, Result};
use crate::room::Room;
use crate::settings::LimitSettings;
use crate::spool::Spool;
use body::{Incoming, Refused, Unparsed, bounded, too_large};
use spooled::Spooled;

/// The field of a query that names the recording in the body. A form names its file itself.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only documents the field")]
pub(crate) struct FileNameField {
    /// The file name of the recording in a plain body. The result gets its name from it. In a form,
    /// the file has its own name.
    file_name: Option<String>,
}

/// An uploaded recording with its fields.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The whole recording, at its start. The file has no name and disappears when it is closed.
    pub(crate) file: File,
    /// Its length in bytes, at least 1.
    pub(crate) len: u64,
    /// The client's name for it: a single path component that can be shown to people.
    pub(crate) file_name: Option<String>,
    /// The other fields, in their order. They are not checked yet.
    pub(crate) fields: Vec<(String, String)>,
    /// The space that the file takes.
    pub(crate) room: Room,
}

/// Receives the recording of a request: the part `file` of `multipart/form-data`, or the whole body
/// of any other type. The fields are the other parts of the form, or the query, whose `file_name`
/// is the name of the recording.
///
/// `look` gets the bytes of the recording as they come. The fields of the query are checked
/// before the body is read, so that a typo does not cost an upload.
///
/// # Errors
/// The errors of `check` for the query's fields; 400 if the body breaks off or is a malformed form,
/// 408 if it stalls or is too slow, 413 if it is too large, 422 if it has no recording, 507 if the
/// disk is full.
pub(crate) async fn receive(
    spool: &Spool,
    limits: &LimitSettings,
    request: Request,
    check: impl FnOnce(&[(String, String)]) -> Result<()>,
    look: impl FnMut(&[u8]),
) -> Result<Upload> {
    let (head, body) = request.into_parts();
    let sent = check_length(limits, &head.headers).and_then(|()| read_head(&head));
    let sent = sent.and_then(|sent| match &sent {
        Sent::Plain { fields, .. } => check(fields).map(|()| sent),
        _ => Ok(sent),
    });
    let sent = match sent {
        Ok(sent) => sent,
        Err(problem) => {
            let_go(&head.headers, body);
            return Err(problem);
        }
    };
    let body = Incoming::new(body);
    // The reader of forms refuses what is none.
    let Sent::Plain { file_name, fields, .. } = sent else {
        return form::receive(spool, limits, &head.headers, body, look).await;
    };
    let unparsed = Unparsed::default();
    let counter = unparsed.clone();
    let bytes = bounded(body, limits, unparsed).inspect_ok(move |_| counter.clear());
    let spooled = Spooled::receive(spool, bytes, |Refused(problem)| problem, look).await?;
    spooled.into_upload(file_name, fields)
}

/// Refuses a request before its body is read. A client that is already sending can still read the
/// answer.
pub(crate) fn refuse(request: Request, problem: Problem) -> Problem {
    let (head, body) = request.into_parts();
    let_go(&head.headers, body);
    problem
}

fn let_go(headers: &HeaderMap, body: Body) {
    // A client that sends `Expect` has not begun to send its body.
    if !headers.contains_key(header::EXPECT) {
        drop(Incoming::new(body));
    }
}

fn read_head(head: &Parts) -> Result<Sent> {
    let media_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(Sent::read(media_type.unwrap_or_default(), head.uri.query().unwrap_or_default())?)
}

fn check_length(limits: &LimitSettings, headers: &HeaderMap) -> Result<()> {
    let max = limits.max_body;
    let declared = number(headers, header::CONTENT_LENGTH);
    if declared.is_some_and(|len| len > max) { Err(too_large(max)) } else { Ok(()) }
}

fn number(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
