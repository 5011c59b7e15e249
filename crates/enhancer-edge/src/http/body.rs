//! The bytes of a request, limited in number.

use enhancer_http::ProblemCode;

use super::Result;
use super::bindings::wasi::http::types::IncomingRequest;
use super::bindings::wasi::io::streams::StreamError;
use super::problem::Problem;

/// The maximum size of a body in bytes. With a result of the same size and the model, this takes less
/// than the 128 MB of memory that platforms allow.
pub(super) const MOST: usize = 10 << 20;
/// The answer to a larger body.
pub(super) const TOO_LARGE: &str = "the body is larger than the limit of 10 MiB";

/// How many bytes are read at a time.
const CHUNK: u64 = 64 << 10;

/// Refuses a body whose declared length is too large, before it is read.
///
/// # Errors
/// 413.
pub(super) fn check_length(request: &IncomingRequest) -> Result<()> {
    let declared = header(request, "content-length").and_then(|value| value.parse::<u64>().ok());
    if declared.is_some_and(|len| len > MOST as u64) { Err(too_large()) } else { Ok(()) }
}

/// All bytes of the body.
///
/// # Errors
/// 400 if it breaks off, 413 if it is too large.
pub(super) fn read(request: &IncomingRequest) -> Result<Vec<u8>> {
    let body = request.consume().expect("it is taken once");
    let stream = body.stream().expect("it is taken once");
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(chunk) if bytes.len() + chunk.len() > MOST => return Err(too_large()),
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                let detail = format!("the body ended early: {}", error.to_debug_string());
                return Err(Problem::new(ProblemCode::BodyBrokeOff, detail));
            }
        }
    }
}

/// The value of a header, if it is text.
pub(super) fn header(request: &IncomingRequest, name: &str) -> Option<String> {
    let value = request.headers().get(name).into_iter().next()?;
    String::from_utf8(value).ok()
}

fn too_large() -> Problem {
    Problem::new(ProblemCode::BodyTooLarge, TOO_LARGE)
}
