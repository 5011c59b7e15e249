//! `multipart/form-data` (RFC 7578).

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::HeaderMap;
use enhancer_http::{Fault, FileName, Form, Part, Value};
use futures::TryStreamExt;

use super::Upload;
use super::body::{Incoming, Unparsed, bounded, refusal};
use super::spooled::Spooled;
use crate::problem::{Problem, Result};
use crate::settings::LimitSettings;
use crate::spool::Spool;
use crate::webhook::WEBHOOK_URL;

pub(super) async fn receive(
    spool: &Spool,
    limits: &LimitSettings,
    headers: &HeaderMap,
    body: Incoming,
    mut look: impl FnMut(&[u8]),
) -> Result<Upload> {
    let unparsed = Unparsed::default();
    let body = Body::from_stream(bounded(body, limits, unparsed.clone()));
    let mut parser = parser(headers, body).await?;
    let mut form = Form::new(&[WEBHOOK_URL]);
    while let Some(part) = parser.next_field().await.map_err(of_form)? {
        unparsed.clear();
        match form.begin(part.name(), part.file_name())? {
            Part::Field(value) => form.add_field(text(value, part, &unparsed).await?)?,
            Part::Recording(name) => {
                let bytes = part.inspect_ok(|_| unparsed.clear());
                let mut spooled = Spooled::receive(spool, bytes, of_form, &mut look).await?;
                let short = spooled.short(FileName::SHORT as u64)?;
                let name = name.check(&short.unwrap_or_default())?;
                form.add_recording((spooled, name));
            }
        }
    }
    let ((spooled, file_name), fields) = form.finish()?;
    spooled.into_upload(file_name, fields)
}

async fn parser(headers: &HeaderMap, body: Body) -> Result<Multipart> {
    let mut request = Request::new(body);
    *request.headers_mut() = headers.clone();
    // The body already has its limits.
    DefaultBodyLimit::disable().apply(&mut request);
    let form = Multipart::from_request(request, &()).await;
    form.map_err(|rejection| Fault::form(rejection.body_text()).into())
}

async fn text(mut value: Value, mut part: Field<'_>, unparsed: &Unparsed) -> Result<Value> {
    while let Some(chunk) = part.chunk().await.map_err(of_form)? {
        unparsed.clear();
        value.push(&chunk)?;
    }
    Ok(value)
}

fn of_form(error: MultipartError) -> Problem {
    refusal(&error).unwrap_or_else(|| Fault::form(error.body_text()).into())
}
