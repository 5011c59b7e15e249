//! Models from the web: they are fetched once, and the browser then caches them.

use enhancer_core::{ErrorCode, ModelDescription};
use js_sys::{Object, Reflect, Uint8Array, encode_uri_component};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Response, Url, WorkerGlobalScope};

use crate::error::{has_code, js_error, reason};
use crate::model::read_description;

/// The name of the browser's cache.
const CACHE: &str = "enhancer-models";

/// The file name of a folder's description.
const DESCRIPTION: &str = "model.json";

/// Loads the model with the files at `address`: the address of its folder, or an object with each
/// file by its name, as an address or as its content. `make` creates the model from its description
/// and its files.
pub(crate) async fn load<Made>(
    address: &JsValue,
    make: impl Fn(ModelDescription, &[Uint8Array]) -> Result<Made, JsValue>,
) -> Result<Made, JsValue> {
    let place = Place::of(address)?;
    let cache = open_cache().await;
    let mut unsupported = None;
    if let Some(cache) = &cache {
        match place.load(async |url: &str| kept(cache, url).await, &make).await {
            Ok(model) => return Ok(model),
            // Whatever is wrong with the cached files, fetching them again may help. If that fails,
            // as without a network, the caller must still learn that they are not supported,
            // because it has another module, which may support them.
            Err(error) if has_code(&error, ErrorCode::UnsupportedModel) => {
                unsupported = Some(error);
            }
            Err(_) => {}
        }
    }
    let mut fetched = Vec::new();
    let fetch_and_hold = async |url: &str| {
        let bytes = fetch(url).await?;
        fetched.push((url.to_owned(), bytes.clone()));
        Ok(bytes)
    };
    let model = place.load(fetch_and_hold, &make).await;
    let model = model.map_err(|error| match unsupported {
        Some(unsupported) if has_code(&error, ErrorCode::Read) => unsupported,
        _ => error,
    })?;
    // Only files that make a valid model are cached.
    if let Some(cache) = &cache {
        for (url, bytes) in &fetched {
            keep(cache, url, bytes).await;
        }
    }
    Ok(model)
}

/// Where the files of a model are.
enum Place {
    Folder { url: Url, path: String },
    Files(Object),
}

impl Place {
    fn of(address: &JsValue) -> Result<Place, JsValue> {
        match (address.as_string(), address.dyn_ref::<Object>()) {
            (Some(url), _) => Place::folder(&url),
            (None, Some(files)) => Ok(Place::Files(files.clone())),
            (None, None) => {
                let message = "the model is neither an address nor an object of addresses";
                Err(js_error(ErrorCode::InvalidValue, message))
            }
        }
    }

    fn folder(url: &str) -> Result<Place, JsValue> {
        let here = worker().location().href();
        let url = Url::new_with_base(url, &here).map_err(|_| {
            let message =
                format!("the model's address {url:?} is not a valid URL relative to {here}");
            js_error(ErrorCode::InvalidValue, &message)
        })?;
        url.set_hash("");
        let path = url.pathname().trim_end_matches('/').into();
        Ok(Place::Folder { url, path })
    }

    /// The address of a file. The query of the folder's address is kept.
    fn file(&self, name: &str) -> Result<String, JsValue> {
        match self {
            Place::Folder { url, path } => {
                url.set_pathname(&format!("{path}/{}", encode_uri_component(name)));
                Ok(url.href())
            }
            Place::Files(files) => {
                let address = Reflect::get(files, &name.into()).ok();
                address.and_then(|address| address.as_string()).ok_or_else(|| {
                    let message = format!("the model needs {name}, whose address is missing");
                    js_error(ErrorCode::InvalidValue, &message)
                })
            }
        }
    }

    /// The content of a file, if it was passed.
    fn content(&self, name: &str) -> Option<Uint8Array> {
        match self {
            Place::Folder { .. } => None,
            Place::Files(files) => Reflect::get(files, &name.into()).ok()?.dyn_into().ok(),
        }
    }

    /// Loads the model. `get` reads the files whose content was not passed.
    async fn load<Made>(
        &self,
        mut get: impl AsyncFnMut(&str) -> Result<Uint8Array, JsValue>,
        make: impl Fn(ModelDescription, &[Uint8Array]) -> Result<Made, JsValue>,
    ) -> Result<Made, JsValue> {
        let mut read = async |name: &str| match self.content(name) {
            Some(bytes) => Ok::<_, JsValue>(bytes),
            None => {
                let url = self.file(name)?;
                let bytes = get(&url).await?;
                if name == DESCRIPTION {
                    refuse_html(&url, &bytes)?;
                }
                Ok(bytes)
            }
        };
        let description = read_description(&read(DESCRIPTION).await?.into())?;
        let mut files = Vec::new();
        for name in description.files() {
            files.push(read(name).await?);
        }
        make(description, &files)
    }
}

/// Many hosts return their start page with status 200 if a file does not exist.
fn refuse_html(url: &str, json: &Uint8Array) -> Result<(), JsValue> {
    let bytes = json.to_vec();
    if bytes.trim_ascii_start().starts_with(b"<") {
        let message = format!("{url} is HTML, not a model: is the model's folder at this address?");
        return Err(js_error(ErrorCode::InvalidDescription, &message));
    }
    Ok(())
}

/// Opens the cache. A page that is not served securely has none, and a browser may refuse to cache
/// anything. Models are then fetched each time.
async fn open_cache() -> Option<Cache> {
    let caches = worker().caches().ok().filter(|caches| !caches.is_undefined())?;
    JsFuture::from(caches.open(CACHE)).await.ok().map(JsCast::unchecked_into)
}

async fn kept(cache: &Cache, url: &str) -> Result<Uint8Array, JsValue> {
    let found = JsFuture::from(cache.match_with_str(url)).await?;
    body(&found.dyn_into()?).await
}

/// Caches a file, if there is room.
async fn keep(cache: &Cache, url: &str, bytes: &Uint8Array) {
    if let Ok(response) = Response::new_with_opt_buffer_source(Some(bytes)) {
        let _ = JsFuture::from(cache.put_with_str(url, &response)).await;
    }
}

async fn fetch(url: &str) -> Result<Uint8Array, JsValue> {
    let failed =
        |reason: String| js_error(ErrorCode::Read, &format!("fetching {url} failed: {reason}"));
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
