//! Everything from the outside, on the committed model and samples.

/// Helpers: the model, signals, comparison by bits.
mod support;

/// Wrong arguments of what is public are errors, and no panics.
mod arguments;
/// Small files that ask for much: what is made of them is bounded.
mod bounds;
/// Ending the opening and the reading of a source from elsewhere.
mod cancelling;
/// What is written as FLAC, read by another program's decoder.
mod flac;
/// Reading and writing WAV and raw PCM, good and damaged.
mod formats;
/// Files that fuzzing found, and others that are made to do harm.
mod hostile;
/// WAV files beyond 4 GiB.
mod long;
/// What is written as MP3, read by ours.
mod m4a;
/// Containers and codecs, in blocks, trickling, failing and cut.
mod media;
/// Errors for files that are not models, or models of another kind.
mod models;
mod mp3;
/// What is written as Opus, read by ours and by the crate that encodes it.
mod opus;
/// The passthrough model returns its input bit for bit, whatever the sizes.
mod passthrough;
/// The whole way from bytes to bytes.
mod pipeline;
/// Many sessions, priorities, progress, cancellation.
mod sessions;
/// What a recording says of itself, in WAV and FLAC.
mod tags;
/// Videos keep what is not their sound.
mod videos;
