//! `GET /models`, and the models that are loaded.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use enhancer_core::Model;
use enhancer_models::{BUILT_IN, DEFAULT, load_built_in};
use serde::Serialize;

use super::Result;
use super::problem::Problem;

/// The models that were requested so far, kept as long as the instance.
static LOADED: Mutex<BTreeMap<String, Model>> = Mutex::new(BTreeMap::new());

/// A model that requests can use.
#[derive(Serialize)]
pub(super) struct About {
    name: &'static str,
    default: bool,
    purpose: &'static str,
    sample_rate: Option<u32>,
    licence: Option<String>,
}

/// All models, by name. This loads none of them.
pub(super) fn list() -> Vec<About> {
    let mut list: Vec<_> = BUILT_IN
        .iter()
        .map(|model| {
            let about = model.about().expect("a test loads each built-in model");
            About {
                name: model.name,
                default: model.name == DEFAULT,
                purpose: model.purpose,
                sample_rate: about.sample_rate,
                licence: Some(about.licence),
            }
        })
        .collect();
    list.sort_by_key(|about| about.name);
    list
}

/// Checks that the model of that name can be used. The error says why not.
pub(super) fn check(asked: Option<&str>) -> Result<(), String> {
    let name = asked.unwrap_or(DEFAULT);
    let names: Vec<_> = list().into_iter().map(|about| about.name).collect();
    if names.contains(&name) {
        return Ok(());
    }
    Err(format!("is {name:?}, expected one of {}", names.join(", ")))
}

/// The model of that name. It is loaded only once.
pub(super) fn model(asked: Option<&str>) -> Result<(String, Model)> {
    let name = asked.unwrap_or(DEFAULT);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(model) = loaded.get(name) {
        return Ok((name.into(), model.clone()));
    }
    let model = load_built_in(name).map_err(Problem::internal)?;
    loaded.insert(name.into(), model.clone());
    Ok((name.into(), model))
}
