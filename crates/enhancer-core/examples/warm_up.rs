//! How near segments come to one run over all of the audio, by the length of their
//! warm-up. Prints a table for two models on a minute of audio:
//!
//! ```sh
//! cargo run --release -p enhancer-core --example warm_up -- \
//!     models/deepfilternet3 models/dtln <audio_samples/audio_file_48k.raw
//! ```
//!
//! Standard input holds mono samples at 48 kHz, 32-bit floats, which are repeated
//! for a minute.

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use enhancer_core::{
    Audio, AudioEnhancer, Controls, InputGain, Model, ModelDescription, SessionOptions,
};
use serde_json::Value;

const RATE: usize = 48_000;
const WARM_UPS: [u64; 7] = [0, 12, 25, 50, 100, 200, 400];

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let audio = minute()?;
    let mut columns = vec![];
    for folder in &folders {
        columns.push(column(folder, &audio)?);
    }
    let mut out = io::stdout().lock();
    write!(out, "| warm-up in hops |")?;
    for folder in &folders {
        write!(out, " {} |", folder.display())?;
    }
    writeln!(out, "\n|--:|{}", "--:|".repeat(folders.len()))?;
    for (row, hops) in WARM_UPS.iter().map(u64::to_string).chain(["none".into()]).enumerate() {
        write!(out, "| {hops} |")?;
        for column in &columns {
            write!(out, " {:.1} dB |", column[row])?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The minute on standard input.
fn minute() -> Result<Vec<f32>, Box<dyn Error>> {
    let mut bytes = vec![];
    io::stdin().read_to_end(&mut bytes)?;
    let floats = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let samples: Vec<f32> = floats.collect();
    if samples.is_empty() {
        return Err("standard input holds no samples".into());
    }
    Ok(samples.iter().copied().cycle().take(60 * RATE).collect())
}

/// The signal-to-noise ratios of a model in segments of each warm-up, and at last
/// in one run of many hops a step, against one run hop by hop.
fn column(folder: &Path, samples: &[f32]) -> Result<Vec<f64>, Box<dyn Error>> {
    let audio = Audio::new(RATE as u32, vec![samples.to_vec()])?;
    let enhanced = |warm_up: Option<u64>, exact: bool| -> Result<Vec<f32>, Box<dyn Error>> {
        let enhancer = AudioEnhancer::new(model(folder, warm_up)?, None)?;
        // Of both, so that the runs differ in nothing else.
        let input_gain = Some(InputGain::Decibels(0.0));
        let controls = Controls { exact, input_gain, ..Controls::default() };
        let options = SessionOptions { controls, ..SessionOptions::default() };
        let enhanced = enhancer.process_audio_with("table", &audio, options)?;
        Ok(enhanced.into_planes().swap_remove(0))
    };
    let exact = enhanced(None, true)?;
    let warm_ups = WARM_UPS.into_iter().map(Some).chain([None]);
    warm_ups.map(|warm_up| Ok(ratio(&enhanced(warm_up, false)?, &exact))).collect()
}

/// The folder's model with that warm-up.
fn model(folder: &Path, warm_up: Option<u64>) -> Result<Model, Box<dyn Error>> {
    let mut description: Value = serde_json::from_slice(&fs::read(folder.join("model.json"))?)?;
    let fields = description.as_object_mut().ok_or("model.json holds no object")?;
    fields.remove("warm_up");
    if let Some(warm_up) = warm_up {
        fields.insert("warm_up".into(), warm_up.into());
    }
    let description = ModelDescription::parse(&serde_json::to_vec(&description)?)?;
    let files = description.files().map(|file| fs::read(folder.join(file)));
    let files: Vec<Vec<u8>> = files.collect::<Result<_, _>>()?;
    Ok(Model::from_folder(description, &files)?)
}

/// What is the same, in relation to what is not, in dB.
fn ratio(found: &[f32], expected: &[f32]) -> f64 {
    let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|x| x * x).sum::<f64>();
    let signal = power(&mut expected.iter().map(|&x| x.into()));
    let pairs = found.iter().zip(expected);
    let noise = power(&mut pairs.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    10.0 * (signal / noise).log10()
}
