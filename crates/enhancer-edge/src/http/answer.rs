//! Responses.

use serde::Serialize;

use super::bindings::wasi::http::types::{
    Fields, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use super::bindings::wasi::io::streams::OutputStream;

/// A complete response.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A successful response.
    pub(super) fn new(media_type: &str, body: Vec<u8>) -> Answer {
        Answer { status: 200, headers: vec![("content-type", media_type.into())], body }
    }

    pub(super) fn json(value: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(value).expect("what is sent can be written as JSON");
        Answer::new("application/json", body)
    }

    pub(super) fn status(self, status: u16) -> Answer {
        Answer { status, ..self }
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Answer {
        self.headers.push((name, value));
        self
    }

    /// Sends the response; without its body for a HEAD request. A disconnected client is not an
    /// error.
    pub(super) fn send(self, out: ResponseOutparam, with_body: bool) {
        let fields = Fields::new();
        for (name, value) in self.headers {
            // Values that a header cannot have are left out, as the server does.
            let _ = fields.append(name, value.as_bytes());
        }
        let _ = fields.append("content-length", self.body.len().to_string().as_bytes());
        let response = OutgoingResponse::new(fields);
        response.set_status_code(self.status).expect("it is a status of HTTP");
        let body = response.body().expect("it is taken once");
        ResponseOutparam::set(out, Ok(response));
        if with_body {
            let stream = body.write().expect("it is taken once");
            let _ = write(&stream, &self.body);
        }
        let _ = OutgoingBody::finish(body, None);
    }
}

/// Writes in pieces, each as large as the host accepts.
fn write(
    stream: &OutputStream,
    mut bytes: &[u8],
) -> Result<(), super::bindings::wasi::io::streams::StreamError> {
    while !bytes.is_empty() {
        let most = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if most == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(most.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    stream.blocking_flush()
}
