#![doc = include_str!("../README.md")]
// With fewer features, some functions, imports and arguments have no use.
#![cfg_attr(not(feature = "audio"), allow(dead_code, unused_imports, unused_variables))]

// The folders, in the order in which audio passes through them. The blank lines keep rustfmt from
// sorting them.

/// Samples, and how they are stored.
mod audio;

/// Titles, pictures, chapters and other metadata.
mod tags;

/// Bytes to samples.
mod read;

/// Changes samples before and after the model.
mod signal;

/// Runs models on samples.
mod model;

/// Schedules models: workers, queues and sessions.
mod engine;

/// Samples to bytes.
mod write;

/// Measures audio before and after.
mod score;

/// A whole job, from a source to a sink.
mod job;

// Used by several folders.
mod cancel;
mod error;
mod limits;
mod names;
mod setters;
#[cfg(test)]
mod typescript;
mod warning;

pub use audio::{Audio, AudioFormat, Container, Peaks, Planes, SampleFormat, take_format};

pub use read::{AudioReader, AudioTrack, Damage, OpenOptions, open, read_all};

pub use tags::{Chapter, Chunk, Picture, Tags};

pub use signal::loudness::{Loudness, LoudnessMeter, Reached};
pub use signal::{Controls, Finished, Finishing, InputGain, NotLevelled, Output};

#[doc(hidden)]
pub use enhancer_networks::use_instructions;
#[doc(hidden)]
#[cfg(feature = "tflite")]
pub use model::rewritten_tflite;
pub use model::{Dnsmos, Model, ModelDescription, Scores, Stream};

pub use engine::{AudioEnhancer, Engine, Live, Priority, Progress, Session, SessionOptions};

pub use write::{AudioWriter, Clipping, Destination, create};

pub use job::{
    EnhanceOptions, Enhanced, Job, RawFormat, ResultFile, Summary, Take, enhance, enhance_async,
    enhanced_name, is_enhanced_name, render_async, result_format, split_extension,
};

pub use score::{
    Comparison, Finding, FindingCode, Measures, Meter, compare_take_async, measure, measure_async,
};

pub use cancel::CancelToken;
pub use enhancer_networks::panics::panics_are_contained;
pub use error::{Error, ErrorCode, ErrorKind, Result};
pub use limits::Limits;
pub use warning::{Warning, WarningCode};
