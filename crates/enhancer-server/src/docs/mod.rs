//! The API's document, and the pages that show it.

mod absent;
mod examples;
mod refusals;
mod webhooks;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

use crate::jobs::WebhookEvent;
use crate::routes::enhance_file::FileEvent;

/// The path of the document.
const DOCUMENT: &str = "/openapi.json";

/// Starts Swagger UI; replaces the script of the same name in its package.
const INITIALIZER: &str = include_str!("initializer.js");

#[derive(OpenApi)]
#[openapi(
    info(title = "Enhancer", description = include_str!("guide.md")),
    // A server can have any address.
    servers((url = "/")),
    tags(
        (name = "Enhancement", description = "One recording, one request."),
        (name = "Jobs", description = "Recordings that are enhanced in the background."),
        (name = "Operation", description = "Health and metrics."),
        (name = "Webhooks", description = "What the server posts to receivers."),
    ),
    components(schemas(WebhookEvent, FileEvent)),
    // Tokens are optional.
    security((), ("token" = [])),
    modifiers(&Tokens),
)]
pub(crate) struct Document;

/// Lets the documentation page send a token when it tries a request.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Adds the parts of the document that the routes do not declare themselves.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    refusals::document(document);
    examples::document(document);
    webhooks::document(document);
}

/// The document as indented JSON.
///
/// # Errors
/// If it cannot be written as JSON, which would be a bug.
pub(crate) fn json(document: &utoipa::openapi::OpenApi) -> serde_json::Result<String> {
    let mut document = serde_json::to_value(document)?;
    absent::document(&mut document);
    serde_json::to_string_pretty(&InOrder(&document))
}

/// Serves the document at /openapi.json, and at /docs a page to try the API.
pub(crate) fn router(json: String) -> Router {
    let json = Bytes::from(json);
    let document = async || ([(CONTENT_TYPE, "application/json")], json);
    let initializer = async || ([(CONTENT_TYPE, "text/javascript")], INITIALIZER);
    Router::new()
        .route(DOCUMENT, get(document))
        .route("/docs/swagger-initializer.js", get(initializer))
        .merge(SwaggerUi::new("/docs"))
}

/// Keys that come before others. Client generators take the first media type of a body, and only a
/// form contains the name of the file.
const FIRST: [&str; 6] = ["openapi", "info", "servers", "tags", "paths", "multipart/form-data"];

/// JSON whose objects have the keys of [`FIRST`] first, then the others in alphabetical order.
struct InOrder<'a>(&'a Value);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                let place = |key: &str| FIRST.iter().position(|first| *first == key);
                fields.sort_by_key(|(key, _)| (place(key).unwrap_or(FIRST.len()), *key));
                serializer.collect_map(fields.into_iter().map(|(key, value)| (key, InOrder(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(InOrder)),
            other => other.serialize(serializer),
        }
    }
}
