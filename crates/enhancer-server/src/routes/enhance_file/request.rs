//! The fields of the request. All are checked before any file is accessed, and all invalid
//! fields are reported together.

use std::path::Path;

use axum::Json;
use axum::extract::FromRequest;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use enhancer_core::Container;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::MAX_BODY_KIB;
use crate::files::{ConfinedPath, Files};
use crate::problem::{FieldError, Problem, ProblemCode, Result};
use crate::settings::LimitSettings;
use crate::state::App;
use crate::webhook::Webhooks;

/// The file to enhance, and where to write the result.
#[derive(ToSchema)]
#[schema(example = json!({
    "source_path": "talks/monday.wav",
    "output_path": "talks/monday.enhanced.wav",
    "webhook_url": "http://127.0.0.1:9000/enhanced",
}))]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "only documents the fields, which are checked one by one to report all errors"
)]
pub(crate) struct EnhanceFileRequest {
    /// The file to enhance: relative to the server's root folder for files, or absolute and
    /// inside it. It must not contain `..` or leave the folder through symbolic links. A
    /// `.raw` file is read as mono, 32-bit float, little-endian; the format of other files is
    /// detected from their content.
    #[schema(min_length = 1, max_length = 4096)]
    source_path: String,
    /// Where to write the result, inside the same root folder. Its extension selects the
    /// format: `.wav`, `.flac`, `.opus`, `.mp3`, `.m4a`, `.raw`, or `.mp4`, `.mov`, `.mkv` or
    /// `.webm` for a video. Its folder must exist.
    #[schema(
        min_length = 1,
        max_length = 4096,
        pattern = r"\.([wW][aA][vV]|[fF][lL][aA][cC]|[oO][pP][uU][sS]|[mM][pP]3|[mM]4[aA]|[rR][aA][wW]|[mM][pP]4|[mM]4[vV]|3[gG][pP2]|[mM][oO][vV]|[qQ][tT]|[mM][kK][vV]|[wW][eE][bB][mM])$"
    )]
    output_path: String,
    /// An http or https URL to notify at the end. It must not lead to a private network or
    /// to the server's own machine unless the server allows that.
    #[schema(format = "uri", max_length = 2048, pattern = "^[hH][tT][tT][pP][sS]?://")]
    webhook_url: Option<String>,
    #[schema(schema_with = documented_rates)]
    sample_rate: Option<u32>,
}

/// A request with valid fields.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) source: ConfinedPath,
    pub(super) output: ConfinedPath,
    /// The path as the client sent it.
    pub(super) output_path: String,
    pub(super) container: Container,
    pub(super) webhook: Option<Url>,
    /// The sample rate of a raw source, in Hz.
    pub(super) sample_rate: Option<u32>,
}

/// The supported sample rates of raw sources, in Hz.
const SAMPLE_RATES: [u32; 8] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

fn documented_rates() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(SAMPLE_RATES))
        .description(Some(
            "The sample rate of a `.raw` source in Hz; other files contain theirs. \
             Default: the server's DESIRED_SAMPLE_RATE.",
        ))
        .build()
}

impl Request {
    /// # Errors
    /// 422 with all invalid fields.
    pub(super) fn new(body: Value, app: &App, files: &Files) -> Result<Request> {
        let Value::Object(fields) = body else {
            let detail = "the body is JSON, but not an object; expected an object such as \
                          {\"source_path\": \"in.wav\", \"output_path\": \"out.wav\"}";
            return Err(Problem::new(ProblemCode::INVALID_VALUE, detail));
        };
        let mut fields = Fields { fields, errors: Vec::new() };
        let source = fields.required("source_path", |value| files.confine(text(value)?));
        let output = fields.required("output_path", |value| {
            let path = text(value)?;
            Ok((files.confine(path)?, container(path)?, path.to_owned()))
        });
        let webhook = fields.optional("webhook_url", |value| app.webhooks.check(text(value)?));
        let sample_rate = fields.optional("sample_rate", sample_rate);
        fields.finish()?;
        let (Some(source), Some((output, container, output_path))) = (source, output) else {
            return Err(Problem::internal("a checked field is missing"));
        };
        Ok(Request { source, output, output_path, container, webhook, sample_rate })
    }

    /// # Errors
    /// 422 if the webhook leads to an address that is not allowed.
    pub(super) async fn check_webhook_host(&self, webhooks: &Webhooks) -> Result<()> {
        let Some(url) = &self.webhook else { return Ok(()) };
        let checked = webhooks.check_host(url).await;
        checked.map_err(|error| Problem::field("webhook_url", error))
    }
}

/// Reads a body as JSON.
///
/// # Errors
/// 400, 408, 413 or 415.
pub(super) async fn read(request: axum::extract::Request, limits: &LimitSettings) -> Result<Value> {
    let read = Json::<Value>::from_request(request, &());
    match timeout(limits.body_timeout(), read).await {
        Ok(read) => read.map(|Json(value)| value).map_err(unreadable),
        Err(_) => {
            let detail = "the request body stalled; send it without pauses";
            Err(Problem::new(ProblemCode::BodyTimeout, detail))
        }
    }
}

fn unreadable(rejection: JsonRejection) -> Problem {
    let (code, detail) = match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ProblemCode::UnsupportedMediaType,
            "the content type is not JSON; send Content-Type: application/json".into(),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            ProblemCode::BodyTooLarge,
            format!("the body is larger than the limit of {MAX_BODY_KIB} KiB"),
        ),
        _ => (ProblemCode::InvalidJson, rejection.body_text()),
    };
    Problem::new(code, detail)
}

/// The fields that are not checked yet, and the errors of the checked ones.
struct Fields {
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    fn required<T>(
        &mut self,
        name: &str,
        check: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.fields.remove(name).ok_or_else(|| "is missing".to_owned());
        self.note(name, value.and_then(|value| check(&value)))
    }

    /// A null field is treated as absent.
    fn optional<T>(
        &mut self,
        name: &str,
        check: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.fields.remove(name).filter(|value| !value.is_null())?;
        self.note(name, check(&value))
    }

    fn finish(mut self) -> Result<()> {
        for name in std::mem::take(&mut self.fields).keys() {
            let detail = "is not a known field; expected source_path, output_path, webhook_url or \
                          sample_rate";
            self.note::<()>(name, Err(detail.to_owned()));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::fields(self.errors)) }
    }

    fn note<T>(&mut self, name: &str, checked: Result<T, String>) -> Option<T> {
        let note = |detail| self.errors.push(FieldError::new(name, detail));
        checked.map_err(note).ok()
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("is {}, expected a string", kind(value)))
}

fn sample_rate(value: &Value) -> Result<u32, String> {
    let expected = SAMPLE_RATES.map(|rate| rate.to_string()).join(", ");
    let Some(number) = value.as_f64() else {
        return Err(format!("is {}, expected a number, one of {expected}", kind(value)));
    };
    let rate = SAMPLE_RATES.into_iter().find(|rate| f64::from(*rate) == number);
    rate.ok_or_else(|| format!("is {value}, expected one of {expected}"))
}

/// The container that the extension of an output selects.
fn container(path: &str) -> Result<Container, String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let found = extension.and_then(Container::from_extension).and_then(Container::written);
    found.ok_or_else(|| {
        format!("has an extension that cannot be written; use {}", Container::written_names())
    })
}

/// The type of a value, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
