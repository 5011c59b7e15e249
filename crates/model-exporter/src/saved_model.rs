//! Saved models: NNEF folders, tract's own save format.
//!
//! The folder holds `graph.nnef`, which is text, and a `.dat` file for each larger constant.

use std::path::Path;

use tract_nnef::prelude::TypedModel;

use crate::ExportError;
use crate::contained::contained;
use crate::staging::{Staging, ensure_folder_replaceable};

/// Saves `model` as the NNEF folder `destination`. An existing saved model is replaced.
///
/// The same model gives the same bytes.
///
/// # Errors
///
/// [`ExportError::Destination`] if the destination exists and is not a saved model, or if its
/// parent folder is missing, [`ExportError::SaveFailed`] if the model has no NNEF form, or
/// [`ExportError::Io`]. The destination is then unchanged.
pub fn save(model: &TypedModel, destination: &Path) -> Result<(), ExportError> {
    ensure_folder_replaceable(destination, "a saved model", "graph.nnef", is_saved_model_file)?;
    let staging = Staging::beside(destination)?;
    contained(|| tract_nnef::nnef().write_to_dir(model, staging.path()))
        .map_err(|reason| ExportError::SaveFailed { reason })?;
    staging.publish()
}

fn is_saved_model_file(name: &Path) -> bool {
    ["nnef", "quant", "dat"].iter().any(|known| name.extension().is_some_and(|e| e == *known))
}
