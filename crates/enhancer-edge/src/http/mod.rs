//! The world `http`, which handles requests in the same way as the server.

mod answer;
mod body;
mod enhance;
mod form;
mod models;
mod openapi;
mod problem;
mod upload;

#[allow(unsafe_code, reason = "it is generated")]
mod bindings {
    wit_bindgen::generate!({ world: "http", path: "wit", generate_all });

    use super::Handler as Exported;
    export!(Exported);
}

use answer::Answer;
use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::wasi::http::types::{IncomingRequest, Method, ResponseOutparam};
use problem::Problem;

/// Exports the interface.
struct Handler;

impl Guest for Handler {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let is_head = matches!(request.method(), Method::Head);
        let answer = answer(&request).unwrap_or_else(Problem::into_answer);
        answer.send(out, !is_head);
    }
}

type Result<T, E = Problem> = std::result::Result<T, E>;

fn answer(request: &IncomingRequest) -> Result<Answer> {
    let target = request.path_with_query().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let method = request.method();
    let reads = matches!(method, Method::Get | Method::Head);
    match path {
        "/enhance" if matches!(method, Method::Post) => enhance::enhance(request, query),
        "/models" if reads => Ok(Answer::json(&models::list())),
        "/healthz" if reads => Ok(Answer::new("text/plain; charset=utf-8", b"ok".to_vec())),
        "/openapi.json" if reads => Ok(Answer::json(&openapi::document())),
        "/enhance" => Err(Problem::wrong_method(path, &method, "POST")),
        "/models" | "/healthz" | "/openapi.json" => {
            Err(Problem::wrong_method(path, &method, "GET,HEAD"))
        }
        _ => Err(Problem::not_found(path)),
    }
}
