//! Runs a `.tflite` file like the core, step by step, and carries its states.
//!
//! ```sh
//! cargo run -p model-exporter --example run_steps -- \
//!     --state 1:1 models/dtln/dtln_1.tflite <steps.f32 >results.f32
//! ```
//!
//! Standard input holds, for each step, the inputs that are not states as little-endian 32-bit
//! floats, one tensor after the other; standard output gets the outputs in the same form. The tests
//! in `tests/parity` compare these with the outputs of other runtimes.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use enhancer_core::rewritten_tflite;
use tract_tflite::prelude::*;

#[derive(Parser)]
struct Cli {
    /// An input that is zero at first, and then has the value of an output in the previous step, as
    /// IN:OUT, counted from 0. Can be repeated
    #[arg(long = "state", value_name = "INPUT:OUTPUT", value_parser = state)]
    states: Vec<(usize, usize)>,
    /// The number of lanes to run; the file is made for one
    #[arg(long, default_value_t = 1)]
    lanes: usize,
    /// The file
    file: PathBuf,
}

fn state(text: &str) -> anyhow::Result<(usize, usize)> {
    let (input, output) = text.split_once(':').context("a colon is missing")?;
    Ok((input.parse()?, output.parse()?))
}

fn main() -> anyhow::Result<()> {
    let Cli { states, lanes, file } = Cli::parse();
    let bytes = rewritten_tflite(&fs::read(file)?, lanes)?;
    let graph = tract_tflite::tflite().model_for_read(&mut &*bytes)?;
    let mut inputs = Vec::new();
    for outlet in &graph.inputs {
        let fact = graph.outlet_fact(*outlet)?;
        ensure!(fact.datum_type == f32::datum_type(), "{outlet:?} is not a float32 input");
        let shape = fact.shape.as_concrete().context("an input without a fixed shape")?;
        inputs.push(Tensor::zero::<f32>(shape)?.into_tvalue());
    }
    let network = graph.into_optimized()?.into_runnable()?;
    let is_given = |input: usize| !states.iter().any(|(state, _)| *state == input);
    let given: Vec<usize> = (0..inputs.len()).filter(|input| is_given(*input)).collect();

    let mut steps = Vec::new();
    io::stdin().read_to_end(&mut steps)?;
    let steps: Vec<f32> =
        steps.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let per_step: usize = given.iter().map(|input| inputs[*input].len()).sum();
    let whole = per_step > 0 && steps.len().is_multiple_of(per_step);
    ensure!(whole, "a step takes {per_step} floats, {} came", steps.len());

    let mut results = io::BufWriter::new(io::stdout().lock());
    for mut step in steps.chunks(per_step) {
        for input in &given {
            let (values, rest) = step.split_at(inputs[*input].len());
            step = rest;
            inputs[*input] = Tensor::from_shape(inputs[*input].shape(), values)?.into_tvalue();
        }
        let outputs = network.run(inputs.iter().cloned().collect())?;
        for (input, output) in &states {
            let next = outputs.get(*output).with_context(|| format!("no output {output}"))?;
            *inputs.get_mut(*input).with_context(|| format!("no input {input}"))? = next.clone();
        }
        let is_result = |output: &usize| !states.iter().any(|(_, state)| state == output);
        for output in (0..outputs.len()).filter(is_result) {
            write_floats(&mut results, &outputs[output])?;
        }
    }
    Ok(results.flush()?)
}

fn write_floats(writer: &mut impl Write, values: &Tensor) -> anyhow::Result<()> {
    for value in values.to_plain_array_view::<f32>()? {
        writer.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}
