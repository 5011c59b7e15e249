#![doc = include_str!("../README.md")]
// With fewer features, some functions, imports and arguments have no use.
#![cfg_attr(not(feature = "default"), allow(dead_code, unused_imports, unused_variables))]

mod audio;
mod bounded;
mod bundle;
mod cancel;
mod controls;
mod decode;
#[cfg(feature = "media")]
mod ebml;
mod encode;
mod enhancer;
mod error;
mod finishing;
mod format;
mod gain;
mod job;
mod leveller;
mod limits;
mod live;
mod loss;
mod loudness;
mod memory;
mod mix;
mod model;
mod order;
mod panics;
mod path;
mod peaks;
mod pipeline;
mod plan;
mod resample;
mod riff;
mod score;
mod shared;
mod speech;
mod summary;
mod tags;
mod take;
#[cfg(feature = "media")]
mod video;
#[cfg(not(feature = "media"))]
#[path = "no_video.rs"]
mod video;

// In the order in which audio passes through.
pub use audio::{Audio, Planes};
pub use cancel::CancelToken;
pub use controls::{Controls, InputGain, Output};
pub use decode::{AudioReader, Damage, OpenOptions, open, read_all};
pub use encode::{AudioWriter, Clipping, create};
pub use enhancer::{AudioEnhancer, Engine, Priority, Progress, Session, SessionOptions};
#[doc(hidden)]
pub use enhancer_networks::use_instructions;
pub use error::{Error, ErrorKind, Result};
pub use finishing::{Finished, Finishing, NotLevelled};
pub use format::{AudioFormat, Container, Destination, SampleFormat};
pub use job::{
    EnhanceOptions, Enhanced, Job, RawFormat, ResultFile, create_result, enhanced_name,
    is_enhanced_name, result_format, split_extension,
};
pub use limits::Limits;
pub use live::Live;
pub use loudness::{Loudness, LoudnessMeter, Reached};
#[doc(hidden)]
pub use model::rewritten_tflite;
pub use model::{Dnsmos, Model, ModelDescription, Scores, Stream};
pub use panics::panics_are_contained;
pub use peaks::Peaks;
pub use pipeline::{enhance, enhance_async};
pub use score::{
    Comparison, Finding, FindingCode, Measures, Meter, compare_take_async, measure, measure_async,
};
pub use summary::{AudioTrack, Summary, Warning, WarningCode};
pub use tags::{Chapter, Chunk, Picture, Tags};
pub use take::{render_async, take_format};
