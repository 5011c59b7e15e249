//! Runs a part of a model's folder in tract, step by step, with its states carried.
//!
//! ```sh
//! cargo run -p model-exporter --example run_steps -- models/dtln 0 <steps.f32 >results.f32
//! ```
//!
//! Standard input holds, for each step, the part's inputs that are no states as little-endian
//! 32-bit floats, one tensor after the other; standard output gets its outputs likewise. The
//! tests in `tests/parity` compare these with what other runtimes give.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use serde::Deserialize;
use tract_tflite::prelude::*;

#[derive(Parser)]
struct Cli {
    /// The model's folder
    folder: PathBuf,
    /// Which of its parts, from 0
    part: usize,
}

#[derive(Deserialize)]
struct Description {
    parts: Vec<PartDescription>,
}

#[derive(Deserialize)]
struct PartDescription {
    file: String,
    inputs: Vec<TensorDescription>,
    outputs: Vec<TensorDescription>,
}

#[derive(Deserialize)]
struct TensorDescription {
    state: Option<String>,
    shape: Vec<usize>,
}

impl TensorDescription {
    fn length(&self) -> usize {
        self.shape.iter().product()
    }
}

fn main() -> anyhow::Result<()> {
    let Cli { folder, part } = Cli::parse();
    let description: Description = serde_json::from_slice(&fs::read(folder.join("model.json"))?)?;
    let part = description.parts.get(part).context("there is no such part")?;
    let network = tract_tflite::tflite()
        .model_for_path(folder.join(&part.file))?
        .into_optimized()?
        .into_runnable()?;

    let mut given = Vec::new();
    io::stdin().read_to_end(&mut given)?;
    let given: Vec<f32> =
        given.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let per_step: usize =
        part.inputs.iter().filter(|t| t.state.is_none()).map(TensorDescription::length).sum();
    let whole = given.len().is_multiple_of(per_step);
    ensure!(whole, "a step takes {per_step} floats, {} came", given.len());

    let mut states = HashMap::new();
    let mut results = io::BufWriter::new(io::stdout().lock());
    for step in given.chunks(per_step) {
        let outputs = network.run(inputs(part, step, &states)?)?;
        for (tensor, value) in part.outputs.iter().zip(outputs) {
            match &tensor.state {
                Some(state) => _ = states.insert(state.clone(), value),
                None => write_floats(&mut results, &value)?,
            }
        }
    }
    Ok(results.flush()?)
}

/// What a step takes: tensors out of `step`, and states, which are zeros at first.
fn inputs(
    part: &PartDescription,
    mut step: &[f32],
    states: &HashMap<String, TValue>,
) -> anyhow::Result<TVec<TValue>> {
    let mut input = |tensor: &TensorDescription| {
        let Some(state) = &tensor.state else {
            let (values, rest) = step.split_at(tensor.length());
            step = rest;
            return Ok(Tensor::from_shape(&tensor.shape, values)?.into_tvalue());
        };
        match states.get(state) {
            Some(value) => Ok(value.clone()),
            None => Ok(Tensor::zero::<f32>(&tensor.shape)?.into_tvalue()),
        }
    };
    part.inputs.iter().map(&mut input).collect()
}

fn write_floats(writer: &mut impl Write, values: &Tensor) -> anyhow::Result<()> {
    for value in values.to_plain_array_view::<f32>()? {
        writer.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}
