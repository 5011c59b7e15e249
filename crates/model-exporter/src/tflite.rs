//! Exports saved models to TFLite files.

mod float16;
mod preparation;
mod source;
mod verification;
mod writer;

use std::path::Path;

use tract_nnef::prelude::TypedModel;

use crate::ExportError;
use crate::contained::contained;
use crate::staging::{ensure_file_replaceable, write_file};

pub use float16::store_weights_as_float16;

/// Reads the saved model at `saved_model_path` and writes it as the TFLite file `destination`. An
/// existing file is replaced.
///
/// The source is an NNEF folder, an NNEF archive (tar, gzipped or not) or an ONNX file. The same
/// source gives the same bytes. Before the file is moved into place, it is read back and must give
/// the source model's outputs on a fixed input.
///
/// # Errors
///
/// See [`ExportError`]. After any error the destination is unchanged.
pub fn export_to_tflite(saved_model_path: &Path, destination: &Path) -> Result<(), ExportError> {
    let model = source::load(saved_model_path)?;
    ensure_file_replaceable(destination, saved_model_path)?;
    write_file(destination, &encode(&model)?)
}

/// The bytes of the TFLite file for `model`.
///
/// Pass a model as it was built: tract's declutter fuses operators into ones without a TFLite form.
/// But it also resolves some operators that have none, so a model that cannot be written directly
/// is decluttered and tried again. Tensors are named after outlet labels, or else after their
/// nodes.
///
/// # Errors
///
/// [`ExportError::ShapeUnknown`], [`ExportError::OperatorUnsupported`],
/// [`ExportError::WriterFailed`], or [`ExportError::NotEquivalent`] if the bytes, read back, do
/// not compute what `model` computes.
pub fn encode(model: &TypedModel) -> Result<Vec<u8>, ExportError> {
    let bytes = write(model).or_else(|refusal| write_decluttered(model).ok_or(refusal))?;
    verification::verify(model, &bytes)?;
    Ok(bytes)
}

fn write(model: &TypedModel) -> Result<Vec<u8>, ExportError> {
    writer::write(&preparation::prepare(model)?)
}

fn write_decluttered(model: &TypedModel) -> Option<Vec<u8>> {
    let decluttered = contained(|| model.clone().into_decluttered()).ok()?;
    write(&decluttered).ok()
}
