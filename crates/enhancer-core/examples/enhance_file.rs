//! Removes the noise from one file and writes the result to another, in the format of its
//! extension.
//!
//! `cargo run --release -p enhancer-core --example enhance_file -- models/deepfilternet3 talk.mp3 clean.wav`

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use enhancer_core::{Container, Engine, EnhanceOptions, Job, Model, ModelDescription};

#[allow(clippy::print_stdout, reason = "it is what a program on the command line is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, source, destination] = &paths[..] else {
        return Err("usage: enhance_file MODEL_FOLDER SOURCE DESTINATION".into());
    };
    let model = load(model)?;
    let extension = destination.extension().unwrap_or_default().to_string_lossy();
    let mut options = EnhanceOptions::default();
    options.container = Container::from_extension(&extension).and_then(Container::written);
    if options.container.is_none() {
        return Err(format!("the extension must be one of {}", Container::written_names()).into());
    }

    // The result gets its final name only when it is complete, so that a failure leaves no half
    // file.
    let unfinished = destination.with_added_extension("part");
    let outcome = enhance(&model, source, &unfinished, options);
    if outcome.is_err() {
        // The file is missing if it could not be created. Report the first error, not this one.
        let _ = fs::remove_file(&unfinished);
    }
    println!("{:.1} s of audio enhanced", outcome?);
    Ok(fs::rename(&unfinished, destination)?)
}

/// Returns the duration in seconds.
fn enhance(
    model: &Model,
    source: &Path,
    destination: &Path,
    options: EnhanceOptions,
) -> Result<f64, Box<dyn Error>> {
    let (source, sink) = (File::open(source)?, File::create(destination)?);
    let done = Job::new(model, source, sink).options(options).run(&Engine::new(None)?)?;
    Ok(done.summary.duration_seconds)
}

/// Loads a model from its folder: the description and the files that it names.
fn load(folder: &Path) -> Result<Model, Box<dyn Error>> {
    let description = ModelDescription::parse(&fs::read(folder.join("model.json"))?)?;
    let files = description.files().map(|name| fs::read(folder.join(name)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(Model::from_folder(description, &files)?)
}
