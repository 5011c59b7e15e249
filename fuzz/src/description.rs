//! Treats bytes as a `model.json`, and loads the folder that it describes.

use enhancer_core::{Model, ModelDescription};
use serde_json::Value;

/// Far more than a description and its small files need.
pub const MEMORY: usize = 128 << 20;

/// A valid file that no front-end accepts, and its digest.
const FILE: &[u8] = include_bytes!("../../models/passthrough_model_lite.tflite");
const SHA256: &str = "35cdc124e5fd8ad49ce82c72bd6f27617167f4f8dcd2f316f624b38bc1f94d73";

/// Parses the bytes, and loads the folder that they describe.
///
/// # Panics
/// If the core breaks a promise.
pub fn run(bytes: &[u8]) {
    let Ok(description) = ModelDescription::parse(bytes) else { return };
    let files: Vec<String> = description.files().map(Into::into).collect();
    assert!(files.iter().all(|file| !file.contains(['/', '\\'])), "a path: {files:?}");
    load(description, files.len());

    let ours = ModelDescription::parse(&with_digests(bytes));
    load(ours.expect("a digest that is well-formed changes nothing"), files.len());
}

/// Loads a folder in which all files have the content of [`FILE`].
fn load(description: ModelDescription, files: usize) {
    assert!(Model::from_folder(description, &vec![FILE; files]).is_err());
}

/// The description with the digest of [`FILE`] for all of its files.
fn with_digests(json: &[u8]) -> Vec<u8> {
    let mut description: Value = serde_json::from_slice(json).expect("it was parsed");
    for part in description["parts"].as_array_mut().expect("it has parts") {
        part["sha256"] = SHA256.into();
    }
    description.to_string().into_bytes()
}
