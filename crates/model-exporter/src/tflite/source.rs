//! Reading saved models of every accepted kind.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use tract_nnef::prelude::{Framework, TractResult, TypedModel};
use tract_onnx::prelude::{InferenceModel, InferenceModelExt};
use tract_onnx::tract_hir::internal::Factoid;
use tract_onnx::tract_hir::ops::unimpl::UnimplementedOp;

use crate::ExportError;
use crate::contained::contained;

/// Loads the model as it was saved, without optimisation.
pub(super) fn load(path: &Path) -> Result<TypedModel, ExportError> {
    match identify(path)? {
        Kind::NnefFolder => load_nnef(path, "an NNEF folder"),
        Kind::NnefArchive => load_nnef(path, "an NNEF archive"),
        Kind::Onnx => load_onnx(path),
    }
}

enum Kind {
    NnefFolder,
    NnefArchive,
    Onnx,
}

/// Recognises the kind by the content. Only ONNX, which has no signature, is recognised by the
/// name.
fn identify(path: &Path) -> Result<Kind, ExportError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ExportError::SourceMissing { path: path.to_owned() },
        _ => ExportError::io("read", path)(error),
    })?;
    let kind = if metadata.is_dir() {
        identify_folder(path)
    } else if metadata.is_file() {
        identify_file(path, &first_bytes(path).map_err(ExportError::io("read", path))?)
    } else {
        Err("neither a file nor a folder")
    };
    kind.map_err(|found| ExportError::SourceKind { path: path.to_owned(), found })
}

fn identify_folder(path: &Path) -> Result<Kind, &'static str> {
    if path.join("graph.nnef").is_file() {
        Ok(Kind::NnefFolder)
    } else if path.join("saved_model.pb").exists() || path.join("saved_model.pbtxt").exists() {
        Err("a TensorFlow SavedModel")
    } else {
        Err("a folder without graph.nnef")
    }
}

/// The position of the signature in a tar archive.
const TAR_MARK: std::ops::Range<usize> = 257..262;

fn identify_file(path: &Path, start: &[u8]) -> Result<Kind, &'static str> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if start.starts_with(&[0x1f, 0x8b]) || start.get(TAR_MARK) == Some(b"ustar") {
        Ok(Kind::NnefArchive)
    } else if start.get(4..8) == Some(b"TFL3") {
        Err("a TFLite file already")
    } else if extension.eq_ignore_ascii_case("onnx") {
        Ok(Kind::Onnx)
    } else if start.starts_with(b"\x89HDF") {
        Err("an HDF5 file (Keras, say)")
    } else if start.starts_with(b"PK\x03\x04") {
        Err("a zip file (PyTorch or Keras, say)")
    } else if extension.eq_ignore_ascii_case("pb") {
        Err("a TensorFlow graph")
    } else {
        Err("a file of an unknown kind")
    }
}

fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(TAR_MARK.end as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn load_nnef(path: &Path, kind: &'static str) -> Result<TypedModel, ExportError> {
    read(path, kind, || tract_nnef::nnef().model_for_path(path))
}

fn load_onnx(path: &Path) -> Result<TypedModel, ExportError> {
    const KIND: &str = "an ONNX file";
    let model = read(path, KIND, || tract_onnx::onnx().model_for_path(path))?;
    ensure_operators_known(&model)?;
    ensure_input_shapes_concrete(&model)?;
    read(path, KIND, || model.into_typed())
}

fn read<T>(
    path: &Path,
    kind: &'static str,
    reader: impl FnOnce() -> TractResult<T>,
) -> Result<T, ExportError> {
    contained(reader).map_err(|reason| ExportError::SourceUnreadable {
        path: path.to_owned(),
        kind,
        reason,
    })
}

fn ensure_operators_known(model: &InferenceModel) -> Result<(), ExportError> {
    match model.nodes.iter().find(|node| node.op_is::<UnimplementedOp>()) {
        None => Ok(()),
        Some(node) => {
            let name = node.op.name();
            let inner = name.strip_prefix("Unimplemented(").and_then(|n| n.strip_suffix(')'));
            Err(ExportError::OperatorUnsupported {
                node: node.name.clone(),
                operator: inner.unwrap_or(&name).to_owned(),
                reason: "the ONNX reader does not know this operator".to_owned(),
            })
        }
    }
}

/// Checked before shape inference, whose own error would name a later node.
fn ensure_input_shapes_concrete(model: &InferenceModel) -> Result<(), ExportError> {
    for outlet in &model.inputs {
        let node = model.node(outlet.node);
        let shape = &node.outputs[outlet.slot].fact.shape;
        let concrete = shape.concretize().is_some_and(|s| s.iter().all(|d| d.as_i64().is_some()));
        if !concrete {
            let (tensor, shape) = (node.name.clone(), format!("{shape:?}"));
            return Err(ExportError::ShapeUnknown { tensor, shape });
        }
    }
    Ok(())
}
