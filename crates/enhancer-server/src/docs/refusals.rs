//! Documents the errors that any operation can return before its route is reached.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, HttpMethod, OpenApi, Ref, ResponseBuilder};

/// The operations without a token and without a rate limit.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Adds these errors to each operation that does not document them itself.
pub(crate) fn document(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            if !HEALTH.contains(&path.as_str()) {
                add(operation, "401", "`unauthorized`: a valid token is required.");
                add(operation, "429", "`rate_limited`: too many requests; see `Retry-After`.");
            }
            if method != HttpMethod::Get {
                let detail = "`foreign_origin`: a page from another origin sent the request.";
                add(operation, "403", detail);
            }
            let detail = "`misdirected`: the server does not have the requested host name; see \
                `--allowed-host`.";
            add(operation, "421", detail);
            if path.starts_with("/jobs") {
                let detail = "`storage`: the server cannot store or read jobs at the moment, for \
                    example because its database is locked; see `Retry-After`.";
                add(operation, "503", detail);
            }
        }
    }
}

fn add(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new().description(description);
        response.content("application/problem+json", content).build().into()
    });
}
