//! What a client sends: a recording and what shall become of it, as a form or as a
//! plain body with a query. It goes to a file chunk by chunk, never into memory.

mod body;
mod form;
mod name;

use std::fs::File;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use url::form_urlencoded;

use crate::app::App;
use crate::problem::{Problem, Result};
use body::Spooled;

pub(crate) use name::enhanced_name;

/// A recording that was sent, with its fields.
#[derive(Debug)]
pub(crate) struct Upload {
    /// All of it, at its start; it has no name and is gone when it is closed.
    pub(crate) file: File,
    /// Its length in bytes, at least 1.
    pub(crate) len: u64,
    pub(crate) sha256: [u8; 32],
    /// What the client calls it: a single path component, fit to be told to people.
    pub(crate) file_name: Option<String>,
    /// The other fields, in their order; nobody has looked at them yet.
    pub(crate) fields: Vec<(String, String)>,
}

/// Takes a request's recording in: the part `file` of `multipart/form-data`, or the
/// whole body if it is of another type. Fields are the form's other parts, or the query.
///
/// # Errors
/// 400 if the body breaks off or is no sound form, 408 if it stops coming, 413 if it is
/// longer than the server takes, 422 if there is no recording in it.
pub(crate) async fn receive(app: &App, request: Request) -> Result<Upload> {
    let max = app.limits.max_body;
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|len| len.to_str().ok()?.parse().ok());
    if declared.is_some_and(|len: u64| len > max) {
        return Err(too_large(max));
    }
    let query = query(&request);
    if form::is_form(request.headers()) {
        // Also form fields of the query would be meant: one way is enough.
        if !query.is_empty() {
            let detail = "a form has its options in parts; the query is for plain bodies";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_form", detail));
        }
        return form::receive(app, request).await;
    }
    let mut spooled = Spooled::new(app)?;
    let mut chunks = request.into_body().into_data_stream();
    spooled.take(&mut chunks).await?;
    finish(spooled, None, query).await
}

async fn finish(
    spooled: Spooled,
    file_name: Option<String>,
    fields: Vec<(String, String)>,
) -> Result<Upload> {
    let (file, len, sha256) = spooled.finish().await?;
    if len == 0 {
        return Err(Problem::field("file", "is empty, expected a recording"));
    }
    Ok(Upload { file, len, sha256, file_name, fields })
}

fn query(request: &Request<Body>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// 413.
fn too_large(max: u64) -> Problem {
    let detail = format!("the body is longer than {max} bytes, which is the limit");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}
