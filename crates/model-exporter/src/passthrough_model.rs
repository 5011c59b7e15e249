//! The model whose output is its input.
//!
//! It shows that a whole pipeline loses nothing: what comes out must be what went in, bit for bit.

use std::path::Path;

use tract_nnef::internal::*;

use crate::{ExportError, saved_model};

/// Samples in the model's one frame.
pub const FRAME_LENGTH: usize = 1024;

/// Builds the model: one float32 tensor `[1, FRAME_LENGTH]`, named `input`, which is the `output`
/// too. There is no operator in it.
///
/// # Errors
///
/// None is expected; tract's graph interface is fallible throughout.
pub fn build() -> TractResult<TypedModel> {
    let mut model = TypedModel::default();
    model.set_name("passthrough_model");
    let input = model.add_source("input", f32::fact([1, FRAME_LENGTH]))?;
    model.set_outlet_label(input, "output".to_owned())?;
    model.select_output_outlets(&[input])?;
    Ok(model)
}

/// Builds the model and saves it as the NNEF folder `destination`.
///
/// # Errors
///
/// Those of [`saved_model::save`].
pub fn save(destination: &Path) -> Result<(), ExportError> {
    let model =
        build().map_err(|error| ExportError::SaveFailed { reason: format!("{error:#}") })?;
    saved_model::save(&model, destination)
}
