//! Models that JavaScript passes.

use enhancer_core::{Dnsmos, Error, ErrorCode, ErrorKind, Model, ModelDescription};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::error::{js_error, to_js};

/// Returns the names of the model's files other than `model.json`. `description` is the content of
/// that. Fetch these files from the same folder and pass them to an `Enhancer` in this order.
///
/// # Errors
/// An `Error` whose `code` is `invalid_description`, `unsupported_model` if it names a `.tflite`
/// file and this module does not read these, or `invalid_value` if it is neither text nor bytes.
#[wasm_bindgen(js_name = modelFiles)]
pub fn model_files(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array | string")] description: JsValue,
) -> Result<Vec<String>, JsValue> {
    Ok(read_description(&description)?.files().map(String::from).collect())
}

/// Reads a model from the bytes of a file, or from a folder.
pub(crate) fn read(model: &JsValue) -> Result<Model, JsValue> {
    if let Some(bytes) = model.dyn_ref::<Uint8Array>() {
        return Model::from_tflite(&bytes.to_vec()).map_err(|error| to_js(&error));
    }
    let misfit = || {
        let message = "the model is neither a Uint8Array nor { description, files }";
        js_error(ErrorCode::InvalidValue, message)
    };
    let (description, files) = read_folder(model)?.ok_or_else(misfit)?;
    from_folder(description, &files)
}

/// Reads a network that rates recordings from its folder.
pub(crate) fn read_dnsmos(folder: &JsValue) -> Result<Dnsmos, JsValue> {
    let misfit = || js_error(ErrorCode::InvalidValue, "the model is not { description, files }");
    let (description, files) = read_folder(folder)?.ok_or_else(misfit)?;
    dnsmos_from_folder(description, &files)
}

/// Reads a `ModelFolder`, if the value is one.
fn read_folder(model: &JsValue) -> Result<Option<(ModelDescription, Vec<Uint8Array>)>, JsValue> {
    // Values that are not objects have no properties.
    let property = |name: &str| Reflect::get(model, &name.into()).ok();
    let (Some(files), Some(description)) = (property("files"), property("description")) else {
        return Ok(None);
    };
    let Ok(files) = files.dyn_into::<Array>() else { return Ok(None) };
    let files = files.iter().map(|file| file.dyn_into().ok()).collect::<Option<Vec<_>>>();
    let Some(files) = files else { return Ok(None) };
    Ok(Some((read_description(&description)?, files)))
}

/// Creates a model from its description and its files.
pub(crate) fn from_folder(
    description: ModelDescription,
    files: &[Uint8Array],
) -> Result<Model, JsValue> {
    let files: Vec<_> = files.iter().map(Uint8Array::to_vec).collect();
    Model::from_folder(description, &files).map_err(|error| to_js(&error))
}

/// Creates a network that rates recordings from its description and its files.
pub(crate) fn dnsmos_from_folder(
    description: ModelDescription,
    files: &[Uint8Array],
) -> Result<Dnsmos, JsValue> {
    let files: Vec<_> = files.iter().map(Uint8Array::to_vec).collect();
    Dnsmos::from_folder(description, &files).map_err(|error| to_js(&error))
}

/// Reads a `model.json` from text or bytes. Refuses one whose files this module does not read, so
/// that nobody fetches them in vain.
pub(crate) fn read_description(json: &JsValue) -> Result<ModelDescription, JsValue> {
    let json = match (json.as_string(), json.dyn_ref::<Uint8Array>()) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(bytes)) => bytes.to_vec(),
        (None, None) => {
            let message = "a model's description is neither text nor a Uint8Array";
            return Err(js_error(ErrorCode::InvalidValue, message));
        }
    };
    let description = ModelDescription::parse(&json).map_err(|error| to_js(&error))?;
    check_files(&description)?;
    Ok(description)
}

/// Checks that this module reads files of that kind.
fn check_files(description: &ModelDescription) -> Result<(), JsValue> {
    let tflite = description.files().find(|file| file.ends_with(".tflite"));
    match tflite {
        Some(file) if !cfg!(feature = "tflite") => {
            let found = format!("{file}, a .tflite file, which this module does not read");
            let supported = "compiled networks, which are .network files";
            Err(to_js(&Error::from(ErrorKind::UnsupportedModel { found, supported })))
        }
        _ => Ok(()),
    }
}
