//! What is asked for. Every field is checked before any file is looked for, and all that
//! are wrong are told at once.

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
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::app::App;
use crate::files::ConfinedPath;
use crate::problem::{FieldError, Problem, Result};
use crate::settings::LimitSettings;
use crate::webhook::Webhooks;

/// Which file to enhance, and where to.
#[derive(ToSchema)]
#[schema(example = json!({
    "source_path": "talks/monday.wav",
    "output_path": "talks/monday.enhanced.wav",
    "webhook_url": "http://127.0.0.1:9000/enhanced",
}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents what is checked field by field, to tell all faults")]
pub(crate) struct EnhanceFile {
    /// The file to enhance: relative to the server's folder of files, or absolute and in
    /// it; without `..`, and no symbolic link may lead out of the folder. A `.raw` file
    /// is mono, 32-bit float, little-endian; what other files are is seen by their bytes.
    #[schema(min_length = 1, max_length = 4096)]
    source_path: String,
    /// Where the result goes, in the same folder of files; its extension, `.wav`, `.flac`
    /// or `.raw`, says in what form. The folder that it lies in must exist.
    #[schema(
        min_length = 1,
        max_length = 4096,
        pattern = r"\.([wW][aA][vV]|[fF][lL][aA][cC]|[rR][aA][wW])$"
    )]
    output_path: String,
    /// Who is to be told: an http or https URL. Unless the server allows it, it must not
    /// lead to private networks or the server's own machine.
    #[schema(format = "uri", max_length = 2048, pattern = "^[hH][tT][tT][pP][sS]?://")]
    webhook_url: Option<String>,
    #[schema(schema_with = documented_rates)]
    sample_rate: Option<u32>,
}

/// A request whose fields are all right.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) source: ConfinedPath,
    pub(super) output: ConfinedPath,
    /// As the client gave it.
    pub(super) output_path: String,
    pub(super) container: Container,
    pub(super) webhook: Option<Url>,
    /// Of a raw source, in Hz.
    pub(super) sample_rate: Option<u32>,
}

/// The rates that a raw source may have, in Hz.
const SAMPLE_RATES: [u32; 8] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

fn documented_rates() -> Object {
    let rates = SAMPLE_RATES.map(Value::from).into_iter().chain([Value::Null]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .enum_values(Some(rates))
        .description(Some(
            "The sample rate of a `.raw` source in Hz. Default: the server's \
             DESIRED_SAMPLE_RATE. Other files tell theirs themselves.",
        ))
        .build()
}

impl Request {
    /// # Errors
    /// 422, with all fields that are wrong.
    pub(super) fn new(body: Value, app: &App) -> Result<Request> {
        let Value::Object(fields) = body else {
            let detail = "the body is JSON but no object, expected one such as \
                          {\"source_path\": \"in.wav\", \"output_path\": \"out.wav\"}";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", detail));
        };
        let mut fields = Fields { fields, errors: Vec::new() };
        let source = fields.required("source_path", |value| app.files.confine(text(value)?));
        let output = fields.required("output_path", |value| {
            let path = text(value)?;
            Ok((app.files.confine(path)?, container(path)?, path.to_owned()))
        });
        let webhook = fields.optional("webhook_url", |value| app.webhooks.check(text(value)?));
        let sample_rate = fields.optional("sample_rate", sample_rate);
        fields.finish()?;
        let (Some(source), Some((output, container, output_path))) = (source, output) else {
            return Err(Problem::internal("a field is missing that was checked"));
        };
        Ok(Request { source, output, output_path, container, webhook, sample_rate })
    }

    /// # Errors
    /// 422 if the webhook leads where it must not.
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
            let detail = "the body did not come in time; send all of it at once";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail))
        }
    }
}

fn unreadable(rejection: JsonRejection) -> Problem {
    let status = rejection.status();
    let (code, detail) = match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "unsupported_media_type",
            "the body is not declared as JSON; send it with Content-Type: application/json".into(),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("body_too_large", "the body has more than 64 KiB, which is all that is taken".into())
        }
        _ => ("invalid_json", rejection.body_text()),
    };
    Problem::new(status, code, detail)
}

/// The fields that were not looked at yet, and what was wrong with those that were.
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

    /// A field of null is as good as none.
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
            let detail = "is unknown, expected source_path, output_path, webhook_url or \
                          sample_rate";
            self.note::<()>(name, Err(detail.to_owned()));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::fields(self.errors)) }
    }

    fn note<T>(&mut self, name: &str, checked: Result<T, String>) -> Option<T> {
        let note = |detail| self.errors.push(FieldError { field: name.to_owned(), detail });
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

/// The form that the extension of an output asks for.
fn container(path: &str) -> Result<Container, String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let asked = extension.and_then(Container::from_extension).filter(|asked| asked.is_writable());
    asked.ok_or_else(|| "does not tell the form by its extension; use .wav, .flac or .raw".into())
}

/// What a value is, for people.
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
