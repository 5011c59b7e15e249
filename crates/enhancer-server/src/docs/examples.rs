//! Examples of errors in the API's document, generated from their descriptions.

use axum::http::StatusCode;
use serde_json::json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr, Response, example::ExampleBuilder};

/// The separator of a code and its meaning.
const MEANS: &str = "`: ";

/// Adds an example to each problem response for each code in its description. A code is a
/// clause that begins with "`code`: ".
pub(crate) fn document(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            give(operation);
        }
    }
}

fn give(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let (RefOr::T(response), Ok(status)) = (response, status.parse()) {
            give_response(status, response);
        }
    }
}

fn give_response(status: StatusCode, response: &mut Response) {
    let clauses = clauses(&response.description);
    if let Some(RefOr::T(content)) = response.content.get_mut("application/problem+json") {
        for (code, detail) in clauses {
            let problem = json!({
                "type": "about:blank",
                "title": status.canonical_reason(),
                "status": status.as_u16(),
                "code": code,
                "detail": detail,
            });
            let example = ExampleBuilder::new().value(Some(problem)).build();
            content.examples.insert(code, example.into());
        }
    }
}

/// Codes with their meanings.
fn clauses(description: &str) -> Vec<(String, String)> {
    let code = |end: usize| description[..end].rfind('`').map(|quote| (quote, end));
    let codes: Vec<_> = description.match_indices(MEANS).filter_map(|(end, _)| code(end)).collect();
    let ends = codes.iter().skip(1).map(|(quote, _)| *quote).chain([description.len()]);
    let clause = |((quote, end), next): (&(usize, usize), usize)| {
        let detail = description[end + MEANS.len()..next].replace('`', "");
        let detail = detail.trim_end_matches([' ', ';', '.']);
        (description[quote + 1..*end].to_owned(), detail.to_owned())
    };
    codes.iter().zip(ends).map(clause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_cut_into_its_codes() {
        let description = "`busy`: all slots are busy; see `Retry-After`. `ended`: it ends.";
        let expected = [("busy", "all slots are busy; see Retry-After"), ("ended", "it ends")];
        let expected = expected.map(|(code, detail)| (code.to_owned(), detail.to_owned()));
        assert_eq!(clauses(description), expected);
        assert_eq!(clauses("No code, and `no` meaning."), []);
    }
}
