//! Removes the noise from a file. Press Enter to cancel.
//!
//! `cargo run --release -p enhancer-core --example cancel -- models/deepfilternet3 talk.mp3 clean.wav`

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{io, thread};

use enhancer_core::{
    CancelToken, Container, Engine, EnhanceOptions, ErrorCode, Job, Model, ModelDescription,
};

#[allow(clippy::print_stdout, reason = "it is what a program on the command line is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, source, destination] = &paths[..] else {
        return Err("usage: cancel MODEL_FOLDER SOURCE DESTINATION.WAV".into());
    };
    let cancel = CancelToken::new();
    cancel_on_enter(cancel.clone());

    let (engine, model) = (Engine::new(None)?, load(model)?);
    let mut options = EnhanceOptions::default();
    options.container = Some(Container::Wav);
    let job = Job::new(&model, File::open(source)?, File::create_new(destination)?)
        .options(options)
        .cancel(cancel);
    match job.run(&engine) {
        Ok(done) => println!("{:.1} s of audio enhanced", done.summary.duration_seconds),
        Err(error) => {
            // The file is not complete.
            fs::remove_file(destination)?;
            // The code is the same whatever the job did when it was cancelled.
            if error.code() != ErrorCode::Cancelled {
                return Err(error.into());
            }
            println!("cancelled");
        }
    }
    Ok(())
}

/// The thread ends with the program, because a wait for a key cannot be cancelled.
fn cancel_on_enter(cancel: CancelToken) {
    thread::spawn(move || {
        // The count is 0 if the input has ended.
        if io::stdin().read_line(&mut String::new()).is_ok_and(|bytes| bytes > 0) {
            cancel.cancel();
        }
    });
}

/// Loads a model from its folder: the description and the files that it names.
fn load(folder: &Path) -> Result<Model, Box<dyn Error>> {
    let description = ModelDescription::parse(&fs::read(folder.join("model.json"))?)?;
    let files = description.files().map(|name| fs::read(folder.join(name)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(Model::from_folder(description, &files)?)
}
