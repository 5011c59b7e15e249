//! From what the user names to a model that runs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use enhancer_core::{Model, ModelDescription};

use crate::failure::{Failure, Side};
use crate::models::{self, BuiltIn};

/// What a folder's description is called.
const DESCRIPTION: &str = "model.json";

/// A model, and what to call it.
pub(crate) struct NamedModel {
    pub(crate) name: String,
    pub(crate) model: Model,
}

/// Loads a built-in model by its name, or else a folder or a file by its path.
pub(crate) fn load(named: &Path) -> Result<NamedModel, Failure> {
    if let Some(built_in) = BuiltIn::find(named.as_os_str()) {
        let model = built_in.load().map_err(of_core(named))?;
        return Ok(NamedModel { name: built_in.name.into(), model });
    }
    if named.is_dir() {
        let model = from_folder(named)?;
        return Ok(NamedModel { name: model.name().into(), model });
    }
    if !named.exists() {
        let error = anyhow!(
            "there is no such file or folder, and no built-in model of that name; built in are {}",
            models::names()
        );
        return Err(failure(named, "unknown_model", error));
    }
    let bytes = read(named).map_err(|error| failure(named, "read", error))?;
    let model = Model::from_tflite(&bytes).map_err(of_core(named))?;
    Ok(NamedModel { name: named.to_string_lossy().into(), model })
}

fn from_folder(folder: &Path) -> Result<Model, Failure> {
    let read = |name: &str| {
        within(folder, name)
            .and_then(|path| read(&path))
            .with_context(|| format!("cannot read {}", folder.join(name).display()))
            .map_err(|error| failure(folder, "read", error))
    };
    let description = ModelDescription::parse(&read(DESCRIPTION)?).map_err(of_core(folder))?;
    let files: Vec<_> = description.files().map(read).collect::<Result<_, _>>()?;
    Model::from_folder(description, &files).map_err(of_core(folder))
}

/// The real path of a file in a folder. A model may come from anywhere: it shall
/// not choose what else is read.
fn within(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    if Path::new(name).file_name() != Some(OsStr::new(name)) {
        return Err(anyhow!("a file of a model is named without a path"));
    }
    let (folder, path) = (fs::canonicalize(folder)?, fs::canonicalize(folder.join(name))?);
    if path.parent() != Some(&folder) {
        return Err(anyhow!("it is a link that leads out of the model's folder"));
    }
    Ok(path)
}

/// The bytes of a file; a pipe or a device could go on for ever.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(anyhow!("it is no regular file"));
    }
    Ok(fs::read(path)?)
}

fn of_core(named: &Path) -> impl FnOnce(enhancer_core::Error) -> Failure {
    move |error| Failure::of_core(Side::Model, error, what(named))
}

fn failure(named: &Path, code: &'static str, error: anyhow::Error) -> Failure {
    Failure::new(Side::Model, code, error.context(what(named)))
}

fn what(named: &Path) -> String {
    format!("cannot use the model {}", named.display())
}
