//! The model that returns its input.
//!
//! It shows that a whole pipeline loses nothing: the output must equal the input, bit for bit.

use std::path::Path;

use tract_nnef::internal::*;

use crate::{ExportError, saved_model};

/// The number of samples in the model's only frame.
pub const FRAME_LENGTH: usize = 1024;

/// Builds the model: one float32 tensor `[1, FRAME_LENGTH]`, which is both `input` and `output`.
/// The model has no operator.
///
/// # Errors
///
/// None is expected, but all functions of tract's graph interface return results.
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
