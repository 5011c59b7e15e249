//! Errors for JavaScript.

use enhancer_core::{Error, ErrorCode};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// Creates an `Error` with the core's message and `code`.
pub(crate) fn to_js(error: &Error) -> JsValue {
    js_error(error.code(), &error.to_string())
}

/// The message of something that the browser threw.
pub(crate) fn reason(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => "the browser does not say why".into(),
    }
}

/// Whether something that was thrown has this `code`.
pub(crate) fn has_code(thrown: &JsValue, code: ErrorCode) -> bool {
    // Values that are not objects have no properties.
    let found = Reflect::get(thrown, &"code".into()).ok();
    found.and_then(|found| found.as_string()) == Some(code.to_string())
}

/// Creates an `Error` with a message and a `code`.
pub(crate) fn js_error(code: ErrorCode, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name("EnhancerError");
    // Setting a property of a new ordinary object cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.to_string().into());
    error.into()
}
