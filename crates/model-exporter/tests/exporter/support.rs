use std::fs;
use std::path::{Path, PathBuf};

use tract_nnef::internal::*;

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs the TFLite file at `path` on one float32 input, optimised as the engine would.
pub(crate) fn run_tflite(path: &Path, shape: &[usize], input: &[f32]) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let model = tract_tflite::tflite().model_for_read(&mut &*bytes).unwrap();
    let input = Tensor::from_shape(shape, input).unwrap();
    let plan = model.into_optimized().unwrap().into_runnable().unwrap();
    let outputs = plan.run(tvec!(input.into_tvalue())).unwrap();
    outputs[0].to_plain_array_view::<f32>().unwrap().iter().copied().collect()
}

/// Names in `folder`, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
