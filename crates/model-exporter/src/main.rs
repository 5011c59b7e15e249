//! The command that creates the files in `models/`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use model_exporter::{Precision, deepfilternet3, dnsmos, dtln, passthrough_model, tflite};

/// Makes the files in models/.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Save the model that returns its input, as an NNEF folder
    #[command(alias = "passthrough_model")]
    PassthroughModel {
        /// The folder to write; a model saved there before is replaced
        #[arg(long, value_name = "FOLDER", default_value = "models/passthrough_model")]
        destination: PathBuf,
    },
    /// Build DeepFilterNet 3 from its published weights, as a folder with a TFLite file
    Deepfilternet3 {
        /// The folder with enc.onnx, erb_dec.onnx, df_dec.onnx and their licences
        #[arg(long, value_name = "FOLDER", default_value = ".tools/weights/deepfilternet3")]
        weights: PathBuf,
        /// The folder to write; an existing model's folder is replaced
        #[arg(long, value_name = "FOLDER", default_value = "models/deepfilternet3")]
        destination: PathBuf,
        /// Store weights as published, as 32-bit floats, in files about twice as long
        #[arg(long)]
        float32: bool,
    },
    /// Build DTLN from its published weights, as a folder with two TFLite files
    Dtln {
        /// The folder with model_1.onnx, model_2.onnx and their licence
        #[arg(long, value_name = "FOLDER", default_value = ".tools/weights/dtln")]
        weights: PathBuf,
        /// The folder to write; an existing model's folder is replaced
        #[arg(long, value_name = "FOLDER", default_value = "models/dtln")]
        destination: PathBuf,
        /// Store weights as published, as 32-bit floats, in files about twice as long
        #[arg(long)]
        float32: bool,
    },
    /// Build DNSMOS P.835 from its published weights, as a folder with two TFLite files
    Dnsmos {
        /// The folder with sig_bak_ovr.onnx and its licence
        #[arg(long, value_name = "FOLDER", default_value = ".tools/weights/dnsmos")]
        weights: PathBuf,
        /// The folder to write; an existing model's folder is replaced
        #[arg(long, value_name = "FOLDER", default_value = "models/dnsmos")]
        destination: PathBuf,
        /// Store weights as published, as 32-bit floats, in files about twice as long
        #[arg(long)]
        float32: bool,
    },
    /// Import a streaming model from an ONNX file: one spectrum and states in and out
    Import {
        /// The ONNX file of one step
        #[arg(long, value_name = "FILE")]
        onnx: PathBuf,
        /// The JSON file that describes the model and the file's inputs and outputs
        #[arg(long, value_name = "FILE")]
        description: PathBuf,
        /// The folder to write; an existing model's folder is replaced
        #[arg(value_name = "DESTINATION", default_value = "imported")]
        destination: PathBuf,
        /// Store weights as 16-bit floats, in a smaller file
        #[arg(long)]
        float16: bool,
    },
    /// Compile a model, which then loads faster, and in browsers without a TFLite reader
    Compile {
        /// The model's folder with TFLite files, or a single TFLite file
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        /// The folder or file to write; an existing model's folder or file is replaced
        #[arg(value_name = "DESTINATION")]
        destination: PathBuf,
    },
    /// Export a saved model (NNEF folder or archive, ONNX file) to a TFLite file
    #[command(alias = "export_to_tflite")]
    ExportToTflite {
        /// The saved model
        #[arg(long, value_name = "PATH", default_value = "models/passthrough_model")]
        saved_model_path: PathBuf,
        /// The file to write; an existing file is replaced
        #[arg(long, value_name = "FILE", default_value = "models/passthrough_model_lite.tflite")]
        destination: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed too, there is no other place for the message.
            _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::PassthroughModel { destination } => {
            passthrough_model::save(&destination)?;
            report("the passthrough model, as an NNEF folder", &destination)
        }
        Command::Deepfilternet3 { weights, destination, float32 } => {
            deepfilternet3::export(&weights, &destination, precision(float32))?;
            report("DeepFilterNet 3", &destination)
        }
        Command::Dtln { weights, destination, float32 } => {
            dtln::export(&weights, &destination, precision(float32))?;
            report("DTLN", &destination)
        }
        Command::Dnsmos { weights, destination, float32 } => {
            dnsmos::export(&weights, &destination, precision(float32))?;
            report("DNSMOS P.835", &destination)
        }
        Command::Import { onnx, description, destination, float16 } => {
            let precision = precision(!float16);
            model_exporter::import(&onnx, &description, &destination, precision)?;
            report(&format!("{} as a model's folder", onnx.display()), &destination)
        }
        Command::Compile { model, destination } => {
            model_exporter::compile(&model, &destination)?;
            report(&format!("{} compiled", model.display()), &destination)
        }
        Command::ExportToTflite { saved_model_path, destination } => {
            tflite::export_to_tflite(&saved_model_path, &destination)?;
            report(&format!("{} as TFLite", saved_model_path.display()), &destination)
        }
    }
}

fn precision(float32: bool) -> Precision {
    if float32 { Precision::Float32 } else { Precision::Float16 }
}

fn report(what: &str, destination: &Path) -> anyhow::Result<()> {
    let path = destination.display();
    writeln!(io::stdout(), "Wrote {path}: {what}, {} bytes", size(destination)?)?;
    Ok(())
}

/// The size of a file, or of all files in a folder, in bytes.
fn size(path: &Path) -> io::Result<u64> {
    if path.is_file() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}
