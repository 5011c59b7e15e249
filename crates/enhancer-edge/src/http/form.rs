//! `multipart/form-data` (RFC 7578), with the parser of the server.

use bytes::Bytes;
use enhancer_http::{Fault, Form, Part, Value};
use futures::FutureExt;
use futures::stream::iter;
use multer::{Field, Multipart, parse_boundary};

use super::Result;
use super::problem::Problem;
use super::upload::Upload;

pub(super) fn receive(media_type: &str, body: Vec<u8>) -> Result<Upload> {
    let boundary = parse_boundary(media_type)
        .map_err(|_| Fault::form("Invalid `boundary` for `multipart/form-data` request"))?;
    let body: [Result<_, std::io::Error>; 1] = [Ok(Bytes::from(body))];
    let parts = parts(Multipart::new(iter(body), boundary));
    // The whole body is in memory, so the parser never waits.
    parts.now_or_never().unwrap_or_else(|| Err(Fault::form("it does not end").into()))
}

async fn parts(mut parser: Multipart<'_>) -> Result<Upload> {
    let mut form = Form::new(&[]);
    while let Some(part) = parser.next_field().await.map_err(of_form)? {
        match form.begin(part.name(), part.file_name())? {
            Part::Field(value) => form.add_field(text(value, part).await?)?,
            Part::Recording(name) => {
                let bytes = Vec::from(part.bytes().await.map_err(of_form)?);
                let name = name.check(&bytes)?;
                form.add_recording((bytes, name));
            }
        }
    }
    let ((file, file_name), fields) = form.finish()?;
    Ok(Upload { file, file_name, fields })
}

async fn text(mut value: Value, mut part: Field<'_>) -> Result<Value> {
    while let Some(chunk) = part.chunk().await.map_err(of_form)? {
        value.push(&chunk)?;
    }
    Ok(value)
}

fn of_form(error: multer::Error) -> Problem {
    Fault::form(error.to_string()).into()
}
