//! Your own front end: a reader and a writer for pipes. It reads mono samples, 32-bit float at 48
//! kHz, from the standard input and writes enhanced samples to the standard output as they become
//! ready.
//!
//! `cargo run --release -p enhancer-core --example front_end -- models/deepfilternet3 <noisy.raw >clean.raw`

use std::io::{self, Read, Write};
use std::{env, fs, path::Path};

use enhancer_core::{AudioFormat, AudioReader, AudioWriter, ErrorKind, Planes, Result};
use enhancer_core::{Engine, Model, ModelDescription, SampleFormat, SessionOptions, enhance};

struct Input(AudioFormat);

impl AudioReader for Input {
    fn format(&self) -> &AudioFormat {
        &self.0
    }
    fn len(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        let mut bytes = Vec::new();
        let read = io::stdin().take(4 * max as u64).read_to_end(&mut bytes);
        read.map_err(|source| ErrorKind::Read { source })?;
        // Ignores a sample that is cut off at the end.
        let samples = bytes.as_chunks::<4>().0;
        planes[0].extend(samples.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        Ok(samples.len())
    }
}

struct Output;

impl AudioWriter for Output {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let bytes: Vec<u8> = planes[0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Ok(io::stdout().write_all(&bytes).map_err(|source| ErrorKind::Write { source })?)
    }
    fn finish(&mut self) -> Result<()> {
        Ok(io::stdout().flush().map_err(|source| ErrorKind::Write { source })?)
    }
}

#[allow(clippy::print_stderr, reason = "it is what a program on the command line is for")]
fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: front_end MODEL_FOLDER <NOISY >CLEAN")?;
    let description = ModelDescription::parse(&fs::read(Path::new(&folder).join("model.json"))?)?;
    let files = description.files().map(|name| fs::read(Path::new(&folder).join(name)));
    let files: Vec<Vec<u8>> = files.collect::<io::Result<_>>()?;
    let (engine, model) = (Engine::new(None)?, Model::from_folder(description, &files)?);
    let mut session = engine.open(&model, "pipe", 48_000, 1, SessionOptions::default())?;
    let mut input = Input(AudioFormat::raw(SampleFormat::F32le, 48_000, 1));
    let summary = enhance(&mut input, &mut session, &mut Output)?;
    eprintln!("{:.1} s of audio enhanced", summary.duration_seconds);
    summary.warnings.iter().for_each(|warning| eprintln!("warning: {}", warning.text));
    Ok(())
}
