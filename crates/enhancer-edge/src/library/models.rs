//! The interface `models`.

use std::ffi::OsStr;

use enhancer_core::{Model, ModelDescription};
use enhancer_models::{BUILT_IN, BuiltIn};

use super::Library;
use super::bindings::exports::enhancer::audio::models::{
    About, Error, Guest, GuestModel, Model as Handle,
};
use super::error::core;

impl Guest for Library {
    type Model = Model;

    fn built_in() -> Vec<About> {
        BUILT_IN.iter().filter_map(about).collect()
    }
}

/// What is known of a model; all that are built in can be read, which a test shows.
fn about(model: &BuiltIn) -> Option<About> {
    let known = model.about().ok()?;
    Some(About {
        name: model.name.into(),
        purpose: model.purpose.into(),
        sample_rate: known.sample_rate,
        licence: known.licence,
        bytes: model.bytes() as u64,
    })
}

impl GuestModel for Model {
    fn load(name: String) -> Result<Handle, Error> {
        let model = BuiltIn::find(OsStr::new(&name)).ok_or_else(|| unknown(&name))?;
        model.load().map(Handle::new).map_err(core)
    }

    fn from_tflite(file: Vec<u8>) -> Result<Handle, Error> {
        Model::from_tflite(&file).map(Handle::new).map_err(core)
    }

    fn from_folder(description: Vec<u8>, files: Vec<Vec<u8>>) -> Result<Handle, Error> {
        let description = ModelDescription::parse(&description).map_err(core)?;
        Model::from_folder(description, &files).map(Handle::new).map_err(core)
    }

    fn files_of(description: Vec<u8>) -> Result<Vec<String>, Error> {
        let description = ModelDescription::parse(&description).map_err(core)?;
        Ok(description.files().map(String::from).collect())
    }

    fn name(&self) -> String {
        Model::name(self).into()
    }

    fn sample_rate(&self) -> Option<u32> {
        Model::sample_rate(self)
    }
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = BUILT_IN.iter().map(|model| model.name).collect();
    let message =
        format!("no built-in model is named {name:?}; the built-in models are {}", names.join(", "));
    Error { code: "unknown_model".into(), message }
}
