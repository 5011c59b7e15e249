//! Saved models: NNEF folders, tract's own save format.
//!
//! The folder holds `graph.nnef`, which is text, and a `.dat` file for each larger constant.

use std::fs;
use std::path::Path;

use tract_nnef::prelude::TypedModel;

use crate::ExportError;
use crate::contained::contained;
use crate::staging::Staging;

/// Saves `model` as the NNEF folder `destination`, in place of a model saved there before.
///
/// The same model gives the same bytes.
///
/// # Errors
///
/// [`ExportError::Destination`] if something else than a saved model stands there or its parent
/// folder is missing, [`ExportError::SaveFailed`] if the model has no NNEF form, or
/// [`ExportError::Io`]. What stood at the destination is then untouched.
pub fn save(model: &TypedModel, destination: &Path) -> Result<(), ExportError> {
    ensure_replaceable(destination)?;
    let staging = Staging::beside(destination)?;
    contained(|| tract_nnef::nnef().write_to_dir(model, staging.path()))
        .map_err(|reason| ExportError::SaveFailed { reason })?;
    staging.publish()
}

/// Replacing a folder deletes what it holds: only files of a saved model may be lost.
fn ensure_replaceable(destination: &Path) -> Result<(), ExportError> {
    if !destination.exists() {
        return Ok(());
    }
    if !destination.is_dir() {
        let problem = "what stands there is not a folder, and a model is saved as one";
        return Err(ExportError::destination(destination, problem));
    }
    let failed = || ExportError::io("read", destination);
    for entry in fs::read_dir(destination).map_err(failed())? {
        let name = entry.map_err(failed())?.file_name();
        if !is_saved_model_file(Path::new(&name)) {
            let problem = format!(
                "the folder holds `{}`, which is not part of a saved model; move it away first",
                name.display()
            );
            return Err(ExportError::destination(destination, problem));
        }
    }
    Ok(())
}

fn is_saved_model_file(name: &Path) -> bool {
    ["nnef", "quant", "dat"].iter().any(|known| name.extension().is_some_and(|e| e == *known))
}
