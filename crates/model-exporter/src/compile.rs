//! Compiles models, so that they load faster, and without a reader for TFLite files.

use std::fs;
use std::path::Path;

use enhancer_core::{Model, ModelDescription};
use serde_json::Value;

use crate::ExportError;
use crate::model_folder::{self, DESCRIPTION, HexDigest, is_licence};
use crate::staging::{ensure_file_replaceable, ensure_not_source, write_file};

/// The extension of compiled networks.
pub(crate) const COMPILED: &str = "network";

/// Compiles `model` to `destination`: a model's folder to a folder with the same description, compiled
/// networks and the licences, or a single TFLite file, which maps samples to samples, to a file. An existing
/// model's folder or file is replaced. The result depends on no machine, but only a version of Enhancer
/// with the same kernels reads it.
///
/// # Errors
///
/// [`ExportError::NotCompiled`] if it is not a valid model or an operator has no kernel, or those
/// of reading and writing. The destination is then unchanged.
pub fn compile(model: &Path, destination: &Path) -> Result<(), ExportError> {
    if model.is_dir() { folder(model, destination) } else { file(model, destination) }
}

fn file(model: &Path, destination: &Path) -> Result<(), ExportError> {
    ensure_file_replaceable(destination, model)?;
    let compiled = Model::compile_tflite(&read(model)?).map_err(not_compiled(model))?;
    write_file(destination, &compiled)
}

fn folder(model: &Path, destination: &Path) -> Result<(), ExportError> {
    ensure_not_source(destination, model)?;
    let read = |name: &str| read(&model.join(name));
    let json = read(DESCRIPTION)?;
    let description = ModelDescription::parse(&json).map_err(not_compiled(model))?;
    let networks: Vec<Vec<u8>> = description.files().map(read).collect::<Result<_, _>>()?;
    let compiled = description.compile(&networks).map_err(not_compiled(model))?;
    let names: Vec<String> = description.files().map(compiled_name).collect();
    let mut json: Value = serde_json::from_slice(&json).map_err(not_compiled(model))?;
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

fn read(path: &Path) -> Result<Vec<u8>, ExportError> {
    fs::read(path).map_err(ExportError::io("read", path))
}

/// For `map_err`: `model` cannot be compiled.
fn not_compiled<E: ToString>(model: &Path) -> impl FnOnce(E) -> ExportError {
    let path = model.to_owned();
    move |error| ExportError::NotCompiled { path, reason: error.to_string() }
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
