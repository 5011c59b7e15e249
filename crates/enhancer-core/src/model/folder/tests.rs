//! Files that match their descriptions or do not.

use serde_json::Value;

use super::load;
use crate::error::Error;
use crate::model::ModelDescription;

const JSON: &[u8] = include_bytes!("../../../../../models/dtln/model.json");
const FILES: [&[u8]; 2] = [
    include_bytes!("../../../../../models/dtln/dtln_1.tflite"),
    include_bytes!("../../../../../models/dtln/dtln_2.tflite"),
];

fn description() -> ModelDescription {
    ModelDescription::parse(JSON).unwrap()
}

fn refused(description: ModelDescription, files: &[&[u8]]) -> Error {
    load(description, files).unwrap_err()
}

#[test]
fn another_number_of_files_is_refused() {
    for files in [&FILES[..1], &[], &[FILES[0], FILES[1], FILES[0]]] {
        let error = refused(description(), files);
        assert_eq!(
            error.to_string(),
            format!(
                "the number of the model's files is {}, expected 2: dtln_1.tflite, dtln_2.tflite",
                files.len()
            )
        );
    }
}

#[test]
fn a_file_of_other_bytes_is_named() {
    let mut damaged = FILES[1].to_vec();
    damaged[1000] ^= 1;
    let error = refused(description(), &[FILES[0], &damaged]);
    assert_eq!(error.code(), "model_file_differs");
    let message = error.to_string();
    let sha256 = &description().parts[1].sha256;
    let beginning = format!("model.json says the sha256 {sha256}, but dtln_2.tflite has ");
    assert!(message.starts_with(&beginning), "{message}");
    // The same files in another order do not match.
    let error = refused(description(), &[FILES[1], FILES[0]]);
    assert!(error.to_string().contains(", but dtln_1.tflite has "), "{error}");
}

/// The description with a change to the states of its first part.
fn with_states(change: impl Fn(&mut Vec<Value>)) -> ModelDescription {
    let mut json: Value = serde_json::from_slice(JSON).unwrap();
    for side in ["inputs", "outputs"] {
        change(json["parts"][0][side].as_array_mut().unwrap());
    }
    ModelDescription::parse(&serde_json::to_vec(&json).unwrap()).unwrap()
}

#[test]
fn tensors_that_the_file_does_not_have_are_named() {
    let longer = with_states(|tensors| tensors[1]["shape"][2] = 129.into());
    assert_eq!(
        refused(longer, &FILES).to_string(),
        "model.json says input 1 (the state \"states\") is float32 [1, 2, 129, 2], \
         but dtln_1.tflite has float32 [1, 2, 128, 2]"
    );
    let more = with_states(|tensors| {
        let mut state = tensors[1].clone();
        (state["index"], state["state"]) = (2.into(), "more".into());
        tensors.push(state);
    });
    assert_eq!(
        refused(more, &FILES).to_string(),
        "model.json says 3 inputs, but dtln_1.tflite has 2 inputs"
    );
}

#[test]
fn bytes_other_than_a_model_are_refused_even_with_the_right_hash() {
    let mut json: Value = serde_json::from_slice(JSON).unwrap();
    // The hash of an empty file.
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    json["parts"][0]["sha256"] = sha256.into();
    let description = ModelDescription::parse(&serde_json::to_vec(&json).unwrap()).unwrap();
    assert_eq!(refused(description, &[b"", FILES[1]]).code(), "corrupt_model");
}
