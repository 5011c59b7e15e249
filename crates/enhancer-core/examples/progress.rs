//! Removes the noise from a file and shows the progress.
//!
//! `cargo run --release -p enhancer-core --example progress -- models/deepfilternet3 talk.mp3 clean.wav`

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use enhancer_core::{Container, Engine, EnhanceOptions, Job, Model, ModelDescription, Progress};

#[allow(clippy::print_stdout, reason = "it is what a program on the command line is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, source, destination] = &paths[..] else {
        return Err("usage: progress MODEL_FOLDER SOURCE DESTINATION.WAV".into());
    };
    let (engine, model) = (Engine::new(None)?, load(model)?);
    let mut options = EnhanceOptions::default();
    options.container = Some(Container::Wav);

    // The thread that runs the job makes the calls. Move slow work to another thread.
    let mut shown = None;
    let on_progress = move |progress: Progress| {
        let percent = percent(progress);
        match percent {
            // Many calls can come within one percent.
            Some(percent) if shown != Some(percent) => println!("{percent} %"),
            Some(_) => {}
            // Some formats do not state their length.
            None => println!("{} samples", progress.enhanced),
        }
        shown = percent;
    };
    let job = Job::new(&model, File::open(source)?, File::create_new(destination)?)
        .options(options)
        .on_progress(on_progress);
    if let Err(error) = job.run(&engine) {
        fs::remove_file(destination)?;
        return Err(error.into());
    }
    println!("done");
    Ok(())
}

fn percent(progress: Progress) -> Option<u64> {
    // A source may be longer than it declares.
    progress.expected.map(|all| (100 * progress.enhanced / all.max(1)).min(100))
}

/// Loads a model from its folder: the description and the files that it names.
fn load(folder: &Path) -> Result<Model, Box<dyn Error>> {
    let description = ModelDescription::parse(&fs::read(folder.join("model.json"))?)?;
    let files = description.files().map(|name| fs::read(folder.join(name)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(Model::from_folder(description, &files)?)
}
