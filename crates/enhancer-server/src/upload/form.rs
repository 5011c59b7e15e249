//! `multipart/form-data` (RFC 7578).

use std::error::Error;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{LengthLimitError, Limited};

use super::body::{IntoProblem, Spooled, patiently};
use super::{Upload, finish, name, too_large};
use crate::app::App;
use crate::problem::{Problem, Result};

/// The part that is the recording.
const FILE: &str = "file";
/// Other parts: how many, and the bytes of one.
const MAX_FIELDS: usize = 32;
const MAX_FIELD_BYTES: usize = 4096;
/// What the form may have around its parts.
const MAX_FRAME_BYTES: u64 = 1 << 20;

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case("multipart/form-data"))
}

pub(super) async fn receive(app: &App, request: Request) -> Result<Upload> {
    let max = app.limits.max_body;
    let bound = usize::try_from(max.saturating_add(MAX_FRAME_BYTES)).unwrap_or(usize::MAX);
    let request = request.map(|body| axum::body::Body::new(Limited::new(body, bound)));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| bad_form(rejection.body_text()))?;
    let patience = app.limits.body_timeout();
    let mut recording = None;
    let mut fields: Vec<(String, String)> = Vec::new();
    let told = |error: MultipartError| of_form(error, max);
    while let Some(part) = patiently(patience, form.next_field()).await?.map_err(told)? {
        let Some(name) = part.name().map(ToOwned::to_owned) else {
            return Err(bad_form("a part has no name".into()));
        };
        if name != FILE {
            if fields.len() == MAX_FIELDS {
                return Err(bad_form(format!("it has more than {MAX_FIELDS} fields")));
            }
            let value = patiently(patience, text(&name, part, max)).await??;
            fields.push((name, value));
            continue;
        }
        if recording.is_some() {
            return Err(bad_form("it has two parts named file; send one recording".into()));
        }
        let file_name = part.file_name().and_then(name::sane);
        let mut spooled = Spooled::new(app)?;
        spooled.take(&mut Box::pin(chunks(part, max))).await?;
        recording = Some((spooled, file_name));
    }
    let (spooled, file_name) =
        recording.ok_or_else(|| Problem::field(FILE, "is missing, expected a recording"))?;
    finish(spooled, file_name, fields).await
}

/// The value of a field.
async fn text(name: &str, mut part: Field<'_>, max: u64) -> Result<String> {
    let mut value = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| of_form(error, max))? {
        if value.len() + chunk.len() > MAX_FIELD_BYTES {
            return Err(Problem::field(name, format!("is longer than {MAX_FIELD_BYTES} bytes")));
        }
        value.extend_from_slice(&chunk);
    }
    String::from_utf8(value).map_err(|_| Problem::field(name, "is no UTF-8 text"))
}

fn chunks(
    part: Field<'_>,
    max: u64,
) -> impl futures::Stream<Item = Result<bytes::Bytes, Problem>> + '_ {
    futures::stream::try_unfold(part, move |mut part| async move {
        let chunk = part.chunk().await.map_err(|error| of_form(error, max))?;
        Ok(chunk.map(|chunk| (chunk, part)))
    })
}

impl IntoProblem for Problem {
    fn into_problem(self) -> Problem {
        self
    }
}

fn of_form(error: MultipartError, max: u64) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        if found.is::<LengthLimitError>() {
            return too_large(max);
        }
        cause = found.source();
    }
    bad_form(error.body_text())
}

fn bad_form(reason: String) -> Problem {
    let detail =
        format!("the body is no sound multipart/form-data with one part named file: {reason}");
    Problem::new(StatusCode::BAD_REQUEST, "bad_form", detail)
}
