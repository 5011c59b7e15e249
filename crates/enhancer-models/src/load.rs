//! Loading a model by name or path.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use enhancer_core::{ErrorCode, Model, ModelDescription};

use crate::built_in::{self, BuiltIn};

/// The name of the description in a folder.
const DESCRIPTION: &str = "model.json";

/// A model and its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct NamedModel {
    /// The name of a built-in model, the name in a `model.json`, or the path of a bare file.
    pub name: String,
    /// The model itself.
    pub model: Model,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the model {}: {reason}", named.display())]
pub struct LoadError {
    /// The name or path that the user gave.
    named: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(
        "no file, folder or built-in model has this name; the built-in models are {}",
        built_in::names()
    )]
    Unknown,
    #[error(
        "this program was compiled without it; compile it with the feature of that name of \
         enhancer-models, or use another model; the built-in ones are: {}",
        built_in::names()
    )]
    LeftOut,
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Core(enhancer_core::Error),
}

impl LoadError {
    /// A stable name of the kind of error: [`UnknownModel`](ErrorCode::UnknownModel),
    /// [`Read`](ErrorCode::Read), or the code of the core's error.
    pub fn code(&self) -> ErrorCode {
        match &self.reason {
            Reason::Unknown | Reason::LeftOut => ErrorCode::UnknownModel,
            Reason::Unreadable { .. } => ErrorCode::Read,
            Reason::Core(error) => error.code(),
        }
    }
}

/// Loads a built-in model by its name, or else a folder or a file by its path.
///
/// # Errors
/// If nothing has this name, if a file cannot be read, or if it is not a model that the
/// core can run.
pub fn load(named: &Path) -> Result<NamedModel, LoadError> {
    find(named).map_err(|reason| LoadError { named: named.into(), reason })
}

/// Loads a built-in model by its name. It does not look for files.
///
/// # Errors
/// If none has this name.
pub fn load_built_in(name: &str) -> Result<Model, LoadError> {
    let found = BuiltIn::find(OsStr::new(name)).ok_or_else(|| not_found(OsStr::new(name)));
    let loaded = found.and_then(|model| model.load().map_err(Reason::Core));
    loaded.map_err(|reason| LoadError { named: name.into(), reason })
}

fn find(named: &Path) -> Result<NamedModel, Reason> {
    if let Some(built_in) = BuiltIn::find(named.as_os_str()) {
        let model = built_in.load().map_err(Reason::Core)?;
        return Ok(NamedModel { name: built_in.name.into(), model });
    }
    if named.is_dir() {
        let model = from_folder(named)?;
        return Ok(NamedModel { name: model.name().into(), model });
    }
    if !named.exists() {
        return Err(not_found(named.as_os_str()));
    }
    let model = Model::from_tflite(&read(named)?).map_err(Reason::Core)?;
    Ok(NamedModel { name: named.to_string_lossy().into(), model })
}

fn not_found(name: &OsStr) -> Reason {
    if BuiltIn::is_left_out(name) { Reason::LeftOut } else { Reason::Unknown }
}

fn from_folder(folder: &Path) -> Result<Model, Reason> {
    let read = |name: &str| read(&within(folder, name)?);
    let description = ModelDescription::parse(&read(DESCRIPTION)?).map_err(Reason::Core)?;
    let files: Vec<_> = description.files().map(read).collect::<Result<_, _>>()?;
    Model::from_folder(description, &files).map_err(Reason::Core)
}

/// The real path of a file in a folder. Models may come from untrusted sources, and must not cause
/// files outside their folder to be read.
fn within(folder: &Path, name: &str) -> Result<PathBuf, Reason> {
    let path = folder.join(name);
    let refused = |why: &str| io::Error::other(why);
    let real = || {
        if Path::new(name).file_name() != Some(OsStr::new(name)) {
            return Err(refused("model.json must name files without a path"));
        }
        let (folder, path) = (fs::canonicalize(folder)?, fs::canonicalize(&path)?);
        if path.parent() != Some(&folder) {
            return Err(refused("it is a link to a file outside the model's folder"));
        }
        Ok(path)
    };
    real().map_err(|source| Reason::Unreadable { path, source })
}

/// The bytes of a file. Pipes and devices are rejected because they may never end.
fn read(path: &Path) -> Result<Vec<u8>, Reason> {
    let read = || {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        fs::read(path)
    };
    read().map_err(|source| Reason::Unreadable { path: path.into(), source })
}
