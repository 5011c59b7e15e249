//! Models that are fetched once.

use std::cell::RefCell;
use std::rc::Rc;

use enhancer_wasm::{Enhancer, Rater};
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::convert::TryFromJsValue;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::*;
use web_sys::{Cache, Response, ResponseInit, WorkerGlobalScope};

use crate::support::*;

const CACHE: &str = "enhancer-models";

/// Serves the files of DTLN from any folder, and nothing else, in place of the
/// network for as long as it lives; the cache is empty at first.
struct Server {
    /// The paths that were asked for, with their queries.
    requests: Rc<RefCell<Vec<String>>>,
    fetch: JsValue,
}

impl Server {
    async fn start() -> Server {
        pool().await;
        JsFuture::from(worker().caches().unwrap().delete(CACHE)).await.unwrap();
        let requests = Rc::new(RefCell::new(Vec::new()));
        let log = requests.clone();
        let serve = move |url: String| {
            log.borrow_mut().push(url.replacen(&origin(), "", 1));
            Promise::resolve(&JsValue::from(answer(&url)))
        };
        let serve =
            Closure::wrap_assert_unwind_safe(Box::new(serve) as Box<dyn FnMut(String) -> Promise>);
        let fetch = Reflect::get(&worker(), &"fetch".into()).unwrap();
        Reflect::set(&worker(), &"fetch".into(), &serve.into_js_value()).unwrap();
        Server { requests, fetch }
    }

    /// What was asked for since the last call.
    fn requests(&self) -> Vec<String> {
        self.requests.take()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Reflect::set(&worker(), &"fetch".into(), &self.fetch);
    }
}

fn answer(url: &str) -> Response {
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let found = DTLN.files.iter().find(|(file, _)| *file == name).map(|(_, bytes)| *bytes);
    match found.or((name == "model.json").then_some(DTLN.description)) {
        Some(_) if url.contains("/page/") => Response::new_with_opt_str(Some("<html>")).unwrap(),
        Some(bytes) => Response::new_with_opt_buffer_source(Some(&js(bytes))).unwrap(),
        None => {
            let init = ResponseInit::new();
            init.set_status(404);
            Response::new_with_opt_str_and_init(None, &init).unwrap()
        }
    }
}

fn worker() -> WorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Where the tests are served; the worker's own address is not a base for others.
fn origin() -> String {
    worker().location().origin()
}

async fn load_from(address: JsValue) -> Result<Enhancer, JsValue> {
    let loaded = JsFuture::from(Enhancer::load(address, JsValue::UNDEFINED)).await?;
    Ok(Enhancer::try_from_js_value(loaded).expect("not an Enhancer"))
}

async fn load(path: &str) -> Result<Enhancer, JsValue> {
    load_from(format!("{}{path}", origin()).into()).await
}

/// The code and the message with which loading from an address fails.
async fn failure(url: &str) -> (String, String) {
    pool().await;
    details(&load_from(url.into()).await.unwrap_err())
}

async fn cache() -> Cache {
    JsFuture::from(worker().caches().unwrap().open(CACHE)).await.unwrap().unchecked_into()
}

/// How many files are kept.
async fn kept() -> u32 {
    JsFuture::from(cache().await.keys()).await.unwrap().unchecked_into::<Array>().length()
}

const FILES: [&str; 3] =
    ["/models/dtln/model.json", "/models/dtln/dtln_1.tflite", "/models/dtln/dtln_2.tflite"];

#[wasm_bindgen_test]
async fn a_model_is_fetched_once_and_kept() {
    let server = Server::start().await;
    assert_eq!(load("/models/dtln").await.unwrap().name(), "dtln");
    assert_eq!(server.requests(), FILES);
    assert_eq!(kept().await, 3);
    for path in ["/models/dtln", "/models/dtln/", "/models/dtln#again"] {
        let enhancer = load(path).await.unwrap();
        assert_eq!(server.requests(), [""; 0]);
        // It is the whole model.
        let enhanced = enhancer.enhance(file(&SAMPLE[..4_000]), object(RAW), None, None);
        assert_eq!(bytes(enhanced).await.len(), 4_000);
    }
}

#[wasm_bindgen_test]
async fn files_whose_content_is_given_are_not_fetched() {
    let server = Server::start().await;
    let files = Object::new();
    Reflect::set(&files, &"model.json".into(), &js(DTLN.description)).unwrap();
    let (name, content) = DTLN.files[0];
    Reflect::set(&files, &name.into(), &js(content)).unwrap();
    let other = format!("{}{}", origin(), FILES[2]);
    Reflect::set(&files, &DTLN.files[1].0.into(), &other.into()).unwrap();
    let enhancer = load_from(files.into()).await.unwrap();
    assert_eq!(enhancer.name(), "dtln");
    assert_eq!(server.requests(), [FILES[2]]);
}

#[wasm_bindgen_test]
async fn another_address_is_another_model() {
    let server = Server::start().await;
    load("/models/dtln").await.unwrap();
    server.requests();
    load("/models/dtln?v=2").await.unwrap();
    assert_eq!(server.requests(), FILES.map(|file| format!("{file}?v=2")));
}

#[wasm_bindgen_test]
async fn what_is_kept_and_damaged_is_fetched_again() {
    let server = Server::start().await;
    for file in FILES {
        load("/models/dtln").await.unwrap();
        server.requests();
        let url = format!("{}{file}", origin());
        let damaged = Response::new_with_opt_str(Some("Dear diary")).unwrap();
        JsFuture::from(cache().await.put_with_str(&url, &damaged)).await.unwrap();
        load("/models/dtln").await.unwrap();
        assert_eq!(server.requests(), FILES);
    }
    load("/models/dtln").await.unwrap();
    assert_eq!(server.requests(), [""; 0]);
}

/// The package has another module, which may support them.
#[wasm_bindgen_test]
async fn kept_files_that_are_not_supported_are_refused_as_such_even_offline() {
    let server = Server::start().await;
    load("/models/dtln").await.unwrap();
    // The server of the tests does not have the model.
    drop(server);
    let rater = Rater::load(format!("{}/models/dtln", origin()).into());
    assert_eq!(rejection(rater).await.0, "unsupported_model");
}

#[wasm_bindgen_test]
async fn what_is_no_model_is_not_kept() {
    let server = Server::start().await;
    let (code, message) = failure(&format!("{}/page/dtln", origin())).await;
    assert_eq!(code, "invalid_description");
    assert!(message.contains("/page/dtln/model.json is HTML"), "{message}");
    assert_eq!(server.requests(), ["/page/dtln/model.json"]);
    assert_eq!(kept().await, 0);
}

#[wasm_bindgen_test]
async fn a_page_without_a_cache_fetches_each_time() {
    let server = Server::start().await;
    let nothing = Object::new();
    Reflect::set(&nothing, &"configurable".into(), &true.into()).unwrap();
    Object::define_property(&worker(), &"caches".into(), &nothing);
    let first = load("/models/dtln").await;
    let second = load("/models/dtln").await;
    Reflect::delete_property(&worker(), &"caches".into()).unwrap();
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(server.requests(), [FILES, FILES].concat());
}

#[wasm_bindgen_test]
async fn what_cannot_be_fetched_is_told_with_its_address() {
    // The server of the tests itself, which has no such file; and one that is none.
    for (url, reason) in
        [(format!("{}/nowhere", origin()), "404"), ("http://127.0.0.1:1/nowhere".into(), "etch")]
    {
        let (code, message) = failure(&url).await;
        assert_eq!(code, "read", "{message}");
        assert!(message.contains(&format!("{url}/model.json")), "{message}");
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(failure("http://").await.0, "invalid_value");
}

#[wasm_bindgen_test]
async fn two_at_once_both_load() {
    let _server = Server::start().await;
    let start = || {
        future_to_promise(async {
            load("/models/dtln").await.map(|enhancer| enhancer.name().into())
        })
    };
    let both = Promise::all(&Array::of2(&start(), &start()));
    let names: Array = JsFuture::from(both).await.unwrap().unchecked_into();
    assert!(names.iter().all(|name| name == "dtln"));
}
