//! Measures how long a whole step of a stream takes: windows, transforms and network.
//!
//! ```sh
//! cargo run --release -p enhancer-core --example step_time -- \
//!     models/deepfilternet3/model.json models/deepfilternet3/deepfilternet3.tflite
//! ```
//!
//! Prints the median time of one step of one lane in microseconds, then the time to load and
//! prepare the model in milliseconds. With `--lanes=8` before the files, a step is one of eight
//! lanes together. `tests/bench/steps.py` compares the times with LiteRT.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

use enhancer_core::{Model, ModelDescription};

const WARM_UP: usize = 200;
const STEPS: usize = 3000;

#[allow(clippy::print_stdout, reason = "it is what a program on the command line is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let asked = arguments.first().and_then(|first| first.to_str()?.strip_prefix("--lanes="));
    let lanes = asked.map(str::parse).transpose()?;
    arguments.drain(..usize::from(lanes.is_some()));
    let lanes: usize = lanes.unwrap_or(1);
    let [description, parts @ ..] = &arguments[..] else {
        return Err("usage: step_time [--lanes=N] MODEL.JSON PART.TFLITE...".into());
    };
    let files = parts.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    let started = Instant::now();
    let description = ModelDescription::parse(&fs::read(description)?)?;
    let model = Model::from_folder(description, &files)?;
    let mut stream = model.stream(lanes)?;
    let ready = started.elapsed();

    let mut output = vec![0.0; lanes * model.hop()];
    let mut times: Vec<Duration> = Vec::with_capacity(STEPS);
    for step in 0..WARM_UP + STEPS {
        let input: Vec<f32> = (0..output.len()).map(|at| noise(step * output.len() + at)).collect();
        let started = Instant::now();
        stream.step(&input, &mut output)?;
        if step >= WARM_UP {
            times.push(started.elapsed());
        }
    }
    times.sort_unstable();
    println!("{:.1}", times[STEPS / 2].as_secs_f64() * 1e6);
    println!("{:.1}", ready.as_secs_f64() * 1e3);
    Ok(())
}

/// A pseudo-random number for this position.
fn noise(at: usize) -> f32 {
    let hash = (at as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(13);
    hash.wrapping_mul(2_246_822_519) as f32 / u32::MAX as f32 * 0.2 - 0.1
}
