//! Imports streaming models from ONNX files.
//!
//! A model of the common form takes one complex spectrum and some states, and gives the enhanced
//! spectrum and the new states. A description names the inputs and outputs of the file and says how
//! spectra are computed. The graph is lowered, operator by operator, to operators that the TFLite
//! format and the loader support. Every tensor gets a first dimension for lanes.

mod assembly;
mod convolution;
mod description;
mod elementwise;
mod frame;
mod layers;
mod lowering;
mod movement;
mod onnx;
mod operators;
mod product;
mod recurrent;
mod reduction;
mod schedule;
mod states;
mod strands;
mod value;
mod view;

use std::collections::HashMap;
use std::path::Path;

use enhancer_core::{Model, ModelDescription};

use crate::ExportError;
use crate::contained::contained;
use crate::model_folder::{ModelFolder, Precision};
pub(crate) use description::Spectral;
use description::{Description, Role};
use lowering::{Lowering, lower};
use onnx::Onnx;

/// The maximum number of states of a network. If there would be more, the states are not split.
const MOST_STATES: usize = 60;

/// Makes the model's folder `destination` from an ONNX file and a description of it. An existing
/// model's folder is replaced. The licence files that the description names are copied from the
/// folder of the ONNX file.
///
/// # Errors
///
/// [`ExportError::DescriptionUnusable`], [`ExportError::OperatorNotImported`] for the first node
/// that cannot be lowered, those of [`tflite::encode`](crate::tflite::encode), or those of reading
/// and writing. The destination is then unchanged.
pub fn import(
    onnx: &Path,
    description: &Path,
    destination: &Path,
    precision: Precision,
) -> Result<(), ExportError> {
    let described = Description::read(description)?;
    let file = Onnx::read(onnx)?;
    let unusable =
        |reason| ExportError::DescriptionUnusable { path: description.to_owned(), reason };
    let states = state_shapes(&file, &described).map_err(unusable)?;
    let first = lower(&file, &described, &states::whole(&states), &states)?;
    let mut regions = states::regions(&first.states);
    if regions.len() > MOST_STATES {
        regions = states::whole(&states);
    }
    let part = lower(&file, &described, &regions, &states)?.part;
    let mut folder = ModelFolder::new(described.card(), precision);
    folder.add_part("step", &format!("{}.tflite", described.name), &part)?;
    let beside = onnx.parent().unwrap_or(Path::new("."));
    let licences: Vec<&str> = described.licence_files.iter().map(String::as_str).collect();
    folder.add_licences(beside, &licences)?;
    let loads = || {
        let model = ModelDescription::parse(&folder.description())?;
        Model::from_folder(model, &folder.parts())?.stream(1).map(drop)
    };
    loads().map_err(|error| unusable(format!("the model that it makes does not load: {error}")))?;
    folder.write(destination)
}

/// The shapes of the states in the file, in the order of the description's inputs.
fn state_shapes(file: &Onnx, described: &Description) -> Result<Vec<Vec<usize>>, String> {
    let inputs = contained(|| file.inputs())?;
    let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
    for input in &described.inputs {
        if !names.contains(&&*input.name) {
            let names = names.join(", ");
            return Err(format!("at inputs: the file has no input `{}`, but {names}", input.name));
        }
    }
    if let Some(name) = names.iter().find(|name| described.inputs.iter().all(|i| i.name != **name))
    {
        return Err(format!("at inputs: the file's input `{name}` is missing"));
    }
    let outputs: Vec<&str> = file.graph.output.iter().map(|output| &*output.name).collect();
    if let Some(output) = described.outputs.iter().find(|o| !outputs.contains(&&*o.name)) {
        let names = outputs.join(", ");
        return Err(format!("at outputs: the file has no output `{}`, but {names}", output.name));
    }
    let shapes: HashMap<String, Vec<usize>> = inputs.into_iter().collect();
    let states = described.inputs.iter().filter(|input| input.role == Role::State);
    Ok(states.map(|state| shapes[&state.name].clone()).collect())
}
