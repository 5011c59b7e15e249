//! Models from the web: fetched once, then kept by the browser.

use enhancer_core::Model;
use js_sys::{Uint8Array, encode_uri_component};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Response, Url, WorkerGlobalScope};

use crate::error::{js_error, reason};
use crate::model::{from_folder, read_description};

/// What the browser calls the cache.
const CACHE: &str = "enhancer-models";

/// What a folder's description is called.
const DESCRIPTION: &str = "model.json";

/// Loads the model whose folder is at `url`.
pub(crate) async fn load(url: &str) -> Result<Model, JsValue> {
    let folder = Folder::at(url)?;
    let cache = open_cache().await;
    if let Some(cache) = &cache
        // Whatever is wrong with what is kept, to fetch it again may help.
        && let Ok(model) = folder.load(async |url: &str| kept(cache, url).await).await
    {
        return Ok(model);
    }
    let mut fetched = Vec::new();
    let fetch_and_hold = async |url: &str| {
        let bytes = fetch(url).await?;
        fetched.push((url.to_owned(), bytes.clone()));
        Ok(bytes)
    };
    let model = folder.load(fetch_and_hold).await?;
    // Only what makes a model is worth keeping.
    if let Some(cache) = &cache {
        for (url, bytes) in &fetched {
            keep(cache, url, bytes).await;
        }
    }
    Ok(model)
}

/// The address of a model's folder.
struct Folder {
    url: Url,
    path: String,
}

impl Folder {
    fn at(url: &str) -> Result<Folder, JsValue> {
        let here = worker().location().href();
        let url = Url::new_with_base(url, &here).map_err(|_| {
            let message =
                format!("the model's address {url:?} is not a valid URL relative to {here}");
            js_error("invalid_value", &message)
        })?;
        url.set_hash("");
        let path = url.pathname().trim_end_matches('/').into();
        Ok(Folder { url, path })
    }

    /// The address of a file in it; a query stays behind it.
    fn file(&self, name: &str) -> String {
        self.url.set_pathname(&format!("{}/{}", self.path, encode_uri_component(name)));
        self.url.href()
    }

    /// The model, its files got by `get`.
    async fn load(
        &self,
        mut get: impl AsyncFnMut(&str) -> Result<Uint8Array, JsValue>,
    ) -> Result<Model, JsValue> {
        let description = read_description(&get(&self.file(DESCRIPTION)).await?.into())?;
        let mut files = Vec::new();
        for name in description.files() {
            files.push(get(&self.file(name)).await?);
        }
        from_folder(description, &files)
    }
}

/// The cache. A page that is not served securely has none, and a browser may
/// refuse to keep anything: models are then fetched each time.
async fn open_cache() -> Option<Cache> {
    let caches = worker().caches().ok().filter(|caches| !caches.is_undefined())?;
    JsFuture::from(caches.open(CACHE)).await.ok().map(JsCast::unchecked_into)
}

async fn kept(cache: &Cache, url: &str) -> Result<Uint8Array, JsValue> {
    let found = JsFuture::from(cache.match_with_str(url)).await?;
    body(&found.dyn_into()?).await
}

/// Keeps a file, if there is room.
async fn keep(cache: &Cache, url: &str, bytes: &Uint8Array) {
    if let Ok(response) = Response::new_with_opt_buffer_source(Some(bytes)) {
        let _ = JsFuture::from(cache.put_with_str(url, &response)).await;
    }
}

async fn fetch(url: &str) -> Result<Uint8Array, JsValue> {
    let failed = |reason: String| js_error("read", &format!("fetching {url} failed: {reason}"));
    let to_error = |thrown: JsValue| failed(reason(&thrown));
    let response = JsFuture::from(worker().fetch_with_str(url)).await.map_err(to_error)?;
    let response: Response = response.dyn_into().map_err(to_error)?;
    if !response.ok() {
        let (status, text) = (response.status(), response.status_text());
        return Err(failed(format!("the server responded with {status} {text}").trim_end().into()));
    }
    body(&response).await.map_err(to_error)
}

async fn body(response: &Response) -> Result<Uint8Array, JsValue> {
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer))
}

fn worker() -> WorkerGlobalScope {
    js_sys::global().unchecked_into()
}
