//! Documents what the server posts to receivers.

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, OpenApi, Ref, Required, ResponseBuilder, SecurityRequirement};

/// A name, a summary, and the schema of the body.
const WEBHOOKS: [(&str, &str, &str); 4] = [
    ("job.succeeded", "A job has succeeded.", "WebhookEvent"),
    ("job.failed", "A job has failed.", "WebhookEvent"),
    ("job.cancelled", "A job was cancelled.", "WebhookEvent"),
    ("enhance-file", "A request for `POST /enhance-file` has ended.", "FileEvent"),
];

/// Adds the webhooks to the document.
pub(super) fn document(document: &mut OpenApi) {
    let item = |(name, summary, schema): (&str, _, _)| {
        (name.to_owned(), PathItem::new(HttpMethod::Post, operation(name, summary, schema)))
    };
    let mut webhooks = Paths::new();
    webhooks.paths = WEBHOOKS.into_iter().map(item).collect();
    document.webhooks = Some(webhooks);
}

fn operation(name: &str, summary: &str, schema: &str) -> Operation {
    let body = RequestBodyBuilder::new()
        .content("application/json", Content::new(Some(Ref::from_schema_name(schema))))
        .required(Some(Required::True))
        .build();
    let header = |name: &str, required, description: &str, schema: ObjectBuilder| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let response = |description: &str| ResponseBuilder::new().description(description).build();
    OperationBuilder::new()
        .operation_id(Some(name.replace(['.', '-'], "_") + "_webhook"))
        .tag("Webhooks")
        .summary(Some(summary))
        .description(Some(
            "The server posts this to the `webhook_url` of the request, with the headers of \
             Standard Webhooks.",
        ))
        .security(SecurityRequirement::default())
        .parameter(header(
            "webhook-id",
            Required::True,
            "The same in all calls for one end of a job.",
            text(),
        ))
        .parameter(header(
            "webhook-timestamp",
            Required::True,
            "When it was sent, in Unix seconds.",
            seconds,
        ))
        .parameter(header(
            "webhook-signature",
            Required::False,
            "One signature for each secret of the server (`--webhook-secret`), separated by spaces.",
            text(),
        ))
        .request_body(Some(body))
        .response("2XX", response("The receiver has accepted the call."))
        .response("410", response("The receiver wants no more calls: the server gives up."))
        .response("default", response("The server tries again later."))
        .build()
}
