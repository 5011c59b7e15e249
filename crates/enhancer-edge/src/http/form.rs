//! `multipart/form-data` (RFC 7578), by the parser that the server has.

use bytes::Bytes;
use enhancer_http::{MAX_CHARS, is_of_recording, is_option, sane};
use futures::FutureExt;
use futures::stream::iter;
use multer::{Field, Multipart, parse_boundary};

use super::Result;
use super::problem::Problem;
use super::upload::{MAX_FIELDS, Upload};

/// The part that is the recording.
const FILE: &str = "file";
/// The most bytes of another part.
const MAX_FIELD_BYTES: usize = 4096;

pub(super) fn is_form(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("multipart/form-data")
}

pub(super) fn receive(media_type: &str, body: Vec<u8>) -> Result<Upload> {
    let boundary = parse_boundary(media_type)
        .map_err(|_| bad_form("Invalid `boundary` for `multipart/form-data` request"))?;
    let body: [Result<_, std::io::Error>; 1] = [Ok(Bytes::from(body))];
    let parts = parts(Multipart::new(iter(body), boundary));
    // All of it is there: nothing is waited for.
    parts.now_or_never().unwrap_or_else(|| Err(bad_form("it does not end")))
}

async fn parts(mut form: Multipart<'_>) -> Result<Upload> {
    let mut recording = None;
    let mut fields: Vec<(String, String)> = Vec::new();
    while let Some(part) = form.next_field().await.map_err(of_form)? {
        let name = part.name().ok_or_else(|| bad_form("a part has no name"))?.to_owned();
        if name != FILE {
            if fields.len() == MAX_FIELDS {
                return Err(bad_form(&format!("it has more than {MAX_FIELDS} fields")));
            }
            if part.file_name().is_some() && !is_option(&name) {
                return Err(misnamed(&name));
            }
            let value = text(&name, part).await?;
            fields.push((name, value));
            continue;
        }
        if recording.is_some() {
            return Err(bad_form("it has more than one part named file; send one recording"));
        }
        recording = Some(file(part).await?);
    }
    let (file, file_name) =
        recording.ok_or_else(|| Problem::field(FILE, "is missing, expected a recording"))?;
    Ok(Upload { file, file_name, fields })
}

/// The recording, and its name.
async fn file(part: Field<'_>) -> Result<(Vec<u8>, Option<String>)> {
    let has_name = part.file_name().is_some();
    let file_name = part.file_name().and_then(sane);
    let bytes = Vec::from(part.bytes().await.map_err(of_form)?);
    if !has_name {
        check_not_a_name(&bytes)?;
    }
    Ok((bytes, file_name))
}

/// The value of a field.
async fn text(name: &str, mut part: Field<'_>) -> Result<String> {
    let mut value = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(of_form)? {
        if value.len() + chunk.len() > MAX_FIELD_BYTES {
            return Err(no_text(name, &format!("is longer than {MAX_FIELD_BYTES} bytes")));
        }
        value.extend_from_slice(&chunk);
    }
    String::from_utf8(value).map_err(|_| no_text(name, "is not UTF-8 text"))
}

/// Rejects the name of a recording in the place of its bytes, which curl sends if the `@` is missing.
fn check_not_a_name(bytes: &[u8]) -> Result<()> {
    match str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= MAX_CHARS && is_of_recording(text) => Err(Problem::field(
            FILE,
            "is the name of a file, expected the recording itself; with curl, write @ before the name",
        )),
        _ => Ok(()),
    }
}

fn no_text(name: &str, reason: &str) -> Problem {
    if is_option(name) { Problem::field(name, reason) } else { misnamed(name) }
}

/// 422: most likely it is the recording.
fn misnamed(name: &str) -> Problem {
    Problem::field(name, format!("is not a known field; the recording goes into `{FILE}`"))
}

fn of_form(error: multer::Error) -> Problem {
    bad_form(&error.to_string())
}

/// 400.
pub(super) fn bad_form(reason: &str) -> Problem {
    let detail =
        format!("the body must be multipart/form-data with exactly one part named file: {reason}");
    Problem::new(400, "bad_form", detail)
}
