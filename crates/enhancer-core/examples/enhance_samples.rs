//! Removes the noise from samples in memory. Here they come from a file of raw samples: mono,
//! 32-bit float, 48 kHz.
//!
//! `cargo run --release -p enhancer-core --example enhance_samples -- models/deepfilternet3 noisy.raw clean.raw`

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use enhancer_core::{Audio, AudioEnhancer, Model, ModelDescription};

const SAMPLE_RATE: u32 = 48_000;

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, source, destination] = &paths[..] else {
        return Err("usage: enhance_samples MODEL_FOLDER SOURCE.RAW DESTINATION.RAW".into());
    };
    // One enhancer can serve a whole program, also from several threads at once.
    let enhancer = AudioEnhancer::new(load(model)?, None)?;

    // One vector per channel.
    let noisy = Audio::new(SAMPLE_RATE, vec![samples(&fs::read(source)?)?])?;
    let clean = enhancer.process_audio("samples", &noisy)?;

    let bytes: Vec<u8> = clean.planes()[0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    Ok(fs::write(destination, bytes)?)
}

fn samples(bytes: &[u8]) -> Result<Vec<f32>, Box<dyn Error>> {
    let (samples, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        let found = bytes.len();
        return Err(format!("the source has {found} bytes: expected 4 for each sample").into());
    }
    Ok(samples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Loads a model from its folder: the description and the files that it names.
fn load(folder: &Path) -> Result<Model, Box<dyn Error>> {
    let description = ModelDescription::parse(&fs::read(folder.join("model.json"))?)?;
    let files = description.files().map(|name| fs::read(folder.join(name)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(Model::from_folder(description, &files)?)
}
