//! `multipart/form-data` (RFC 7578).

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use futures::TryStreamExt;

use super::Upload;
use super::body::{Incoming, Unparsed, bounded, refusal};
use super::spooled::Spooled;
use crate::app::App;
use crate::jobs::WEBHOOK_URL;
use crate::problem::{Problem, Result};

/// The part that is the recording.
const FILE: &str = "file";
/// Other parts: how many, and the bytes of one.
pub(super) const MAX_FIELDS: usize = 32;
const MAX_FIELD_BYTES: usize = 4096;

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case("multipart/form-data"))
}

pub(super) async fn receive(app: &App, headers: &HeaderMap, body: Incoming) -> Result<Upload> {
    let unparsed = Unparsed::default();
    let body = Body::from_stream(bounded(body, &app.limits, unparsed.clone()));
    let mut form = parser(headers, body).await?;
    let mut recording = None;
    let mut fields: Vec<(String, String)> = Vec::new();
    while let Some(part) = form.next_field().await.map_err(of_form)? {
        unparsed.clear();
        let name = part.name().ok_or_else(|| bad_form("a part has no name"))?.to_owned();
        if name != FILE {
            if fields.len() == MAX_FIELDS {
                return Err(bad_form(&format!("it has more than {MAX_FIELDS} fields")));
            }
            if part.file_name().is_some() && !is_field(&name) {
                return Err(misnamed(&name));
            }
            let value = text(&name, part, &unparsed).await?;
            fields.push((name, value));
            continue;
        }
        if recording.is_some() {
            return Err(bad_form("it has more than one part named file; send one recording"));
        }
        let has_name = part.file_name().is_some();
        let file_name = part.file_name().and_then(enhancer_http::sane);
        let bytes = part.inspect_ok(|_| unparsed.clear());
        let mut spooled = Spooled::receive(app, bytes, of_form).await?;
        if !has_name {
            check_not_a_name(&mut spooled)?;
        }
        recording = Some((spooled, file_name));
    }
    let (spooled, file_name) =
        recording.ok_or_else(|| Problem::field(FILE, "is missing, expected a recording"))?;
    spooled.into_upload(file_name, fields)
}

async fn parser(headers: &HeaderMap, body: Body) -> Result<Multipart> {
    let mut request = Request::new(body);
    *request.headers_mut() = headers.clone();
    // The body is bounded already.
    DefaultBodyLimit::disable().apply(&mut request);
    let form = Multipart::from_request(request, &()).await;
    form.map_err(|rejection| bad_form(&rejection.body_text()))
}

/// The value of a field.
async fn text(name: &str, mut part: Field<'_>, unparsed: &Unparsed) -> Result<String> {
    let mut value = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(of_form)? {
        unparsed.clear();
        if value.len() + chunk.len() > MAX_FIELD_BYTES {
            return Err(no_text(name, &format!("is longer than {MAX_FIELD_BYTES} bytes")));
        }
        value.extend_from_slice(&chunk);
    }
    String::from_utf8(value).map_err(|_| no_text(name, "is not UTF-8 text"))
}

/// Rejects the name of a recording in the place of its bytes, which curl sends if the `@` is missing.
fn check_not_a_name(spooled: &mut Spooled) -> Result<()> {
    let Some(bytes) = spooled.short(enhancer_http::MAX_CHARS as u64)? else { return Ok(()) };
    match str::from_utf8(&bytes) {
        Ok(text) if enhancer_http::is_of_recording(text) => Err(Problem::field(
            FILE,
            "is the name of a file, expected the recording itself; with curl, write @ before the name",
        )),
        _ => Ok(()),
    }
}

/// Whether a part of that name can be anything but a recording.
fn is_field(name: &str) -> bool {
    enhancer_http::is_option(name) || name == WEBHOOK_URL
}

fn no_text(name: &str, reason: &str) -> Problem {
    if is_field(name) { Problem::field(name, reason) } else { misnamed(name) }
}

/// 422: most likely it is the recording.
fn misnamed(name: &str) -> Problem {
    Problem::field(name, format!("is not a known field; the recording goes into `{FILE}`"))
}

fn of_form(error: MultipartError) -> Problem {
    refusal(&error).unwrap_or_else(|| bad_form(&error.body_text()))
}

/// 400.
pub(super) fn bad_form(reason: &str) -> Problem {
    let detail =
        format!("the body must be multipart/form-data with exactly one part named file: {reason}");
    Problem::new(StatusCode::BAD_REQUEST, "bad_form", detail)
}
