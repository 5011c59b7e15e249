//! The interface `models`.

use enhancer_core::{Model, ModelDescription};
use enhancer_models::{BUILT_IN, BuiltIn, LoadError, load_built_in};

use super::Library;
use super::bindings::exports::enhancer::audio::models::{
    About, Error, Guest, GuestModel, Model as Handle,
};
use super::error::core;

impl Guest for Library {
    type Model = Model;

    fn built_in() -> Vec<About> {
        BUILT_IN.iter().map(about).collect()
    }
}

/// The description of a model.
fn about(model: &BuiltIn) -> About {
    let known = model.about().expect("a test loads each built-in model");
    About {
        name: model.name.into(),
        purpose: model.purpose.into(),
        sample_rate: known.sample_rate,
        licence: known.licence,
        bytes: model.bytes() as u64,
    }
}

impl GuestModel for Model {
    fn load(name: String) -> Result<Handle, Error> {
        let failed = |error: LoadError| {
            let (code, message) = (error.code().to_string(), error.to_string());
            Error { code, message }
        };
        load_built_in(&name).map(Handle::new).map_err(failed)
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
