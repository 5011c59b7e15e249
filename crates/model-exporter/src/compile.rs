//! Compiles a model's folder, so that it loads faster, and without a reader for TFLite files.

use std::fs;
use std::path::Path;

use enhancer_core::ModelDescription;
use serde_json::Value;

use crate::ExportError;
use crate::model_folder::{self, DESCRIPTION, HexDigest, is_licence};

/// The extension of compiled networks.
pub(crate) const COMPILED: &str = "network";

/// Makes the model's folder `destination` from the folder `model`: the same description with compiled
/// networks, and the licences. An existing model's folder is replaced. The result depends on no
/// machine, but only this version of Enhancer reads it.
///
/// # Errors
///
/// [`ExportError::NotCompiled`] if the folder is not a valid model or an operator has no kernel, or those
/// of reading and writing. The destination is then unchanged.
pub fn compile(model: &Path, destination: &Path) -> Result<(), ExportError> {
    let read = |name: &str| {
        let path = model.join(name);
        fs::read(&path).map_err(ExportError::io("read", &path))
    };
    if fs::canonicalize(destination).is_ok_and(|it| fs::canonicalize(model).is_ok_and(|m| m == it))
    {
        let problem = "it is the model's own folder, which would be lost; choose another one";
        return Err(ExportError::destination(destination, problem));
    }
    let failed = |reason: String| ExportError::NotCompiled { path: model.to_owned(), reason };
    let json = read(DESCRIPTION)?;
    let core = |error: enhancer_core::Error| failed(error.to_string());
    let description = ModelDescription::parse(&json).map_err(core)?;
    let networks: Vec<Vec<u8>> = description.files().map(read).collect::<Result<_, _>>()?;
    let compiled = description.compile(&networks).map_err(core)?;
    let names: Vec<String> = description.files().map(compiled_name).collect();
    let mut json: Value =
        serde_json::from_slice(&json).map_err(|error| failed(error.to_string()))?;
    for ((part, name), network) in parts(&mut json).iter_mut().zip(&names).zip(&compiled) {
        part["file"] = name.as_str().into();
        part["sha256"] = HexDigest(network).to_string().into();
    }
    let mut files: Vec<(String, Vec<u8>)> = names.into_iter().zip(compiled).collect();
    files.push((DESCRIPTION.into(), format!("{json:#}\n").into_bytes()));
    for name in licences(model)? {
        let text = read(&name)?;
        files.push((name, text));
    }
    model_folder::write(files, destination)
}

/// The parts of a description that was checked.
fn parts(json: &mut Value) -> &mut [Value] {
    json["parts"].as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// The name of the compiled form of a network's file.
fn compiled_name(name: &str) -> String {
    Path::new(name).with_extension(COMPILED).to_string_lossy().into_owned()
}

/// The names of the licences in a folder, sorted.
fn licences(folder: &Path) -> Result<Vec<String>, ExportError> {
    let mut names = vec![];
    for entry in fs::read_dir(folder).map_err(ExportError::io("read", folder))? {
        let entry = entry.map_err(ExportError::io("read", folder))?;
        names.extend(entry.file_name().into_string().ok().filter(|name| is_licence(name)));
    }
    names.sort();
    Ok(names)
}
