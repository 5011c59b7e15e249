//! The options of `enhancer IN…`, and of `enhancer enhance-file`, its older name.

use std::path::{Path, PathBuf};

use enhancer_core::{Container, SampleFormat};

use crate::controls::ControlArgs;
use crate::jobs::Target;
use crate::limits::LimitArgs;
use crate::source::SourceArgs;

/// Shown below the help.
pub(crate) const AFTER_HELP: &str = "\
Examples:
  enhancer talk.m4a                                 writes talk.enhanced.m4a beside it
  enhancer *.mp3 -o clean/ --loudness -16
  enhancer -r recordings -o clean/ --skip-existing
  enhancer talk.wav --score                         says whether it got better
  curl https://example.org/talk.mp3 | enhancer - --to wav > talk.wav

A file with the name of a command needs its folder: `enhancer ./models` enhances a file. So does a \
file whose name begins with `-`: `./-talk.wav`.

Exit codes: 0 all files were enhanced; 1 other failure; 2 wrong usage; 3 a source could not be \
read; 4 a destination could not be written; 5 the model could not be used; 130 interrupted. With \
more than one source, the code is that of the first failure.";

// The flattened groups come last: their headings apply to all options after them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recordings to enhance, audio or video; - is standard input
    #[arg(value_name = "IN", required_unless_present = "source_file")]
    sources: Vec<PathBuf>,

    /// The same as IN.
    #[arg(short = 'i', long, value_name = "IN", num_args = 1.., hide = true)]
    source_file: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) destination: DestinationArgs,

    #[command(flatten)]
    pub(crate) controls: ControlArgs,

    #[command(flatten)]
    pub(crate) model: ModelArgs,

    #[command(flatten)]
    pub(crate) source: SourceArgs,

    #[command(flatten)]
    pub(crate) messages: MessageArgs,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl Args {
    /// All sources, in the order in which they are enhanced.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().chain(&self.source_file).map(PathBuf::as_path)
    }
}

/// Where results go.
#[derive(clap::Args)]
#[command(next_help_heading = "Destination")]
pub(crate) struct DestinationArgs {
    /// File for the result (its extension selects the format: .wav, .flac, .opus or .ogg, .mp3,
    /// .m4a, .raw, or .mp4, .mov, .mkv or .webm for a video), folder for the results, or - for
    /// standard output [default: NAME.enhanced.EXTENSION beside the source; standard output if the
    /// source is a pipe]
    #[arg(short = 'o', long, value_name = "OUT|DIR", conflicts_with = "out_dir")]
    destination_file: Option<PathBuf>,

    /// Kind of the results: wav, flac, opus, mp3, m4a, raw, or mp4, mov, mkv or webm for a video
    /// [default: by the extension of OUT, or by the content of the source]
    #[arg(long, value_name = "KIND", value_parser = written)]
    pub(crate) to: Option<Container>,

    /// Folder for the results, created if missing. A result has the kind of its source: .mp3 stays
    /// .mp3, a video in .mp4, .mov, .mkv or .webm stays a video. Other sources that are compressed with loss
    /// become .m4a or .opus, all others .wav or .flac
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,

    /// Write only the sound of videos. Without this, the result of a video in .mp4, .mov, .mkv or .webm
    /// is that video with its enhanced sound
    #[arg(long)]
    pub(crate) audio_only: bool,

    /// If the sound of a video is PCM, write PCM with the same sample format. Without this, it becomes
    /// AAC, or Opus in .mkv
    #[arg(long)]
    pub(crate) keep_pcm: bool,

    /// Sample format of the results; .flac supports s16le and s24le; .opus, .mp3 and .m4a
    /// have none [default: as in the source, but at most s24le in .flac]
    #[arg(long, value_name = "s16le|s24le|s32le|f32le")]
    pub(crate) destination_format: Option<SampleFormat>,

    /// Bit rate in kbit/s: .opus 6 to 256 for each channel; .mp3 32 to 320, or 8 to 160 for sources
    /// up to 24 kHz; .m4a 8 to 192 for each channel [default: a rate that suits speech]
    #[arg(long, value_name = "KBIT/S")]
    pub(crate) bitrate: Option<u32>,

    /// Overwrite existing results
    #[arg(short = 'y', long)]
    pub(crate) force: bool,

    /// Skip sources whose result exists
    #[arg(long, conflicts_with = "force")]
    pub(crate) skip_existing: bool,
}

impl DestinationArgs {
    /// Where the results go. `many`: there is more than one source.
    pub(crate) fn target(&self, many: bool) -> Target<'_> {
        match (self.destination_file.as_deref(), self.out_dir.as_deref()) {
            (None, None) => Target::Beside,
            (None, Some(folder)) => Target::Folder(folder),
            (Some(path), _) => Target::of(path, many),
        }
    }
}

/// The model and how it runs.
#[derive(clap::Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// A built-in model (`enhancer models` lists them), a folder with a model.json, or a
    /// .tflite file; write ./NAME for a folder with the name of a built-in model
    #[arg(
        short = 'm',
        long,
        value_name = "NAME|FOLDER|FILE.tflite",
        visible_alias = "model-path",
        default_value = enhancer_models::DEFAULT
    )]
    pub(crate) model: PathBuf,

    /// Number of threads that run the model [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub(crate) num_workers: Option<usize>,

    /// Samples in a frame; must equal the model's hop size [default: the model's hop size]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) frame_length: Option<usize>,
}

/// What the command prints.
#[derive(clap::Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Print only warnings and errors
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,

    /// Print one line of JSON for each source
    #[arg(long)]
    pub(crate) json: bool,

    /// Measure each recording before and after, print both, and say if it did not get better.
    /// Takes seconds for each recording; `enhancer score --help` explains the numbers
    #[arg(long)]
    pub(crate) score: bool,
}

/// Reads a container that can be written.
fn written(name: &str) -> Result<Container, String> {
    let found = name.parse().ok().and_then(Container::written);
    found.ok_or_else(|| format!("expected {}", Container::written_names()))
}
