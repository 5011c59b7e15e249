//! `GET /openapi.json`: the part of the server's document that the component supports.

use std::collections::BTreeSet;

use enhancer_http::ProblemCode;
use serde_json::{Value, json};

use super::body::TOO_LARGE;

/// The server's document, as `make openapi` writes it.
const SERVER: &str = include_str!("../../../enhancer-server/openapi.json");

const PATHS: [&str; 3] = ["/enhance", "/healthz", "/models"];
/// Statuses that only the server sends.
const STATUSES: [&str; 6] = ["401", "408", "421", "429", "503", "507"];
const HEADERS: [&str; 2] = ["Enhancer-Score", "Enhancer-Session-Id"];
/// Codes that the component sends for other reasons.
const REASONS: [(ProblemCode, &str); 2] =
    [(ProblemCode::BodyTooLarge, TOO_LARGE), (ProblemCode::INTERNAL, "an error in the component")];
const PROBLEM: &str = "application/problem+json";
/// The beginning of the part of a description that is true only for the server.
const SERVER_ALONE: &str = " If the client disconnects";
const REFERENCE: &str = "#/components/schemas/";

pub(super) fn document() -> Value {
    let mut document: Value = serde_json::from_str(SERVER).expect("a test reads it");
    let paths = object(&mut document["paths"]);
    paths.retain(|path, _| PATHS.contains(&path.as_str()));
    for operation in paths.values_mut().flat_map(|path| object(path).values_mut()) {
        object(operation).remove("security");
        object(&mut operation["responses"])
            .retain(|status, _| !STATUSES.contains(&status.as_str()));
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            parameters.retain(|parameter| parameter["name"] != "score");
        }
        for (code, reason) in REASONS {
            let (status, code) = (code.status().to_string(), code.to_string());
            if let Some(response) = operation["responses"].get_mut(&status) {
                response["description"] = json!(format!("`{code}`: {reason}."));
                response["content"][PROBLEM]["examples"][&code]["value"]["detail"] = json!(reason);
            }
        }
        if let Some(Value::String(text)) = operation.get_mut("description")
            && let Some(end) = text.find(SERVER_ALONE)
        {
            text.truncate(end);
        }
        if let Some(Value::Object(headers)) = operation["responses"]["200"].get_mut("headers") {
            headers.retain(|name, _| !HEADERS.contains(&name.as_str()));
        }
    }
    document["info"]["description"] =
        json!("Removes noise from recordings of speech: a WebAssembly component.");
    for part in ["security", "webhooks", "tags"] {
        object(&mut document).remove(part);
    }
    object(&mut document["components"]).remove("securitySchemes");
    for schema in ["EnhanceOptions", "EnhanceRequest"] {
        remove_score(&mut document["components"]["schemas"][schema]);
    }
    keep_what_is_named(&mut document);
    document
}

fn object(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().expect("the server's document has it")
}

/// Removes the field `score` from a schema, which may have several parts.
fn remove_score(schema: &mut Value) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.remove("score");
    }
    if let Some(Value::Array(parts)) = schema.get_mut("allOf") {
        parts.iter_mut().for_each(remove_score);
    }
}

/// Drops the schemas that nothing refers to.
fn keep_what_is_named(document: &mut Value) {
    let mut named = BTreeSet::new();
    let schemas = object(&mut document["components"]).remove("schemas").unwrap_or_default();
    note_references(document, &schemas, &mut named);
    let Value::Object(mut schemas) = schemas else { return };
    schemas.retain(|name, _| named.contains(name));
    document["components"]["schemas"] = Value::Object(schemas);
}

/// Collects the names that a value refers to, and the names that their schemas refer to.
fn note_references(value: &Value, schemas: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix(REFERENCE))
                && named.insert(name.to_owned())
            {
                note_references(&schemas[name], schemas, named);
            }
            fields.values().for_each(|field| note_references(field, schemas, named));
        }
        Value::Array(items) => items.iter().for_each(|item| note_references(item, schemas, named)),
        _ => {}
    }
}
